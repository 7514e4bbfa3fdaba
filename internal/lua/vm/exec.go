package vm

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
)

// call calls what lies at idx with n arguments behind it. A Lua function only gets its frame; anything else has
// returned when call does, unless it waits.
func (vm *VM) call(th *Thread, idx, n, want int, kind frameKind) action {
	for {
		var r int
		switch v := th.stack[idx]; v.Kind() {
		case value.KindFunction:
			th.enter(functionOf(v), idx, n, want, kind)
			return goOn
		case value.KindNative:
			th.need(idx + 1 + n)
			th.top = idx + 1 + n
			r = nativeOf(v.LFunction()).fn(Call{th, idx + 1, n, idx, want, kind, false})
		case value.KindForeign:
			r = vm.foreign(th, v.LFunction(), idx+1, n, idx, want, kind, nil)
		default:
			n = vm.callMeta(th, idx, n)
			continue
		}
		act, again := vm.give(th, r, idx, want, kind)
		if !again {
			return act
		}
		th = vm.running
		idx, n, want, kind = th.pending.idx, th.pending.n, -1, th.pending.kind
	}
}

// ret ends a frame whose n results lie at from.
func (vm *VM) ret(th *Thread, fr *Frame, from, n int) action {
	th.frame = fr.prev
	if fr.kind == kindCall {
		th.place(fr.ret, fr.want, from, n)
		return goOn
	}
	th.top = from + n
	act, again := vm.give(th, n, fr.ret, fr.want, fr.kind)
	if again {
		return vm.callPending()
	}
	return act
}

// callPending makes the pending call of the running thread.
func (vm *VM) callPending() action {
	th := vm.running
	return vm.call(th, th.pending.idx, th.pending.n, -1, th.pending.kind)
}

// place moves n results from where they lie to where want of them are wanted.
func (th *Thread) place(ret, want, from, n int) {
	stack := th.stack
	switch {
	case want == 1:
		if n > 0 {
			stack[ret] = stack[from]
		} else {
			stack[ret] = value.Nil
		}
	case want < 0:
		copy(stack[ret:], stack[from:from+n])
		th.top = ret + n
	default:
		have := min(n, want)
		copy(stack[ret:ret+have], stack[from:])
		clear(stack[ret+have : ret+want])
	}
}

// give gives what a function returned to whoever made the call: r values below top, or what else a Func returns. again says
// that the pending call of the running thread is to be made.
func (vm *VM) give(th *Thread, r, ret, want int, kind frameKind) (act action, again bool) {
	for {
		switch r {
		case callPending:
			return goOn, true
		case suspended:
			return suspend, false
		case failing:
			return fail, false
		case switched:
			th = vm.running
			r, kind = th.pending.n, kindNative
		}
		from := th.top - r
		switch kind {
		case kindCall:
			th.place(ret, want, from, r)
			return goOn, false
		case kindMeta:
			v := value.Nil
			if r > 0 {
				v = th.stack[from]
			}
			return vm.finish(th, v), false
		case kindClose:
			th.frame.lf.Pc--
			return goOn, false
		case kindUnwind:
			return vm.unwind(th), false
		case kindEntry:
			th.place(ret, -1, from, r)
			return leave, false
		case kindCoroutine:
			to := th.end()
			to.need(to.top + r)
			copy(to.stack[to.top:], th.stack[from:from+r])
			to.top += r
			th.stack = nil
			th, kind = to, kindNative
		case kindNative:
			fr := th.frame
			th.frame = fr.prev
			k, state := fr.k, fr.state
			fr.k, fr.state = nil, nil
			ret, want, kind = fr.ret, fr.want, fr.kind
			if from > fr.base { // nothing of the calls before is left
				copy(th.stack[fr.base:], th.stack[from:from+r])
				from = fr.base
				th.top = from + r
			}
			r = k(Call{th, from, r, ret, want, kind, false}, state)
		}
	}
}

// An activation is one call of execute.
type activation struct {
	th    *Thread
	frame *Frame // the innermost one before
	idx   int    // where the called function lies
}

// execute calls what lies at idx with n arguments behind it, and returns the number of results, which lie there then. It
// keeps the Go stack until the call returns. An error is a panic with an *Error.
func (vm *VM) execute(th *Thread, idx, n int) int {
	if vm.depth >= maxDepth {
		th.raise(value.String(th.Where(1) + "C stack overflow"))
	}
	saved := vm.state
	vm.running = th
	vm.depth++
	th.calls++
	act := activation{th, th.frame, idx}
	_, failure := vm.run(&act, func() action { return vm.call(th, idx, n, -1, kindEntry) })
	th.calls--
	vm.state = saved
	if failure != nil {
		panic(failure)
	}
	return th.top - idx
}

// run runs start and then the loop until the call that start has made returns, the task waits, or an error passes that
// nobody catches; failure is an *Error or an *Abort then.
func (vm *VM) run(act *activation, start func() action) (a action, failure error) {
	goTop, goFrames := vm.stack.mark()
	a, p := vm.attempt(start)
	for p != nil {
		vm.stack.reset(goTop, goFrames)
		var caught *Frame
		if caught, p, failure = vm.tryCatch(act, vm.failureOf(p)); p != nil {
			continue
		}
		if caught == nil {
			return leave, failure
		}
		a, p = vm.attempt(func() action { return vm.unwind(vm.running) })
	}
	return a, nil
}

// tryCatch is catch. p is the value of a Go panic in a message handler that was called.
func (vm *VM) tryCatch(act *activation, failure error) (caught *Frame, p any, next error) {
	defer func() {
		if r := recover(); r != nil {
			p = vm.failureOf(r) // here, where the stack still has the place of the panic
		}
	}()
	caught, next = vm.catch(act, failure)
	return caught, nil, next
}

// attempt runs start and then the loop. p is the value of a Go panic.
func (vm *VM) attempt(start func() action) (a action, p any) {
	defer func() {
		if r := recover(); r != nil {
			p = vm.failureOf(r) // here, where the stack still has the place of the panic
		}
	}()
	for a = start(); a == goOn; {
		a = vm.loop()
	}
	if a == fail {
		return a, &Error{Value: vm.raised}
	}
	return a, nil
}

// call1 calls f from Go and returns its first result.
func (th *Thread) call1(f value.Value, args ...value.Value) value.Value {
	idx := th.push(f, args)
	top := th.top
	th.top = idx + 1 + len(args)
	v := value.Nil
	if th.vm.execute(th, idx, len(args)) > 0 {
		v = th.stack[idx]
	}
	th.top = top
	return v
}

// TryToString is ToString, or false if that fails.
func (th *Thread) TryToString(v value.Value) (text string, ok bool) {
	if th.vm.MetaField(v, "__tostring").IsNil() {
		return "", false
	}
	if th.vm.stack == nil {
		th.vm.state = state{running: th, depth: 1, stack: th.vm.takeStack()}
		defer func() {
			th.vm.giveStack(th.vm.stack)
			th.vm.state = state{}
		}()
	}
	defer func() {
		if p := recover(); p != nil {
			if _, ok = th.vm.failureOf(p).(*Abort); ok {
				panic(p)
			}
		}
	}()
	return th.ToString(v), true
}

// push puts a function and its arguments above everything that is in use, and returns where.
func (th *Thread) push(f value.Value, args []value.Value) int {
	idx := max(th.top, th.used())
	th.need(idx + 1 + len(args))
	th.stack[idx] = f
	copy(th.stack[idx+1:], args)
	return idx
}

// Start runs f(args...) in a thread that runs nothing. waits says that the task waits in a call of Suspend, and goes on with
// Resume; otherwise it has ended, and Results are its results if err is nil. err is an *Error or an *Abort. The caller
// holds the VM lock, and no other thread of the VM runs on its goroutine.
func (th *Thread) Start(f value.Value, args ...value.Value) (waits bool, err error) {
	th.frame, th.top = &th.bottom, 0
	th.status = statusRunning
	th.borrow()
	idx := th.push(f, args)
	return th.task(func() action { return th.vm.call(th, idx, len(args), -1, kindEntry) })
}

// Resume goes on with a task that waits: the continuation given to Suspend gets args.
func (th *Thread) Resume(args ...value.Value) (waits bool, err error) {
	inner := th.inner
	th.inner = nil
	th.borrow()
	return th.task(func() action {
		vm := th.vm
		vm.running = inner
		inner.top = inner.frame.base
		inner.need(inner.top + len(args))
		copy(inner.stack[inner.top:], args)
		inner.top += len(args)
		act, again := vm.give(inner, len(args), 0, 0, kindNative)
		if again {
			act = vm.callPending()
		}
		return act
	})
}

// task runs start as the outermost call of a thread.
func (th *Thread) task(start func() action) (waits bool, err error) {
	vm := th.vm
	vm.state = state{running: th, depth: 1, stack: vm.takeStack()}
	th.calls = 1
	a, err := vm.run(&activation{th, &th.bottom, 0}, start)
	if a == suspend {
		th.inner = vm.running
		th.compact()
	}
	vm.giveStack(vm.stack)
	vm.state = state{}
	return a == suspend, err
}

// MarkTask says that a thread is for tasks: coroutine.resume refuses it.
func (th *Thread) MarkTask() { th.ofTask = true }

// DeadThread is a thread that stands for a task that has ended.
func (vm *VM) DeadThread() *Thread {
	th := vm.NewThread()
	th.ofTask, th.status = true, statusDead
	return th
}

// Results are the results of a task that has ended.
func (th *Thread) Results() []value.Value { return th.stack[:th.top] }

// WaitingTraceback is Traceback of a task that waits in Suspend, also through its coroutines.
func (th *Thread) WaitingTraceback(skip int) []TraceFrame { return th.inner.tracebackThrough(skip) }

// tracebackThrough is Traceback of a thread and of those that have resumed it. The thread may be nil.
func (th *Thread) tracebackThrough(skip int) []TraceFrame {
	var frames []TraceFrame
	for in := th; in != nil; in = in.resumer {
		frames = append(frames, in.Traceback(skip)...)
		skip = 0
	}
	return frames
}

// Waits reports whether the thread is one of a task that waits in Suspend.
func (th *Thread) Waits() bool { return th.inner != nil }

// Reset drops everything that the thread refers to, so that it can run another task.
func (th *Thread) Reset() {
	th.closeUpvals(0)
	th.frame, th.top, th.inner, th.failed = &th.bottom, 0, nil, false
	th.tbc = th.tbc[:0]
	th.compact()
	depth := 0
	for fr := &th.bottom; fr != nil; fr = fr.next {
		fr.fn, fr.lf.Fn, fr.k, fr.state = nil, nil, nil, nil
		if depth++; depth > 4 {
			fr.next = nil
		}
	}
}

// Close ends what a thread that waits runs: its variables to be closed are closed.
func (th *Thread) Close(reason error) error {
	var err error = &Abort{Reason: reason}
	for in := th.inner; in != nil; in = in.resumer {
		err = in.closeAll(0, value.Nil, err)
		in.unwound(&in.bottom)
	}
	th.inner = nil
	return err
}

// An Error is an error that a script or a function has raised.
type Error struct {
	Value value.Value
	// Traceback is where it was raised, if nobody has caught it; the innermost call first.
	Traceback []TraceFrame
	// Panic is the value of a Go panic in a function, which is a defect of that function, and Stack where it was.
	Panic any
	Stack []byte
}

// Error is the message.
func (e *Error) Error() string {
	if e.Value.IsString() {
		return e.Value.Str()
	}
	return "error object is a " + e.Value.TypeName() + " value"
}

// raise raises a value.
func (th *Thread) raise(v value.Value) { panic(&Error{Value: v}) }

// Raise raises a value as an error in the thread.
func (th *Thread) Raise(v value.Value) { th.raise(v) }

// failureOf is the error that a Go panic means.
func (vm *VM) failureOf(p any) error {
	switch p := p.(type) {
	case *Error:
		return p
	case *Abort:
		return p
	case *lua.ApiError:
		if e, ok := p.Cause.(*Error); ok {
			return e
		}
		return &Error{Value: value.Import(p.Object)}
	}
	return &Error{Value: value.String(fmt.Sprintf("internal error: %v", p)), Panic: p, Stack: stackTrace()}
}

// protection is the state of the frame of a protected call.
type protection struct {
	handler value.Value // of xpcall; nil for pcall
	failure value.Value // what was raised, while variables are closed
	result  value.Value // false, or nil, in front of it
}

// An Unwinder is the state of a Func that is told when an error passes it.
type Unwinder interface{ Unwound() }

// unwound tells the Funcs whose frames an error has passed.
func (th *Thread) unwound(end *Frame) {
	for fr := th.frame; fr != end; fr = fr.prev {
		if fr.fn == nil && fr.state != nil {
			if u, ok := fr.state.(Unwinder); ok {
				u.Unwound()
			}
		}
	}
}

// catch finds the frame that catches a failure, and makes it the innermost one. Without one, everything that the activation
// runs has ended, and failure is what is to be raised further on.
func (vm *VM) catch(act *activation, failure error) (*Frame, error) {
	for {
		th := vm.running
		e, isError := failure.(*Error)
		end := &th.bottom
		if th == act.th {
			end = act.frame
		}
		fr := th.frame
		for isError && fr != end && !fr.catch {
			fr = fr.prev
		}
		switch {
		case isError && fr != end:
			p := fr.state.(*protection)
			if !p.handler.IsNil() {
				e.Value = vm.handle(th, p.handler, e.Value)
			}
			p.failure = e.Value
			th.unwound(fr)
			th.frame = fr
			th.closeUpvals(fr.base)
			return fr, nil
		case th == act.th:
			if isError && e.Traceback == nil {
				e.Traceback = th.Traceback(0)
			}
			th.unwound(act.frame)
			th.frame = act.frame
			failure = th.closeAll(act.idx, valueOf(failure), failure)
			return nil, failure
		case isError:
			if fr, failure = th.die(e); fr != nil {
				return fr, nil
			}
		default:
			th.unwound(&th.bottom)
			th.frame = &th.bottom
			failure = th.closeAll(0, value.Nil, failure)
			to := th.end()
			to.frame = to.frame.prev
		}
	}
}

// die ends a coroutine with an error that it has not caught, and who has resumed it gets it: coroutine.resume in a frame
// that catches, coroutine.wrap as a failure of its own.
func (th *Thread) die(e *Error) (catches *Frame, failure error) {
	th.failure, th.failed = e.Value, true
	th.unwound(&th.bottom)
	to := th.end()
	fr := to.frame
	r := fr.state.(*resumption)
	if !r.wrap {
		fr.catch = true
		fr.state = &protection{failure: e.Value, result: value.False}
		return fr, nil
	}
	th.frame = &th.bottom
	if raised, ok := th.closeAll(0, e.Value, e).(*Error); ok {
		e = raised
	}
	to.frame = fr.prev
	v := e.Value
	if v.IsString() {
		v = value.String(to.Where(1) + v.Str())
	}
	return nil, &Error{Value: v}
}

// valueOf is what __close gets of a failure.
func valueOf(failure error) value.Value {
	if e, ok := failure.(*Error); ok {
		return e.Value
	}
	return value.Nil
}

// maxHandling is how often a message handler is called for its own errors.
const maxHandling = 10

// handle calls a message handler.
func (vm *VM) handle(th *Thread, handler, v value.Value) value.Value {
	for range maxHandling {
		result, ok := vm.tryHandler(th, handler, v)
		if ok {
			return result
		}
		v = result
	}
	return value.String("error in error handling")
}

// tryHandler calls a message handler once. Without success, the result is what it has raised.
func (vm *VM) tryHandler(th *Thread, handler, v value.Value) (result value.Value, ok bool) {
	vm.handling++
	defer func() {
		if vm.handling--; vm.handling == 0 {
			th.dropErrorRoom()
		}
		if ok {
			return
		}
		if p := recover(); p != nil {
			failure, isError := vm.failureOf(p).(*Error)
			if !isError {
				panic(p)
			}
			result = failure.Value
		}
	}()
	return th.call1(handler, v), true
}

// unwind closes the variables above the protected call that is the innermost frame, and then lets it return the failure.
func (vm *VM) unwind(th *Thread) action {
	fr := th.frame
	p := fr.state.(*protection)
	if th.closing(fr.base) {
		return vm.closeNext(th, p.failure, fr.base, kindUnwind)
	}
	th.top = fr.base
	th.need(th.top + 2)
	fr.k = failed
	fr.catch = false
	act, again := vm.give(th, 0, 0, 0, kindNative)
	if again {
		panic("vm: a protected call has called on")
	}
	return act
}

// failed makes the results of a protected call that has failed.
func failed(c Call, state any) int {
	p := state.(*protection)
	return c.Return2(p.result, p.failure)
}

// closeNext closes the last variable to be closed. The call lies at idx or above.
func (vm *VM) closeNext(th *Thread, failure value.Value, idx int, kind frameKind) action {
	n := len(th.tbc) - 1
	reg := th.tbc[n]
	th.tbc = th.tbc[:n]
	th.closeUpvals(reg)
	idx = max(idx, reg+1)
	th.need(idx + 3)
	v := th.stack[reg]
	th.stack[idx] = vm.closeMethod(th, v, reg)
	th.stack[idx+1] = v
	th.stack[idx+2] = failure
	return vm.call(th, idx, 2, 0, kind)
}

// closeAll closes all variables from a register up, from Go, and returns the failure that there is in the end.
func (th *Thread) closeAll(from int, v value.Value, failure error) error {
	vm := th.vm
	if vm.stack == nil {
		vm.state = state{running: th, depth: 1, stack: vm.takeStack()}
		defer func() {
			vm.giveStack(vm.stack)
			vm.state = state{}
		}()
	}
	th.closeUpvals(from)
	if _, aborted := failure.(*Abort); aborted && th.closing(from) {
		// What closes variables may run a little; Interrupt can end it again.
		if vm.stop.And(^uint32(interrupted))&interrupted != 0 {
			defer vm.stop.Or(interrupted)
		}
	}
	for th.closing(from) {
		n := len(th.tbc) - 1
		reg := th.tbc[n]
		th.tbc = th.tbc[:n]
		th.closeUpvals(reg)
		func() {
			top := th.top
			defer func() {
				if p := recover(); p != nil {
					th.top = top
					next := vm.failureOf(p)
					if e, ok := next.(*Error); ok {
						v = e.Value
					}
					if _, aborted := failure.(*Abort); !aborted {
						failure = next
					}
				}
			}()
			th.top = max(th.top, reg+1)
			obj := th.stack[reg]
			th.call1(vm.closeMethod(th, obj, reg), obj, v)
			th.top = top
		}()
	}
	return failure
}
