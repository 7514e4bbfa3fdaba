package luahost

import (
	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/vm"
)

// A Continuation is what a native function does after its task has waited.
type Continuation interface {
	// Continue pushes the results of the native function on L and returns their number. It runs on the
	// task t, with the VM lock held.
	Continue(L *lua.LState, t *Task) int
}

// ParkThen is Park for a native function that has nothing on Go's stack when it waits: what it does afterwards is
// then, and it must return the result of ParkThen at once. While such a task waits it needs no goroutine, if
// nothing but Lua code has called the native function; otherwise it waits like in Park. WakeUp of the task
// is what Park would have returned. The caller holds the VM lock.
func (h *Host) ParkThen(L *lua.LState, waitsFor string, then Continuation) int {
	t := h.waiting(L, waitsFor)
	if h.engine.CanWait() {
		return h.leave(t, then)
	}
	h.park(t)
	return then.Continue(L, t)
}

// ParkCall is ParkThen for a function that works on the VM's own values: k is what it does after it has waited.
func (h *Host) ParkCall(c vm.Call, waitsFor string, k func(c vm.Call, t *Task) int) int {
	t := h.waiting(c.Thread().LState(), waitsFor)
	if c.CanSuspend() {
		t.thenCall = k
		return c.Suspend(continueCall, t)
	}
	h.park(t)
	return k(c, t)
}

// continueCall is the rest of ParkCall.
func continueCall(c vm.Call, state any) int {
	t := state.(*Task)
	k := t.thenCall
	t.thenCall = nil
	return k(c, t)
}

// leave is what a native function returns whose task waits without a goroutine. The task has been queued, or a waker is
// registered.
func (h *Host) leave(t *Task, then Continuation) int {
	t.then = then
	if t.goOn == nil {
		t.goOn = func(L *lua.LState) int {
			then := t.then
			t.then = nil
			return then.Continue(L, t)
		}
	}
	return h.engine.Wait(t.goOn)
}

// traceback describes the calls of a task that waits.
func (t *Task) traceback(skip int) []Frame {
	if t.thread != nil && t.thread.Waits() {
		return frames(t.thread.WaitingTraceback(skip))
	}
	return Traceback(t.calling, skip)
}
