// Package os completes gopher-lua's library os: what ends the process or waits goes through the host.
package os

import (
	"context"
	"os"

	"silly/internal/fileerror"
	"silly/internal/orphan"
	"silly/luahost"
	"silly/modules/internal/process"

	lua "github.com/yuin/gopher-lua"
)

// Module is the global library os.
var Module = luahost.Module{Name: "os", Library: true, Open: open}

type binding struct{ env *luahost.Env }

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := binding{env: env}
	module := env.Global("os").(*lua.LTable) // which has what only computes
	env.Install(L, module, "os", map[string]lua.LGFunction{
		"execute":   b.osExecute,
		"exit":      b.osExit,
		"getenv":    b.osGetenv,
		"remove":    b.osRemove,
		"rename":    b.osRename,
		"setlocale": b.osSetLocale,
		"tmpname":   b.osTmpname,
	})
	return module
}

// osExecute implements os.execute([command]) -> true | nil, "exit" | "signal", status. It suspends until
// the command has ended. Without a command it says whether there is a shell.
func (b binding) osExecute(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		_, err := b.env.System().Command(b.env.Context(), ":")
		L.Push(lua.LBool(err == nil))
		return 1
	}
	cmd, err := b.env.System().Command(b.env.Context(), luahost.CheckString(L, 1))
	if err != nil {
		return process.Result(L, nil, err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = b.env.Stdin(), b.env.Stdout(), b.env.Stderr()
	if f, ok := b.env.Stdin().(*os.File); !ok || f == nil {
		cmd.Stdin = nil // only a file can be handed on without a goroutine that reads it empty
	}
	b.env.Block(L, "os.execute", func(context.Context) { err = orphan.Run(cmd) })
	return process.Result(L, cmd.ProcessState, err)
}

// osExit implements os.exit([code]): silly.exit with Lua's codes, true for 0 and false for 1. It does not
// return.
func (b binding) osExit(L *lua.LState) int {
	status := 0
	switch v := L.Get(1).(type) {
	case *lua.LNilType:
	case lua.LBool:
		if !v {
			status = 1
		}
	default:
		status = int(luahost.CheckInteger(L, 1))
	}
	b.env.Exit(status)
	return 0
}

// osGetenv implements os.getenv(name) -> string | nil.
func (b binding) osGetenv(L *lua.LState) int {
	if value, ok := b.env.System().Getenv(luahost.CheckString(L, 1)); ok {
		L.Push(lua.LString(value))
	} else {
		L.Push(lua.LNil)
	}
	return 1
}

// osRemove implements os.remove(name) -> true | nil, err, errno.
func (b binding) osRemove(L *lua.LState) int {
	name := luahost.CheckString(L, 1)
	return result(L, name, b.env.System().Remove(name))
}

// osRename implements os.rename(from, to) -> true | nil, err, errno.
func (b binding) osRename(L *lua.LState) int {
	from, to := luahost.CheckString(L, 1), luahost.CheckString(L, 2)
	return result(L, from, b.env.System().Rename(from, to))
}

// result returns true, or nil, "name: reason", errno, to the script.
func result(L *lua.LState, name string, err error) int {
	if err == nil {
		L.Push(lua.LTrue)
		return 1
	}
	L.Push(lua.LNil)
	L.Push(lua.LString(name + ": " + fileerror.Strerror(err)))
	L.Push(lua.LNumber(fileerror.Number(err)))
	return 3
}

// osTmpname implements os.tmpname() -> name of a new, empty file.
func (b binding) osTmpname(L *lua.LState) int {
	f, err := b.env.System().CreateTemp()
	if err != nil {
		luahost.Raise(L, "unable to generate a unique filename: %s", fileerror.Strerror(err))
	}
	_ = f.Close()
	L.Push(lua.LString(f.Name()))
	return 1
}

// osSetLocale implements os.setlocale([locale]): there is only the locale "C".
func (b binding) osSetLocale(L *lua.LState) int {
	switch luahost.OptString(L, 1, "C") {
	case "", "C", "POSIX":
		L.Push(lua.LString("C"))
	default:
		L.Push(lua.LNil)
	}
	return 1
}
