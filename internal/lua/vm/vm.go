// Package vm runs Lua 5.4 code on the values of package value and the threads of gopher-lua.
//
// A Lua function runs in the loop of [VM.loop], which calls no Go function of its own kind: a call pushes a Frame, and so
// does a metamethod, an iterator, a pcall or a coroutine. What is to happen with results is in the frame of who gets them.
// So depth takes no Go stack, and a coroutine or a task can stop anywhere, unless Go code that is not ours to continue
// stands in between.
//
// The holder of the VM lock of a host owns its VM and everything in it.
package vm

import (
	"sync"
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/layout"
	"silly/internal/lua/value"
)

const (
	// maxStack is how many registers a thread may have, and maxFrames how many calls (lua5.4 has about the same).
	maxStack  = 1_000_000
	maxFrames = 200_000
	// stackSlack is the room that a native function finds for its results.
	stackSlack = 24
	// errorFrames is how many more calls a message handler may make after a stack overflow.
	errorFrames = 200
	// maxDepth is how deep Go functions may be nested that call Lua functions.
	maxDepth = 200
)

// A VM is what the threads of one host share.
type VM struct {
	root    *lua.LState
	globals *lua.LTable
	// Loaded is package.loaded, in which tracebacks find names; it may be nil.
	Loaded *lua.LTable
	// metas are the metatables of the types other than table and userdata.
	metas [value.KindOther + 1]*lua.LTable

	state
	stop     atomic.Uint32 // why the running code is to call poll: bits interrupted and asked
	stopped  atomic.Pointer[Abort]
	asking   sync.Mutex      // held while asks changes
	asks     []func()        // to be called by poll
	stacks   [][]value.Value // spare ones
	goStacks []*goStack
	handling int // message handlers that run
	// lastFrames have frames behind them that only message handlers may use.
	lastFrames []*Frame
	shared     bool // foreign functions have seen the global variables

	// HandleThread is the thread behind a thread value that stands for a task, or nil; MainHandle is the value that
	// scripts know the thread of a task by. Either may be nil.
	HandleThread func(*lua.LState) *Thread
	MainHandle   func(*Thread) (handle value.Value, isMain bool)
	// HideMetatable says what debug.getmetatable returns in place of a metatable that scripts must not get, or nil. It may
	// be nil.
	HideMetatable func(mt *lua.LTable) value.Value

	// OnGarbage is told, on any goroutine, that Finalizer has something to do, and OnWarning of errors that nobody can
	// catch. Either may be nil.
	OnGarbage  func()
	OnWarning  func(message string)
	finalizers finalizers

	next, ipairs, pcall value.Value
	raised              value.Value    // what a Func has raised that returned Fail
	wait                lua.LGFunction // see Wait
}

// A state is what belongs to the goroutine that runs the VM.
type state struct {
	running *Thread // the innermost thread
	depth   int     // calls of execute that are active
	stack   *goStack
}

// A State is what a goroutine that runs the VM keeps while it lets another one run it.
type State struct{ s state }

// Leave takes from the VM what belongs to the calling goroutine, so that another one can run it meanwhile. The caller
// holds the VM lock.
func (vm *VM) Leave() State {
	s := State{vm.state}
	vm.state = state{}
	return s
}

// Enter gives back what Leave returned. The caller holds the VM lock.
func (vm *VM) Enter(s State) { vm.state = s.s }

// New makes a VM whose threads come from root, which must run nothing.
func New(root *lua.LState) *VM {
	vm := &VM{root: root}
	vm.globals = &value.NewTable(0, 64).LTable
	root.G.Global = vm.globals
	root.Env = vm.globals
	*layout.MainLoop(root) = mainLoop
	vm.next = vm.NewNative("next", baseNext)
	vm.ipairs = vm.NewNative("ipairs iterator", ipairsStep)
	vm.pcall = vm.NewNative("pcall", basePCall)
	vm.adopt(root)
	root.G.MainThread = root
	vm.bridge()
	return vm
}

// Globals is the table of global variables.
func (vm *VM) Globals() *lua.LTable { return vm.globals }

// NextFunction is next(t [, k]).
func (vm *VM) NextFunction() value.Value { return vm.next }

// IpairsIterator is the iterator that ipairs returns.
func (vm *VM) IpairsIterator() value.Value { return vm.ipairs }

// SetStringMetatable sets the metatable of strings, and gives it the arithmetic metamethods that strings have (manual,
// section 6.4): the operation on the numbers that they read as.
func (vm *VM) SetStringMetatable(mt *lua.LTable) {
	vm.metas[value.KindString] = mt
	for i, name := range value.Events {
		op := value.ArithOp(i)
		if op.Bitwise() {
			continue
		}
		value.Set(mt, value.String(name), vm.NewNative(name, func(c Call) int {
			x, y := c.Arg(1), c.Arg(2)
			if a, ok := value.ToNumber(x); ok {
				if b, ok := value.ToNumber(y); ok {
					v, ok := value.Arith(op, a, b)
					if !ok {
						c.th.plainError(divisionText(op))
					}
					return c.Return(v)
				}
			}
			if f := vm.meta(y, &evArith[op]); !f.IsNil() && !y.IsString() {
				return c.TailCall(f, x, y)
			}
			c.Raise("attempt to %s a '%s' with a '%s'", name[2:], x.TypeName(), y.TypeName())
			return 0
		}))
	}
}

// An Abort ends everything that a thread runs; pcall does not catch it.
type Abort struct {
	Reason error
	// Traceback is where the thread was.
	Traceback []TraceFrame
	// Concerns says whether the code that runs at the moment is to end; nil is always. It is called with the VM lock held.
	Concerns func() bool
}

// Error is the reason.
func (a *Abort) Error() string { return a.Reason.Error() }

// Unwrap is the reason.
func (a *Abort) Unwrap() error { return a.Reason }

// Bits of VM.stop.
const (
	interrupted = 1 << iota // Interrupt was called
	asked                   // Ask was called
)

// Interrupt makes the Lua code that runs, or the next that does, end with an Abort. Any goroutine may call it.
func (vm *VM) Interrupt(a *Abort) {
	vm.stopped.Store(a)
	vm.stop.Or(interrupted)
}

// TakeBack takes an Interrupt back, unless there was another one.
func (vm *VM) TakeBack(a *Abort) {
	if vm.stopped.CompareAndSwap(a, nil) {
		vm.stop.And(^uint32(interrupted))
	}
}

// ClearInterrupt takes every Interrupt back.
func (vm *VM) ClearInterrupt() {
	vm.stop.And(^uint32(interrupted))
	vm.stopped.Store(nil)
}

// Ask has f called by the Lua code that runs, or the next that does, between two of its instructions: on its goroutine,
// with the VM lock held. f must not wait nor run Lua code. Any goroutine may call Ask.
func (vm *VM) Ask(f func()) {
	vm.asking.Lock()
	vm.asks = append(vm.asks, f)
	vm.asking.Unlock()
	vm.stop.Or(asked)
}

// answer calls what Ask was called with.
func (vm *VM) answer() {
	vm.stop.And(^uint32(asked))
	vm.asking.Lock()
	asks := vm.asks
	vm.asks = nil
	vm.asking.Unlock()
	for _, f := range asks {
		f()
	}
}

// RunningTraceback is the traceback of the code that runs, also through its coroutines. The caller holds the VM lock.
func (vm *VM) RunningTraceback() []TraceFrame { return vm.running.tracebackThrough(0) }

// poll ends the running code if Interrupt was called, and calls what Ask was called with.
func (vm *VM) poll() {
	why := vm.stop.Load()
	if why&asked != 0 {
		vm.answer()
	}
	if why&interrupted == 0 {
		return
	}
	if a := vm.stopped.Load(); a != nil && (a.Concerns == nil || a.Concerns()) {
		panic(&Abort{Reason: a.Reason, Traceback: vm.running.Traceback(0)})
	}
}
