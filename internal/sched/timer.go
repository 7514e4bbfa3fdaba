package sched

import (
	"container/heap"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// A timer is a sleeping task, a function to run in a new task, or an operation to look at.
type timer struct {
	due     time.Time
	seq     uint64 // order of creation: decides between equal due times
	index   int    // place in the heap, -1 when not in it
	sleeper *Task
	slot    *WaitSlot

	session int64
	fn      *lua.LFunction
	arg     lua.LValue
	task    *Task // the task made for fn when the timer became due
}

// timers are the timers of one host, ordered by due time. The holder of the VM lock owns them.
type timers struct {
	heap     timerHeap
	slots    int // how many of them are those of wait slots
	sessions map[int64]*timer
	seq      uint64
	alarm    *time.Timer
	armed    time.Time // what the alarm is set to; zero when it is not
	counts   TimerCounts
}

func (ts *timers) init() {
	ts.sessions = make(map[int64]*timer)
	ts.alarm = time.NewTimer(time.Hour)
	ts.alarm.Stop()
}

// add puts tm among the timers.
func (ts *timers) add(tm *timer, after time.Duration) {
	now := time.Now()
	ts.addAt(tm, now.Add(max(after, 0)), now)
}

// addAt puts tm among the timers, to ring at due.
func (ts *timers) addAt(tm *timer, due, now time.Time) {
	tm.due = due
	if tm.slot != nil {
		ts.slots++
	} else {
		ts.counts.Scheduled++
	}
	ts.seq++
	tm.seq = ts.seq
	heap.Push(&ts.heap, tm)
	if tm.index == 0 {
		ts.arm(now)
	}
}

// arm sets the alarm to the earliest due time.
func (ts *timers) arm(now time.Time) {
	if len(ts.heap) == 0 {
		ts.armed = time.Time{}
		return
	}
	if due := ts.heap[0].due; !due.Equal(ts.armed) {
		ts.armed = due
		ts.alarm.Reset(max(due.Sub(now), 0))
	}
}

// popDue takes the first timer that is due at now, or returns nil.
func (ts *timers) popDue(now time.Time) *timer {
	if len(ts.heap) == 0 || ts.heap[0].due.After(now) {
		if !ts.armed.After(now) {
			ts.armed = time.Time{} // the alarm has rung: arm must set it anew
		}
		return nil
	}
	tm := ts.heap[0]
	ts.remove(tm)
	return tm
}

// remove takes tm off the heap, if it is there.
func (ts *timers) remove(tm *timer) {
	if tm.index < 0 || tm.index >= len(ts.heap) || ts.heap[tm.index] != tm {
		return
	}
	heap.Remove(&ts.heap, tm.index)
	if tm.slot != nil {
		ts.slots--
	}
}

// pending reports whether something is still to happen by itself. That an operation is looked at is nothing: it
// would be pending, too.
func (ts *timers) pending() bool { return len(ts.heap) > ts.slots }

func (ts *timers) clear() {
	ts.heap, ts.slots = nil, 0
	clear(ts.sessions)
	ts.alarm.Stop()
	ts.armed = time.Time{}
}

// After runs fn in a new task after d, with arg, or with the session when arg is nil. It returns the
// session, for Cancel.
func (s *Scheduler) After(d time.Duration, fn *lua.LFunction, arg lua.LValue) (session int64) {
	session = int64(s.timers.seq + 1)
	if arg == nil || arg == lua.LNil {
		arg = lua.LNumber(session)
	}
	tm := &timer{session: session, fn: fn, arg: arg, index: -1}
	s.noteOrigin(tm)
	s.timers.sessions[session] = tm
	s.timers.add(tm, d)
	return session
}

// Cancel stops a timer that has not run yet, even one whose task is already ready. Unknown, fired and
// cancelled sessions are ignored.
func (s *Scheduler) Cancel(session int64) {
	tm, ok := s.timers.sessions[session]
	if !ok {
		return
	}
	delete(s.timers.sessions, session)
	delete(s.origins, tm)
	s.timers.remove(tm)
	s.timers.counts.Canceled++
	if t := tm.task; t != nil {
		s.forget(t)
	}
}

// Sleep suspends the calling task for d; with d <= 0 every ready task runs once. It is for a native function that returns
// nothing and does nothing afterwards, and must return the result of Sleep (see ParkThen). L is the thread that called it.
func (s *Scheduler) Sleep(L *lua.LState, d time.Duration) int {
	t := s.sleep(L, d)
	if s.engine.CanWait() {
		return s.suspend(t, slept{})
	}
	s.park(t)
	return 0
}

// slept is the Continuation that does nothing.
type slept struct{}

func (slept) Continue(*lua.LState, *Task) int { return 0 }

// sleep says when the calling task, which is about to wait, is to be woken.
func (s *Scheduler) sleep(L *lua.LState, d time.Duration) *Task {
	t := s.current
	t.calling = L
	if d <= 0 {
		s.makeReady(t)
		return t
	}
	t.status = Sleeping
	t.alarm = &timer{sleeper: t, index: -1}
	s.timers.add(t.alarm, d)
	return t
}

// timerHeap orders timers by due time, then by age.
type timerHeap []*timer

func (th timerHeap) Len() int { return len(th) }

func (th timerHeap) Less(i, j int) bool {
	if th[i].due.Equal(th[j].due) {
		return th[i].seq < th[j].seq
	}
	return th[i].due.Before(th[j].due)
}

func (th timerHeap) Swap(i, j int) {
	th[i], th[j] = th[j], th[i]
	th[i].index, th[j].index = i, j
}

func (th *timerHeap) Push(x any) {
	tm := x.(*timer)
	tm.index = len(*th)
	*th = append(*th, tm)
}

func (th *timerHeap) Pop() any {
	old := *th
	tm := old[len(old)-1]
	old[len(old)-1] = nil
	*th = old[:len(old)-1]
	tm.index = -1
	return tm
}

// fireDue makes ready what is due at now, in the order of the due times.
func (s *Scheduler) fireDue(now time.Time) {
	for {
		tm := s.timers.popDue(now)
		if tm == nil {
			break
		}
		switch {
		case tm.sleeper != nil:
			s.timers.counts.Fired++
			s.makeReady(tm.sleeper)
			continue
		case tm.slot != nil:
			tm.slot.timerFired()
			continue
		}
		// The timer stays known until its task runs, so that it can still be cancelled.
		t := s.newTask(tm.fn, tm.arg)
		t.timer = tm
		s.passOrigin(tm, t)
		tm.task = t
		s.makeReady(t)
	}
	s.timers.arm(now)
}
