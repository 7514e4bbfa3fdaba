package value

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// A Backed is a Lua table with a Go value behind it, where no script sees it.
type Backed struct {
	lua.LTable
	// Value is the Go value.
	Value any
	// made are fields that are not in the table: a table with one field takes 600 bytes.
	made []madeField
}

type madeField struct {
	name  string
	value lua.LValue
}

// BackedOf is the one that begins with t. The caller knows that there is one.
func BackedOf(t *lua.LTable) *Backed { return (*Backed)(unsafe.Pointer(t)) }

// Made is a field that Make has added.
func (o *Backed) Made(name string) (v lua.LValue, ok bool) {
	for i := range o.made {
		if o.made[i].name == name {
			return o.made[i].value, true
		}
	}
	return nil, false
}

// Make adds a field outside of the table.
func (o *Backed) Make(name string, v lua.LValue) { o.made = append(o.made, madeField{name, v}) }
