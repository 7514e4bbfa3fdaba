package io

import (
	"context"
	"io"
	"net"
	"time"

	"silly/internal/pendingread"
)

// stdin is the script's standard input as an io.Reader whose Read ends when the host stops. The read of
// the process's own stream cannot be ended; it goes on until the stream has something.
type stdin struct {
	ctx    context.Context
	reader *pendingread.Reader
}

func newStdin(ctx context.Context, stream io.Reader) stdin {
	return stdin{ctx, pendingread.New(stream)}
}

// Read implements io.Reader.
func (s stdin) Read(p []byte) (int, error) {
	n, err := s.reader.ReadUntil(p, time.Time{}, s.ctx.Done())
	if err == pendingread.ErrCanceled {
		err = net.ErrClosed
	}
	return n, err
}
