// Package wsconn is a WebSocket connection: the protocol of package ws on a connection of package
// netconn, with the closing handshake. It knows no script.
package wsconn

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"silly/internal/netconn"
	"silly/internal/neterror"
	"silly/internal/ws"
)

// Errors that reading and writing return beside the network's own.
var (
	ErrClosed      = errors.New("socket closed")
	ErrTimeout     = netconn.ErrTimeout
	ErrBusy        = errors.New("another task reads this socket")
	ErrEndOfFile   = errors.New("end of file")
	ErrNotUTF8     = errors.New("text is not valid utf-8")
	ErrUnknownType = errors.New("unknown message type")
)

const (
	// closeTimeout is how long the closing handshake may take (RFC 6455 section 7.1.1 leaves it to
	// the endpoint).
	closeTimeout = 3 * time.Second
	// DefaultMaxMessage is the size up to which messages are accepted, in bytes.
	DefaultMaxMessage = 16 << 20
	// DefaultWriteTimeout is how long a peer may take nothing of what is sent to it.
	DefaultWriteTimeout = 30 * time.Second
)

// A Conn is one side of a WebSocket connection. Write methods may be called from any goroutine; one
// goroutine at a time reads.
type Conn struct {
	nc   *netconn.Conn
	role ws.Role

	reading sync.Mutex // held by the goroutine that reads
	decoder ws.Decoder
	readErr error // what every later read returns

	messages sync.Mutex // held while the fragments of a large message are sent; taken before mu

	mu            sync.Mutex
	encoder       ws.Encoder
	ping          *string // a ping that nobody has answered yet
	closeReceived bool
	closePayload  string
	closeSent     bool
	closing       bool // the closing handshake goes on in the background, or the connection is gone
	closed        chan struct{}
}

// New makes a connection of one whose opening handshake is done.
func New(nc *netconn.Conn, role ws.Role, maxMessage int64) *Conn {
	c := &Conn{nc: nc, role: role, closed: make(chan struct{})}
	c.decoder.Init(role, maxMessage)
	c.encoder.Init(role)
	return c
}

// Transport is the connection below.
func (c *Conn) Transport() *netconn.Conn { return c.nc }

// TryRead returns the next event when all of it lies in the read buffer already. It does not wait.
func (c *Conn) TryRead() (ev ws.Event, ok bool, err error) {
	if !c.reading.TryLock() {
		return ev, false, c.busy()
	}
	defer c.reading.Unlock()
	c.answerPing()
	return c.decode()
}

// Read waits for the next event: a message, or a control frame. A zero deadline is none. After
// ErrTimeout the connection is as before; every other error is final, and every later read returns it
// again. A ping that was returned by an earlier read and not answered since is answered first.
func (c *Conn) Read(deadline time.Time) (ws.Event, error) {
	if !c.reading.TryLock() {
		return ws.Event{}, c.busy()
	}
	defer c.reading.Unlock()
	c.answerPing()
	for {
		ev, ok, err := c.decode()
		if ok || err != nil {
			return ev, err
		}
		c.nc.Flush()
		err = c.nc.Fill(deadline)
		switch {
		case err == nil:
		case err == netconn.ErrTimeout:
			return ev, ErrTimeout
		case err == netconn.ErrInterrupted:
			c.readErr = ErrClosed
		default:
			c.readErr = networkError(err)
			c.abandon()
		}
	}
}

// busy is why the reading lock could not be taken.
func (c *Conn) busy() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return ErrClosed
	}
	return ErrBusy
}

// Partial is what has arrived of a message that will never be complete.
func (c *Conn) Partial() string {
	if !c.reading.TryLock() {
		return ""
	}
	defer c.reading.Unlock()
	return c.decoder.Partial()
}

// decode takes the next event out of the read buffer. The caller holds c.reading.
func (c *Conn) decode() (ev ws.Event, ok bool, err error) {
	if c.readErr != nil {
		return ev, false, c.readErr
	}
	for {
		p := c.nc.Buffered()
		if len(p) == 0 {
			return ev, false, nil
		}
		var n int
		n, ev, ok, err = c.decoder.Next(p)
		c.nc.Discard(n)
		if err != nil {
			c.fail(err)
			return ws.Event{}, false, c.readErr
		}
		if !ok {
			continue
		}
		switch ev.Opcode {
		case ws.Ping:
			c.mu.Lock()
			c.ping = &ev.Data
			c.mu.Unlock()
		case ws.Close:
			c.readErr = ErrClosed
			c.mu.Lock()
			c.closeReceived = true
			c.closePayload = ev.Data
			c.mu.Unlock()
		}
		return ev, true, nil
	}
}

// fail answers a violation of the protocol with its close code and ends the connection (RFC 6455
// section 7.1.7). The caller holds c.reading.
func (c *Conn) fail(err error) {
	c.readErr = err
	code := ws.CloseProtocolError
	var violation *ws.Error
	if errors.As(err, &violation) {
		code = violation.Code
	}
	payload, _ := ws.ClosePayload(code, "")
	c.mu.Lock()
	c.sendClose(payload)
	c.closeReceived = true // the peer's frames mean nothing any more
	c.mu.Unlock()
	c.finish()
}

func networkError(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return ErrEndOfFile
	case errors.Is(err, net.ErrClosed):
		return ErrClosed
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return errors.New("connection reset by peer")
	}
	return errors.New(neterror.Reason(err))
}

// answerPing sends the pong that the script did not send (RFC 6455 section 5.5.2).
func (c *Conn) answerPing() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ping == nil {
		return
	}
	payload := *c.ping
	c.ping = nil
	if !c.closeSent {
		_ = c.append(func(dst []byte) []byte {
			dst, _ = c.encoder.AppendControl(dst, ws.Pong, payload)
			return dst
		})
	}
}

// append encodes a frame into the outbox. The caller holds c.mu.
func (c *Conn) append(encode func(dst []byte) []byte) error {
	_, err := c.nc.Append(encode)
	return writeError(err)
}

func writeError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, net.ErrClosed):
		return ErrClosed
	case err == netconn.ErrSlowPeer:
		return err
	}
	return networkError(err)
}

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
	if len(data) >= ws.FragmentSize || !c.messages.TryLock() {
		return false, true, nil
	}
	defer c.messages.Unlock()
	queued, err := c.writeFrame(func(dst []byte) []byte { return c.encoder.AppendMessage(dst, op, data) })
	return queued > netconn.HighWater, false, err
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
	case c.closeSent:
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

// writeClose sends a close frame on behalf of the script. The caller holds c.mu.
func (c *Conn) writeClose(payload string) error {
	if c.closeSent {
		return nil
	}
	if err := checkClosePayload(payload); err != nil {
		return err
	}
	c.sendClose(payload)
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
	_, err := ws.ClosePayload(int(payload[0])<<8|int(payload[1]), payload[2:])
	return err
}

// sendClose puts the one close frame of this side into the outbox. The caller holds c.mu.
func (c *Conn) sendClose(payload string) {
	if c.closeSent {
		return
	}
	_ = c.append(func(dst []byte) []byte {
		dst, _ = c.encoder.AppendControl(dst, ws.Close, payload)
		return dst
	})
	c.closeSent = true
}

// AnswerClose answers a received close frame with its own code, unless a close frame was sent already
// (RFC 6455 section 5.5.1), and ends the connection in the background.
func (c *Conn) AnswerClose() {
	c.mu.Lock()
	if c.closeReceived {
		c.sendClose(echoPayload(c.closePayload))
	}
	over := c.closeReceived
	c.mu.Unlock()
	if over {
		c.finish()
	}
}

// echoPayload is the payload of the answer to a close frame: its code.
func echoPayload(payload string) string {
	return payload[:min(len(payload), 2)]
}

// Close sends a close frame with code and reason (ws.CloseNoStatus and "" for an empty one) and ends
// the connection in the background: it gives the peer some time to answer. A read that waits returns
// ErrClosed. Closing twice is harmless.
func (c *Conn) Close(code int, reason string) error {
	payload, err := ws.ClosePayload(code, reason)
	if err != nil {
		return err
	}
	c.mu.Lock()
	if c.closeReceived && payload == "" {
		payload = echoPayload(c.closePayload)
	}
	c.sendClose(payload)
	c.mu.Unlock()
	c.finish()
	return nil
}

// GoAway sends close code 1001 (going away) and leaves the rest of the closing handshake to the reader,
// who gets the peer's answer.
func (c *Conn) GoAway() {
	payload, _ := ws.ClosePayload(ws.CloseGoingAway, "")
	c.mu.Lock()
	c.sendClose(payload)
	c.mu.Unlock()
	c.nc.Flush()
}

// finish completes the closing handshake in the background, once.
func (c *Conn) finish() {
	c.mu.Lock()
	already := c.closing
	c.closing = true
	c.mu.Unlock()
	if already {
		return
	}
	c.nc.Interrupt()
	go c.closingHandshake()
}

// closingHandshake waits for the peer's close frame, lets the server close TCP first (RFC 6455 section
// 7.1.1), and closes.
func (c *Conn) closingHandshake() {
	defer close(c.closed)
	defer c.nc.Close()
	deadline := time.Now().Add(closeTimeout)
	guard := time.AfterFunc(closeTimeout, c.nc.Close)
	defer guard.Stop()

	c.nc.Flush()
	c.reading.Lock() // the reader leaves because it was interrupted
	defer c.reading.Unlock()
	c.nc.Resume()
	if c.readErr == nil {
		c.readErr = c.awaitClose(deadline)
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

// awaitClose reads until the peer's close frame, and returns what later reads return.
func (c *Conn) awaitClose(deadline time.Time) error {
	for {
		p := c.nc.Buffered()
		if len(p) == 0 {
			if c.nc.Fill(deadline) != nil {
				return ErrClosed
			}
			continue
		}
		n, ev, ok, err := c.decoder.Next(p)
		c.nc.Discard(n)
		if err != nil || ok && ev.Opcode == ws.Close {
			return ErrClosed
		}
	}
}

// abandon ends a connection that cannot be used any more, without a closing handshake.
func (c *Conn) abandon() {
	c.mu.Lock()
	already := c.closing
	c.closing = true
	c.mu.Unlock()
	if already {
		return
	}
	c.nc.Close()
	close(c.closed)
}

// Drop ends the connection without a closing handshake, after what is queued has left; it does not wait
// for that.
func (c *Conn) Drop() {
	c.mu.Lock()
	already := c.closing
	c.closing = true
	c.mu.Unlock()
	if already {
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
			c.readErr = ErrClosed
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
