package neterror

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"syscall"
)

// HTTP describes what ended an exchange of a client with a server.
func HTTP(err error) error {
	if isNetwork(err) {
		return described{Text(err)}
	}
	const lost = "the server closed the connection before its response was complete"
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "unexpected EOF") {
		return described{lost}
	}
	broken, ok := fault(err)
	switch {
	case ok:
		return described{"bad response: " + broken}
	case connectionLost(err):
		return described{lost}
	case strings.HasSuffix(err.Error(), "TLS handshake timeout"):
		return described{"timeout"}
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return described{notTLS}
	}
	text := Text(err)
	if found := refusedField.FindStringSubmatch(text); found != nil {
		return described{fmt.Sprintf("header %q cannot be sent over http/2", found[1])}
	}
	if hasGoWords(text) {
		text = "bad response: it breaks the rules of http"
	}
	return described{text}
}

// Request describes what ended the body of a client's request; nil stays nil.
func Request(err error) error {
	if err == nil || isNetwork(err) {
		return err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "unexpected EOF") {
		return described{"end of file"}
	}
	if broken, ok := fault(err); ok {
		return described{"bad request body: " + strings.Replace(broken, "the server", "the client", 1)}
	}
	if hasGoWords(err.Error()) {
		return described{"bad request body: it breaks the rules of http"}
	}
	return err
}

// hasGoWords reports whether a text that was made by Go's packages has words that only a Go programmer knows.
func hasGoWords(text string) bool {
	for _, word := range []string{"*tls.", "net/http", "http: ", "http2: ", "tls: ", "x509: ", "EOF", "goroutine", "internal error", "Request."} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// ResponseReason is Reason for an error of reading the head of a response.
func ResponseReason(err error) string {
	if broken, ok := fault(err); ok && !isNetwork(err) {
		return broken
	}
	return Reason(err)
}

// isNetwork reports whether err comes from below HTTP, or has its text already.
func isNetwork(err error) bool {
	return is[described](err) || is[*net.OpError](err) || is[*net.DNSError](err) || is[syscall.Errno](err) ||
		is[*tls.CertificateVerificationError](err) || is[tls.RecordHeaderError](err) || is[tls.AlertError](err) ||
		strings.HasPrefix(err.Error(), "tls: ")
}

// is reports whether there is an error of type T in err.
func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

// connectionLost reports whether net/http says in its own words that the connection has ended.
func connectionLost(err error) bool {
	text := err.Error()
	for _, part := range []string{
		"server closed idle connection", "connection is in bad state", "readLoop exiting", "CloseIdleConnections", "idle connection timeout",
		"client connection lost", "client conn is closed", "client conn not usable", "client conn could not be established",
		"graceful shutdown GOAWAY", "ErrCode=NO_ERROR", "ErrCode:NO_ERROR", "client connection force closed", "connection broken: EOF",
		"connection closed", "connection is unavailable", "request canceled",
		"cannot retry err", "cannot rewind body",
	} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// faults are parts of the texts with which net/http, its HTTP/2, net/textproto and compress/gzip say that the peer
// breaks the protocol, and what scripts are told instead. The first that fits counts.
var faults = []struct{ part, text string }{
	{"malformed HTTP status code", "malformed status line"},
	{"malformed HTTP response", "malformed status line"},
	{"malformed HTTP version", "unknown version of http"},
	{"trailer", "malformed trailer"},
	{"malformed MIME header", "malformed header line"},
	{"invalid header field", "malformed header line"},
	{"server response headers exceeded", "the header is too long"},
	{"response header list larger", "the header is too long"},
	{"header list too large", "the header is too long"},
	{"message too large", "the header is too long"},
	{"read limit of", "the header is too long"},
	{"multiple Content-Length", "more than one content-length"},
	{"Content-Length; truncated", "the body is longer than content-length"},
	{"Content-Length", "malformed content-length"},
	{"transfer encoding", "unknown transfer-encoding"},
	{"chunk", "malformed chunk"},
	{"header line too long", "malformed chunk"},
	{"pseudo header", "malformed status"},
	{"informational response with END_STREAM", "an interim response ended the stream"},
	{"headers after END_STREAM", "a header after the end"},
	{"frame too large", "a frame is too large"},
	{"failed reading the frame payload", "a frame is broken"},
	{"unexpected ALPN protocol", "http/2 was not agreed on"},
	{"could not negotiate protocol", "http/2 was not agreed on"},
	{"gzip: ", "compressed data is corrupt"},
	{"flate: ", "compressed data is corrupt"},
}

// refusedField finds the name of a field of a request that HTTP/2 has no use for (RFC 9113 section 8.2.2).
var refusedField = regexp.MustCompile(`^invalid (\S+) request header`)

// http2Fault finds the error code of RFC 9113 section 7 in an error of HTTP/2.
var http2Fault = regexp.MustCompile(`(?:stream error: stream ID \d+; |connection error: |ErrCode[=:])([A-Z0-9_]+)`)

// fault says how the peer has broken the protocol, if that is what the error says.
func fault(err error) (string, bool) {
	text := err.Error()
	for _, f := range faults {
		if strings.Contains(text, f.part) {
			return f.text, true
		}
	}
	found := http2Fault.FindStringSubmatch(text)
	switch {
	case found == nil, found[1] == "NO_ERROR":
		return "", false
	case strings.Contains(text, "received from peer"):
		return "the server broke the stream off with " + found[1], true
	case strings.Contains(text, "GOAWAY"):
		return "the server ended the connection with " + found[1], true
	}
	return "it breaks the rules of http/2: " + found[1], true
}
