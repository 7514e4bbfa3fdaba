package netconn

import (
	"crypto/tls"
	"net"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

const (
	// batch is how much is handed to the kernel at a time, and tlsBatch how much is encrypted before.
	batch    = 256 << 10
	tlsBatch = 64 << 10
	// MinShared is the size from which a string is better sent from where it lies than copied.
	MinShared = 16 << 10
	// small is what the kernel copies and delivers in some microseconds.
	small = 4 << 10
	// maxPieces is how many pieces are handed to the kernel at a time.
	maxPieces = 12
)

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

// Flush sends what is in the outbox as far as the kernel takes it at once; a goroutine of the
// connection sends the rest. Flush never waits for the peer.
func (w *writer) Flush() {
	w.mu.Lock()
	if w.flushing || !w.hasWork() {
		w.mu.Unlock()
		return
	}
	w.flushing = true
	if w.prepared != "" {
		w.sendPrepared()
		if !w.hasWork() {
			w.doneFlushing()
			w.mu.Unlock()
			return
		}
	}
	if w.sendSmall() {
		w.mu.Unlock()
		return
	}
	b := writeBatches.Get().(*writeBatch)
	if w.tryFlush(b) {
		w.mu.Unlock()
		b.release()
		return
	}
	w.mu.Unlock()
	go w.flushRest(b)
}

// hasWork reports whether there is something to send. w.mu is held.
func (w *writer) hasWork() bool {
	switch w.state {
	case writeEnding, writeNotified:
		return true
	case writeFailed, writeClosed:
		return false
	}
	return w.queuedLocked() > 0 || w.tls != nil && w.transport.collected()
}

// sendSmall sends what is in the outbox if it is a small piece for a socket, as it nearly always is, and reports
// whether nothing is left to do. The caller holds w.mu, which is released meanwhile, and has set w.flushing.
func (w *writer) sendSmall() (done bool) {
	if w.socket == nil || w.out == nil || len(w.out.strings) > 0 || w.out.queued > small || w.state >= writeEnding {
		return false
	}
	p := w.out.bytes[w.out.head:]
	w.mu.Unlock()
	n, err := tryWriteSmall(w.socket, p)
	w.mu.Lock()
	if err != nil {
		w.failLocked(w.transport.writeError(err))
		return false
	}
	w.out.drop(n)
	if n < len(p) || w.out.queued > 0 || w.state >= writeEnding {
		return false
	}
	w.doneFlushing()
	return true
}

// doneFlushing ends the flush when nothing is left. w.mu is held.
func (w *writer) doneFlushing() {
	w.flushing = false
	if w.out != nil {
		w.out.release()
		w.out = nil
	}
	if len(w.waiters) > 0 {
		w.notify()
	}
}

// sendPrepared sends the prepared frame. What the kernel does not take of it goes to the front of the outbox. The
// caller holds w.mu, which is released meanwhile, and has set w.flushing.
func (w *writer) sendPrepared() {
	frame := w.prepared
	w.mu.Unlock()
	n, err := tryWriteSmall(w.socket, unsafe.Slice(unsafe.StringData(frame), len(frame)))
	w.mu.Lock()
	w.prepared = ""
	switch {
	case err != nil:
		w.failLocked(w.transport.writeError(err))
	case n < len(frame):
		if w.out == nil {
			w.out = outboxes.Get().(*outbox)
		}
		w.out.prepend(frame[n:])
	}
}

// tryFlush sends what the kernel takes at once, and reports whether that is all. The caller holds w.mu, which
// is released meanwhile, and has set w.flushing.
func (w *writer) tryFlush(b *writeBatch) (all bool) {
	for w.nextBatch(b) {
		w.mu.Unlock()
		n, all, err := w.transport.tryWrite(b)
		w.mu.Lock()
		w.sent(b, n, err)
		if !all && err == nil {
			return false
		}
	}
	return true
}

// flushRest empties the outbox, however long the peer takes. b has what it already took.
func (w *writer) flushRest(b *writeBatch) {
	w.mu.Lock()
	for w.nextBatch(b) {
		timeout := w.writeTimeout
		w.mu.Unlock()
		n, err := w.transport.write(b, timeout)
		w.mu.Lock()
		w.sent(b, n, err)
	}
	w.mu.Unlock()
	b.release()
}

// sent accounts for the first n bytes of b, which were sent, and for the error that ended it. w.mu is held.
func (w *writer) sent(b *writeBatch, n int, err error) {
	if err != nil {
		w.failLocked(err)
	}
	if w.tls == nil {
		if n > 0 {
			w.out.drop(n)
			w.notify()
		}
		return
	}
	// Records cannot be told apart here: the plain bytes count when all of them have left.
	b.array[0] = b.array[0][n:]
	if len(b.array[0]) == 0 || err != nil {
		w.transport.recycle(b.wire)
		b.wire = nil
	}
	if len(b.array[0]) == 0 && b.plain > 0 {
		w.out.drop(b.plain)
		w.notify()
	}
}

// nextBatch puts into b what to hand to the kernel next. When there is nothing to send it ends the flush and
// returns false. The caller holds w.mu, which may be released meanwhile.
func (w *writer) nextBatch(b *writeBatch) bool {
	if b.wire != nil {
		return true // the rest of the records
	}
	for w.hasWork() {
		b.pieces, b.plain = b.array[:0], 0
		if w.out != nil {
			limit := batch
			if w.tls != nil {
				limit = tlsBatch
			}
			b.pieces, b.plain = w.out.pieces(b.pieces, limit)
		}
		if w.tls != nil && w.encryptNext(b) || w.tls == nil && b.plain > 0 {
			return true
		}
		if b.plain == 0 && (w.state == writeNotified || w.state == writeEnding && w.tls == nil) {
			w.moveTo(writeEnded)
			_ = w.transport.CloseWrite() // does not wait
		}
	}
	w.doneFlushing()
	return false
}

// encryptNext replaces the pieces of b by TLS records, and reports whether there are any. The caller holds
// w.mu, which is released meanwhile.
func (w *writer) encryptNext(b *writeBatch) bool {
	notify := b.plain == 0 && w.state == writeEnding
	if notify {
		w.moveTo(writeNotified)
	}
	w.mu.Unlock()
	err := w.encrypt(b.pieces, notify)
	b.wire = w.transport.takeWire()
	w.mu.Lock()
	if err != nil {
		w.failLocked(err)
		w.transport.recycle(b.wire)
		b.wire = nil
	}
	if b.wire == nil {
		return false
	}
	b.pieces = append(b.array[:0], *b.wire)
	return true
}

// encrypt makes TLS records of pieces, and of the close_notify alert.
func (w *writer) encrypt(pieces [][]byte, notify bool) error {
	for _, p := range pieces {
		if _, err := w.tls.Write(p); err != nil {
			return err
		}
	}
	if notify {
		_ = w.tls.CloseWrite()
	}
	return nil
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
