package luahost

import (
	"context"
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

//lint:file-ignore U1000 fields are there because gopher-lua has them

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

// callFrame mirrors gopher-lua's callFrame.
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

// frameStack mirrors gopher-lua's stack of call frames: a table of pointers to segments of eight frames each.
// The table has its full size from the start, 16 KB for a task, although nearly all tasks use one or two
// segments.
type frameStack struct {
	segments frameTable
	segIdx   uint16 // of the segment in use
	segSp    uint8  // frames in use of it
}

// A frameTable is the table of a frame stack.
type frameTable []*frameSegment

// A frameSegment mirrors a segment of it.
type frameSegment struct {
	array [lua.FramesPerSegment]callFrame
}

// registry mirrors the registry of a thread, which has the locals and temporaries of all its calls.
type registry struct {
	array   []lua.LValue
	top     int
	growBy  int
	maxSize int
	alloc   unsafe.Pointer
	handler iface
}

// iface mirrors the memory of an interface value with methods.
type iface struct{ table, data unsafe.Pointer }

// layout is where a thread of gopher-lua has what it does not export.
var layout = struct{ reg, stack, currentFrame, mainLoop uintptr }{
	reg:          fieldOfThread("reg", reflect.Pointer),
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

func init() {
	L := lua.NewState(lua.Options{MinimizeStackMemory: true, SkipOpenLibs: true, CallStackSize: lua.FramesPerSegment, RegistrySize: firstRegistry})
	defer L.Close()
	thread := reflect.ValueOf(L).Elem()
	stack := thread.FieldByName("stack").Elem().Type().Elem()
	mustMirror(stack, reflect.TypeFor[frameStack]())
	segment := stack.Field(0).Type.Elem().Elem()
	mustMirror(segment, reflect.TypeFor[frameSegment]())
	mustMirror(segment.Field(0).Type.Elem(), reflect.TypeFor[callFrame]())
	mustMirror(thread.FieldByName("reg").Type().Elem(), reflect.TypeFor[registry]())
	mustMirror(thread.FieldByName("currentFrame").Type().Elem(), reflect.TypeFor[callFrame]())
}

// mustMirror panics unless ours has the layout of theirs.
func mustMirror(theirs, ours reflect.Type) {
	if theirs.Kind() != reflect.Struct || theirs.Size() != ours.Size() || theirs.NumField() != ours.NumField() {
		panic("luahost: gopher-lua's " + theirs.Name() + " has changed")
	}
	for i := range ours.NumField() {
		a, b := theirs.Field(i), ours.Field(i)
		same := a.Type.Kind() == b.Type.Kind() || a.Type.Kind() == reflect.Pointer && b.Type.Kind() == reflect.UnsafePointer ||
			a.Type.Kind() == reflect.Interface && b.Type == reflect.TypeFor[iface]()
		if a.Name != b.Name || a.Offset != b.Offset || a.Type.Size() != b.Type.Size() || !same {
			panic("luahost: field " + a.Name + " of gopher-lua's " + theirs.Name() + " has changed")
		}
	}
}

// registryOf, stackOf and currentFrameOf are fields of a thread.
func registryOf(L *lua.LState) **registry {
	return (**registry)(unsafe.Add(unsafe.Pointer(L), layout.reg))
}

func stackOf(L *lua.LState) *iface {
	return (*iface)(unsafe.Add(unsafe.Pointer(L), layout.stack))
}

func currentFrameOf(L *lua.LState) **callFrame {
	return (**callFrame)(unsafe.Add(unsafe.Pointer(L), layout.currentFrame))
}

// continueLoop runs the VM for L from where it was left until the outermost function has returned or a native
// function has left it again.
func continueLoop(L *lua.LState) {
	loop := *(*func(*lua.LState, *callFrame))(unsafe.Add(unsafe.Pointer(L), layout.mainLoop))
	loop(L, nil)
}

// currentFrame is the innermost call of L, nil when it runs nothing.
func currentFrame(L *lua.LState) *callFrame {
	return *currentFrameOf(L)
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
