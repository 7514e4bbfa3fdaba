package netconn

import (
	"net"
	"sync"
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

// A sending is what a goroutine hands to the kernel next.
type sending struct {
	pieces [][]byte // of the outbox, or one: TLS records that stand for its first bytes. They lie in array
	plain  int      // how many bytes of the outbox the pieces are, or the records stand for
	wire   *[]byte  // memory of the records, of which pieces has the rest; nil without TLS
	array  [maxPieces][]byte
	vector vector
}

var sendings = sync.Pool{New: func() any {
	s := new(sending)
	s.vector.init()
	return s
}}

// release gives s back. It keeps no reference to what was sent.
func (s *sending) release() {
	clear(s.array[:])
	s.pieces, s.plain = nil, 0
	sendings.Put(s)
}

// Append adds to the outbox what encode appends to its argument, and returns how many bytes wait to be
// sent. encode must be quick and must not change the bytes that are there.
func (c *Conn) Append(encode func(dst []byte) []byte) (queued int, err error) {
	return c.AppendShared(func(dst []byte) ([]byte, string) { return encode(dst), "" })
}

// AppendShared is Append for what consists of few bytes and a large string, which is sent from where it lies.
func (c *Conn) AppendShared(encode func(dst []byte) ([]byte, string)) (queued int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil:
		return 0, c.err
	case c.closed || c.finish || c.sealed:
		return 0, net.ErrClosed
	}
	if c.out == nil {
		c.out = outboxes.Get().(*outbox)
	}
	c.out.append(c.sending, encode)
	return c.queuedLocked(), nil
}

// AppendPrepared is Append for bytes that many connections get: an empty outbox refers to them.
func (c *Conn) AppendPrepared(frame string) (queued int, err error) {
	c.mu.Lock()
	if c.socket != nil && c.queuedLocked() == 0 && !c.sending && c.err == nil && !c.closed && !c.finish && !c.sealed && len(frame) <= small {
		c.prepared = frame
		c.mu.Unlock()
		return len(frame), nil
	}
	c.mu.Unlock()
	return c.Append(func(dst []byte) []byte { return append(dst, frame...) })
}

func (c *Conn) queuedLocked() int {
	if c.out == nil {
		return len(c.prepared)
	}
	return len(c.prepared) + c.out.queued
}

// Queued is the number of bytes that wait to be sent.
func (c *Conn) Queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queuedLocked()
}

// Err is why writing has failed, or nil.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Flush sends what is in the outbox as far as the kernel takes it at once; a goroutine of the
// connection sends the rest. Flush never waits for the peer.
func (c *Conn) Flush() {
	c.mu.Lock()
	if c.sending || !c.hasWork() {
		c.mu.Unlock()
		return
	}
	c.sending = true
	if c.prepared != "" {
		c.sendPrepared()
		if !c.hasWork() {
			c.doneSending()
			c.mu.Unlock()
			return
		}
	}
	if c.sendSmall() {
		c.mu.Unlock()
		return
	}
	s := sendings.Get().(*sending)
	if c.trySend(s) {
		c.mu.Unlock()
		s.release()
		return
	}
	c.mu.Unlock()
	go c.finishSending(s)
}

// hasWork reports whether there is something to send. The caller holds c.mu.
func (c *Conn) hasWork() bool {
	if c.err != nil || c.closed {
		return false
	}
	return c.queuedLocked() > 0 || c.finish && !c.finished || c.tls != nil && c.transport.collected()
}

// sendSmall sends what is in the outbox if it is a small piece for a socket, as it nearly always is, and reports
// whether nothing is left to do. The caller holds c.mu, which is released meanwhile, and has set c.sending.
func (c *Conn) sendSmall() (done bool) {
	if c.socket == nil || c.out == nil || len(c.out.strings) > 0 || c.out.queued > small || c.finish {
		return false
	}
	p := c.out.bytes[c.out.head:]
	c.mu.Unlock()
	n, err := tryWriteSmall(c.socket, p)
	c.mu.Lock()
	if err != nil {
		c.failLocked(c.transport.writeError(err))
		return false
	}
	c.out.drop(n)
	if n < len(p) || c.out.queued > 0 || c.finish || c.closed {
		return false
	}
	c.doneSending()
	return true
}

// doneSending ends the sending when nothing is left. The caller holds c.mu.
func (c *Conn) doneSending() {
	c.sending = false
	if c.out != nil {
		c.out.release()
		c.out = nil
	}
	if len(c.waiters) > 0 {
		c.notify()
	}
}

// sendPrepared sends the prepared frame. What the kernel does not take of it goes to the front of the outbox. The
// caller holds c.mu, which is released meanwhile, and has set c.sending.
func (c *Conn) sendPrepared() {
	frame := c.prepared
	c.mu.Unlock()
	n, err := tryWriteSmall(c.socket, unsafe.Slice(unsafe.StringData(frame), len(frame)))
	c.mu.Lock()
	c.prepared = ""
	switch {
	case err != nil:
		c.failLocked(c.transport.writeError(err))
	case n < len(frame):
		if c.out == nil {
			c.out = outboxes.Get().(*outbox)
		}
		c.out.prepend(frame[n:])
	}
}

// trySend sends what the kernel takes at once, and reports whether that is all. The caller holds c.mu, which
// is released meanwhile, and has set c.sending.
func (c *Conn) trySend(s *sending) (all bool) {
	for c.nextBatch(s) {
		c.mu.Unlock()
		n, all, err := c.transport.tryWrite(s)
		c.mu.Lock()
		c.sent(s, n, err)
		if !all && err == nil {
			return false
		}
	}
	return true
}

// finishSending empties the outbox, however long the peer takes. s has what it already took.
func (c *Conn) finishSending(s *sending) {
	c.mu.Lock()
	for c.nextBatch(s) {
		timeout := c.writeTimeout
		c.mu.Unlock()
		n, err := c.transport.write(s, timeout)
		c.mu.Lock()
		c.sent(s, n, err)
	}
	c.mu.Unlock()
	s.release()
}

// sent accounts for the first n bytes of s, which were sent, and for the error that ended it. The caller holds
// c.mu.
func (c *Conn) sent(s *sending, n int, err error) {
	if err != nil {
		c.failLocked(err)
	}
	if c.tls == nil {
		if n > 0 {
			c.out.drop(n)
			c.notify()
		}
		return
	}
	// Records cannot be told apart here: the plain bytes count when all of them have left.
	s.array[0] = s.array[0][n:]
	if len(s.array[0]) == 0 || err != nil {
		c.transport.recycle(s.wire)
		s.wire = nil
	}
	if len(s.array[0]) == 0 && s.plain > 0 {
		c.out.drop(s.plain)
		c.notify()
	}
}

// nextBatch puts into s what to hand to the kernel next. When there is nothing to send it ends the sending and
// returns false. The caller holds c.mu, which may be released meanwhile.
func (c *Conn) nextBatch(s *sending) bool {
	if s.wire != nil {
		return true // the rest of the records
	}
	for c.hasWork() {
		s.pieces, s.plain = s.array[:0], 0
		if c.out != nil {
			limit := batch
			if c.tls != nil {
				limit = tlsBatch
			}
			s.pieces, s.plain = c.out.pieces(s.pieces, limit)
		}
		if c.tls != nil && c.encryptNext(s) || c.tls == nil && s.plain > 0 {
			return true
		}
		if c.finish && s.plain == 0 {
			c.finished = true
			_ = c.transport.CloseWrite() // does not wait
		}
	}
	c.doneSending()
	return false
}

// encryptNext replaces the pieces of s by TLS records, and reports whether there are any. The caller holds
// c.mu, which is released meanwhile.
func (c *Conn) encryptNext(s *sending) bool {
	notify := s.plain == 0 && c.finish && !c.notified
	c.notified = c.notified || notify
	c.mu.Unlock()
	err := c.encrypt(s.pieces, notify)
	s.wire = c.transport.takeWire()
	c.mu.Lock()
	if err != nil {
		c.failLocked(err)
		c.transport.recycle(s.wire)
		s.wire = nil
	}
	if s.wire == nil {
		return false
	}
	s.pieces = append(s.array[:0], *s.wire)
	return true
}

// encrypt makes TLS records of pieces, and of the close_notify alert.
func (c *Conn) encrypt(pieces [][]byte, notify bool) error {
	for _, p := range pieces {
		if _, err := c.tls.Write(p); err != nil {
			return err
		}
	}
	if notify {
		_ = c.tls.CloseWrite()
	}
	return nil
}

// Fail ends the connection for writing: what is queued is dropped, and every later Append returns err.
// The first error counts.
func (c *Conn) Fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failLocked(err)
}

func (c *Conn) failLocked(err error) {
	if c.err == nil {
		c.err = err
		if err == ErrSlowPeer && c.onSlowPeer != nil {
			go c.onSlowPeer()
		}
	}
	c.notify()
}

// OnSlowPeer sets what is called, on a goroutine of its own, when the peer has taken nothing for the write
// timeout. It must be set before anything is sent.
func (c *Conn) OnSlowPeer(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onSlowPeer = f
}

// Seal says that nothing more will be appended: Append returns net.ErrClosed from now on, and so do the
// calls of Wait that wait for room. What is queued still leaves.
func (c *Conn) Seal() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sealed = true
	c.notify()
}

// notify wakes those who wait for room. The caller holds c.mu.
func (c *Conn) notify() {
	queued := c.queuedLocked()
	kept := c.waiters[:0]
	for _, w := range c.waiters {
		if c.err != nil || c.closed || c.sealed && w.limit > 0 || queued <= w.limit && (w.limit > 0 || !c.hasWork() && !c.sending) {
			close(w.ready)
			continue
		}
		kept = append(kept, w)
	}
	c.waiters = kept
}

// Wait flushes and waits until at most limit bytes are queued; with limit 0, until everything has been
// handed to the kernel, the end of the stream included. It returns why writing has failed, or nil. A wait
// for room ends when the outbox is sealed: nobody needs the room any more.
func (c *Conn) Wait(limit int) error {
	c.Flush()
	c.mu.Lock()
	w := waiter{limit: limit, ready: make(chan struct{})}
	c.waiters = append(c.waiters, w)
	c.notify()
	c.mu.Unlock()
	<-w.ready
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && c.sealed && limit > 0 {
		return net.ErrClosed
	}
	return c.err
}

// Finish sends the end of the stream after what is queued: close_notify under TLS, then FIN. Nothing
// can be appended any more; reading goes on.
func (c *Conn) Finish() {
	c.mu.Lock()
	c.finish = true
	c.mu.Unlock()
	c.Flush()
}

// Close closes the connection at once. What is queued and not yet with the kernel is lost: Wait before
// it. Closing twice is harmless.
func (c *Conn) Close() {
	c.mu.Lock()
	already := c.closed
	c.closed = true
	c.notify()
	c.mu.Unlock()
	if !already {
		c.source.Unwatch()
		_ = c.transport.Conn.Close()
	}
}

// Linger ends the connection as RFC 6455 section 7.1.1 and RFC 9112 section 9.6 ask for: it sends what
// is queued and the end of the stream, reads until the peer has ended its side too, so that a reset
// does not overtake the last bytes, and closes. It waits at most for limit. No other read may be going
// on.
func (c *Conn) Linger(limit time.Duration) {
	defer c.Close()
	deadline := time.Now().Add(limit)
	guard := time.AfterFunc(limit, c.Close)
	defer guard.Stop()
	c.Finish()
	if c.Wait(0) != nil {
		return
	}
	for {
		c.Discard(len(c.Buffered()))
		if c.Fill(deadline) != nil {
			return
		}
	}
}
