package netconn

import (
	"net"
	"os"
	"sync"
	"time"

	"silly/internal/poll"
)

// pumpSize is how many bytes a pump reads ahead.
const pumpSize = 4 << 10

// A pump reads ahead from a connection that neither the kernel watches nor tells of its bytes itself: on systems without
// epoll, and from connections of an embedder's own. Its goroutine takes what has come, wakes the reader, and goes on while
// there is room; the reader never waits for the connection.
type pump struct {
	conn   net.Conn
	source *poll.Source

	mu       sync.Mutex
	changed  sync.Cond // of what follows
	buffer   [pumpSize]byte
	begin    int // buffer[begin:end] was read ahead; what follows belongs to the goroutine
	end      int
	err      error // why there will be no more bytes
	stopped  bool
	deadline time.Time // of Read
	alarm    *time.Timer
}

// startPump makes a pump that wakes source whenever TryRead may get something. From now on nobody else reads from conn.
func startPump(conn net.Conn, source *poll.Source) *pump {
	p := &pump{conn: conn, source: source}
	p.changed.L = &p.mu
	_ = conn.SetReadDeadline(time.Time{}) // the handshake may have left one
	go p.run()
	return p
}

// run reads until the connection ends or is closed.
func (p *pump) run() {
	for room := p.room(); room != nil; room = p.room() {
		n, err := p.conn.Read(room)
		p.mu.Lock()
		p.end += n
		p.err = err
		p.changed.Broadcast()
		p.mu.Unlock()
		if err != nil {
			p.source.HangUp()
		} else {
			p.source.Wake()
		}
	}
}

// room waits until bytes fit into the buffer, and returns where; nil when the connection is not read any more.
func (p *pump) room() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.begin == 0 && p.end == len(p.buffer) && p.err == nil && !p.stopped {
		p.changed.Wait()
	}
	if p.err != nil || p.stopped {
		return nil
	}
	p.end = copy(p.buffer[:], p.buffer[p.begin:p.end])
	p.begin = 0
	return p.buffer[p.end:]
}

// TryRead reads what is there. It returns 0 bytes and no error when nothing is.
func (p *pump) TryRead(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.take(b)
}

// take is TryRead. p.mu is held.
func (p *pump) take(b []byte) (n int, err error) {
	switch {
	case p.stopped:
		return 0, net.ErrClosed
	case p.begin == p.end:
		return 0, p.err
	}
	n = copy(b, p.buffer[p.begin:p.end])
	p.begin += n
	p.changed.Broadcast()
	return n, nil
}

// Read waits for bytes, an error or the deadline.
func (p *pump) Read(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if n, err = p.take(b); n > 0 || err != nil {
			return n, err
		}
		if late(p.deadline) {
			return 0, os.ErrDeadlineExceeded
		}
		p.changed.Wait()
	}
}

// SetReadDeadline sets the deadline of Read; the zero time is none. Any goroutine may call it.
func (p *pump) SetReadDeadline(deadline time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deadline = deadline
	if p.alarm != nil {
		p.alarm.Stop()
		p.alarm = nil
	}
	if !deadline.IsZero() {
		p.alarm = time.AfterFunc(time.Until(deadline), func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.changed.Broadcast()
		})
	}
	p.changed.Broadcast()
}

// stop ends the goroutine as soon as the connection, which the caller closes now, ends its read.
func (p *pump) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	if p.alarm != nil {
		p.alarm.Stop()
	}
	p.changed.Broadcast()
}
