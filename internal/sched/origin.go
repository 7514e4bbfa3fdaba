package sched

import "silly/internal/lua/vm"

// origins are the tracebacks of where tasks and timers were made; nil when nobody wants to know.
type origins map[any][]vm.TraceFrame

// KeepOrigins makes the scheduler remember where tasks and timers are made, from now on.
func (s Owner) KeepOrigins() { s.origins = make(origins) }

// noteOrigin remembers that what runs has made a *Task or a *timer.
func (s *Scheduler) noteOrigin(made any) {
	if s.origins != nil && s.current != nil {
		s.origins[made] = s.engine.RunningTraceback()
	}
}

// passOrigin makes the origin of a timer that of its task.
func (s *Scheduler) passOrigin(tm *timer, t *Task) {
	if origin, ok := s.origins[tm]; ok {
		delete(s.origins, tm)
		s.origins[t] = origin
	}
}

// Origin is the traceback of where a task was made, if that is kept and a script made it, or else nil.
func (s Owner) Origin(t *Task) []vm.TraceFrame { return s.origins[t] }

// EachTimer calls f with the session of each function that After will run and that is not a task yet, in no order, and with
// where it was made, as Origin.
func (s Owner) EachTimer(f func(session int64, origin []vm.TraceFrame)) {
	for session, tm := range s.timers.sessions {
		if tm.task == nil {
			f(session, s.origins[tm])
		}
	}
}
