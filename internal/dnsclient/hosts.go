package dnsclient

import (
	"net/netip"
	"strings"
)

// Hosts are the addresses of names, in lower case, as a file hosts(5) has them.
type Hosts map[string][]netip.Addr

// ParseHosts reads a file hosts(5). Lines that are none it ignores, as everyone does.
func ParseHosts(text string) Hosts {
	hosts := make(Hosts)
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		ip, err := netip.ParseAddr(fields[0])
		if err != nil {
			continue
		}
		for _, name := range fields[1:] {
			if validName(name) {
				name = strings.TrimSuffix(lower(name), ".")
				hosts[name] = append(hosts[name], ip.Unmap())
			}
		}
	}
	return hosts
}

// records are those of a name; ok is false if it has none.
func (h Hosts) records(name string, t Type) (records []Record, ok bool) {
	for _, ip := range h[name] {
		if ip.Is4() && t == A || ip.Is6() && t == AAAA {
			records = append(records, Record{Addr: ip})
		}
	}
	return records, len(records) > 0
}

// merge adds the names of other. What is new about a name, for a version of IP, counts instead of what was there.
func (h Hosts) merge(other Hosts) {
	for name, ips := range other {
		var four, six bool
		for _, ip := range ips {
			four, six = four || ip.Is4(), six || ip.Is6()
		}
		merged := append([]netip.Addr(nil), ips...)
		for _, ip := range h[name] {
			if ip.Is4() && !four || ip.Is6() && !six {
				merged = append(merged, ip)
			}
		}
		h[name] = merged
	}
}

// local are the addresses of localhost, and of what lies below it: they are never asked for (RFC 6761 section 6.3).
func local(name string, t Type) (records []Record, ok bool) {
	if name != "localhost" && !strings.HasSuffix(name, ".localhost") {
		return nil, false
	}
	switch t {
	case A:
		return []Record{{Addr: netip.AddrFrom4([4]byte{127, 0, 0, 1})}}, true
	case AAAA:
		return []Record{{Addr: netip.IPv6Loopback()}}, true
	}
	return nil, true
}
