package luahost

import (
	"context"
	"io"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/sched"
	"silly/luahost/backplane"
)

// An Env is what a module works with: it is given to [Module.Open]. Its methods are called with the VM lock held, as
// native functions are, unless their comment says otherwise; they return at once, and a call that waits is the last thing
// that a native function does:
//
//	return env.Suspend(L, "mailbox:take", func(wake luahost.Wake) { box.takers = append(box.takers, wake) }, nil)
//
// or it is in [Env.Block], for a Go library that waits by itself:
//
//	var row Row
//	var err error
//	env.Block(L, "db:query", func(ctx context.Context) { row, err = db.QueryRow(ctx, query) })
//
// What Block runs does not hold the VM lock, so it touches no Lua value.
type Env struct{ host *Host }

// Env is what modules of the host work with. Any goroutine may call it.
func (h *Host) Env() *Env { return h.env }

func init() {
	sched.Of = func(env any) *sched.Scheduler { return env.(*Env).host.sched.Scheduler }
}

// Context ends when the host stops. Any goroutine may call it.
func (e *Env) Context() context.Context { return e.host.ctx }

// Network is where modules listen and dial. Any goroutine may call it.
func (e *Env) Network() Network { return e.host.network }

// System is what scripts reach of the machine. Any goroutine may call it.
func (e *Env) System() System { return e.host.system }

// Worker says which of several hosts that run the same program this one is. Any goroutine may call it.
func (e *Env) Worker() Worker { return e.host.options.Worker }

// Backplane carries messages between hosts. alone says that no other host can be on it. Any goroutine may call it.
func (e *Env) Backplane() (b backplane.Backplane, alone bool) {
	h := e.host
	h.makeBackplane.Do(func() {
		if h.options.Backplane == nil {
			h.options.Backplane, h.alone = backplane.NewMemory(), true
		}
	})
	return h.options.Backplane, h.alone
}

// Stdin is the script's standard input.
func (e *Env) Stdin() io.Reader { return e.host.options.Stdin }

// Stdout is the script's standard output. Any goroutine may write to it.
func (e *Env) Stdout() io.Writer { return e.host.options.Stdout }

// Stderr is the script's standard error. Any goroutine may write to it.
func (e *Env) Stderr() io.Writer { return e.host.options.Stderr }

// Install puts native functions into a table. name is what scripts call the table, for messages.
func (e *Env) Install(L *lua.LState, table *lua.LTable, name string, functions map[string]lua.LGFunction) {
	for key, fn := range functions {
		table.RawSetString(key, e.Function(L, name+"."+key, fn))
	}
}

// Function makes a Lua function of a native one. A Go panic in it, which is a defect of the module,
// becomes a Lua error, and the host's log gets the Go stack. The native function reaches nothing but its arguments, its
// results, what it made itself, and global variables by GetGlobal and SetGlobal of its thread.
func (e *Env) Function(_ *lua.LState, name string, fn lua.LGFunction) *lua.LFunction {
	return e.host.function(name, fn)
}

// Compute runs f, which computes and does not wait: if that is slow, in Block, so that other tasks run meanwhile.
func (e *Env) Compute(L *lua.LState, slow bool, waitsFor string, f func()) {
	if !slow {
		f()
		return
	}
	e.Block(L, waitsFor, func(context.Context) { f() })
}

// Block lets other tasks run while f runs on the task's goroutine. f must not touch Lua values, and must end soon after
// its context ends or the resource it waits for is closed. waitsFor, such as "db:query", stands in reports. L is the
// thread that called the native function. When the host stops meanwhile, Block does not return: deferred calls of the
// caller run, with the VM lock held.
func (e *Env) Block(L *lua.LState, waitsFor string, f func(ctx context.Context)) {
	e.host.sched.Block(L, waitsFor, func() { f(e.host.ctx) })
}

// A Wake ends a wait in [Env.Suspend] with a value. It reports false, and does nothing, when the task does not wait any
// more. It is called with the VM lock held: inside a native function, or in Do.
type Wake func(value lua.LValue) bool

// Suspend lets the calling task wait until somebody calls the Wake that begin is given, and returns what the native
// function must return. then pushes the results on its thread and returns their number; nil is the value of Wake as the
// only result. A task that waits is cheap. One that no other task can wake any more is a deadlock, which ends the
// program: what another goroutine ends is for Block.
func (e *Env) Suspend(L *lua.LState, waitsFor string, begin func(wake Wake), then func(L *lua.LState, value lua.LValue) int) int {
	s := e.host.sched
	t := s.Current()
	waiting := true
	begin(func(value lua.LValue) bool {
		if !waiting {
			return false
		}
		waiting = false
		return s.Wake(t, value, nil)
	})
	return s.ParkThen(L, waitsFor, woken(func(L *lua.LState, value lua.LValue) int {
		waiting = false // somebody else may have woken the task
		if then != nil {
			return then(L, value)
		}
		if value == nil {
			value = lua.LNil
		}
		L.Push(value)
		return 1
	}))
}

// woken is a continuation that gets the value of the wake-up.
type woken func(L *lua.LState, value lua.LValue) int

func (f woken) Continue(L *lua.LState, t *sched.Task) int {
	value, _ := t.TakeWakeup()
	return f(L, value)
}

// Sleep suspends the calling task for d; with d <= 0 every ready task runs once. It returns what the native function,
// which has no results, must return.
func (e *Env) Sleep(L *lua.LState, d time.Duration) int { return e.host.sched.Sleep(L, d) }

// Fork starts a task that will run fn(arg); a nil arg is no argument. It begins after the current task gives up the VM,
// in the order of the forks. done, which may be nil, runs with the VM lock held when the task has ended, also when the
// host ended it (err is then ErrClosed's); without it an error goes to [Options.OnError]. Fork returns the thread that
// scripts know the task by.
func (e *Env) Fork(fn *lua.LFunction, arg lua.LValue, done func(err *Error)) *lua.LState {
	t := e.host.sched.Fork(fn, arg)
	if done != nil {
		t.Owner = &duty{done: func(_ []lua.LValue, err *Error) { done(err) }}
	}
	return t.Handle()
}

// Serve is Fork for a task that serves a request: a graceful stop waits for it.
func (e *Env) Serve(fn *lua.LFunction, arg lua.LValue, done func(err *Error)) {
	e.ServeArgs(fn, done, arg)
}

// ServeArgs is Serve with any number of arguments.
func (e *Env) ServeArgs(fn *lua.LFunction, done func(err *Error), args ...lua.LValue) {
	h := e.host
	t := h.sched.NewTask(fn, args...)
	t.Owner = &duty{handler: true, done: func(_ []lua.LValue, err *Error) { done(err) }}
	h.handlers++
	h.sched.Start(t)
}

// Answer is Serve for a function whose results are wanted: done gets them, with the VM lock held.
func (e *Env) Answer(fn *lua.LFunction, arg lua.LValue, done func(results []lua.LValue, err *Error)) {
	h := e.host
	t := h.sched.NewTask(fn, arg)
	t.WantsResults = true
	t.Owner = &duty{handler: true, done: done}
	h.handlers++
	h.sched.Start(t)
}

// TaskID tells the running task from all others of the host.
func (e *Env) TaskID() uint64 { return e.host.sched.Current().ID() }

// After runs fn in a new task after d, with arg, or with the session when arg is nil. It returns the
// session, for Cancel.
func (e *Env) After(d time.Duration, fn *lua.LFunction, arg lua.LValue) (session int64) {
	return e.host.sched.After(d, fn, arg)
}

// Cancel stops a timer that has not run yet, even one whose task is already ready. Unknown, fired and
// cancelled sessions are ignored.
func (e *Env) Cancel(session int64) { e.host.sched.Cancel(session) }

// Do is [Host.Do]: it is how a goroutine that is not a task gets the VM lock. The caller must not hold it.
func (e *Env) Do(f func(L *lua.LState)) bool { return e.host.Do(f) }

// Background runs f on a goroutine that Close waits for. f ends soon after the context ends. Any goroutine may call it, as
// long as the host has not been closed.
func (e *Env) Background(f func()) { e.host.sched.Background(f) }

// ReportError tells Options.OnError, or the log, of an error that no script caught.
func (e *Env) ReportError(failure *Error) { e.host.reportError(failure) }

// Exit ends the program with an *ExitError: no statement after it runs in any task. It does not return
// to the script.
func (e *Env) Exit(status int) { e.host.exit(status) }

// Shared is the value that modules of the host share under a key, of a type of their own: make makes it when it is
// first asked for. The caller holds the VM lock.
func (e *Env) Shared(key any, make func() any) any {
	h := e.host
	found, ok := h.shared[key]
	if !ok {
		found = make()
		if h.shared == nil {
			h.shared = map[any]any{}
		}
		h.shared[key] = found
	}
	return found
}

// Global is a global variable.
func (e *Env) Global(name string) lua.LValue { return e.host.Global(name) }

// Report describes every live task, in the order of their creation.
func (e *Env) Report() []TaskReport { return e.host.reportTasks(e.host.sched.Tasks()) }
