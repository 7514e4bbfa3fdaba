// Package packetconn receives the datagrams of a UDP socket into a bounded queue, and sends without waiting. It knows
// no script.
package packetconn

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"silly/internal/errno"
	"silly/internal/fifo"
	"silly/internal/mailbox"
	"silly/internal/netmeter"
	"silly/internal/poll"
)

const (
	// maxQueued is how much is kept, in bytes, of what nobody has received; what comes then waits with the system, which
	// loses what is too much for it.
	maxQueued = 1 << 20
	// packetOverhead is what a datagram counts besides its bytes.
	packetOverhead = 64
	// maxPacket is what a datagram can have at most, and a bit more.
	maxPacket = 64 << 10
	// maxFailures is how many reads fail in a row before the socket is given up.
	maxFailures = 100
)

// A Packet is a datagram.
type Packet struct {
	Data string
	From netip.AddrPort
}

// A Conn is a UDP socket. All methods may be called from any goroutine.
type Conn struct {
	socket socket
	meter  *netmeter.Meter // counts bytes; nil is none

	mu      sync.Mutex
	room    sync.Cond // signalled when the queue has become shorter, and by Close
	queue   fifo.Queue[Packet]
	bytes   int                   // of the queue
	size    int                   // of the queue, with overhead
	waits   mailbox.Waits[Packet] // none unless the queue is empty
	failure error                 // for the next one who receives
	failed  bool                  // there was a failure
	broken  bool                  // the socket was given up
	closed  bool
	stopped bool // nobody waits any more
}

// New makes a Conn of a socket that everybody may send to. The caller runs Run.
func New(nc net.PacketConn) *Conn { return newConn(newSocket(nc, nil)) }

// NewConnected makes a Conn of a socket that has a peer. The caller runs Run.
func NewConnected(nc net.Conn) *Conn { return newConn(newSocket(nil, nc)) }

func newConn(s socket) *Conn {
	c := &Conn{socket: s}
	c.room.L = &c.mu
	return c
}

// Metered lets a meter count the bytes of datagrams. It is called before Run.
func (c *Conn) Metered(m *netmeter.Meter) *Conn {
	c.meter = m
	return c
}

// LocalAddr is the address of the socket.
func (c *Conn) LocalAddr() net.Addr { return c.socket.localAddr() }

// Descriptor is that of the socket in this process; ok is false if it has none.
func (c *Conn) Descriptor() (fd int, ok bool) { return c.socket.descriptor() }

// Run takes in what arrives, until the socket is closed.
func (c *Conn) Run() {
	buffer := make([]byte, maxPacket)
	failures := 0
	for {
		n, from, err := c.socket.read(buffer)
		if err == nil {
			failures = 0
			c.meter.AddReceived(n)
			if !c.arrived(Packet{string(buffer[:n]), from}) {
				return
			}
			continue
		}
		failures++
		if !c.fail(err, failures >= maxFailures) {
			return
		}
	}
}

// arrived gives a datagram to who waits the longest, or queues it when there is room. It returns false when the
// socket is closed.
func (c *Conn) arrived(p Packet) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := len(p.Data) + packetOverhead
	for c.size > 0 && c.size+size > maxQueued && !c.closed {
		c.room.Wait()
	}
	if c.closed {
		return false
	}
	if c.waits.Answer(p, nil) {
		return true
	}
	c.queue.Push(p)
	c.bytes += len(p.Data)
	c.size += size
	return true
}

// fail notes an error of a read. It returns false when there will be no more reads.
func (c *Conn) fail(err error, giveUp bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || errors.Is(err, net.ErrClosed) {
		return false
	}
	c.failed = true
	c.broken = giveUp
	if !c.waits.Answer(Packet{}, err) || giveUp {
		c.failure = err
	}
	if giveUp {
		c.waits.AnswerAll(err)
	}
	return !giveUp
}

// Receive takes a datagram that has arrived already. ok is false if there is none, and no reason why there will be
// none.
func (c *Conn) Receive() (p Packet, ok bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.take()
}

// take is Receive. c.mu is held.
func (c *Conn) take() (p Packet, ok bool, err error) {
	if c.closed {
		return p, false, net.ErrClosed
	}
	if p, ok = c.queue.Pop(); ok {
		c.bytes -= len(p.Data)
		c.size -= len(p.Data) + packetOverhead
		c.room.Signal()
		return p, true, nil
	}
	err = c.failure
	if !c.broken {
		c.failure = nil
	}
	if err == nil && c.stopped {
		err = errno.ErrClosing
	}
	return p, false, err
}

// Send sends a datagram, to the peer if to is not valid. It does not wait: when the system takes no more, it fails.
func (c *Conn) Send(p []byte, to netip.AddrPort) error {
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return net.ErrClosed
	}
	err := c.socket.write(p, to)
	if errors.Is(err, syscall.ECONNREFUSED) {
		// That is about an earlier datagram, and this one was not sent (udp(7)).
		c.fail(err, false)
		err = c.socket.write(p, to)
	}
	if err == nil {
		c.meter.AddSent(len(p))
	}
	return err
}

// Unread is how many bytes of datagrams have arrived that nobody has received.
func (c *Conn) Unread() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

// Unsent is how many bytes the system has not sent yet, as far as it tells.
func (c *Conn) Unsent() int { return c.socket.unsent() }

// Alive reports whether the socket is open and has had no error.
func (c *Conn) Alive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.closed && !c.failed
}

// Stop ends the waits, and those that would begin: the program is being stopped.
func (c *Conn) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	c.waits.AnswerAll(errno.ErrClosing)
}

// Close closes the socket. It returns net.ErrClosed when it was closed before.
func (c *Conn) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return net.ErrClosed
	}
	c.closed = true
	c.queue, c.bytes, c.size = fifo.Queue[Packet]{}, 0, 0
	c.room.Broadcast()
	c.waits.AnswerAll(net.ErrClosed)
	c.mu.Unlock()
	return c.socket.close()
}

// A Receive is one wait for a datagram.
type Receive struct{ mailbox.Receive[Packet] }

// Begin begins a wait: see mailbox.Receive.
func (r *Receive) Begin(c *Conn, p *poll.Poller, owner any, deadline time.Time) (source *poll.Source, due time.Time) {
	return r.BeginAt(&c.waits, &c.mu, c.take, p, owner, deadline)
}
