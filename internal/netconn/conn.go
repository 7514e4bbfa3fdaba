package netconn

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Limits of what is collected for one peer. Above HighWater a writer should wait until LowWater.
const (
	HighWater = 1 << 20
	LowWater  = 256 << 10
)

// ErrTimeout is returned by Fill when its deadline passes. The connection stays usable.
var ErrTimeout = errors.New("timeout")

// ErrSlowPeer is the error of a connection whose peer took nothing for the write timeout.
var ErrSlowPeer = errors.New("write timeout: the peer does not read")

// ErrInterrupted is returned by Fill after Interrupt.
var ErrInterrupted = errors.New("interrupted")

// A Conn is a connection with an outbox. Append, Flush and the close methods may be called from any
// goroutine; the read methods belong to one goroutine at a time.
type Conn struct {
	transport *Transport
	tls       *tls.Conn // nil without TLS

	// Reading.
	buffer *[]byte // from the pool; nil while nothing is buffered
	begin  int
	end    int
	first  []byte // bytes that were read before the Conn took over

	deadlines   sync.Mutex // held while the read deadline changes
	interrupted bool

	// Writing. The outbox is bytes[head:]; a goroutine that is sending may read them without the
	// mutex, because appending never changes what is there.
	writeTimeout time.Duration
	mu           sync.Mutex
	bytes        *[]byte // from the pool; nil while empty
	head         int
	sending      bool // a goroutine is sending; it alone moves head and writes to the transport
	finish       bool // send the end of the stream when the outbox is empty
	notified     bool // TLS was told
	finished     bool // it was sent
	err          error
	waiters      []waiter
	closed       bool
}

// A waiter waits until at most limit bytes are queued, or for an error.
type waiter struct {
	limit int
	ready chan struct{}
}

// New takes a connection over: a *Transport, or a *tls.Conn over one, whose handshake is complete.
// buffered is what was already read from it and not yet used. writeTimeout is how long a peer may take
// nothing before the connection fails; 0 is for ever.
func New(nc net.Conn, buffered []byte, writeTimeout time.Duration) *Conn {
	c := &Conn{writeTimeout: writeTimeout}
	switch nc := nc.(type) {
	case *tls.Conn:
		c.tls = nc
		c.transport = nc.NetConn().(*Transport)
	case *Transport:
		c.transport = nc
	default:
		c.transport = Wrap(nc)
	}
	c.transport.collects.Store(true)
	if len(buffered) > 0 {
		c.first = append([]byte(nil), buffered...)
	}
	return c
}

// RemoteAddr is the peer's address.
func (c *Conn) RemoteAddr() net.Addr { return c.transport.RemoteAddr() }

// LocalAddr is the address on this side.
func (c *Conn) LocalAddr() net.Addr { return c.transport.LocalAddr() }

// Closed reports whether Close was called.
func (c *Conn) Closed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// TLS is the TLS connection, or nil.
func (c *Conn) TLS() *tls.Conn { return c.tls }

// readBufferSize holds many small messages, or a good part of a large one.
const readBufferSize = 16 << 10

var readBuffers = sync.Pool{New: func() any {
	b := make([]byte, readBufferSize)
	return &b
}}

// Buffered is what was read and not yet discarded. It is valid, and may be modified, until the next
// Fill.
func (c *Conn) Buffered() []byte {
	if c.first != nil {
		return c.first
	}
	if c.buffer == nil {
		return nil
	}
	return (*c.buffer)[c.begin:c.end]
}

// Discard drops the first n buffered bytes.
func (c *Conn) Discard(n int) {
	if c.first != nil {
		c.first = c.first[n:]
		if len(c.first) == 0 {
			c.first = nil
		}
		return
	}
	c.begin += n
	if c.begin == c.end && c.buffer != nil {
		c.releaseBuffer()
	}
}

func (c *Conn) releaseBuffer() {
	readBuffers.Put(c.buffer)
	c.buffer, c.begin, c.end = nil, 0, 0
}

// Fill waits for bytes and makes them the buffered ones; everything buffered before must have been
// discarded. At the end of the stream it returns io.EOF. A zero deadline is none.
func (c *Conn) Fill(deadline time.Time) error {
	if err := c.setReadDeadline(deadline); err != nil {
		return err
	}
	n, err := c.fill()
	if n > 0 {
		return nil
	}
	if c.buffer != nil {
		c.releaseBuffer()
	}
	if err == nil {
		err = io.EOF
	}
	err = readError(err)
	if err == ErrTimeout && c.isInterrupted() {
		err = ErrInterrupted
	}
	return err
}

func (c *Conn) setReadDeadline(deadline time.Time) error {
	c.deadlines.Lock()
	defer c.deadlines.Unlock()
	if c.interrupted {
		return ErrInterrupted
	}
	return readError(c.transport.SetReadDeadline(deadline))
}

func (c *Conn) isInterrupted() bool {
	c.deadlines.Lock()
	defer c.deadlines.Unlock()
	return c.interrupted
}

// Interrupt makes the Fill that waits, and every later one until Resume, return ErrInterrupted. Any
// goroutine may call it.
func (c *Conn) Interrupt() {
	c.deadlines.Lock()
	defer c.deadlines.Unlock()
	c.interrupted = true
	_ = c.transport.SetReadDeadline(time.Unix(1, 0))
}

// Resume lets Fill wait again after Interrupt.
func (c *Conn) Resume() {
	c.deadlines.Lock()
	defer c.deadlines.Unlock()
	c.interrupted = false
}

func (c *Conn) fill() (n int, err error) {
	if c.tls == nil && c.transport.raw != nil {
		return c.fillSocket()
	}
	c.buffer = readBuffers.Get().(*[]byte)
	if c.tls != nil {
		n, err = c.tls.Read(*c.buffer)
		c.Flush() // TLS may have answered something of its own, such as a key update
	} else {
		n, err = c.transport.Conn.Read(*c.buffer)
	}
	c.begin, c.end = 0, n
	return n, err
}

// fillSocket takes a buffer from the pool only when the socket is readable, so that a connection that
// waits holds none.
func (c *Conn) fillSocket() (n int, err error) {
	n, err = readWhenReady(c.transport.raw, c.takeBuffer, c.releaseBuffer)
	c.begin, c.end = 0, n
	return n, err
}

func (c *Conn) takeBuffer() []byte {
	c.buffer = readBuffers.Get().(*[]byte)
	return *c.buffer
}

// readError names the reasons for which a read fails in the ordinary course of things.
func readError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return ErrTimeout
	case errors.Is(err, net.ErrClosed):
		return net.ErrClosed
	case errors.Is(err, io.ErrUnexpectedEOF):
		return io.EOF // TLS without close_notify: the peer has gone
	}
	return err
}
