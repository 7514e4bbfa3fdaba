package socket

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/errno"
	"silly/internal/lua/value"
	"silly/internal/netconn"
	"silly/internal/neterror"
	"silly/luahost"
)

// PushError returns nil and the code of an error to the script; of one of TLS, which may be anything, the reason as well.
func PushError(L *lua.LState, err error) int {
	L.Push(lua.LNil)
	return 1 + pushCode(L, err)
}

func pushCode(L *lua.LState, err error) int {
	code := errno.Text(err)
	L.Push(lua.LString(code))
	if code != errno.TLS {
		return 1
	}
	reason := err.Error()
	if !errors.Is(err, netconn.ErrTruncated) {
		reason = neterror.Reason(err)
	}
	L.Push(lua.LString(reason))
	return 2
}

// PushOK returns true, or false and the code of an error, to the script.
func PushOK(L *lua.LState, err error) int {
	if err == nil {
		L.Push(lua.LTrue)
		return 1
	}
	L.Push(lua.LFalse)
	return 1 + pushCode(L, err)
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
