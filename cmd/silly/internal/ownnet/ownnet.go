// Package ownnet is the network of a program that runs to be tested.
package ownnet

import (
	"context"
	"errors"
	"net"
	"syscall"

	"silly/internal/memnet"
	"silly/luahost"
)

// A Network is one of a program's own, in memory, behind which the real one may lie. It implements luahost.Network.
type Network struct {
	*memnet.Network
	outside outside // nil without access
	refused error
}

// outside is what programs reach of the real network.
type outside interface {
	luahost.Network
	luahost.LocalDialer
	luahost.PacketNetwork
}

// New makes a network on which every address can be listened on. With open, connections that nobody on it takes go to the real network;
// otherwise refused is their error.
func New(open bool, refused error) Network {
	n := Network{Network: memnet.New(), refused: refused}
	n.Anywhere = true
	if open {
		n.outside = luahost.SystemNetwork{}
	}
	return n
}

// Dial implements luahost.Network.
func (n Network) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := n.Network.Dial(ctx, network, address)
	if n.isOutside(err) {
		return n.outside.Dial(ctx, network, address)
	}
	return conn, n.unreachable(err)
}

// DialFrom implements luahost.LocalDialer.
func (n Network) DialFrom(ctx context.Context, network, local, address string) (net.Conn, error) {
	conn, err := n.Network.DialFrom(ctx, network, local, address)
	if n.isOutside(err) {
		return n.outside.DialFrom(ctx, network, local, address)
	}
	return conn, n.unreachable(err)
}

// DialPacket implements luahost.PacketNetwork. Nobody says whether there is somebody at an address of UDP, but the block's
// own network knows its sockets.
func (n Network) DialPacket(ctx context.Context, network, local, address string) (net.Conn, error) {
	if n.outside != nil && !n.HasSocket(ctx, network, address) {
		return n.outside.DialPacket(ctx, network, local, address)
	}
	conn, err := n.Network.DialPacket(ctx, network, local, address)
	return conn, n.unreachable(err)
}

// isOutside reports whether an address at which nobody was found may be on the real network.
func (n Network) isOutside(err error) bool {
	return n.outside != nil && err != nil && (errors.Is(n.unreachable(err), n.refused) || errors.Is(err, syscall.ECONNREFUSED))
}

// unreachable makes refused of errors that say that there is no way to a host.
func (n Network) unreachable(err error) error {
	var dns *net.DNSError
	if errors.As(err, &dns) || errors.Is(err, syscall.ENETUNREACH) {
		return n.refused
	}
	return err
}
