package luahost

import (
	"context"
	"net"
)

// A Network is where a host's modules listen and dial. Addresses are "host:port" as in package net.
// Methods may be called from any goroutine.
type Network interface {
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// An Activity is a Network that can tell whether anything happens on it: the number that its method
// returns grows when something is sent, received or connected.
type Activity interface{ Activity() uint64 }

// SystemNetwork is the machine's own network.
type SystemNetwork struct{}

var _ Network = SystemNetwork{}

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
