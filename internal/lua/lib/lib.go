// Package lib is the standard library of Lua 5.4 for package vm: what the manual describes in chapter 6, without what
// belongs to the insides of the VM (error, pcall, coroutine, load, debug) and to the host (print, io, most of os).
//
// The parts that do the work, such as patterns and formats, know no VM; the functions around them take the arguments,
// raise the errors and call what a script passes. A function that calls back does so with Call.Then, so that what it
// calls may yield and wait.
package lib

import (
	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

const (
	// maxString bounds the strings that one call builds, so that a script's mistake ends in a Lua error and not in a
	// process without memory.
	maxString = 1 << 30
	tooLarge  = "resulting string too large"
	// maxResults bounds the number of results of one call; a stack of Lua has a million places.
	maxResults = 999_900
	// pollSteps is how many steps of a long loop pass between two calls of Poll, and pollBytes how many bytes are copied.
	pollSteps = 1 << 16
	pollBytes = 1 << 20
	// keptBuffer is the largest buffer that is kept for the next call.
	keptBuffer = 1 << 16
)

// A library is the state of the library of one VM. Only the holder of the VM lock uses it.
type library struct {
	vm       *vm.VM
	patterns patternCache
	// matcher is for searches during which nothing else runs.
	matcher  matcher
	random   generator
	collect  collector
	memory   []byte // see buffer
	n        value.Value
	iterator struct{ strict, lax value.Value } // of utf8.codes
}

// Open makes the functions of this package global in a VM, in the tables string, table, math, utf8 and os as well, and
// gives strings their metatable.
func Open(v *vm.VM) {
	l := &library{vm: v, n: value.String("n").Hashed()}
	l.collect = newCollector()
	l.random.seedRandomly()
	l.openBase()
	l.openString()
	l.openTable()
	l.openMath()
	l.openUTF8()
	l.openOS()
}

// A function is a Func and its name in a library.
type function struct {
	name string
	fn   vm.Func
}

// install puts functions into a table; prefix, such as "string.", is for messages.
func (l *library) install(t *lua.LTable, prefix string, functions []function) {
	for _, f := range functions {
		value.Set(t, value.String(f.name), l.vm.NewNative(prefix+f.name, f.fn))
	}
}

// global makes a new table with functions global.
func (l *library) global(name string, functions []function) *value.Table {
	t := value.NewTable(0, len(functions)+8)
	l.install(&t.LTable, name+".", functions)
	value.Set(l.vm.Globals(), value.String(name), t.Value())
	return t
}

// buffer takes the buffer for results, which is empty. What is built in it is copied when its size is known.
func (l *library) buffer() []byte {
	b := l.memory
	l.memory = nil // a function that is called meanwhile needs its own
	return b[:0]
}

// pushBuffer pushes the string that was built in b, which is the buffer from then on.
func (l *library) pushBuffer(c vm.Call, b []byte) {
	c.Push(value.String(string(b)))
	l.giveBack(b)
}

func (l *library) giveBack(b []byte) {
	if cap(b) <= keptBuffer {
		l.memory = b
	}
}
