package virtualtime

import (
	"sync"
	"sync/atomic"
	"time"
)

// watchStep is how often a Watch looks.
const watchStep = 20 * time.Millisecond

// A Watch looks by the real clock whether what runs in a bubble takes too long. Any goroutine may call its methods, those of
// the bubble as well.
type Watch struct {
	state   atomic.Pointer[limit]
	stopped chan struct{}
	running sync.WaitGroup
}

// A limit is what was begun, and how long it may take.
type limit struct{ d time.Duration }

// NewWatch starts a watch, which calls late on a goroutine of its own when more than the time has passed that the last call of
// Begin allows, and again after the same time. It is called outside of the bubble; late must keep the rules of Run.
func NewWatch(late func()) *Watch {
	w := &Watch{stopped: make(chan struct{})}
	w.running.Go(func() { w.run(late) })
	return w
}

// Begin says that something begins that may take so long.
func (w *Watch) Begin(d time.Duration) { w.state.Store(&limit{d}) }

// End says that nothing is under way.
func (w *Watch) End() { w.state.Store(nil) }

// Stop ends the watch. It is called outside of the bubble, and not by late.
func (w *Watch) Stop() {
	close(w.stopped)
	w.running.Wait()
}

func (w *Watch) run(late func()) {
	ticker := time.NewTicker(watchStep)
	defer ticker.Stop()
	var seen *limit
	var since time.Time
	for {
		select {
		case <-w.stopped:
			return
		case now := <-ticker.C:
			switch l := w.state.Load(); {
			case l != seen:
				seen, since = l, now
			case l != nil && now.Sub(since) > l.d:
				since = now
				late()
			}
		}
	}
}
