package memnet

import (
	"sync"
	"time"
)

// deadline is a point in time after which calls fail. Its fields belong to the lock of the
// condition variable that set is given; it has a timer only while that point lies ahead.
type deadline struct {
	expired bool
	timer   *time.Timer
}

// set replaces the deadline by t, where the zero time means none, and wakes waiting calls when it
// has passed. The caller holds changed.L.
func (d *deadline) set(t time.Time, changed *sync.Cond) {
	d.clear()
	if t.IsZero() {
		return
	}
	left := time.Until(t)
	if left <= 0 {
		d.expired = true
		changed.Broadcast()
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(left, func() {
		changed.L.Lock()
		defer changed.L.Unlock()
		// A timer that fired while set replaced it has no say any more.
		if d.timer != timer {
			return
		}
		d.timer = nil
		d.expired = true
		changed.Broadcast()
	})
	d.timer = timer
}

// clear removes the deadline. The caller holds the lock.
func (d *deadline) clear() {
	d.expired = false
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}
