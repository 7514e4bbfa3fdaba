package ws

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// ErrBadURL says that a URL is not that of a WebSocket resource (RFC 6455 section 3).
var ErrBadURL = errors.New("invalid websocket url")

// defaultPorts are the ports that an origin or a URL of a scheme need not name.
var defaultPorts = map[string]string{"http": "80", "https": "443", "ws": "80", "wss": "443"}

// resource is what a ws or wss URL names (RFC 6455 section 3).
type resource struct {
	tls  bool
	host string // without brackets; an IPv6 address may have a zone
	port string
	// authority is the value of the Host field: without the default port, without a zone.
	authority string
	// target is the path and query of the request line.
	target string
	user   *url.Userinfo
}

// parseURL returns the resource that raw names, or what is wrong with raw.
func parseURL(raw string) (resource, error) {
	if strings.Contains(raw, "#") {
		return resource{}, errors.New("fragment is not allowed")
	}
	u, err := url.Parse(raw)
	if err != nil {
		// A url.Error repeats the URL, which may hold a password.
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return resource{}, err
	}
	if u.Scheme != "ws" && u.Scheme != "wss" {
		return resource{}, errors.New("scheme is not ws or wss")
	}

	r := resource{tls: u.Scheme == "wss", host: u.Hostname(), port: u.Port(), user: u.User}
	if !validHost(u.Host, r.host) {
		return resource{}, errors.New("host is missing or malformed")
	}
	name, _, _ := strings.Cut(r.host, "%")
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	r.authority = name
	if r.port == "" {
		r.port = defaultPorts[u.Scheme]
	}
	if number, err := strconv.ParseUint(r.port, 10, 16); err != nil || number == 0 {
		return resource{}, errors.New("port is not between 1 and 65535")
	}
	if r.port != defaultPorts[u.Scheme] {
		r.authority += ":" + r.port
	}
	r.target = escapeTarget(u.RequestURI())
	return r, nil
}

// address returns what to dial.
func (r *resource) address() string { return net.JoinHostPort(r.host, r.port) }

// serverName returns the host without the zone, which no certificate has.
func (r *resource) serverName() string {
	name, _, _ := strings.Cut(r.host, "%")
	return name
}

// validHost reports whether the host of a URL, with and without brackets and port, is an IPv6
// address in brackets or a name. A name with other bytes than ASCII would first have to be encoded
// for DNS, which is the caller's business.
func validHost(authority, host string) bool {
	if strings.HasPrefix(authority, "[") {
		address, err := netip.ParseAddr(host)
		return err == nil && address.Is6()
	}
	for i := range len(host) {
		if !isHostByte(host[i]) {
			return false
		}
	}
	return host != ""
}

// isHostByte reports whether b may be part of a host name: what RFC 3986 section 3.2.2 allows but
// escapes.
func isHostByte(b byte) bool {
	switch {
	case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9':
		return true
	}
	return strings.IndexByte("-._~!$&'()*+,;=", b) >= 0
}

// escapeTarget escapes what package net/url leaves in a query although it cannot stand in a request
// line.
func escapeTarget(target string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(target) {
		if c := target[i]; c <= ' ' || c >= 0x7F {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&0xF])
			continue
		}
		b.WriteByte(target[i])
	}
	return b.String()
}
