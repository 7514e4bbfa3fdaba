// Package hive is the Lua module silly.hive: functions that run in VMs of their own, beside the program.
package hive

import (
	"context"
	"runtime"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/luahost"
)

// Module is silly.hive.
var Module = luahost.Module{Name: "silly.hive", Open: open}

// maxThreads is the most that hive.limit takes.
const maxThreads = 1024

// binding is the module's state in one host.
type binding struct {
	env     *luahost.Env
	pool    *pool
	workers *luahost.Class[*worker]
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env, pool: newPool(env.Background)}
	b.workers = luahost.NewClass[*worker](env, L, "hive worker", nil)
	module := L.NewTable()
	env.Install(L, module, "hive", map[string]lua.LGFunction{
		"spawn":   b.hiveSpawn,
		"invoke":  b.hiveInvoke,
		"limit":   b.hiveLimit,
		"threads": b.hiveThreads,
		"prune":   b.hivePrune,
	})
	return module
}

// A worker is a function in a host of its own. The host closes when the script has lost the worker.
type worker struct {
	*child
	turn chan struct{} // holds a token while nobody invokes the worker
}

// hiveSpawn implements hive.spawn(code, ...) -> worker. It suspends.
func (b *binding) hiveSpawn(L *lua.LState) int {
	code := luahost.CheckString(L, 1)
	arguments := b.passed(L, 2)
	var ch *child
	var failure *failure
	defer func() {
		if ch != nil && ch.closer == nil { // it has failed, or the program ends
			b.env.Background(ch.close)
		}
	}()
	b.run(L, "hive.spawn", func(ctx context.Context) {
		if ch, failure = newChild(b.env); failure == nil {
			failure = ch.load(ctx, code, arguments)
		}
	})
	if failure != nil {
		failure.raise(L)
	}
	w := &worker{ch, make(chan struct{}, 1)}
	w.turn <- struct{}{}
	ch.closer = b.env.Track(false, nil, ch.close)
	ch.closer.Describe(func() []string { return []string{"hive worker"} })
	env := b.env
	luahost.WhenUnreachable(env, w, func() {
		ch.closer.Forget()
		env.Background(ch.close)
	})
	L.Push(b.workers.NewBare(w))
	return 1
}

// hiveInvoke implements hive.invoke(worker, ...) -> the results of its function. It suspends.
func (b *binding) hiveInvoke(L *lua.LState) int {
	w := b.workers.Check(L, 1)
	arguments := b.passed(L, 2)
	var results []value.Value
	var failure *failure
	b.env.Block(L, "hive.invoke", func(ctx context.Context) {
		select {
		case <-w.turn:
		case <-ctx.Done():
			return
		}
		defer func() { w.turn <- struct{}{} }()
		b.pool.run(ctx, func() { results, failure = w.call(ctx, arguments) })
	})
	runtime.KeepAlive(w)
	if failure != nil {
		failure.raise(L)
	}
	for _, v := range results {
		L.Push(value.Export(v))
	}
	return len(results)
}

// run lets other tasks run while a thread does f.
func (b *binding) run(L *lua.LState, waitsFor string, f func(ctx context.Context)) {
	b.env.Block(L, waitsFor, func(ctx context.Context) {
		b.pool.run(ctx, func() { f(ctx) })
	})
}

// passed are copies of the arguments from number n on.
func (b *binding) passed(L *lua.LState, n int) []value.Value {
	call := vm.CallOf(L)
	arguments := make([]value.Value, 0, max(call.Len()-n+1, 0))
	c := newCopier()
	for i := n; i <= call.Len(); i++ {
		v, err := c.copy(call.Arg(i), 0)
		if err != nil {
			luahost.ArgumentError(L, i, err.Error())
		}
		arguments = append(arguments, v)
	}
	return arguments
}

// hiveLimit implements hive.limit(min, max).
func (b *binding) hiveLimit(L *lua.LState) int {
	least, most := luahost.CheckInteger(L, 1), luahost.CheckInteger(L, 2)
	if least < 0 || least > maxThreads {
		luahost.ArgumentError(L, 1, "number from 0 to 1024 expected")
	}
	if most < max(least, 1) || most > maxThreads {
		luahost.ArgumentError(L, 2, "number from 1 to 1024 expected, not below the first")
	}
	b.pool.limit(int(least), int(most))
	return 0
}

// hiveThreads implements hive.threads() -> number.
func (b *binding) hiveThreads(L *lua.LState) int {
	L.Push(lua.LNumber(b.pool.count()))
	return 1
}

// hivePrune implements hive.prune().
func (b *binding) hivePrune(*lua.LState) int {
	b.pool.prune()
	return 0
}
