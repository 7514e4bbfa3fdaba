package socket

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"silly/luahost"
)

// ListenPacket opens a UDP socket at an address: an IP address, or no host, and a port, which may be 0.
func ListenPacket(ctx context.Context, env *luahost.Env, addr string) (net.PacketConn, error) {
	at, err := ipAddress(addr)
	if err != nil {
		return nil, err
	}
	network, ok := env.Network().(luahost.PacketNetwork)
	if !ok {
		return nil, syscall.EOPNOTSUPP
	}
	return network.ListenPacket(ctx, packetNetwork(at), at)
}

// DialPacket opens a UDP socket that has a peer. bind is the local address, or "".
func DialPacket(ctx context.Context, env *luahost.Env, bind, addr string) (net.Conn, error) {
	to, err := address(addr)
	if err != nil {
		return nil, err
	}
	if bind != "" {
		if bind, err = ipAddress(bind); err != nil {
			return nil, err
		}
		if bind[0] == ':' {
			bind = "[::]" + bind // of any version: package net takes the peer's
		}
	}
	network, ok := env.Network().(luahost.PacketNetwork)
	if !ok {
		return nil, syscall.EOPNOTSUPP
	}
	return network.DialPacket(ctx, "udp", bind, to)
}

// packetNetwork is the network of a socket at an address: no host and the wildcard of IPv6 are all addresses of both
// versions, anything else has one version.
func packetNetwork(at string) string {
	to, err := netip.ParseAddrPort(at)
	switch {
	case err == nil && to.Addr().Is4():
		return "udp4"
	case err == nil && !to.Addr().IsUnspecified():
		return "udp6"
	}
	return "udp"
}

// PacketAddress is the address of a datagram, an IP address and a port.
func PacketAddress(addr string) (netip.AddrPort, error) {
	host, port, err := splitAddr(addr)
	if err != nil {
		return netip.AddrPort{}, err
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.AddrPort{}, errAddress
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return netip.AddrPort{}, errAddress
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(n)), nil
}
