package main

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"runtime/pprof"
	"time"

	"silly/luahost"
)

const (
	// reportPatience is how long a report waits for a native function that holds the VM.
	reportPatience = time.Second
	// again is how soon after a report a second SIGQUIT asks for the Go stacks as well.
	again = 2 * time.Second
)

// A reporter answers SIGQUIT: it writes what the program is doing.
type reporter struct {
	team *team
	out  io.Writer
	last time.Time
}

// report writes one report, in one piece.
func (r *reporter) report() {
	asked := time.Now()
	stacks := asked.Sub(r.last) < again
	var b bytes.Buffer
	fmt.Fprintf(&b, "silly: report of %s\n", asked.Format(time.DateTime))
	for _, w := range r.team.workers() {
		if r.team.several() {
			fmt.Fprintf(&b, "worker %d of %d:\n", w.id, r.team.program.workers)
		}
		if s, ok := w.host.Snapshot(reportPatience); ok {
			writeSnapshot(&b, s)
		} else {
			fmt.Fprintln(&b, "a native function holds the VM: tasks and connections cannot be listed")
			stacks = true
		}
	}
	writeMemory(&b)
	if stacks {
		_ = pprof.Lookup("goroutine").WriteTo(&b, 1)
	} else {
		fmt.Fprintf(&b, "(SIGQUIT again within %s adds the stacks of Go)\n", again)
	}
	_, _ = r.out.Write(b.Bytes())
	r.last = time.Now()
}

// busy writes which task computes, if one does.
func (r *reporter) busy() {
	for _, w := range r.team.workers() {
		if t, ok := w.host.Busy(reportPatience); ok {
			fmt.Fprintf(r.out, "silly: %s was computing\n%s\n", t.Name, luahost.FormatTraceback(t.Traceback))
		}
	}
}

func writeSnapshot(w io.Writer, s luahost.Snapshot) {
	fmt.Fprintf(w, "tasks: %d\n", len(s.Tasks)+s.MoreTasks)
	for _, t := range s.Tasks {
		fmt.Fprintln(w, t)
	}
	if s.MoreTasks > 0 {
		fmt.Fprintf(w, "and %d more tasks\n", s.MoreTasks)
	}
	fmt.Fprintf(w, "timers: %d\n", s.Timers)
	fmt.Fprintf(w, "open: %d\n", len(s.Resources))
	const shown = 200
	for i, line := range s.Resources {
		if i == shown {
			fmt.Fprintf(w, "\tand %d more\n", len(s.Resources)-shown)
			break
		}
		fmt.Fprintf(w, "\t%s\n", line)
	}
}

func writeMemory(w io.Writer) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	const mib = 1 << 20
	fmt.Fprintf(w, "memory: %.1f MiB alive or not yet collected, %.1f MiB from the system, %d collections, %d goroutines\n",
		float64(m.HeapAlloc)/mib, float64(m.Sys-m.HeapReleased)/mib, m.NumGC, runtime.NumGoroutine())
}
