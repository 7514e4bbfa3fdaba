// Package utils is the Lua module silly.crypto.utils.
package utils

import (
	"crypto/rand"

	lua "github.com/yuin/gopher-lua"

	"silly/luahost"
)

// Module is silly.crypto.utils.
var Module = luahost.Module{Name: "silly.crypto.utils", Open: open}

// maxKey is the longest key, in bytes.
const maxKey = 1 << 20

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	module := L.NewTable()
	env.Install(L, module, "utils", map[string]lua.LGFunction{"randomkey": utilsRandomKey})
	return module
}

// utilsRandomKey implements utils.randomkey(n) -> string of n random bytes, which nobody can guess.
func utilsRandomKey(L *lua.LState) int {
	n := luahost.CheckInteger(L, 1)
	if n < 0 || n > maxKey {
		luahost.ArgumentError(L, 1, "number from 0 to 1048576 expected")
	}
	key := make([]byte, n)
	_, _ = rand.Read(key) // never fails
	L.Push(lua.LString(key))
	return 1
}
