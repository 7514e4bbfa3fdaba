package httpserver

import (
	"bufio"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"silly/internal/netconn"
)

const (
	// drainLimit is how much of a request's body that nobody has read is read for the sake of the next request
	// on the connection, and drainTime how long that may take.
	drainLimit = 256 << 10
	drainTime  = 5 * time.Second
)

// bodySource reads first a head and then, when that has been parsed, what follows on the connection.
type bodySource struct {
	head     []byte
	parsed   bool
	nc       *netconn.Conn
	timeout  time.Duration // for progress; 0 is for ever
	timedOut atomic.Bool   // the client has sent nothing for it
}

// Read implements io.Reader. It may wait.
func (s *bodySource) Read(p []byte) (int, error) {
	if len(s.head) > 0 {
		n := copy(p, s.head)
		s.head = s.head[n:]
		return n, nil
	}
	if !s.parsed {
		return 0, io.ErrUnexpectedEOF
	}
	if s.timedOut.Load() {
		return 0, ErrBodyTimeout
	}
	if len(s.nc.Buffered()) == 0 {
		var deadline time.Time
		if s.timeout > 0 {
			deadline = time.Now().Add(s.timeout)
		}
		err := s.nc.Fill(deadline)
		if err == netconn.ErrTimeout {
			s.timedOut.Store(true)
			err = ErrBodyTimeout
		}
		if err != nil {
			return 0, err
		}
	}
	n := copy(p, s.nc.Buffered())
	s.nc.Discard(n)
	return n, nil
}

var bodyReaders = sync.Pool{New: func() any { return bufio.NewReader(nil) }}

// finishBody ends the work on a body that was read: what its reader holds belongs to the next request.
func (c *Conn) finishBody() {
	if n := c.body.Buffered(); n > 0 {
		more, _ := c.body.Peek(n)
		c.nc.Unread(more)
	}
	c.body.Reset(nil)
	bodyReaders.Put(c.body)
	c.body = nil
}

// drainBody reads the rest of the request's body, and reports whether the connection can go on. It may wait.
func (c *Conn) drainBody() bool {
	if !c.response.bodyExpected() {
		return false // the client waits for permission to send its body, and may send it or not
	}
	x := c.exchange
	x.reading.Lock()
	defer x.reading.Unlock()
	if x.bodyState.Load() == bodyBroken {
		return false
	}
	deadline := time.Now().Add(drainTime)
	var rest int64
	buffer := make([]byte, 4<<10)
	for {
		n, err := x.body.ReadUntil(buffer, deadline, nil)
		rest += int64(n)
		switch {
		case err == io.EOF:
			c.finishBody()
			return true
		case err != nil || rest > drainLimit:
			if x.body.Pending() && c.farewell == lingers {
				c.farewell = readAbandoned
			}
			return false
		}
	}
}
