// Package weburl reads the URLs that scripts give to clients, and makes of them what may stand in a request.
package weburl

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

var (
	errControl = errors.New("control characters are not allowed")
	errUser    = errors.New("user or password has a bad percent escape")
	errHost    = errors.New("host is missing or malformed")
	errPort    = errors.New("port is not between 1 and 65535")
	errPath    = errors.New("path has a bad percent escape")
)

// Parse reads an absolute URL of one of the schemes. In the result the host is ASCII, its RequestURI is what to
// send, and there is no fragment. The error says what is wrong and does not repeat the URL, which may hold a password.
func Parse(raw string, schemes ...string) (*url.URL, error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	scheme = strings.ToLower(scheme)
	if !ok || !slices.Contains(schemes, scheme) {
		return nil, errors.New("scheme is not " + strings.Join(schemes, " or "))
	}
	for i := range len(rest) {
		if rest[i] < ' ' || rest[i] == 0x7f {
			return nil, errControl
		}
	}
	rest, _, _ = strings.Cut(rest, "#")
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	u := &url.URL{Scheme: scheme}
	authority := rest[:end]
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		if u.User, ok = userinfo(authority[:at]); !ok {
			return nil, errUser
		}
		authority = authority[at+1:]
	}
	var err error
	if u.Host, err = host(authority); err != nil {
		return nil, err
	}
	path, query, hasQuery := strings.Cut(rest[end:], "?")
	u.RawPath = escape(path, "!$&'()*+,;=:@/%")
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
		return nil, errPath
	}
	u.RawQuery = escape(query, "!$&()*+,;=:@/?%")
	u.ForceQuery = hasQuery
	return u, nil
}

// escape percent-encodes all bytes but those of RFC 3986's unreserved and the allowed ones. A "%" is among these,
// since it begins an escape. What is encoded is what RFC 3986 does not allow, and what the WHATWG URL standard
// encodes: it wants "'" encoded in queries.
func escape(s, allowed string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s))
	for i := range len(s) {
		c := s[i]
		if isUnreserved(c) || strings.IndexByte(allowed, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&0xF])
	}
	return b.String()
}

// isUnreserved reports whether c is one of the bytes that never need an escape (RFC 3986 section 2.3).
func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

func userinfo(s string) (*url.Userinfo, bool) {
	name, password, hasPassword := strings.Cut(s, ":")
	name, err := url.PathUnescape(name)
	if err != nil {
		return nil, false
	}
	if !hasPassword {
		return url.User(name), true
	}
	password, err = url.PathUnescape(password)
	return url.UserPassword(name, password), err == nil
}

// host reads host[:port], and returns it in ASCII and without an empty port.
func host(s string) (string, error) {
	name, port := s, ""
	if colon := strings.LastIndexByte(s, ':'); colon > strings.LastIndexByte(s, ']') {
		name, port = s[:colon], s[colon+1:]
	}
	name, ok := hostname(name)
	if !ok {
		return "", errHost
	}
	if port == "" {
		return name, nil
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", errPort
	}
	return name + ":" + port, nil
}

// hostname reads a name, which is brought into its ASCII form, or an address.
func hostname(s string) (string, bool) {
	if strings.HasPrefix(s, "[") {
		inner, ok := strings.CutSuffix(s[1:], "]")
		inner = strings.Replace(inner, "%25", "%", 1) // before a zone (RFC 6874)
		address, err := netip.ParseAddr(inner)
		return "[" + inner + "]", ok && err == nil && address.Is6()
	}
	s, err := url.PathUnescape(s)
	if err != nil {
		return "", false
	}
	s, ok := ToASCII(s)
	return s, ok && isName(s)
}

// ToASCII brings a name into the form that DNS has; ok is false if it has none.
func ToASCII(name string) (ascii string, ok bool) {
	if isASCII(name) {
		return name, true
	}
	if !utf8.ValidString(name) {
		return "", false
	}
	ascii, err := names.ToASCII(name)
	return ascii, err == nil
}

// names brings host names into the form that DNS has (RFC 5891), as the URL standard wants it: underscores and
// hyphens may stand anywhere.
var names = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(false), idna.CheckJoiners(true),
	idna.StrictDomainName(false), idna.Transitional(false))

// isASCII reports whether all bytes of s are ASCII.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isName reports whether s can be an ASCII host name or an IPv4 address (RFC 3986 section 3.2.2, without escapes).
func isName(s string) bool {
	for i := range len(s) {
		if !isUnreserved(s[i]) && strings.IndexByte("!$&'()*+,;=", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

// IsAuthority reports whether s can be the value of a Host field.
func IsAuthority(s string) bool {
	_, err := host(s)
	return err == nil && isASCII(s) && !strings.Contains(s, "%")
}

// ValidHost reports whether the host of a URL, without brackets, is an ASCII name or an address in brackets; authority
// is what the URL has.
func ValidHost(authority, host string) bool {
	if strings.HasPrefix(authority, "[") {
		address, err := netip.ParseAddr(host)
		return err == nil && address.Is6()
	}
	return isName(host)
}
