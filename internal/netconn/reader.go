package netconn

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"silly/internal/poll"
)

// A readState says whether reads may wait.
type readState uint8

const (
	readOpen        readState = iota
	readInterrupted           // by Interrupt, until Resume
	readClosed                // the connection was closed
)

// A reader is the half of a Conn that receives. Its methods belong to one goroutine at a time, except for Interrupt and
// Resume.
type reader struct {
	tls       *tls.Conn // nil without TLS
	transport *Transport
	flush     func() // sends what TLS answers; nil without TLS
	source    poll.Source

	buffer *[]byte // from the pool; nil while nothing is buffered
	begin  int
	end    int
	first  []byte // bytes that were read before the Conn took over

	mu       sync.Mutex // held while the deadline changes, and before the locks of source
	deadline time.Time  // the one that is set; zero is none
	state    readState
}

// readBufferSize holds many small messages, or a good part of a large one.
const readBufferSize = 16 << 10

var readBuffers = sync.Pool{New: func() any {
	b := make([]byte, readBufferSize)
	return &b
}}

// Buffered is what was read and not yet discarded. It is valid, and may be modified, until the next
// Fill.
func (r *reader) Buffered() []byte {
	if r.first != nil {
		return r.first
	}
	if r.buffer == nil {
		return nil
	}
	return (*r.buffer)[r.begin:r.end]
}

// Discard drops the first n buffered bytes.
func (r *reader) Discard(n int) {
	if r.first != nil {
		r.first = r.first[n:]
		if len(r.first) == 0 {
			r.first = nil
		}
		return
	}
	r.begin += n
	if r.begin == r.end && r.buffer != nil {
		r.releaseBuffer()
	}
}

// Unread puts p in front of what is buffered.
func (r *reader) Unread(p []byte) {
	buffered := r.Buffered()
	first := append(append([]byte(nil), p...), buffered...)
	r.Discard(len(buffered))
	r.first = first
}

func (r *reader) takeBuffer() { r.buffer = readBuffers.Get().(*[]byte) }

func (r *reader) releaseBuffer() {
	readBuffers.Put(r.buffer)
	r.buffer, r.begin, r.end = nil, 0, 0
}

// Fill waits for bytes and makes them the buffered ones; everything buffered before must have been
// discarded. At the end of the stream it returns io.EOF. A zero deadline is none; one that has passed
// still lets Fill take what is there.
func (r *reader) Fill(deadline time.Time) error {
	err := r.wait(deadline)
	if err != nil && r.buffer != nil {
		r.releaseBuffer()
	}
	return err
}

// wait reads until it gets something, fails or the deadline passes. When this goroutine itself is late, what has
// arrived meanwhile counts.
func (r *reader) wait(deadline time.Time) error {
	for tries := 0; ; tries++ {
		fresh, err := r.arm(deadline)
		if err != nil {
			return err
		}
		n, err := r.fill()
		if n > 0 {
			return nil
		}
		if err == nil {
			err = io.EOF
		}
		err = readError(err)
		if err != ErrTimeout {
			return err
		}
		if stopped := r.stopped(); stopped != nil {
			return stopped
		}
		late := fresh && tries == 0 && time.Since(deadline) > shortestWait // the runtime has not looked
		if fresh && !late {
			return ErrTimeout
		}
	}
}

// shortestWait is how long a read looks for bytes at least. A deadline in the past would keep the runtime
// from looking at all.
const shortestWait = time.Millisecond

// arm ensures that the read that follows ends at the deadline, or earlier: setting a deadline costs as
// much as a small read, so one that was set for an earlier read stays until it has passed. fresh says that
// it is exact.
func (r *reader) arm(deadline time.Time) (fresh bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.stoppedLocked(); err != nil {
		return false, err
	}
	if r.deadline.IsZero() && deadline.IsZero() {
		return true, nil
	}
	now := time.Now()
	if r.deadline.After(now) && (deadline.IsZero() || r.deadline.Before(deadline)) {
		return false, nil
	}
	if !deadline.IsZero() && deadline.Sub(now) < shortestWait {
		deadline = now.Add(shortestWait)
	}
	r.deadline = deadline
	return true, readError(r.transport.SetReadDeadline(deadline))
}

// stopped is why no read may wait, or nil.
func (r *reader) stopped() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stoppedLocked()
}

// stoppedLocked is stopped. r.mu is held.
func (r *reader) stoppedLocked() error {
	switch r.state {
	case readInterrupted:
		return ErrInterrupted
	case readClosed:
		return net.ErrClosed
	}
	return nil
}

// Interrupt makes the Fill that waits, and every later one until Resume, return ErrInterrupted. Any
// goroutine may call it.
func (r *reader) Interrupt() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state == readClosed {
		return
	}
	r.state = readInterrupted
	r.deadline = time.Unix(1, 0)
	_ = r.transport.SetReadDeadline(r.deadline)
	r.source.Wake()
}

// Resume lets Fill wait again after Interrupt.
func (r *reader) Resume() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state == readInterrupted {
		r.state = readOpen
	}
}

// close ends the watch and all reads. The caller closes the transport.
func (r *reader) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state = readClosed
	r.transport.endWatch()
	r.source.Unwatch()
}

func (r *reader) fill() (n int, err error) {
	if r.tls == nil && r.transport.raw != nil && r.transport.pump == nil {
		// A connection that waits holds no buffer: it gets one when the socket is readable.
		n, err = r.transport.readWhenReady(r)
	} else {
		r.takeBuffer()
		n, err = r.readInto(*r.buffer)
	}
	r.begin, r.end = 0, n
	return n, err
}

func (r *reader) readInto(p []byte) (n int, err error) {
	if r.tls == nil {
		return r.transport.Read(p)
	}
	n, err = r.tls.Read(p)
	if err == io.EOF && r.transport.ended { // else TLS has read no further than the announcement
		err = ErrTruncated
	}
	if n > 0 {
		r.source.MarkReady() // TLS may have read more than one record, or the end, which it repeats
	}
	r.flush() // TLS may have answered something of its own, such as a key update
	return n, err
}

// Watch makes the source of the connection ready whenever TryFill may get something, or fails, and returns it;
// owner is its owner. The source must not be armed.
func (r *reader) Watch(p *poll.Poller, owner any) *poll.Source {
	if r.source.Owner == nil {
		r.watch(p)
		if r.tls != nil {
			r.source.MarkReady() // the handshake may have read more than its own
		}
	}
	r.source.Owner = owner
	return &r.source
}

// watch begins to watch, unless the connection was closed: nobody would end the watch, and reads end at once.
func (r *reader) watch(p *poll.Poller) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state == readClosed {
		r.source.Attach(p)
		r.source.Unwatch()
		return
	}
	r.transport.watch(p, &r.source)
}

// ReadAhead lets TryFill see what has come before Watch was called.
func (r *reader) ReadAhead() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state != readClosed {
		r.transport.readAhead(&r.source)
	}
}

// Source is what Watch has returned.
func (r *reader) Source() *poll.Source { return &r.source }

// TryFill is Fill of a connection that is watched, and does not wait: it returns 0 bytes and no error when nothing
// is there.
func (r *reader) TryFill() (n int, err error) {
	r.takeBuffer()
	n, err = r.TryFillInto(*r.buffer)
	if n == 0 {
		r.releaseBuffer()
	}
	r.begin, r.end = 0, n
	return n, err
}

// TryFillInto is TryFill into memory of the caller: it returns how many bytes of p it has filled.
func (r *reader) TryFillInto(p []byte) (n int, err error) {
	if err := r.stopped(); err != nil {
		return 0, err
	}
	r.source.ClearReady()
	if r.tls != nil {
		return r.tryReadTLS(p)
	}
	n, err = r.transport.tryRead(p)
	if n == len(p) {
		r.source.MarkReady()
	}
	return n, readError(err)
}

// tryReadTLS reads what is there of the next record.
func (r *reader) tryReadTLS(p []byte) (n int, err error) {
	r.transport.tries = true
	n, err = r.readInto(p)
	r.transport.tries = false
	if n > 0 || err == errNothingYet {
		return n, nil
	}
	return 0, readError(err)
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
		return ErrTruncated
	}
	return err
}
