// Package wsconn is a WebSocket connection: the protocol of package ws on a connection of package
// netconn, with the closing handshake. It knows no script.
package wsconn

import (
	"sync"
	"time"

	"silly/internal/netconn"
	"silly/internal/ws"
)

const (
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
