// Package channel is the Lua module silly.sync.channel: a first-in-first-out queue between tasks, for
// many producers and one consumer.
package channel

import (
	lua "github.com/yuin/gopher-lua"

	"silly/internal/fifo"
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/luahost"
)

// Module is silly.sync.channel.
var Module = luahost.Module{Name: "silly.sync.channel", Open: open}

// defaultReason is why operations on a channel fail that was closed without a reason.
const defaultReason = lua.LString("channel closed")

type binding struct {
	tasks *sched.Scheduler
	class *luahost.Class[*channel]
}

// channel is the queue behind a Lua channel. The holder of the VM lock owns it.
type channel struct {
	queue    fifo.Queue[lua.LValue]
	consumer *sched.Task                    // waits in pop
	closed   lua.LValue                     // the reason, nil while open
	rest     func(vm.Call, *sched.Task) int // popped
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{tasks: sched.Of(env)}
	b.class = luahost.NewClass[*channel](env, L, "channel", map[string]lua.LGFunction{
		"close": b.channelClose,
		"clear": b.channelClear,
	})
	b.class.Native(env, "push", b.channelPush)
	b.class.Native(env, "send", b.channelPush)
	b.class.Native(env, "pop", b.channelPop)
	b.class.Native(env, "recv", b.channelPop)
	module := L.NewTable()
	env.Install(L, module, "channel", map[string]lua.LGFunction{"new": b.channelNew})
	return module
}

// channelNew implements channel.new() -> channel.
func (b *binding) channelNew(L *lua.LState) int {
	ch := &channel{}
	ch.rest = ch.popped
	L.Push(b.class.NewBare(ch))
	return 1
}

// channelPush implements channel:push(value) and channel:send(value) -> true | false, reason.
func (b *binding) channelPush(c vm.Call) int {
	ch := b.class.CheckCall(c, 1)
	v := c.Arg(2)
	switch {
	case ch.closed != nil:
		return c.Return2(value.False, value.Import(ch.closed))
	case v.IsNil():
		return c.Return2(value.False, value.String("Nil data"))
	}
	held := value.Hold(v)
	// The consumer may have been woken by task.wakeup already; then the value waits for its next pop.
	if t := ch.consumer; t == nil || !b.tasks.Wake(t, held, ch) {
		ch.queue.Push(held)
	}
	ch.consumer = nil
	return c.Return(value.True)
}

// channelPop implements channel:pop() and channel:recv() -> value | nil, reason. It suspends while the
// channel is empty. A task.wakeup of the waiting task makes it return nil.
func (b *binding) channelPop(c vm.Call) int {
	ch := b.class.CheckCall(c, 1)
	if v, ok := ch.queue.Pop(); ok {
		return c.Return(value.Import(v))
	}
	if ch.closed != nil {
		return c.Return2(value.Nil, value.Import(ch.closed))
	}
	if ch.consumer != nil && ch.consumer.Status() == sched.Waiting {
		return c.Return2(value.Nil, value.String("Channel is mpsc"))
	}
	ch.consumer = b.tasks.Current()
	return b.tasks.ParkCall(c, "channel:pop", ch.rest)
}

// popped is the rest of channel:pop.
func (ch *channel) popped(c vm.Call, t *sched.Task) int {
	held, waker := t.TakeWakeup()
	if ch.consumer == t {
		ch.consumer = nil
	}
	switch {
	case waker != ch:
		return c.Return(value.Nil)
	case held == lua.LNil: // closed: a channel carries no nil
		return c.Return2(value.Nil, value.Import(ch.closed))
	}
	return c.Return(value.Import(held))
}

// channelClose implements channel:close([reason]). What is queued can still be popped.
func (b *binding) channelClose(L *lua.LState) int {
	object := luahost.CheckTable(L, 1)
	ch := b.class.Check(L, 1)
	if ch.closed != nil {
		return 0
	}
	ch.closed = defaultReason
	if reason := luahost.Argument(L, 2); reason != lua.LNil {
		ch.closed = reason
	}
	object.RawSetString("reason", ch.closed)
	if ch.consumer != nil {
		b.tasks.Wake(ch.consumer, lua.LNil, ch)
		ch.consumer = nil
	}
	return 0
}

// channelClear implements channel:clear().
func (b *binding) channelClear(L *lua.LState) int {
	b.class.Check(L, 1).queue = fifo.Queue[lua.LValue]{}
	return 0
}
