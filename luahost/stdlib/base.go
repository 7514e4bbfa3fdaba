package stdlib

import (
	"runtime"
	"runtime/metrics"

	lua "github.com/yuin/gopher-lua"
)

func openBase(L *lua.LState, globals *lua.LTable) {
	install(L, globals, map[string]function{
		"assert":         baseAssert,
		"collectgarbage": baseCollectGarbage,
		"getmetatable":   baseGetMetatable,
		"load":           baseLoad,
		"loadstring":     baseLoadString,
		"rawequal":       baseRawEqual,
		"rawget":         baseRawGet,
		"rawlen":         baseRawLen,
		"rawset":         baseRawSet,
		"select":         baseSelect,
		"setmetatable":   baseSetMetatable,
		"tonumber":       baseToNumber,
		"tostring":       baseToString,
		"type":           baseType,
	})
	next := newFunction(L, "next", baseNext)
	globals.RawSetString("next", next)
	globals.RawSetString("pairs", newFunction(L, "pairs", basePairs(next)))
	globals.RawSetString("ipairs", newFunction(L, "ipairs", baseIpairs(newFunction(L, "for iterator", ipairsNext))))
}

// baseAssert implements assert(v [, message]) -> v, message. The error is the message as it is,
// whatever its type.
func baseAssert(c call) int {
	if lua.LVAsBool(c.any(1)) {
		return c.top()
	}
	message := lua.LValue(lua.LString("assertion failed!"))
	if c.top() > 1 {
		message = c.L.Get(2)
	}
	c.L.Error(message, 0)
	return 0
}

// baseCollectGarbage implements collectgarbage([option [, arg]]). Go's collector needs no tuning by
// a script, so only "collect" and "count" do something; the others answer as Lua does.
func baseCollectGarbage(c call) int {
	option := c.optString(1, "collect")
	switch option {
	case "collect":
		runtime.GC()
		c.pushNumber(0)
	case "count":
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		c.pushNumber(float64(sample[0].Value.Uint64()) / 1024)
	case "step", "isrunning":
		c.L.Push(lua.LTrue)
	case "stop", "restart", "setpause", "setstepmul", "param":
		c.pushNumber(0)
	case "generational", "incremental":
		c.pushString("incremental")
	default:
		c.argError(1, "invalid option '"+option+"'")
	}
	return 1
}

// baseGetMetatable implements getmetatable(v) -> metatable | its __metatable field | nil.
func baseGetMetatable(c call) int {
	c.L.Push(c.L.GetMetatable(c.any(1)))
	return 1
}

// baseNext implements next(table [, key]) -> key, value | nil.
func baseNext(c call) int {
	key, value := c.table(1).Next(c.L.Get(2))
	if key == lua.LNil {
		c.L.Push(lua.LNil)
		return 1
	}
	c.L.Push(key)
	c.L.Push(value)
	return 2
}

// basePairs implements pairs(v) -> next, v, nil, or the first three results of v's __pairs.
func basePairs(next *lua.LFunction) function {
	return func(c call) int {
		v := c.any(1)
		if handler := c.L.GetMetaField(v, "__pairs"); handler != lua.LNil {
			c.L.Push(handler)
			c.L.Push(v)
			c.L.Call(1, 3)
			return 3
		}
		table := c.table(1)
		c.L.Push(next)
		c.L.Push(table)
		c.L.Push(lua.LNil)
		return 3
	}
}

// baseIpairs implements ipairs(v) -> iterator, v, 0. The iterator honours __index.
func baseIpairs(iterator *lua.LFunction) function {
	return func(c call) int {
		v := c.any(1)
		if v.Type() != lua.LTTable && c.L.GetMetaField(v, "__index") == lua.LNil {
			c.typeError(1, "table")
		}
		c.L.Push(iterator)
		c.L.Push(v)
		c.pushNumber(0)
		return 3
	}
}

// ipairsNext implements the iterator of ipairs: (v, i) -> i + 1, v[i + 1] | nil.
func ipairsNext(c call) int {
	i := int(c.integer(2)) + 1
	value := lua.LNil
	list, ok := c.L.Get(1).(*lua.LTable)
	if ok {
		value = list.RawGetInt(i)
	}
	if value == lua.LNil && (!ok || list.Metatable != lua.LNil) {
		value = c.L.GetTable(c.any(1), lua.LNumber(i))
	}
	if value == lua.LNil {
		c.L.Push(lua.LNil)
		return 1
	}
	c.pushNumber(float64(i))
	c.L.Push(value)
	return 2
}

// baseRawEqual implements rawequal(a, b) -> boolean.
func baseRawEqual(c call) int {
	c.L.Push(lua.LBool(c.any(1) == c.any(2)))
	return 1
}

// baseRawGet implements rawget(table, key) -> value.
func baseRawGet(c call) int {
	c.L.Push(c.table(1).RawGet(c.any(2)))
	return 1
}

// baseRawLen implements rawlen(table or string) -> integer.
func baseRawLen(c call) int {
	switch v := c.L.Get(1).(type) {
	case *lua.LTable:
		c.pushNumber(float64(v.Len()))
	case lua.LString:
		c.pushNumber(float64(len(v)))
	default:
		c.argError(1, "table or string expected")
	}
	return 1
}

// baseRawSet implements rawset(table, key, value) -> table.
func baseRawSet(c call) int {
	table, key, value := c.table(1), c.any(2), c.any(3)
	c.L.RawSet(table, key, value)
	c.L.Push(table)
	return 1
}

// baseSelect implements select(n, ...) -> the arguments from the n-th on, and select("#", ...) ->
// their number.
func baseSelect(c call) int {
	if c.L.Get(1) == lua.LString("#") {
		c.pushNumber(float64(c.top() - 1))
		return 1
	}
	n, count := c.integer(1), int64(c.top()-1)
	if n < 0 {
		n += count + 1
	}
	if n < 1 {
		c.argError(1, "index out of range")
	}
	return int(max(count-n+1, 0))
}

// baseSetMetatable implements setmetatable(table, metatable or nil) -> table.
func baseSetMetatable(c call) int {
	table := c.table(1)
	metatable := c.L.Get(2)
	if t := metatable.Type(); c.top() < 2 || t != lua.LTNil && t != lua.LTTable {
		c.typeError(2, "nil or table")
	}
	if c.L.GetMetaField(table, "__metatable") != lua.LNil {
		c.raise("cannot change a protected metatable")
	}
	table.Metatable = metatable
	c.L.Push(table)
	return 1
}

// baseType implements type(v) -> string.
func baseType(c call) int {
	c.L.Push(typeNames[c.any(1).Type()])
	return 1
}

// typeNames holds the results of type, so that it allocates nothing; nothing changes them.
var typeNames = [...]lua.LValue{
	lua.LTNil:      lua.LString("nil"),
	lua.LTBool:     lua.LString("boolean"),
	lua.LTNumber:   lua.LString("number"),
	lua.LTString:   lua.LString("string"),
	lua.LTFunction: lua.LString("function"),
	lua.LTUserData: lua.LString("userdata"),
	lua.LTThread:   lua.LString("thread"),
	lua.LTTable:    lua.LString("table"),
	lua.LTChannel:  lua.LString("channel"),
}
