package luahost

import (
	"context"
	"fmt"
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// This file is everything that depends on the insides of gopher-lua v1.1.2: how threads are sized and
// the call frames, which gopher-lua does not export. A change of its layout is found by init, not by
// a crash.

const (
	// Frames of the call stack. A thread allocates a pointer for every eight of them, so the limit
	// costs memory: the main script may recurse as deep as in the reference implementation.
	mainCallStack = 200_000
	taskCallStack = 16_000
	// Slots of the registry (locals and temporaries of all frames). It starts at the smallest size
	// that gopher-lua accepts and grows by the step.
	firstRegistry = 128
	mainRegistry  = 1 << 21
	taskRegistry  = 1 << 18
	mainGrowStep  = 1 << 14
	taskGrowStep  = 1 << 8
	// keptRegistry is the largest registry with which a thread goes back to the pool.
	keptRegistry = 4 * taskGrowStep
)

// newRootState makes the state that all threads come from.
func newRootState(interruptible bool, ctx context.Context) *lua.LState {
	L := lua.NewState(lua.Options{
		CallStackSize:       taskCallStack,
		RegistrySize:        firstRegistry,
		RegistryMaxSize:     taskRegistry,
		RegistryGrowStep:    taskGrowStep,
		MinimizeStackMemory: true,
		IncludeGoStackTrace: true,
	})
	if interruptible {
		L.SetContext(ctx)
	}
	return L
}

// newThread makes a thread for tasks, or for the main script, which gets a larger stack.
func newThread(root *lua.LState, main bool) (*lua.LState, context.CancelFunc) {
	if !main {
		return root.NewThread()
	}
	options := root.Options
	root.Options.CallStackSize = mainCallStack
	root.Options.RegistryMaxSize = mainRegistry
	root.Options.RegistryGrowStep = mainGrowStep
	L, cancel := root.NewThread()
	root.Options = options
	// Coroutines that the script makes take their sizes from the thread that makes them.
	L.Options = options
	return L, cancel
}

// callFrame mirrors gopher-lua's callFrame. It is only read.
type callFrame struct {
	Idx        int
	Fn         *lua.LFunction
	Parent     *callFrame
	Pc         int
	Base       int
	LocalBase  int
	ReturnBase int
	NArgs      int
	NRet       int
	TailCall   int
}

func init() {
	debug, ok := reflect.TypeFor[lua.Debug]().FieldByName("frame")
	if !ok || debug.Type.Kind() != reflect.Pointer || debug.Offset != 0 {
		panic("luahost: gopher-lua's Debug has changed")
	}
	theirs, ours := debug.Type.Elem(), reflect.TypeFor[callFrame]()
	if theirs.Size() != ours.Size() || theirs.NumField() != ours.NumField() {
		panic("luahost: gopher-lua's call frame has changed")
	}
	for i := range ours.NumField() {
		a, b := theirs.Field(i), ours.Field(i)
		if a.Name != b.Name || a.Offset != b.Offset || a.Type.Kind() != b.Type.Kind() {
			panic(fmt.Sprintf("luahost: field %s of gopher-lua's call frame has changed", a.Name))
		}
	}
}

// currentFrame is the innermost call of L, nil when it runs nothing.
func currentFrame(L *lua.LState) *callFrame {
	debug, ok := L.GetStack(0)
	if !ok {
		return nil
	}
	return *(**callFrame)(unsafe.Pointer(debug))
}

// grown reports whether the thread's registry is too large to keep.
func grown(L *lua.LState) bool {
	return reflect.ValueOf(L).Elem().FieldByName("reg").Elem().FieldByName("array").Len() > keptRegistry
}

// lineOf is the line that a Lua function is executing.
func lineOf(cf *callFrame) int {
	positions := cf.Fn.Proto.DbgSourcePositions
	if cf.Pc < 1 || cf.Pc > len(positions) {
		return 0
	}
	return positions[cf.Pc-1]
}

// calledName is the name by which the calling function knows the called one, "" when it has none.
func calledName(cf *callFrame) string {
	caller := cf.Parent
	if caller == nil || caller.Fn.IsG || cf.TailCall > 0 {
		return ""
	}
	for _, call := range caller.Fn.Proto.DbgCalls {
		if call.Pc == caller.Pc-1 && call.Name != "?" {
			return call.Name
		}
	}
	return ""
}

// calledByInstruction reports whether a frame was entered by a call instruction of its Lua caller, in
// the same run of the VM's main loop. A metamethod, an iterator and a callback of a Go function are
// not: between them and their caller lies a Go frame.
func calledByInstruction(cf *callFrame) bool {
	caller := cf.Parent
	if caller.Fn.IsG || caller.Pc < 1 {
		return false
	}
	op := int(caller.Fn.Proto.Code[caller.Pc-1] >> 26)
	return op == lua.OP_CALL || op == lua.OP_TAILCALL
}
