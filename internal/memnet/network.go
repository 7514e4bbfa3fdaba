// Package memnet is a network inside one process, for TCP and UDP. A Network has loopback addresses only: ":8080"
// is a name inside it, two networks never meet, and nothing reaches the operating system. Its
// listeners and connections give the error types and texts of package net, so that code written
// for a real network runs on it unchanged.
package memnet

import (
	"context"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
)

const (
	// firstEphemeral is the first port of the range IANA leaves to the system's choice (RFC 6335).
	firstEphemeral = 49152
	// firstUnprivileged is where the choice goes on when that range is used up, so that more than
	// 16,384 clients can be connected at once.
	firstUnprivileged = 1024
)

// Network is a set of loopback addresses on which programs listen and which they dial.
type Network struct {
	// Anywhere lets programs listen on every IP address, not only on the loopback ones. It must be set
	// before the network is used.
	Anywhere bool

	activity  atomic.Uint64
	mu        sync.Mutex
	listeners map[uint16][]*listener
	// clients holds the local ports of the connections that were dialed and are not closed yet.
	clients map[uint16]struct{}
	// lastPort is the port that was chosen last, so that a port is not reused at once.
	lastPort uint16
	// noEphemeral says that every port of the ephemeral range is in use, so that thousands of
	// further clients do not search it again.
	noEphemeral bool
	// sockets are those of UDP by their local ports, and lastSocketPort is as lastPort.
	sockets        map[uint16][]*PacketConn
	lastSocketPort uint16
}

// New returns a network on which nobody listens.
func New() *Network {
	return &Network{
		listeners: make(map[uint16][]*listener),
		clients:   make(map[uint16]struct{}),
		lastPort:  firstEphemeral - 1,

		sockets:        make(map[uint16][]*PacketConn),
		lastSocketPort: firstEphemeral - 1,
	}
}

// Activity is a number that grows whenever something is sent, received, dialed or ended on the network. Two
// calls that return the same say that nothing happened between them.
func (n *Network) Activity() uint64 { return n.activity.Load() }

// Listen announces on a loopback or wildcard address, as net.ListenConfig.Listen does. Port 0
// picks a free port.
func (n *Network) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	fail := func(addr net.Addr, err error) (net.Listener, error) {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: addr, Err: err}
	}
	if err := ctx.Err(); err != nil {
		return fail(nil, contextError(err))
	}
	ips, port, err := resolve(ctx, network, address)
	if err != nil {
		return fail(nil, err)
	}
	addr := tcpAddr(ips[0], port)
	bound, err := n.newBinding(network, ips[0], port)
	if err != nil {
		return fail(addr, err)
	}

	n.mu.Lock()
	defer n.mu.Unlock()
	if bound.port == 0 {
		free, ok := n.freePort()
		if !ok {
			return fail(addr, os.NewSyscallError("bind", syscall.EADDRINUSE))
		}
		bound.port = free
	}
	for _, other := range n.listeners[bound.port] {
		if bound.conflicts(other.bound) {
			return fail(addr, os.NewSyscallError("bind", syscall.EADDRINUSE))
		}
	}
	l := newListener(n, network, bound)
	n.listeners[bound.port] = append(n.listeners[bound.port], l)
	return l, nil
}

// newBinding is what a socket is bound to that says this address; the port may still be 0.
func (n *Network) newBinding(network string, ip netip.Addr, port uint16) (binding, error) {
	bound := binding{ip: ip, port: port}
	switch {
	case !ip.IsValid() || ip.IsUnspecified():
		bound.v4, bound.v6 = families(network)
		bound.wildcard = true
		if !ip.IsValid() {
			bound.ip = netip.IPv6Unspecified()
			if !bound.v6 {
				bound.ip = netip.IPv4Unspecified()
			}
		}
	case ip.IsLoopback() || n.Anywhere:
		bound.v4, bound.v6 = ip.Is4(), ip.Is6()
	default:
		return bound, os.NewSyscallError("bind", syscall.EADDRNOTAVAIL)
	}
	return bound, nil
}

// Dial connects to a listener of the network, as net.Dialer.DialContext does. It waits, until ctx
// is done, while the listener's backlog is full. The connection is a *Conn.
func (n *Network) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return n.dial(ctx, network, netip.AddrPort{}, address)
}

// DialFrom is Dial from a local address. Port 0 picks a free port.
func (n *Network) DialFrom(ctx context.Context, network, local, address string) (net.Conn, error) {
	from, err := netip.ParseAddrPort(local)
	if err != nil {
		return nil, dialError(network, nil, &net.AddrError{Err: "no IP address and port", Addr: local})
	}
	if ip := from.Addr(); !ip.IsLoopback() && !ip.IsUnspecified() && !n.Anywhere {
		err := dialError(network, nil, os.NewSyscallError("bind", syscall.EADDRNOTAVAIL))
		err.Source = tcpAddr(ip, from.Port())
		if to, parseErr := netip.ParseAddrPort(address); parseErr == nil {
			err.Addr = tcpAddr(to.Addr(), to.Port())
		}
		return nil, err
	}
	return n.dial(ctx, network, from, address)
}

// dial is Dial from a local address, or from any if that is not valid.
func (n *Network) dial(ctx context.Context, network string, local netip.AddrPort, address string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, dialError(network, nil, contextError(err))
	}
	ips, port, err := resolve(ctx, network, address)
	if err != nil {
		return nil, dialError(network, nil, err)
	}
	if !ips[0].IsValid() {
		ips = loopbacks(network)
	}
	var first error
	for _, ip := range ips {
		conn, err := n.dialIP(ctx, network, local, ip, port)
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

func (n *Network) dialIP(ctx context.Context, network string, local netip.AddrPort, ip netip.Addr, port uint16) (net.Conn, error) {
	requested := tcpAddr(ip, port)
	switch {
	case ip == netip.IPv4Unspecified():
		ip = loopback4
	case ip == netip.IPv6Unspecified():
		ip = netip.IPv6Loopback()
	case !ip.IsLoopback() && !n.Anywhere:
		return nil, dialError(network, requested, os.NewSyscallError("connect", syscall.ENETUNREACH))
	}

	n.mu.Lock()
	l := n.listenerAt(ip, port)
	if l == nil {
		n.mu.Unlock()
		reason := syscall.ECONNREFUSED
		if !ip.IsLoopback() {
			reason = syscall.ENETUNREACH
		}
		return nil, dialError(network, requested, os.NewSyscallError("connect", reason))
	}
	clientIP, clientPort, err := n.bindClient(local, ip)
	n.mu.Unlock()
	if err != nil {
		failure := dialError(network, requested, err)
		if local.IsValid() {
			failure.Source = tcpAddr(local.Addr(), local.Port())
		}
		return nil, failure
	}
	client, server := newPair(network, tcpAddr(clientIP, clientPort), tcpAddr(ip, port), &n.activity)
	n.activity.Add(1)
	client.release = func() { n.releasePort(clientPort) }
	if err := l.enqueue(ctx, server); err != nil {
		client.Reset()
		return nil, dialError(network, requested, err)
	}
	return client, nil
}

// bindClient takes a local address for a connection to ip: local, as far as that says one. The caller holds n.mu.
func (n *Network) bindClient(local netip.AddrPort, ip netip.Addr) (netip.Addr, uint16, error) {
	// As with a kernel's loopback device, the client of 127.0.0.5 is 127.0.0.1.
	from, port := loopback4, local.Port()
	if ip.Is6() {
		from = netip.IPv6Loopback()
	}
	if own := local.Addr().Unmap(); own.IsValid() && !own.IsUnspecified() {
		if own.Is4() != ip.Is4() {
			return from, 0, os.NewSyscallError("connect", syscall.EINVAL)
		}
		from = own
	}
	if port == 0 {
		free, ok := n.freePort()
		if !ok {
			return from, 0, os.NewSyscallError("connect", syscall.EADDRNOTAVAIL)
		}
		port = free
	} else if !n.portIsFree(port) {
		return from, 0, os.NewSyscallError("bind", syscall.EADDRINUSE)
	}
	n.clients[port] = struct{}{}
	return from, port, nil
}

// listenerAt returns the listener that takes connections to ip and port, the one bound to exactly
// that address before a wildcard. The caller holds n.mu.
func (n *Network) listenerAt(ip netip.Addr, port uint16) *listener {
	for _, l := range n.listeners[port] {
		if l.bound.accepts(ip) {
			return l
		}
	}
	return nil
}

// freePort returns a port that neither a listener nor a client uses. The caller holds n.mu.
func (n *Network) freePort() (uint16, bool) {
	const span = 1<<16 - firstEphemeral
	for i := 1; i <= span && !n.noEphemeral; i++ {
		port := uint16(firstEphemeral + (int(n.lastPort)-firstEphemeral+i)%span)
		if n.portIsFree(port) {
			n.lastPort = port
			return port, true
		}
	}
	n.noEphemeral = true
	for port := uint16(firstEphemeral - 1); port >= firstUnprivileged; port-- {
		if n.portIsFree(port) {
			return port, true
		}
	}
	return 0, false
}

func (n *Network) portIsFree(port uint16) bool {
	_, used := n.clients[port]
	return !used && len(n.listeners[port]) == 0
}

func (n *Network) releasePort(port uint16) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.clients, port)
	n.noEphemeral = false
}

func (n *Network) removeListener(l *listener) {
	n.mu.Lock()
	defer n.mu.Unlock()
	port := l.bound.port
	kept := make([]*listener, 0, len(n.listeners[port]))
	for _, other := range n.listeners[port] {
		if other != l {
			kept = append(kept, other)
		}
	}
	if len(kept) == 0 {
		delete(n.listeners, port)
		n.noEphemeral = false
		return
	}
	n.listeners[port] = kept
}

func dialError(network string, addr *net.TCPAddr, err error) *net.OpError {
	failure := &net.OpError{Op: "dial", Net: network, Err: err}
	if addr != nil {
		failure.Addr = addr
	}
	return failure
}
