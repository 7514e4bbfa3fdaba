package socket

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/errno"
	"silly/internal/lua/value"
	"silly/luahost"
)

// PushError returns nil and the code of an error to the script.
func PushError(L *lua.LState, err error) int {
	L.Push(lua.LNil)
	L.Push(lua.LString(errno.Text(err)))
	return 2
}

// PushOK returns true, or false and the code of an error, to the script.
func PushOK(L *lua.LState, err error) int {
	if err == nil {
		L.Push(lua.LTrue)
		return 1
	}
	L.Push(lua.LFalse)
	L.Push(lua.LString(errno.Text(err)))
	return 2
}

// CheckPieces returns argument n, a string or a list of strings that stands for all of them together.
func CheckPieces(L *lua.LState, n int) []string {
	list, ok := L.Get(n).(*lua.LTable)
	if !ok {
		if v := L.Get(n); v.Type() != lua.LTString && v.Type() != lua.LTNumber {
			luahost.TypeError(L, n, "string or list of strings")
		}
		return []string{luahost.CheckString(L, n)}
	}
	pieces := make([]string, 0, list.Len())
	for i := 1; i <= list.Len(); i++ {
		switch v := value.Import(list.RawGetInt(i)); {
		case v.IsString():
			pieces = append(pieces, v.Str())
		case v.IsNumber():
			pieces = append(pieces, value.NumberText(v))
		default:
			luahost.ArgumentError(L, n, fmt.Sprintf("item %d: string expected, got %s", i, luahost.TypeName(L, list.RawGetInt(i))))
		}
	}
	return pieces
}
