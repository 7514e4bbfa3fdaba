package websocket_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/internal/memnet"
	"silly/luahost"
)

// TestConnectReturnsTheRefusal has servers that answer with something else than an upgrade: the third result of
// connect is what they said.
func TestConnectReturnsTheRefusal(t *testing.T) {
	t.Parallel()
	const describe = `tostring(sock), err, r and r.status, r and r.version, r and (function()
		local fields = {}
		for k, v in pairs(r.header) do fields[#fields + 1] = k .. "=" .. (type(v) == "table" and table.concat(v, "|") or v) end
		table.sort(fields)
		return table.concat(fields, ",")
	end)(), r and #r.body, r and r.body:sub(1, 20)`
	for _, c := range []struct{ name, answer, opts, want string }{
		{"redirect", "HTTP/1.1 302 Found\r\nLocation: wss://other/\r\nContent-Length: 0\r\n\r\n", "",
			"nil\twebsocket handshake refused: 302 Found\t302\tHTTP/1.1\tcontent-length=0,location=wss://other/\t0\t"},
		{"login", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nwww-authenticate: Bearer\r\nContent-Length: 5\r\n\r\nlogin", "",
			"nil\twebsocket handshake refused: 401 Unauthorized: login\t401\tHTTP/1.1\tcontent-length=5,www-authenticate=Basic|Bearer\t5\tlogin"},
		{"interim", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\nHTTP/1.1 503 No\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", "",
			"nil\twebsocket handshake refused: 503 No: abc\t503\tHTTP/1.1\tretry-after=7\t3\tabc"},
		{"success", "HTTP/1.0 200 OK\r\n\r\nhello", "",
			"nil\twebsocket handshake refused: 200 OK: hello\t200\tHTTP/1.0\t\t5\thello"},
		{"long", "HTTP/1.1 404 Not Found\r\n\r\n" + strings.Repeat("x", 100_000), "",
			"nil\twebsocket handshake refused: 404 Not Found: " + strings.Repeat("x", 256) + "\t404\tHTTP/1.1\t\t65536\t" + strings.Repeat("x", 20)},
		{"cut", "HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\nabc", "",
			"nil\twebsocket handshake refused: 404 Not Found: abc\t404\tHTTP/1.1\tcontent-length=10\t3\tabc"},
		{"malformed chunk", "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "",
			"nil\twebsocket handshake refused: 404 Not Found\t404\tHTTP/1.1\t\t0\t"},
		{"stalled", "HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\nabcSTALL", "timeout = 200",
			"nil\twebsocket handshake refused: 404 Not Found: abc\t404\tHTTP/1.1\tcontent-length=10\t3\tabc"},
		{"stalled without timeout", "HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\nabcSTALL", "timeout = 0",
			"nil\twebsocket handshake refused: 404 Not Found: abc\t404\tHTTP/1.1\tcontent-length=10\t3\tabc"},
		{"no http", "220 mail.test\r\n\r\n", "", "nil\twebsocket handshake: malformed status line\tnil\tnil\tnil\tnil\tnil"},
		{"bad field", "HTTP/1.1 403 Forbidden\r\nno colon\r\n\r\n", "", "nil\twebsocket handshake: malformed header line\tnil\tnil\tnil\tnil\tnil"},
		{"bad length", "HTTP/1.1 403 Forbidden\r\nContent-Length: x\r\n\r\n", "", "nil\twebsocket handshake: malformed content-length\tnil\tnil\tnil\tnil\tnil"},
		{"no upgrade", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "", "nil\twebsocket handshake failed: server did not upgrade to websocket\tnil\tnil\tnil\tnil\tnil"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			network := memnet.New()
			l, err := network.Listen(t.Context(), "tcp", "127.0.0.1:80")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				nc, err := l.Accept()
				if err != nil {
					return
				}
				defer nc.Close()
				r := bufio.NewReader(nc)
				if _, err := http.ReadRequest(r); err != nil {
					return
				}
				answer, stalls := strings.CutSuffix(c.answer, "STALL")
				_, _ = io.WriteString(nc, answer)
				if stalls {
					_, _ = io.Copy(io.Discard, r)
				}
			}()
			begin := time.Now()
			out, err := luatest.Run(t, fmt.Sprintf(`
				local sock, err, r = require("silly.net.websocket").connect("ws://127.0.0.1/", nil, {%s})
				print(%s)`, c.opts, describe), luahost.Options{Network: network})
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if out != c.want+"\n" {
				t.Errorf("got  %q\nwant %q", out, c.want)
			}
			if took := time.Since(begin); took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}
