package luahost

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"silly/internal/sched"
)

// inspectWithin runs f with the VM lock held, also in the midst of a task that computes, and waits for that, for at most
// patience. It reports whether f has run; f may still run later.
func (h *Host) inspectWithin(patience time.Duration, f func()) bool {
	select {
	case <-h.sched.Inspect(f):
		return true
	case <-time.After(patience):
		return false
	}
}

// A Snapshot is what a host is doing.
type Snapshot struct {
	Tasks     []TaskReport // in the order of their creation, a hundred at most
	MoreTasks int          // how many there are besides these
	Resources []string     // open listeners and connections, a line for each
	Timers    int          // functions that time.after will run
}

// Snapshot describes what the host is doing, also while a task computes. It returns false when a native function holds
// the VM for longer than patience.
func (h *Host) Snapshot(patience time.Duration) (s Snapshot, ok bool) {
	snapshot := make(chan Snapshot, 1)
	if !h.inspectWithin(patience, func() { snapshot <- h.snapshot() }) {
		return Snapshot{}, false
	}
	return <-snapshot, true
}

// snapshot is Snapshot for the holder of the VM lock.
func (h *Host) snapshot() Snapshot {
	s := Snapshot{Tasks: h.reportSome(), Timers: h.sched.Timers()}
	s.MoreTasks = h.sched.Len() - len(s.Tasks)
	var resources [][]string
	for c := range h.closers {
		if c.describe != nil {
			resources = append(resources, c.describe())
		}
	}
	slices.SortFunc(resources, slices.Compare[[]string])
	s.Resources = slices.Concat(resources...)
	return s
}

// Busy describes the task that computes at the moment, or returns false.
func (h *Host) Busy(patience time.Duration) (report TaskReport, ok bool) {
	reports := make(chan TaskReport, 1)
	ran := h.inspectWithin(patience, func() {
		if h.sched.Current() != nil {
			reports <- h.reportTask(h.sched.Current())
		}
		close(reports)
	})
	if ran {
		report, ok = <-reports
	}
	return report, ok
}

// maxReports is how many tasks are described when a program is ended: there may be millions.
const maxReports = 100

// reportSome describes at most maxReports tasks, the main script among them. The caller holds the VM
// lock.
func (h *Host) reportSome() []TaskReport {
	if h.sched.Len() <= maxReports {
		return h.reportTasks(h.sched.Tasks())
	}
	some := make([]*sched.Task, 0, maxReports)
	for t := range h.sched.Each {
		if len(some) < maxReports {
			some = append(some, t)
		} else if dutyOf(t).main {
			some[0] = t
		}
	}
	slices.SortFunc(some, func(a, b *sched.Task) int { return cmp.Compare(a.ID(), b.ID()) })
	return h.reportTasks(some)
}

func (h *Host) reportTasks(tasks []*sched.Task) []TaskReport {
	var reports []TaskReport
	for _, t := range tasks {
		reports = append(reports, h.reportTask(t))
	}
	return reports
}

func (h *Host) reportTask(t *sched.Task) TaskReport {
	r := TaskReport{Name: taskName(t), Status: Status(t.Status().String()), WaitsFor: t.WaitsFor(), Trace: t.Trace}
	switch fn := t.Function(); {
	case t == h.sched.Current():
		r.Traceback = frames(h.engine.RunningTraceback())
	case t.Thread() != nil:
		r.Traceback = frames(t.Traceback(0))
	case fn != nil && fn.Proto != nil:
		r.Traceback = []Frame{{
			Source: fn.Proto.SourceName, Line: fn.Proto.LineDefined,
			Function: "function that has not started",
		}}
	}
	return r
}

// taskName is "main script" for the main script's task and "task N" for others, N counting from 2.
func taskName(t *sched.Task) string {
	if dutyOf(t).main {
		return "main script"
	}
	return fmt.Sprintf("task %d", t.ID())
}
