package vm

import (
	"silly/internal/lua/value"
)

// A resumption is the state of the frame of a call of coroutine.resume, or of a function that coroutine.wrap made.
type resumption struct {
	wrap bool
}

var (
	resumed = &resumption{}
	wrapped = &resumption{wrap: true}
)

// end ends the running thread, a coroutine, and makes the one that has resumed it the running one again.
func (th *Thread) end() *Thread {
	to := th.resumer
	th.status, th.resumer = statusDead, nil
	to.status = statusRunning
	to.top = to.frame.base
	th.vm.running = to
	return to
}

// resume is what a Func returns that resumes a coroutine with its arguments from number first on.
func (c Call) resume(co *Thread, first int, r *resumption) int {
	th, vm := c.th, c.th.vm
	n := max(0, c.n-first+1)
	args := th.stack[c.base+c.n-n : c.base+c.n]
	fr := c.frame(resumeReturns, r)
	fr.base = th.top
	started := co.status != statusNew
	co.need(co.top + n)
	copy(co.stack[co.top:], args)
	co.top += n
	th.status, co.status = statusNormal, statusRunning
	co.resumer, co.calls = th, 0
	vm.running = co
	if started {
		co.pending = pendingCall{co.top - n, n, kindNative}
		return switched
	}
	co.pending = pendingCall{0, n, kindCoroutine}
	return callPending
}

// resumeReturns goes on when the coroutine has yielded or ended.
func resumeReturns(c Call, state any) int {
	if !state.(*resumption).wrap {
		return c.prepend(value.True)
	}
	return c.ReturnArgs(1)
}

// prepend makes v and the arguments the results.
func (c Call) prepend(v value.Value) int {
	th := c.th
	th.need(c.base + c.n + 1)
	copy(th.stack[c.base+1:], th.stack[c.base:c.base+c.n])
	th.stack[c.base] = v
	th.top = c.base + c.n + 1
	return c.n + 1
}

// NewCoroutine makes a coroutine that will run f.
func (vm *VM) NewCoroutine(f value.Value) *Thread {
	co := vm.NewThread()
	co.created = true
	co.need(1)
	co.stack[0] = f
	co.top = 1
	return co
}

// Coroutine is argument n, a coroutine.
func (c Call) Coroutine(n int) *Thread {
	v := c.Arg(n)
	if v.Kind() != value.KindThread {
		c.TypeError(n, "thread")
	}
	if c.th.vm.HandleThread != nil {
		if th := c.th.vm.HandleThread(v.LState()); th != nil {
			return th
		}
	}
	return ThreadOf(v.LState())
}

// maxResumed is how many coroutines may have resumed one another.
const maxResumed = 2000

// refusal says why th cannot resume a coroutine, or "".
func (th *Thread) refusal(co *Thread) string {
	if co.ofTask {
		for ; th != nil; th = th.resumer {
			if th == co {
				return "cannot resume non-suspended coroutine"
			}
		}
		return "cannot resume a task"
	}
	switch co.status {
	case statusNew, statusSuspended:
		if th.resumes >= maxResumed {
			return "C stack overflow"
		}
		co.resumes = th.resumes + 1
		return ""
	case statusDead:
		return "cannot resume dead coroutine"
	}
	return "cannot resume non-suspended coroutine"
}

// coCreate implements coroutine.create(f) -> thread.
func coCreate(c Call) int {
	f := c.Function(1)
	return c.Return(c.th.vm.NewCoroutine(f).Value())
}

// coResume implements coroutine.resume(co, ...) -> true, ... | false, err.
func coResume(c Call) int {
	co := c.Coroutine(1)
	if reason := c.th.refusal(co); reason != "" {
		return c.Return2(value.False, value.String(reason))
	}
	return c.resume(co, 2, resumed)
}

// coWrap implements coroutine.wrap(f) -> function.
func coWrap(c Call) int {
	f := c.Function(1)
	co := c.th.vm.NewCoroutine(f)
	return c.Return(c.th.vm.NewNative("wrap", func(c Call) int {
		if reason := c.th.refusal(co); reason != "" {
			c.Raise("%s", reason)
		}
		return c.resume(co, 1, wrapped)
	}))
}

// coYield implements coroutine.yield(...) -> ....
func coYield(c Call) int {
	return yieldValues(c, c.th.stack[c.base:c.base+c.n])
}

// yieldValues is what a Func returns whose coroutine yields values of its stack.
func yieldValues(c Call, values []value.Value) int {
	th, vm := c.th, c.th.vm
	switch {
	case !th.created:
		th.plainError("attempt to yield from outside a coroutine")
	case th.calls > 0 || th.resumer == nil:
		th.plainError("attempt to yield across a C-call boundary")
	}
	fr := c.frame(yieldReturns, nil)
	fr.base = c.base
	to := th.resumer
	n := len(values)
	to.top = to.frame.base
	to.need(to.top + n)
	copy(to.stack[to.top:], values)
	to.pending = pendingCall{to.top, n, kindNative}
	to.top += n
	th.top = fr.base
	if len(th.stack) <= 8*firstStack {
		clear(th.stack[th.top:]) // nothing there must be kept alive
	}
	th.status, to.status = statusSuspended, statusRunning
	th.resumer = nil
	vm.running = to
	return switched
}

func yieldReturns(c Call, _ any) int { return c.ReturnArgs(1) }

// coStatus implements coroutine.status(co) -> "running" | "suspended" | "normal" | "dead".
func coStatus(c Call) int {
	return c.Return(value.String(c.status(c.Coroutine(1))))
}

func (c Call) status(co *Thread) string {
	switch {
	case co == c.th:
		return "running"
	case co.status == statusDead:
		return "dead"
	case co.ofTask:
		for th := c.th; th != nil; th = th.resumer {
			if th == co {
				return "normal"
			}
		}
		return "suspended"
	case co.status == statusNew && co.top > 0, co.status == statusSuspended:
		return "suspended"
	}
	return "normal"
}

// coRunning implements coroutine.running() -> thread, ismain.
func coRunning(c Call) int {
	th := c.th
	v, isMain := th.Value(), th.resumer == nil
	if isMain && th.vm.MainHandle != nil {
		v, isMain = th.vm.MainHandle(th)
	}
	return c.Return2(v, value.Bool(isMain))
}

// coIsYieldable implements coroutine.isyieldable([co]) -> boolean.
func coIsYieldable(c Call) int {
	th := c.th
	if c.n > 0 {
		th = c.Coroutine(1)
	}
	return c.Return(value.Bool(th.resumer != nil && th.calls == 0 || th.status == statusSuspended || th.status == statusNew && th.top > 0))
}

// coClose implements coroutine.close(co) -> true | false, err.
func coClose(c Call) int {
	co := c.Coroutine(1)
	switch co.status {
	case statusDead, statusSuspended:
	case statusNew:
		if co.top > 0 {
			break
		}
		fallthrough
	default:
		c.Raise("cannot close a %s coroutine", c.status(co))
	}
	var failure error
	v := value.Nil
	if co.failed {
		v = co.failure
		failure = &Error{Value: v}
	}
	co.status, co.failed, co.failure = statusDead, false, value.Nil
	co.unwound(&co.bottom)
	co.frame = &co.bottom
	failure = co.closeAll(0, v, failure)
	co.stack, co.frame, co.top, co.tbc = nil, &co.bottom, 0, nil
	co.bottom.next = nil
	switch failure := failure.(type) {
	case nil:
		return c.Return(value.True)
	case *Error:
		return c.Return2(value.False, failure.Value)
	default:
		panic(failure)
	}
}
