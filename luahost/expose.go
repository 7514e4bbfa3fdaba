package luahost

import (
	"reflect"
	"strings"

	lua "github.com/yuin/gopher-lua"
	luar "layeh.com/gopher-luar"

	"silly/internal/lua/value"
)

// Expose makes a Go value a global of the script: functions can be called, fields and methods of
// structs are reached by name, maps and slices are indexed. Lua values and basic types become plain
// Lua values. Functions run with the VM lock held on a task's goroutine: they must be short and must
// not wait; a function that waits belongs into a module (see [Env.Block]). It reports false when
// the host has stopped.
func (h *Host) Expose(name string, value any) bool {
	return h.Do(func(L *lua.LState) { h.SetGlobal(name, h.toLua(L, name, value)) })
}

// toLua converts a Go value as gopher-luar does, and guards functions against Go panics and against numbers that do not fit.
func (h *Host) toLua(L *lua.LState, name string, value any) lua.LValue {
	if lv, ok := value.(lua.LValue); ok {
		return lv
	}
	if v := reflect.ValueOf(value); v.IsValid() && isInteger(v.Kind()) {
		if lv := exactInteger(v); lv.Type() == lua.LTNumber {
			return lv
		}
	}
	v := luar.New(L, value)
	switch v := v.(type) {
	case *lua.LFunction:
		if v.IsG {
			h.guardFunction(L, v, name)
		}
	case *lua.LUserData:
		h.guardType(L, reflect.TypeOf(value))
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
