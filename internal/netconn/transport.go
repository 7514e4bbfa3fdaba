// Package netconn is a network connection as a program of many tasks needs it: what is written is
// collected and leaves without making the writer wait, and a read that waits holds no buffer.
//
// A [Transport] lies at the bottom, on the socket. For as long as net/http or a TLS handshake uses it,
// it is an ordinary connection. A [Conn] takes it over, with or without TLS in between.
package netconn

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A Transport is a connection whose writes can be collected, so that TLS records of many messages
// leave together.
type Transport struct {
	net.Conn
	raw      syscall.RawConn // of a socket, else nil
	try      tryWriter       // of a connection that can write without waiting, else nil
	collects atomic.Bool

	mu   sync.Mutex
	wire []byte // collected bytes, ready for the socket
}

// tryWriter writes what fits now; (0, nil) means that nothing does.
type tryWriter interface {
	TryWrite(p []byte) (n int, err error)
}

// Wrap makes a Transport of a connection fresh from Accept or Dial.
func Wrap(c net.Conn) *Transport {
	t := &Transport{Conn: c}
	if sc, ok := c.(syscall.Conn); ok {
		t.raw = rawOf(sc)
	}
	t.try, _ = c.(tryWriter)
	return t
}

// Write sends p, or collects it once a Conn has taken the transport over.
func (t *Transport) Write(p []byte) (int, error) {
	if !t.collects.Load() {
		return t.Conn.Write(p)
	}
	t.mu.Lock()
	t.wire = append(t.wire, p...)
	t.mu.Unlock()
	return len(p), nil
}

// ReadFrom is Write for io.Copy: net/http sends bodies through it.
func (t *Transport) ReadFrom(r io.Reader) (int64, error) {
	if rf, ok := t.Conn.(io.ReaderFrom); ok && !t.collects.Load() {
		return rf.ReadFrom(r)
	}
	return io.Copy(writeOnly{t}, r)
}

// writeOnly hides ReadFrom.
type writeOnly struct{ io.Writer }

// SetWriteDeadline has no effect once writes are collected: then they never wait. (crypto/tls sets a
// deadline in the past after close_notify, before the record has left.)
func (t *Transport) SetWriteDeadline(deadline time.Time) error {
	if t.collects.Load() {
		return nil
	}
	return t.Conn.SetWriteDeadline(deadline)
}

// SetDeadline sets the read deadline, and the write deadline where it has an effect.
func (t *Transport) SetDeadline(deadline time.Time) error {
	if t.collects.Load() {
		return t.SetReadDeadline(deadline)
	}
	return t.Conn.SetDeadline(deadline)
}

// CloseWrite sends the end of the stream, where the connection can.
func (t *Transport) CloseWrite() error {
	if cw, ok := t.Conn.(interface{ CloseWrite() error }); ok {
		return cw.CloseWrite()
	}
	return nil
}

// tryWrite writes what the connection takes now, without waiting. Only one goroutine at a time may
// write.
func (t *Transport) tryWrite(p []byte) (n int, err error) {
	if t.try != nil {
		return t.try.TryWrite(p)
	}
	if t.raw == nil {
		return 0, nil
	}
	n, err = writeOnce(t.raw, p)
	if err != nil {
		err = &net.OpError{Op: "write", Net: "tcp", Source: t.LocalAddr(), Addr: t.RemoteAddr(), Err: err}
	}
	return n, err
}

// write writes the beginning of p, and fails when the peer takes nothing for timeout (0: for ever).
func (t *Transport) write(p []byte, timeout time.Duration) (n int, err error) {
	// A step is small enough that a slow but living peer makes progress within the timeout.
	const step = 64 << 10
	if timeout > 0 {
		if err := t.Conn.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
			return 0, err
		}
	}
	n, err = t.Conn.Write(p[:min(len(p), step)])
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil
		if n == 0 {
			err = ErrSlowPeer
		}
	}
	return n, err
}

// takeWire takes the collected bytes. The caller gives them back with recycle.
func (t *Transport) takeWire() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	wire := t.wire
	t.wire = nil
	return wire
}

// recycle lets a buffer from takeWire be used again.
func (t *Transport) recycle(wire []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wire == nil && cap(wire) <= keptBuffer {
		t.wire = wire[:0]
	}
}

// collected reports whether bytes wait for takeWire.
func (t *Transport) collected() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.wire) > 0
}
