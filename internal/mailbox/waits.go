package mailbox

import (
	"container/list"
	"sync"
	"time"

	"silly/internal/netconn"
	"silly/internal/poll"
)

// Waits are the waits for what their owner has to give, such as a Box, whose lock guards them. Its zero value has none.
type Waits[T any] struct{ list list.List } // of *Receive[T]

// Answer ends the longest wait with a value or an error, and reports whether there was one.
func (w *Waits[T]) Answer(v T, err error) bool {
	first := w.list.Front()
	if first == nil {
		return false
	}
	r := w.list.Remove(first).(*Receive[T])
	r.place, r.value, r.err, r.over = nil, v, err, true
	r.source.Wake()
	return true
}

// AnswerAll ends all waits with an error.
func (w *Waits[T]) AnswerAll(err error) {
	var none T
	for w.Answer(none, err) {
	}
}

// A Receive is one wait.
type Receive[T any] struct {
	waits    *Waits[T]
	lock     sync.Locker // of the owner
	source   poll.Source
	deadline time.Time
	place    *list.Element // in waits, nil when it does not wait; guarded by lock, as is what follows
	value    T
	err      error
	over     bool
}

// Begin begins a wait for a value of a Box: see BeginAt.
func (r *Receive[T]) Begin(b *Box[T], p *poll.Poller, owner any, deadline time.Time) (source *poll.Source, due time.Time) {
	return r.BeginAt(&b.waits, &b.mu, b.take, p, owner, deadline)
}

// BeginAt begins a wait: the caller calls Proceed whenever the source is ready, or it is due, until that reports that the wait
// is over. take, called with the lock of waits, returns what is there, or says why there will be nothing; else Answer ends the
// wait. A zero deadline is none; what ends with another one ends with netconn.ErrTimeout. The owner is that of the source.
func (r *Receive[T]) BeginAt(waits *Waits[T], lock sync.Locker, take func() (v T, ok bool, err error), p *poll.Poller, owner any, deadline time.Time) (source *poll.Source, due time.Time) {
	r.waits, r.lock, r.deadline = waits, lock, deadline
	r.source.Owner = owner
	r.source.Attach(p)
	lock.Lock()
	defer lock.Unlock()
	v, ok, err := take()
	if ok || err != nil {
		r.value, r.err, r.over = v, err, true
		r.source.MarkReady()
	} else {
		r.place = waits.list.PushBack(r)
	}
	return &r.source, deadline
}

// Proceed reports whether the wait is over.
func (r *Receive[T]) Proceed() (over bool, due time.Time) {
	return netconn.Proceed(&r.source, (*operation[T])(r))
}

// Result is what the wait has got, once it is over.
func (r *Receive[T]) Result() (T, error) { return r.value, r.err }

// operation is a Receive as a netconn.Operation.
type operation[T any] Receive[T]

// Step implements netconn.Operation.
func (o *operation[T]) Step() (n int, over bool) {
	o.source.ClearReady()
	o.lock.Lock()
	defer o.lock.Unlock()
	return 0, o.over
}

// Due implements netconn.Operation.
func (o *operation[T]) Due() (deadline, due time.Time) { return o.deadline, o.deadline }

// Expire implements netconn.Operation.
func (o *operation[T]) Expire() {
	o.lock.Lock()
	defer o.lock.Unlock()
	if o.place != nil { // else it has just been answered
		o.waits.list.Remove(o.place)
		o.place, o.err = nil, netconn.ErrTimeout
	}
}
