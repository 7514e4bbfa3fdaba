package silly

import (
	lua "github.com/yuin/gopher-lua"

	"silly/luahost"
)

// Worker is silly.worker: which of the program's workers a script runs in.
var Worker = luahost.Module{Name: "silly.worker", Open: openWorker}

// openWorker makes the module: id, from 1 to count, and count.
func openWorker(env *luahost.Env, L *lua.LState) lua.LValue {
	w := env.Worker()
	module := L.NewTable()
	module.RawSetString("id", lua.LNumber(w.ID))
	module.RawSetString("count", lua.LNumber(w.Count))
	return module
}
