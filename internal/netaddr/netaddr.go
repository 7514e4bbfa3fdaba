// Package netaddr takes addresses "host:port" apart and puts them together, as the framework's silly.net.addr does.
package netaddr

import (
	"net/netip"
	"strings"
)

// Split takes "host:port" apart. Without brackets the first colon separates; a host with colons stands in brackets:
// "[::1]:443". The port may be missing, with its colon, and each part may be empty. ok is false for brackets that are not
// closed, or have something other than ":port" behind them.
func Split(addr string) (host, port string, ok bool) {
	rest, bracketed := strings.CutPrefix(addr, "[")
	if !bracketed {
		host, port, _ = strings.Cut(addr, ":")
		return host, port, true
	}
	host, rest, ok = strings.Cut(rest, "]")
	if !ok || strings.Contains(host, "[") {
		return "", "", false
	}
	if rest == "" {
		return host, "", true
	}
	port, ok = strings.CutPrefix(rest, ":")
	if !ok {
		return "", "", false
	}
	return host, port, true
}

// Join makes an address of its parts. A host with colons gets brackets; an empty port is left out, with its colon.
func Join(host, port string) string {
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		host = "[" + host + "]"
	}
	if port == "" {
		return host
	}
	return host + ":" + port
}

// IPVersion is 4 or 6 for an address as inet_pton(3) takes it, and 0 for anything else.
func IPVersion(host string) int {
	if strings.Contains(host, "%") {
		return 0 // netip takes zones, inet_pton does not
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		return 0
	case ip.Is4():
		return 4
	}
	return 6
}
