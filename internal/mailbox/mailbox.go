// Package mailbox has queues that other goroutines fill, and the waits of tasks for what is in them. It knows no Lua.
package mailbox

import (
	"sync"

	"silly/internal/fifo"
)

// A Box is a queue with those who wait for it. Its zero value is empty. Any goroutine may call its methods.
type Box[T any] struct {
	mu     sync.Mutex
	queue  fifo.Queue[T]
	waits  Waits[T] // none unless the queue is empty
	closed error    // why nothing more comes, nil while it may
}

// Put gives v to who waits the longest, or adds it to the queue. limit is how many may be in the queue: if there are so many, the
// oldest makes room and is returned, with dropped true. A closed box takes nothing: ok is false.
func (b *Box[T]) Put(v T, limit int) (oldest T, dropped, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed != nil {
		return oldest, false, false
	}
	if b.waits.Answer(v, nil) {
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
	b.waits.AnswerAll(why)
}
