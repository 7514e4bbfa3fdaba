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

	"silly/internal/netmeter"
	"silly/internal/poll"
)

// A Transport is a connection whose writes can be collected, so that TLS records of many messages
// leave together.
type Transport struct {
	net.Conn
	raw      syscall.RawConn // of a socket, else nil
	try      tryWriter       // of a connection that can write without waiting, else nil
	notifier notifier        // of a connection that says when it is readable, else nil
	pump     *pump           // of a watched connection that cannot be watched by other means, else nil
	collects atomic.Bool
	tries    bool            // Read does not wait; owned by the one who reads
	ended    bool            // Read has come to the end of the stream; likewise
	meter    *netmeter.Meter // counts bytes; nil is none
	closed   atomic.Bool     // it is no longer among the meter's open connections

	mu   sync.Mutex
	wire *[]byte // collected bytes, ready for the socket, from the pool; nil while there are none
}

var wires = sync.Pool{New: func() any { return new([]byte) }}

// tryWriter writes what fits now; (0, nil) means that nothing does.
type tryWriter interface {
	TryWrite(p []byte) (n int, err error)
}

// notifier reads what is there, (0, nil) when nothing is, and calls f whenever that changes.
type notifier interface {
	TryRead(p []byte) (n int, err error)
	NotifyReadable(f func())
}

// Wrap makes a Transport of a connection fresh from Accept or Dial. One that is a Transport stays what it is.
func Wrap(c net.Conn) *Transport {
	if t, ok := c.(*Transport); ok {
		return t
	}
	t := &Transport{Conn: c}
	if sc, ok := c.(syscall.Conn); ok {
		t.raw = rawOf(sc)
	}
	t.try, _ = c.(tryWriter)
	t.notifier, _ = c.(notifier)
	return t
}

// Metered lets a meter count the transport and its bytes, until it is closed. It is called right after Wrap.
func (t *Transport) Metered(m *netmeter.Meter) *Transport {
	t.meter = m
	m.AddOpen(1)
	return t
}

// Close closes the connection.
func (t *Transport) Close() error {
	if !t.closed.Swap(true) {
		t.meter.AddOpen(-1)
	}
	return t.Conn.Close()
}

// errNothingYet is what a Read returns that must not wait. It is temporary for crypto/tls, which goes on with what it has
// of a record when the next bytes come.
var errNothingYet net.Error = nothingYet{}

type nothingYet struct{}

func (nothingYet) Error() string   { return "nothing to read yet" }
func (nothingYet) Timeout() bool   { return false }
func (nothingYet) Temporary() bool { return true }

// Read reads from the connection.
func (t *Transport) Read(p []byte) (n int, err error) {
	switch {
	case t.tries:
		if n, err = t.tryRead(p); n == 0 && err == nil {
			err = errNothingYet
		}
	case t.pump != nil:
		n, err = t.pump.Read(p)
		t.meter.AddReceived(n)
	default:
		n, err = t.Conn.Read(p)
		t.meter.AddReceived(n)
	}
	if err == io.EOF {
		t.ended = true
	}
	return n, err
}

// tryRead reads what is there, and does not wait: 0 bytes and no error are nothing.
func (t *Transport) tryRead(p []byte) (n int, err error) {
	switch {
	case t.pump != nil:
		n, err = t.pump.TryRead(p)
	case t.raw != nil:
		n, err = tryRead(t.raw, p)
	case t.notifier != nil:
		n, err = t.notifier.TryRead(p)
	} // else it is not watched yet, and nobody reads ahead
	t.meter.AddReceived(n)
	return n, err
}

// readWhenReady waits until the socket is readable, and only then takes a buffer for r and reads.
func (t *Transport) readWhenReady(r *reader) (n int, err error) {
	n, err = readWhenReady(t.raw, r)
	t.meter.AddReceived(n)
	return n, err
}

// tryWriteSmall writes what the kernel takes now of p, which is small: 0 and no error when that is nothing.
func (t *Transport) tryWriteSmall(p []byte) (n int, err error) {
	n, err = tryWriteSmall(t.raw, p)
	t.meter.AddSent(n)
	return n, err
}

// watch has source woken, or made ready by p, whenever tryRead may get something. The caller reads, and nobody else.
func (t *Transport) watch(p *poll.Poller, source *poll.Source) {
	if t.raw != nil && p.Watch(t.raw, source) == nil {
		return
	}
	source.Attach(p)
	if t.notifier != nil {
		t.notifier.NotifyReadable(source.Wake)
		return
	}
	if t.pump == nil {
		t.pump = startPump(t.Conn, source)
	}
}

// readAhead has tryRead see what has come before anybody watches: where neither the kernel nor the connection tells.
func (t *Transport) readAhead(source *poll.Source) {
	if t.raw == nil && t.notifier == nil && t.pump == nil {
		t.pump = startPump(t.Conn, source)
	}
}

// endWatch is called before the connection is closed.
func (t *Transport) endWatch() {
	if t.pump != nil {
		t.pump.stop()
	}
}

// SetReadDeadline sets the deadline of Read.
func (t *Transport) SetReadDeadline(deadline time.Time) error {
	if t.pump != nil {
		t.pump.SetReadDeadline(deadline)
		return nil
	}
	return t.Conn.SetReadDeadline(deadline)
}

// Write sends p, or collects it once a Conn has taken the transport over.
func (t *Transport) Write(p []byte) (int, error) {
	if !t.collects.Load() {
		n, err := t.Conn.Write(p)
		t.meter.AddSent(n)
		return n, err
	}
	if len(p) == 0 {
		return 0, nil
	}
	t.mu.Lock()
	if t.wire == nil {
		t.wire = wires.Get().(*[]byte)
	}
	*t.wire = append(*t.wire, p...)
	t.mu.Unlock()
	return len(p), nil
}

// ReadFrom is Write for io.Copy: net/http sends bodies through it.
func (t *Transport) ReadFrom(r io.Reader) (int64, error) {
	if rf, ok := t.Conn.(io.ReaderFrom); ok && !t.collects.Load() {
		n, err := rf.ReadFrom(r)
		t.meter.AddSent(int(n))
		return n, err
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

// tryWrite writes what the connection takes now of b, without waiting, and reports whether that is all. Only
// one goroutine at a time may write.
func (t *Transport) tryWrite(b *writeBatch) (n int, all bool, err error) {
	defer func() { t.meter.AddSent(n) }()
	switch {
	case t.try != nil:
		for _, p := range b.pieces {
			k, err := t.try.TryWrite(p)
			n += k
			if err != nil || k < len(p) {
				return n, false, err
			}
		}
		return n, true, nil
	case t.raw == nil:
		return 0, false, nil
	}
	n, all, err = tryWriteBatch(t.raw, b)
	return n, all, t.writeError(err)
}

// write writes the beginning of b, and fails when the peer takes nothing for timeout (0: for ever).
func (t *Transport) write(b *writeBatch, timeout time.Duration) (n int, err error) {
	defer func() { t.meter.AddSent(n) }()
	if timeout > 0 {
		if err := t.Conn.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
			return 0, err
		}
	}
	if t.raw != nil {
		n, err = writeBatchWhenReady(t.raw, b)
		err = t.writeError(err)
	} else {
		// A step is small enough that a slow but living peer makes progress within the timeout.
		const step = 64 << 10
		p := b.pieces[0]
		n, err = t.Conn.Write(p[:min(len(p), step)])
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil
		if n == 0 {
			err = ErrSlowPeer
		}
	}
	return n, err
}

// writeError is how package net reports an error of a write.
func (t *Transport) writeError(err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: "write", Net: "tcp", Source: t.LocalAddr(), Addr: t.RemoteAddr(), Err: err}
}

// takeWire takes the collected bytes, or nil. The caller gives them back with recycle.
func (t *Transport) takeWire() *[]byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	wire := t.wire
	t.wire = nil
	return wire
}

// recycle lets a buffer from takeWire be used again.
func (t *Transport) recycle(wire *[]byte) {
	if wire != nil && cap(*wire) <= keptBuffer {
		*wire = (*wire)[:0]
		wires.Put(wire)
	}
}

// collected reports whether bytes wait for takeWire.
func (t *Transport) collected() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wire != nil
}
