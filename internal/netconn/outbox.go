package netconn

import (
	"net"
	"sync"
	"time"
)

const (
	firstOutbox = 4 << 10
	// keptBuffer is the largest buffer that is kept for later use.
	keptBuffer = 64 << 10
	// batch is how much is encrypted and handed to the kernel at a time.
	batch = 256 << 10
)

var outboxes = sync.Pool{New: func() any {
	b := make([]byte, 0, firstOutbox)
	return &b
}}

// Append adds to the outbox what encode appends to its argument, and returns how many bytes wait to be
// sent. encode must be quick and must not change the bytes that are there.
func (c *Conn) Append(encode func(dst []byte) []byte) (queued int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil:
		return 0, c.err
	case c.closed || c.finish || c.sealed:
		return 0, net.ErrClosed
	}
	if c.bytes == nil {
		c.bytes = outboxes.Get().(*[]byte)
	}
	c.compact()
	*c.bytes = encode(*c.bytes)
	return c.queuedLocked(), nil
}

// compact drops what was sent already when that is the larger part. While a goroutine is sending the
// bytes stay where they are, and the rest moves to a new place.
func (c *Conn) compact() {
	if c.head <= batch && c.head*2 <= len(*c.bytes) || c.head == 0 {
		return
	}
	rest := (*c.bytes)[c.head:]
	if c.sending {
		*c.bytes = append(make([]byte, 0, max(2*len(rest), firstOutbox)), rest...)
	} else {
		*c.bytes = append((*c.bytes)[:0], rest...)
	}
	c.head = 0
}

func (c *Conn) queuedLocked() int {
	if c.bytes == nil {
		return 0
	}
	return len(*c.bytes) - c.head
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
	c.mu.Unlock()
	c.send(nil, 0, false)
}

// hasWork reports whether there is something to send. The caller holds c.mu.
func (c *Conn) hasWork() bool {
	if c.err != nil || c.closed {
		return false
	}
	return c.queuedLocked() > 0 || c.finish && !c.finished || c.tls != nil && c.transport.collected()
}

// send empties the outbox. The caller has set c.sending. wire is what an earlier call left unsent,
// which stands for the first plain bytes of the outbox under TLS. Without wait, send leaves what the
// kernel does not take at once to a goroutine.
func (c *Conn) send(wire []byte, plain int, wait bool) {
	for {
		if len(wire) == 0 {
			var ok bool
			if wire, plain, ok = c.nextBatch(); !ok {
				return
			}
		}
		var n int
		var err error
		if wait {
			n, err = c.transport.write(wire, c.writeTimeout)
		} else if n, err = c.transport.tryWrite(wire); err == nil && n < len(wire) {
			wire, plain = c.progress(wire, plain, n)
			go c.send(wire, plain, true)
			return
		}
		if err != nil {
			c.Fail(err)
			wire = nil
			continue // nextBatch ends it
		}
		wire, plain = c.progress(wire, plain, n)
	}
}

// progress accounts for n sent bytes of wire, and returns the rest of both.
func (c *Conn) progress(wire []byte, plain, n int) ([]byte, int) {
	sent := n
	if c.tls != nil {
		// Records cannot be told apart here: the plain bytes count when all of them have left.
		sent = 0
		if n == len(wire) {
			sent = plain
			c.transport.recycle(wire)
		}
	}
	if sent > 0 {
		c.mu.Lock()
		c.head += sent
		c.notify()
		c.mu.Unlock()
	}
	return wire[n:], plain - sent
}

// nextBatch returns the bytes to hand to the kernel next, and how many of the outbox they stand for.
// When there is nothing to send it ends the sending and returns false.
func (c *Conn) nextBatch() (wire []byte, plain int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.hasWork() {
		var bytes []byte
		if c.bytes != nil {
			bytes = (*c.bytes)[c.head:]
			bytes = bytes[:min(len(bytes), batch)]
		}
		if c.tls != nil {
			notify := len(bytes) == 0 && c.finish && !c.notified
			c.notified = c.notified || notify
			c.mu.Unlock()
			wire := c.encrypt(bytes, notify)
			c.mu.Lock()
			if len(wire) > 0 {
				return wire, len(bytes), true
			}
		}
		if len(bytes) > 0 && c.tls == nil {
			return bytes, len(bytes), true
		}
		if c.finish && len(bytes) == 0 {
			c.finished = true
			_ = c.transport.CloseWrite() // does not wait
		}
	}
	c.sending = false
	if c.bytes != nil && (c.queuedLocked() == 0 || c.err != nil || c.closed) {
		c.releaseOutbox()
	}
	c.notify()
	return nil, 0, false
}

// encrypt makes TLS records of bytes, and of the close_notify alert, and returns them with whatever
// else TLS wants to send.
func (c *Conn) encrypt(bytes []byte, notify bool) (wire []byte) {
	if len(bytes) > 0 {
		if _, err := c.tls.Write(bytes); err != nil {
			c.Fail(err)
			return nil
		}
	}
	if notify {
		_ = c.tls.CloseWrite()
	}
	return c.transport.takeWire()
}

// releaseOutbox gives the empty buffer back. The caller holds c.mu and nobody is sending.
func (c *Conn) releaseOutbox() {
	if cap(*c.bytes) <= keptBuffer {
		*c.bytes = (*c.bytes)[:0]
		outboxes.Put(c.bytes)
	}
	c.bytes, c.head = nil, 0
}

// Fail ends the connection for writing: what is queued is dropped, and every later Append returns err.
// The first error counts.
func (c *Conn) Fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
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
