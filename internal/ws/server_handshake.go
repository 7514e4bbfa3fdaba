package ws

import (
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"slices"

	"silly/internal/httpfield"
)

// HandshakeError refuses a handshake. It is what the server answers.
type HandshakeError struct {
	// Status is the status code of the answer.
	Status int
	// Header has the fields that belong to the answer; it may be nil.
	Header http.Header
	// Text says what was wrong, in lower case.
	Text string
}

// Error returns the text.
func (e *HandshakeError) Error() string { return e.Text }

func badRequest(text string) *HandshakeError {
	return &HandshakeError{Status: http.StatusBadRequest, Text: text}
}

// CheckRequest checks that r opens a WebSocket connection (RFC 6455 section 4.2.1) and returns its
// key, the argument of AcceptKey. It checks the syntax of the subprotocols and extensions too, so
// that ChooseSubprotocol and AnswerDeflate can ignore errors in them.
func CheckRequest(r *http.Request) (key string, herr *HandshakeError) {
	if r.Method != http.MethodGet {
		return "", &HandshakeError{
			Status: http.StatusMethodNotAllowed,
			Header: http.Header{"Allow": {http.MethodGet}},
			Text:   "websocket handshake must use the method GET",
		}
	}
	if r.ProtoMajor != 1 || r.ProtoMinor < 1 {
		return "", &HandshakeError{
			Status: http.StatusHTTPVersionNotSupported,
			Text:   "websocket handshake must use HTTP/1.1",
		}
	}
	if r.Host == "" {
		return "", badRequest("websocket handshake has no host")
	}
	if !listHas(r.Header[fieldConnection], "upgrade") {
		return "", badRequest("websocket handshake has no upgrade in the connection header")
	}
	if !listHas(r.Header[fieldUpgrade], websocketToken) {
		return "", badRequest("websocket handshake has no websocket in the upgrade header")
	}
	if r.ContentLength != 0 {
		// What the peer means as a body would be read as frames.
		return "", badRequest("websocket handshake has a body")
	}
	if versions := r.Header[fieldVersion]; len(versions) != 1 || trimSpace(versions[0]) != version {
		return "", &HandshakeError{
			Status: http.StatusUpgradeRequired,
			// RFC 6455 section 4.4 for the version. RFC 9110 section 15.5.22 wants the protocol
			// named in an answer of this status, and section 7.8 announced as a connection option.
			Header: http.Header{
				fieldVersion:    {version},
				fieldUpgrade:    {websocketToken},
				fieldConnection: {fieldUpgrade},
			},
			Text: "websocket version is not 13",
		}
	}
	keys := r.Header[fieldKey]
	if len(keys) != 1 || !validKey(trimSpace(keys[0])) {
		return "", badRequest("websocket key is not 16 bytes in base64")
	}
	if _, ok := tokenList(r.Header[fieldProtocol]); !ok {
		return "", badRequest("websocket subprotocols are not a list of tokens")
	}
	if _, ok := parseExtensions(r.Header[fieldExtensions]); !ok {
		return "", badRequest("websocket extensions are malformed")
	}
	return trimSpace(keys[0]), nil
}

// keySize is the size of a handshake key before base64 (RFC 6455 section 4.1).
const keySize = 16

func validKey(key string) bool {
	decoded, err := base64.StdEncoding.Strict().DecodeString(key)
	return err == nil && len(decoded) == keySize
}

// AcceptKey returns the value of Sec-WebSocket-Accept that answers key (RFC 6455 section 4.2.2).
func AcceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// ChooseSubprotocol returns the first of preferred that the client offers, or "" when there is none.
// Names are compared with their case (RFC 6455 section 4.2.2).
func ChooseSubprotocol(r *http.Request, preferred []string) string {
	offered, _ := tokenList(r.Header[fieldProtocol])
	for _, name := range preferred {
		if slices.Contains(offered, name) {
			return name
		}
	}
	return ""
}

// AppendResponse appends the response that completes a handshake (RFC 6455 section 4.2.2). Accept
// comes from AcceptKey. Subprotocol and extensions are left out when empty. The names and values of
// extra must satisfy ValidHeader, and HandshakeHeader must be false for the names.
func AppendResponse(dst []byte, accept, subprotocol, extensions string, extra http.Header) []byte {
	dst = append(dst, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"...)
	dst = httpfield.Append(dst, "Sec-WebSocket-Accept", accept)
	if subprotocol != "" {
		dst = httpfield.Append(dst, "Sec-WebSocket-Protocol", subprotocol)
	}
	if extensions != "" {
		dst = httpfield.Append(dst, "Sec-WebSocket-Extensions", extensions)
	}
	dst = httpfield.AppendAll(dst, extra)
	return append(dst, "\r\n"...)
}
