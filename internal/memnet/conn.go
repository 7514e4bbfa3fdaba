package memnet

import (
	"io"
	"net"
	"sync/atomic"
	"time"
)

// Conn is one end of a connection inside a Network. As with every net.Conn, all methods may be
// called from several goroutines at once.
type Conn struct {
	network       string
	local, remote *net.TCPAddr
	in, out       *stream
	closed        atomic.Bool
	// release gives the local port back; nil on the accepted end, which uses the listener's port.
	release func()
}

var _ net.Conn = (*Conn)(nil)

// newPair returns the two ends of a new connection.
func newPair(network string, clientAddr, serverAddr *net.TCPAddr, activity *atomic.Uint64) (client, server *Conn) {
	up, down := newStream(activity), newStream(activity)
	client = &Conn{network: network, local: clientAddr, remote: serverAddr, in: down, out: up}
	server = &Conn{network: network, local: serverAddr, remote: clientAddr, in: up, out: down}
	return client, server
}

// Read waits for data, the peer's close or the read deadline. Like a socket it reports a deadline
// in the past even when there is data, and can be used again when the deadline has been moved.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p, true)
	return n, c.opError("read", err)
}

// TryRead reads what is there now: 0, nil when there is nothing. Deadlines do not matter to it.
func (c *Conn) TryRead(p []byte) (int, error) {
	n, err := c.in.read(p, false)
	return n, c.opError("read", err)
}

// NotifyReadable has f called whenever a read may get something that the one before it did not: bytes, the end,
// or an error. A read that leaves something calls it, too. f must not wait and must not use the connection.
func (c *Conn) NotifyReadable(f func()) { c.in.notify(f) }

// Write waits until all of p is in the connection's buffer. The bytes of one Write are never
// mixed with those of another.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.out.write(p, true)
	return n, c.opError("write", err)
}

// TryWrite writes as much of p as fits now: 0, nil when the buffer is full or a Write is still
// waiting for room. Deadlines do not matter to it.
func (c *Conn) TryWrite(p []byte) (int, error) {
	n, err := c.out.write(p, false)
	return n, c.opError("write", err)
}

// Close ends the connection in both directions. The peer still reads what was written.
func (c *Conn) Close() error {
	return c.shut("close", func() {
		c.out.closeWriter()
		c.in.closeReader()
	})
}

// CloseWrite ends the outgoing direction: the peer reads io.EOF after what was written.
func (c *Conn) CloseWrite() error {
	if c.closed.Load() {
		return c.opError("close", net.ErrClosed)
	}
	c.out.finish()
	return nil
}

// Reset aborts the connection, as closing a TCP socket with a linger time of zero does: what was
// written and not yet read is lost, and the peer's calls fail with ECONNRESET.
func (c *Conn) Reset() {
	// The only possible error says that the connection is already closed.
	_ = c.shut("close", func() {
		c.out.reset()
		c.in.reset()
		c.out.closeWriter()
		c.in.closeReader()
	})
}

func (c *Conn) shut(op string, end func()) error {
	if !c.closed.CompareAndSwap(false, true) {
		return c.opError(op, net.ErrClosed)
	}
	end()
	if c.release != nil {
		c.release()
	}
	return nil
}

// LocalAddr returns the *net.TCPAddr of this end.
func (c *Conn) LocalAddr() net.Addr {
	return c.local
}

// RemoteAddr returns the *net.TCPAddr of the peer.
func (c *Conn) RemoteAddr() net.Addr {
	return c.remote
}

// SetDeadline sets the time after which Read and Write fail; the zero time means never.
func (c *Conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline sets the time after which Read fails; the zero time means never.
func (c *Conn) SetReadDeadline(t time.Time) error {
	return c.deadlineError(c.in.setReadDeadline(t))
}

// SetWriteDeadline sets the time after which Write fails; the zero time means never.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	return c.deadlineError(c.out.setWriteDeadline(t))
}

func (c *Conn) deadlineError(err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: "set", Net: c.network, Addr: c.local, Err: err}
}

func (c *Conn) opError(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: c.network, Source: c.local, Addr: c.remote, Err: err}
}
