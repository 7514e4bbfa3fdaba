package load

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// A target is where the server is.
type target struct {
	address string
	host    string
	path    string
	tls     bool
	lines   bool // messages are lines on a plain connection
	// insecure says that certificates are not looked at.
	insecure bool
	header   []string // more lines of the handshake of WebSocket
}

func parseTarget(raw string) (target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return target{}, err
	}
	t := target{address: u.Host, host: u.Host, path: u.RequestURI(), tls: u.Scheme == "wss" || u.Scheme == "https", lines: u.Scheme == "tcp"}
	if u.Port() == "" {
		port := "80"
		if t.tls {
			port = "443"
		}
		t.address = net.JoinHostPort(u.Hostname(), port)
	}
	switch u.Scheme {
	case "ws", "wss", "http", "https", "tcp":
		return t, nil
	}
	return target{}, fmt.Errorf("%s is not a ws, wss, http, https or tcp address", raw)
}

// sources is how many addresses of this machine connections come from, so that the ports of one do not run
// out while closed connections keep theirs for a minute.
const sources = 8

var lastSource atomic.Uint32

// dial opens a connection, with a TLS handshake where the target has one.
func (t target) dial(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{Timeout: patience}
	if address, err := netip.ParseAddrPort(t.address); err == nil && address.Addr() == netip.AddrFrom4([4]byte{127, 0, 0, 1}) {
		spread(&dialer, byte(2+lastSource.Add(1)%sources))
	}
	conn, err := dialer.DialContext(ctx, "tcp", t.address)
	if err != nil || !t.tls {
		return conn, err
	}
	host, _, _ := net.SplitHostPort(t.address)
	config := &tls.Config{ServerName: host, InsecureSkipVerify: t.insecure, NextProtos: []string{"http/1.1"}}
	secured := tls.Client(&records{Conn: conn}, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secured, nil
}

// The key of every handshake and the answer to it are those of RFC 6455, section 1.3.
const (
	handshakeKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	handshakeAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// lines are fields of a head.
func lines(header []string) string {
	if len(header) == 0 {
		return ""
	}
	return strings.Join(header, "\r\n") + "\r\n"
}

func (t target) handshakeRequest() []byte {
	return []byte("GET " + t.path + " HTTP/1.1\r\nHost: " + t.host +
		"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + handshakeKey +
		"\r\nSec-WebSocket-Version: 13\r\n" + lines(t.header) + "\r\n")
}

// upgrade makes a WebSocket connection of conn and returns what the server sent after its answer.
func (t target) upgrade(conn net.Conn, buffer []byte) (rest []byte, err error) {
	if _, err := conn.Write(t.handshakeRequest()); err != nil {
		return nil, err
	}
	head, rest, err := readHead(conn, buffer)
	if err != nil {
		return nil, fmt.Errorf("websocket handshake: %w", err)
	}
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), nil)
	if err != nil {
		return nil, fmt.Errorf("websocket handshake: %w", err)
	}
	if response.StatusCode != 101 || response.Header.Get("Sec-WebSocket-Accept") != handshakeAccept {
		return nil, fmt.Errorf("websocket handshake was answered with %q", head)
	}
	return rest, nil
}

// readHead reads a head of HTTP and what came with it.
func readHead(conn net.Conn, buffer []byte) (head, rest []byte, err error) {
	n := 0
	for {
		m, err := conn.Read(buffer[n:])
		n += m
		if i := bytes.Index(buffer[:n], []byte("\r\n\r\n")); i >= 0 {
			return buffer[:i+4], buffer[i+4 : n], nil
		}
		if err != nil {
			return nil, nil, err
		}
		if n == len(buffer) {
			return nil, nil, fmt.Errorf("head of more than %d bytes", n)
		}
	}
}

// now is the time since the process began: cheaper than time.Now, and what differences are made of.
func now() time.Duration { return time.Since(start) }

var start = time.Now()
