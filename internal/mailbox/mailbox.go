// Package mailbox has queues that other goroutines fill and tasks wait for. It knows no Lua.
package mailbox

import (
	"container/list"
	"errors"
	"sync"
	"time"

	"silly/internal/fifo"
	"silly/internal/poll"
)

// ErrTimeout is what a wait ends with whose deadline has passed.
var ErrTimeout = errors.New("timeout")

// A Box is a queue with those who wait for it. Its zero value is empty. Any goroutine may call its methods.
type Box[T any] struct {
	mu      sync.Mutex
	queue   fifo.Queue[T]
	waiting list.List // of *Receive[T]; empty unless the queue is
	closed  error     // why nothing more comes, nil while it may
}

// Put gives v to who waits the longest, or adds it to the queue. limit is how many may be in the queue: if there are so many, the
// oldest makes room and is returned, with dropped true. A closed box takes nothing: ok is false.
func (b *Box[T]) Put(v T, limit int) (oldest T, dropped, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed != nil {
		return oldest, false, false
	}
	if first := b.waiting.Front(); first != nil {
		b.answer(first, v, nil)
		return oldest, false, true
	}
	if b.queue.Len() >= limit {
		oldest, dropped = b.queue.Pop()
	}
	b.queue.Push(v)
	return oldest, dropped, true
}

// Len is how many are in the queue.
func (b *Box[T]) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.queue.Len()
}

// Take returns the next one. ok is false when there is none; err says why there will be none.
func (b *Box[T]) Take() (v T, ok bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.take()
}

// take is Take. b.mu is held.
func (b *Box[T]) take() (v T, ok bool, err error) {
	if v, ok = b.queue.Pop(); ok {
		return v, true, nil
	}
	return v, false, b.closed
}

// Close says that nothing more comes, and why. What is in the queue can still be taken. The first reason counts.
func (b *Box[T]) Close(why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed != nil {
		return
	}
	b.closed = why
	for b.waiting.Len() > 0 {
		var none T
		b.answer(b.waiting.Front(), none, why)
	}
}

// Waiting reports whether somebody waits.
func (b *Box[T]) Waiting() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.waiting.Len() > 0
}

// answer ends a wait. b.mu is held.
func (b *Box[T]) answer(waiting *list.Element, v T, err error) {
	r := waiting.Value.(*Receive[T])
	b.waiting.Remove(waiting)
	r.place, r.value, r.err, r.over = nil, v, err, true
	r.source.Wake()
}

// A Receive is one wait.
type Receive[T any] struct {
	box      *Box[T]
	source   poll.Source
	deadline time.Time
	place    *list.Element // in box.waiting, nil when it does not wait; guarded by box.mu, as is what follows
	value    T
	err      error
	over     bool
}

// Begin begins a wait: the caller calls Proceed whenever the source is ready, or it is due, until that reports that the wait
// is over. A zero deadline is none. The owner is that of the source.
func (r *Receive[T]) Begin(b *Box[T], p *poll.Poller, owner any, deadline time.Time) (source *poll.Source, due time.Time) {
	r.box, r.deadline = b, deadline
	r.source.Owner = owner
	r.source.Attach(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	v, ok, err := b.take()
	if ok || err != nil {
		r.value, r.err, r.over = v, err, true
		r.source.MarkReady()
	} else {
		r.place = b.waiting.PushBack(r)
	}
	return &r.source, deadline
}

// Proceed reports whether the wait is over.
func (r *Receive[T]) Proceed() (over bool, due time.Time) {
	for {
		r.source.ClearReady()
		if r.ended() {
			return true, time.Time{}
		}
		if r.source.Arm() {
			return false, r.deadline
		}
	}
}

// ended reports whether the wait is over, because there is something or the deadline has passed.
func (r *Receive[T]) ended() bool {
	r.box.mu.Lock()
	defer r.box.mu.Unlock()
	if !r.over && !r.deadline.IsZero() && !time.Now().Before(r.deadline) {
		r.box.waiting.Remove(r.place)
		r.place, r.err, r.over = nil, ErrTimeout, true
	}
	return r.over
}

// Result is what the wait has got, once it is over.
func (r *Receive[T]) Result() (T, error) { return r.value, r.err }
