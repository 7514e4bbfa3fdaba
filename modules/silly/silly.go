// Package silly is the Lua module silly: the program itself.
package silly

import (
	"os"
	"runtime/debug"
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/luahost"
	"silly/modules/internal/memory"
)

// Module is silly.
var Module = luahost.Module{Name: "silly", Open: open}

type binding struct {
	env     *luahost.Env
	handler value.Value // of silly.pcall
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := binding{env: env}
	b.handler = value.OfFunction(sched.Of(env).Native("silly.pcall", b.sillyHandler))
	version, commit := Version()
	module := L.NewTable()
	for name, field := range map[string]lua.LValue{
		"pid":             lua.LNumber(os.Getpid()),
		"version":         lua.LString(version),
		"gitsha1":         lua.LString(commit),
		"multiplexer":     lua.LString("netpoll"),
		"allocator":       lua.LString("go"),
		"timerresolution": lua.LNumber(1),
	} {
		module.RawSetString(name, field)
	}
	module.RawSetString("worker", openWorker(env, L))
	env.Install(L, module, "silly", map[string]lua.LGFunction{
		"genid": b.sillyGenID,
		"error": b.sillyError,
		"exit":  b.sillyExit,
	})
	module.RawSetString("pcall", sched.Of(env).Native("silly.pcall", b.sillyPCall))
	module.RawSetString("tostring", sched.Of(env).Native("silly.tostring", b.sillyToString))
	return module
}

// Version is the version of the program and the commit it was built from, from Go's build information.
// A build from a working copy has the version "devel"; without version control the commit is "unknown".
func Version() (version, commit string) {
	version, commit = "devel", "unknown"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version, commit
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		version = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			commit = s.Value
		}
	}
	return version, commit
}

// lastID is the id that was given out last. It is per process because the ids must be.
var lastID atomic.Int64

// sillyGenID implements silly.genid() -> integer, new at every call and exact as a Lua number.
func (b binding) sillyGenID(L *lua.LState) int {
	L.Push(lua.LNumber(lastID.Add(1)))
	return 1
}

// sillyToString implements silly.tostring(x) -> string: what x is, without its __tostring; and silly.tostring(ptr,
// size) -> string: the bytes that a pointer of silly.net stands for.
func (b binding) sillyToString(c vm.Call) int {
	if block, ok := memory.Of(c.Arg(1)); ok && c.Len() > 1 {
		return c.Return(value.String(block.Check(c, 2)))
	}
	return c.Return(value.String(c.VM().Text(c.Any(1))))
}

// sillyPCall implements silly.pcall(f, ...) -> true, ... | false, message with traceback.
func (b binding) sillyPCall(c vm.Call) int {
	c.Any(1)
	return c.Protect(b.handler, 1)
}

// sillyHandler makes the message of silly.pcall where the error is raised.
func (b binding) sillyHandler(c vm.Call) int {
	L := c.Thread().LState()
	message := luahost.Describe(L, value.Export(c.Arg(1)))
	return c.Return(value.String(message + "\n" + luahost.FormatTraceback(luahost.Traceback(L, 0))))
}

// sillyError implements silly.error(msg). It logs msg with a traceback.
func (b binding) sillyError(L *lua.LState) int {
	b.env.LogError(&luahost.Error{
		Message:   luahost.Describe(L, L.Get(1)),
		Traceback: luahost.Traceback(L, 1),
		Trace:     sched.Of(b.env).Current().Trace,
	})
	return 0
}

// sillyExit implements silly.exit([status]). It does not return.
func (b binding) sillyExit(L *lua.LState) int {
	b.env.Exit(int(luahost.OptInteger(L, 1, 0)))
	return 0
}
