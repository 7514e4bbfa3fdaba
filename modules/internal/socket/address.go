package socket

import (
	"context"
	"net"
	"strconv"
	"syscall"

	"silly/internal/netaddr"
	"silly/internal/netconn"
	"silly/internal/sched"
	"silly/luahost"
)

// errAddress is the error of a text that is no address.
var errAddress error = syscall.EINVAL

// splitAddr takes an address with a port apart.
func splitAddr(addr string) (host, port string, err error) {
	host, port, ok := netaddr.Split(addr)
	if !ok {
		return "", "", errAddress
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || port != strconv.FormatUint(n, 10) {
		return "", "", errAddress
	}
	return host, port, nil
}

// address is an address with a port as package net writes it.
func address(addr string) (string, error) {
	host, port, err := splitAddr(addr)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(host, port), nil
}

// ipAddress is address for what must have an IP address, or no host.
func ipAddress(addr string) (string, error) {
	host, port, err := splitAddr(addr)
	if err != nil || host != "" && netaddr.IPVersion(host) == 0 {
		return "", errAddress
	}
	return net.JoinHostPort(host, port), nil
}

// Dial connects to an address, and counts the connection. bind is the local address, or "".
func Dial(ctx context.Context, env *luahost.Env, bind, addr string) (net.Conn, error) {
	nc, err := dial(ctx, env, bind, addr)
	if err != nil {
		return nil, err
	}
	return netconn.Wrap(nc).Metered(sched.Of(env).Meter()), nil
}

func dial(ctx context.Context, env *luahost.Env, bind, addr string) (net.Conn, error) {
	to, err := address(addr)
	if err != nil {
		return nil, err
	}
	network := env.Network()
	if bind == "" {
		return network.Dial(ctx, "tcp", to)
	}
	from, err := ipAddress(bind)
	if err != nil {
		return nil, err
	}
	if dialer, ok := network.(luahost.LocalDialer); ok {
		return dialer.DialFrom(ctx, "tcp", from, to)
	}
	return nil, syscall.EOPNOTSUPP
}
