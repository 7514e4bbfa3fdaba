//go:build linux

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
	"sync/atomic"
	"syscall"
	"time"
)

// A target is where the server is.
type target struct {
	address string
	host    string
	path    string
	tls     bool
	lines   bool // messages are lines on a plain connection
}

func parseTarget(raw string) (target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return target{}, err
	}
	t := target{address: u.Host, host: u.Host, path: u.RequestURI(), tls: u.Scheme == "wss", lines: u.Scheme == "tcp"}
	if u.Port() == "" {
		port := "80"
		if t.tls {
			port = "443"
		}
		t.address = net.JoinHostPort(u.Hostname(), port)
	}
	switch u.Scheme {
	case "ws", "wss", "http", "tcp":
		return t, nil
	}
	return target{}, fmt.Errorf("%s is not a ws, wss, http or tcp address", raw)
}

// sources is how many addresses of this machine connections come from, so that the ports of one do not run
// out while closed connections keep theirs for a minute.
const sources = 8

var lastSource atomic.Uint32

// dial opens a connection, with a TLS handshake where the target has one.
func (t target) dial(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{Timeout: patience}
	if address, err := netip.ParseAddrPort(t.address); err == nil && address.Addr() == netip.AddrFrom4([4]byte{127, 0, 0, 1}) {
		dialer.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+lastSource.Add(1)%sources))}
		dialer.Control = choosePortLate
	}
	conn, err := dialer.DialContext(ctx, "tcp", t.address)
	if err != nil || !t.tls {
		return conn, err
	}
	secured := tls.Client(&records{Conn: conn}, &tls.Config{InsecureSkipVerify: true}) // it is the server's speed that is in question
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secured, nil
}

// choosePortLate lets the system choose the source port when it knows the destination, so that a port can
// serve several connections.
func choosePortLate(_, _ string, c syscall.RawConn) error {
	const bindAddressNoPort = 24 // IP_BIND_ADDRESS_NO_PORT of ip(7)
	var failure error
	err := c.Control(func(fd uintptr) {
		failure = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, bindAddressNoPort, 1)
	})
	if err != nil {
		return err
	}
	return failure
}

// The key of every handshake and the answer to it are those of RFC 6455, section 1.3.
const (
	handshakeKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	handshakeAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

func (t target) handshakeRequest() []byte {
	return []byte("GET " + t.path + " HTTP/1.1\r\nHost: " + t.host +
		"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + handshakeKey +
		"\r\nSec-WebSocket-Version: 13\r\n\r\n")
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
