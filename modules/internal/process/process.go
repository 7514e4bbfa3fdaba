// Package process reports to scripts how a process ended.
package process

import (
	"os"
	"syscall"

	lua "github.com/yuin/gopher-lua"
)

// Result pushes what os.execute and the close of io.popen return: true or nil, "exit" or "signal", and
// the number; nil and err when the process did not start.
func Result(L *lua.LState, state *os.ProcessState, err error) int {
	if state == nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	kind, number := "exit", state.ExitCode()
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		kind, number = "signal", int(status.Signal())
	}
	if kind == "exit" && number == 0 {
		L.Push(lua.LTrue)
	} else {
		L.Push(lua.LNil)
	}
	L.Push(lua.LString(kind))
	L.Push(lua.LNumber(number))
	return 3
}
