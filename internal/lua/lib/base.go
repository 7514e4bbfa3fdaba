package lib

import (
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// openBase makes the basic functions global (manual, section 6.1), as far as they need no insides of the VM.
func (l *library) openBase() {
	l.install(l.vm.Globals(), "", []function{
		{"assert", baseAssert},
		{"collectgarbage", l.collect.baseCollectGarbage},
		{"getmetatable", baseGetMetatable},
		{"ipairs", baseIpairs},
		{"pairs", basePairs},
		{"rawequal", baseRawEqual},
		{"rawget", baseRawGet},
		{"rawlen", baseRawLen},
		{"rawset", baseRawSet},
		{"select", baseSelect},
		{"setmetatable", baseSetMetatable},
		{"tonumber", baseToNumber},
		{"tostring", baseToString},
		{"type", baseType},
	})
	value.Set(l.vm.Globals(), value.String("next"), l.vm.NextFunction())
}

// baseAssert implements assert(v [, message, ...]) -> v, message, .... A message that is a string gets the position of the
// call, as that of error does.
func baseAssert(c vm.Call) int {
	if !c.Any(1).Falsy() {
		return c.ReturnArgs(1)
	}
	message := value.String("assertion failed!")
	if c.Len() > 1 {
		message = c.Arg(2)
	}
	if message.IsString() {
		c.Raise("%s", message.Str())
	}
	c.RaiseValue(message)
	return 0
}

// baseGetMetatable implements getmetatable(v) -> metatable | its field __metatable | nil.
func baseGetMetatable(c vm.Call) int {
	mt := c.VM().Metatable(c.Any(1))
	if mt == nil {
		return c.Return(value.Nil)
	}
	if v := value.GetString(mt, "__metatable"); !v.IsNil() {
		return c.Return(v)
	}
	return c.Return(value.OfTable(mt))
}

// baseIpairs implements ipairs(v) -> iterator, v, 0.
func baseIpairs(c vm.Call) int {
	v := c.Any(1)
	c.Push(c.VM().IpairsIterator())
	c.Push(v)
	c.Push(value.Int(0))
	return 3
}

// basePairs implements pairs(v) -> next, v, nil, or the first three results of v's __pairs.
func basePairs(c vm.Call) int {
	v := c.Any(1)
	if handler := c.VM().MetaField(v, "__pairs"); !handler.IsNil() {
		return c.Then(pairsReturns, nil, handler, v)
	}
	c.Push(c.VM().NextFunction())
	c.Push(v)
	c.Push(value.Nil)
	return 3
}

// pairsReturns returns the first three results of __pairs.
func pairsReturns(c vm.Call, _ any) int {
	a, b, d := c.Arg(1), c.Arg(2), c.Arg(3)
	c.Push(a)
	c.Push(b)
	c.Push(d)
	return 3
}

// baseRawEqual implements rawequal(a, b) -> boolean.
func baseRawEqual(c vm.Call) int {
	a := c.Any(1)
	return c.Return(value.Bool(value.RawEqual(a, c.Any(2))))
}

// baseRawGet implements rawget(table, key) -> value.
func baseRawGet(c vm.Call) int {
	t := c.Table(1)
	return c.Return(value.Get(t, c.Any(2)))
}

// baseRawLen implements rawlen(table or string) -> integer.
func baseRawLen(c vm.Call) int {
	switch v := c.Arg(1); {
	case v.IsTable():
		return c.Return(value.Int(value.Len(v.LTable())))
	case v.IsString():
		return c.Return(value.Int(int64(len(v.Str()))))
	}
	c.TypeError(1, "table or string")
	return 0
}

// baseRawSet implements rawset(table, key, value) -> table.
func baseRawSet(c vm.Call) int {
	t := c.Table(1)
	k, v := c.Any(2), c.Any(3)
	if _, ok := value.NormalKey(k); !ok {
		if k.IsNil() {
			c.RaiseValue(value.String("table index is nil"))
		}
		c.RaiseValue(value.String("table index is NaN"))
	}
	value.Set(t, k, v)
	return c.Return(c.Arg(1))
}

// baseSelect implements select(n, ...) -> the arguments from the n-th on, and select("#", ...) -> their number.
func baseSelect(c vm.Call) int {
	v := c.Arg(1)
	if v.IsString() && v.Str() == "#" {
		return c.Return(value.Int(int64(c.Len()) - 1))
	}
	n := c.Int(1)
	if n < 0 {
		n += int64(c.Len())
	}
	if n < 1 {
		c.ArgError(1, "index out of range")
	}
	return c.ReturnArgs(int(min(n, int64(c.Len()))) + 1)
}

// baseSetMetatable implements setmetatable(table, metatable or nil) -> table.
func baseSetMetatable(c vm.Call) int {
	t, v := c.Table(1), c.Arg(2)
	if !v.IsTable() && !v.IsNil() || c.Len() < 2 {
		c.TypeError(2, "nil or table")
	}
	if mt := value.Metatable(t); mt != nil && !value.GetString(mt, "__metatable").IsNil() {
		c.Raise("cannot change a protected metatable")
	}
	if v.IsNil() {
		c.VM().SetMetatable(t, nil)
	} else {
		c.VM().SetMetatable(t, v.LTable())
	}
	return c.Return(c.Arg(1))
}

// baseToString implements tostring(v) -> string.
func baseToString(c vm.Call) int {
	v := c.Any(1)
	if v.IsString() {
		return c.Return(v)
	}
	if handler := c.VM().MetaField(v, "__tostring"); !handler.IsNil() {
		return c.Then(toStringReturns, nil, handler, v)
	}
	return c.Return(value.String(c.VM().Text(v)))
}

// toStringReturns checks the result of __tostring.
func toStringReturns(c vm.Call, _ any) int {
	switch v := c.Arg(1); {
	case v.IsString():
		return c.Return(v)
	case v.IsNumber():
		return c.Return(value.String(value.NumberText(v)))
	}
	c.Raise("%s", "'__tostring' must return a string")
	return 0
}

// typeNames are the results of type, so that it allocates nothing.
var typeNames = func() (names [value.KindOther]value.Value) {
	for kind, name := range [...]string{
		value.KindNil: "nil", value.KindFalse: "boolean", value.KindTrue: "boolean", value.KindInt: "number",
		value.KindFloat: "number", value.KindString: "string", value.KindTable: "table", value.KindFunction: "function",
		value.KindNative: "function", value.KindForeign: "function", value.KindUserData: "userdata",
		value.KindThread: "thread",
	} {
		names[kind] = value.String(name).Hashed()
	}
	return names
}()

// baseType implements type(v) -> string.
func baseType(c vm.Call) int {
	v := c.Any(1)
	if k := v.Kind(); k != value.KindOther {
		return c.Return(typeNames[k])
	}
	return c.Return(value.String(v.TypeName()))
}
