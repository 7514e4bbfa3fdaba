package luahost

import (
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/poll"
)

const (
	// maxIdleRunners is how many goroutines are kept for the next task.
	maxIdleRunners = 128
	// A runner that has tasks ready sends what they wrote when it is for so many connections, or so old.
	maxUnsent    = 256
	maxUnsentAge = 50 * time.Microsecond
)

// A runner is a goroutine that runs tasks, one after the other, while it has the VM. A task needs one only while
// it runs, and while it waits in the midst of Go code.
type runner struct {
	host  *Host
	wake  chan struct{} // see run; capacity 1
	task  *Task
	dirty []Flusher // what tasks wrote to since the last flush
	batch uint64    // the number of what is collected in dirty, unique in the host
	// cleaners have something to do before the next flush.
	cleaners []Cleaner
	since    time.Time // when dirty was first looked at; zero before

	retry []*poll.Source // whose operations can go on at once, after what is ready now
	polls bool           // it waits for events when there is nothing to run
	ready []*poll.Source // memory of poll and advance, as the next ones
	ended []*Waiter
	rang  []reminder
}

// idleRunner is a runner that waits for a task: an idle one, or a new one. The caller holds the VM lock.
func (s *scheduler) idleRunner() *runner {
	if n := len(s.idle); n > 0 {
		r := s.idle[n-1]
		s.idle[n-1] = nil
		s.idle = s.idle[:n-1]
		return r
	}
	s.batches++
	r := &runner{host: s.host, wake: make(chan struct{}, 1), batch: s.batches}
	s.workers.Add(1)
	go r.run()
	return r
}

// run is the runner's goroutine. When it is woken it has the VM and a task, or is to poll, or else ends.
func (r *runner) run() {
	h := r.host
	defer h.workers.Done()
	for {
		<-r.wake
		switch {
		case r.polls:
			r.poll()
		case r.task != nil:
			r.work()
		default:
			return
		}
		h.vm.Lock()
		stays := !h.stopping && len(h.idle) < maxIdleRunners
		if stays {
			h.idle = append(h.idle, r)
		}
		h.pass()
		if !stays {
			return
		}
	}
}

// work runs the runner's task, and then what is ready. It begins with the VM lock, if there is a task, and ends
// without it.
func (r *runner) work() {
	h := r.host
	for r.task != nil {
		r.turn(r.task)
		if r.mustFlush() {
			r.flushBetween()
		}
		r.accept(h.pick())
	}
	r.flush()
	if !r.polls {
		r.postRetry()
	}
}

// postRetry leaves to the one who polls what can go on at once.
func (r *runner) postRetry() {
	for i, s := range r.retry {
		s.Post()
		r.retry[i] = nil
	}
	r.retry = r.retry[:0]
}

// accept takes the task that is next, unless that waits on a goroutine of its own, or there is none: then the VM
// is passed on.
func (r *runner) accept(t *Task) {
	r.task = t
	switch {
	case t == nil:
		r.clean()
		r.host.open()
	case t.runner != nil:
		r.task = nil
		r.clean()
		r.host.handOver(t)
	}
}

// quit leaves to others what the runner does besides running its task, which keeps its goroutine. The caller
// holds the VM lock.
func (r *runner) quit() {
	r.postRetry()
	if r.polls {
		r.polls = false
		r.host.startPolling()
	}
}

// turn gives a task the VM until it ends, or waits and needs no goroutine for it. It begins and ends with the
// VM lock. runtime.Goexit may pass through it: the VM is passed on then.
func (r *runner) turn(t *Task) {
	h := r.host
	t.runner = r
	h.begin(t)
	if h.ends(t) {
		if t.thread != nil {
			_ = t.thread.Close(ErrClosed)
		}
		h.endTask(t, nil, closedError)
		return
	}
	returned := false
	defer func() {
		if returned {
			return
		}
		// Somebody has called runtime.Goexit.
		failure := closedError
		if !h.ends(t) {
			failure = &Error{Message: "task ended by runtime.Goexit"}
		}
		h.endTask(t, nil, failure)
		r.clean()
		r.quit()
		h.pass()
		r.flush()
	}()
	waits, err := t.run(h)
	returned = true
	switch {
	case waits:
		t.runner = nil
	case err != nil:
		h.endTask(t, nil, h.failure(t, err))
	default:
		h.endTask(t, t.results(), nil)
	}
}

// run runs the task's function from its beginning, or from where it waited.
func (t *Task) run(h *Host) (waits bool, err error) {
	if t.thread != nil {
		return t.thread.Resume()
	}
	t.thread = h.takeThread()
	t.calling = t.thread.LState()
	args := make([]value.Value, len(t.args))
	for i, arg := range t.args {
		args[i] = value.Import(arg)
	}
	return t.thread.Start(value.OfFunction(t.fn), args...)
}

// results are what the task's function has returned, if somebody wants them.
func (t *Task) results() []lua.LValue {
	if !t.wants {
		return nil
	}
	values := t.thread.Results()
	results := make([]lua.LValue, len(values))
	for i, v := range values {
		results[i] = value.Export(v)
	}
	return results
}

// endTask ends the current task, and its thread unless that can run another one. The caller holds the VM lock.
func (h *Host) endTask(t *Task, results []lua.LValue, failure *Error) {
	th := t.thread
	h.taskEnded(t, results, failure)
	if th != nil && failure == nil {
		h.giveThread(th)
	}
}

// mustFlush reports whether what tasks have written must leave before the next one runs: otherwise it leaves
// when no task is ready any more.
func (r *runner) mustFlush() bool {
	switch {
	case len(r.dirty) == 0 || r.host.ready.n == 0:
		return false
	case len(r.dirty) >= maxUnsent:
		return true
	case r.host.burst%8 != 0: // asking for the time costs as much as a small turn
		return false
	}
	now := time.Now()
	if r.since.IsZero() {
		r.since = now
	}
	return now.Sub(r.since) > maxUnsentAge
}

// flushBetween flushes with the VM lock open.
func (r *runner) flushBetween() {
	h := r.host
	h.current, h.running = nil, nil
	r.clean()
	h.vm.Unlock()
	r.flush()
	h.vm.Lock()
}

// clean prepares flush. The caller holds the VM lock.
func (r *runner) clean() {
	h := r.host
	running := h.running
	h.running = r // what the cleaners mark is flushed with the rest
	for i := 0; i < len(r.cleaners); i++ {
		r.cleaners[i].Clean()
		r.cleaners[i] = nil
	}
	r.cleaners = r.cleaners[:0]
	h.running = running
	h.batches++
	r.batch = h.batches
}

// flush sends what was written. The caller does not hold the VM lock.
func (r *runner) flush() {
	for i, f := range r.dirty {
		f.Flush()
		r.dirty[i] = nil
	}
	r.dirty = r.dirty[:0]
	r.since = time.Time{}
}
