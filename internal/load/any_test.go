package load

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// serveRaw answers each request on a listener's connections with what answer returns; then keep says whether the connection stays.
func serveRaw(t *testing.T, answer func(n int64, r *http.Request) (text string, keep bool)) (address string) {
	t.Helper()
	var count atomic.Int64
	return serveConnections(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			io.Copy(io.Discard, r.Body)
			text, keep := answer(count.Add(1), r)
			if _, err := io.WriteString(conn, text); err != nil || !keep {
				return
			}
		}
	})
}

// runAny runs a short load, which ends when the server has been asked often enough.
func runAny(t *testing.T, spec Spec) Result {
	t.Helper()
	spec.Any, spec.Connections, spec.InFlight = true, 2, max(1, spec.InFlight)
	spec.Size = max(spec.Size, minSize)
	spec.Window = 300 * time.Millisecond
	r, err := Run(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnyResponses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text   string
		keep   bool
		status int
	}{
		"length":         {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true, 200},
		"chunks":         {"HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n", true, 201},
		"no body":        {"HTTP/1.1 204 No Content\r\n\r\n", true, 204},
		"until the end":  {"HTTP/1.1 200 OK\r\n\r\nhello", false, 200},
		"closed":         {"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno", false, 404},
		"HTTP/1.0":       {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false, 200},
		"interim":        {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true, 200},
		"a long head":    {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 50_000) + "\r\nContent-Length: 0\r\n\r\n", true, 200},
		"a large body":   {"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("x", 100_000), true, 200},
		"other statuses": {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", true, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := serveRaw(t, func(int64, *http.Request) (string, bool) { return c.text, c.keep })
			r := runAny(t, Spec{Kind: HTTP, URL: "http://" + address + "/"})
			if r.Operations == 0 || r.Statuses[c.status] == 0 || len(r.Statuses) != 1 || len(r.Errors) != 0 || r.Received == 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestAnyFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"not HTTP":       {"220 smtp.example\r\n\r\n", errMalformed.Error()},
		"bad length":     {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", errMalformed.Error()},
		"bad chunk":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", errMalformed.Error()},
		"a negative one": {"HTTP/1.1 -42 OK\r\nContent-Length: 0\r\n\r\n", errMalformed.Error()},
		"two":            {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "the server sent more than the response"},
		"cut short":      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", "the connection was closed before the response"},
		"nothing":        {"", "the connection was closed before the response"},
		"an endless one": {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20), "the head of the response is too long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := serveRaw(t, func(int64, *http.Request) (string, bool) { return c.text, false })
			r := runAny(t, Spec{Kind: HTTP, URL: "http://" + address + "/"})
			if r.Operations != 0 || r.Errors[c.want] == 0 || len(r.Errors) != 1 {
				t.Errorf("operations %d, errors %v, want %q", r.Operations, r.Errors, c.want)
			}
		})
	}
}

func TestAnyRequest(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 1)
	address := serveRaw(t, func(_ int64, r *http.Request) (string, bool) {
		select {
		case seen <- fmt.Sprintf("%s %s %s %s %d", r.Method, r.URL, r.Host, r.Header.Get("X-Key"), r.ContentLength):
		default:
		}
		return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true
	})
	runAny(t, Spec{Kind: HTTP, URL: "http://" + address + "/a?b=c", Request: Request{Method: "POST", Header: []string{"x-key: 1", "Host: example"}, Body: "four"}})
	if got, want := <-seen, "POST /a?b=c example 1 4"; got != want {
		t.Errorf("request %q, want %q", got, want)
	}
}

// TestAnyMessages: any message answers one, and pings are answered.
func TestAnyMessages(t *testing.T) {
	t.Parallel()
	ponged := make(chan []byte, 1)
	address := serveSocket(t, func(conn net.Conn, in *bufio.Reader) {
		_, _ = conn.Write([]byte{0x89, 2, 'h', 'i'})
		for {
			opcode, payload, err := readMasked(in)
			if err != nil {
				return
			}
			if opcode == pongFrame {
				select {
				case ponged <- payload:
				default:
				}
				continue
			}
			if _, err := conn.Write([]byte{0x82, 3, 'y', 'e', 's'}); err != nil {
				return
			}
		}
	})
	r := runAny(t, Spec{Kind: Echo, URL: "ws://" + address + "/", InFlight: 4, Request: Request{Header: []string{"X-Key: 1"}}})
	if r.Operations == 0 || len(r.Errors) != 0 || r.Received < 3 || r.Received%3 != 0 {
		t.Errorf("%+v", r)
	}
	select {
	case got := <-ponged:
		if string(got) != "hi" {
			t.Errorf("pong %q, want that of the ping", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("a ping was not answered")
	}
}

// TestAnyFrames: what no server may send ends the connection, also with the answer to the handshake.
func TestAnyFrames(t *testing.T) {
	t.Parallel()
	const tooLong = "the server sends a frame that is too long"
	for name, c := range map[string]struct{ text, want string }{
		"a negative length": {"\x82\x7f" + strings.Repeat("\xff", 8), tooLong},
		"a long ping":       {"\x89\x7e\x01\x00", tooLong},
		"a close frame":     {"\x88\x00", errClosed.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := serveRaw(t, func(int64, *http.Request) (string, bool) {
				return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
					handshakeAccept + "\r\n\r\n" + c.text, true
			})
			r := runAny(t, Spec{Kind: Echo, URL: "ws://" + address + "/"})
			if r.Operations != 0 || r.Errors[c.want] == 0 || len(r.Errors) != 1 {
				t.Errorf("operations %d, errors %v, want %q", r.Operations, r.Errors, c.want)
			}
		})
	}
}

// serveSocket upgrades connections, whose handshakes must have the field X-Key, and hands them to serve.
func serveSocket(t *testing.T, serve func(conn net.Conn, in *bufio.Reader)) (address string) {
	t.Helper()
	return serveConnections(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		r, err := http.ReadRequest(in)
		if err != nil || r.Header.Get("X-Key") != "1" {
			return
		}
		fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", handshakeAccept)
		serve(conn, in)
	})
}

// serveConnections hands each connection of a listener to serve, on a goroutine, and closes it afterwards.
func serveConnections(t *testing.T, serve func(conn net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// readMasked reads a short masked frame.
func readMasked(in *bufio.Reader) (opcode byte, payload []byte, err error) {
	var head [6]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return 0, nil, err
	}
	payload = make([]byte, head[1]&0x7f)
	if _, err := io.ReadFull(in, payload); err != nil {
		return 0, nil, err
	}
	for i := range payload {
		payload[i] ^= head[2+i&3]
	}
	return head[0] & 0x0f, payload, nil
}
