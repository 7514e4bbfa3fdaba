package poll

import (
	"os"
	"sync"
	"testing"
)

// TestWithoutAKernel: sources that are woken are ready, each once, also when nothing watches sockets here.
func TestWithoutAKernel(t *testing.T) {
	t.Parallel()
	p := newPoller(nil)
	if err := p.Watch(nil, new(Source)); err == nil {
		t.Error("somebody watches sockets")
	}
	sources := make([]Source, 100)
	for i := range sources {
		sources[i].Attach(p)
		for !sources[i].Arm() {
			t.Fatal("a new source is ready")
		}
	}
	var wakers sync.WaitGroup
	for i := range sources {
		wakers.Go(sources[i].Wake)
		wakers.Go(sources[i].Wake)
	}
	seen := make(map[*Source]bool)
	var ready []*Source
	for len(seen) < len(sources) {
		var err error
		if ready, err = p.Wait(ready[:0]); err != nil {
			t.Fatal(err)
		}
		for _, s := range ready {
			if seen[s] {
				t.Fatal("a source came twice")
			}
			seen[s] = true
		}
	}
	wakers.Wait()
	if sources[0].Arm() {
		t.Error("what woke a source a second time is forgotten")
	}
	sources[1].ClearReady()
	if !sources[1].Arm() {
		t.Error("a source stays ready")
	}
	sources[1].Unwatch()
	if ready, err := p.Poll(nil); len(ready) != 1 || err != nil || sources[1].Arm() {
		t.Errorf("%d sources are ready when one has ended, %v", len(ready), err)
	}
	if ready, err := p.Poll(nil); len(ready) != 0 || err != nil {
		t.Errorf("%d sources are ready, %v", len(ready), err)
	}
	ended := make(chan error)
	go func() {
		_, err := p.Wait(nil)
		for err == nil { // the wake of Unwatch
			_, err = p.Wait(nil)
		}
		ended <- err
	}()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != os.ErrClosed {
		t.Errorf("wait returned %v", err)
	}
}
