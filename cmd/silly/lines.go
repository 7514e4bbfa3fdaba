package main

import (
	"bytes"
	"io"
	"sync"
)

// maxPartial is how many bytes of a line wait for its end.
const maxPartial = 64 << 10

// An output is a stream that several workers write to, line by line.
type output struct {
	mu sync.Mutex
	w  io.Writer
}

// Write writes in one piece.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(p)
}

// A lineWriter hands an output whole lines, so that those of several workers do not mix. Any goroutine may call it.
type lineWriter struct {
	to *output

	mu      sync.Mutex
	partial []byte
}

// Write keeps what follows the last newline for later.
func (l *lineWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	end := bytes.LastIndexByte(p, '\n') + 1
	if len(l.partial)+len(p)-end > maxPartial {
		end = len(p)
	}
	if end > 0 {
		whole := p[:end]
		if len(l.partial) > 0 {
			l.partial = append(l.partial, whole...)
			whole = l.partial
		}
		_, err := l.to.Write(whole)
		l.partial = l.partial[:0]
		if err != nil {
			return 0, err
		}
	}
	l.partial = append(l.partial, p[end:]...)
	return len(p), nil
}

// Flush writes what has no newline yet.
func (l *lineWriter) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.to.Write(l.partial)
	l.partial = nil
}
