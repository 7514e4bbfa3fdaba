package vm

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/code"
	"silly/internal/lua/layout"
	"silly/internal/lua/value"
)

// A Function is a Lua function with its upvalues.
type Function struct {
	lua.LFunction
	Proto  *code.Proto
	Upvals []*Upval
}

// An Upval is a variable that functions share: of a register while its block runs, and then of its own.
type Upval struct {
	v     *value.Value // in the stack, or &own
	own   value.Value
	index int    // in the stack, while it is there
	next  *Upval // the open upvalue of the next lower register
}

// functionOf is the Lua function that a value is.
func functionOf(v value.Value) *Function { return (*Function)(v.P) }

// nativeOf is the native that a function is the beginning of.
func nativeOf(fn *lua.LFunction) *Native { return (*Native)(unsafe.Pointer(fn)) }

// NewFunction makes a function of a compiled chunk, whose only upvalue is _ENV.
func (vm *VM) NewFunction(p *code.Proto, env value.Value) value.Value {
	fn := vm.closure(p)
	u := &Upval{own: env}
	u.v = &u.own
	fn.Upvals[0] = u
	return value.Object(unsafe.Pointer(fn), value.KindFunction)
}

// closure makes a function without upvalues.
func (vm *VM) closure(p *code.Proto) *Function {
	var fn *Function
	switch len(p.Upvals) {
	case 0:
		fn = new(Function)
	case 1:
		c := new(struct {
			Function
			up [1]*Upval
		})
		fn, c.Upvals = &c.Function, c.up[:]
	case 2:
		c := new(struct {
			Function
			up [2]*Upval
		})
		fn, c.Upvals = &c.Function, c.up[:]
	default:
		fn = &Function{Upvals: make([]*Upval, len(p.Upvals))}
	}
	fn.Proto = p
	fn.LFunction.Proto = &p.FunctionProto
	fn.Env = vm.globals
	return fn
}

// A frameKind says what happens with the results of a call.
type frameKind uint8

const (
	kindCall      frameKind = iota // an instruction wants them: they go to the register of the function
	kindMeta                       // an instruction has called a metamethod and goes on with the first one
	kindClose                      // an instruction has called __close: they are dropped, and it runs again
	kindNative                     // a Func goes on
	kindUnwind                     // an error has called __close and goes on
	kindEntry                      // Go code has called
	kindCoroutine                  // the coroutine ends
)

// A Frame is a call that is active: of a Lua function, or of a Func that waits for something. The frames of a thread are a
// list that is used again and again.
type Frame struct {
	// lf is what gopher-lua sees of it: the function, its caller and Pc, where a Lua function goes on. Idx is how many
	// calls there are, and NArgs the number of variable arguments; they lie behind the other ones, from ret.
	lf layout.Frame

	prev, next *Frame

	fn    *Function // nil for a Func
	base  int       // of its registers, or of what belongs to the calls that a Func has made
	ret   int       // where the results go
	want  int       // how many are wanted; -1 is all
	kind  frameKind
	tail  bool // it has replaced its caller
	catch bool // a protected call: errors end here
	saved int  // what an instruction has to keep while it calls metamethods

	k     Cont
	state any
}

// A Thread is a coroutine or what a task runs in.
type Thread struct {
	magic *byte // see ThreadOf
	vm    *VM
	l     *lua.LState

	stack []value.Value
	kept  []value.Value // memory of the stack while the task waits
	top   int           // the end of an open list of values
	frame *Frame
	open  *Upval // open upvalues, the highest register first
	tbc   []int  // registers of variables to be closed

	status  threadStatus
	resumer *Thread     // who has resumed it
	created bool        // coroutine.create has made it
	ofTask  bool        // a task runs in it: it is no coroutine
	resumes int         // how many coroutines have resumed one another up to it
	inner   *Thread     // of a task that waits: the thread that waits
	failure value.Value // the error that ended it
	failed  bool
	calls   int // Go functions that have called Lua functions since it was resumed
	pending pendingCall
	args    arguments

	bottom Frame
}

// A pendingCall is what a Func has prepared when it returns: the call of what lies at idx with n arguments, or n values.
type pendingCall struct {
	idx, n int
	kind   frameKind
}

type threadStatus uint8

const (
	statusNew threadStatus = iota
	statusSuspended
	statusRunning
	statusNormal // it has resumed another one
	statusDead
)

var magic byte

// firstStack is the size of the stack of a new thread.
const firstStack = 40

// threadMemory is a thread and what gopher-lua sees of it.
type threadMemory struct {
	Thread
	state lua.LState
}

// NewThread makes a thread that runs nothing.
func (vm *VM) NewThread() *Thread {
	m := new(threadMemory)
	m.state = *vm.root
	m.state.Parent = nil
	th := &m.Thread
	th.init(vm, &m.state)
	*layout.RegistryOf(th.l) = nil
	*layout.CurrentFrame(th.l) = nil
	return th
}

// adopt makes a thread of one that gopher-lua has made.
func (vm *VM) adopt(L *lua.LState) *Thread {
	th := new(Thread)
	th.init(vm, L)
	return th
}

func (th *Thread) init(vm *VM, L *lua.LState) {
	th.magic, th.vm, th.l = &magic, vm, L
	*layout.Extra(L) = unsafe.Pointer(th)
	*layout.MainLoop(L) = mainLoop
	th.frame = &th.bottom
}

// ThreadOf is the thread behind one of gopher-lua. The field that has it has gopher-lua's allocator in threads that it
// made itself, which does not begin with our pointer.
func ThreadOf(L *lua.LState) *Thread {
	if p := *layout.Extra(L); p != nil && *(*unsafe.Pointer)(p) == unsafe.Pointer(&magic) {
		return (*Thread)(p)
	}
	root := (*Thread)(*layout.Extra(L.G.MainThread))
	return root.vm.adopt(L)
}

// LState is the thread as gopher-lua knows it.
func (th *Thread) LState() *lua.LState { return th.l }

// VM is the thread's VM.
func (th *Thread) VM() *VM { return th.vm }

// Value is the thread as a value.
func (th *Thread) Value() value.Value { return value.OfThread(th.l) }

// need makes sure that the stack has n registers, or raises an error.
func (th *Thread) need(n int) {
	if n+stackSlack > len(th.stack) {
		th.grow(n + stackSlack)
	}
}

// grow makes the stack larger.
func (th *Thread) grow(n int) {
	if n > maxStack && th.vm.handling == 0 || n > maxStack+maxStack/10 {
		th.stackOverflow()
	}
	size := max(2*len(th.stack), n, firstStack)
	if n <= maxStack {
		size = min(size, maxStack)
	}
	stack := make([]value.Value, size)
	copy(stack, th.stack)
	th.moveStack(stack)
}

// dropErrorRoom takes back the room that message handlers have beyond the limits: the next overflow is to find it free.
func (th *Thread) dropErrorRoom() {
	for _, fr := range th.vm.lastFrames {
		fr.next = nil
	}
	th.vm.lastFrames = nil
	if len(th.stack) > maxStack && th.top <= maxStack {
		stack := make([]value.Value, maxStack)
		copy(stack, th.stack)
		th.moveStack(stack)
	}
}

func (th *Thread) stackOverflow() {
	th.raise(value.String(th.Where(1) + "stack overflow"))
}

// pushFrame makes the next frame the innermost one.
func (th *Thread) pushFrame() *Frame {
	fr := th.frame
	next := fr.next
	if next == nil {
		if fr.lf.Idx >= maxFrames && (th.vm.handling == 0 || fr.lf.Idx >= maxFrames+errorFrames) {
			th.stackOverflow()
		}
		if fr.lf.Idx == maxFrames {
			th.vm.lastFrames = append(th.vm.lastFrames, fr)
		}
		next = &Frame{prev: fr}
		next.lf.Idx = fr.lf.Idx + 1
		if fr != &th.bottom { // which has no function
			next.lf.Parent = &fr.lf
		}
		fr.next = next
	}
	th.frame = next
	return next
}

// enter begins a call of a Lua function that lies at idx with n arguments.
func (th *Thread) enter(fn *Function, idx, n, want int, kind frameKind) {
	fr := th.frame.next
	if fr == nil {
		caller := th.frame
		fr = th.pushFrame()
		th.frame = caller // an error of begin is the caller's
	}
	th.begin(fr, fn, idx, n)
	fr.want, fr.kind, fr.tail = want, kind, false
	th.frame = fr
}

// begin sets up the frame and the registers of a Lua function that lies at idx with n arguments.
func (th *Thread) begin(fr *Frame, fn *Function, idx, n int) {
	p := fn.Proto
	base := idx + 1
	params := p.NumParams
	if p.IsVararg {
		base += n
	}
	if need := base + p.MaxStack + stackSlack; need > len(th.stack) {
		th.grow(need)
	}
	fr.lf.NArgs = 0
	if p.IsVararg {
		stack := th.stack
		for i := range min(params, n) {
			stack[base+i] = stack[idx+1+i]
		}
		fr.lf.NArgs = max(0, n-params)
	}
	for ; n < params; n++ {
		th.stack[base+n] = value.Nil
	}
	fr.fn = fn
	fr.lf.Fn = &fn.LFunction
	fr.lf.Pc = 0
	fr.base, fr.ret = base, idx
	fr.saved = 0
	fr.catch = false
}

// findUpval is the open upvalue of a register.
func (th *Thread) findUpval(index int) *Upval {
	at := &th.open
	for *at != nil && (*at).index > index {
		at = &(*at).next
	}
	if u := *at; u != nil && u.index == index {
		return u
	}
	u := &Upval{v: &th.stack[index], index: index, next: *at}
	*at = u
	return u
}

// closeUpvals gives the variables from a register up memory of their own.
func (th *Thread) closeUpvals(from int) {
	for u := th.open; u != nil && u.index >= from; u = th.open {
		u.own = *u.v
		u.v = &u.own
		th.open = u.next
		u.next = nil
	}
}

// closing reports whether variables from a register up are to be closed.
func (th *Thread) closing(from int) bool {
	n := len(th.tbc)
	return n > 0 && th.tbc[n-1] >= from
}

const (
	// spareStack is the size of the stacks that threads of tasks borrow while they run, and maxSpareStacks how many are
	// kept. A task that waits has its registers in a small copy.
	spareStack     = 128
	maxSpareStacks = 16
)

// borrow gives the thread of a task a spare stack while it runs.
func (th *Thread) borrow() {
	if len(th.stack) >= spareStack {
		return
	}
	vm := th.vm
	var stack []value.Value
	if n := len(vm.stacks); n > 0 {
		stack = vm.stacks[n-1]
		vm.stacks = vm.stacks[:n-1]
	} else {
		stack = make([]value.Value, spareStack)
	}
	copy(stack, th.stack)
	clear(th.kept)
	th.moveStack(stack)
}

// compact gives back what the thread does not need while its task waits.
func (th *Thread) compact() {
	n := th.used()
	if n > spareStack/2 || len(th.stack) < spareStack {
		clear(th.stack[n:])
		return
	}
	stack := th.stack
	th.kept = append(th.kept[:0], stack[:n]...)
	th.moveStack(th.kept)
	th.top = min(th.top, n)
	if vm := th.vm; len(stack) == spareStack && len(vm.stacks) < maxSpareStacks {
		clear(stack)
		vm.stacks = append(vm.stacks, stack)
	}
}

// moveStack makes a copy of the stack the stack.
func (th *Thread) moveStack(stack []value.Value) {
	th.stack = stack
	for u := th.open; u != nil; u = u.next {
		u.v = &stack[u.index]
	}
}

// used is the end of the registers that are in use.
func (th *Thread) used() int {
	fr := th.frame
	if fr == &th.bottom {
		return 0
	}
	if fr.fn != nil {
		return max(fr.base+fr.fn.Proto.MaxStack, 0)
	}
	return max(th.top, fr.base)
}
