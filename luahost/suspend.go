package luahost

import (
	lua "github.com/yuin/gopher-lua"
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
	return h.suspend(h.waiting(L, waitsFor), L, then)
}

// A suspension is a native function that its task has left in order to wait.
type suspension struct {
	active bool
	fn     *lua.LFunction
	wanted int // how many results the caller wants, or lua.MultRet
	then   Continuation
}

// suspend gives up the turn of the current task, which has been queued or has left word how to wake it. It
// returns what the native function must return.
func (h *Host) suspend(t *Task, L *lua.LState, then Continuation) int {
	if t.canSuspend(L) {
		return h.leave(t, L, then)
	}
	h.park(t, L)
	if then == nil {
		return 0
	}
	return then.Continue(L, t)
}

// leave is suspend for a task that can be.
func (h *Host) leave(t *Task, L *lua.LState, then Continuation) int {
	cf := currentFrame(L)
	t.pending = suspension{active: true, fn: cf.Fn, wanted: cf.NRet, then: then}
	// This is how gopher-lua yields: it takes the native function off the stack and leaves its main loop.
	L.SetTop(0)
	L.Parent = h.root
	return -1
}

// maxSuspended is how deep in calls a task may be that waits without a goroutine: who looks whether it can
// looks at each call.
const maxSuspended = 32

// canSuspend reports whether the native function that runs on L can be left and continued without Go's stack: it
// and the functions around it were all called by an instruction of Lua code, in the task's own thread.
func (t *Task) canSuspend(L *lua.LState) bool {
	if L != t.thread.L {
		return false
	}
	cf := currentFrame(L)
	for range maxSuspended {
		caller := cf.Parent
		if caller == nil {
			return !cf.Fn.IsG
		}
		if !calledByInstruction(cf) {
			return false
		}
		cf = caller
	}
	return false
}

// resume goes on with a task that was suspended.
func (t *Task) resume(L *lua.LState) {
	p := t.pending
	t.pending = suspension{}
	before, n := L.GetTop(), 0
	if p.then != nil {
		n = p.then.Continue(L, t)
	}
	for L.GetTop() > before+n {
		L.Remove(before + 1)
	}
	if p.wanted != lua.MultRet {
		L.SetTop(before + p.wanted)
	}
	continueLoop(L)
}

// traceback describes the calls of a task that waits.
func (t *Task) traceback(skip int) []Frame {
	if !t.pending.active {
		return Traceback(t.calling, skip)
	}
	if skip > 0 {
		return Traceback(t.calling, skip-1)
	}
	native := Frame{Function: "function '" + nativeName(t.pending.fn) + "'"}
	return append([]Frame{native}, Traceback(t.calling, 0)...)
}
