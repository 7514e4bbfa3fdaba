package luahost

import (
	"context"
	"net"
	"net/netip"
)

// A Network is where a host's modules listen and dial. Addresses are "host:port" as in package net.
// Methods may be called from any goroutine.
type Network interface {
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// A LocalDialer is a Network that dials from a local address of the caller's choice, an IP address and a port, which
// may be 0.
type LocalDialer interface {
	DialFrom(ctx context.Context, network, local, address string) (net.Conn, error)
}

// A PacketNetwork is a Network that has UDP as well. Modules write to its sockets with the VM lock held: what cannot
// be sent at once is lost, or the write fails. The sockets of package net can be used, although their writes may
// wait: modules do it another way.
type PacketNetwork interface {
	// ListenPacket opens a socket at a local address, for datagrams from and to everyone. network is "udp", "udp4" or
	// "udp6".
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
	// DialPacket opens a socket for datagrams from and to one address. local is an IP address and a port, which may be 0,
	// or "" for any.
	DialPacket(ctx context.Context, network, local, address string) (net.Conn, error)
}

// An Activity is a Network that can tell whether anything happens on it: the number that its method
// returns grows when something is sent, received or connected.
type Activity interface{ Activity() uint64 }

// SystemNetwork is the machine's own network. A type that is to keep something from scripts has one in a field rather
// than embeds it, so that what a later version adds here stays kept from them.
type SystemNetwork struct{}

var (
	_ Network       = SystemNetwork{}
	_ LocalDialer   = SystemNetwork{}
	_ PacketNetwork = SystemNetwork{}
)

// Listen implements Network.
func (SystemNetwork) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	var lc net.ListenConfig
	return lc.Listen(ctx, network, address)
}

// Dial implements Network.
func (SystemNetwork) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

// DialFrom implements LocalDialer.
func (SystemNetwork) DialFrom(ctx context.Context, network, local, address string) (net.Conn, error) {
	from, err := parseLocal(network, local)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(from)}
	return d.DialContext(ctx, network, address)
}

// parseLocal reads the local address of a connection.
func parseLocal(network, local string) (netip.AddrPort, error) {
	from, err := netip.ParseAddrPort(local)
	if err != nil {
		reason := &net.AddrError{Err: "no IP address and port", Addr: local}
		return from, &net.OpError{Op: "dial", Net: network, Err: reason}
	}
	return from, nil
}

// ListenPacket implements PacketNetwork.
func (SystemNetwork) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	var lc net.ListenConfig
	return lc.ListenPacket(ctx, network, address)
}

// DialPacket implements PacketNetwork.
func (SystemNetwork) DialPacket(ctx context.Context, network, local, address string) (net.Conn, error) {
	var d net.Dialer
	if local != "" {
		from, err := parseLocal(network, local)
		if err != nil {
			return nil, err
		}
		d.LocalAddr = net.UDPAddrFromAddrPort(from)
	}
	return d.DialContext(ctx, network, address)
}
