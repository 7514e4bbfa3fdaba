package sched

import (
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/poll"
)

// Pollable is something in the outside world that goes on in steps that do not wait.
type Pollable interface {
	// Start begins: from now on, Proceed may be called. It returns what p will watch, with owner as its owner, or nil if the
	// operation has ended already; due is as for Proceed. It is called with the VM lock held.
	Start(p *poll.Poller, owner any) (source *poll.Source, due time.Time)
	// Proceed does what can be done without waiting, up to the amount after which it is others' turn, and reports
	// whether the operation has ended; otherwise it leaves the source armed or enqueued. due is when it must be called
	// although the source is not ready; the zero time is never. One goroutine at a time calls it, without the VM lock.
	Proceed() (over bool, due time.Time)
}

// An AsyncOp is what a task waits for, again and again: the next message of a connection. It ends soon after the resource
// is closed.
type AsyncOp interface {
	Pollable
	// Continuation comes when the operation has ended.
	Continuation
}

// An Event is what no task waits for: the next request on a connection.
type Event interface {
	Pollable
	// OnReady is called when it has happened, with the VM lock held. It may start tasks.
	OnReady(L *lua.LState)
}

// A WaitSlot is the place from which the operations of a resource are waited for, one at a time. Its zero value is
// ready for use; the holder of the VM lock owns it.
type WaitSlot struct {
	// Serves says that the task waits for whoever may come, as a listener does: nothing is under way, and the program is
	// kept alive by what can wake the task. It is set before the wait.
	Serves bool

	op     Pollable
	task   *Task // nil for an event
	source *poll.Source
	timer  timer       // fires when Proceed is due, or before
	fired  atomic.Bool // it must be set again
	broken bool        // Proceed panicked
}

// Await lets the calling task wait for an operation that ends by itself, and returns what the native function
// must return (see ParkThen). When the host stops meanwhile, what comes after the wait does not run.
func (s *Scheduler) Await(L *lua.LState, waitsFor string, slot *WaitSlot, op AsyncOp) int {
	t := s.current
	source, due := op.Start(s.poller(), slot)
	if source == nil {
		return op.Continue(L, t)
	}
	t.waitsFor = waitsFor
	t.calling = L
	t.status = InIO
	if !slot.Serves {
		s.io++
	}
	s.watch(slot, op, t, source, due)
	if s.engine.CanWait() {
		return s.suspend(t, op)
	}
	t.then = op
	s.park(t)
	then := t.then // another one if Proceed has panicked
	t.then = nil
	return then.Continue(L, t)
}

// Watch waits for an event, on no task's behalf.
func (s *Scheduler) Watch(slot *WaitSlot, event Event) {
	if source, due := event.Start(s.poller(), slot); source != nil {
		s.watch(slot, event, nil, source, due)
	}
}

// watch waits for what Start has begun.
func (s *Scheduler) watch(slot *WaitSlot, op Pollable, t *Task, source *poll.Source, due time.Time) {
	slot.op, slot.task, slot.source = op, t, source
	s.setTimer(slot, due)
	switch {
	case source.Arm():
	case s.running != nil:
		s.running.retry = append(s.running.retry, source)
	default:
		source.Enqueue()
	}
}

// Serving are the waits of a resource that serve. Its zero value has none; the holder of the VM lock owns it.
type Serving struct{ slots map[*WaitSlot]struct{} }

// Add makes a slot serve. It is called before the wait.
func (s *Serving) Add(slot *WaitSlot) {
	if s.slots == nil {
		s.slots = make(map[*WaitSlot]struct{})
	}
	slot.Serves = true
	s.slots[slot] = struct{}{}
}

// Remove is called when the wait from a slot has ended, whether that served or not.
func (s *Serving) Remove(slot *WaitSlot) { delete(s.slots, slot) }

// Any reports whether there are any.
func (s *Serving) Any() bool { return len(s.slots) > 0 }

// Stop says that the waits are about to end: the program waits for that.
func (s *Serving) Stop(scheduler *Scheduler) {
	for slot := range s.slots {
		if slot.Serves && slot.op != nil {
			slot.Serves = false
			scheduler.io++
		}
	}
}

// StopTimer forgets the slot's timer: there will be no more operations.
func (s *Scheduler) StopTimer(slot *WaitSlot) { s.timers.remove(&slot.timer) }

// setTimer ensures that Proceed is called when it is due. A timer that was set for an earlier operation stays
// until it has fired, and is set anew then: that is once in many operations.
func (s *Scheduler) setTimer(slot *WaitSlot, due time.Time) {
	switch {
	case due.IsZero():
		return
	case slot.timer.slot == nil:
		slot.timer.slot, slot.timer.index = slot, -1
	case slot.timer.index >= 0 && !slot.timer.due.After(due):
		return
	}
	s.timers.remove(&slot.timer)
	s.timers.addAt(&slot.timer, due, time.Now())
}

// timerFired is called when the slot's timer has fired.
func (slot *WaitSlot) timerFired() {
	if slot.op != nil { // else the next operation sets it again
		slot.fired.Store(true)
		slot.source.Wake()
	}
}

// poller is the scheduler's poller. It is made when something first waits for the outside world.
func (s *Scheduler) poller() *poll.Poller {
	if s.polling == nil {
		if s.woken {
			s.polling = poll.NewWoken()
		} else {
			s.polling = poll.New()
		}
		s.startPolling()
	}
	return s.polling
}

// startPolling lets a worker wait for events.
func (s *Scheduler) startPolling() {
	w := s.idleWorker()
	w.polls = true
	w.wake <- struct{}{}
}

// poll waits for events and runs the tasks whose operations they end, until the poller is closed or a task needs
// the worker's goroutine to wait. What can go on at once does so after what has become ready meanwhile: nobody who
// sends without end holds up the others.
func (w *worker) poll() {
	p := w.s.polling
	for w.polls {
		var err error
		if len(w.retry) == 0 {
			w.ready, err = p.Wait(w.ready[:0])
		} else {
			w.ready, err = p.Poll(w.ready[:0])
		}
		if err != nil {
			return
		}
		w.ready = append(w.ready, w.retry...)
		clear(w.retry)
		w.retry = w.retry[:0]
		w.advance(w.ready)
		clear(w.ready) // it keeps no connection alive
		w.loop()
	}
}

// advance goes on with operations, without the VM lock. If one of them has ended, the worker has the VM lock and
// a task afterwards, or else neither.
func (w *worker) advance(sources []*poll.Source) {
	s := w.s
	ended, fired := w.ended[:0], w.fired[:0]
	for _, source := range sources {
		slot := source.Owner.(*WaitSlot)
		over, due := w.proceed(slot)
		switch {
		case over:
			ended = append(ended, slot)
		case slot.fired.Swap(false):
			fired = append(fired, reminder{slot, due})
		}
	}
	w.ended, w.fired = ended, fired
	if len(ended)+len(fired) == 0 {
		return
	}
	s.mu.Lock()
	for _, re := range fired {
		s.setTimer(re.slot, re.due)
	}
	s.running = w
	for _, slot := range ended {
		op, t := slot.op, slot.task
		slot.op, slot.task = nil, nil
		slot.fired.Store(false)
		failed := slot.broken
		slot.broken = false
		switch {
		case t == nil && !failed:
			op.(Event).OnReady(s.root)
			continue
		case t == nil:
			continue
		case failed:
			t.then = broken{}
		}
		if !slot.Serves {
			s.io--
		}
		s.makeReady(t)
	}
	clear(ended)
	clear(fired)
	w.dispatch(s.next())
}

// proceed is Proceed. A Go panic, which is a defect of a module, ends the operation: its task gets an error.
func (w *worker) proceed(slot *WaitSlot) (over bool, due time.Time) {
	defer func() {
		if p := recover(); p != nil {
			w.s.hooks.Panicked("the network", p)
			over, slot.broken = true, true
		}
	}()
	return slot.op.Proceed()
}

// broken is what comes after an operation that panicked.
type broken struct{}

func (broken) Continue(L *lua.LState, _ *Task) int {
	th := vm.ThreadOf(L)
	th.Raise(value.String(th.Position() + "internal error: the operation failed"))
	return 0
}

// A reminder is a timer to be set.
type reminder struct {
	slot *WaitSlot
	due  time.Time
}
