package streamconn

import (
	"context"
	"net"
	"time"

	"silly/internal/netconn"
)

const (
	// closeTimeout is how long what was written may take to leave after Close.
	closeTimeout = 30 * time.Second
	// lingerTime is how long a connection is read after everything has left, so that a reset does not overtake it.
	lingerTime = 500 * time.Millisecond
	// copied is up to how many bytes the pieces of a write are copied together.
	copied = 64 << 10
)

// Write puts pieces into the outbox, one after the other; Flush sends them. full says that the outbox has reached its
// high-water mark: the caller should wait with Drain. It does not wait.
func (c *Conn) Write(pieces ...string) (full bool, err error) {
	total := 0
	for _, p := range pieces {
		total += len(p)
	}
	queued := 0
	if total <= copied && (len(pieces) > 1 || total < netconn.MinShared) {
		queued, err = c.nc.Append(func(dst []byte) []byte {
			for _, p := range pieces {
				dst = append(dst, p...)
			}
			return dst
		})
		return queued > netconn.HighWater, c.writeError(err)
	}
	for _, p := range pieces {
		queued, err = c.nc.AppendShared(func(dst []byte) ([]byte, string) {
			if len(p) < netconn.MinShared {
				return append(dst, p...), ""
			}
			return dst, p
		})
		if err != nil {
			return false, c.writeError(err)
		}
	}
	return queued > netconn.HighWater, nil
}

// Drain waits until the peer has taken enough of what is queued.
func (c *Conn) Drain() error { return c.writeError(c.nc.Wait(netconn.LowWater)) }

// writeError is why a write has failed, which may lie in its past.
func (c *Conn) writeError(err error) error {
	switch {
	case err == nil:
		return nil
	case c.nc.Err() != nil:
		return c.nc.Err()
	case c.halved.Load() && !c.closed.Load():
		return ErrEnded
	}
	return err
}

// CloseWrite sends the end of the stream after what is queued. Reading goes on. It reports the error of a connection
// that was closed.
func (c *Conn) CloseWrite() error {
	if c.closed.Load() || c.nc.Closed() {
		return c.writeError(net.ErrClosed)
	}
	c.halved.Store(true)
	c.nc.CloseWrite()
	return nil
}

// Flush sends what is in the outbox, as far as the kernel takes it at once.
func (c *Conn) Flush() { c.nc.Flush() }

// Stop makes every read that would wait return errno.ErrClosing, from now on.
func (c *Conn) Stop() {
	c.stopped.Store(true)
	c.nc.Source().Wake()
}

// Close ends reads and writes; what is queued still leaves, when HangUp or Finish is called, one of which must
// follow. It reports false when the connection was closed before.
func (c *Conn) Close() bool {
	if !c.closed.CompareAndSwap(false, true) {
		return false
	}
	c.nc.Seal()
	c.nc.Interrupt()
	return true
}

// Closed reports whether Close was called.
func (c *Conn) Closed() bool { return c.closed.Load() }

// HangUp flushes, and closes the connection below at once if that loses nothing. It reports whether it did, and does
// not wait.
func (c *Conn) HangUp() bool {
	c.nc.Flush()
	if !c.reading.TryLock() {
		return false
	}
	defer c.reading.Unlock()
	c.input = input{nc: c.nc}
	c.nc.Discard(len(c.nc.Buffered()))
	return c.nc.HangUp()
}

// Finish waits until what is queued has left and the peer has ended its side, for some time, and closes the connection
// below. Once ctx has ended it takes no longer than grace.
func (c *Conn) Finish(ctx context.Context, grace time.Duration) {
	defer c.nc.Close()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, c.nc.Close) })
	defer stop()
	guard := time.AfterFunc(closeTimeout, c.nc.Close)
	err := c.nc.Wait(0)
	guard.Stop()
	if err != nil {
		return
	}
	if !c.lockReading(ctx) {
		return
	}
	defer c.reading.Unlock()
	c.input = input{nc: c.nc}
	c.nc.Resume()
	c.nc.Linger(lingerTime)
}

// readerPatience is for how long Finish waits for a reader once the context has ended.
const readerPatience = 50 * time.Millisecond

// lockReading waits until the reader has left, because it was interrupted. Once the context has ended, there may be
// nobody left who calls Proceed: then it gives up soon, and returns false.
func (c *Conn) lockReading(ctx context.Context) bool {
	const pause = time.Millisecond
	for patience := readerPatience; !c.reading.TryLock(); time.Sleep(pause) {
		if ctx.Err() == nil {
			continue
		}
		if patience -= pause; patience <= 0 {
			return false
		}
	}
	return true
}
