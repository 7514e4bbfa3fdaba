// Package queue is the Lua module silly.adt.queue: a first-in-first-out queue of Lua values.
package queue

import (
	lua "github.com/yuin/gopher-lua"

	"silly/internal/fifo"
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/luahost"
)

// Module is silly.adt.queue.
var Module = luahost.Module{Name: "silly.adt.queue", Open: open}

// queue is what is behind a Lua queue.
type queue struct{ fifo.Queue[value.Value] }

// binding is the module's state in one host.
type binding struct{ queues *luahost.Class[*queue] }

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{luahost.NewClass[*queue](env, L, "queue", nil)}
	for name, fn := range map[string]vm.Func{
		"push":  b.queuePush,
		"pop":   b.queuePop,
		"size":  b.queueSize,
		"clear": b.queueClear,
	} {
		b.queues.Native(env, name, fn)
	}
	module := L.NewTable()
	module.RawSetString("new", sched.Of(env).Native("queue.new", b.queueNew))
	return module
}

// queueNew implements queue.new() -> queue.
func (b *binding) queueNew(c vm.Call) int {
	return c.Return(value.OfTable(b.queues.NewBare(new(queue))))
}

// queuePush implements queue:push(value) -> size.
func (b *binding) queuePush(c vm.Call) int {
	q := b.queues.CheckCall(c, 1)
	if c.Arg(2).IsNil() {
		c.TypeError(2, "value")
	}
	q.Push(c.Arg(2))
	return c.Return(value.Int(int64(q.Len())))
}

// queuePop implements queue:pop() -> value | nil.
func (b *binding) queuePop(c vm.Call) int {
	v, _ := b.queues.CheckCall(c, 1).Pop()
	return c.Return(v)
}

// queueSize implements queue:size() -> integer.
func (b *binding) queueSize(c vm.Call) int {
	return c.Return(value.Int(int64(b.queues.CheckCall(c, 1).Len())))
}

// queueClear implements queue:clear().
func (b *binding) queueClear(c vm.Call) int {
	*b.queues.CheckCall(c, 1) = queue{}
	return 0
}
