// Package singleflight is the Lua module silly.sync.singleflight: tasks that want the same at the same time share one call.
package singleflight

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/luahost"
)

// Module is silly.sync.singleflight.
var Module = luahost.Module{Name: "silly.sync.singleflight", Open: open}

// binding is the module's state in one host.
type binding struct {
	tasks  *sched.Scheduler
	groups *luahost.Class[*group]
	pcall  value.Value
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{tasks: sched.Of(env)}
	b.groups = luahost.NewClass[*group](env, L, "singleflight", nil)
	b.groups.Native(env, "call", b.groupCall)
	b.pcall = value.OfFunction(b.tasks.Native("singleflight", func(c vm.Call) int { return c.Protect(value.Nil, 1) }))
	module := L.NewTable()
	module.RawSetString("new", b.tasks.Native("singleflight.new", b.singleflightNew))
	return module
}

// A group has a flight for each key whose function runs.
type group struct {
	fn      value.Value
	flights *value.Table
}

// A flight is one call of the function.
type flight struct {
	lua.LUserData // so that it can be in a table
	group         *group
	key           value.Value
	task          *sched.Task // that runs it
	forked        bool        // the task was made for it
	waiting       []*sched.Task
	results       []value.Value // or, when it failed, the error
	failed        bool
}

// singleflightNew implements singleflight.new(f) -> group.
func (b *binding) singleflightNew(c vm.Call) int {
	g := &group{fn: c.Function(1), flights: value.NewTable(0, 0)}
	return c.Return(value.OfTable(b.groups.NewBare(g)))
}

// groupCall implements group:call(key) -> results of f(key). It suspends while another task calls f with the same key.
func (b *binding) groupCall(c vm.Call) int {
	g := b.groups.CheckCall(c, 1)
	key := c.Arg(2)
	if key.IsNil() || key.IsFloat() && math.IsNaN(key.AsFloat()) {
		c.TypeError(2, "key")
	}
	me := b.tasks.Current()
	if found := g.flights.Get(key); !found.IsNil() {
		f := found.LUserData().Value.(*flight)
		if f.task == me {
			c.Raise("the function calls itself with the same key")
		}
		return b.join(c, f)
	}
	f := &flight{group: g, key: key, task: me}
	f.Value = f
	g.flights.Set(key, value.OfUserData(&f.LUserData))
	if c.Thread() == me.Thread() {
		return b.run(c, f)
	}
	// A coroutine of the script may never be resumed again; others wait for the flight.
	f.forked = true
	f.task = b.tasks.Fork(b.tasks.Native("singleflight:call", func(c vm.Call) int { return b.run(c, f) }), nil)
	return b.join(c, f)
}

// run calls the function for a flight.
func (b *binding) run(c vm.Call, f *flight) int { return c.Then(b.land, f, b.pcall, f.group.fn, f.key) }

// land is the rest of run. c has the results of pcall.
func (b *binding) land(c vm.Call, state any) int {
	f := state.(*flight)
	f.failed = c.Arg(1).Falsy()
	for i := 2; i <= c.Len(); i++ {
		f.results = append(f.results, c.Arg(i))
	}
	f.group.flights.Set(f.key, value.Nil)
	for _, t := range f.waiting {
		b.tasks.Wake(t, nil, f)
	}
	f.waiting = nil
	if f.forked {
		return 0
	}
	return f.end(c)
}

// join waits for a flight that another task runs.
func (b *binding) join(c vm.Call, f *flight) int {
	f.waiting = append(f.waiting, b.tasks.Current())
	return b.tasks.ParkCall(c, "singleflight:call", func(c vm.Call, t *sched.Task) int {
		if _, waker := t.TakeWakeup(); waker != f { // somebody else has woken the task
			f.leave(t)
			return c.Return(value.Nil)
		}
		return f.end(c)
	})
}

// leave takes a task out of those that wait.
func (f *flight) leave(t *sched.Task) {
	for i, other := range f.waiting {
		if other == t {
			f.waiting = append(f.waiting[:i], f.waiting[i+1:]...)
			return
		}
	}
}

// end is what a call returns whose flight has landed.
func (f *flight) end(c vm.Call) int {
	if f.failed {
		return c.Fail(f.results[0])
	}
	c.Room(len(f.results), "too many results")
	for _, v := range f.results {
		c.Push(v)
	}
	return len(f.results)
}
