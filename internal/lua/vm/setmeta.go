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

// identity is a value that is the same for the same upvalue.
func (vm *VM) identity(u *Upval) value.Value { return value.Import(upvalueID{u}) }

// An upvalueID is the identity of an upvalue as a userdata.
type upvalueID struct{ u *Upval }

func (id upvalueID) String() string { return fmt.Sprintf("%p", id.u) }

// Type is lua.LTUserData.
func (id upvalueID) Type() lua.LValueType { return lua.LTUserData }

// setAnyMetatable sets the metatable of any value.
func (vm *VM) setAnyMetatable(v, mt value.Value) {
	var t *lua.LTable
	if mt.IsTable() {
		t = mt.LTable()
	}
	switch v.Kind() {
	case value.KindTable:
		vm.SetMetatable(v.LTable(), t)
	case value.KindUserData:
		if t == nil {
			v.LUserData().Metatable = lua.LNil
			return
		}
		value.ShareTable(t)
		v.LUserData().Metatable = t
	default:
		vm.SetTypeMetatable(v, t)
	}
}
