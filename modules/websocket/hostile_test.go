package websocket_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/luahost"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const upgradeRequest = "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// server runs an echo server on a real socket, whose sockets have the options opts, and returns its address.
// Each handler that ends calls ended with the last thing that read returned.
func server(t *testing.T, ended chan<- string, opts string) (h *luahost.Host, address string) {
	t.Helper()
	h = luatest.NewHost(t, luahost.Options{Network: luahost.SystemNetwork{}})
	ready := make(chan string, 1)
	h.Expose("ready", func(addr string) { ready <- addr })
	h.Expose("ended", func(s string) { ended <- s })
	go h.RunString(context.Background(), "server.lua", `
		local http, websocket = require "silly.net.http", require "silly.net.websocket"
		local opts = {`+opts+`}
		local server = assert(http.listen {addr = "127.0.0.1:0", header_timeout = 300, handler = function(stream)
			local sock, err = websocket.upgrade(stream, opts)
			if not sock then ended("refused: " .. err) return end
			while true do
				local data, typ, partial = sock:read()
				if not data then ended(typ .. ": " .. #partial) break end
				if typ == "close" then ended("close") break end
				if typ == "text" or typ == "binary" then sock:write(data, typ) end
			end
			sock:close()
			assert(sock:read() == nil)
			assert(sock:write("x") == false)
			sock:close()
		end})
		ready(server.addr)
	`)
	return h, <-ready
}

// descriptors is the number of open file descriptors of this process.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc: ", err)
	}
	return len(entries)
}

// settles waits until what is counted is back at most at want.
func settles(t *testing.T, what string, want int, count func() int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	got := count()
	for got > want && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond) // polls: the kernel and the runtime give no event
		got = count()
	}
	if got > want {
		t.Errorf("%d %s, want at most %d", got, what, want)
	}
}

// TestPeersThatMisbehaveLeaveNothingBehind connects many peers, each of which breaks off in its own way.
// The server must answer with the documented values, keep serving, and give back every goroutine and
// descriptor.
func TestPeersThatMisbehaveLeaveNothingBehind(t *testing.T) {
	v := newVictim(t, "")
	address, ended := v.address, v.ended
	peers := map[string]struct {
		do   func(c net.Conn, r *bufio.Reader)
		want string // what the handler's read returns; "" when no handler runs
	}{
		"vanishes": {func(c net.Conn, r *bufio.Reader) {}, "end of file: 0"},
		"vanishes inside a message": {func(c net.Conn, r *bufio.Reader) {
			write(t, c, "\x81\x8a\x00\x00\x00\x00half ")
			write(t, c, "a")
		}, "end of file: 6"},
		"vanishes between fragments": {func(c net.Conn, r *bufio.Reader) {
			write(t, c, "\x01\x83\x00\x00\x00\x00one")
		}, "end of file: 3"},
		"resets": {func(c net.Conn, r *bufio.Reader) {
			_ = c.(*net.TCPConn).SetLinger(0)
		}, "connection reset by peer: 0"},
		"breaks the protocol": {func(c net.Conn, r *bufio.Reader) {
			write(t, c, "\xff\xff\xff\xff")
			answer, _ := io.ReadAll(r)
			if string(answer) != "\x88\x02\x03\xea" {
				t.Errorf("answer to a protocol error: %q, want close 1002", answer)
			}
		}, "reserved bits are set: 0"},
		// Without reading on after its close frame, the server would reset the connection and the
		// frame could be lost.
		"breaks the protocol and goes on sending": {func(c net.Conn, r *bufio.Reader) {
			write(t, c, "\xff\xff\xff\xff"+strings.Repeat("x", 1<<20))
			answer, err := io.ReadAll(r)
			if string(answer) != "\x88\x02\x03\xea" || err != nil {
				t.Errorf("answer to a protocol error: %q, %v, want close 1002", answer, err)
			}
		}, "reserved bits are set: 0"},
		"promises 2^63-1 bytes": {func(c net.Conn, r *bufio.Reader) {
			write(t, c, "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00")
			answer, _ := io.ReadAll(r)
			if string(answer) != "\x88\x02\x03\xf1" {
				t.Errorf("answer to a huge message: %q, want close 1009", answer)
			}
		}, "message exceeds 16777216 bytes: 0"},
	}
	for name, peer := range peers {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				c, r := handshake(t, address)
				peer.do(c, r)
				c.Close()
				select {
				case got := <-ended:
					if got != peer.want {
						t.Errorf("the handler got %q, want %q", got, peer.want)
					}
				case <-time.After(20 * time.Second):
					t.Fatal("the handler does not end")
				}
			}
		})
	}
	t.Run("never asks for an upgrade", func(t *testing.T) {
		for _, request := range []string{"", "GET / HT", "nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", strings.Replace(upgradeRequest, "13", "12", 1)} {
			for range 5 {
				c, err := net.Dial("tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				write(t, c, request)
				_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
				response, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err == nil && response.StatusCode < 400 {
					t.Errorf("%q was answered with %s", request, response.Status)
				}
				c.Close()
			}
		}
		for range 10 { // the two requests that are HTTP reach the handler
			if got := <-ended; !strings.HasPrefix(got, "refused: ") {
				t.Errorf("the handler got %q, want a refusal", got)
			}
		}
	})
	v.isClean()
}

// TestSlowPeerDoesNotHoldUpABroadcast: one of two peers stops reading. The writing task must go on for the
// other, without any wait within the outbox's marks, and beyond them when the first has been given up; the
// memory for it must stay bounded.
func TestSlowPeerDoesNotHoldUpABroadcast(t *testing.T) {
	h := luatest.NewHost(t, luahost.Options{Network: luahost.SystemNetwork{}})
	ready := make(chan string, 1)
	h.Expose("ready", func(addr string) { ready <- addr })
	queued := make(chan int, 3)
	h.Expose("queued", func(n int) { queued <- n })
	go h.RunString(context.Background(), "server.lua", `
		local http, websocket, task = require "silly.net.http", require "silly.net.websocket", require "silly.task"
		local socks = {}
		local server = assert(http.listen {addr = "127.0.0.1:0", handler = function(stream)
			local sock = assert(websocket.upgrade(stream, {write_timeout = 500}))
			socks[#socks + 1] = sock
			if #socks == 2 then
				-- Far less than the kernel and the outbox hold together: no write may wait.
				local part = ("x"):rep(1000)
				for i = 1, 500 do
					for _, s in ipairs(socks) do assert(s:write(part)) end
				end
				require("silly.time").sleep(1)
				queued(socks[1].conn:unsentbytes())
				-- Far more: the slow peer is given up, the other gets all.
				local most = 0
				for i = 1, 12000 do
					socks[1]:write(part)
					most = math.max(most, socks[1].conn:unsentbytes())
					assert(socks[2]:write(part))
				end
				queued(most)
				queued(socks[1].conn:isalive() and 1 or 0)
			end
			while sock:read() do end
		end})
		ready(server.addr)
	`)
	address := <-ready
	slow, _ := handshake(t, address)
	defer slow.Close()
	_ = slow.(*net.TCPConn).SetReadBuffer(4 << 10)
	fast, r := handshake(t, address)
	defer fast.Close()
	total := 0
	for total < 500*1004 {
		n, err := r.Discard(1004)
		total += n
		if err != nil {
			t.Fatalf("the fast peer got %d bytes: %v", total, err)
		}
	}
	if n := <-queued; n > 1<<20 {
		t.Errorf("%d bytes are queued for the slow peer", n)
	}
	if n, err := r.Discard(12_000 * 1004); err != nil {
		t.Fatalf("the fast peer got %d more bytes: %v", n, err)
	}
	if n := <-queued; n > 1<<20+1004 {
		t.Errorf("up to %d bytes were queued for the slow peer", n)
	}
	if <-queued == 1 {
		t.Error("the slow peer is still there")
	}
}

// handshake opens a connection and upgrades it.
func handshake(t *testing.T, address string) (net.Conn, *bufio.Reader) {
	t.Helper()
	return handshakeWith(t, address, upgradeRequest)
}

func handshakeWith(t *testing.T, address, request string) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	write(t, c, request)
	r := bufio.NewReader(c)
	response, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != 101 || response.Header.Get("Sec-Websocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("handshake: %s %v", response.Status, response.Header)
	}
	return c, r
}

func write(t *testing.T, c net.Conn, data string) {
	t.Helper()
	if _, err := io.WriteString(c, data); err != nil {
		t.Error(fmt.Errorf("write %q: %w", data, err))
	}
}
