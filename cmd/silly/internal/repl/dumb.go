package repl

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"silly/internal/pendingread"
)

// readLine is Edit on a dumb terminal. The caller reads from the terminal.
func (c *Console) readLine(prompt string, done <-chan struct{}) (string, error) {
	ctx, drop := context.WithCancel(context.Background())
	defer drop()
	go func() {
		select {
		case <-done:
			drop()
		case <-ctx.Done():
		}
	}()
	c.mu.Lock()
	c.drop = drop
	c.mu.Unlock()
	if _, err := io.WriteString(c.out, prompt); err != nil {
		return "", err
	}
	k := c.keys
	for {
		if line, rest, ok := bytes.Cut(k.raw, []byte("\n")); ok {
			k.raw = rest
			return string(bytes.TrimSuffix(line, []byte("\r"))), nil
		}
		var buffer [4096]byte
		n, err := c.input.ReadUntil(buffer[:], time.Time{}, ctx.Done())
		k.raw = append(k.raw, buffer[:n]...)
		switch {
		case errors.Is(err, pendingread.ErrCanceled):
			k.raw = nil
			_, _ = io.WriteString(c.out, "\n")
			return "", errInterrupted
		case n == 0:
			return "", io.EOF
		}
	}
}

// DropLine drops the line that is read from a dumb terminal, where Ctrl-C is a signal at all times. It reports
// whether it is one.
func (c *Console) DropLine() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.Dumb {
		return false
	}
	c.drop()
	return true
}
