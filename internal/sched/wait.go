package sched

import (
	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/vm"
)

// A Continuation is what a native function does after its task has waited.
type Continuation interface {
	// Continue pushes the results of the native function on L and returns their number. It runs on the task t.
	Continue(L *lua.LState, t *Task) int
}

// ParkThen suspends the calling task until Wake, for a native function that has nothing on Go's stack when it waits: what
// it does afterwards is then, and it must return the result of ParkThen at once. While such a task waits it needs no
// goroutine, if nothing but Lua code has called the native function; otherwise its goroutine waits. TakeWakeup of the
// task is what Wake was given. L is the thread that called the native function.
func (s *Scheduler) ParkThen(L *lua.LState, waitsFor string, then Continuation) int {
	t := s.waiting(L, waitsFor)
	if s.engine.CanWait() {
		return s.suspend(t, then)
	}
	s.park(t)
	return then.Continue(L, t)
}

// ParkCall is ParkThen for a function that works on the VM's own values: k is what it does after it has waited.
func (s *Scheduler) ParkCall(c vm.Call, waitsFor string, k func(c vm.Call, t *Task) int) int {
	t := s.waiting(c.Thread().LState(), waitsFor)
	if c.CanSuspend() {
		t.thenCall = k
		return c.Suspend(continueCall, t)
	}
	s.park(t)
	return k(c, t)
}

// continueCall is the rest of ParkCall.
func continueCall(c vm.Call, state any) int {
	t := state.(*Task)
	k := t.thenCall
	t.thenCall = nil
	return k(c, t)
}

// waiting is the calling task, which is about to wait for Wake.
func (s *Scheduler) waiting(L *lua.LState, waitsFor string) *Task {
	t := s.current
	t.status = Waiting
	t.waitsFor = waitsFor
	t.calling = L
	return t
}

// suspend is what a native function returns whose task waits without a goroutine. The task has been queued, or a waker is
// registered.
func (s *Scheduler) suspend(t *Task, then Continuation) int {
	t.then = then
	if t.goOn == nil {
		t.goOn = func(L *lua.LState) int {
			then := t.then
			t.then = nil
			return then.Continue(L, t)
		}
	}
	return s.engine.Wait(t.goOn)
}

// TakeWakeup takes what Wake gave: a continuation calls it once.
func (t *Task) TakeWakeup() (value lua.LValue, waker any) {
	value, waker = t.value, t.waker
	t.value, t.waker = nil, nil
	return value, waker
}

// Wake makes a task ready that waits in ParkThen or ParkCall, with what TakeWakeup returns. It reports false, and
// does nothing, when the task does not wait.
func (s *Scheduler) Wake(t *Task, value lua.LValue, waker any) bool {
	if t.status != Waiting {
		return false
	}
	t.value, t.waker = value, waker
	s.makeReady(t)
	return true
}

// Block gives the VM to others while f runs on the task's goroutine, also when a Go panic goes through. f must not touch
// Lua values, and must end soon after the resource it waits for is closed. L is the thread that called the native
// function. When the host stops meanwhile, Block does not return: deferred calls of the caller run, with the VM lock held.
func (s *Scheduler) Block(L *lua.LState, waitsFor string, f func()) {
	t := s.current
	t.calling = L
	t.waitsFor = waitsFor
	s.enterIO(t)
	defer s.exitIO(t)
	f()
}

// Native makes a Lua function of one that works on the VM's own values, and may use ParkCall.
func (s *Scheduler) Native(name string, fn vm.Func) *lua.LFunction {
	return s.engine.NewNative(name, fn).LFunction()
}
