package sched

import (
	"cmp"
	"slices"

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
	// Owner is for the owner of the scheduler.
	Owner any
	// WantsResults says that TaskEnded gets the results.
	WantsResults bool
	// Trace tells the request that the task works on from others, for the log (see silly.trace); 0 is none.
	Trace int64

	handle *vm.Handle // nil before somebody asks

	id     uint64
	status Status
	thread *vm.Thread // runs the code; nil before the first turn
	worker *worker    // the goroutine that runs it or on which it waits; nil when it needs none
	fn     *lua.LFunction
	args   []lua.LValue
	arg1   [1]lua.LValue // backing of args for the common case
	timer  *timer        // the due timer that made the task, until it runs
	killed bool          // ends as soon as it has the VM
	alarm  *timer        // while it sleeps

	watch *stopwatch // nil unless somebody measures the task

	waitsFor string                   // what the task waits for, for reports
	value    lua.LValue               // given at the wake-up
	waker    any                      // who woke it
	calling  *lua.LState              // the thread that called the native function in which the task waits
	then     Continuation             // what the native function does in which the task waits without a goroutine
	thenCall func(vm.Call, *Task) int // the same of ParkCall
	goOn     lua.LGFunction           // calls then
	left     vm.State                 // of the VM, while the task waits on its goroutine
}

// Handle is the thread value that a script knows the task by.
func (t *Task) Handle() *lua.LState {
	if t.handle == nil {
		t.handle = &vm.Handle{Owner: t}
	}
	return &t.handle.LState
}

// taskWithHandle is a task and its handle, in one piece of memory.
type taskWithHandle struct {
	Task
	handle vm.Handle
}

// Status says what the task is doing.
func (t *Task) Status() Status { return t.status }

// WaitsFor is what the task waits for, as a phrase such as "channel:pop"; "" when it does not wait.
func (t *Task) WaitsFor() string { return t.waitsFor }

// ID tells the tasks of a scheduler apart, in the order of their creation, from 1.
func (t *Task) ID() uint64 { return t.id }

// Function is what the task runs; nil when it has ended.
func (t *Task) Function() *lua.LFunction { return t.fn }

// Thread runs the task; nil before its first turn, and when it has ended.
func (t *Task) Thread() *vm.Thread { return t.thread }

// Traceback describes the calls of a task that waits, without the first skip ones; nil of one that has not begun.
func (t *Task) Traceback(skip int) []vm.TraceFrame {
	switch {
	case t.thread != nil && t.thread.Waits():
		return t.thread.WaitingTraceback(skip)
	case t.calling == nil || vm.IsHandle(t.calling):
		return nil
	}
	return vm.ThreadOf(t.calling).Traceback(skip)
}

// Current is the running task. The caller holds the VM lock inside a native function.
func (s *Scheduler) Current() *Task { return s.current }

// TaskOf finds the live task behind a thread value that a script passed, or nil. The caller holds the
// VM lock.
func (s *Scheduler) TaskOf(thread *lua.LState) *Task {
	if h := vm.HandleOf(thread); h != nil {
		t, _ := h.Owner.(*Task)
		return t
	}
	return nil
}

// Tasks returns the live tasks in the order of their creation.
func (s *Scheduler) Tasks() []*Task {
	all := make([]*Task, 0, len(s.tasks))
	for t := range s.tasks {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *Task) int { return cmp.Compare(a.id, b.id) })
	return all
}

// Each calls f with the live tasks, in no order, as long as f returns true.
func (s *Scheduler) Each(f func(*Task) bool) {
	for t := range s.tasks {
		if !f(t) {
			return
		}
	}
}

// newTask makes a task that will run fn, when it is made ready.
func (s *Scheduler) newTask(fn *lua.LFunction, args ...lua.LValue) *Task {
	t := new(Task)
	s.initTask(t, fn, args...)
	return t
}

// initTask makes t, which is zero, a task that will run fn.
func (s *Scheduler) initTask(t *Task, fn *lua.LFunction, args ...lua.LValue) {
	s.lastTask++
	t.id, t.fn, t.status = s.lastTask, fn, Ready
	if len(args) <= len(t.arg1) {
		t.args = t.arg1[:copy(t.arg1[:], args)]
	} else {
		t.args = append([]lua.LValue(nil), args...)
	}
	s.tasks[t] = struct{}{}
	s.noteOrigin(t)
}

// forget takes a task that has ended off the list of live ones.
func (s *Scheduler) forget(t *Task) {
	t.status = Ended
	delete(s.tasks, t)
	delete(s.origins, t)
	if t.handle != nil {
		t.handle.Owner = nil
	}
}

// Fork makes a new task that will run fn(arg); a nil arg is no argument. It starts after the current
// task gives up the VM, in the order of the forks.
func (s *Scheduler) Fork(fn *lua.LFunction, arg lua.LValue) *Task {
	f := &taskWithHandle{}
	t := &f.Task
	t.handle = &f.handle
	f.handle.Owner = t
	if arg == nil {
		s.initTask(t, fn)
	} else {
		s.initTask(t, fn, arg)
	}
	s.makeReady(t)
	return t
}
