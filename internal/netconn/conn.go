package netconn

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"silly/internal/poll"
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
	// Writing. A goroutine that is sending may read what it has taken from the outbox without the
	// mutex, because appending never changes what is there. What each flush looks at comes first: a broadcast
	// goes through thousands of connections.
	mu           sync.Mutex
	prepared     string  // a frame of many receivers; it comes before what is in out
	out          *outbox // from the pool; nil while empty
	sending      bool    // a goroutine is sending; it alone takes from the outbox and writes to the transport
	finish       bool    // send the end of the stream when the outbox is empty
	notified     bool    // TLS was told
	finished     bool    // it was sent
	sealed       bool    // no more is appended
	closed       bool
	socket       syscall.RawConn // of the transport, without TLS; else nil
	err          error
	waiters      []waiter
	tls          *tls.Conn // nil without TLS
	transport    *Transport
	writeTimeout time.Duration
	onSlowPeer   func() // called once, on a goroutine of its own

	// Reading.
	buffer *[]byte // from the pool; nil while nothing is buffered
	begin  int
	end    int
	first  []byte // bytes that were read before the Conn took over
	source poll.Source
	// What readOnce has got, and readOnce itself for the runtime.
	got        int
	gotErr     error
	onReadable func(fd uintptr) bool

	deadlines   sync.Mutex // held while the read deadline changes
	armed       time.Time  // the deadline that is set; zero is none
	interrupted bool
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
	if c.tls == nil {
		c.socket = c.transport.raw
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

// Unread puts p in front of what is buffered.
func (c *Conn) Unread(p []byte) {
	buffered := c.Buffered()
	first := append(append([]byte(nil), p...), buffered...)
	c.Discard(len(buffered))
	c.first = first
}

// SetWriteTimeout changes how long the peer may take nothing before the connection fails.
func (c *Conn) SetWriteTimeout(timeout time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writeTimeout = timeout
}

func (c *Conn) releaseBuffer() {
	readBuffers.Put(c.buffer)
	c.buffer, c.begin, c.end = nil, 0, 0
}

// Fill waits for bytes and makes them the buffered ones; everything buffered before must have been
// discarded. At the end of the stream it returns io.EOF. A zero deadline is none; one that has passed
// still lets Fill take what is there.
func (c *Conn) Fill(deadline time.Time) error {
	_, err := c.wait(deadline, c.fill)
	if err != nil && c.buffer != nil {
		c.releaseBuffer()
	}
	return err
}

// FillInto is Fill into memory of the caller: it returns how many bytes of p it has filled.
func (c *Conn) FillInto(p []byte, deadline time.Time) (n int, err error) {
	return c.wait(deadline, func() (int, error) { return c.readInto(p) })
}

// wait calls read until it gets something, fails or the deadline passes. When this goroutine itself is late, what has
// arrived meanwhile counts.
func (c *Conn) wait(deadline time.Time, read func() (int, error)) (n int, err error) {
	for tries := 0; ; tries++ {
		fresh, err := c.arm(deadline)
		if err != nil {
			return 0, err
		}
		n, err := read()
		if n > 0 {
			return n, nil
		}
		if err == nil {
			err = io.EOF
		}
		err = readError(err)
		if err == ErrTimeout && !c.isInterrupted() {
			late := fresh && tries == 0 && time.Since(deadline) > shortestWait // the runtime has not looked
			if late || !fresh {
				continue
			}
		}
		if err == ErrTimeout && c.isInterrupted() {
			err = ErrInterrupted
		}
		return 0, err
	}
}

// shortestWait is how long a read looks for bytes at least. A deadline in the past would keep the runtime
// from looking at all.
const shortestWait = time.Millisecond

// arm sees to it that the read that follows ends at the deadline, or earlier: setting a deadline costs as
// much as a small read, so one that was set for an earlier read stays until it has passed. fresh says that
// it is exact.
func (c *Conn) arm(deadline time.Time) (fresh bool, err error) {
	c.deadlines.Lock()
	defer c.deadlines.Unlock()
	if c.interrupted {
		return false, ErrInterrupted
	}
	if c.armed.IsZero() && deadline.IsZero() {
		return true, nil
	}
	now := time.Now()
	if c.armed.After(now) && (deadline.IsZero() || c.armed.Before(deadline)) {
		return false, nil
	}
	if !deadline.IsZero() && deadline.Sub(now) < shortestWait {
		deadline = now.Add(shortestWait)
	}
	c.armed = deadline
	return true, readError(c.transport.SetReadDeadline(deadline))
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
	c.armed = time.Unix(1, 0)
	_ = c.transport.SetReadDeadline(c.armed)
	c.source.Wake()
}

// Resume lets Fill wait again after Interrupt.
func (c *Conn) Resume() {
	c.deadlines.Lock()
	defer c.deadlines.Unlock()
	c.interrupted = false
}

func (c *Conn) fill() (n int, err error) {
	if c.tls == nil && c.transport.raw != nil {
		// A connection that waits holds no buffer: it gets one when the socket is readable.
		n, err = c.readWhenReady()
	} else {
		c.buffer = readBuffers.Get().(*[]byte)
		n, err = c.readInto(*c.buffer)
	}
	c.begin, c.end = 0, n
	return n, err
}

func (c *Conn) readInto(p []byte) (n int, err error) {
	if c.tls == nil {
		return c.transport.Conn.Read(p)
	}
	n, err = c.tls.Read(p)
	if n > 0 {
		c.source.Again() // TLS may have read more than one record, or the end, which it repeats
	}
	c.Flush() // TLS may have answered something of its own, such as a key update
	return n, err
}

// Watch makes the source of the connection ready whenever TryFill may get something, or fails, and returns it;
// owner is its owner. It returns nil for connections that cannot be watched: their reads wait in Fill.
// The source must not be armed.
func (c *Conn) Watch(p *poll.Poller, owner any) *poll.Source {
	if c.source.Owner == nil {
		if !c.watch(p) {
			return nil
		}
		if c.tls != nil {
			c.source.Again() // the handshake may have read more than its own
		}
	}
	c.source.Owner = owner
	return &c.source
}

func (c *Conn) watch(p *poll.Poller) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return false
	case c.transport.raw != nil:
		return p.Watch(c.transport.raw, &c.source) == nil
	case c.transport.notifier != nil:
		c.source.Attach(p)
		c.transport.notifier.NotifyReadable(c.source.Wake)
		return true
	}
	return false
}

// Source is what Watch has returned.
func (c *Conn) Source() *poll.Source { return &c.source }

// TryFill is Fill of a connection that is watched, and does not wait: it returns 0 bytes and no error when nothing
// is there.
func (c *Conn) TryFill() (n int, err error) {
	c.buffer = readBuffers.Get().(*[]byte)
	n, err = c.TryFillInto(*c.buffer)
	if n == 0 {
		c.releaseBuffer()
	}
	c.begin, c.end = 0, n
	return n, err
}

// TryFillInto is FillInto of a connection that is watched, and does not wait.
func (c *Conn) TryFillInto(p []byte) (n int, err error) {
	if c.isInterrupted() {
		return 0, ErrInterrupted
	}
	c.source.Look()
	if c.tls != nil {
		return c.tryReadTLS(p)
	}
	n, err = c.transport.tryRead(p)
	if n == len(p) {
		c.source.Again()
	}
	return n, readError(err)
}

// tryReadTLS reads what is there of the next record.
func (c *Conn) tryReadTLS(p []byte) (n int, err error) {
	c.transport.tries = true
	n, err = c.readInto(p)
	c.transport.tries = false
	if n > 0 || err == errNothingYet {
		return n, nil
	}
	return 0, readError(err)
}

func (c *Conn) takeBuffer() []byte {
	c.buffer = readBuffers.Get().(*[]byte)
	return *c.buffer
}

// HangUp closes the connection at once if that loses nothing: everything is with the kernel, which sends it
// and the end of the stream, and nothing that the peer has sent is unread, for which the kernel would reset
// the connection. It reports whether it did; Linger is the way for all other cases, TLS among them, which
// has a farewell of its own. No read may be going on.
func (c *Conn) HangUp() bool {
	if c.tls != nil || c.transport.raw == nil || len(c.Buffered()) > 0 || c.Queued() > 0 || c.Err() != nil || hasInput(c.transport.raw) {
		return false
	}
	c.Close()
	return true
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
