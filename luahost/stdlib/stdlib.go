// Package stdlib brings the standard library of gopher-lua, which is that of Lua 5.1 with gaps, to
// what the author of a Lua 5.4 or 5.5 script expects: the functions of basic, string, table, math
// and utf8 that only compute. Input and output, coroutines, error handling and require are not its
// business.
//
// Lua integers are float64 values here, as all numbers of gopher-lua are: exact up to 2^53.
package stdlib

import (
	lua "github.com/yuin/gopher-lua"
)

// Open installs the functions into the globals and the library tables of L, on which gopher-lua's
// own libraries must be open. All threads of L's host share them. The only state behind them is the
// generator of math.random, which belongs to that host; the functions may be called by whoever
// holds the host's VM lock and keep nothing across a callback into Lua but their own arguments and
// results.
func Open(L *lua.LState) {
	globals := L.G.Global
	openBase(L, globals)
	openString(L, library(L, globals, lua.StringLibName))
	openTable(L, library(L, globals, lua.TabLibName), globals)
	openMath(L, library(L, globals, lua.MathLibName))
	openUTF8(L, library(L, globals, "utf8"))
}

// library returns the library table of that name and makes one when there is none, known to
// require as well.
func library(L *lua.LState, globals *lua.LTable, name string) *lua.LTable {
	if table, ok := globals.RawGetString(name).(*lua.LTable); ok {
		return table
	}
	table := L.NewTable()
	globals.RawSetString(name, table)
	if loaded, ok := L.GetField(L.Get(lua.RegistryIndex), "_LOADED").(*lua.LTable); ok {
		loaded.RawSetString(name, table)
	}
	return table
}

// function is a library function: it leaves its results on the stack and returns their number.
type function func(c call) int

// newFunction makes a Lua function whose error messages call it name.
func newFunction(L *lua.LState, name string, f function) *lua.LFunction {
	return L.NewFunction(func(L *lua.LState) int {
		return f(call{L, name})
	})
}

func install(L *lua.LState, table *lua.LTable, functions map[string]function) {
	for name, f := range functions {
		table.RawSetString(name, newFunction(L, name, f))
	}
}
