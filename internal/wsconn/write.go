package wsconn

import (
	"unicode/utf8"

	"silly/internal/netconn"
	"silly/internal/ws"
)

// TryWrite puts a message or control frame into the outbox. more says that the caller must go on with
// Write, outside of any lock, because the message is large, or another large one is under way; nothing
// was sent then. full says that the outbox has reached its high-water mark: the caller should wait with
// Drain. TryWrite does not wait.
func (c *Conn) TryWrite(op ws.Opcode, data string) (full, more bool, err error) {
	if op == ws.Text && !utf8.ValidString(data) {
		return false, false, ErrNotUTF8
	}
	if op.IsControl() {
		return false, false, c.writeControl(op, data)
	}
	if c.isCloseReceived() {
		return false, false, ErrClosed // the peer does not read on
	}
	if len(data) >= ws.FragmentSize || !c.messages.TryLock() {
		return false, true, nil
	}
	defer c.messages.Unlock()
	queued, err := c.writeFrame(func(dst []byte) []byte { return c.encoder.AppendMessage(dst, op, data) })
	return queued > netconn.HighWater, false, err
}

func (c *Conn) isCloseReceived() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closeReceived
}

// Write sends a message, large ones fragment by fragment with room for others between, so that the
// outbox stays small. It waits while the peer is slow.
func (c *Conn) Write(op ws.Opcode, data string) error {
	c.messages.Lock()
	defer c.messages.Unlock()
	fragments := c.encoder.Fragments(op, data)
	for more := true; more; {
		queued, err := c.writeFrame(func(dst []byte) []byte {
			dst, more = fragments.Next(dst)
			return dst
		})
		if err != nil {
			return err
		}
		if queued > netconn.HighWater {
			if err := c.Drain(); err != nil {
				return err
			}
		}
	}
	c.nc.Flush()
	return nil
}

func (c *Conn) writeFrame(encode func(dst []byte) []byte) (queued int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closeSent || c.closing {
		return 0, ErrClosed
	}
	queued, err = c.nc.Append(encode)
	return queued, writeError(err)
}

// Drain waits until the peer has taken enough of what is queued. It returns why the connection failed,
// or nil.
func (c *Conn) Drain() error {
	if err := c.nc.Wait(netconn.LowWater); err != nil {
		c.abandon()
		return writeError(err)
	}
	return nil
}

func (c *Conn) writeControl(op ws.Opcode, data string) error {
	if len(data) > ws.MaxControlPayload {
		return ws.ErrControlTooLong
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closing:
		return ErrClosed
	case op == ws.Close:
		return c.writeClose(data)
	case c.closeSent || c.closeReceived:
		return ErrClosed
	}
	if op == ws.Pong && c.ping != nil && *c.ping == data {
		c.ping = nil
	}
	return c.append(func(dst []byte) []byte {
		dst, _ = c.encoder.AppendControl(dst, op, data)
		return dst
	})
}

// append encodes a frame into the outbox. The caller holds c.mu.
func (c *Conn) append(encode func(dst []byte) []byte) error {
	_, err := c.nc.Append(encode)
	return writeError(err)
}
