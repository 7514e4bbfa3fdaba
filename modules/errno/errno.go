// Package errno is the Lua module silly.errno: why connections fail.
package errno

import (
	lua "github.com/yuin/gopher-lua"

	"silly/internal/errno"
	"silly/luahost"
)

// Module is silly.errno.
var Module = luahost.Module{Name: "silly.errno", Open: open}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	codes := errno.Codes()
	module := L.CreateTable(0, len(codes))
	for _, c := range codes {
		module.RawSetString(c.Name, lua.LString(c.Text))
	}
	meta := L.CreateTable(0, 1)
	meta.RawSetString("__index", env.Function(L, "errno", unknown))
	L.SetMetatable(module, meta)
	return module
}

// unknown implements errno.NAME for a name without a code: a text that no error has, which the table keeps.
func unknown(L *lua.LState) int {
	module := luahost.CheckTable(L, 1)
	name, ok := L.Get(2).(lua.LString)
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	text := lua.LString("Unknown error '" + string(name) + "'")
	module.RawSetString(string(name), text)
	L.Push(text)
	return 1
}
