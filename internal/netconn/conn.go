package netconn

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
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

// ErrTruncated is the end of a stream that its peer has not announced, as TLS asks for (RFC 8446 section 6.1): somebody may
// have cut off the rest. It is an io.EOF for errors.Is.
var ErrTruncated error = truncated{}

type truncated struct{}

func (truncated) Error() string        { return "the stream ends without the peer having said so" }
func (truncated) Is(target error) bool { return target == io.EOF }

// ErrInterrupted is returned by Fill after Interrupt.
var ErrInterrupted = errors.New("interrupted")

// A Conn is a connection with an outbox: a half that sends and one that receives, over one transport. The methods of the
// writer and the close methods may be called from any goroutine; the read methods belong to one goroutine at a time. The
// two halves have a lock each; none is taken while the other is held.
type Conn struct {
	writer
	reader
}

// New takes a connection over: a *Transport, or a *tls.Conn over one, whose handshake is complete.
// buffered is what was already read from it and not yet used. writeTimeout is how long a peer may take
// nothing before the connection fails; 0 is for ever.
func New(nc net.Conn, buffered []byte, writeTimeout time.Duration) *Conn {
	c := new(Conn)
	var transport *Transport
	switch nc := nc.(type) {
	case *tls.Conn:
		transport = nc.NetConn().(*Transport)
		c.writer.tls, c.reader.tls, c.flush = nc, nc, c.Flush
	case *Transport:
		transport = nc
	default:
		transport = Wrap(nc)
	}
	c.writer.transport, c.reader.transport = transport, transport
	if c.TLS() == nil {
		c.socket = transport.raw
	}
	c.writeTimeout = writeTimeout
	transport.collects.Store(true)
	if len(buffered) > 0 {
		c.first = append([]byte(nil), buffered...)
	}
	return c
}

// RemoteAddr is the peer's address.
func (c *Conn) RemoteAddr() net.Addr { return c.writer.transport.RemoteAddr() }

// LocalAddr is the address on this side.
func (c *Conn) LocalAddr() net.Addr { return c.writer.transport.LocalAddr() }

// TLS is the TLS connection, or nil.
func (c *Conn) TLS() *tls.Conn { return c.writer.tls }

// Close closes the connection at once. What is queued and not yet with the kernel is lost: Wait before
// it. Closing twice is harmless.
func (c *Conn) Close() {
	if c.writer.close() {
		c.reader.close()
		_ = c.writer.transport.Close()
	}
}

// HangUp closes the connection at once if that loses nothing: everything is with the kernel, which sends it
// and the end of the stream, and nothing that the peer has sent is unread, for which the kernel would reset
// the connection. It reports whether it did; Linger is the way for all other cases, TLS among them, which
// has a farewell of its own. No read may be going on.
func (c *Conn) HangUp() bool {
	raw := c.socket
	if raw == nil || len(c.Buffered()) > 0 || c.Queued() > 0 || c.Err() != nil || hasInput(raw) {
		return false
	}
	c.Close()
	return true
}

// CloseAfter closes the connection when everything is with the kernel, which it waits for until limit.
func (c *Conn) CloseAfter(limit time.Duration) {
	guard := time.AfterFunc(limit, c.Close)
	defer guard.Stop()
	_ = c.Wait(0)
	c.Close()
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
	c.CloseWrite()
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
