package wsconn

import (
	"errors"
	"time"

	"silly/internal/ws"
)

// closeTimeout is how long the closing handshake may take (RFC 6455 section 7.1.1 leaves it to the
// endpoint).
const closeTimeout = 3 * time.Second

// violation ends the connection because the peer broke the protocol (RFC 6455 section 7.1.7), or because
// it goes on sending after its close frame. The caller holds c.reading.
func (c *Conn) violation(err error) {
	code := ws.CloseProtocolError
	var violation *ws.Error
	if errors.As(err, &violation) {
		code = violation.Code
	}
	c.fail(err, code, "")
}

// fail ends the connection from this side: err is what reads return from now on, code and reason are what
// the peer is told. The caller holds c.reading.
func (c *Conn) fail(err error, code int, reason string) {
	_ = c.endReading(err)
	payload, _ := ws.ClosePayload(code, reason)
	c.mu.Lock()
	c.sendClose(payload)
	c.closeReceived = true // the peer's frames mean nothing any more
	c.mu.Unlock()
	c.finish()
}

// beginClosing marks the connection as closing. It reports false when it was already.
func (c *Conn) beginClosing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	already := c.closing
	c.closing = true
	if c.closeLimit != nil {
		c.closeLimit.Stop()
	}
	return !already
}

// writeClose sends a close frame on behalf of the script, which reads on. When the handshake is not complete in time the
// connection ends. The caller holds c.mu.
func (c *Conn) writeClose(payload string) error {
	if c.closeSent {
		return nil
	}
	if err := checkClosePayload(payload); err != nil {
		return err
	}
	c.sendClose(payload)
	if !c.closing {
		c.closeLimit = time.AfterFunc(closeTimeout, func() { c.finishWithin(0) })
	}
	return nil
}

// checkClosePayload says why a payload cannot be that of a close frame (RFC 6455 section 5.5.1).
func checkClosePayload(payload string) error {
	switch {
	case payload == "":
		return nil
	case len(payload) == 1:
		return errors.New("close payload of one byte: it is empty, or a code in two bytes and a reason")
	}
	code := int(payload[0])<<8 | int(payload[1])
	if !ws.ValidCloseCode(code) {
		return ws.ErrCloseCode
	}
	_, err := ws.ClosePayload(code, payload[2:])
	return err
}

// sendClose puts the one close frame of this side into the outbox. The caller holds c.mu.
func (c *Conn) sendClose(payload string) {
	if c.closeSent {
		return
	}
	_, _ = c.append(func(dst []byte) []byte {
		dst, _ = c.encoder.AppendControl(dst, ws.Close, payload)
		return dst
	})
	c.closeSent = true
	c.nc.Seal() // a write that waits for room ends
}

// AnswerClose answers a received close frame with its own code, unless a close frame was sent already
// (RFC 6455 section 5.5.1). It reports whether the caller must end the connection, with HangUp and without
// any lock, when the outbox has been flushed.
func (c *Conn) AnswerClose() bool {
	c.mu.Lock()
	if c.closeReceived {
		c.sendClose(echoPayload(c.closePayload))
	}
	over := c.closeReceived
	c.mu.Unlock()
	return over && c.beginClosing()
}

// HangUp ends a connection whose closing handshake is done: at once, if nothing is left to send or read, as
// is nearly always so at a server.
func (c *Conn) HangUp() {
	if c.role == ws.Server && c.reading.TryLock() {
		done := c.nc.HangUp()
		c.reading.Unlock()
		if done {
			close(c.closed)
			return
		}
	}
	c.shakeHands(closeTimeout)
}

// echoPayload is the payload of the answer to a close frame: its code.
func echoPayload(payload string) string {
	return payload[:min(len(payload), 2)]
}

// Close sends a close frame with code and reason (ws.CloseNoStatus and "" for an empty one) and ends
// the connection in the background: it gives the peer some time to answer. A read that waits returns
// ErrClosed. Closing twice is harmless.
func (c *Conn) Close(code int, reason string) error {
	_, err := c.queueClose(code, reason)
	if err == nil {
		c.finish()
	}
	return err
}

// CloseOrAnswer is Close for a caller that calls AnswerClose soon: to that it leaves the end of a connection
// whose peer has sent its close frame already.
func (c *Conn) CloseOrAnswer(code int, reason string) error {
	received, err := c.queueClose(code, reason)
	if err == nil && !received {
		c.finish()
	}
	return err
}

// GoAway sends close code 1001 (going away) and leaves the rest of the closing handshake to the reader,
// who gets the peer's answer.
func (c *Conn) GoAway() {
	_, _ = c.queueClose(ws.CloseGoingAway, "") // both are allowed
	c.nc.Flush()
}

// queueClose queues a close frame; an empty one repeats the code of the peer's. It reports whether the peer
// has sent one.
func (c *Conn) queueClose(code int, reason string) (received bool, err error) {
	payload, err := ws.ClosePayload(code, reason)
	if err != nil {
		return false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closeReceived && payload == "" {
		payload = echoPayload(c.closePayload)
	}
	c.sendClose(payload)
	return c.closeReceived, nil
}

// finish completes the closing handshake in the background, once.
func (c *Conn) finish() { c.finishWithin(closeTimeout) }

func (c *Conn) finishWithin(limit time.Duration) {
	if c.beginClosing() {
		c.shakeHands(limit)
	}
}

// shakeHands ends the read that waits and completes the closing handshake in the background, within limit.
func (c *Conn) shakeHands(limit time.Duration) {
	c.nc.Interrupt()
	go c.closingHandshake(limit)
}

// closingHandshake waits for the peer's close frame, lets the server close TCP first (RFC 6455 section
// 7.1.1), and closes.
func (c *Conn) closingHandshake(limit time.Duration) {
	defer close(c.closed)
	defer c.nc.Close()
	deadline := time.Now().Add(limit)
	guard := time.AfterFunc(limit, c.nc.Close)
	defer guard.Stop()

	c.nc.Flush()
	c.reading.Lock() // the reader leaves because it was interrupted
	defer c.reading.Unlock()
	c.nc.Resume()
	if c.readErr == nil {
		c.awaitClose(deadline)
		c.dropReading()
	}
	if c.role == ws.Server {
		c.nc.Linger(time.Until(deadline))
		return
	}
	if c.nc.Wait(0) != nil {
		return
	}
	for c.nc.Fill(deadline) == nil {
		c.nc.Discard(len(c.nc.Buffered()))
	}
}

// awaitClose reads until the peer's close frame, or until nothing comes any more.
func (c *Conn) awaitClose(deadline time.Time) {
	for {
		p := c.nc.Buffered()
		if len(p) == 0 {
			if c.nc.Fill(deadline) != nil {
				return
			}
			continue
		}
		n, ev, ok, err := c.decoder.Next(p)
		c.nc.Discard(n)
		if err != nil || ok && ev.Opcode == ws.Close {
			return
		}
	}
}

// abandon ends a connection that cannot be used any more, without a closing handshake.
func (c *Conn) abandon() {
	if !c.beginClosing() {
		return
	}
	c.nc.Close()
	if c.reading.TryLock() { // else the reader sees to it
		if c.readErr == nil {
			c.dropReading()
		}
		c.reading.Unlock()
	}
	close(c.closed)
}

// Drop ends the connection without a closing handshake, after what is queued has left; it does not wait
// for that.
func (c *Conn) Drop() {
	if !c.beginClosing() {
		return
	}
	c.nc.Interrupt()
	go func() {
		defer close(c.closed)
		defer c.nc.Close()
		guard := time.AfterFunc(closeTimeout, c.nc.Close)
		defer guard.Stop()
		_ = c.nc.Wait(0)
		c.reading.Lock() // the reader leaves because it was interrupted
		if c.readErr == nil {
			c.dropReading()
		}
		c.reading.Unlock()
	}()
}

// Closed is closed when the connection is gone.
func (c *Conn) Closed() <-chan struct{} { return c.closed }

// Ended reports whether the connection is closing or gone.
func (c *Conn) Ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing || c.closeSent
}

// Shutdown sends close code 1001 (going away) and what is queued, and closes, all within limit.
func (c *Conn) Shutdown(limit time.Duration) {
	_ = c.Close(ws.CloseGoingAway, "")
	select {
	case <-c.closed:
	case <-time.After(limit):
		c.nc.Close()
		<-c.closed
	}
}
