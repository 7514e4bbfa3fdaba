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

// A LocalDialer is a Network that dials from a local address of the caller's choice, an IP address and a port, which may be 0.
type LocalDialer interface {
	DialFrom(ctx context.Context, network, local, address string) (net.Conn, error)
}

// An Activity is a Network that can tell whether anything happens on it: the number that its method
// returns grows when something is sent, received or connected.
type Activity interface{ Activity() uint64 }

// SystemNetwork is the machine's own network.
type SystemNetwork struct{}

var (
	_ Network     = SystemNetwork{}
	_ LocalDialer = SystemNetwork{}
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
	from, err := netip.ParseAddrPort(local)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: &net.AddrError{Err: "no IP address and port", Addr: local}}
	}
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(from)}
	return d.DialContext(ctx, network, address)
}
