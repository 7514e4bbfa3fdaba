package luahost

import (
	"sync/atomic"
	"time"

	"silly/internal/poll"

	lua "github.com/yuin/gopher-lua"
)

// Steps is something in the outside world that goes on in steps that do not wait.
type Steps interface {
	// Start begins: from now on, Proceed may be called. It returns what p will watch, with owner as its owner, or
	// nil if there is no such thing; due is as for Proceed. It is called with the VM lock held.
	Start(p *poll.Poller, owner any) (source *poll.Source, due time.Time)
	// Proceed does what can be done without waiting, up to the amount after which it is others' turn, and reports
	// whether the operation has ended; otherwise it leaves the source armed or posted. due is when it must be called
	// although the source is not ready; the zero time is never. One goroutine at a time calls it, without the VM lock.
	Proceed() (over bool, due time.Time)
}

// An Operation is what a task waits for, again and again: the next message of a connection. It goes on in steps,
// or, where that is not possible, on the goroutine of the task, in Wait.
type Operation interface {
	Steps
	// Wait does all of it at once, without the VM lock. It ends soon after the resource is closed.
	Wait()
	// Continuation comes when the operation has ended.
	Continuation
}

// An Event is what no task waits for: the next request on a connection.
type Event interface {
	Steps
	// Ended is called when it has happened, with the VM lock held. It may start tasks.
	Ended(L *lua.LState)
}

// A Waiter is the place from which the operations of a resource are waited for, one at a time. Its zero value is
// ready for use; the holder of the VM lock owns it.
type Waiter struct {
	op     Steps
	task   *Task // nil for an event
	source *poll.Source
	bell   timer       // rings when Proceed is due, or before
	rang   atomic.Bool // it must be set again
	broken bool        // Proceed panicked
}

// Await lets the calling task wait for an operation that ends by itself, and returns what the native function
// must return (see [Host.ParkThen]). When the host stops meanwhile, what comes after the wait does not run. The
// caller holds the VM lock.
func (h *Host) Await(L *lua.LState, waitsFor string, w *Waiter, op Operation) int {
	t := h.current
	t.waitsFor = waitsFor
	t.calling = L
	if h.engine.CanWait() {
		if p := h.poller(); p != nil {
			if source, due := op.Start(p, w); source != nil {
				t.status = InIO
				h.io++
				h.watch(w, op, t, source, due)
				return h.leave(t, op)
			}
		}
	}
	h.wait(L, waitsFor, op)
	return op.Continue(L, t)
}

// Watch waits for an event, on no task's behalf. It returns false if that is not possible. The caller holds the VM
// lock.
func (h *Host) Watch(w *Waiter, event Event) bool {
	p := h.poller()
	if p == nil {
		return false
	}
	source, due := event.Start(p, w)
	if source == nil {
		return false
	}
	h.watch(w, event, nil, source, due)
	return true
}

// watch waits for what Start has begun.
func (h *Host) watch(w *Waiter, op Steps, t *Task, source *poll.Source, due time.Time) {
	w.op, w.task, w.source = op, t, source
	h.setBell(w, due)
	switch {
	case source.Arm():
	case h.running != nil:
		h.running.retry = append(h.running.retry, source)
	default:
		source.Post()
	}
}

// Dismiss forgets the waiter's timer: there will be no more operations. The caller holds the VM lock.
func (h *Host) Dismiss(w *Waiter) { h.timers.remove(&w.bell) }

// setBell sees to it that Proceed is called when it is due. A timer that was set for an earlier operation stays
// until it has rung, and is set anew then: that is once in many operations.
func (h *Host) setBell(w *Waiter, due time.Time) {
	switch {
	case due.IsZero():
		return
	case w.bell.waiter == nil:
		w.bell.waiter, w.bell.index = w, -1
	case w.bell.index >= 0 && !w.bell.due.After(due):
		return
	}
	h.timers.remove(&w.bell)
	h.timers.addAt(&w.bell, due, time.Now())
}

// ring is called when the waiter's timer has rung.
func (w *Waiter) ring() {
	if w.op != nil { // else the next operation sets it again
		w.rang.Store(true)
		w.source.Wake()
	}
}

// poller is the host's poller; nil where there is none. The caller holds the VM lock.
func (h *Host) poller() *poll.Poller {
	if h.polling == nil {
		p, err := poll.New()
		if err != nil { // there is none here, or there are too many open files just now
			return nil
		}
		h.polling = p
		h.startPolling()
	}
	return h.polling
}

// startPolling lets a runner wait for events. The caller holds the VM lock.
func (s *scheduler) startPolling() {
	r := s.idleRunner()
	r.polls = true
	r.wake <- struct{}{}
}

// poll waits for events and runs the tasks whose operations they end, until the poller is closed or a task needs
// the runner's goroutine to wait. What can go on at once does so after what has become ready meanwhile: nobody who
// sends without end holds up the others.
func (r *runner) poll() {
	p := r.host.polling
	for r.polls {
		var err error
		if len(r.retry) == 0 {
			r.ready, err = p.Wait(r.ready[:0])
		} else {
			r.ready, err = p.Poll(r.ready[:0])
		}
		if err != nil {
			return
		}
		r.ready = append(r.ready, r.retry...)
		clear(r.retry)
		r.retry = r.retry[:0]
		r.advance(r.ready)
		clear(r.ready) // it keeps no connection alive
		r.work()
	}
}

// advance goes on with operations, without the VM lock. If one of them has ended, the runner has the VM lock and
// a task afterwards, or else neither.
func (r *runner) advance(sources []*poll.Source) {
	h := r.host
	ended, rang := r.ended[:0], r.rang[:0]
	for _, s := range sources {
		w := s.Owner.(*Waiter)
		over, due := r.proceed(w)
		switch {
		case over:
			ended = append(ended, w)
		case w.rang.Swap(false):
			rang = append(rang, reminder{w, due})
		}
	}
	r.ended, r.rang = ended, rang
	if len(ended)+len(rang) == 0 {
		return
	}
	h.vm.Lock()
	for _, re := range rang {
		h.setBell(re.waiter, re.due)
	}
	h.running = r
	for _, w := range ended {
		op, t := w.op, w.task
		w.op, w.task = nil, nil
		w.rang.Store(false)
		failed := w.broken
		w.broken = false
		switch {
		case t == nil && !failed:
			op.(Event).Ended(h.root)
			continue
		case t == nil:
			continue
		case failed:
			t.then = broken{}
		}
		h.io--
		h.makeReady(t)
	}
	clear(ended)
	clear(rang)
	r.accept(h.pick())
}

// proceed is Proceed. A Go panic, which is a defect of a module, ends the operation: its task gets an error.
func (r *runner) proceed(w *Waiter) (over bool, due time.Time) {
	defer func() {
		if p := recover(); p != nil {
			r.host.logPanic("the network", p)
			over, w.broken = true, true
		}
	}()
	return w.op.Proceed()
}

// broken is what comes after an operation that panicked.
type broken struct{}

func (broken) Continue(L *lua.LState, _ *Task) int {
	Raise(L, "internal error: the operation failed")
	return 0
}

// A reminder is a timer to be set.
type reminder struct {
	waiter *Waiter
	due    time.Time
}
