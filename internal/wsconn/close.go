package wsconn

import (
	"errors"
	"time"

	"silly/internal/ws"
)

// closeTimeout is how long the closing handshake may take (RFC 6455 section 7.1.1 leaves it to the
// endpoint).
const closeTimeout = 3 * time.Second

// Close sends a close frame with code and reason, unless one was sent, and ends the connection in the background: it
// gives the peer some time to answer. ws.CloseNoStatus and "" stand for an empty close frame, or for one that repeats
// the peer's code. A read that waits returns ErrClosed. A connection whose peer has sent its close frame already ends
// with the next Flush. Closing twice is harmless.
func (c *Conn) Close(code int, reason string) error {
	payload, err := ws.ClosePayload(code, reason)
	if err != nil {
		return err
	}
	c.mu.Lock()
	if payload == "" {
		payload = closeCode(c.closePayload)
	}
	c.queueClose(payload)
	exchanged := c.state == stateExchanged
	c.mu.Unlock()
	if !exchanged {
		c.end(closeTimeout, c.shakeHands)
	}
	return nil
}

// GoAway sends close code 1001 (going away) and leaves the rest of the closing handshake to the reader,
// who gets the peer's answer.
func (c *Conn) GoAway() {
	payload, _ := ws.ClosePayload(ws.CloseGoingAway, "") // both are allowed
	c.mu.Lock()
	c.queueClose(payload)
	c.mu.Unlock()
	c.nc.Flush()
}

// Drop ends the connection without a closing handshake, after what is queued has left; it does not wait
// for that.
func (c *Conn) Drop() { c.end(closeTimeout, c.drain) }

// Shutdown is Close with code 1001 (going away). It waits until the connection is gone, which takes no longer than
// limit.
func (c *Conn) Shutdown(limit time.Duration) {
	_ = c.Close(ws.CloseGoingAway, "")
	c.Flush()
	select {
	case <-c.closed:
	case <-time.After(limit):
		c.nc.Close()
		<-c.closed
	}
}

// Flush sends what is queued, as far as the kernel takes it, and ends the connection if its closing handshake is done: at
// once, if nothing is left to send or read, as is nearly always so at a server.
func (c *Conn) Flush() {
	c.nc.Flush()
	c.mu.Lock()
	exchanged := c.state == stateExchanged
	c.mu.Unlock()
	if !exchanged || !c.beginClosing() {
		return
	}
	if c.role == ws.Server && c.reading.TryLock() {
		done := c.nc.HangUp()
		c.reading.Unlock()
		if done {
			c.finishClosing()
			return
		}
	}
	c.background(closeTimeout, c.shakeHands)
}

// CloseReceived reports whether a reader has got the peer's close frame and the connection is yet to be ended, by Close
// and Flush.
func (c *Conn) CloseReceived() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.received()
}

// Ended reports whether this side has sent its close frame or the connection is going or gone.
func (c *Conn) Ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.ended()
}

// Closed is closed when the connection is gone.
func (c *Conn) Closed() <-chan struct{} { return c.closed }

// fail ends the connection because of err, which is what reads return from now on: the peer broke the protocol (RFC 6455
// section 7.1.7) or is silent. c.reading is held.
func (c *Conn) fail(err error) error {
	_ = c.endReading(err)
	c.mu.Lock()
	c.queueClose(failurePayload(err))
	c.mu.Unlock()
	c.end(closeTimeout, c.shakeHands)
	return err
}

// failurePayload is what the close frame says about an error.
func failurePayload(err error) string {
	code, reason := ws.CloseProtocolError, ""
	var violation *ws.Error
	switch {
	case err == ErrIdle:
		code, reason = ws.CloseGoingAway, "idle timeout"
	case errors.As(err, &violation):
		code = violation.Code
	}
	payload, _ := ws.ClosePayload(code, reason) // both are allowed
	return payload
}

// writeClose sends a close frame on behalf of the script, which reads on. When the handshake is not complete in time the
// connection ends. c.mu is held.
func (c *Conn) writeClose(payload string) error {
	if c.state.ended() {
		return nil // it has sent one
	}
	if err := checkClosePayload(payload); err != nil {
		return err
	}
	c.queueClose(payload)
	c.closeTimer = time.AfterFunc(closeTimeout, func() { c.end(0, c.shakeHands) })
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

// closeCode is the payload that repeats the code of a close frame.
func closeCode(payload string) string { return payload[:min(len(payload), 2)] }

// queueClose puts the close frame of this side into the outbox, unless one was sent. c.mu is held.
func (c *Conn) queueClose(payload string) {
	if !c.state.on(sendClose) {
		return
	}
	_, _ = c.append(func(dst []byte) []byte {
		dst, _ = c.encoder.AppendControl(dst, ws.Close, payload)
		return dst
	})
	c.nc.Seal() // a write that waits for room ends
}

// end ends the connection in the background, unless that has begun: see background.
func (c *Conn) end(limit time.Duration, last func(deadline time.Time)) {
	if c.beginClosing() {
		c.background(limit, last)
	}
}

// beginClosing reports whether the caller is to end the connection.
func (c *Conn) beginClosing() bool {
	begins, onEnd := c.begin()
	for _, f := range onEnd {
		f()
	}
	return begins
}

// begin is beginClosing; onEnd is what is to be called.
func (c *Conn) begin() (begins bool, onEnd []func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closeTimer != nil {
		c.closeTimer.Stop()
	}
	onEnd, c.onEnd = c.onEnd, nil
	return c.state.on(beginClosing), onEnd
}

// OnEnd has f called when the connection begins to end, on any goroutine and without a lock of the connection; at once if it
// has begun. f must not wait.
func (c *Conn) OnEnd(f func()) {
	if !c.addOnEnd(f) {
		f()
	}
}

// addOnEnd adds to what is called, unless it is too late for that.
func (c *Conn) addOnEnd(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.final() {
		return false
	}
	c.onEnd = append(c.onEnd, f)
	return true
}

// background ends the read that waits, and does on a goroutine of its own what is last, within limit, before it closes.
func (c *Conn) background(limit time.Duration, last func(deadline time.Time)) {
	c.nc.Interrupt()
	go func() {
		deadline := time.Now().Add(limit)
		guard := time.AfterFunc(limit, c.nc.Close)
		last(deadline)
		guard.Stop()
		c.finishClosing()
	}()
}

// finishClosing closes what is below.
func (c *Conn) finishClosing() {
	c.nc.Close()
	c.mu.Lock()
	c.state.on(finishClosing)
	c.mu.Unlock()
	close(c.closed)
}

// shakeHands completes the closing handshake: it waits for the peer's close frame and lets the server close TCP first (RFC
// 6455 section 7.1.1).
func (c *Conn) shakeHands(deadline time.Time) {
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

// awaitClose reads until the peer's close frame, or until nothing comes any more. c.reading is held.
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

// drain waits until what is queued has left.
func (c *Conn) drain(time.Time) {
	_ = c.nc.Wait(0)
	c.reading.Lock() // the reader leaves because it was interrupted
	defer c.reading.Unlock()
	if c.readErr == nil {
		c.dropReading()
	}
}

// abandon ends a connection that cannot be used any more, without a closing handshake.
func (c *Conn) abandon() {
	if !c.beginClosing() {
		return
	}
	c.nc.Close()
	if c.reading.TryLock() { // else the reader does it
		if c.readErr == nil {
			c.dropReading()
		}
		c.reading.Unlock()
	}
	c.finishClosing()
}
