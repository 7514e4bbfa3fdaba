package luahost

import (
	"fmt"
	"log/slog"
	"time"

	"silly/internal/lua/vm"
)

// watchSteps is how many times the watchdog looks in the time that it watches for.
const watchSteps = 4

// A watchdog tells of tasks that compute for long without letting others run.
type watchdog struct {
	host  *Host
	limit time.Duration
	wake  chan struct{} // capacity 1

	// The holder of the VM lock owns these.
	idle  bool      // nothing went on since the last look
	turn  uint64    // the turn that was under way at the last look
	since time.Time // when it was first seen
	next  time.Duration
}

// watch is the watchdog's goroutine.
func (w *watchdog) watch() {
	h := w.host
	step := max(w.limit/watchSteps, time.Millisecond)
	tick := time.NewTimer(step)
	defer tick.Stop()
	for {
		var busy *TaskReport
		var computed time.Duration
		idle := false
		looked := h.sched.Inspect(func() {
			busy, computed = w.look(time.Now())
			if idle = w.idle; idle {
				h.sched.NotifyTurn(w.wake)
			}
		})
		asked := time.Now()
		for next := w.limit; !isClosed(looked); next *= 2 {
			select {
			case <-looked:
			case <-h.ctx.Done():
				return
			case <-time.After(time.Until(asked.Add(next))):
				h.logf(slog.LevelWarn, "a native function has computed for %s without looking up: nothing else runs meanwhile", roundTime(time.Since(asked)))
			}
		}
		if busy != nil {
			h.log.Write(slog.LevelWarn, busy.Trace, "", fmt.Sprintf("%s has computed for %s without waiting: nothing else runs meanwhile\n%s",
				busy.Name, roundTime(computed), FormatTraceback(busy.Traceback)))
		}
		if idle {
			select {
			case <-w.wake:
			case <-h.ctx.Done():
				return
			}
		}
		tick.Reset(step)
		select {
		case <-tick.C:
		case <-h.ctx.Done():
			return
		}
	}
}

// look describes the task that computes if it has done so for long enough, and lets the watchdog sleep when nothing has
// gone on since the last look. The caller holds the VM lock.
func (w *watchdog) look(now time.Time) (busy *TaskReport, computed time.Duration) {
	s := w.host.sched
	w.idle = false
	switch {
	case s.Current() == nil:
		w.idle = w.turn == s.Turns()
		w.turn = s.Turns()
		w.since = time.Time{}
		return nil, 0
	case w.turn != s.Turns() || w.since.IsZero():
		w.turn, w.since, w.next = s.Turns(), now, w.limit
		return nil, 0
	}
	if computed = now.Sub(w.since); computed < w.next {
		return nil, 0
	}
	w.next *= 2
	report := w.host.reportTask(s.Current())
	return &report, computed
}

// isClosed reports whether c is closed.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// roundTime is a time for people.
func roundTime(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// EndBusy ends, from now on until the host is closed, every task that computes for longer than limit without letting
// others run, as Interrupt does. Any goroutine may call it.
func (h *Host) EndBusy(limit time.Duration, reason error) {
	h.sched.Background(func() {
		var turn uint64
		var since time.Time
		var abort *vm.Abort
		look := func() {
			now := time.Now()
			switch {
			case h.sched.Current() == nil, h.sched.Turns() != turn, since.IsZero():
				if abort != nil {
					h.engine.TakeBack(abort)
					abort = nil
				}
				turn, since = h.sched.Turns(), now
			case now.Sub(since) >= limit:
				abort = &vm.Abort{Reason: reason, Concerns: func() bool { return h.sched.Turns() == turn }}
				h.engine.Interrupt(abort)
				since = now // what closes variables then is ended, too
			}
		}
		tick := time.NewTicker(max(limit/watchSteps, time.Millisecond))
		defer tick.Stop()
		for {
			select {
			case <-h.sched.Inspect(look):
			case <-h.ctx.Done():
				return
			}
			select {
			case <-tick.C:
			case <-h.ctx.Done():
				return
			}
		}
	})
}
