package wsconn

import (
	"net"
	"unicode/utf8"
	"unsafe"

	"silly/internal/netconn"
	"silly/internal/ws"
)

const (
	// inlineDeflate is the size up to which TryWrite compresses a message, which takes some microseconds.
	inlineDeflate = 2 << 10
)

// TryWrite puts a message or control frame into the outbox. more says that the caller must go on with
// Write, outside of any lock, because the message takes its time, or another one is under way; nothing
// was sent then. full says that the outbox has reached its high-water mark: the caller should wait with
// Drain. TryWrite does not wait.
func (c *Conn) TryWrite(op ws.Opcode, data string) (full, more bool, err error) {
	if op.IsControl() {
		full, err = c.writeControl(op, data)
		return full, false, err
	}
	large := len(data) >= ws.FragmentSize || len(data) > inlineDeflate && c.encoder.Deflates(len(data))
	if large {
		err = c.writable()
		return false, err == nil, err
	}
	if op == ws.Text && !utf8.ValidString(data) {
		return false, false, ErrNotUTF8
	}
	if !c.messages.TryLock() {
		return false, true, nil
	}
	defer c.messages.Unlock()
	queued, err := c.writeFrame(func(dst []byte) (_ []byte, payload string) {
		if len(data) < netconn.MinShared {
			return c.encoder.AppendMessage(dst, op, data), ""
		}
		frame := c.encoder.Fragments(op, data) // of which there is one
		dst, payload, _ = frame.NextShared(dst)
		return dst, payload
	})
	return queued > netconn.HighWater, false, err
}

// A Prepared is a message that was written to several connections one after the other: it has the frame for those
// that get the same one. One goroutine at a time uses it.
type Prepared struct {
	op    ws.Opcode
	data  string
	frame string // "" until the message comes for the second time
}

// maxPrepared is the size up to which frames are kept.
const maxPrepared = 1 << 10

// TryWriteNext is TryWrite of what may be the same message as in the last call with p.
func (c *Conn) TryWriteNext(p *Prepared, op ws.Opcode, data string) (full, more bool, err error) {
	switch {
	case op.IsControl() || len(data) == 0 || len(data) > maxPrepared || c.role != ws.Server || c.encoder.Deflates(len(data)):
		return c.TryWrite(op, data)
	case p.op != op || len(p.data) != len(data) || unsafe.StringData(p.data) != unsafe.StringData(data):
		*p = Prepared{op: op, data: data}
		return c.TryWrite(op, data)
	case p.frame == "":
		if op == ws.Text && !utf8.ValidString(data) {
			return false, false, ErrNotUTF8
		}
		p.frame = string(c.encoder.AppendMessage(nil, op, data))
	}
	if !c.messages.TryLock() {
		return false, true, nil
	}
	defer c.messages.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.writableLocked(); err != nil {
		return false, false, err
	}
	queued, err := c.nc.AppendPrepared(p.frame)
	return queued > netconn.HighWater, false, writeError(err)
}

// Write sends a message, large ones fragment by fragment with room for others between, so that the
// outbox stays small. It waits while the peer is slow.
func (c *Conn) Write(op ws.Opcode, data string) error {
	if op == ws.Text && !utf8.ValidString(data) {
		return ErrNotUTF8
	}
	c.messages.Lock()
	defer c.messages.Unlock()
	fragments := c.encoder.Fragments(op, data)
	for more := true; more; {
		queued, err := c.writeFrame(func(dst []byte) (_ []byte, payload string) {
			dst, payload, more = fragments.NextShared(dst)
			return dst, payload
		})
		if err != nil {
			return err
		}
		if queued > netconn.HighWater {
			if err := c.Drain(); err != nil {
				return err
			}
		}
		if c.role == ws.Client {
			c.nc.Flush() // masked payloads are copies: the outbox does not have to hold all of them
		}
	}
	c.nc.Flush()
	return nil
}

// writeFrame queues a data frame, unless a close frame was sent or received: the sender of one does not
// read on.
func (c *Conn) writeFrame(encode func(dst []byte) ([]byte, string)) (queued int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.writableLocked(); err != nil {
		return 0, err
	}
	queued, err = c.nc.AppendShared(encode)
	return queued, writeError(err)
}

// writable says why no data frame may be sent, or nil.
func (c *Conn) writable() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writableLocked()
}

// writableLocked is writable. c.mu is held.
func (c *Conn) writableLocked() error {
	if c.state != stateOpen {
		return c.whyClosed()
	}
	return nil
}

// whyClosed is the error of a write to a connection that is closing or gone.
func (c *Conn) whyClosed() error {
	if err := c.nc.Err(); err == netconn.ErrSlowPeer {
		return err
	}
	return ErrClosed
}

// Drain waits until the peer has taken enough of what is queued. It returns why the connection failed,
// or nil. When the connection is closed meanwhile it returns at once.
func (c *Conn) Drain() error {
	err := c.nc.Wait(netconn.LowWater)
	if err != nil && err != net.ErrClosed {
		c.abandon()
	}
	return writeError(err)
}

func (c *Conn) writeControl(op ws.Opcode, data string) (full bool, err error) {
	if len(data) > ws.MaxControlPayload {
		return false, ws.ErrControlTooLong
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.state.final():
		return false, c.whyClosed()
	case op == ws.Close:
		return false, c.writeClose(data)
	case c.state != stateOpen:
		return false, ErrClosed
	}
	if op == ws.Pong && c.ping != nil && *c.ping == data {
		c.ping = nil
	}
	queued, err := c.append(func(dst []byte) []byte {
		dst, _ = c.encoder.AppendControl(dst, op, data)
		return dst
	})
	return queued > netconn.HighWater, err
}

// append encodes a frame into the outbox. c.mu is held.
func (c *Conn) append(encode func(dst []byte) []byte) (queued int, err error) {
	queued, err = c.nc.Append(encode)
	return queued, writeError(err)
}
