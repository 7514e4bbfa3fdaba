// Package netlua is what the network modules have in common between Lua and Go: header tables,
// connection objects, and the shape of their results.
package netlua

import (
	"errors"
	"time"

	"silly/internal/neterror"
	"silly/luahost"

	lua "github.com/yuin/gopher-lua"
)

// Nil returns nil and the reason to the script.
func Nil(L *lua.LState, err error) int {
	L.Push(lua.LNil)
	L.Push(lua.LString(neterror.Text(err)))
	return 2
}

// Done returns true, or false and the reason, to the script.
func Done(L *lua.LState, err error) int {
	if err == nil {
		L.Push(lua.LTrue)
		return 1
	}
	L.Push(lua.LFalse)
	L.Push(lua.LString(neterror.Text(err)))
	return 2
}

// Data returns what was read, or nil and the reason, to the script.
func Data(L *lua.LState, data []byte, err error) int {
	if err != nil {
		return Nil(L, errors.New(neterror.Reason(err)))
	}
	L.Push(lua.LString(data))
	return 1
}

// OptDeadline is the end of the timeout in argument n; the zero time when there is none.
func OptDeadline(L *lua.LState, n int) time.Time {
	timeout, ok := luahost.OptMilliseconds(L, n)
	if !ok {
		return time.Time{}
	}
	return time.Now().Add(timeout)
}
