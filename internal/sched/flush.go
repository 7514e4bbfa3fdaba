package sched

// A Flusher is a connection that collects what tasks write to it. Flush is called, without the VM lock, when the writing
// task gives up the VM.
type Flusher interface{ Flush() }

// A PreFlusher has something to do before such a flush: PreFlush is called with the VM lock held.
type PreFlusher interface{ PreFlush() }

// ScheduleFlush remembers that the running task wrote to f, so that f is flushed when the task gives up
// the VM. mark is the place where that is noted, one for each connection: nobody else writes to it.
func (s *Scheduler) ScheduleFlush(mark *uint64, f Flusher) {
	w := s.running
	switch {
	case w == nil: // outside of tasks: there is none to give up the VM
		s.Background(f.Flush)
	case *mark != w.batch:
		*mark = w.batch
		w.dirty = append(w.dirty, f)
	}
}

// OnFlush has p.PreFlush called before the next flush. The caller calls it once until then.
func (s *Scheduler) OnFlush(p PreFlusher) {
	if s.running == nil {
		p.PreFlush()
		return
	}
	s.running.onFlush = append(s.running.onFlush, p)
}
