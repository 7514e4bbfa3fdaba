package luahost

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
	luar "layeh.com/gopher-luar"

	"silly/internal/lua/value"
)

// Expose makes a Go value a global of the script: functions can be called, fields and methods of
// structs are reached by name, maps and slices are indexed. Lua values and basic types become plain
// Lua values. Functions run with the VM lock held on a task's goroutine: they must be short and must
// not wait; a function that waits is a native function that uses [Host.Block]. It reports false when
// the host has stopped.
func (h *Host) Expose(name string, value any) bool {
	return h.Do(func(L *lua.LState) { h.SetGlobal(name, h.toLua(L, value)) })
}

// toLua converts a Go value as gopher-luar does, and guards functions against Go panics.
func (h *Host) toLua(L *lua.LState, value any) lua.LValue {
	v := luar.New(L, value)
	if fn, ok := v.(*lua.LFunction); ok && fn.IsG {
		if _, isLua := value.(*lua.LFunction); !isLua {
			inner := fn.GFunction
			fn.GFunction = h.function("an exposed function", inner).GFunction
		}
	}
	return v
}

// lookUp finds a global by a dotted path.
func (h *Host) lookUp(path string) lua.LValue {
	v := value.OfTable(h.engine.Globals())
	for part := range strings.SplitSeq(path, ".") {
		if !v.IsTable() {
			return lua.LNil
		}
		v = value.GetString(v.LTable(), part)
	}
	return value.Export(v)
}

// toGo converts results for a Go caller.
func toGo(values []lua.LValue) []any {
	converted := make([]any, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case *lua.LNilType:
		case lua.LBool:
			converted[i] = bool(v)
		case lua.LNumber:
			converted[i] = float64(v)
		case value.WholeFloat:
			converted[i] = float64(v)
		case lua.LString:
			converted[i] = string(v)
		case *lua.LUserData:
			converted[i] = v.Value
		default:
			converted[i] = v
		}
	}
	return converted
}
