package httpserver

import (
	"net/netip"
	"strconv"
	"strings"
)

// validHost reports whether a Host field is a host and perhaps a port (RFC 9110 section 7.2, RFC 3986 section 3.2.2). A
// host of http is not empty (RFC 9110 section 4.2.1).
func validHost(field string) bool {
	host, port := cutPort(field)
	if port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
	}
	if literal, ok := strings.CutPrefix(host, "["); ok {
		literal, ok = strings.CutSuffix(literal, "]")
		ip, err := netip.ParseAddr(literal)
		return ok && err == nil && ip.Is6() && ip.Zone() == ""
	}
	return validName(host)
}

// cutPort separates the port from a host. The colons of an address in brackets are its own.
func cutPort(field string) (host, port string) {
	colon := strings.LastIndexByte(field, ':')
	if colon < 0 || colon < strings.LastIndexByte(field, ']') {
		return field, ""
	}
	return field[:colon], field[colon+1:]
}

// validName reports whether a host is a registered name or an IPv4 address.
func validName(host string) bool {
	for i := 0; i < len(host); i++ {
		switch b := host[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		case strings.IndexByte("!$&'()*+,-.;=_~", b) >= 0:
		case b == '%' && i+2 < len(host) && isHex(host[i+1]) && isHex(host[i+2]):
		default:
			return false
		}
	}
	return host != ""
}

func isHex(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
}
