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

// systemNetwork is the machine's own network.
type systemNetwork struct{}

func (systemNetwork) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	var lc net.ListenConfig
	return lc.Listen(ctx, network, address)
}

func (systemNetwork) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}
