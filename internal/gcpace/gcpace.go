// Package gcpace sets the pace of the garbage collector for a process that holds many small connections.
//
// By itself the collector starts when the heap has doubled. For a small heap that is too often: a server with
// a few megabytes that answers tens of thousands of requests in a second collects dozens of times. So a heap may
// always grow by some megabytes. And a server that was busy and now waits keeps up to half of its memory for
// nothing: the next collection comes when somebody allocates. So there is one in such a pause, and the memory
// goes back to the system.
package gcpace

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// interval is how often the process is looked at.
	interval = 500 * time.Millisecond
	// quiet is what an idle process allocates at most in an interval, in bytes.
	quiet = 1 << 20
	// worthwhile is what must have been allocated since the last collection in a pause: so many bytes, and this
	// part of what is live. What the collector has done by itself does not count: all that is allocated while
	// it works survives.
	worthwhile     = 4 << 20
	worthwhilePart = 4
	// growth is what the heap may always grow by before a collection, and percent the part of it that it may
	// grow by anyway, the runtime's default.
	growth     = 12 << 20
	percent    = 100
	maxPercent = 400
)

// Start begins to set the pace, until ctx ends. The environment variable GOGC, if it is set, says how much the
// heap may grow.
func Start(ctx context.Context) {
	paced := os.Getenv("GOGC") == ""
	set := percent
	if paced {
		set = maxPercent
		debug.SetGCPercent(set)
	}
	go func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		var p pauses
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			u := read()
			if want := percentFor(u.live); paced && want != set {
				set = want
				debug.SetGCPercent(set)
			}
			if p.worthCollecting(u) {
				debug.FreeOSMemory()
			}
		}
	}()
}

// percentFor is how much a heap may grow, in percent of what is live: in steps, because setting it stops the
// program for a moment.
func percentFor(live uint64) int {
	const step = 50
	return max(percent, min(maxPercent, int(growth*100/max(live, 1))/step*step))
}

// usage is how a process uses memory, in bytes.
type usage struct {
	allocated uint64 // since it began
	live      uint64 // what the last collection has left
}

// read asks the runtime.
func read() usage {
	samples := [2]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(samples[:])
	return usage{samples[0].Value.Uint64(), samples[1].Value.Uint64()}
}

// pauses finds the pauses of a process.
type pauses struct {
	last      uint64 // allocated at the last look
	collected uint64 // allocated at the last collection in a pause
}

// worthCollecting reports whether the process does nothing and may well have garbage. The caller collects it
// then.
func (p *pauses) worthCollecting(u usage) bool {
	idle := u.allocated-p.last < quiet
	p.last = u.allocated
	if !idle || u.allocated-p.collected < max(worthwhile, u.live/worthwhilePart) {
		return false
	}
	p.collected = u.allocated
	return true
}
