package luahost

import lua "github.com/yuin/gopher-lua"

// ServeHere is Serve on the calling goroutine, which is not a task's: it becomes the task's goroutine and
// comes back when the task has ended. That saves two switches between goroutines. argument makes the
// function's argument, with the VM lock held. ServeHere reports whether the host accepted the task; it does
// not once it has stopped. When the host ends the task, ServeHere does not return: the caller's deferred
// calls run, as with runtime.Goexit.
func (h *Host) ServeHere(fn *lua.LFunction, argument func(L *lua.LState) lua.LValue, done func(err *Error)) bool {
	t := h.admit(fn, argument, done)
	if t == nil {
		return false
	}
	defer h.workers.Done()
	w := t.worker
	if t.status != Running {
		<-w.wake
	}
	reusable := false
	defer func() {
		if !reusable && w.cancel != nil {
			w.cancel()
		}
	}()
	reusable = w.runTask()
	return true
}

// admit makes the task of ServeHere. When nobody is before it, the caller has the VM afterwards and the task
// runs; otherwise it waits for its turn in the ready queue. It is nil once the host has stopped.
func (h *Host) admit(fn *lua.LFunction, argument func(L *lua.LState) lua.LValue, done func(err *Error)) (t *Task) {
	h.vm.Lock()
	first := false
	defer func() {
		if !first {
			h.pass()
		}
	}()
	if h.stopping {
		return nil
	}
	t = h.newTask1(fn, argument(h.root))
	t.handler = true
	t.done = func(_ []lua.LValue, err *Error) { done(err) }
	h.handlers++
	h.workers.Add(1) // Close waits for the caller as for a worker
	h.assignGuest(t)
	if h.ready.n > 0 {
		h.makeReady(t)
		return t
	}
	first = true
	h.current = t
	h.turns++
	t.status = Running
	return t
}

// assignGuest gives t a Lua thread for the goroutine that has come with it.
func (s *scheduler) assignGuest(t *Task) {
	var w *worker
	if n := len(s.guests); n > 0 {
		w = s.guests[n-1]
		s.guests[n-1] = nil
		s.guests = s.guests[:n-1]
	} else {
		w = &worker{host: s.host, guest: true, wake: make(chan struct{}, 1)}
		w.L, w.cancel = newThread(s.host.root, false)
		w.frames = framesOf(w.L)
	}
	w.task = t
	t.worker = w
	t.thread = w.L
}
