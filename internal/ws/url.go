package ws

import (
	"errors"
	"net"
	"net/url"
	"strings"

	"silly/internal/weburl"
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
	u, err := weburl.Parse(raw, "ws", "wss")
	if err != nil {
		return resource{}, err
	}
	r := resource{tls: u.Scheme == "wss", host: u.Hostname(), port: u.Port(), target: u.RequestURI(), user: u.User}
	r.authority = r.serverName()
	if strings.Contains(r.authority, ":") {
		r.authority = "[" + r.authority + "]"
	}
	if r.port == "" {
		r.port = defaultPorts[u.Scheme]
	}
	if r.port != defaultPorts[u.Scheme] {
		r.authority += ":" + r.port
	}
	return r, nil
}

// address returns what to dial.
func (r *resource) address() string { return net.JoinHostPort(r.host, r.port) }

// serverName returns the host without the zone, which no certificate has.
func (r *resource) serverName() string {
	name, _, _ := strings.Cut(r.host, "%")
	return name
}
