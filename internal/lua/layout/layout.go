// Package layout mirrors the parts of gopher-lua v1.1.2 that it does not export, and proves at start that they are as
// they are mirrored: another version is one clear message and not a crash. All that depends on them goes through here.
package layout

import (
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

//lint:file-ignore U1000 fields are there because gopher-lua has them

// Version is the version of gopher-lua that is mirrored.
const Version = "v1.1.2"

// A Table mirrors lua.LTable.
type Table struct {
	Metatable lua.LValue
	Array     []lua.LValue
	Dict      map[lua.LValue]lua.LValue
	Strdict   map[string]lua.LValue
	Keys      []lua.LValue
	K2i       map[lua.LValue]int
}

// TableOf is t with its fields.
func TableOf(t *lua.LTable) *Table { return (*Table)(unsafe.Pointer(t)) }

// A Frame mirrors a call frame.
type Frame struct {
	Idx        int
	Fn         *lua.LFunction
	Parent     *Frame
	Pc         int
	Base       int
	LocalBase  int
	ReturnBase int
	NArgs      int
	NRet       int
	TailCall   int
}

// A FrameStack mirrors the stack of call frames that does not grow.
type FrameStack struct {
	Array []Frame
	Sp    int
}

// A Registry mirrors the values of a thread's calls.
type Registry struct {
	Array   []lua.LValue
	Top     int
	GrowBy  int
	MaxSize int
	Alloc   unsafe.Pointer
	Handler Iface
}

// An Iface is the memory of an interface value with methods.
type Iface struct{ Table, Data unsafe.Pointer }

// fields are where a thread has what it does not export.
var fields = struct{ reg, stack, alloc, currentFrame, mainLoop uintptr }{
	reg:          field("reg", reflect.Pointer),
	stack:        field("stack", reflect.Interface),
	alloc:        field("alloc", reflect.Pointer),
	currentFrame: field("currentFrame", reflect.Pointer),
	mainLoop:     field("mainLoop", reflect.Func),
}

func changed(what string) {
	panic("silly needs gopher-lua " + Version + "; in the version that was built in, " + what + " has changed")
}

func field(name string, kind reflect.Kind) uintptr {
	f, ok := reflect.TypeFor[lua.LState]().FieldByName(name)
	if !ok || f.Type.Kind() != kind {
		changed("field " + name + " of LState")
	}
	return f.Offset
}

// StandardLoop is gopher-lua's own main loop, for functions that it has compiled.
var StandardLoop func(*lua.LState, *Frame)

// handlerType is the type word of a thread as the handler of a registry.
var handlerType unsafe.Pointer

// RegistryHandler is the field Handler of the registry of a thread.
func RegistryHandler(L *lua.LState) Iface { return Iface{handlerType, unsafe.Pointer(L)} }

// NewAllocator is a field Alloc for a registry.
func NewAllocator() unsafe.Pointer {
	L := lua.NewState(lua.Options{SkipOpenLibs: true, CallStackSize: 1, RegistrySize: 128})
	return (*RegistryOf(L)).Alloc
}

// stackType is the type word of the interface value that a thread's stack is.
var stackType unsafe.Pointer

func init() {
	mustMirror(reflect.TypeFor[lua.LTable](), reflect.TypeFor[Table]())
	L := lua.NewState(lua.Options{SkipOpenLibs: true, CallStackSize: 1, RegistrySize: 128})
	defer L.Close()
	thread := reflect.ValueOf(L).Elem()
	stack := thread.FieldByName("stack").Elem().Type().Elem()
	mustMirror(stack, reflect.TypeFor[FrameStack]())
	mustMirror(stack.Field(0).Type.Elem(), reflect.TypeFor[Frame]())
	mustMirror(thread.FieldByName("reg").Type().Elem(), reflect.TypeFor[Registry]())
	mustMirror(thread.FieldByName("currentFrame").Type().Elem(), reflect.TypeFor[Frame]())
	stackType = stackOf(L).Table
	handlerType = (*RegistryOf(L)).Handler.Table
	StandardLoop = *MainLoop(L)
}

// mustMirror panics unless ours has the layout of theirs.
func mustMirror(theirs, ours reflect.Type) {
	if theirs.Kind() != reflect.Struct || theirs.Size() != ours.Size() || theirs.NumField() != ours.NumField() {
		changed("the type " + theirs.Name())
	}
	for i := range ours.NumField() {
		a, b := theirs.Field(i), ours.Field(i)
		same := a.Type.Kind() == b.Type.Kind() || a.Type.Kind() == reflect.Pointer && b.Type.Kind() == reflect.UnsafePointer ||
			a.Type.Kind() == reflect.Interface && b.Type == reflect.TypeFor[Iface]()
		if a.Offset != b.Offset || a.Type.Size() != b.Type.Size() || !same {
			changed("field " + a.Name + " of " + theirs.Name())
		}
	}
}

// RegistryOf is the field reg of a thread.
func RegistryOf(L *lua.LState) **Registry {
	return (**Registry)(unsafe.Add(unsafe.Pointer(L), fields.reg))
}

func stackOf(L *lua.LState) *Iface {
	return (*Iface)(unsafe.Add(unsafe.Pointer(L), fields.stack))
}

// StackOf is the stack of call frames of a thread, which SetStack has set.
func StackOf(L *lua.LState) *FrameStack { return (*FrameStack)(stackOf(L).Data) }

// SetStack makes s the stack of call frames of a thread.
func SetStack(L *lua.LState, s *FrameStack) {
	*stackOf(L) = Iface{stackType, unsafe.Pointer(s)}
}

// CurrentFrame is the field currentFrame of a thread.
func CurrentFrame(L *lua.LState) **Frame {
	return (**Frame)(unsafe.Add(unsafe.Pointer(L), fields.currentFrame))
}

// Extra is the field alloc of a thread, which gopher-lua uses for nothing but making threads: a place for a pointer to
// what belongs to a thread of ours.
func Extra(L *lua.LState) *unsafe.Pointer {
	return (*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(L), fields.alloc))
}

// MainLoop is the field mainLoop of a thread: it runs the function on top of the stack of frames.
func MainLoop(L *lua.LState) *func(*lua.LState, *Frame) {
	return (*func(*lua.LState, *Frame))(unsafe.Add(unsafe.Pointer(L), fields.mainLoop))
}
