// Package gcpace sets the pace of the garbage collector for a process that holds many small connections.
//
// By itself the collector starts when the heap has doubled. That is right for a busy server, but one that was busy
// and now waits keeps up to half of its memory for nothing: the next collection comes when somebody
// allocates. Start collects in such pauses and returns the memory to the system.
package gcpace

import (
	"context"
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
)

// Start begins to look at the process, until ctx ends.
func Start(ctx context.Context) {
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
			if p.worthCollecting(read()) {
				debug.FreeOSMemory()
			}
		}
	}()
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
