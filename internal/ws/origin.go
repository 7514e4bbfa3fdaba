package ws

import (
	"net/http"
	"net/url"
	"strings"

	"silly/internal/weburl"
)

// CheckOrigin reports whether a request may come from where its Origin field says (RFC 6455 section
// 10.2). Allowed lists origins such as "https://example.com" or "http://localhost:8080"; "*" stands
// for all, and an empty list for none. A request without the field is allowed: it does not come from
// a browser, which is what the check protects against.
func CheckOrigin(r *http.Request, allowed []string) bool {
	lines := r.Header[fieldOrigin]
	if len(lines) == 0 {
		return true
	}
	for _, entry := range allowed {
		if entry == "*" {
			return true
		}
	}
	if len(lines) > 1 {
		return false
	}
	got, ok := parseOrigin(trimSpace(lines[0]))
	if !ok {
		return false
	}
	for _, entry := range allowed {
		if want, ok := parseOrigin(entry); ok && want == got {
			return true
		}
	}
	return false
}

// ValidOrigin reports whether s can stand in the list of CheckOrigin. Anything else there would
// never match: in particular, there are no patterns.
func ValidOrigin(s string) bool {
	if s == "*" {
		return true
	}
	o, ok := parseOrigin(s)
	return ok && !strings.Contains(o.host, "*")
}

// origin is a serialized origin (RFC 6454 section 6.2) in a form that can be compared. The origin
// "null", which browsers send for documents without one, has only a host of that name.
type origin struct{ scheme, host, port string }

// parseOrigin returns false when s is not scheme://host[:port] and nothing more.
func parseOrigin(s string) (o origin, ok bool) {
	if s == "null" {
		return origin{host: s}, true
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || !weburl.ValidHost(u.Host, u.Hostname()) {
		return origin{}, false
	}
	if !equalFold(u.Scheme+"://"+u.Host, s) {
		return origin{}, false // it has a path, a user, ...
	}
	o = origin{scheme: u.Scheme, host: strings.ToLower(u.Hostname()), port: u.Port()}
	if o.port == "" {
		o.port = defaultPorts[o.scheme]
	}
	return o, true
}
