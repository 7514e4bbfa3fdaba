package websocket_test

import (
	"bufio"
	"compress/flate"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/luahost"
)

// A victim is an echo server whose peers mean it no good.
type victim struct {
	t          *testing.T
	h          *luahost.Host
	address    string
	ended      chan string // what each handler's read returned last
	goroutines int
	open       int // descriptors
}

// newVictim starts the server, whose sockets have the options opts, and sees that it works.
func newVictim(t *testing.T, opts string) *victim {
	t.Helper()
	v := &victim{t: t, ended: make(chan string, 100_000)}
	v.h, v.address = server(t, v.ended, opts)
	v.isResponsive() // what the runtime starts once is not counted
	v.goroutines, v.open = goroutines(), descriptors(t)
	return v
}

// isResponsive checks that a well-behaved peer is served from beginning to end.
func (v *victim) isResponsive() {
	v.t.Helper()
	c, r := handshake(v.t, v.address)
	defer c.Close()
	write(v.t, c, "\x81\x82\x00\x00\x00\x00hi")
	frame := make([]byte, 4)
	if _, err := io.ReadFull(r, frame); err != nil || string(frame) != "\x81\x02hi" {
		v.t.Fatalf("echo: %q, %v", frame, err)
	}
	write(v.t, c, "\x88\x82\x00\x00\x00\x00\x03\xe8")
	rest, err := io.ReadAll(r)
	if err != nil || string(rest) != "\x88\x02\x03\xe8" {
		v.t.Fatalf("close: %q, %v", rest, err)
	}
	v.ends("close")
}

// ends waits for the end of a handler and checks what its read returned.
func (v *victim) ends(want string) {
	v.t.Helper()
	select {
	case got := <-v.ended:
		if got != want {
			v.t.Errorf("the handler got %q, want %q", got, want)
		}
	case <-time.After(20 * time.Second):
		v.t.Fatal("the handler does not end")
	}
}

// isClean checks that nothing is left of the peers, which must have gone.
func (v *victim) isClean() {
	v.t.Helper()
	v.serves()
	settles(v.t, "goroutines", v.goroutines+1, goroutines)
	settles(v.t, "descriptors", v.open, func() int { return descriptors(v.t) })
	if n := v.h.Failures(); n != 0 {
		v.t.Errorf("%d uncaught errors", n)
	}
}

// masked is a client's frame, with the key 0.
func masked(first byte, payload string) string {
	header := []byte{first}
	switch n := len(payload); {
	case n < 126:
		header = append(header, 0x80|byte(n))
	case n < 1<<16:
		header = binary.BigEndian.AppendUint16(append(header, 0xFE), uint16(n))
	default:
		header = binary.BigEndian.AppendUint64(append(header, 0xFF), uint64(n))
	}
	return string(header) + "\x00\x00\x00\x00" + payload
}

// allocated is how much memory the process has allocated so far, in bytes.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// goroutines counts those that do something for a connection or a task. The host keeps some workers for the
// next tasks.
func goroutines() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	n := 0
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if _, frames, _ := strings.Cut(stack, "\n"); !strings.HasPrefix(frames, "silly/internal/sched.(*worker).run(") {
			n++
		}
	}
	return n
}

// TestAbuseHalfOpen: peers that say nothing, before the handshake, in the middle of it, or after it, are
// given up.
func TestAbuseHalfOpen(t *testing.T) {
	v := newVictim(t, "ping_interval = 50, idle_timeout = 100")
	var peers sync.WaitGroup
	for i := range 60 {
		peers.Go(func() {
			c, err := net.Dial("tcp", v.address)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(20 * time.Second))
			request := upgradeRequest
			switch i % 3 {
			case 0:
				request = ""
			case 1:
				request = request[:len(request)/2]
			}
			write(t, c, request)
			if _, err := io.Copy(io.Discard, c); err != nil {
				t.Errorf("the server does not end the connection: %v", err)
			}
		})
	}
	v.serves()
	peers.Wait()
	for range 20 {
		v.ends("idle timeout: the peer is silent: 0")
	}
	v.isClean()
}

// TestAbuseByteByByte: peers that send a byte now and then hold up nobody, and get their answer.
func TestAbuseByteByByte(t *testing.T) {
	v := newVictim(t, "")
	message := masked(0x81, "a rather slow message")
	type peer struct {
		c net.Conn
		r *bufio.Reader
	}
	var peers []peer
	for range 50 {
		c, r := handshake(t, v.address)
		defer c.Close()
		peers = append(peers, peer{c, r})
	}
	for i := range message {
		for _, p := range peers {
			write(t, p.c, message[i:i+1])
		}
		if i%9 == 0 {
			v.isResponsive()
		}
	}
	for _, p := range peers {
		echo := make([]byte, 2+len("a rather slow message"))
		if _, err := io.ReadFull(p.r, echo); err != nil || string(echo[2:]) != "a rather slow message" {
			t.Fatalf("echo: %q, %v", echo, err)
		}
		p.c.Close()
		v.ends("end of file: 0")
	}
	v.isClean()
}

// TestAbuseTinyFragments: a message of 100,000 fragments costs what its bytes cost. One whose fragments have none is
// refused.
func TestAbuseTinyFragments(t *testing.T) {
	v := newVictim(t, "")
	const n = 100_000
	before := allocated()
	var peers sync.WaitGroup
	peers.Go(func() {
		c, r := handshake(t, v.address)
		defer c.Close()
		write(t, c, masked(0x02, "x")+strings.Repeat(masked(0x00, "x"), n-2)+masked(0x80, "x"))
		got, err := readFrames(r, n)
		if err != nil || got != strings.Repeat("x", n) {
			t.Errorf("the echo has %d bytes, %v", len(got), err)
		}
	})
	v.serves()
	peers.Wait()
	v.ends("end of file: 0")
	c, r := handshake(t, v.address)
	defer c.Close()
	go func() { _, _ = io.WriteString(c, masked(0x02, "")+strings.Repeat(masked(0x00, ""), n)) }() // it may be cut off
	frame := make([]byte, 4)
	if _, err := io.ReadFull(r, frame); err != nil || string(frame) != "\x88\x02\x03\xf0" {
		t.Errorf("fragments without payload: %q, %v", frame, err)
	}
	c.Close()
	v.ends("too many fragments without payload: 0")
	if used := allocated() - before; used > 64<<20 {
		t.Errorf("%d MiB were allocated", used>>20)
	}
	v.isClean()
}

// readFrames reads the server's frames of one message with n bytes.
func readFrames(r *bufio.Reader, n int) (message string, err error) {
	var b strings.Builder
	for {
		first, err := r.ReadByte()
		if err != nil {
			return b.String(), err
		}
		second, _ := r.ReadByte()
		length := uint64(second)
		switch second {
		case 126:
			var l [2]byte
			_, err = io.ReadFull(r, l[:])
			length = uint64(binary.BigEndian.Uint16(l[:]))
		case 127:
			var l [8]byte
			_, err = io.ReadFull(r, l[:])
			length = binary.BigEndian.Uint64(l[:])
		}
		if err != nil || length > uint64(n) {
			return b.String(), fmt.Errorf("frame of %d bytes: %v", length, err)
		}
		if _, err := io.CopyN(&b, r, int64(length)); err != nil {
			return b.String(), err
		}
		if first&0x80 != 0 {
			return b.String(), nil
		}
	}
}

// TestAbusePingFlood: a peer that sends pings and reads nothing makes the server neither queue pongs without
// limit nor neglect others.
func TestAbusePingFlood(t *testing.T) {
	v := newVictim(t, "write_timeout = 1000")
	c, _ := handshake(t, v.address)
	_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
	flood := strings.Repeat(masked(0x89, strings.Repeat("p", 125)), 1000)
	before := allocated()
	var sent int
	for range 300 { // 40 MB, which are 38 MB of pongs
		_ = c.SetWriteDeadline(time.Now().Add(20 * time.Second))
		n, err := io.WriteString(c, flood)
		sent += n
		if err != nil {
			break // given up: it reads nothing
		}
	}
	v.serves()
	c.Close()
	if got := <-v.ended; !strings.HasPrefix(got, "write timeout") && !strings.HasPrefix(got, "connection reset") && !strings.HasPrefix(got, "end of file") && got != "close" {
		t.Errorf("the handler got %q", got)
	}
	if used := allocated() - before; used > uint64(4*sent)+(64<<20) {
		t.Errorf("%d MiB were allocated for %d MiB of pings", used>>20, sent>>20)
	}
	v.isClean()
}

// TestAbuseCloseFlood: one close frame is answered, the others are nothing.
func TestAbuseCloseFlood(t *testing.T) {
	v := newVictim(t, "")
	var peers sync.WaitGroup
	for range 20 {
		peers.Go(func() {
			c, r := handshake(t, v.address)
			defer c.Close()
			write(t, c, strings.Repeat(masked(0x88, "\x03\xe8"), 10_000))
			answer, err := io.ReadAll(r)
			if string(answer) != "\x88\x02\x03\xe8" || err != nil {
				t.Errorf("the answer is %q, %v, want one close frame", answer, err)
			}
		})
	}
	peers.Wait()
	for range 20 {
		v.ends("close")
	}
	v.isClean()
}

// TestAbuseCompressionBomb: 16 kB that would become 16 MB cost no more than max_message.
func TestAbuseCompressionBomb(t *testing.T) {
	v := newVictim(t, "compression = true, max_message = 1000000")
	var bomb strings.Builder
	w, err := flate.NewWriter(&bomb, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(w, zeros{}, 16_000_000); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	frame := masked(0xC1, strings.TrimSuffix(bomb.String(), "\x00\x00\xff\xff"))
	request := strings.Replace(upgradeRequest, "\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", 1)
	before := allocated()
	for range 5 {
		c, r := handshakeWith(t, v.address, request)
		write(t, c, frame)
		answer, err := io.ReadAll(r)
		if string(answer) != "\x88\x02\x03\xf1" || err != nil {
			t.Errorf("the answer is %q, %v, want close 1009", answer, err)
		}
		c.Close()
		v.ends("message exceeds 1000000 bytes: 0")
	}
	if used := allocated() - before; used > 5*8_000_000 {
		t.Errorf("a bomb costs %d bytes", used/5)
	}
	v.isClean()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestAbuseHugeLength: what a header promises costs nothing.
func TestAbuseHugeLength(t *testing.T) {
	for name, opts := range map[string]string{"limit": "", "no limit": "max_message = 0"} {
		t.Run(name, func(t *testing.T) {
			v := newVictim(t, opts)
			before := allocated()
			for range 50 {
				c, _ := handshake(t, v.address)
				write(t, c, "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00xyz")
				c.Close()
				want := "message exceeds 16777216 bytes: 0"
				if opts != "" {
					want = "end of file: 3"
				}
				v.ends(want)
			}
			if used := allocated() - before; used > 50<<20 {
				t.Errorf("%d MiB were allocated", used>>20)
			}
			v.isClean()
		})
	}
}

// TestAbuseConnectAndDrop opens and drops thousands of connections, many at a time.
func TestAbuseConnectAndDrop(t *testing.T) {
	v := newVictim(t, "")
	const workers, each = 16, 150
	var peers sync.WaitGroup
	for w := range workers {
		peers.Go(func() {
			for i := range each {
				c, err := net.Dial("tcp", v.address)
				if err != nil {
					t.Error(err)
					return
				}
				_ = c.SetDeadline(time.Now().Add(20 * time.Second))
				switch (w + i) % 4 {
				case 0: // dropped before a word
				case 1:
					write(t, c, upgradeRequest)
				case 2:
					write(t, c, upgradeRequest)
					_, _ = c.Read(make([]byte, 1))
					_ = c.(*net.TCPConn).SetLinger(0)
				case 3:
					write(t, c, upgradeRequest+masked(0x81, "hi"))
					_, _ = c.Read(make([]byte, 1))
				}
				c.Close()
			}
		})
	}
	v.serves()
	peers.Wait()
	v.isClean()
}

// serves is isResponsive while the handlers of other peers end as well.
func (v *victim) serves() {
	v.t.Helper()
	c, r := handshake(v.t, v.address)
	defer c.Close()
	for range 10 {
		write(v.t, c, masked(0x82, "ok?"))
		if got, err := readFrames(r, 3); got != "ok?" || err != nil {
			v.t.Fatalf("echo: %q, %v", got, err)
		}
	}
	write(v.t, c, masked(0x88, ""))
	_, _ = io.Copy(io.Discard, r)
	v.skip("close")
}

// skip takes one end of that kind out of the ended ones.
func (v *victim) skip(kind string) {
	v.t.Helper()
	var others []string
	defer func() {
		for _, o := range others {
			v.ended <- o
		}
	}()
	for {
		select {
		case got := <-v.ended:
			if got == kind {
				return
			}
			others = append(others, got)
		case <-time.After(20 * time.Second):
			v.t.Fatal("the handler of the well-behaved peer does not end")
		}
	}
}

// TestSlowPeerIsDisconnected after write_timeout, whether or not a write waits: the task that writes and the
// one that reads get the reason.
func TestSlowPeerIsDisconnected(t *testing.T) {
	for name, until := range map[string]string{
		"a write waits":  "false",
		"no write waits": "full()",
	} {
		t.Run(name, func(t *testing.T) { testSlowPeer(t, until) })
	}
}

// testSlowPeer writes to a peer that does not read until the Lua expression until is true.
func testSlowPeer(t *testing.T, until string) {
	h := luatest.NewHost(t, luahost.Options{Network: luahost.SystemNetwork{}})
	ready := make(chan string, 1)
	h.Expose("ready", func(addr string) { ready <- addr })
	results := make(chan string, 3)
	h.Expose("result", func(who, what string) { results <- who + ": " + what })
	go h.RunString(context.Background(), "server.lua", `
		local http, websocket, task = require "silly.net.http", require "silly.net.websocket", require "silly.task"
		local server = assert(http.listen {addr = "127.0.0.1:0", handler = function(stream)
			local sock = assert(websocket.upgrade(stream, {write_timeout = 200}))
			local reader = task.fork(function()
				local _, err = sock:read()
				result("reader", err)
			end)
			local function full() -- for the system as well, which takes a while to say so
				for _ = 1, 10 do
					if sock.conn:unsentbytes() < 500000 then return false end
					require("silly.time").sleep(2)
				end
				return true
			end
			local part, ok, err = ("x"):rep(60000)
			repeat ok, err = sock:write(part) until not ok or `+until+`
			while task.status(reader) do require("silly.time").sleep(1) end
			if ok then ok, err = sock:write(part) end
			result("writer", err)
			ok, err = sock:write("again")
			result("again", err)
		end})
		ready(server.addr)
	`)
	c, _ := handshake(t, <-ready)
	defer c.Close()
	_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
	for range 3 {
		select {
		case got := <-results:
			if !strings.HasSuffix(got, ": write timeout: the peer does not read") {
				t.Errorf("%s, want a write timeout", got)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("the peer is not given up")
		}
	}
}

// TestCloseEndsBlockedWrites at once, whoever closes.
func TestCloseEndsBlockedWrites(t *testing.T) {
	h := luatest.NewHost(t, luahost.Options{Network: luahost.SystemNetwork{}})
	ready := make(chan string, 1)
	h.Expose("ready", func(addr string) { ready <- addr })
	results := make(chan string, 2)
	h.Expose("result", func(err string, unsent int) {
		if unsent == 0 {
			err += " after the connection was gone"
		}
		results <- err
	})
	go h.RunString(context.Background(), "server.lua", `
		local http, websocket, task, time = require "silly.net.http", require "silly.net.websocket", require "silly.task", require "silly.time"
		local server = assert(http.listen {addr = "127.0.0.1:0", handler = function(stream)
			local sock = assert(websocket.upgrade(stream))
			for _, size in ipairs {60000, 3000000} do
				task.fork(function()
					local part = ("x"):rep(size)
					while true do
						local ok, err = sock:write(part)
						if not ok then result(err, sock.conn:unsentbytes()) return end
					end
				end)
			end
			-- Both wait for room once the system takes no more: for that, all but 256 KiB must leave.
			local unsent, same = -1, 0
			while same < 50 do
				time.sleep(1)
				local now = sock.conn:unsentbytes()
				same = now > 262144 and now == unsent and same + 1 or 0
				unsent = now
			end
			sock:close()
		end})
		ready(server.addr)
	`)
	c, _ := handshake(t, <-ready)
	defer c.Close()
	_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
	for range 2 {
		select {
		case got := <-results:
			if got != "socket closed" {
				t.Errorf("the write that was blocked returned %q, want socket closed", got)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("the write stays blocked")
		}
	}
}
