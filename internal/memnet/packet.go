package memnet

import (
	"context"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
)

// maxPacket is the longest datagram: what UDP over IPv4 can carry (RFC 768, RFC 791).
const maxPacket = 65507

// ListenPacket opens a UDP socket at a loopback or wildcard address, as net.ListenConfig.ListenPacket does. Port 0
// picks a free port. The socket is a *PacketConn.
func (n *Network) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	fail := func(addr net.Addr, err error) (net.PacketConn, error) {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: addr, Err: err}
	}
	streams, ips, port, err := resolvePackets(ctx, network, address)
	if err != nil {
		return fail(nil, err)
	}
	c, err := n.openSocket(network, streams, ips[0], port, netip.AddrPort{})
	if err != nil {
		return fail(udpAddr(ips[0], port), err)
	}
	return c, nil
}

// DialPacket opens a UDP socket for one address, as net.Dialer.DialContext does: it sends there and receives from
// there. local is an IP address and a port, which may be 0, or "" for any. The socket is a *PacketConn.
func (n *Network) DialPacket(ctx context.Context, network, local, address string) (net.Conn, error) {
	fail := func(addr net.Addr, err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: addr, Err: err}
	}
	streams, ips, port, err := resolvePackets(ctx, network, address)
	if err != nil {
		return fail(nil, err)
	}
	var from netip.AddrPort
	if local != "" {
		if from, err = netip.ParseAddrPort(local); err != nil {
			return fail(nil, &net.AddrError{Err: "no IP address and port", Addr: local})
		}
	}
	ip := ips[0]
	if !ip.IsValid() {
		ip = loopbacks(streams)[0]
	}
	requested := udpAddr(ip, port)
	ip = reachable(ip)
	source := from.Addr().Unmap()
	switch {
	case !n.hasRoute(ip, port):
		return fail(requested, os.NewSyscallError("connect", syscall.ENETUNREACH))
	case !source.IsValid() || source.IsUnspecified():
		source = sourceFor(ip)
	case source.Is4() != ip.Is4():
		return fail(requested, os.NewSyscallError("connect", syscall.EINVAL))
	}
	c, err := n.openSocket(network, streams, source, from.Port(), netip.AddrPortFrom(ip, port))
	if err != nil {
		return fail(requested, err)
	}
	return c, nil
}

// HasSocket reports whether datagrams to an address would reach a UDP socket of the network.
func (n *Network) HasSocket(ctx context.Context, network, address string) bool {
	streams, ips, port, err := resolvePackets(ctx, network, address)
	if err != nil {
		return false
	}
	ip := ips[0]
	if !ip.IsValid() {
		ip = loopbacks(streams)[0]
	}
	return n.socketAt(netip.AddrPortFrom(reachable(ip), port)) != nil
}

// resolvePackets is resolve for UDP; streams is the name of the network of TCP that has the same addresses.
func resolvePackets(ctx context.Context, network, address string) (
	streams string, ips []netip.Addr, port uint16, err error,
) {
	if err := ctx.Err(); err != nil {
		return "", nil, 0, contextError(err)
	}
	version, ok := strings.CutPrefix(network, "udp")
	if !ok {
		return "", nil, 0, net.UnknownNetworkError(network)
	}
	streams = "tcp" + version
	ips, port, err = resolve(ctx, streams, address)
	return streams, ips, port, err
}

// openSocket binds a socket, which is for everyone if peer is not valid.
func (n *Network) openSocket(
	network, streams string, ip netip.Addr, port uint16, peer netip.AddrPort,
) (*PacketConn, error) {
	bound, err := n.newBinding(streams, ip, port)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if bound.port == 0 {
		if bound.port = n.freeSocketPort(); bound.port == 0 {
			return nil, os.NewSyscallError("bind", syscall.EADDRINUSE)
		}
	}
	for _, other := range n.sockets[bound.port] {
		if bound.conflicts(other.bound) {
			return nil, os.NewSyscallError("bind", syscall.EADDRINUSE)
		}
	}
	c := newPacketConn(n, network, bound, peer)
	n.sockets[bound.port] = append(n.sockets[bound.port], c)
	n.activity.Add(1)
	return c, nil
}

// freeSocketPort is a port at which there is no socket, or 0. The caller holds n.mu.
func (n *Network) freeSocketPort() uint16 {
	const span = 1<<16 - firstEphemeral
	for i := 1; i <= span; i++ {
		port := uint16(firstEphemeral + (int(n.lastSocketPort)-firstEphemeral+i)%span)
		if len(n.sockets[port]) == 0 {
			n.lastSocketPort = port
			return port
		}
	}
	return 0
}

func (n *Network) removeSocket(c *PacketConn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var kept []*PacketConn
	for _, other := range n.sockets[c.bound.port] {
		if other != c {
			kept = append(kept, other)
		}
	}
	if n.sockets[c.bound.port] = kept; len(kept) == 0 {
		delete(n.sockets, c.bound.port)
	}
}

// hasRoute reports whether datagrams can be sent to an address: a loopback one, or one at which there is a socket.
func (n *Network) hasRoute(ip netip.Addr, port uint16) bool {
	return ip.IsLoopback() || n.socketAt(netip.AddrPortFrom(ip, port)) != nil
}

// socketAt is the socket that datagrams to an address go to, one that is bound to exactly that before a wildcard, or
// nil.
func (n *Network) socketAt(to netip.AddrPort) *PacketConn {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.sockets[to.Port()] {
		if c.bound.accepts(to.Addr()) {
			return c
		}
	}
	return nil
}

// reachable is the address that a wildcard stands for as a destination; others are themselves.
func reachable(ip netip.Addr) netip.Addr {
	switch ip {
	case netip.IPv4Unspecified():
		return loopback4
	case netip.IPv6Unspecified():
		return netip.IPv6Loopback()
	}
	return ip
}

// sourceFor is the address from which a socket without one sends to ip.
func sourceFor(ip netip.Addr) netip.Addr {
	if ip.Is4() {
		return loopback4
	}
	return netip.IPv6Loopback()
}

// udpAddr is tcpAddr for UDP.
func udpAddr(ip netip.Addr, port uint16) *net.UDPAddr {
	return &net.UDPAddr{IP: ip.AsSlice(), Port: int(port), Zone: ip.Zone()}
}
