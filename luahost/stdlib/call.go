package stdlib

import (
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

const (
	// maxString bounds the strings that one call builds, so that a script's mistake ends in a Lua
	// error and not in a process without memory.
	maxString = 1 << 30
	// maxResults bounds the number of results of one call.
	maxResults = 1_000_000
	// pollInterval is how many steps of a long loop pass between two looks at the context.
	pollInterval = 1 << 16
)

// call is one call of a library function: the thread that makes it, with the arguments on its
// stack, and the name that the function has in error messages.
type call struct {
	L    *lua.LState
	name string
}

func (c call) raise(message string) {
	c.L.RaiseError("%s", message)
}

func (c call) argError(n int, message string) {
	c.L.RaiseError("bad argument #%d to '%s' (%s)", n, c.name, message)
}

func (c call) typeError(n int, expected string) {
	c.argError(n, expected+" expected, got "+c.typeName(n))
}

// typeName names the type of argument n as messages do: by its metatable's __name if it has one.
func (c call) typeName(n int) string {
	if n > c.L.GetTop() {
		return "no value"
	}
	v := c.L.Get(n)
	if name, ok := c.L.GetMetaField(v, "__name").(lua.LString); ok {
		return string(name)
	}
	return v.Type().String()
}

func (c call) top() int {
	return c.L.GetTop()
}

func (c call) isNoneOrNil(n int) bool {
	return c.L.Get(n) == lua.LNil
}

// any returns argument n, which must be there but may be nil.
func (c call) any(n int) lua.LValue {
	if n > c.L.GetTop() {
		c.argError(n, "value expected")
	}
	return c.L.Get(n)
}

// number returns argument n, a number or a string that reads as one.
func (c call) number(n int) float64 {
	f, ok := toNumber(c.L.Get(n))
	if !ok {
		c.typeError(n, "number")
	}
	return f
}

// integer returns argument n, a number without a fraction that fits into 64 bits.
func (c call) integer(n int) int64 {
	f := c.number(n)
	i, ok := toInteger(f)
	if !ok {
		c.argError(n, "number has no integer representation")
	}
	return i
}

func (c call) optInteger(n int, missing int64) int64 {
	if c.isNoneOrNil(n) {
		return missing
	}
	return c.integer(n)
}

// string returns argument n, a string or a number.
func (c call) string(n int) string {
	switch v := c.L.Get(n).(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return numberText(float64(v))
	}
	c.typeError(n, "string")
	return ""
}

func (c call) optString(n int, missing string) string {
	if c.isNoneOrNil(n) {
		return missing
	}
	return c.string(n)
}

func (c call) table(n int) *lua.LTable {
	table, ok := c.L.Get(n).(*lua.LTable)
	if !ok {
		c.typeError(n, "table")
	}
	return table
}

func (c call) function(n int) *lua.LFunction {
	f, ok := c.L.Get(n).(*lua.LFunction)
	if !ok {
		c.typeError(n, "function")
	}
	return f
}

func (c call) pushString(s string) {
	c.L.Push(lua.LString(s))
}

func (c call) pushNumber(f float64) {
	c.L.Push(lua.LNumber(f))
}

// callValue calls f, which may suspend the task and let other tasks run, and returns its first
// result.
func (c call) callValue(f lua.LValue, args ...lua.LValue) lua.LValue {
	c.L.Push(f)
	for _, arg := range args {
		c.L.Push(arg)
	}
	return c.callPushed(len(args))
}

// callPushed is callValue for a function and arguments that are on the stack already.
func (c call) callPushed(args int) lua.LValue {
	c.L.Call(args, 1)
	result := c.L.Get(-1)
	c.L.Pop(1)
	return result
}

// results makes count values, value(0) to value(count-1), the results of the call. tooMany is the
// error message if there is no room for them.
func (c call) results(count int, tooMany string, value func(i int) lua.LValue) int {
	options := c.L.Options
	if count >= maxResults || count+c.top() > max(options.RegistrySize, options.RegistryMaxSize) {
		c.raise(tooMany)
	}
	// One SetTop grows the VM's registry once; pushing would grow it step by step and copy all of it
	// each time.
	base := c.top()
	c.L.SetTop(base + count)
	for i := range count {
		c.L.Replace(base+1+i, value(i))
	}
	return count
}

// poll raises an error when the thread's context is done. Loops whose length a script chooses call
// it from time to time, because the VM looks at the context between instructions only.
func (c call) poll() {
	if ctx := c.L.Context(); ctx != nil && ctx.Err() != nil {
		c.raise(ctx.Err().Error())
	}
}

// toNumber returns v as a number if it is one or a string that reads as one.
func toNumber(v lua.LValue) (float64, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return float64(v), true
	case lua.LString:
		return parseNumber(string(v))
	}
	return 0, false
}

// toInteger returns f as an integer if it has no fraction and fits into 64 bits.
func toInteger(f float64) (int64, bool) {
	if f != math.Trunc(f) || f < -1<<63 || f >= 1<<63 {
		return 0, false
	}
	return int64(f), true
}

func itoa(i int64) string {
	return strconv.FormatInt(i, 10)
}
