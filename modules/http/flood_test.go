package http_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// A flood is what a peer sends without end, and how many times it begins with opening.
type flood struct{ name, opening, endless string }

const floodUpgrade = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

var floods = []flood{
	{"pipelined requests", "", strings.Repeat("GET /flood HTTP/1.1\r\nHost: x\r\n\r\n", 2000)},
	{"blank lines", "", strings.Repeat("\r\n", 64<<10)},
	{"fragments without payload", floodUpgrade + "\x01\x80\x00\x00\x00\x00", strings.Repeat("\x00\x80\x00\x00\x00\x00", 20_000)},
	{"fragments of one byte", floodUpgrade + "\x01\x80\x00\x00\x00\x00", strings.Repeat("\x00\x81\x00\x00\x00\x00x", 20_000)},
	{"empty messages", floodUpgrade, strings.Repeat("\x81\x80\x00\x00\x00\x00", 20_000)},
	{"pings", floodUpgrade, strings.Repeat("\x89\x80\x00\x00\x00\x00", 20_000)},
}

// floodHandler answers requests, and reads what a WebSocket peer sends.
const floodHandler = `
	if not s.header.upgrade then s:respond(200, {}) s:closewrite("hi") return end
	local sock = assert(websocket.upgrade(s, {max_message = 0}))
	while true do
		local data, what = sock:read()
		if not data or what == "close" then return end
	end`

// begin sends the flood on connections of its own until the test ends, and reads the answers. A server may cut a peer off
// that does this: then the peer comes again.
func (f *flood) begin(t *testing.T, s *protocolServer, peers int) {
	var running sync.WaitGroup
	ended := make(chan struct{})
	var mu sync.Mutex
	open := make(map[net.Conn]struct{})
	t.Cleanup(func() {
		close(ended)
		mu.Lock()
		for nc := range open {
			_ = nc.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	attack := func() {
		nc, err := s.connect()
		if err != nil {
			return
		}
		mu.Lock()
		open[nc] = struct{}{}
		mu.Unlock()
		var reading sync.WaitGroup
		reading.Go(func() { _, _ = io.Copy(io.Discard, nc) })
		_, err = io.WriteString(nc, f.opening)
		for err == nil {
			_, err = io.WriteString(nc, f.endless)
		}
		_ = nc.Close()
		reading.Wait()
		mu.Lock()
		delete(open, nc)
		mu.Unlock()
	}
	for range peers {
		running.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
					attack()
				}
			}
		})
	}
}

// TestFloodHoldsUpNobody: others are served while peers send without end.

func TestFloodHoldsUpNobody(t *testing.T) {
	for _, f := range floods {
		for _, c := range []struct {
			peers int
			over  link
		}{{1, overTCP}, {8, overTCP}, {8, overTLS}} {
			t.Run(fmt.Sprintf("%s/%d over %s", f.name, c.peers, c.over), func(t *testing.T) {
				peers, over := c.peers, c.over
				s := serveProtocol(t, over, "", floodHandler)
				f.begin(t, s, peers)
				client := http.Client{Timeout: protocolLimit, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: s.tls}}
				for range 20 {
					response, err := client.Get(s.url("/"))
					if err != nil {
						t.Fatal(err)
					}
					body, err := io.ReadAll(response.Body)
					_ = response.Body.Close()
					if err != nil || string(body) != "hi" {
						t.Fatalf("%q, %v", body, err)
					}
				}
			})
		}
	}
}

// TestFloodStopsNoTimeout: a read ends in time although bytes keep coming, and timers run.
func TestFloodStopsNoTimeout(t *testing.T) {
	for _, f := range floods[3:4] {
		t.Run(f.name, func(t *testing.T) {
			s := serveProtocol(t, overTCP, "", `
				local sock = assert(websocket.upgrade(s, {max_message = 0}))
				local data, err = sock:read(200)
				note(tostring(data) .. " " .. err)
				time.sleep(100)
				note "slept"`)
			f.begin(t, s, 1)
			s.wantNote(t, "nil timeout")
			s.wantNote(t, "slept")
			s.noted() // others may have come
		})
	}
}

// TestHeaderTimeoutUnderTrickle: a head that comes byte by byte has to be complete in time, and blank lines are no
// request.
func TestHeaderTimeoutUnderTrickle(t *testing.T) {
	for name, bytes := range map[string]string{"head": "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 1<<14), "blank": strings.Repeat("\r\n", 1<<13)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveProtocol(t, overTCP, "header_timeout = 200,", echoRequest)
			p := s.dial(t)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_, _ = io.Copy(io.Discard, p.Conn)
			}()
			for i := range bytes {
				if _, err := io.WriteString(p, bytes[i:i+1]); err != nil {
					return // cut off
				}
				select {
				case <-ended:
					return
				case <-time.After(time.Millisecond): // the peer's pace
				}
			}
			t.Fatal("the server waits as long as the peer sends")
		})
	}
}

// TestBlankLinesCountAsHead: RFC 9112 section 2.2 lets a server ignore empty lines before a request, not any number.
func TestBlankLinesCountAsHead(t *testing.T) {
	t.Parallel()
	s := serveProtocol(t, overTCP, "max_header = 1000,", echoRequest)
	p := s.dial(t)
	p.send(strings.Repeat("\r\n", 400) + "GET /few HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, body := p.answer("GET"); body != "GET /few " {
		t.Errorf("got %q", body)
	}
	p.send(strings.Repeat("\r\n", 400) + "GET /again HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, body := p.answer("GET"); body != "GET /again " {
		t.Errorf("got %q", body)
	}
	p.send(strings.Repeat("\r\n", 501))
	if response, _ := p.answer("GET"); response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", response.StatusCode)
	}
}
