package websocket_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"silly/internal/luatest"
	"silly/luahost"
)

// TestDeparturesFreeTheirMemory: what peers have sent that are gone is not kept alive, neither by pools nor by a script
// that still holds the socket or stream.
func TestDeparturesFreeTheirMemory(t *testing.T) {
	const size, peers = 2 << 20, 40
	payload := strings.Repeat("x", size)
	for name, c := range map[string]struct {
		handler string // of stream, with a table held that lives on
		opening string
		after   string // what is sent behind half the payload, before the peer vanishes
	}{
		"in the midst of a message": {
			`local sock = websocket.upgrade(stream) held[#held + 1] = sock sock:read() ended()`,
			upgradeRequest + masked(0x81, payload)[:14], "",
		},
		"in the midst of a message, read in a coroutine": {
			`local sock = websocket.upgrade(stream) held[#held + 1] = sock
			coroutine.wrap(function() pcall(function() sock:read() end) end)() ended()`,
			upgradeRequest + masked(0x81, payload)[:14], "",
		},
		"in the midst of a message that nobody reads any more": {
			`local sock = websocket.upgrade(stream) held[#held + 1] = sock
			while select(2, sock:read(1000)) == "timeout" do end
			sock:close() ended()`,
			upgradeRequest + masked(0x81, payload)[:14], "",
		},
		"after a message": {
			`local sock = websocket.upgrade(stream) held[#held + 1] = sock sock:write(sock:read()) sock:read() ended()`,
			upgradeRequest + masked(0x81, payload[:size/2])[:14], "\x88\x80\x00\x00\x00\x00",
		},
		"in the midst of a body": {
			`held[#held + 1] = stream stream:readall() ended()`,
			fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", size), "",
		},
		"after a body": {
			`held[#held + 1] = stream stream:readall() stream:respond(200, {}) stream:closewrite() ended()`,
			fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", size/2), "",
		},
	} {
		t.Run(name, func(t *testing.T) { // not in parallel: it counts the heap
			ended := make(chan struct{}, peers)
			address := memoryServer(t, c.handler, ended)
			depart := func(n int) {
				var all sync.WaitGroup
				for range n {
					all.Go(func() {
						nc, err := net.Dial("tcp", address)
						if err != nil {
							t.Error(err)
							return
						}
						defer nc.Close()
						opening, frame, upgrades := strings.Cut(c.opening, "\r\n\r\n")
						_, _ = io.WriteString(nc, opening+"\r\n\r\n")
						r := bufio.NewReader(nc)
						if upgrades && strings.Contains(opening, "WebSocket") {
							if _, err := http.ReadResponse(r, nil); err != nil {
								t.Error(err)
								return
							}
						}
						_, _ = io.WriteString(nc, frame+payload[:size/2]+c.after)
						_ = nc.(*net.TCPConn).CloseWrite()
						_, _ = io.Copy(io.Discard, r)
					})
				}
				all.Wait()
				for range n {
					<-ended
				}
			}
			depart(peers) // what is made once is there then
			before := heap()
			depart(peers)
			if kept := int64(heap()) - int64(before); kept > 4<<20 {
				t.Errorf("%d peers are gone and %d MiB are kept", peers, kept>>20)
			}
			if kept := heap(); kept > 40<<20 {
				t.Errorf("%d MiB are kept altogether", kept>>20)
			}
		})
	}
}

// memoryServer runs a server whose handler works on stream.
func memoryServer(t *testing.T, handler string, ended chan<- struct{}) (address string) {
	t.Helper()
	h := luatest.NewHost(t, luahost.Options{Network: luahost.SystemNetwork{}})
	ready := make(chan string, 1)
	h.Expose("ready", func(addr string) { ready <- addr })
	h.Expose("ended", func() { ended <- struct{}{} })
	go h.RunString(context.Background(), "server.lua", `
		local http, websocket = require "silly.net.http", require "silly.net.websocket"
		held = {}
		ready(assert(http.listen {addr = "127.0.0.1:0", handler = function(stream) `+handler+` end}).addr)
	`)
	return <-ready
}

// heap is how many bytes are alive.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // pools keep what they have for one collection
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
