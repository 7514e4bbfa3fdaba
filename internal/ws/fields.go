package ws

import (
	"net/http"
	"strings"

	"silly/internal/httpfield"
)

// Header fields of the handshake, in the form that net/http gives to field names.
const (
	fieldConnection = "Connection"
	fieldUpgrade    = "Upgrade"
	fieldHost       = "Host"
	fieldOrigin     = "Origin"
	fieldKey        = "Sec-Websocket-Key"
	fieldVersion    = "Sec-Websocket-Version"
	fieldAccept     = "Sec-Websocket-Accept"
	fieldProtocol   = "Sec-Websocket-Protocol"
	fieldExtensions = "Sec-Websocket-Extensions"
)

// websocketToken is what the Upgrade field of a handshake says (RFC 6455 section 4.1).
const websocketToken = "websocket"

// version is the only version of the protocol that RFC 6455 defines.
const version = "13"

// ValidHeader reports whether name and value may be sent as a header field (RFC 9110 section 5):
// the name is a token, and the value has no control character but the tab, so that neither can end
// the line.
func ValidHeader(name, value string) bool { return httpfield.Check(name, value) == nil }

// ValidToken reports whether s is a token (RFC 9110 section 5.6.2), as the names of subprotocols are.
func ValidToken(s string) bool { return httpfield.ValidName(s) }

// HandshakeHeader reports whether the handshake sets the field of that name itself, in the request
// or in the response, or forbids it because it frames a body. Callers may not send one of their own.
func HandshakeHeader(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case fieldConnection, fieldUpgrade, fieldKey, fieldVersion, fieldAccept, fieldProtocol, fieldExtensions,
		"Content-Length", "Transfer-Encoding":
		return true
	}
	return false
}

// trimSpace removes optional whitespace (RFC 9110 section 5.6.3) from both ends of s.
func trimSpace(s string) string { return strings.Trim(s, " \t") }

// equalFold reports whether a and b are equal but for the case of ASCII letters. The fold of package
// strings knows letters beyond ASCII, such as the Kelvin sign, which no protocol name matches.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b + ('a' - 'A')
	}
	return b
}

// listHas reports whether a list in one or several field lines (RFC 9110 section 5.6.1) has token,
// whatever the case of its letters.
func listHas(lines []string, token string) bool {
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			if equalFold(trimSpace(element), token) {
				return true
			}
		}
	}
	return false
}

// tokenList returns the elements of a list of tokens, and false if one is not a token or if there
// are lines but no elements. Empty elements are skipped, as RFC 9110 section 5.6.1.2 asks.
func tokenList(lines []string) (tokens []string, ok bool) {
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			element = trimSpace(element)
			if element == "" {
				continue
			}
			if !httpfield.ValidName(element) {
				return nil, false
			}
			tokens = append(tokens, element)
		}
	}
	return tokens, len(lines) == 0 || len(tokens) > 0
}
