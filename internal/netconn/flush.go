package netconn

import "unsafe"

const (
	// batch is how much is handed to the kernel at a time, and tlsBatch how much is encrypted before.
	batch    = 256 << 10
	tlsBatch = 64 << 10
	// small is what the kernel copies and delivers in some microseconds.
	small = 4 << 10
	// maxPieces is how many pieces are handed to the kernel at a time.
	maxPieces = 12
)

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
// whether nothing is left to do. w.mu is held and, in between, released; w.flushing is set.
func (w *writer) sendSmall() (done bool) {
	if w.socket == nil || w.out == nil || len(w.out.strings) > 0 || w.out.queued > small || w.state >= writeEnding {
		return false
	}
	p := w.out.bytes[w.out.head:]
	w.mu.Unlock()
	n, err := w.transport.tryWriteSmall(p)
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

// sendPrepared sends the prepared frame. What the kernel does not take of it goes to the front of the outbox. w.mu
// is held and, in between, released; w.flushing is set.
func (w *writer) sendPrepared() {
	frame := w.prepared
	w.mu.Unlock()
	n, err := w.transport.tryWriteSmall(unsafe.Slice(unsafe.StringData(frame), len(frame)))
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

// tryFlush sends what the kernel takes at once, and reports whether that is all. w.mu is held
// and, in between, released; w.flushing is set.
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
// returns false. w.mu is held and may be released in between.
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

// encryptNext replaces the pieces of b by TLS records, and reports whether there are any. w.mu is held
// and, in between, released.
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
