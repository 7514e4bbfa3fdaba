// Package os completes gopher-lua's library os: what ends the process or waits goes through the host.
package os

import (
	"os"
	"os/exec"
	"time"

	"silly/luahost"
	"silly/modules/internal/process"

	lua "github.com/yuin/gopher-lua"
)

// Module is the global library os.
var Module = luahost.Module{Name: "os", Library: true, Open: open}

type binding struct {
	host  *luahost.Host
	start time.Time
}

func open(h *luahost.Host, L *lua.LState) lua.LValue {
	b := binding{host: h, start: time.Now()}
	module := L.GetGlobal("os").(*lua.LTable)
	for _, gone := range []string{"setenv"} {
		module.RawSetString(gone, lua.LNil) // not Lua's, and the environment belongs to the process
	}
	h.Install(L, module, "os", map[string]lua.LGFunction{
		"clock":     b.osClock,
		"execute":   b.osExecute,
		"exit":      b.osExit,
		"setlocale": b.osSetLocale,
	})
	return module
}

// osClock implements os.clock() -> seconds, since the host was made.
func (b binding) osClock(L *lua.LState) int {
	L.Push(lua.LNumber(time.Since(b.start).Seconds()))
	return 1
}

// osExecute implements os.execute([command]) -> true | nil, "exit" | "signal", status. It suspends until
// the command has ended. Without a command it says whether there is a shell.
func (b binding) osExecute(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		_, err := os.Stat("/bin/sh")
		L.Push(lua.LBool(err == nil))
		return 1
	}
	cmd := exec.CommandContext(b.host.Context(), "/bin/sh", "-c", luahost.CheckString(L, 1))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = b.host.Stdin(), b.host.Stdout(), b.host.Stderr()
	if f, ok := b.host.Stdin().(*os.File); !ok || f == nil {
		cmd.Stdin = nil // only a file can be handed on without a goroutine that reads it empty
	}
	var err error
	b.host.Block(L, "os.execute", func() { err = cmd.Run() })
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
	b.host.Exit(L, status)
	return 0
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
