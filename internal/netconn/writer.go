package netconn

import (
	"crypto/tls"
	"net"
	"sync"
	"syscall"
	"time"
)

// MinShared is the size from which a string is better sent from where it lies than copied.
const MinShared = 16 << 10

// A writeState is how far the end of writing has come. It only ever moves down this list.
type writeState uint8

const (
	writeOpen     writeState = iota
	writeSealed              // nothing more is appended; what is queued leaves
	writeEnding              // behind what is queued the end of the stream leaves
	writeNotified            // TLS has said so: its close_notify is queued
	writeEnded               // the end of the stream was sent
	writeFailed              // what is queued is dropped; err says why
	writeClosed              // the connection was closed
)

// A writer is the half of a Conn that sends. A goroutine that is flushing may read what it has taken from the outbox
// without the mutex, because appending never changes what is there.
type writer struct {
	// What each flush looks at comes first: a broadcast goes through thousands of connections.
	mu           sync.Mutex
	prepared     string  // a frame of many receivers; it comes before what is in out
	out          *outbox // from the pool; nil while empty
	flushing     bool    // a goroutine is flushing; it alone takes from the outbox and writes to the transport
	state        writeState
	socket       syscall.RawConn // of the transport, without TLS; else nil
	err          error           // the first one
	waiters      []waiter
	tls          *tls.Conn // nil without TLS
	transport    *Transport
	writeTimeout time.Duration
	onSlowPeer   func() // called once, on a goroutine of its own
}

// A waiter waits until at most limit bytes are queued, or for an error.
type waiter struct {
	limit int
	ready chan error // gets the result of the wait
}

// moveTo moves the state, unless it is there or further. w.mu is held.
func (w *writer) moveTo(state writeState) { w.state = max(w.state, state) }

// Append adds to the outbox what encode appends to its argument, and returns how many bytes wait to be
// sent. encode must be quick and must not change the bytes that are there.
func (w *writer) Append(encode func(dst []byte) []byte) (queued int, err error) {
	return w.AppendShared(func(dst []byte) ([]byte, string) { return encode(dst), "" })
}

// AppendShared is Append for what consists of few bytes and a large string, which is sent from where it lies.
func (w *writer) AppendShared(encode func(dst []byte) ([]byte, string)) (queued int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.err != nil:
		return 0, w.err
	case w.state != writeOpen:
		return 0, net.ErrClosed
	}
	if w.out == nil {
		w.out = outboxes.Get().(*outbox)
	}
	w.out.append(w.flushing, encode)
	return w.queuedLocked(), nil
}

// AppendPrepared is Append for bytes that many connections get: an empty outbox refers to them.
func (w *writer) AppendPrepared(frame string) (queued int, err error) {
	w.mu.Lock()
	if w.socket != nil && w.state == writeOpen && !w.flushing && w.queuedLocked() == 0 && len(frame) <= small {
		w.prepared = frame
		w.mu.Unlock()
		return len(frame), nil
	}
	w.mu.Unlock()
	return w.Append(func(dst []byte) []byte { return append(dst, frame...) })
}

// queuedLocked is Queued. w.mu is held.
func (w *writer) queuedLocked() int {
	if w.out == nil {
		return len(w.prepared)
	}
	return len(w.prepared) + w.out.queued
}

// Queued is the number of bytes that wait to be sent.
func (w *writer) Queued() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.queuedLocked()
}

// Err is why writing has failed, or nil.
func (w *writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Fail ends the connection for writing: what is queued is dropped, and every later Append returns err.
// The first error counts.
func (w *writer) Fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failLocked(err)
}

// failLocked is Fail. w.mu is held.
func (w *writer) failLocked(err error) {
	w.moveTo(writeFailed)
	if w.err == nil {
		w.err = err
		if err == ErrSlowPeer && w.onSlowPeer != nil {
			go w.onSlowPeer()
		}
	}
	w.notify()
}

// OnSlowPeer sets what is called, on a goroutine of its own, when the peer has taken nothing for the write
// timeout. It must be set before anything is sent.
func (w *writer) OnSlowPeer(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.onSlowPeer = f
}

// Seal says that nothing more will be appended: Append returns net.ErrClosed from now on, and so do the
// calls of Wait that wait for room. What is queued still leaves.
func (w *writer) Seal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moveTo(writeSealed)
	w.notify()
}

// notify wakes those whose wait is over. w.mu is held.
func (w *writer) notify() {
	kept := w.waiters[:0]
	for _, waiter := range w.waiters {
		over, err := w.waited(waiter.limit)
		if over {
			waiter.ready <- err
			continue
		}
		kept = append(kept, waiter)
	}
	w.waiters = kept
}

// waited reports whether a wait is over, and its result. w.mu is held.
func (w *writer) waited(limit int) (over bool, err error) {
	switch {
	case w.err != nil:
		return true, w.err
	case limit == 0:
		return w.state == writeClosed || !w.hasWork() && !w.flushing, nil
	case w.queuedLocked() <= limit && w.state != writeSealed && w.state != writeClosed:
		return true, nil
	case w.state != writeOpen:
		return true, net.ErrClosed
	}
	return false, nil
}

// Wait flushes and waits until at most limit bytes are queued; with limit 0, until everything has been
// handed to the kernel, the end of the stream included. It returns why writing has failed, or nil. A wait
// for room ends when the outbox is sealed: nobody needs the room any more.
func (w *writer) Wait(limit int) error {
	w.Flush()
	ready := make(chan error, 1)
	w.mu.Lock()
	w.waiters = append(w.waiters, waiter{limit, ready})
	w.notify()
	w.mu.Unlock()
	return <-ready
}

// CloseWrite sends the end of the stream after what is queued: close_notify under TLS, then FIN. Nothing
// can be appended any more; reading goes on.
func (w *writer) CloseWrite() {
	w.mu.Lock()
	w.moveTo(writeEnding)
	w.mu.Unlock()
	w.Flush()
}

// SetWriteTimeout changes how long the peer may take nothing before the connection fails.
func (w *writer) SetWriteTimeout(timeout time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writeTimeout = timeout
}

// Closed reports whether Close was called.
func (w *writer) Closed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state == writeClosed
}

// close drops what is queued and ends all waits. It reports false when it has done so already.
func (w *writer) close() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == writeClosed {
		return false
	}
	w.moveTo(writeClosed)
	w.notify()
	return true
}
