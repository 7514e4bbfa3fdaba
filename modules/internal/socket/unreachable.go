package socket

import (
	lua "github.com/yuin/gopher-lua"

	"silly/luahost"
)

// CloseUnreachable has close called, with the VM lock held, when scripts cannot reach the object any more: it is closed then,
// although late. close must not lead to the object.
func CloseUnreachable(env *luahost.Env, object *lua.LTable, close func() error) {
	luahost.WhenUnreachable(env, object, func() { _ = close() })
}
