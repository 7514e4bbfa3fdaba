package memnet

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"silly/internal/fifo"
)

// What a socket keeps of what nobody has read; datagrams beyond it are lost, as with a kernel.
const (
	maxQueuedBytes   = 208 << 10
	maxQueuedPackets = 256
)

// A packet is a datagram that has arrived.
type packet struct {
	data []byte
	from netip.AddrPort
}

// PacketConn is a UDP socket inside a Network. One of DialPacket has a peer: it is a net.Conn, too. All methods may be
// called from several goroutines at once.
type PacketConn struct {
	network *Network
	name    string // "udp", "udp4" or "udp6"
	bound   binding
	peer    netip.AddrPort // not valid without one

	mu       sync.Mutex
	changed  sync.Cond
	queue    fifo.Queue[packet]
	bytes    int  // in queue
	refused  bool // nobody was at the peer's address
	closed   bool
	deadline deadline // of reads
}

var (
	_ net.PacketConn = (*PacketConn)(nil)
	_ net.Conn       = (*PacketConn)(nil)
)

func newPacketConn(network *Network, name string, bound binding, peer netip.AddrPort) *PacketConn {
	c := &PacketConn{network: network, name: name, bound: bound, peer: peer}
	c.changed.L = &c.mu
	return c
}

// ReadFrom waits for a datagram; what does not fit into p is lost. The address is a *net.UDPAddr. A socket with a peer
// fails with ECONNREFUSED, once, after nobody was at the peer's address.
func (c *PacketConn) ReadFrom(p []byte) (n int, from net.Addr, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, nil, c.opError("read", nil, net.ErrClosed)
		case c.deadline.expired:
			return 0, nil, c.opError("read", nil, os.ErrDeadlineExceeded)
		case c.refused:
			c.refused = false
			return 0, nil, c.opError("read", c.RemoteAddr(), os.NewSyscallError("recvfrom", syscall.ECONNREFUSED))
		case c.queue.Len() > 0:
			first, _ := c.queue.Pop()
			c.bytes -= len(first.data)
			c.network.activity.Add(1)
			return copy(p, first.data), udpAddr(first.from.Addr(), first.from.Port()), nil
		}
		c.changed.Wait()
	}
}

// Read is ReadFrom without the address.
func (c *PacketConn) Read(p []byte) (n int, err error) {
	n, _, err = c.ReadFrom(p)
	return n, err
}

// WriteTo sends a datagram to an address, a *net.UDPAddr, and never waits. A datagram that nobody waits for, or for
// which the receiver has no room, is lost.
func (c *PacketConn) WriteTo(p []byte, to net.Addr) (n int, err error) {
	addr, ok := to.(*net.UDPAddr)
	switch {
	case !ok:
		return 0, c.opError("write", to, syscall.EINVAL)
	case c.peer.IsValid():
		return 0, c.opError("write", to, net.ErrWriteToConnected)
	}
	ip, _ := netip.AddrFromSlice(addr.IP)
	return c.send(p, to, netip.AddrPortFrom(reachable(ip.Unmap()), uint16(addr.Port)))
}

// Write sends a datagram to the peer.
func (c *PacketConn) Write(p []byte) (n int, err error) {
	if !c.peer.IsValid() {
		return 0, c.opError("write", nil, os.NewSyscallError("write", syscall.EDESTADDRREQ))
	}
	return c.send(p, c.RemoteAddr(), c.peer)
}

func (c *PacketConn) send(p []byte, addr net.Addr, to netip.AddrPort) (n int, err error) {
	fail := func(err error) (int, error) { return 0, c.opError("write", addr, err) }
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	ip := to.Addr()
	switch {
	case closed:
		return fail(net.ErrClosed)
	case len(p) > maxPacket:
		return fail(os.NewSyscallError("sendto", syscall.EMSGSIZE))
	case !ip.IsValid(), ip.Is4() && !c.bound.v4, ip.Is6() && !c.bound.v6:
		return fail(&net.AddrError{Err: "non-IPv" + c.version() + " address", Addr: addr.String()})
	case to.Port() == 0:
		return fail(os.NewSyscallError("sendto", syscall.EINVAL))
	case !c.network.hasRoute(ip, to.Port()):
		return fail(os.NewSyscallError("sendto", syscall.ENETUNREACH))
	}
	c.network.activity.Add(1)
	source := c.bound.ip
	if c.bound.wildcard {
		source = sourceFor(ip)
	}
	receiver := c.network.socketAt(to)
	if receiver == nil || !receiver.receive(p, netip.AddrPortFrom(source, c.bound.port)) {
		c.refuse()
	}
	return len(p), nil
}

// version is that of the addresses of a socket that has those of one version only.
func (c *PacketConn) version() string {
	if c.bound.v4 {
		return "4"
	}
	return "6"
}

// refuse notes that nobody was at the peer's address.
func (c *PacketConn) refuse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.peer.IsValid() {
		c.refused = true
		c.changed.Broadcast()
	}
}

// receive takes a datagram, or loses it; it reports false if the socket is not for that sender.
func (c *PacketConn) receive(p []byte, from netip.AddrPort) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed, c.peer.IsValid() && c.peer != from:
		return false
	case c.queue.Len() < maxQueuedPackets && c.bytes+len(p) <= maxQueuedBytes:
		c.queue.Push(packet{append([]byte(nil), p...), from})
		c.bytes += len(p)
		c.changed.Broadcast()
	}
	return true
}

// Close closes the socket. What has arrived is lost.
func (c *PacketConn) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return c.opError("close", nil, net.ErrClosed)
	}
	c.closed, c.queue = true, fifo.Queue[packet]{}
	c.deadline.clear()
	c.changed.Broadcast()
	c.mu.Unlock()
	c.network.removeSocket(c)
	c.network.activity.Add(1)
	return nil
}

// LocalAddr returns the socket's *net.UDPAddr.
func (c *PacketConn) LocalAddr() net.Addr { return udpAddr(c.bound.ip, c.bound.port) }

// RemoteAddr returns the peer's *net.UDPAddr, or nil if there is none.
func (c *PacketConn) RemoteAddr() net.Addr {
	if !c.peer.IsValid() {
		return nil
	}
	return udpAddr(c.peer.Addr(), c.peer.Port())
}

// SetDeadline is SetReadDeadline: writes never wait.
func (c *PacketConn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline sets the time after which reads fail; the zero time means never.
func (c *PacketConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("set", nil, net.ErrClosed)
	}
	c.deadline.set(t, &c.changed)
	return nil
}

// SetWriteDeadline has no effect: writes never wait.
func (c *PacketConn) SetWriteDeadline(time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("set", nil, net.ErrClosed)
	}
	return nil
}

func (c *PacketConn) opError(op string, addr net.Addr, err error) error {
	return &net.OpError{Op: op, Net: c.name, Source: c.LocalAddr(), Addr: addr, Err: err}
}
