package vm

import "silly/internal/lua/value"

// An Upvalue is a variable that a Lua function has from around it, and may share with others. Its methods are called with the
// VM lock held.
type Upvalue struct {
	fn *Function
	i  int
}

// Upvalues are those of a Lua function, in their order; nothing for any other value.
func Upvalues(f value.Value) []Upvalue {
	if !f.IsFunction() {
		return nil
	}
	fn := functionOf(f)
	all := make([]Upvalue, len(fn.Upvals))
	for i := range all {
		all[i] = Upvalue{fn, i}
	}
	return all
}

// Name is the name of the variable; "" if the code does not have it any more.
func (u Upvalue) Name() string { return u.fn.Proto.Upvals[u.i].Name }

// Value is what the variable has.
func (u Upvalue) Value() value.Value { return ValueOf(u.Variable()) }

// Variable tells the variable from others.
func (u Upvalue) Variable() *Upval { return u.fn.Upvals[u.i] }

// Join lets the function have another variable in the place of its own.
func (u Upvalue) Join(variable *Upval) { u.fn.Upvals[u.i] = variable }

// ID stands for the variable in Lua, as what debug.upvalueid returns.
func (vm *VM) ID(variable *Upval) value.Value { return vm.identity(variable) }

// ValueOf is what a variable has.
func ValueOf(variable *Upval) value.Value { return *variable.v }

// NewVariable makes a variable.
func NewVariable(v value.Value) *Upval {
	u := &Upval{own: v}
	u.v = &u.own
	return u
}
