package sched

import "time"

// A stopwatch measures how long a task has the VM.
type stopwatch struct {
	had   time.Duration // before its present turn
	since time.Time     // the beginning of that
}

// Elapsed is how long the running task has had the VM since the first call for it: what it waits does not count.
func (s *Scheduler) Elapsed() time.Duration {
	t := s.current
	if t.watch == nil {
		t.watch = &stopwatch{since: time.Now()}
	}
	return t.watch.had + time.Since(t.watch.since)
}

// startWatch begins a turn.
func (t *Task) startWatch() {
	if t.watch != nil {
		t.watch.since = time.Now()
	}
}

// stopWatch ends a turn.
func (t *Task) stopWatch() {
	if t.watch != nil {
		t.watch.had += time.Since(t.watch.since)
	}
}
