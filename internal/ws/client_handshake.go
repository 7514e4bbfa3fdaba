package ws

import (
	crand "crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"silly/internal/httpfield"
	"silly/internal/weburl"
)

// ClientOptions are what a client may ask for in a handshake.
type ClientOptions struct {
	// Subprotocols are offered in this order, before those of a Sec-WebSocket-Protocol field.
	Subprotocols []string
	// Deflate offers permessage-deflate with OfferDeflate, whose argument is Takeover.
	Deflate, Takeover bool
}

// ClientHandshake is one opening handshake of a client. NewRequest makes it, AppendRequest writes
// its request and CheckResponse judges the answer.
type ClientHandshake struct {
	// Address is what to dial: host and port, an IPv6 address in brackets.
	Address string
	// TLS says that the connection must be secured before the request is sent.
	TLS bool
	// ServerName is the host that a TLS certificate must be for.
	ServerName string

	// Subprotocol is what the server chose, "" for none. CheckResponse sets it.
	Subprotocol string
	// Deflate is what was agreed about permessage-deflate, nil when it is not in use.
	// CheckResponse sets it.
	Deflate *Deflate

	target       string
	host         string
	key          string
	subprotocols []string
	offer        string      // of extensions
	header       http.Header // all other fields
}

// NewRequest prepares a handshake for a ws or wss URL. The header has fields to send beside those of
// the handshake, and is not changed; of the latter it may replace Host and Origin and may add to
// Sec-WebSocket-Protocol. An error about the URL is an ErrBadURL.
func NewRequest(rawURL string, header http.Header, opts ClientOptions) (*ClientHandshake, error) {
	r, err := parseURL(rawURL)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadURL, err)
	}
	h := &ClientHandshake{
		Address:    r.address(),
		TLS:        r.tls,
		ServerName: r.serverName(),
		target:     r.target,
		host:       r.authority,
		key:        newKey(),
		header:     make(http.Header, len(header)),
	}
	if err := h.offerSubprotocols(opts.Subprotocols); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if err := h.addField(http.CanonicalHeaderKey(name), header[name]); err != nil {
			return nil, err
		}
	}
	if r.user != nil && h.header["Authorization"] == nil {
		password, _ := r.user.Password()
		credentials := base64.StdEncoding.EncodeToString([]byte(r.user.Username() + ":" + password))
		h.header.Set("Authorization", "Basic "+credentials)
	}
	if opts.Deflate {
		h.offer = OfferDeflate(opts.Takeover)
	}
	return h, nil
}

// newKey returns a fresh handshake key (RFC 6455 section 4.1).
func newKey() string {
	var key [keySize]byte
	_, _ = crand.Read(key[:]) // never fails: it ends the program instead
	return base64.StdEncoding.EncodeToString(key[:])
}

// addField takes over one of the caller's fields.
func (h *ClientHandshake) addField(name string, values []string) error {
	for _, value := range values {
		if !ValidHeader(name, value) {
			return fmt.Errorf("header %q has an invalid name or value", name)
		}
	}
	switch {
	case name == fieldProtocol:
		subprotocols, ok := tokenList(values)
		if !ok {
			return fmt.Errorf("header %s is not a list of tokens", fieldProtocol)
		}
		return h.offerSubprotocols(subprotocols)
	case HandshakeHeader(name):
		return fmt.Errorf("header %s is set by the websocket handshake", name)
	case name == fieldHost:
		if len(values) != 1 || !weburl.IsAuthority(values[0]) {
			return errors.New("header Host is not one host")
		}
		h.host = values[0]
		return nil
	}
	h.header[name] = append(h.header[name], values...)
	return nil
}

// offerSubprotocols adds to the subprotocols to offer. RFC 6455 section 4.1 wants tokens that are
// all different.
func (h *ClientHandshake) offerSubprotocols(names []string) error {
	for _, name := range names {
		if !httpfield.ValidName(name) {
			return fmt.Errorf("subprotocol %q is not a token", name)
		}
		if !slices.Contains(h.subprotocols, name) {
			h.subprotocols = append(h.subprotocols, name)
		}
	}
	return nil
}

// AppendRequest appends the request of the handshake (RFC 6455 section 4.1).
func (h *ClientHandshake) AppendRequest(dst []byte) []byte {
	dst = append(dst, "GET "...)
	dst = append(dst, h.target...)
	dst = append(dst, " HTTP/1.1\r\n"...)
	dst = httpfield.Append(dst, fieldHost, h.host)
	dst = append(dst, "Upgrade: websocket\r\nConnection: Upgrade\r\n"...)
	dst = httpfield.Append(dst, "Sec-WebSocket-Key", h.key)
	dst = httpfield.Append(dst, "Sec-WebSocket-Version", version)
	if len(h.subprotocols) > 0 {
		dst = httpfield.Append(dst, "Sec-WebSocket-Protocol", strings.Join(h.subprotocols, ", "))
	}
	if h.offer != "" {
		dst = httpfield.Append(dst, "Sec-WebSocket-Extensions", h.offer)
	}
	dst = httpfield.AppendAll(dst, h.header)
	return append(dst, "\r\n"...)
}

// CheckResponse checks that the response completes the handshake (RFC 6455 section 4.1) and sets
// what was agreed. Body is what the caller read of the body of a refusal, for the error text.
func (h *ClientHandshake) CheckResponse(resp *http.Response, body []byte) error {
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return refusal(resp, body)
	}
	if err := h.checkUpgrade(resp); err != nil {
		return fmt.Errorf("websocket handshake failed: %w", err)
	}
	return nil
}

// checkUpgrade checks a response that agrees to the upgrade.
func (h *ClientHandshake) checkUpgrade(resp *http.Response) error {
	if !resp.ProtoAtLeast(1, 1) {
		return errors.New("server does not use HTTP/1.1")
	}
	if upgrade := resp.Header[fieldUpgrade]; len(upgrade) != 1 || !equalFold(trimSpace(upgrade[0]), websocketToken) {
		return errors.New("server did not upgrade to websocket")
	}
	if !listHas(resp.Header[fieldConnection], "upgrade") {
		return errors.New("server did not upgrade the connection")
	}
	if accept := resp.Header[fieldAccept]; len(accept) != 1 || trimSpace(accept[0]) != AcceptKey(h.key) {
		return errors.New("server's accept value does not belong to the key")
	}

	extensions, ok := parseExtensions(resp.Header[fieldExtensions])
	if !ok {
		return errors.New("server's extensions are malformed")
	}
	for i, answer := range extensions {
		if h.offer == "" || answer.name != deflateName {
			return fmt.Errorf("server answered extension %s, which was not offered", answer.name)
		}
		if i > 0 {
			return fmt.Errorf("server answered extension %s twice", answer.name)
		}
		agreed, err := acceptDeflate(answer)
		if err != nil {
			return err
		}
		h.Deflate = &agreed
	}
	switch chosen := resp.Header[fieldProtocol]; {
	case len(chosen) == 0:
	case len(chosen) == 1 && slices.Contains(h.subprotocols, trimSpace(chosen[0])):
		h.Subprotocol = trimSpace(chosen[0])
	default:
		return errors.New("server chose a subprotocol that was not offered")
	}
	return nil
}

// maxSnippet is how much of a refusal's body its error repeats, in bytes.
const maxSnippet = 256

// refusal returns the error for a response that is not an upgrade.
func refusal(resp *http.Response, body []byte) error {
	status := printable(resp.Status)
	if status == "" {
		status = fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	text := "websocket handshake refused: " + status
	if snippet := printable(string(body)); snippet != "" {
		text += ": " + snippet
	}
	return errors.New(text)
}

// printable returns the beginning of s in one line: what cannot be printed and white space become
// single spaces.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsPrint(r) {
			r = ' '
			if b.Len() == 0 || strings.HasSuffix(b.String(), " ") {
				continue
			}
		}
		if b.Len()+utf8.RuneLen(r) > maxSnippet {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimRight(b.String(), " ")
}
