package luahost

import (
	"fmt"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// A Class is what the objects of one kind share: sockets, streams, channels. An object is a Lua table,
// so scripts may hang fields on it and use it as a key; its Go value of type T lies behind the table, where
// no script sees it, and its methods come from one metatable that scripts cannot change. A table is an object if its
// metatable is that of a class: only New sets that, and no script can get hold of it (see vm.HideMetatable).
type Class[T any] struct {
	name string
	meta *lua.LTable
}

// classKey is the field of a metatable that says that it is the metatable of a class.
const classKey = "\x00class"

// methodsKey is the field of a metatable that has the methods, also if __index is a function (see Class.Lazy).
const methodsKey = "\x00methods"

// classMark is the Go value in that field. Scripts cannot make one, nor find one.
type classMark struct{ meta *lua.LTable }

// NewClass makes the class of a host. name is what messages call an object, such as "websocket
// socket". The caller holds the VM lock.
func NewClass[T any](env *Env, L *lua.LState, name string, methods map[string]lua.LGFunction) *Class[T] {
	index := L.CreateTable(0, len(methods))
	for key, fn := range methods {
		index.RawSetString(key, env.Function(L, name+":"+key, fn))
	}
	c := &Class[T]{name: name, meta: L.CreateTable(0, 6)}
	c.meta.RawSetString(classKey, &lua.LUserData{Value: classMark{c.meta}, Metatable: lua.LNil})
	c.meta.RawSetString("__index", index)
	c.meta.RawSetString(methodsKey, index)
	c.meta.RawSetString("__name", lua.LString(name))
	c.meta.RawSetString("__metatable", lua.LString(name))
	env.host.classes = append(env.host.classes, c.meta)
	c.meta.RawSetString("__tostring", env.Function(L, name, func(L *lua.LState) int {
		L.Push(lua.LString(fmt.Sprintf("%s: %p", name, L.Get(1))))
		return 1
	}))
	return c
}

// Closing makes a method the metamethod __close as well: an object may be the value of a variable that is declared
// with <close>. Lazy comes after it. The caller holds the VM lock.
func (c *Class[T]) Closing(method string) {
	methods := c.meta.RawGetString("__index").(*lua.LTable)
	c.meta.RawSetString("__close", methods.RawGetString(method))
}

// Calling makes a method what calling an object does, such as a generic for does. The caller holds the VM lock.
func (c *Class[T]) Calling(method string) {
	methods := c.meta.RawGetString("__index").(*lua.LTable)
	c.meta.RawSetString("__call", methods.RawGetString(method))
}

// Lazy adds fields that are made when a script asks for them: tables once, anything else every time, because
// keeping it would cost more. make returns the field's value and true, or false for a name that it does not
// know. Every look-up of an absent field costs a call then. The caller holds the VM lock.
func (c *Class[T]) Lazy(env *Env, L *lua.LState, make func(L *lua.LState, self T, name string) (lua.LValue, bool)) {
	methods := c.meta.RawGetString("__index").(*lua.LTable)
	c.meta.RawSetString("__index", env.Function(L, c.name, func(L *lua.LState) int {
		key := L.Get(2)
		name, ok := key.(lua.LString)
		if !ok {
			L.Push(lua.LNil)
			return 1
		}
		if method := methods.RawGetString(string(name)); method != lua.LNil {
			L.Push(method)
			return 1
		}
		self, ok := c.Of(L.Get(1))
		if !ok {
			L.Push(lua.LNil)
			return 1
		}
		o := value.BackedOf(L.Get(1).(*lua.LTable))
		if made, ok := o.Made(string(name)); ok {
			L.Push(made)
			return 1
		}
		field, known := make(L, self, string(name))
		if !known {
			field = lua.LNil
		} else if field.Type() == lua.LTTable {
			o.Make(string(name), field)
		}
		L.Push(field)
		return 1
	}))
}

// New makes an object of the class, with room for a few fields. The caller holds the VM lock.
func (c *Class[T]) New(L *lua.LState, self T) *lua.LTable {
	o := &value.Backed{LTable: *L.CreateTable(0, 4), Value: self}
	o.Metatable = c.meta
	return &o.LTable
}

// NewBare makes an object to which fields are hardly ever added: without any it takes a fifth of the memory,
// with some it takes more. The caller holds the VM lock.
func (c *Class[T]) NewBare(self T) *lua.LTable {
	o := &value.Backed{Value: self}
	o.Metatable = c.meta
	return &o.LTable
}

// Check returns the Go value of argument n, an object of the class, or raises an argument error.
func (c *Class[T]) Check(L *lua.LState, n int) T {
	self, ok := c.Of(L.Get(n))
	if !ok {
		c.wrong(vm.CallOf(L), n)
	}
	return self
}

// Native adds a method that works on the VM's own values. The caller holds the VM lock.
func (c *Class[T]) Native(env *Env, name string, fn vm.Func) {
	methods := c.meta.RawGetString("__index").(*lua.LTable)
	methods.RawSetString(name, env.host.native(c.name+":"+name, fn))
}

// CheckCall is Check for such a method.
func (c *Class[T]) CheckCall(call vm.Call, n int) (object T) {
	if v := call.Arg(n); v.IsTable() {
		if object, ok := c.Of(v.LTable()); ok {
			return object
		}
	}
	c.wrong(call, n)
	return object
}

// wrong raises the error for argument n, which is no object of the class.
func (c *Class[T]) wrong(call vm.Call, n int) {
	if v := call.Arg(n); call.VM().ArgumentType(v) == c.name {
		call.ArgError(n, c.name+" expected, got "+v.TypeName()) // its __name pretends
	}
	call.TypeError(n, c.name)
}

// ValueOf returns the Go value of an object of any class, or nil.
func ValueOf(v lua.LValue) any {
	table, ok := v.(*lua.LTable)
	if !ok {
		return nil
	}
	if meta, ok := table.Metatable.(*lua.LTable); ok && isClass(meta) {
		return value.BackedOf(table).Value
	}
	return nil
}

// Of returns the Go value of a Lua value; ok is false when it is not an object of the class.
func (c *Class[T]) Of(v lua.LValue) (self T, ok bool) {
	table, ok := v.(*lua.LTable)
	if !ok || table.Metatable != lua.LValue(c.meta) {
		return self, false
	}
	self, ok = value.BackedOf(table).Value.(T)
	return self, ok
}

// Classes are the names of the classes that the modules of the host have made so far, each with the names of its methods,
// sorted: for tools that describe what there is.
func (h *Host) Classes() map[string][]string {
	classes := make(map[string][]string)
	h.Do(func(*lua.LState) {
		for _, meta := range h.classes {
			methods := []string{}
			meta.RawGetString(methodsKey).(*lua.LTable).ForEach(func(name, _ lua.LValue) {
				methods = append(methods, name.String())
			})
			slices.Sort(methods)
			classes[meta.RawGetString("__name").String()] = methods
		}
	})
	return classes
}

// Methods is the table of the methods of an object, or nil for any other table. The caller holds the VM lock.
func Methods(object *lua.LTable) *lua.LTable {
	if meta := value.Metatable(object); meta != nil && isClass(meta) {
		methods, _ := meta.RawGetString(methodsKey).(*lua.LTable)
		return methods
	}
	return nil
}

// isClass reports whether a metatable is that of a class.
func isClass(meta *lua.LTable) bool {
	ud, ok := meta.RawGetString(classKey).(*lua.LUserData)
	if !ok {
		return false
	}
	mark, ok := ud.Value.(classMark)
	return ok && mark.meta == meta
}
