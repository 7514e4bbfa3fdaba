// Package test is the Lua module silly.test outside of test files, where nothing can be tested. The command silly test brings
// its own.
package test

import (
	lua "github.com/yuin/gopher-lua"

	"silly/luahost"
)

// Module is silly.test.
var Module = luahost.Module{Name: "silly.test", Open: open}

// Fields are the functions that the module has, here and in test files.
var Fields = []string{"after_each", "before_each", "describe", "each", "it", "pending", "realtime", "setup", "skip", "teardown"}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	module, meta := L.NewTable(), L.NewTable()
	for _, name := range Fields {
		module.RawSetString(name, env.Function(L, "test."+name, refuse))
	}
	meta.RawSetString("__call", env.Function(L, "test", refuse))
	L.SetMetatable(module, meta)
	return module
}

// refuse is what the functions do.
func refuse(L *lua.LState) int {
	L.RaiseError("silly.test works in files that the command \"silly test\" runs, and nowhere else")
	return 0
}
