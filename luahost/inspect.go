package luahost

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"
)

// inspect runs f with the VM lock held, also in the midst of a task that computes, and closes the channel that it
// returns when f has run. That is at once, unless a native function computes that never looks up. f must not wait, nor
// run script functions. The caller must not hold the VM lock.
func (h *Host) inspect(f func()) (done <-chan struct{}) {
	ran := make(chan struct{})
	var once sync.Once
	run := func() {
		once.Do(func() {
			f()
			close(ran)
		})
	}
	h.engine.Ask(run)
	go func() {
		h.vm.Lock()
		defer h.pass()
		run()
	}()
	return ran
}

// inspectWithin is inspect that waits, for at most patience. It reports whether f has run; f may still run later.
func (h *Host) inspectWithin(patience time.Duration, f func()) bool {
	select {
	case <-h.inspect(f):
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
	s := Snapshot{Tasks: h.reportSome(), Timers: len(h.timers.sessions)}
	s.MoreTasks = len(h.tasks) - len(s.Tasks)
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
		if h.current != nil {
			reports <- h.reportTask(h.current)
		}
		close(reports)
	})
	if ran {
		report, ok = <-reports
	}
	return report, ok
}

// Report describes every live task, in the order of their creation. The caller holds the VM lock.
func (h *Host) Report() []TaskReport { return h.reportTasks(h.Tasks()) }

// maxReports is how many tasks are described when a program is ended: there may be millions.
const maxReports = 100

// reportSome is Report for at most maxReports tasks, the main script among them. The caller holds the VM
// lock.
func (h *Host) reportSome() []TaskReport {
	if len(h.tasks) <= maxReports {
		return h.Report()
	}
	some := make([]*Task, 0, maxReports)
	for t := range h.tasks {
		if len(some) < maxReports {
			some = append(some, t)
		} else if t.main {
			some[0] = t
		}
	}
	slices.SortFunc(some, func(a, b *Task) int { return cmp.Compare(a.id, b.id) })
	return h.reportTasks(some)
}

func (h *Host) reportTasks(tasks []*Task) []TaskReport {
	var reports []TaskReport
	for _, t := range tasks {
		reports = append(reports, h.reportTask(t))
	}
	return reports
}

func (h *Host) reportTask(t *Task) TaskReport {
	r := TaskReport{Name: t.Name(), Status: t.status, WaitsFor: t.waitsFor}
	switch {
	case t == h.current:
		r.Traceback = frames(h.engine.RunningTraceback())
	case t.calling != nil:
		r.Traceback = t.traceback(0)
	case t.fn != nil && t.fn.Proto != nil:
		r.Traceback = []Frame{{
			Source: t.fn.Proto.SourceName, Line: t.fn.Proto.LineDefined,
			Function: "function that has not started",
		}}
	}
	return r
}

// Name is "main script" for the main script's task and "task N" for others, N counting from 2.
func (t *Task) Name() string {
	if t.main {
		return "main script"
	}
	return fmt.Sprintf("task %d", t.id)
}
