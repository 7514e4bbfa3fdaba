package httpclient

import (
	"sync"
	"time"
)

// A watch ends a call whose server neither answers nor takes anything for a while. It runs only while somebody waits
// for the server: a script may think as long as it likes.
type watch struct {
	timeout time.Duration
	silent  func()

	mu      sync.Mutex
	timer   *time.Timer // nil before the first wait
	since   time.Time   // the last progress
	waiting int         // how many reasons there are to wait
	stopped bool
}

// newWatch makes a watch that calls silent once; a timeout of 0 is no limit.
func newWatch(timeout time.Duration, silent func()) *watch {
	return &watch{timeout: timeout, silent: silent, stopped: timeout <= 0}
}

// begin says that somebody waits for the server from now on, until end.
func (w *watch) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting++
	if w.stopped || w.waiting > 1 {
		return
	}
	w.since = time.Now()
	if w.timer == nil {
		w.timer = time.AfterFunc(w.timeout, w.look)
		return
	}
	w.timer.Reset(w.timeout)
}

// end is the end of a wait.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting--
	if w.waiting == 0 && w.timer != nil {
		w.timer.Stop()
	}
}

// progress says that the server has taken something.
func (w *watch) progress() {
	w.mu.Lock()
	w.since = time.Now()
	w.mu.Unlock()
}

// look runs when the timer has fired: there may have been progress meanwhile.
func (w *watch) look() {
	w.mu.Lock()
	if w.stopped || w.waiting == 0 {
		w.mu.Unlock()
		return
	}
	if left := w.timeout - time.Since(w.since); left > 0 {
		w.timer.Reset(left)
		w.mu.Unlock()
		return
	}
	w.stopped = true
	w.mu.Unlock()
	w.silent()
}

// stop ends the watch for good.
func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.timer != nil {
		w.timer.Stop()
	}
}
