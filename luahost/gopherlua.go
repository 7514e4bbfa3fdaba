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
	// Frames of the call stack. A thread allocates a pointer for every eight of them (see frameTable), so
	// the limit costs memory: the main script may recurse as deep as in the reference implementation.
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
	options := root.Options
	if !main {
		root.Options.CallStackSize = keptSegments * lua.FramesPerSegment // it runs with a borrowed table
		L, cancel := root.NewThread()
		root.Options, L.Options = options, options
		return L, cancel
	}
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

// frameStack mirrors gopher-lua's stack of call frames: a table of pointers to segments of eight frames each.
// The table has its full size from the start, 16 KB for a task, although nearly all tasks use one or two
// segments, and those that wait nothing more.
type frameStack struct {
	segments frameTable
	segIdx   uint16 // of the segment in use
	segSp    uint8
}

// A frameTable is the table of a frame stack.
type frameTable []unsafe.Pointer

// keptSegments is the number of segments that a thread can have in use and still give its table away.
const keptSegments = 4

// layout is where a thread of gopher-lua has what it does not export.
var layout = struct{ stack, currentFrame, mainLoop uintptr }{
	stack:        fieldOfThread("stack", reflect.Interface),
	currentFrame: fieldOfThread("currentFrame", reflect.Pointer),
	mainLoop:     fieldOfThread("mainLoop", reflect.Func),
}

func fieldOfThread(name string, kind reflect.Kind) uintptr {
	field, ok := reflect.TypeFor[lua.LState]().FieldByName(name)
	if !ok || field.Type.Kind() != kind {
		panic("luahost: gopher-lua's thread has changed")
	}
	return field.Offset
}

// framesOf is the frame stack of L.
func framesOf(L *lua.LState) *frameStack {
	type iface struct{ typ, data unsafe.Pointer }
	return (*frameStack)((*iface)(unsafe.Add(unsafe.Pointer(L), layout.stack)).data)
}

// continueLoop runs the VM for L from where it was left until the outermost function has returned or a native
// function has left it again.
func continueLoop(L *lua.LState) {
	loop := *(*func(*lua.LState, *callFrame))(unsafe.Add(unsafe.Pointer(L), layout.mainLoop))
	loop(L, nil)
}

func init() {
	L := lua.NewState(lua.Options{MinimizeStackMemory: true, SkipOpenLibs: true, CallStackSize: lua.FramesPerSegment, RegistrySize: firstRegistry})
	defer L.Close()
	theirs, ours := reflect.ValueOf(L).Elem().FieldByName("stack").Elem().Type().Elem(), reflect.TypeFor[frameStack]()
	if theirs.Kind() != reflect.Struct || theirs.Size() != ours.Size() || theirs.NumField() != ours.NumField() {
		panic("luahost: gopher-lua's frame stack has changed")
	}
	for i := range ours.NumField() {
		a, b := theirs.Field(i), ours.Field(i)
		if a.Name != b.Name || a.Offset != b.Offset || a.Type.Kind() != b.Type.Kind() || a.Type.Size() != b.Type.Size() {
			panic(fmt.Sprintf("luahost: field %s of gopher-lua's frame stack has changed", a.Name))
		}
	}
	if segments := theirs.Field(0).Type.Elem(); segments.Kind() != reflect.Pointer {
		panic("luahost: gopher-lua's frame stack has changed")
	}
}

// A framePool has the tables of threads that do not run: they keep a small one with the segments that they
// use, and since only one thread runs at a time, a host needs few of the large ones. The holder of the VM
// lock owns it.
type framePool struct{ free []frameTable }

// maxFreeTables is how many tables are kept.
const maxFreeTables = 16

// give takes the table of a thread that stops running, unless too many of its segments are in use.
func (p *framePool) give(f *frameStack, small *[keptSegments]unsafe.Pointer) {
	table := f.segments
	used := int(f.segIdx) + 1
	if used > keptSegments || len(table) == keptSegments {
		return
	}
	copy(small[:], table[:used])
	clear(table[:used])
	f.segments = small[:]
	if len(p.free) < maxFreeTables {
		p.free = append(p.free, table)
	}
}

// take gives a thread that is going to run a table, unless it has one.
func (p *framePool) take(f *frameStack) {
	if len(f.segments) != keptSegments {
		return
	}
	var table frameTable
	if n := len(p.free); n > 0 {
		table = p.free[n-1]
		p.free = p.free[:n-1]
	} else {
		table = make(frameTable, taskCallStack/lua.FramesPerSegment)
	}
	used := int(f.segIdx) + 1
	copy(table, f.segments[:used])
	clear(f.segments[:used])
	f.segments = table
}

// currentFrame is the innermost call of L, nil when it runs nothing.
func currentFrame(L *lua.LState) *callFrame {
	return *(**callFrame)(unsafe.Add(unsafe.Pointer(L), layout.currentFrame))
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
	op := executing(caller)
	return op == lua.OP_CALL || op == lua.OP_TAILCALL
}

// executing is the operation that a Lua function is carrying out.
func executing(cf *callFrame) int { return int(cf.Fn.Proto.Code[cf.Pc-1] >> 26) }
