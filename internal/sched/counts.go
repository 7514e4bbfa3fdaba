package sched

import "silly/internal/netmeter"

// TimerCounts are how many timers of After and sleeps there are, and were.
type TimerCounts struct {
	Pending   int    // not due yet
	Scheduled uint64 // begun so far
	Fired     uint64 // timers whose tasks have begun, and sleeps that have ended
	Canceled  uint64
}

// TimerCounts counts the timers. The caller holds the VM lock, as that of TaskCounts does.
func (s *Scheduler) TimerCounts() TimerCounts {
	counts := s.timers.counts
	counts.Pending = len(s.timers.heap) - s.timers.slots
	return counts
}

// TaskCounts are how many tasks there are, and how many of them wait for their turn.
func (s *Scheduler) TaskCounts() (live, runnable int) { return len(s.tasks), s.ready.Len() }

// Meter counts what goes over the connections of the host's modules. Any goroutine may call it.
func (s *Scheduler) Meter() *netmeter.Meter { return &s.meter }
