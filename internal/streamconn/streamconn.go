// Package streamconn reads a connection by size and up to delimiters, and closes it when everything has left. It knows no
// script.
package streamconn

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"silly/internal/errno"
	"silly/internal/netconn"
	"silly/internal/poll"
)

const (
	// DefaultLimit is how much may be asked for, in bytes, when nothing else was said.
	DefaultLimit = 16 << 20
	// DefaultWriteTimeout is how long a peer may take nothing of what is sent to it.
	DefaultWriteTimeout = 30 * time.Second
)

var (
	// ErrTooLong is the error of a read that asks for more than the limit, or finds no delimiter within it. What has arrived
	// can still be read.
	ErrTooLong error = syscall.EMSGSIZE
	// ErrBusy is the error of a read while another one waits.
	ErrBusy error = syscall.EALREADY
	// ErrEnded is the error of a write after CloseWrite.
	ErrEnded error = syscall.EPIPE
)

// A Want is what a read asks for: a number of bytes, everything up to a delimiter and with it, or whatever comes next.
type Want struct {
	Size  int    // not negative
	Delim string // "" for a size
	Some  bool   // at least one byte; the others do not count then
}

// A Conn is a connection that is read in pieces of a size, or up to a delimiter. One goroutine at a time reads; the other
// methods may be called from any.
type Conn struct {
	nc      *netconn.Conn
	limit   atomic.Int64
	unread  atomic.Int64 // bytes that have arrived and were not read, as far as the last read knows
	ended   atomic.Bool  // nothing more will arrive
	closed  atomic.Bool  // by Close
	halved  atomic.Bool  // by CloseWrite
	stopped atomic.Bool  // reads do not wait any more

	reading  sync.Mutex // held from the beginning of a read to its end
	input    input
	err      error // why nothing more will arrive
	want     Want
	deadline time.Time
	data     string // what the read has got
	failure  error  // why it has got nothing
}

// New makes a Conn of a connection, from which nothing has been read.
func New(nc *netconn.Conn) *Conn {
	c := &Conn{nc: nc, input: input{nc: nc}}
	c.limit.Store(DefaultLimit)
	nc.OnSlowPeer(nc.Close)
	return c
}

// Transport is the connection below.
func (c *Conn) Transport() *netconn.Conn { return c.nc }

// SetLimit changes how many bytes of a peer are kept: reads ask for no more, and nothing is read ahead beyond it. 0 is no
// limit.
func (c *Conn) SetLimit(n int64) { c.limit.Store(n) }

// TryRead returns what a read wants when all of it has arrived already. It does not wait.
func (c *Conn) TryRead(want Want) (data string, ok bool, err error) {
	if !c.reading.TryLock() {
		return "", false, c.busy()
	}
	defer c.reading.Unlock()
	if c.closed.Load() {
		return "", false, net.ErrClosed
	}
	c.want = want
	return c.take()
}

// Begin begins a read that TryRead could not do: whenever the connection's source is ready, or it is due, the caller calls
// Proceed, until that reports that the read is over. It returns nil when that is so already. A zero deadline is none. The
// owner is that of the source.
func (c *Conn) Begin(p *poll.Poller, owner any, want Want, deadline time.Time) (source *poll.Source, due time.Time) {
	if !c.reading.TryLock() {
		c.data, c.failure = "", c.busy()
		return nil, due
	}
	source = c.nc.Watch(p, owner)
	c.want, c.deadline = want, deadline
	if c.input.len() > 0 || c.err != nil || c.stopped.Load() {
		source.MarkReady()
	}
	return source, deadline
}

// Proceed goes on with the read that Begin began, up to a turn, and does not wait. over says that it has ended, and that
// Result has what it got.
func (c *Conn) Proceed() (over bool, due time.Time) {
	over = true // also when a panic goes through
	defer func() {
		if over {
			c.reading.Unlock()
		}
	}()
	over, due = netconn.Proceed(c.nc.Source(), (*operation)(c))
	return over, due
}

// Result is what the read has got, once.
func (c *Conn) Result() (data string, err error) {
	data, err = c.data, c.failure
	c.data, c.failure = "", nil
	return data, err
}

// operation is a Conn as a netconn.Operation.
type operation Conn

// Step implements netconn.Operation.
func (o *operation) Step() (n int, over bool) {
	c := (*Conn)(o)
	if c.taken() {
		return 0, true
	}
	n, err := c.input.fill(c.want, c.limit.Load())
	switch {
	case err != nil:
		c.end(err)
	case n == 0:
		if !c.stopped.Load() {
			return 0, false
		}
		c.failure = errno.ErrClosing
		return 0, true
	}
	if c.taken() {
		return n, true
	}
	c.input.hold() // it may have to wait
	return n, false
}

// Due implements netconn.Operation.
func (o *operation) Due() (deadline, due time.Time) { return o.deadline, o.deadline }

// Expire implements netconn.Operation.
func (o *operation) Expire() { o.failure = netconn.ErrTimeout }

// taken reports whether the read is over, with its result in data or failure.
func (c *Conn) taken() bool {
	var ok bool
	c.data, ok, c.failure = c.take()
	return ok || c.failure != nil
}

// take takes what is wanted if it has arrived, or says why it never will. c.reading is held.
func (c *Conn) take() (data string, ok bool, err error) {
	data, ok, err = c.input.take(c.want, c.limit.Load())
	c.unread.Store(int64(c.input.len()))
	if !ok && err == nil {
		err = c.err
	}
	return data, ok, err
}

// end notes why nothing more will arrive. c.reading is held.
func (c *Conn) end(err error) {
	switch {
	case c.nc.Err() == netconn.ErrSlowPeer: // for which the connection was closed
		err = netconn.ErrSlowPeer
	case err == netconn.ErrInterrupted:
		err = net.ErrClosed
	}
	c.err = err
	c.ended.Store(true)
}

// busy is why a read cannot begin.
func (c *Conn) busy() error {
	if c.closed.Load() {
		return net.ErrClosed
	}
	return ErrBusy
}

// Unread is the number of bytes that have arrived and were not read. It looks for more, within the limit, unless a read is
// waiting; it does not wait.
func (c *Conn) Unread() int {
	c.look()
	return int(c.unread.Load())
}

// Alive reports whether the connection is open, and the peer has not ended it, as far as can be known now.
func (c *Conn) Alive() bool {
	if c.closed.Load() || c.nc.Err() != nil || c.nc.Closed() {
		return false
	}
	c.look()
	return !c.ended.Load()
}

// look takes in what has arrived, up to a turn, unless a read does so.
func (c *Conn) look() {
	if !c.reading.TryLock() {
		return
	}
	defer c.reading.Unlock()
	c.nc.ReadAhead()
	limit := c.limit.Load()
	var turn netconn.Turn
	for c.err == nil && !c.closed.Load() && (limit == 0 || int64(c.input.len()) < limit) {
		n, err := c.input.fillMore(limit)
		if err != nil {
			c.end(err)
		}
		if n == 0 || turn.Over(n) {
			break
		}
	}
	c.unread.Store(int64(c.input.len()))
}
