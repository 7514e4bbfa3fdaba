package vm

import (
	"runtime/debug"
	"unsafe"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/code"
	"silly/internal/lua/layout"
	"silly/internal/lua/value"
)

// Functions with gopher-lua's signature find their arguments in its registry and themselves in its stack of frames. The
// threads of one goroutine share both: a thread has them while such a function of it runs, and calls of different threads
// lie on top of each other.

// A goStack is a registry and a stack of frames.
type goStack struct {
	reg    layout.Registry
	frames layout.FrameStack
}

const (
	firstRegistry = 64
	maxRegistry   = 1 << 21
	firstGoFrames = 16
)

// maxGoStacks is how many goStacks are kept for the next goroutine.
const maxGoStacks = 8

// takeStack is a goStack that nothing uses.
func (vm *VM) takeStack() *goStack {
	if n := len(vm.goStacks); n > 0 {
		s := vm.goStacks[n-1]
		vm.goStacks = vm.goStacks[:n-1]
		return s
	}
	s := new(goStack)
	s.reg.Array = make([]lua.LValue, firstRegistry)
	s.reg.GrowBy = firstRegistry
	s.reg.MaxSize = maxRegistry
	s.frames.Array = make([]layout.Frame, firstGoFrames)
	return s
}

// giveStack takes a goStack back.
func (vm *VM) giveStack(s *goStack) {
	if s == nil || len(s.reg.Array) > 16*firstRegistry || len(vm.goStacks) == maxGoStacks {
		return
	}
	s.reset(0, 0)
	s.reg.Handler = layout.Iface{}
	vm.goStacks = append(vm.goStacks, s)
}

// mark is how much of the stack is in use.
func (s *goStack) mark() (top, frames int) { return s.reg.Top, s.frames.Sp }

// reset drops what lies above a mark.
func (s *goStack) reset(top, frames int) {
	if s.reg.Top > top {
		clear(s.reg.Array[top:s.reg.Top])
	}
	s.reg.Top = top
	if s.frames.Sp > frames {
		clear(s.frames.Array[frames:s.frames.Sp])
	}
	s.frames.Sp = frames
}

// foreign calls a function with gopher-lua's signature whose n arguments lie at base. With k, it does what the function
// has left to be done after it has waited. It returns the number of results, which lie below th.top then.
func (vm *VM) foreign(th *Thread, fn *lua.LFunction, base, n, ret, want int, kind frameKind, k lua.LGFunction) int {
	if !value.IsGuest(fn) {
		vm.share()
	}
	if vm.depth >= maxDepth {
		th.raise(value.String(th.Where(1) + "C stack overflow"))
	}
	L, s := th.l, vm.stack
	old := th.lend(s)
	bottom, frames := s.mark()
	L.Push(fn)
	for _, v := range th.stack[base : base+n] {
		L.Push(value.ExportArgument(v))
	}
	*layout.CurrentFrame(L) = s.push(th.guestFrame(fn, bottom, n))
	th.top = base + n
	args := th.args
	th.args = arguments{int32(base), int32(n), int32(ret), kind}
	vm.depth++
	th.calls++
	defer func() {
		th.args = args
		vm.depth--
		th.calls--
		th.takeBack(old)
	}()
	var r int
	switch {
	case k != nil:
		r = k(L)
	case fn.IsG:
		r = fn.GFunction(L)
	default:
		r = vm.foreignCode(th, s, n)
	}
	waits := r < 0
	if waits {
		r = s.reg.Top - (bottom + 1) // what L.Yield has left
	}
	th.need(th.top + r)
	for i := range r {
		th.stack[th.top+i] = value.Import(s.reg.Array[s.reg.Top-r+i])
	}
	s.reset(bottom, frames)
	c := Call{th, base, n, ret, want, kind, false}
	switch wait := vm.wait; {
	case !waits:
		th.top += r
		return r
	case wait != nil:
		vm.wait = nil
		return c.Suspend(resumeForeign, wait)
	}
	th.calls--
	defer func() { th.calls++ }()
	return yieldValues(c, th.stack[th.top:th.top+r])
}

// guestFrame is gopher-lua's frame of a call with n arguments, whose function lies at bottom of its registry.
func (th *Thread) guestFrame(fn *lua.LFunction, bottom, n int) layout.Frame {
	var parent *layout.Frame
	if th.frame != &th.bottom {
		parent = &th.frame.lf
	}
	return layout.Frame{
		Fn: fn, Parent: parent, Base: bottom, LocalBase: bottom + 1, ReturnBase: bottom, NArgs: n, NRet: lua.MultRet,
	}
}

// resumeForeign does what a function with gopher-lua's signature has left to be done.
func resumeForeign(c Call, state any) int {
	fn := c.th.stack[c.ret].LFunction()
	return c.th.vm.foreign(c.th, fn, c.base, 0, c.ret, c.want, c.kind, state.(lua.LGFunction))
}

// Wait is what a function with gopher-lua's signature returns whose task waits: nothing of the task runs until somebody
// calls Resume. Then k goes on, in the place of the function. It must not be called unless CanWait.
func (vm *VM) Wait(k lua.LGFunction) int {
	vm.wait = k
	return -1
}

// CanWait reports whether the task can wait in a function with gopher-lua's signature without keeping a goroutine: only
// Lua code has called it.
func (vm *VM) CanWait() bool { return vm.depth == 2 }

// lent is what a thread had before it got a goStack.
type lent struct {
	reg   *layout.Registry
	frame *layout.Frame
	stack *layout.FrameStack
}

// lend gives a thread a goStack.
func (th *Thread) lend(s *goStack) lent {
	reg, current := layout.RegistryOf(th.l), layout.CurrentFrame(th.l)
	old := lent{*reg, *current, layout.StackOf(th.l)}
	*reg = &s.reg
	layout.SetStack(th.l, &s.frames)
	s.reg.Handler = layout.RegistryHandler(th.l)
	return old
}

// takeBack undoes lend.
func (th *Thread) takeBack(old lent) {
	*layout.RegistryOf(th.l), *layout.CurrentFrame(th.l) = old.reg, old.frame
	layout.SetStack(th.l, old.stack)
	if old.reg != nil {
		old.reg.Handler = layout.RegistryHandler(th.l)
	}
}

// foreignCode runs a Lua function that gopher-lua has compiled.
func (vm *VM) foreignCode(th *Thread, s *goStack, n int) int {
	if s.reg.Alloc == nil {
		s.reg.Alloc = layout.NewAllocator()
	}
	fr := *layout.CurrentFrame(th.l)
	args := append([]lua.LValue(nil), s.reg.Array[s.reg.Top-n:s.reg.Top]...)
	top := s.reg.Top
	fn := fr.Fn
	loop := layout.MainLoop(th.l)
	*loop = layout.StandardLoop
	defer func() { *loop = mainLoop }()
	th.l.Push(fn)
	for _, arg := range args {
		th.l.Push(arg)
	}
	th.l.Call(n, lua.MultRet)
	return s.reg.Top - top
}

// push pushes a frame and returns its place.
func (s *goStack) push(fr layout.Frame) *layout.Frame {
	f := &s.frames
	if f.Sp+2 >= len(f.Array) {
		grown := make([]layout.Frame, 2*len(f.Array))
		copy(grown, f.Array[:f.Sp])
		f.Array = grown
	}
	fr.Idx = f.Sp
	f.Array[f.Sp] = fr
	f.Sp++
	return &f.Array[f.Sp-1]
}

// arguments say where the arguments of a function with gopher-lua's signature lie, and who has called it.
type arguments struct {
	base, n, ret int32
	kind         frameKind
}

// CallOf is the call of the function with gopher-lua's signature that L runs: it reads the arguments as the script gave
// them, where LState.Get has integers and floats as one type. It has no results.
func CallOf(L *lua.LState) Call {
	th := ThreadOf(L)
	a := th.args
	return Call{th: th, base: int(a.base), n: int(a.n), ret: int(a.ret), kind: a.kind, foreign: true}
}

// A guest is a Go function with gopher-lua's signature and a name.
type guest struct {
	lua.LFunction
	name string
}

// NewGuest makes a function that reaches nothing but its arguments, its results, what it made itself, and global variables
// by LState.GetGlobal and SetGlobal.
func (vm *VM) NewGuest(name string, fn lua.LGFunction) *lua.LFunction {
	g := &guest{name: name}
	g.IsG, g.GFunction, g.Env, g.Upvalues = true, fn, vm.globals, value.GuestMark
	return &g.LFunction
}

// FunctionName is the name that NewNative or NewGuest gave to a function, or "".
func FunctionName(fn *lua.LFunction) string {
	switch {
	case !fn.IsG:
		return ""
	case value.IsGuest(fn):
		return (*guest)(unsafe.Pointer(fn)).name
	case value.OfFunction(fn).IsNative():
		return nativeOf(fn).name
	}
	return ""
}

// bridge lets LState.GetGlobal and SetGlobal of a guest find the global variables while they are not shared.
func (vm *VM) bridge() {
	bridge := vm.root.CreateTable(0, 2)
	bridge.RawSetString("__index", vm.NewNative("get a global variable", func(c Call) int {
		return c.Return(c.th.Index(c.Arg(1), c.Arg(2)))
	}).LFunction())
	bridge.RawSetString("__newindex", vm.NewNative("set a global variable", func(c Call) int {
		c.th.SetIndex(c.Arg(1), c.Arg(2), c.Arg(3))
		return 0
	}).LFunction())
	vm.globals.Metatable = bridge
}

// share makes the global variables visible to foreign functions, once.
func (vm *VM) share() {
	if vm.shared {
		return
	}
	vm.shared = true
	value.ShareTable(vm.globals)
	for kind, mt := range vm.metas {
		if mt == nil {
			continue
		}
		value.ShareTable(mt)
		if example := examples[kind]; example != nil {
			vm.root.SetMetatable(example, mt)
		}
	}
}

// examples are values of the kinds that gopher-lua keeps metatables for.
var examples = [value.KindOther + 1]lua.LValue{
	value.KindNil: lua.LNil, value.KindFalse: lua.LFalse, value.KindInt: lua.LNumber(0), value.KindString: lua.LString(""),
	value.KindFunction: &lua.LFunction{}, value.KindThread: &lua.LState{},
}

// mainLoop is what gopher-lua calls when Go code calls a function on one of our threads: the innermost frame is its.
func mainLoop(L *lua.LState, _ *layout.Frame) {
	th := ThreadOf(L)
	vm := th.vm
	current := layout.CurrentFrame(L)
	s := *layout.RegistryOf(L)
	stack := layout.StackOf(L)
	fr := *current
	fn, base, n, parent := fr.Fn, fr.Base, fr.NArgs, fr.Parent
	want, result := fr.NRet, fr.ReturnBase // fr will be used again
	idx := th.push(value.OfFunction(fn), nil)
	th.need(idx + 1 + n)
	for i := range n {
		th.stack[idx+1+i] = value.Import(s.Array[base+1+i])
	}
	top := th.top
	th.top = idx + 1 + n
	if vm.stack == nil {
		vm.stack = vm.takeStack()
		defer func() {
			vm.giveStack(vm.stack)
			vm.stack = nil
		}()
	}
	// The frame that gopher-lua has pushed is not needed: who is called gets one of its own.
	stack.Sp--
	s.Top = base
	*current = parent
	r := vm.executeForGo(th, idx, n)
	if want == lua.MultRet {
		want = r
	}
	s.Top = result
	for i := range want {
		v := value.Nil
		if i < r {
			v = th.stack[idx+i]
		}
		L.Push(value.Export(v))
	}
	th.top = top
}

// executeForGo is execute for code that knows the errors of gopher-lua.
func (vm *VM) executeForGo(th *Thread, idx, n int) int {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *Error:
			panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: value.Export(p.Value), Cause: p})
		default:
			panic(p)
		}
	}()
	return vm.execute(th, idx, n)
}

// callNativeFromGo is GFunction of a Native: Go code that does not know our VM calls it.
func callNativeFromGo(L *lua.LState) int {
	return callFromGo(L, (*layout.CurrentFrame(L)).Fn)
}

func init() {
	code.Boot.GFunction = func(L *lua.LState) int { return callFromGo(L, (*layout.CurrentFrame(L)).Parent.Fn) }
}

// callFromGo calls a function of ours with the arguments of the Go function that L runs.
func callFromGo(L *lua.LState, fn *lua.LFunction) int {
	th := ThreadOf(L)
	n := L.GetTop()
	args := make([]value.Value, n)
	for i := range args {
		args[i] = value.Import(L.Get(i + 1))
	}
	if th.vm.stack == nil {
		th.vm.stack = th.vm.takeStack()
		defer func() {
			th.vm.giveStack(th.vm.stack)
			th.vm.stack = nil
		}()
	}
	idx := th.push(value.OfFunction(fn), args)
	top := th.top
	th.top = idx + 1 + n
	r := th.vm.executeForGo(th, idx, n)
	for i := range r {
		L.Push(value.Export(th.stack[idx+i]))
	}
	th.top = top
	return r
}

func stackTrace() []byte { return debug.Stack() }
