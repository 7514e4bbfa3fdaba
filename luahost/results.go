package luahost

import (
	"errors"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/neterror"
)

// PushError returns nil and the reason to the script: what a native function returns that has no result. Texts of Go's
// network packages become plain ones.
func PushError(L *lua.LState, err error) int {
	L.Push(lua.LNil)
	L.Push(lua.LString(neterror.Text(err)))
	return 2
}

// PushOK returns true, or false and the reason, to the script: for a function that only does something.
func PushOK(L *lua.LState, err error) int {
	if err == nil {
		L.Push(lua.LTrue)
		return 1
	}
	L.Push(lua.LFalse)
	L.Push(lua.LString(neterror.Text(err)))
	return 2
}

// PushData returns what was read, or nil and the reason, to the script.
func PushData(L *lua.LState, data []byte, err error) int {
	if err != nil {
		return PushError(L, errors.New(neterror.Reason(err)))
	}
	L.Push(lua.LString(data))
	return 1
}

// OptDeadline is the end of the timeout, in milliseconds, in argument n; the zero time when there is none.
func OptDeadline(L *lua.LState, n int) time.Time {
	timeout, ok := OptMilliseconds(L, n)
	if !ok {
		return time.Time{}
	}
	return time.Now().Add(timeout)
}
