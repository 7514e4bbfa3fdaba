// Package pendingread reads from streams whose Read cannot be ended without breaking them: the standard
// input of a process, the body of an HTTP message. A caller that has waited long enough leaves; the read
// goes on, and what it brings is there for the next caller.
package pendingread

import (
	"errors"
	"io"
	"time"
)

// ErrTimeout says that the deadline passed before the stream had anything. The stream is as it was.
var ErrTimeout = errors.New("timeout")

// ErrCanceled says that the done channel was closed before the stream had anything.
var ErrCanceled = errors.New("canceled")

const bufferSize = 4 << 10

// A Reader reads from a stream. One goroutine at a time uses it.
type Reader struct {
	stream  io.Reader
	results chan result // of the read that goes on, capacity 1; nil before the first
	reading bool
	rest    []byte // read and not handed out
	err     error  // comes after rest
}

type result struct {
	data []byte
	err  error
}

// New makes a Reader of a stream.
func New(stream io.Reader) *Reader { return &Reader{stream: stream} }

// Init makes a zero Reader one of a stream.
func (r *Reader) Init(stream io.Reader) { r.stream = stream }

// Pending reports whether a read goes on that a caller has left.
func (r *Reader) Pending() bool { return r.reading }

// ReadUntil is Read with an end to its patience: the deadline, unless it is zero, and done, unless it is
// nil. Without either it reads directly.
func (r *Reader) ReadUntil(p []byte, deadline time.Time, done <-chan struct{}) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(r.rest) == 0 && r.err == nil {
		if deadline.IsZero() && done == nil && !r.reading {
			return r.stream.Read(p)
		}
		if err := r.await(deadline, done); err != nil {
			return 0, err
		}
	}
	n = copy(p, r.rest)
	r.rest = r.rest[n:]
	if len(r.rest) > 0 {
		return n, nil
	}
	r.rest = nil
	err, r.err = r.err, nil // a stream repeats its error if it wants to
	return n, err
}

// await waits for the read that goes on, which it starts if there is none.
func (r *Reader) await(deadline time.Time, done <-chan struct{}) error {
	if !r.reading {
		r.reading = true
		if r.results == nil {
			r.results = make(chan result, 1)
		}
		go func() {
			buffer := make([]byte, bufferSize)
			n, err := r.stream.Read(buffer)
			r.results <- result{buffer[:n], err}
		}()
	}
	var timeout <-chan time.Time
	if !deadline.IsZero() {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case got := <-r.results:
		r.reading = false
		r.rest, r.err = got.data, got.err
		return nil
	case <-timeout:
		return ErrTimeout
	case <-done:
		return ErrCanceled
	}
}
