package luahost

import (
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// The Check functions read argument n of the native function that L is calling, and raise a Lua error
// at the script's line when it has the wrong type: "bad argument #1 to 'connect' (string expected, got
// nil)". The Opt functions take a default for nil or an absent argument. In a method call the object
// is argument 1 of Go but not counted in the message, as in Lua.

// ArgumentError raises an error about argument n of the native function that L is calling.
func ArgumentError(L *lua.LState, n int, problem string) { vm.CallOf(L).ArgError(n, problem) }

// Argument returns argument n as the script gave it: L.Get does not tell integers and floats apart.
func Argument(L *lua.LState, n int) lua.LValue { return value.Export(vm.CallOf(L).Arg(n)) }

// TypeError raises an error because argument n of the native function that L is calling is not what is expected.
func TypeError(L *lua.LState, n int, expected string) { vm.CallOf(L).TypeError(n, expected) }

// TypeName is the type of a value as messages name it, by __name of its metatable if there is one.
func TypeName(L *lua.LState, v lua.LValue) string {
	return vm.ThreadOf(L).VM().ArgumentType(value.Import(v))
}

// text is a value as messages show it: numbers as Lua writes them, others by their type.
func text(L *lua.LState, v lua.LValue) string {
	switch v := value.Import(v); {
	case v.IsString():
		return v.Str()
	case v.IsNumber():
		return value.NumberText(v)
	}
	return TypeName(L, v)
}

// CheckString returns argument n, a string or a number.
func CheckString(L *lua.LState, n int) string { return vm.CallOf(L).Str(n) }

// OptString is CheckString with a default.
func OptString(L *lua.LState, n int, otherwise string) string {
	return vm.CallOf(L).OptStr(n, otherwise)
}

// CheckTable returns argument n, a table.
func CheckTable(L *lua.LState, n int) *lua.LTable {
	if v, ok := L.Get(n).(*lua.LTable); ok { // it is shared with Go code
		return v
	}
	TypeError(L, n, "table")
	return nil
}

// OptTable is CheckTable, or nil for an absent argument.
func OptTable(L *lua.LState, n int) *lua.LTable {
	if L.Get(n) == lua.LNil {
		return nil
	}
	return CheckTable(L, n)
}

// CheckFunction returns argument n, a function.
func CheckFunction(L *lua.LState, n int) *lua.LFunction { return vm.CallOf(L).Function(n).LFunction() }

// CheckThread returns argument n, a thread.
func CheckThread(L *lua.LState, n int) *lua.LState {
	if v, ok := L.Get(n).(*lua.LState); ok {
		return v
	}
	TypeError(L, n, "thread")
	return nil
}

// CheckNumber returns argument n, a number or a string that reads as one.
func CheckNumber(L *lua.LState, n int) float64 { return vm.CallOf(L).Float(n) }

// CheckInteger returns argument n, a number with an integer representation or a string that reads as one.
func CheckInteger(L *lua.LState, n int) int64 { return vm.CallOf(L).Int(n) }

// OptInteger is CheckInteger with a default.
func OptInteger(L *lua.LState, n int, otherwise int64) int64 {
	return vm.CallOf(L).OptInt(n, otherwise)
}

// maxMilliseconds is the longest time a script can ask for: about a hundred years.
const maxMilliseconds = 100 * 365 * 24 * 3600 * 1000

// CheckMilliseconds returns argument n, a time in milliseconds: a finite number. Fractions count; negative times are
// zero and absurdly long ones are cut to a hundred years.
func CheckMilliseconds(L *lua.LState, n int) time.Duration {
	c := vm.CallOf(L)
	f := c.Float(n)
	if !isFinite(f) {
		c.ArgError(n, "finite number expected, got "+value.NumberText(value.Float(f)))
	}
	f = min(max(f, 0), maxMilliseconds)
	return time.Duration(f * float64(time.Millisecond))
}

// OptMilliseconds is CheckMilliseconds; ok is false for an absent argument.
func OptMilliseconds(L *lua.LState, n int) (d time.Duration, ok bool) {
	if L.Get(n) == lua.LNil {
		return 0, false
	}
	return CheckMilliseconds(L, n), true
}

func isFinite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }
