package sched

import (
	"errors"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/poll"
)

const (
	// maxIdleWorkers is how many goroutines are kept for the next task.
	maxIdleWorkers = 128
	// A worker that has tasks ready sends what they wrote when it is for so many connections, or so old.
	maxUnsent    = 256
	maxUnsentAge = 50 * time.Microsecond
)

// A worker is a goroutine that runs tasks, one after the other, while it has the VM. A task needs one only while
// it runs, and while it waits with Go frames on the stack.
type worker struct {
	s     *Scheduler
	wake  chan struct{} // see run; capacity 1
	task  *Task
	dirty []Flusher // what tasks wrote to since the last flush
	batch uint64    // the number of what is collected in dirty, unique in the host
	// onFlush has what has something to do before the next flush.
	onFlush []PreFlusher
	since   time.Time // when dirty was first looked at; zero before

	retry []*poll.Source // whose operations can go on at once, after what is ready now
	polls bool           // it waits for events when there is nothing to run
	ready []*poll.Source // memory of poll and advance, as the next ones
	ended []*WaitSlot
	fired []reminder
}

// idleWorker is a worker that waits for a task: an idle one, or a new one.
func (s *Scheduler) idleWorker() *worker {
	if n := len(s.idle); n > 0 {
		w := s.idle[n-1]
		s.idle[n-1] = nil
		s.idle = s.idle[:n-1]
		return w
	}
	s.batches++
	w := &worker{s: s, wake: make(chan struct{}, 1), batch: s.batches}
	s.workers.Add(1)
	go w.run()
	return w
}

// run is the worker's goroutine. When it is woken it has the VM and a task, or is to poll, or else ends.
func (w *worker) run() {
	s := w.s
	defer s.workers.Done()
	for {
		<-w.wake
		switch {
		case w.polls:
			w.poll()
		case w.task != nil:
			w.loop()
		default:
			return
		}
		s.mu.Lock()
		stays := !s.stopping && len(s.idle) < maxIdleWorkers
		if stays {
			s.idle = append(s.idle, w)
		}
		s.Unlock()
		if !stays {
			return
		}
	}
}

// loop runs the worker's task, and then what is ready. It begins with the VM lock, if there is a task, and ends
// without it.
func (w *worker) loop() {
	s := w.s
	for w.task != nil {
		w.runTask(w.task)
		if w.mustFlush() {
			w.flushBetween()
		}
		w.dispatch(s.next())
	}
	w.flush()
	if !w.polls {
		w.postRetry()
	}
}

// postRetry leaves to the one who polls what can go on at once.
func (w *worker) postRetry() {
	for i, s := range w.retry {
		s.Enqueue()
		w.retry[i] = nil
	}
	w.retry = w.retry[:0]
}

// dispatch takes the task that is next, unless that waits on a goroutine of its own, or there is none: then the VM
// is passed on.
func (w *worker) dispatch(t *Task) {
	w.task = t
	switch {
	case t == nil:
		w.beforeFlush()
		w.s.unlock()
	case t.worker != nil:
		w.task = nil
		w.beforeFlush()
		w.s.handoff(t)
	}
}

// handOffPolling leaves to others what the worker does besides running its task, which keeps its goroutine. The caller
// holds the VM lock.
func (w *worker) handOffPolling() {
	w.postRetry()
	if w.polls {
		w.polls = false
		w.s.startPolling()
	}
}

// runTask gives a task the VM until it ends, or waits and needs no goroutine for it. It begins and ends with the
// VM lock. runtime.Goexit may pass through it: the VM is passed on then.
func (w *worker) runTask(t *Task) {
	s := w.s
	t.worker = w
	s.begin(t)
	if s.mustEnd(t) {
		if t.thread != nil {
			_ = t.thread.Close(ErrClosed)
		}
		s.end(t, nil, ErrClosed)
		return
	}
	returned := false
	defer func() {
		if returned {
			return
		}
		// Somebody has called runtime.Goexit.
		err := ErrClosed
		if !s.mustEnd(t) {
			err = errGoexit
		}
		s.end(t, nil, err)
		w.beforeFlush()
		w.handOffPolling()
		s.Unlock()
		w.flush()
	}()
	waits, err := s.resume(t)
	returned = true
	switch {
	case waits:
		t.worker = nil
		t.stopWatch()
	case err != nil:
		s.end(t, nil, err)
	default:
		s.end(t, t.results(), nil)
	}
}

// errGoexit is the error of a task in whose native function somebody has called runtime.Goexit.
var errGoexit = errors.New("task ended by runtime.Goexit")

// resume runs the task's function from its beginning, or from where it waited.
func (s *Scheduler) resume(t *Task) (waits bool, err error) {
	if t.thread != nil {
		return t.thread.Resume()
	}
	if t.timer != nil {
		delete(s.timers.sessions, t.timer.session) // it can no longer be cancelled
		t.timer = nil
		s.timers.counts.Fired++
	}
	t.thread = s.takeThread()
	t.calling = t.thread.LState()
	args := make([]value.Value, len(t.args))
	for i, arg := range t.args {
		args[i] = value.Import(arg)
	}
	return t.thread.Start(value.OfFunction(t.fn), args...)
}

// results are what the task's function has returned, if somebody wants them.
func (t *Task) results() []lua.LValue {
	if !t.WantsResults {
		return nil
	}
	values := t.thread.Results()
	results := make([]lua.LValue, len(values))
	for i, v := range values {
		results[i] = value.Export(v)
	}
	return results
}

// end ends a task, and its thread unless that can run another one.
func (s *Scheduler) end(t *Task, results []lua.LValue, err error) {
	th := t.thread
	s.forget(t)
	s.hooks.TaskEnded(t, results, err)
	t.fn, t.args, t.arg1[0], t.thread, t.calling = nil, nil, nil, nil, nil
	if s.stopping && len(s.tasks) == 0 {
		signal(s.kick)
	}
	if th != nil && err == nil && !s.stopping && len(s.threads) < maxIdleThreads {
		th.Reset()
		s.threads = append(s.threads, th)
	}
}

// maxIdleThreads is how many threads are kept for the next task.
const maxIdleThreads = 128

// takeThread is a thread for a task: an idle one, or a new one.
func (s *Scheduler) takeThread() *vm.Thread {
	if n := len(s.threads); n > 0 {
		th := s.threads[n-1]
		s.threads[n-1] = nil
		s.threads = s.threads[:n-1]
		return th
	}
	th := s.engine.NewThread()
	th.MarkTask()
	return th
}

// mustFlush reports whether what tasks have written must leave before the next one runs: otherwise it leaves
// when no task is ready any more.
func (w *worker) mustFlush() bool {
	switch {
	case len(w.dirty) == 0 || w.s.ready.Len() == 0:
		return false
	case len(w.dirty) >= maxUnsent:
		return true
	case w.s.burst%8 != 0: // asking for the time costs as much as a small turn
		return false
	}
	now := time.Now()
	if w.since.IsZero() {
		w.since = now
	}
	return now.Sub(w.since) > maxUnsentAge
}

// flushBetween flushes with the VM lock open.
func (w *worker) flushBetween() {
	s := w.s
	s.current, s.running = nil, nil
	w.beforeFlush()
	s.mu.Unlock()
	w.flush()
	s.mu.Lock()
}

// beforeFlush prepares flush.
func (w *worker) beforeFlush() {
	s := w.s
	running := s.running
	s.running = w // what they schedule is flushed with the rest
	for i := 0; i < len(w.onFlush); i++ {
		w.onFlush[i].PreFlush()
		w.onFlush[i] = nil
	}
	w.onFlush = w.onFlush[:0]
	s.running = running
	s.batches++
	w.batch = s.batches
}

// flush sends what was written. The caller does not hold the VM lock.
func (w *worker) flush() {
	for i, f := range w.dirty {
		f.Flush()
		w.dirty[i] = nil
	}
	w.dirty = w.dirty[:0]
	w.since = time.Time{}
}
