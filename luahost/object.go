package luahost

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// selfKey is the field of a Lua object that holds its Go value. No script writes it by accident.
const selfKey = "\x00self"

// A Class is what the objects of one kind share: sockets, streams, channels. An object is a Lua table,
// so scripts may hang fields on it and use it as a key; its Go value of type T sits in a hidden
// field, and its methods come from one metatable that scripts cannot change.
type Class[T any] struct {
	name string
	meta *lua.LTable
}

// NewClass makes the class of a host. name is what messages call an object, such as "websocket
// socket". The caller holds the VM lock.
func NewClass[T any](h *Host, L *lua.LState, name string, methods map[string]lua.LGFunction) *Class[T] {
	index := L.CreateTable(0, len(methods))
	for key, fn := range methods {
		index.RawSetString(key, h.Function(L, name+":"+key, fn))
	}
	c := &Class[T]{name: name, meta: L.CreateTable(0, 4)}
	c.meta.RawSetString("__index", index)
	c.meta.RawSetString("__name", lua.LString(name))
	c.meta.RawSetString("__metatable", lua.LString(name))
	c.meta.RawSetString("__tostring", h.Function(L, name, func(L *lua.LState) int {
		L.Push(lua.LString(fmt.Sprintf("%s: %p", name, L.Get(1))))
		return 1
	}))
	return c
}

// Lazy adds fields that are made when a script first asks for them. make returns the field's value and
// true, or false for a name that it does not know. Every look-up of an absent field costs a call
// then. The caller holds the VM lock.
func (c *Class[T]) Lazy(h *Host, L *lua.LState, make func(L *lua.LState, object *lua.LTable, self T, name string) (lua.LValue, bool)) {
	methods := c.meta.RawGetString("__index").(*lua.LTable)
	c.meta.RawSetString("__index", h.Function(L, c.name, func(L *lua.LState) int {
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
		object := L.Get(1).(*lua.LTable)
		value, known := make(L, object, self, string(name))
		if !known {
			value = lua.LNil
		} else {
			object.RawSetString(string(name), value)
		}
		L.Push(value)
		return 1
	}))
}

// New makes an object of the class. The caller holds the VM lock.
func (c *Class[T]) New(L *lua.LState, value T) *lua.LTable {
	object := L.CreateTable(0, 4)
	ud := &lua.LUserData{Value: value, Env: L.Env, Metatable: lua.LNil}
	object.RawSetString(selfKey, ud)
	object.Metatable = c.meta
	return object
}

// Check returns the Go value of argument n, an object of the class, or raises an argument error.
func (c *Class[T]) Check(L *lua.LState, n int) T {
	value, ok := c.Of(L.Get(n))
	if !ok {
		typeError(L, n, c.name)
	}
	return value
}

// ValueOf returns the Go value of an object of any class, or nil.
func ValueOf(v lua.LValue) any {
	if object, ok := v.(*lua.LTable); ok {
		if ud, ok := object.RawGetString(selfKey).(*lua.LUserData); ok {
			return ud.Value
		}
	}
	return nil
}

// Of returns the Go value of a Lua value; ok is false when it is not an object of the class.
func (c *Class[T]) Of(v lua.LValue) (value T, ok bool) {
	value, ok = ValueOf(v).(T)
	return value, ok
}
