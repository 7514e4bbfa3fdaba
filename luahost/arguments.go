package luahost

import (
	"math"
	"strings"
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
func ArgumentError(L *lua.LState, n int, problem string) {
	kind, name := vm.CalledAs(L)
	if kind == "method" {
		n--
		if n == 0 {
			Raise(L, "calling '%s' on bad self (%s)", name, problem)
		}
	}
	if name == "" {
		native := vm.Running(L)
		name = native[strings.LastIndexAny(native, ".:")+1:]
	}
	if name == "" {
		name = "?"
	}
	Raise(L, "bad argument #%d to '%s' (%s)", n, name, problem)
}

// Argument returns argument n as the script gave it: L.Get does not tell integers and floats apart.
func Argument(L *lua.LState, n int) lua.LValue { return value.Export(vm.Argument(L, n)) }

// TypeError raises an error because argument n of the native function that L is calling is not what is expected.
func TypeError(L *lua.LState, n int, expected string) {
	got := "no value"
	if n <= L.GetTop() {
		got = L.Get(n).Type().String()
	}
	ArgumentError(L, n, expected+" expected, got "+got)
}

// CheckString returns argument n, a string or a number.
func CheckString(L *lua.LState, n int) string {
	switch v := vm.Argument(L, n); {
	case v.IsString():
		return v.Str()
	case v.IsNumber():
		return value.NumberText(v)
	}
	TypeError(L, n, "string")
	return ""
}

// OptString is CheckString with a default.
func OptString(L *lua.LState, n int, otherwise string) string {
	if L.Get(n) == lua.LNil {
		return otherwise
	}
	return CheckString(L, n)
}

// CheckTable returns argument n, a table.
func CheckTable(L *lua.LState, n int) *lua.LTable {
	if v, ok := L.Get(n).(*lua.LTable); ok {
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
func CheckFunction(L *lua.LState, n int) *lua.LFunction {
	if v, ok := L.Get(n).(*lua.LFunction); ok {
		return v
	}
	TypeError(L, n, "function")
	return nil
}

// CheckThread returns argument n, a thread.
func CheckThread(L *lua.LState, n int) *lua.LState {
	if v, ok := L.Get(n).(*lua.LState); ok {
		return v
	}
	TypeError(L, n, "thread")
	return nil
}

// CheckNumber returns argument n, a number or a string that reads as one.
func CheckNumber(L *lua.LState, n int) float64 {
	f, ok := value.ToFloat(vm.Argument(L, n))
	if !ok {
		TypeError(L, n, "number")
	}
	return f
}

// CheckInteger returns argument n, a whole number.
func CheckInteger(L *lua.LState, n int) int64 {
	v := vm.Argument(L, n)
	if _, ok := value.ToNumber(v); !ok {
		TypeError(L, n, "number")
	}
	i, ok := value.ToInt(v)
	if !ok {
		ArgumentError(L, n, "number has no integer representation")
	}
	return i
}

// OptInteger is CheckInteger with a default.
func OptInteger(L *lua.LState, n int, otherwise int64) int64 {
	if L.Get(n) == lua.LNil {
		return otherwise
	}
	return CheckInteger(L, n)
}

// maxMilliseconds is the longest time a script can ask for: about a hundred years.
const maxMilliseconds = 100 * 365 * 24 * 3600 * 1000

// CheckMilliseconds returns argument n, a time in milliseconds. Fractions count; negative times are
// zero and absurdly long ones are cut to a hundred years.
func CheckMilliseconds(L *lua.LState, n int) time.Duration {
	f := CheckNumber(L, n)
	if math.IsNaN(f) {
		ArgumentError(L, n, "number expected, got nan")
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
