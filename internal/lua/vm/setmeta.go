package vm

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
)

// address tells objects apart.
func address(v value.Value) string {
	if v.Kind() == value.KindOther {
		return (*(*lua.LValue)(v.P)).String()
	}
	return fmt.Sprintf("%p", v.P)
}

// SetMetatable sets the metatable of a table; nil is none.
func (vm *VM) SetMetatable(t, mt *lua.LTable) {
	value.SetMetatable(t, mt)
}
