package memnet

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// stream carries the bytes of one direction from the writer, one end of a connection, to the
// reader, the other end. Callers block on a condition variable, so a stream needs no goroutine.
type stream struct {
	mu sync.Mutex
	// changed is signalled whenever a waiting call may be able to go on.
	changed sync.Cond
	data    ring

	readerClosed bool // the reading end is closed
	writerClosed bool // the writing end is closed
	finished     bool // nothing is written any more: end of file comes after data
	aborted      bool // one of the ends was reset

	// writing is true while a write has put a part of its bytes and waits for room for the rest.
	writing bool

	readDeadline, writeDeadline deadline

	activity *atomic.Uint64 // of the network

	// readable is called, with mu held, when a read may get something that the one before it did not; nil
	// when nobody wants to know.
	readable func()
}

// arrived says that a read may get something now. The caller holds s.mu.
func (s *stream) arrived() {
	s.changed.Broadcast()
	if s.readable != nil {
		s.readable()
	}
}

// notify sets what is called when a read may get something, and calls it if that is so already.
func (s *stream) notify(readable func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readable = readable
	if s.data.length > 0 || s.finished || s.aborted || s.readerClosed {
		s.arrived()
	}
}

func newStream(activity *atomic.Uint64) *stream {
	s := &stream{activity: activity}
	s.changed.L = &s.mu
	return s
}

// read copies what is there into p. With wait it first waits until there is something.
func (s *stream) read(p []byte, wait bool) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.readerClosed:
			return 0, net.ErrClosed
		case len(p) == 0:
			return 0, nil
		case wait && s.readDeadline.expired:
			return 0, os.ErrDeadlineExceeded
		case s.aborted:
			return 0, os.NewSyscallError("read", syscall.ECONNRESET)
		case s.data.length > 0:
			n := s.data.take(p)
			s.activity.Add(1)
			if s.data.length > 0 || s.finished {
				s.arrived() // the next read gets more, or the end, for which nobody wakes the reader again
			} else {
				s.changed.Broadcast()
			}
			return n, nil
		case s.finished:
			return 0, io.EOF
		case !wait:
			return 0, nil
		}
		s.changed.Wait()
	}
}

// write puts p into the buffer. With wait it waits until all of p is there, without it writes what
// fits. The bytes of one write are not mixed with those of another.
func (s *stream) write(p []byte, wait bool) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.writing {
		if err := s.writeError(wait); err != nil {
			return 0, err
		}
		if !wait {
			return 0, nil
		}
		s.changed.Wait()
	}
	written := 0
	for {
		if err := s.writeError(wait); err != nil {
			return written, err
		}
		if n := s.data.put(p[written:]); n > 0 {
			written += n
			s.activity.Add(1)
			s.arrived()
		}
		if written == len(p) || !wait {
			return written, nil
		}
		s.writing = true
		s.changed.Wait()
		s.writing = false
	}
}

// writeError returns why nothing can be written, now or while waiting. The caller holds s.mu.
func (s *stream) writeError(wait bool) error {
	switch {
	case s.writerClosed:
		return net.ErrClosed
	case wait && s.writeDeadline.expired:
		return os.ErrDeadlineExceeded
	case s.aborted:
		return os.NewSyscallError("write", syscall.ECONNRESET)
	case s.finished, s.readerClosed:
		return os.NewSyscallError("write", syscall.EPIPE)
	}
	return nil
}

// closeReader is the close of the reading end: what it has not read is dropped.
func (s *stream) closeReader() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readerClosed = true
	s.data = ring{}
	s.readDeadline.clear()
	s.arrived()
}

// closeWriter is the close of the writing end.
func (s *stream) closeWriter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writerClosed = true
	s.finished = true
	s.activity.Add(1)
	s.writeDeadline.clear()
	s.arrived()
}

// finish ends the stream while the writing end stays open for reading.
func (s *stream) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finished = true
	s.activity.Add(1)
	s.arrived()
}

// reset drops what is under way and makes both ends fail. The close of one end, which follows,
// wakes those who wait.
func (s *stream) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aborted = true
	s.data = ring{}
}

func (s *stream) setReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readerClosed {
		return net.ErrClosed
	}
	s.readDeadline.set(t, &s.changed)
	return nil
}

func (s *stream) setWriteDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writerClosed {
		return net.ErrClosed
	}
	s.writeDeadline.set(t, &s.changed)
	return nil
}
