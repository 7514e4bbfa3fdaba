package httpserver_test

import (
	"bytes"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// pieces is a connection whose client sends one piece after the other, and then the end. The next one comes when the
// server waits for it.
type pieces struct {
	coming   [][]byte
	here     []byte // what the server can read now
	ended    bool
	readable func()
	sent     bytes.Buffer // by the server
	closed   atomic.Bool
}

// cutInto makes pieces of raw: each cut is the length of one, and the rest is the last.
func cutInto(raw, cuts []byte) *pieces {
	p := new(pieces)
	for _, cut := range cuts {
		if n := int(cut) + 1; n < len(raw) {
			p.coming = append(p.coming, raw[:n])
			raw = raw[n:]
		}
	}
	p.coming = append(p.coming, raw)
	return p
}

// arrive lets the next piece arrive, or the end.
func (p *pieces) arrive() {
	if len(p.coming) > 0 {
		p.here, p.coming = p.coming[0], p.coming[1:]
	} else {
		p.ended = true
	}
	p.readable()
}

// TryRead reads what is there.
func (p *pieces) TryRead(b []byte) (int, error) {
	if len(p.here) == 0 && p.ended {
		return 0, io.EOF
	}
	n := copy(b, p.here)
	p.here = p.here[n:]
	return n, nil
}

// Read implements net.Conn.
func (p *pieces) Read(b []byte) (int, error) {
	for len(p.here) == 0 && !p.ended {
		p.arrive()
	}
	return p.TryRead(b)
}

// Write implements net.Conn.
func (p *pieces) Write(b []byte) (int, error) { return p.sent.Write(b) }

// Close implements net.Conn.
func (p *pieces) Close() error {
	p.closed.Store(true)
	return nil
}

func (p *pieces) TryWrite(b []byte) (int, error)   { return p.sent.Write(b) }
func (p *pieces) NotifyReadable(f func())          { p.readable = f }
func (p *pieces) LocalAddr() net.Addr              { return new(net.TCPAddr) }
func (p *pieces) RemoteAddr() net.Addr             { return new(net.TCPAddr) }
func (p *pieces) SetDeadline(time.Time) error      { return nil }
func (p *pieces) SetReadDeadline(time.Time) error  { return nil }
func (p *pieces) SetWriteDeadline(time.Time) error { return nil }
