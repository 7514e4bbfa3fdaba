package luahost

import (
	"cmp"
	"errors"
	"slices"
	"unsafe"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/vm"
)

// Status says what a task is doing.
type Status uint8

// The states of a task. Only Ready tasks are in the ready queue.
const (
	Ended Status = iota
	Ready
	Running
	Waiting  // for a wake-up by another task
	Sleeping // for a timer
	InIO     // for the outside world
)

// String returns the name that scripts see.
func (s Status) String() string {
	switch s {
	case Ready:
		return "READY"
	case Running:
		return "RUN"
	case Waiting:
		return "WAIT"
	case Sleeping:
		return "SLEEP"
	case InIO:
		return "IO"
	}
	return "EXIT"
}

// A Task is one Lua thread of execution. The holder of the VM lock owns its fields.
type Task struct {
	handle *handle // nil before somebody asks

	id      uint64
	status  Status
	thread  *vm.Thread // runs the code; nil before the first turn
	runner  *runner    // the goroutine that runs it or on which it waits; nil when it needs none
	fn      *lua.LFunction
	args    []lua.LValue
	arg1    [1]lua.LValue // backing of args for the common case
	timer   *timer        // the due timer that made the task, until it runs
	handler bool
	main    bool
	killed  bool   // ends as soon as it has the VM
	alarm   *timer // while it sleeps
	wants   bool   // done wants the results
	done    func([]lua.LValue, *Error)

	waitsFor string                   // what the task waits for, for reports
	value    lua.LValue               // given at the wake-up
	waker    any                      // who woke it
	calling  *lua.LState              // the thread that called the native function in which the task waits
	then     Continuation             // what the native function does in which the task waits without a goroutine
	thenCall func(vm.Call, *Task) int // the same of ParkCall
	goOn     lua.LGFunction           // calls then
	left     vm.State                 // of the VM, while the task waits on its goroutine
	loads    *load                    // the module that the task waits for in require
}

// A Flusher is a connection that collects what tasks write to it. The host calls Flush, without the VM lock, when
// the writing task gives up the VM.
type Flusher interface{ Flush() }

// A Cleaner has something to do before such a flush: the host calls Clean with the VM lock held.
type Cleaner interface{ Clean() }

// A handle is the thread value that scripts hold. It is not the thread that runs the code: that one goes back to
// a pool when the task ends, while a handle stays with its task for ever.
type handle struct {
	lua.LState
	task *Task // nil when it has ended
}

// handlePointer is the pointer to the handle that begins with L.
func handlePointer(L *lua.LState) unsafe.Pointer { return unsafe.Pointer(L) }

// isHandle reports whether th is the handle of a task, live or ended. Only handles have no globals.
func isHandle(th *lua.LState) bool { return th.G == nil }

// Handle is the thread value that a script knows the task by. The caller holds the VM lock.
func (t *Task) Handle() *lua.LState {
	if t.handle == nil {
		t.handle = &handle{task: t}
	}
	return &t.handle.LState
}

// forked is a task and its handle, in one piece of memory.
type forked struct {
	Task
	handle handle
}

// Status says what the task is doing. The caller holds the VM lock.
func (t *Task) Status() Status { return t.status }

// WaitsFor names what the task waits for, as a phrase such as "channel:pop"; a native function sets it
// right before it waits. The caller holds the VM lock.
func (t *Task) WaitsFor(what string) { t.waitsFor = what }

// MarkDirty remembers that the running task wrote to f, so that f is flushed when the task gives up
// the VM. mark is the place where that is noted, one for each connection: nobody else writes to it. The caller holds
// the VM lock.
func (h *Host) MarkDirty(mark *uint64, f Flusher) {
	r := h.running
	switch {
	case r == nil: // inside Do: there is no task to give up the VM
		h.Background(f.Flush)
	case *mark != r.batch:
		*mark = r.batch
		r.dirty = append(r.dirty, f)
	}
}

// BeforeFlush has c.Clean called before the next flush. The caller holds the VM lock and calls it once until then.
func (h *Host) BeforeFlush(c Cleaner) {
	if h.running == nil {
		c.Clean()
		return
	}
	h.running.cleaners = append(h.running.cleaners, c)
}

// Current is the running task. The caller holds the VM lock inside a native function.
func (h *Host) Current() *Task { return h.current }

// TaskOf finds the live task behind a thread value that a script passed, or nil. The caller holds the
// VM lock.
func (h *Host) TaskOf(thread *lua.LState) *Task {
	if !isHandle(thread) {
		return nil
	}
	return (*handle)(handlePointer(thread)).task
}

// Tasks returns the live tasks in the order of their creation. The caller holds the VM lock.
func (h *Host) Tasks() []*Task {
	all := make([]*Task, 0, len(h.tasks))
	for t := range h.tasks {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *Task) int { return cmp.Compare(a.id, b.id) })
	return all
}

// ReadyCount is the number of tasks that wait for their turn. The caller holds the VM lock.
func (h *Host) ReadyCount() int {
	n := 0
	for t := range h.tasks {
		if t.status == Ready {
			n++
		}
	}
	return n
}

func (s *scheduler) newTask(fn *lua.LFunction, args ...lua.LValue) *Task {
	t := new(Task)
	s.initTask(t, fn, args...)
	return t
}

// initTask makes t, which is zero, a task that will run fn.
func (s *scheduler) initTask(t *Task, fn *lua.LFunction, args ...lua.LValue) {
	s.lastTask++
	t.id, t.fn, t.status = s.lastTask, fn, Ready
	if len(args) <= len(t.arg1) {
		t.args = t.arg1[:copy(t.arg1[:], args)]
	} else {
		t.args = append([]lua.LValue(nil), args...)
	}
	s.tasks[t] = struct{}{}
}

// forgetTask takes a task that has ended off the list of live ones.
func (s *scheduler) forgetTask(t *Task) {
	t.status = Ended
	delete(s.tasks, t)
	if t.handle != nil {
		t.handle.task = nil
	}
}

// Fork makes a new task that will run fn(arg); a nil arg is no argument. It starts after the current
// task gives up the VM, in the order of the forks. The caller holds the VM lock.
func (h *Host) Fork(fn *lua.LFunction, arg lua.LValue) *Task {
	f := &forked{}
	t := &f.Task
	t.handle = &f.handle
	f.handle.task = t
	if arg == nil {
		h.initTask(t, fn)
	} else {
		h.initTask(t, fn, arg)
	}
	h.makeReady(t)
	return t
}

// Serve starts a task that serves a request: it runs fn(arg), a graceful stop waits for it, and its
// error goes to done instead of being an uncaught one. done runs with the VM lock held when the task
// has ended, also when the host ended it (err is then ErrClosed's). The caller holds the VM lock.
func (h *Host) Serve(fn *lua.LFunction, arg lua.LValue, done func(err *Error)) *Task {
	t := h.newTask(fn, arg)
	t.handler = true
	t.done = func(_ []lua.LValue, err *Error) { done(err) }
	h.handlers++
	h.makeReady(t)
	return t
}

// Park suspends the calling task until Wake. It returns the value and the waker given there. L is the
// thread that called the native function. The caller holds the VM lock.
func (h *Host) Park(L *lua.LState, waitsFor string) (value lua.LValue, waker any) {
	t := h.waiting(L, waitsFor)
	h.park(t)
	return t.WakeUp()
}

// waiting is the calling task, which is about to wait for Wake.
func (h *Host) waiting(L *lua.LState, waitsFor string) *Task {
	t := h.current
	t.status = Waiting
	t.waitsFor = waitsFor
	t.calling = L
	return t
}

// WakeUp takes what Wake gave: a continuation calls it once. The caller holds the VM lock.
func (t *Task) WakeUp() (value lua.LValue, waker any) {
	value, waker = t.value, t.waker
	t.value, t.waker = nil, nil
	return value, waker
}

// Wake makes a task ready that waits in Park, with the value that Park returns. It reports false, and
// does nothing, when the task does not wait. The caller holds the VM lock.
func (h *Host) Wake(t *Task, value lua.LValue, waker any) bool {
	if t.status != Waiting {
		return false
	}
	t.value, t.waker = value, waker
	h.makeReady(t)
	return true
}

// Block gives the VM to others while f runs on the task's goroutine. f must not touch Lua values, and
// must end soon after the host's context ends or the resource it waits for is closed. L is the thread
// that called the native function. The caller holds the VM lock. When the host stops meanwhile, Block
// does not return: deferred calls of the caller run, with the VM lock held.
func (h *Host) Block(L *lua.LState, waitsFor string, f func()) {
	h.wait(L, waitsFor, blocking(f))
}

// blocking is a function that waits.
type blocking func()

func (f blocking) Wait() { f() }

// wait gives up the VM while op waits on the task's goroutine, and takes it again, also when a Go panic goes
// through.
func (h *Host) wait(L *lua.LState, waitsFor string, op interface{ Wait() }) {
	t := h.current
	t.calling = L
	t.waitsFor = waitsFor
	h.leaveForIO(t)
	defer h.returnFromIO(t)
	op.Wait()
}

// kill ends a task as soon as it has the VM; one that waits for nothing outside gets it now.
func (s *scheduler) kill(t *Task) {
	t.killed = true
	switch {
	case t.status == Ended:
	case t.thread == nil:
		s.host.taskEnded(t, nil, closedError)
	case t.status == Waiting:
		s.makeReady(t)
	case t.status == Sleeping:
		s.timers.remove(t.alarm)
		s.makeReady(t)
	}
}

// taskEnded does the accounts of a task that has ended. The caller holds the VM lock.
func (h *Host) taskEnded(t *Task, results []lua.LValue, failure *Error) {
	h.forgetTask(t)
	t.fn, t.args, t.arg1[0], t.thread, t.calling = nil, nil, nil, nil, nil
	if t.done != nil {
		t.done(results, failure)
	} else if failure != nil && failure != closedError && h.interrupted.Load() == nil {
		h.failures++
		h.ReportError(failure)
	}
	if why := h.interrupted.Load(); failure != nil && why != nil && errors.Is(failure, why.Cause) {
		h.stopped = append(h.stopped, TaskReport{Name: t.Name(), Status: Running, Traceback: failure.Traceback})
	}
	if t.handler {
		h.handlers--
		if h.shuttingDown && h.handlers == 0 {
			signal(h.handlersDone)
		}
	}
	if h.stopping && len(h.tasks) == 0 {
		signal(h.kick)
	}
}
