// Package waitgroup is the Lua module silly.sync.waitgroup: wait for a group of tasks.
package waitgroup

import (
	lua "github.com/yuin/gopher-lua"

	"silly/luahost"
)

// Module is silly.sync.waitgroup.
var Module = luahost.Module{Name: "silly.sync.waitgroup", Open: open}

// binding is the module's state in one host.
type binding struct {
	env    *luahost.Env
	groups *luahost.Class[*group]
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env}
	b.groups = luahost.NewClass[*group](env, L, "waitgroup", map[string]lua.LGFunction{
		"fork": b.groupFork,
		"wait": b.groupWait,
	})
	module := L.NewTable()
	env.Install(L, module, "waitgroup", map[string]lua.LGFunction{"new": b.waitgroupNew})
	return module
}

// group counts the tasks that have not ended.
type group struct {
	running int
	wake    luahost.Wake // of the task that waits; nil for none
}

// waitgroupNew implements waitgroup.new() -> waitgroup.
func (b *binding) waitgroupNew(L *lua.LState) int {
	L.Push(b.groups.New(L, new(group)))
	return 1
}

// groupFork implements wg:fork(f) -> thread. An error of the task is logged.
func (b *binding) groupFork(L *lua.LState) int {
	g := b.groups.Check(L, 1)
	fn := luahost.CheckFunction(L, 2)
	g.running++
	L.Push(b.env.Fork(fn, nil, func(err *luahost.Error) {
		if err != nil && !luahost.IsClosed(err) {
			b.env.LogError(err)
		}
		if g.running--; g.running == 0 && g.wake != nil {
			g.wake(lua.LNil)
			g.wake = nil
		}
	}))
	return 1
}

// groupWait implements wg:wait(). It suspends until all tasks of the group have ended.
func (b *binding) groupWait(L *lua.LState) int {
	g := b.groups.Check(L, 1)
	if g.running == 0 {
		return 0
	}
	if g.wake != nil {
		luahost.Raise(L, "another task waits for this waitgroup")
	}
	return b.env.Suspend(L, "waitgroup:wait", func(wake luahost.Wake) { g.wake = wake }, func(*lua.LState, lua.LValue) int {
		g.wake = nil
		return 0
	})
}
