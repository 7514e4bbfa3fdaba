package http_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/internal/memnet"
	"silly/internal/testcert"
	"silly/luahost"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// goWords are what no text for scripts has.
var goWords = regexp.MustCompile(`net/http|https?:|http2:|tls:|x509:|EOF|goroutine|0x[0-9a-f]{6}|\*[a-z]+\.|internal error`)

// serve runs answer on every connection to an address of an in-memory network; it gets the path of the first
// request, and the connection is closed after it.
func serve(t *testing.T, network *memnet.Network, address string, answer func(nc net.Conn, r *bufio.Reader)) {
	t.Helper()
	l, err := network.Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer nc.Close()
				answer(nc, bufio.NewReader(nc))
			}()
		}
	}()
}

// A fault is what a server sends, and what comes of it.
type fault struct{ raw, want string }

// checkFaults has a server send each of the answers, and a script that gets and one that streams them.
func checkFaults(t *testing.T, faults []fault) {
	t.Helper()
	network := memnet.New()
	serve(t, network, "127.0.0.1:80", func(nc net.Conn, r *bufio.Reader) {
		request, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		i, _ := strconv.Atoi(request.URL.Path[1:])
		_, _ = nc.Write([]byte(faults[i].raw))
	})
	script := `
		local http = require "silly.net.http"
		local client = http.newclient {read_timeout = 5000}
		for i = 0, %d do
			local r, err = client:get("http://127.0.0.1/" .. i)
			print(r and r.status .. " " .. r.body or err)
		end`
	out, err := luatest.Run(t, fmt.Sprintf(script, len(faults)-1), luahost.Options{Network: network})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for i, got := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		if got != faults[i].want || goWords.MatchString(got) {
			t.Errorf("%.200q:\ngot  %q\nwant %q", faults[i].raw, got, faults[i].want)
		}
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

// TestClientFaults has servers that break the rules of HTTP/1.1. Each answer is an error with a plain text.
func TestClientFaults(t *testing.T) {
	t.Parallel()
	const lost = "the server closed the connection before its response was complete"
	ok := func(fields, body string) string { return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" + body }
	chunked := func(body string) string { return ok("Transfer-Encoding: chunked\r\n", body) }
	packed := func(body string) string {
		return ok(fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n", len(body)), body)
	}
	whole := zipped("hello")
	broken := []byte(whole)
	broken[len(broken)-6] ^= 1
	checkFaults(t, []fault{
		{ok("Content-Length: 2\r\n", "ok"), "200 ok"},
		{"", lost},
		{"HTTP/1.1 200 OK\r\nX: y\r\n", lost},
		{"nonsense\r\n\r\n", "bad response: malformed status line"},
		{"HTTP/1.1\r\n\r\n", "bad response: malformed status line"},
		{"HTTP/1.1 abc OK\r\n\r\n", "bad response: malformed status line"},
		{"HTTP/1.1 20 OK\r\n\r\n", "bad response: malformed status line"},
		{"HTTP/x 200 OK\r\n\r\n", "bad response: unknown version of http"},
		{"SSH-2.0-OpenSSH_9.6\r\n", "bad response: malformed status line"},
		{ok("no colon\r\n", ""), "bad response: malformed header line"},
		{ok(": x\r\n", ""), "bad response: malformed header line"},
		{ok(" x: y\r\n", ""), "bad response: malformed header line"},
		{ok("Content-Length: x\r\n", ""), "bad response: malformed content-length"},
		{ok("Content-Length: -1\r\n", ""), "bad response: malformed content-length"},
		{ok("Content-Length:\r\n", ""), "bad response: malformed content-length"},
		{ok("Content-Length: 99999999999999999999\r\n", ""), "bad response: malformed content-length"},
		{ok("Content-Length: 1\r\nContent-Length: 2\r\n", ""), "bad response: more than one content-length"},
		{ok("Transfer-Encoding: gzip\r\n", ""), "bad response: unknown transfer-encoding"},
		{ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", ""), "bad response: unknown transfer-encoding"},
		{ok("Transfer-Encoding: chunked, chunked\r\n", ""), "bad response: unknown transfer-encoding"},
		{ok("X: "+strings.Repeat("x", 300<<10)+"\r\n", ""), "bad response: the header is too long"},
		{ok("Content-Length: 3\r\n", "ab"), "response body: " + lost},
		{chunked(""), "response body: " + lost},
		{chunked("2\r\nab"), "response body: " + lost},
		{chunked("2\r\nab\r\n0\r\n"), "response body: " + lost},
		{chunked("x\r\n"), "response body: bad response: malformed chunk"},
		{chunked("\r\n"), "response body: bad response: malformed chunk"},
		{chunked("11111111111111111\r\n"), "response body: bad response: malformed chunk"},
		{chunked("2\r\nabc\r\n"), "response body: bad response: malformed chunk"},
		{chunked("2\nab\n0\n\n"), "response body: bad response: malformed chunk"},
		{chunked("1;" + strings.Repeat("x", 5000) + "\r\na\r\n"), "response body: bad response: malformed chunk"},
		{chunked(strings.Repeat("1;"+strings.Repeat("x", 2000)+"\r\na\r\n", 50)), "response body: bad response: malformed chunk"},
		{chunked("0\r\nX: y"), "response body: bad response: malformed trailer"},
		{chunked("0\r\nno colon\r\n\r\n"), "response body: bad response: malformed header line"},
		{chunked("0\r\nX: " + strings.Repeat("x", 5000) + "\r\n\r\n"), "response body: bad response: malformed trailer"},
		{packed(whole), "200 hello"},
		{packed(whole[:len(whole)-9]), "response body: gzip data ends too early"},
		{packed(whole[:5]), "response body: gzip data ends too early"},
		{packed("not in gzip at all"), "response body: gzip data is corrupt"},
		{packed(string(broken)), "response body: gzip data is corrupt"},
		{packed(whole[:10] + strings.Repeat("\xff", 20)), "response body: gzip data is corrupt"},
		{packed(whole + "garbage behind"), "response body: gzip data is corrupt"},
		{packed(whole + whole), "200 hellohello"},
		{ok("Content-Encoding: GZip\r\nContent-Length: 99\r\n", whole), "response body: " + lost},
		{ok("Content-Encoding: x-gzip\r\n", whole), "200 hello"},
		{"HTTP/1.1 101 Switching Protocols\r\n\r\n", "the server switched to another protocol"},
		{"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", "the server switched to another protocol"},
		{"HTTP/1.1 103 Early Hints\r\n\r\n" + "HTTP/1.1 100 Continue\r\n\r\n" + ok("", "x"), "200 x"},
		{strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 1000), "the server sent too many interim responses"},
		{strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000) + ok("", "x"), "the server sent too many interim responses"},
	})
}

// An http2Fault is how a server answers over HTTP/2, and what a script is told.
type http2Fault struct {
	want   string
	answer func(f *http2.Framer, head func(end bool, fields ...string), stream uint32)
}

// serveHTTP2Faults answers the request of path /i with fault i.
func serveHTTP2Faults(t *testing.T, faults []http2Fault) *memnet.Network {
	t.Helper()
	certPEM, keyPEM := testcert.New(t)
	pair, err := tls.X509KeyPair([]byte(certPEM), []byte(keyPEM))
	if err != nil {
		t.Fatal(err)
	}
	network := memnet.New()
	serve(t, network, "127.0.0.1:443", func(nc net.Conn, _ *bufio.Reader) {
		secure := tls.Server(nc, &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2"}})
		defer secure.Close()
		preface := make([]byte, len(http2.ClientPreface))
		if _, err := secure.Read(preface); err != nil {
			return
		}
		f := http2.NewFramer(secure, secure)
		f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
		_ = f.WriteSettings()
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			request, ok := frame.(*http2.MetaHeadersFrame)
			if !ok {
				continue
			}
			i, _ := strconv.Atoi(strings.TrimPrefix(request.PseudoValue("path"), "/"))
			head := func(end bool, fields ...string) {
				var block bytes.Buffer
				encoder := hpack.NewEncoder(&block)
				for i := 0; i < len(fields); i += 2 {
					_ = encoder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1], Sensitive: true})
				}
				rest := block.Bytes()
				first := rest[:min(len(rest), 16<<10)]
				rest = rest[len(first):]
				_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: request.StreamID, BlockFragment: first, EndStream: end, EndHeaders: len(rest) == 0})
				for len(rest) > 0 {
					part := rest[:min(len(rest), 16<<10)]
					rest = rest[len(part):]
					_ = f.WriteContinuation(request.StreamID, len(rest) == 0, part)
				}
			}
			faults[i].answer(f, head, request.StreamID)
			return
		}
	})
	return network
}

// TestClientFaultsOfHTTP2 has servers that break the rules of HTTP/2, or refuse as these say.
func TestClientFaultsOfHTTP2(t *testing.T) {
	t.Parallel()
	const lost = "the server closed the connection before its response was complete"
	faults := []http2Fault{
		{"200 ok", func(f *http2.Framer, head func(bool, ...string), stream uint32) {
			head(false, ":status", "200")
			_ = f.WriteData(stream, true, []byte("ok"))
		}},
		{lost, func(f *http2.Framer, _ func(bool, ...string), stream uint32) {}},
		{"bad response: the server broke the stream off with INTERNAL_ERROR", func(f *http2.Framer, _ func(bool, ...string), stream uint32) {
			_ = f.WriteRSTStream(stream, http2.ErrCodeInternal)
		}},
		{"response body: bad response: the server broke the stream off with CANCEL", func(f *http2.Framer, head func(bool, ...string), stream uint32) {
			head(false, ":status", "200")
			_ = f.WriteRSTStream(stream, http2.ErrCodeCancel)
		}},
		{"bad response: the server ended the connection with ENHANCE_YOUR_CALM", func(f *http2.Framer, _ func(bool, ...string), stream uint32) {
			_ = f.WriteGoAway(stream, http2.ErrCodeEnhanceYourCalm, []byte("too much"))
		}},
		{"bad response: malformed status", func(f *http2.Framer, head func(bool, ...string), stream uint32) { head(true, "x", "y") }},
		{"bad response: malformed status", func(f *http2.Framer, head func(bool, ...string), stream uint32) { head(true, ":status", "abc") }},
		{"bad response: malformed status", func(f *http2.Framer, head func(bool, ...string), stream uint32) {
			head(true, "x", "y", ":status", "200")
		}},
		{"bad response: it breaks the rules of http/2: PROTOCOL_ERROR", func(f *http2.Framer, head func(bool, ...string), stream uint32) {
			_ = f.WriteData(stream, true, []byte("no head"))
		}},
		{"bad response: it breaks the rules of http/2: FLOW_CONTROL_ERROR", func(f *http2.Framer, head func(bool, ...string), stream uint32) {
			_ = f.WriteWindowUpdate(0, 1<<31-1)
		}},
		{"bad response: an interim response ended the stream", func(f *http2.Framer, head func(bool, ...string), stream uint32) { head(true, ":status", "103") }},
		{"the server sent too many interim responses", func(f *http2.Framer, head func(bool, ...string), stream uint32) {
			for range 1000 {
				head(false, ":status", "103")
			}
		}},
		{"the server switched to another protocol", func(f *http2.Framer, head func(bool, ...string), stream uint32) { head(false, ":status", "101") }},
		{"response body: bad response: the body is longer than content-length", func(f *http2.Framer, head func(bool, ...string), stream uint32) {
			head(false, ":status", "200", "content-length", "1")
			_ = f.WriteData(stream, true, []byte("abc"))
		}},
		{"response body: " + lost, func(f *http2.Framer, head func(bool, ...string), stream uint32) {
			head(false, ":status", "200", "content-length", "5")
			_ = f.WriteData(stream, true, []byte("abc"))
		}},
		{"response body: " + lost, func(f *http2.Framer, head func(bool, ...string), stream uint32) {
			head(false, ":status", "200")
			_ = f.WriteData(stream, false, []byte("abc"))
		}},
		{"bad response: the header is too long", func(f *http2.Framer, head func(bool, ...string), stream uint32) {
			var fields []string
			for i := range 26 {
				fields = append(fields, "x"+strconv.Itoa(i), strings.Repeat("x", 10<<10))
			}
			head(true, append([]string{":status", "200"}, fields...)...)
		}},
	}
	network := serveHTTP2Faults(t, faults)
	out, err := luatest.Run(t, fmt.Sprintf(`
		local http = require "silly.net.http"
		for i = 0, %d do
			local client = http.newclient {read_timeout = 5000, tls = {insecure = true}}
			local r, err = client:get("https://127.0.0.1/" .. i)
			print(r and r.status .. " " .. r.body or err)
		end`, len(faults)-1), luahost.Options{Network: network})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for i, got := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		if got != faults[i].want || goWords.MatchString(got) {
			t.Errorf("case %d:\ngot  %q\nwant %q", i, got, faults[i].want)
		}
	}
}

// TestClientFaultsUnderTLS has peers that fail the handshake, or the connection after it.
func TestClientFaultsUnderTLS(t *testing.T) {
	t.Parallel()
	certPEM, keyPEM := testcert.New(t)
	pair, err := tls.X509KeyPair([]byte(certPEM), []byte(keyPEM))
	if err != nil {
		t.Fatal(err)
	}
	raw := func(answer string) func(net.Conn, *bufio.Reader) {
		return func(nc net.Conn, r *bufio.Reader) {
			_, _ = r.Peek(1)
			_, _ = nc.Write([]byte(answer))
			_, _ = io.Copy(io.Discard, r)
		}
	}
	server := func(config *tls.Config, after string) func(net.Conn, *bufio.Reader) {
		config.Certificates = []tls.Certificate{pair}
		return func(nc net.Conn, _ *bufio.Reader) {
			secure := tls.Server(nc, config)
			if secure.Handshake() != nil {
				_, _ = io.Copy(io.Discard, nc) // until the client has seen why
				return
			}
			if after != "" {
				_, _ = nc.Write([]byte(after))
			}
			_, _ = secure.Read(make([]byte, 1))
		}
	}
	const lost = "the server closed the connection before its response was complete"
	peers := []struct {
		answer func(net.Conn, *bufio.Reader)
		want   string
	}{
		{raw("\x15\x03\x03\x00\x02\x02\x28"), "the peer refused tls (handshake failure)"},
		{raw("HTTP/1.1 400 Bad Request\r\n\r\n"), "the peer does not speak tls"},
		{raw("220 mail.test ESMTP\r\n"), "the peer does not speak tls"},
		{raw("\x16\x03\x03\x00\x04\x0e\x00\x00\x00"), "the peer breaks the rules of tls"}, // a message out of order
		{raw("\x16\x03\x03\x00\x04\x02\x00\x00\x00"), "the peer breaks the rules of tls (error decoding message)"},
		{raw("\x16\x03\x03\xff\xff\x02\xff\xff\xff"), "the peer does not speak tls"},
		{func(_ net.Conn, r *bufio.Reader) { _, _ = r.Read(make([]byte, 4<<10)) }, lost},
		{server(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, ""), "the peer refused tls (protocol version not supported)"},
		{server(&tls.Config{MaxVersion: tls.VersionTLS12, ClientAuth: tls.RequireAnyClientCert}, ""), "the peer refused tls (handshake failure)"},
		{server(&tls.Config{ClientAuth: tls.RequireAnyClientCert}, ""), "the peer refused tls (certificate required)"},
		{server(&tls.Config{NextProtos: []string{"other"}}, ""), "the peer refused tls (no application protocol)"},
		{server(&tls.Config{}, "\x17\x03\x03\x00\x20"+strings.Repeat("x", 32)), "the peer breaks the rules of tls (bad record MAC)"},
		{server(&tls.Config{}, ""), lost},
	}
	network := memnet.New()
	for i, peer := range peers {
		serve(t, network, fmt.Sprintf("127.0.0.1:%d", 1000+i), peer.answer)
	}
	out, err := luatest.Run(t, fmt.Sprintf(`
		local http = require "silly.net.http"
		for i = 0, %d do
			print(select(2, http.newclient({tls = {insecure = true}}):get("https://127.0.0.1:" .. 1000 + i)))
		end`, len(peers)-1), luahost.Options{Network: network})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for i, got := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		if got != peers[i].want || goWords.MatchString(got) {
			t.Errorf("case %d:\ngot  %q\nwant %q", i, got, peers[i].want)
		}
	}
}

// TestServersThatTakeNothing: a request that is not read ends after read_timeout or timeout, whatever the server sends in
// the meantime.
func TestServersThatTakeNothing(t *testing.T) {
	t.Parallel()
	network := memnet.New()
	serve(t, network, "127.0.0.1:80", func(nc net.Conn, r *bufio.Reader) {
		if _, err := http.ReadRequest(r); err != nil {
			return
		}
		<-t.Context().Done()
	})
	serve(t, network, "127.0.0.1:81", func(nc net.Conn, r *bufio.Reader) {
		if _, err := http.ReadRequest(r); err != nil {
			return
		}
		for {
			if _, err := io.WriteString(nc, "HTTP/1.1 103 Early Hints\r\n\r\n"); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond) // a slow flood
		}
	})
	out, err := luatest.Run(t, `
		local http = require "silly.net.http"
		local large = ("x"):rep(8 << 20)
		for _, opts in ipairs {{read_timeout = 100}, {timeout = 100}} do
			local client = http.newclient(opts)
			for _, method in ipairs {"PUT", "GET"} do
				local s <close> = assert(client:request(method, "http://127.0.0.1/"))
				eq(list(s:write(large)), "false timeout")
				eq(list(s:readall()), "nil timeout")
			end
			eq(list(client:post("http://127.0.0.1/", nil, large)), "nil timeout")
			eq(list(client:post("http://127.0.0.1/", nil, "x")), "nil timeout")
			eq(list(client:get("http://127.0.0.1/")), "nil timeout")
			eq(list(client:get("http://127.0.0.1:81/")), "nil timeout")
		end
		eq(list(http.get("http://127.0.0.1:81/")), "nil the server sent too many interim responses")
		local s <close> = assert(http.request("PUT", "http://127.0.0.1:81/"))
		eq(list(s:readheader()), "nil the server sent too many interim responses")
	`, luahost.Options{Network: network})
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestHeadersThatHTTP2Refuses are errors that name them.
func TestHeadersThatHTTP2Refuses(t *testing.T) {
	t.Parallel()
	cert, key := testcert.New(t)
	out, err := luatest.Run(t, fmt.Sprintf(`
		local http = require "silly.net.http"
		local server = http.listen {addr = ":443", certs = {{cert = [[%s]], key = [[%s]]}}, handler = function() end}
		local client = http.newclient {tls = {insecure = true}}
		for name, value in pairs {Upgrade = "websocket", Connection = "upgrade"} do
			eq(list(client:get("https://127.0.0.1/", {[name] = value})), ('nil header %%q cannot be sent over http/2'):format(name))
		end
		eq(client:get("https://127.0.0.1/", {["keep-alive"] = "x"}).status, 200)
		server:close()`, cert, key), luahost.Options{})
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
