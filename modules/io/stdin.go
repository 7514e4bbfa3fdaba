package io

import (
	"context"
	"io"
	"net"
)

// A interruptibleReader reads from a stream whose Read cannot be ended, such as the process's standard
// input, on a goroutine of its own. A Read of it ends when ctx ends; the goroutine stays until the
// stream has something or ends, which nothing can change.
type interruptibleReader struct {
	ctx     context.Context
	stream  io.Reader
	results chan readResult
	pending bool   // the goroutine is reading
	rest    []byte // read and not yet handed out
	err     error
}

type readResult struct {
	data []byte
	err  error
}

func newInterruptibleReader(ctx context.Context, stream io.Reader) *interruptibleReader {
	return &interruptibleReader{ctx: ctx, stream: stream, results: make(chan readResult, 1)}
}

// Read implements io.Reader. One goroutine at a time reads.
func (r *interruptibleReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 && r.err == nil {
		if !r.pending {
			r.pending = true
			go func() {
				buffer := make([]byte, 4096)
				n, err := r.stream.Read(buffer)
				r.results <- readResult{buffer[:n], err}
			}()
		}
		select {
		case result := <-r.results:
			r.pending = false
			r.rest, r.err = result.data, result.err
		case <-r.ctx.Done():
			return 0, net.ErrClosed
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	if n == 0 && r.err != nil {
		return 0, r.err
	}
	return n, nil
}
