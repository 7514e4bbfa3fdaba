package memnet

import (
	"context"
	"net"
	"net/netip"
	"strings"
)

var loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// binding is the local address of a listener.
type binding struct {
	ip   netip.Addr
	port uint16
	// wildcard says that every loopback address of the families v4 and v6 is meant.
	wildcard bool
	v4, v6   bool
}

func (b binding) accepts(ip netip.Addr) bool {
	if !b.wildcard {
		return b.ip == ip
	}
	return ip.IsLoopback() && (b.v4 && ip.Is4() || b.v6 && ip.Is6())
}

// conflicts reports whether the two cannot be bound at the same time; their ports are equal.
func (b binding) conflicts(other binding) bool {
	switch {
	case b.wildcard && other.wildcard:
		return b.v4 && other.v4 || b.v6 && other.v6
	case b.wildcard:
		return b.accepts(other.ip)
	case other.wildcard:
		return other.accepts(b.ip)
	}
	return b.ip == other.ip
}

// families returns which address families the network name admits: both none for an unknown name.
func families(network string) (v4, v6 bool) {
	switch network {
	case "tcp":
		return true, true
	case "tcp4":
		return true, false
	case "tcp6":
		return false, true
	}
	return false, false
}

func loopbacks(network string) []netip.Addr {
	var ips []netip.Addr
	v4, v6 := families(network)
	if v4 {
		ips = append(ips, loopback4)
	}
	if v6 {
		ips = append(ips, netip.IPv6Loopback())
	}
	return ips
}

// resolve returns the addresses that "host:port" stands for, in the order in which they are tried.
// An empty host gives one address that is not valid. There is no name but localhost.
func resolve(ctx context.Context, network, address string) ([]netip.Addr, uint16, error) {
	v4, v6 := families(network)
	if !v4 && !v6 {
		return nil, 0, net.UnknownNetworkError(network)
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, 0, err
	}
	// A number or a name of /etc/services: nothing is sent.
	port, err := net.DefaultResolver.LookupPort(ctx, network, service)
	if err != nil {
		return nil, 0, err
	}
	if host == "" {
		return []netip.Addr{{}}, uint16(port), nil
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		if ip.Is4() && !v4 || ip.Is6() && !v6 {
			return nil, 0, &net.AddrError{Err: "no suitable address found", Addr: host}
		}
		return []netip.Addr{ip}, uint16(port), nil
	}
	if !strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return nil, 0, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return loopbacks(network), uint16(port), nil
}

// tcpAddr returns the address as package net writes it: no IP at all for an empty host.
func tcpAddr(ip netip.Addr, port uint16) *net.TCPAddr {
	return &net.TCPAddr{IP: ip.AsSlice(), Port: int(port), Zone: ip.Zone()}
}
