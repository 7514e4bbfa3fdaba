// Package time is the Lua module silly.time: the clock, sleeping and timers. All times are in
// milliseconds.
package time

import (
	"time"

	"silly/luahost"

	lua "github.com/yuin/gopher-lua"
)

// Module is silly.time.
var Module = luahost.Module{Name: "silly.time", Open: open}

type binding struct {
	env   *luahost.Env
	start time.Time
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := binding{env: env, start: time.Now()}
	module := L.NewTable()
	env.Install(L, module, "time", map[string]lua.LGFunction{
		"now":       b.timeNow,
		"monotonic": b.timeMonotonic,
		"sleep":     b.timeSleep,
		"after":     b.timeAfter,
		"cancel":    b.timeCancel,
	})
	return module
}

// timeNow implements time.now() -> integer, Unix time.
func (b binding) timeNow(L *lua.LState) int {
	L.Push(lua.LNumber(time.Now().UnixMilli()))
	return 1
}

// timeMonotonic implements time.monotonic() -> integer, on a clock that is never set.
func (b binding) timeMonotonic(L *lua.LState) int {
	L.Push(lua.LNumber(time.Since(b.start).Milliseconds()))
	return 1
}

// timeSleep implements time.sleep(ms). It suspends; sleep(0) lets every ready task run once.
func (b binding) timeSleep(L *lua.LState) int {
	return b.env.Sleep(L, luahost.CheckMilliseconds(L, 1))
}

// timeAfter implements time.after(ms, f [, ud]) -> session. f runs in a task of its own, with ud or,
// without it, with the session.
func (b binding) timeAfter(L *lua.LState) int {
	delay := luahost.CheckMilliseconds(L, 1)
	fn := luahost.CheckFunction(L, 2)
	L.Push(lua.LNumber(b.env.After(delay, fn, luahost.Argument(L, 3))))
	return 1
}

// timeCancel implements time.cancel(session).
func (b binding) timeCancel(L *lua.LState) int {
	b.env.Cancel(luahost.CheckInteger(L, 1))
	return 0
}
