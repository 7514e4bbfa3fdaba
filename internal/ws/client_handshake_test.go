package ws

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestURLs covers RFC 6455 section 3.
func TestURLs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		url                        string
		address, serverName, start string // start of the request
		tls                        bool
	}{
		{url: "ws://example.com", address: "example.com:80", serverName: "example.com", start: "GET / HTTP/1.1\r\nHost: example.com\r\n"},
		{url: "wss://example.com", address: "example.com:443", serverName: "example.com", start: "GET / HTTP/1.1\r\nHost: example.com\r\n", tls: true},
		{url: "WS://Example.com/", address: "Example.com:80", serverName: "Example.com", start: "GET / HTTP/1.1\r\nHost: Example.com\r\n"},
		{url: "ws://example.com:80/", address: "example.com:80", serverName: "example.com", start: "GET / HTTP/1.1\r\nHost: example.com\r\n"},
		{url: "ws://example.com:443/", address: "example.com:443", serverName: "example.com", start: "GET / HTTP/1.1\r\nHost: example.com:443\r\n"},
		{url: "wss://example.com:8443/", address: "example.com:8443", serverName: "example.com", start: "GET / HTTP/1.1\r\nHost: example.com:8443\r\n", tls: true},
		{url: "ws://example.com:/", address: "example.com:80", serverName: "example.com", start: "GET / HTTP/1.1\r\nHost: example.com\r\n"},
		{url: "ws://127.0.0.1:8080/chat?room=1&x=a%20b", address: "127.0.0.1:8080", serverName: "127.0.0.1", start: "GET /chat?room=1&x=a%20b HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"},
		{url: "ws://h?q", address: "h:80", serverName: "h", start: "GET /?q HTTP/1.1\r\nHost: h\r\n"},
		{url: "ws://h/?", address: "h:80", serverName: "h", start: "GET /? HTTP/1.1\r\nHost: h\r\n"},
		{url: "ws://h/a%2Fb", address: "h:80", serverName: "h", start: "GET /a%2Fb HTTP/1.1\r\nHost: h\r\n"},
		{url: "ws://h//a", address: "h:80", serverName: "h", start: "GET //a HTTP/1.1\r\nHost: h\r\n"},
		{url: "ws://h/a b?c d", address: "h:80", serverName: "h", start: "GET /a%20b?c%20d HTTP/1.1\r\nHost: h\r\n"},
		{url: "ws://h/世?界", address: "h:80", serverName: "h", start: "GET /%E4%B8%96?%E7%95%8C HTTP/1.1\r\nHost: h\r\n"},
		{url: "ws://[::1]/", address: "[::1]:80", serverName: "::1", start: "GET / HTTP/1.1\r\nHost: [::1]\r\n"},
		{url: "wss://[2001:db8::1]:8443", address: "[2001:db8::1]:8443", serverName: "2001:db8::1", start: "GET / HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n", tls: true},
		{url: "ws://[fe80::1%25eth0]:81/", address: "[fe80::1%eth0]:81", serverName: "fe80::1", start: "GET / HTTP/1.1\r\nHost: [fe80::1]:81\r\n"},
		{url: "ws://user:pa%3Ass@h/", address: "h:80", serverName: "h", start: "GET / HTTP/1.1\r\nHost: h\r\n"},
	} {
		h, err := NewRequest(c.url, nil, ClientOptions{})
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		request := string(h.AppendRequest(nil))
		if h.Address != c.address || h.ServerName != c.serverName || h.TLS != c.tls || !strings.HasPrefix(request, c.start) {
			t.Errorf("%s: dial %q, server name %q, TLS %t, request %q", c.url, h.Address, h.ServerName, h.TLS, request)
		}
	}
}

func TestBadURLs(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"", "example.com", "/path", "ws:", "ws:/", "ws://", "ws:///path", "ws:example.com", "//example.com",
		"http://example.com", "https://example.com", "wsss://example.com", "ftp://example.com",
		"ws://example.com/#", "ws://example.com/#fragment", "ws://example.com#x",
		"ws://example.com:port", "ws://example.com:0", "ws://example.com:65536", "ws://example.com:-1", "ws://:80/",
		"ws://[::1", "ws://::1/", "ws://[example.com]/", "ws://[127.0.0.1]/", "ws://exa mple.com", "ws://exa\u2100mple.com",
		"ws://a\r\nb/", "ws://h/\r\nInjected: 1", "ws://h/?a\nb", "ws://h/%zz", " ws://h", "ws://h\x00/", "ws://a/\x7f",
		"ws://secret:password@exa mple.com",
	} {
		h, err := NewRequest(bad, nil, ClientOptions{})
		if !errors.Is(err, ErrBadURL) || h != nil {
			t.Errorf("%q: got %+v, %v", bad, h, err)
			continue
		}
		if text := err.Error(); !strings.HasPrefix(text, "invalid websocket url: ") || strings.Contains(text, "password") || strings.Contains(text, "\n") {
			t.Errorf("%q: error text %q", bad, text)
		}
	}
}

// TestRequest covers RFC 6455 section 4.1.
func TestRequest(t *testing.T) {
	t.Parallel()
	header := http.Header{
		"origin":                 {"https://example.com"},
		"Host":                   {"virtual.example.com:81"},
		"Cookie":                 {"a=1", "b=2"},
		"cookie":                 {"c=3"},
		"sec-websocket-protocol": {"two, three", "one"},
	}
	before := maps.Clone(header)
	h, err := NewRequest("ws://user:pa%3Ass@h/chat", header, ClientOptions{Subprotocols: []string{"one", "two"}, Deflate: true, Takeover: true})
	if err != nil {
		t.Fatal(err)
	}
	want := "GET /chat HTTP/1.1\r\nHost: virtual.example.com:81\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: " + h.key + "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: one, two, three\r\n" +
		"Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; client_max_window_bits\r\n" +
		"Authorization: Basic dXNlcjpwYTpzcw==\r\nCookie: a=1\r\nCookie: b=2\r\nCookie: c=3\r\nOrigin: https://example.com\r\n\r\n"
	if got := string(h.AppendRequest([]byte("before "))); got != "before "+want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if fmt.Sprint(header) != fmt.Sprint(before) {
		t.Errorf("the caller's header became %v", header)
	}
	h.header["Cookie"][0] = "changed"
	if header["Cookie"][0] != "a=1" {
		t.Error("the request shares values with the caller's header")
	}
}

func TestOwnAuthorizationReplacesUserinfo(t *testing.T) {
	t.Parallel()
	h, err := NewRequest("ws://user:password@h/", http.Header{"authorization": {"Bearer token"}}, ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := h.header["Authorization"]; !slices.Equal(got, []string{"Bearer token"}) {
		t.Errorf("got %q", got)
	}
}

func TestEachRequestHasAFreshKey(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		h, err := NewRequest("ws://h", nil, ClientOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if key, err := base64.StdEncoding.DecodeString(h.key); err != nil || len(key) != 16 {
			t.Fatalf("key %q is not 16 bytes", h.key)
		}
		seen[h.key] = true
	}
	if len(seen) != 100 {
		t.Errorf("100 requests have %d keys", len(seen))
	}
}

func TestRequestHeadersAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header http.Header
		text   string // part of the error
	}{
		{http.Header{"Connection": {"close"}}, "Connection"},
		{http.Header{"upgrade": {"h2c"}}, "Upgrade"},
		{http.Header{"sec-websocket-key": {"x"}}, "Sec-Websocket-Key"},
		{http.Header{"Sec-WebSocket-Version": {"8"}}, "Sec-Websocket-Version"},
		{http.Header{"Sec-WebSocket-Extensions": {"x"}}, "Sec-Websocket-Extensions"},
		{http.Header{"Sec-WebSocket-Accept": {"x"}}, "Sec-Websocket-Accept"},
		{http.Header{"Content-Length": {"5"}}, "Content-Length"},
		{http.Header{"Transfer-Encoding": {"chunked"}}, "Transfer-Encoding"},
		{http.Header{"Bad Name": {"x"}}, `"Bad Name"`},
		{http.Header{"X-Bad": {"x", "a\r\nInjected: 1"}}, `"X-Bad"`},
		{http.Header{"Host": {"a", "b"}}, "Host"},
		{http.Header{"Host": {""}}, "Host"},
		{http.Header{"Host": {"a/b"}}, "Host"},
		{http.Header{"Host": {"a b"}}, "Host"},
		{http.Header{"Sec-WebSocket-Protocol": {"a b"}}, "Sec-Websocket-Protocol"},
		{http.Header{"Sec-WebSocket-Protocol": {""}}, "Sec-Websocket-Protocol"},
	} {
		h, err := NewRequest("ws://h", c.header, ClientOptions{})
		if err == nil || h != nil || !strings.Contains(err.Error(), c.text) || errors.Is(err, ErrBadURL) {
			t.Errorf("%q: error %v, want one that names %s", c.header, err, c.text)
		}
	}
	for _, name := range []string{"", "a b", "a,b", "ä"} {
		if _, err := NewRequest("ws://h", nil, ClientOptions{Subprotocols: []string{name}}); err == nil {
			t.Errorf("subprotocol %q is accepted", name)
		}
	}
}

func TestOffers(t *testing.T) {
	t.Parallel()
	for want, takeover := range map[string]bool{
		"permessage-deflate; client_no_context_takeover; client_max_window_bits":                             true,
		"permessage-deflate; client_no_context_takeover; server_no_context_takeover; client_max_window_bits": false,
	} {
		got := OfferDeflate(takeover)
		if got != want {
			t.Errorf("takeover %t: got %q", takeover, got)
		}
		if _, _, ok := AnswerDeflate([]string{got}, false); !ok {
			t.Errorf("the server of this package declines %q", got)
		}
	}
}

func readResponse(t *testing.T, text string) *http.Response {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), nil)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return resp
}

// TestClientChecksTheResponse covers RFC 6455 section 4.1 and RFC 7692 section 7.1.
func TestClientChecksTheResponse(t *testing.T) {
	t.Parallel()
	const good = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n"
	const deflate = "Sec-WebSocket-Extensions: permessage-deflate"
	const failed = "websocket handshake failed: "
	for _, c := range []struct {
		name        string
		response    string
		offers      bool // subprotocols and permessage-deflate
		err         string
		subprotocol string
		deflate     *Deflate
	}{
		{name: "plain", response: good},
		{name: "offers that the server ignores", response: good, offers: true},
		{name: "another reason phrase", response: strings.Replace(good, "Switching Protocols", "Sure", 1)},
		{name: "2. upgrade in another case", response: strings.Replace(good, "websocket", "WebSocket", 1)},
		{name: "2. no upgrade", response: strings.Replace(good, "Upgrade: websocket\r\n", "", 1), err: failed + "server did not upgrade to websocket"},
		{name: "2. another upgrade", response: strings.Replace(good, "websocket", "h2c", 1), err: failed + "server did not upgrade to websocket"},
		{name: "2. upgrade list", response: strings.Replace(good, "websocket", "websocket, h2c", 1), err: failed + "server did not upgrade to websocket"},
		{name: "2. two upgrades", response: good + "Upgrade: websocket\r\n", err: failed + "server did not upgrade to websocket"},
		{name: "3. connection list", response: strings.Replace(good, "Connection: Upgrade", "Connection: keep-alive, upgrade", 1)},
		{name: "3. no connection", response: strings.Replace(good, "Connection: Upgrade\r\n", "", 1), err: failed + "server did not upgrade the connection"},
		{name: "3. other connection", response: strings.Replace(good, "Connection: Upgrade", "Connection: keep-alive", 1), err: failed + "server did not upgrade the connection"},
		{name: "4. no accept", response: strings.Replace(good, "Sec-WebSocket-Accept: ACCEPT\r\n", "", 1), err: failed + "server's accept value does not belong to the key"},
		{name: "4. wrong accept", response: strings.Replace(good, "ACCEPT", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 1), err: failed + "server's accept value does not belong to the key"},
		{name: "4. accept in another case", response: strings.Replace(good, "ACCEPT", "LOWER", 1), err: failed + "server's accept value does not belong to the key"},
		{name: "4. two accepts", response: good + "Sec-WebSocket-Accept: ACCEPT\r\n", err: failed + "server's accept value does not belong to the key"},
		{name: "HTTP/1.0", response: strings.Replace(good, "HTTP/1.1", "HTTP/1.0", 1), err: failed + "server does not use HTTP/1.1"},
		{name: "5. extension that was not offered", response: good + deflate + "\r\n", err: failed + "server answered extension permessage-deflate, which was not offered"},
		{name: "5. unknown extension", response: good + "Sec-WebSocket-Extensions: mux\r\n", offers: true, err: failed + "server answered extension mux, which was not offered"},
		{name: "5. malformed extension", response: good + "Sec-WebSocket-Extensions: a;\r\n", offers: true, err: failed + "server's extensions are malformed"},
		{name: "5. extension twice", response: good + deflate + ", permessage-deflate\r\n", offers: true, err: failed + "server answered extension permessage-deflate twice"},
		{name: "7692 plain", response: good + deflate + "\r\n", offers: true, deflate: &Deflate{ServerWindowBits: 15, ClientWindowBits: 15}},
		{name: "7692 all that a server may answer", response: good + deflate + "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8; client_max_window_bits=9\r\n",
			offers: true, deflate: &Deflate{ServerNoContextTakeover: true, ClientNoContextTakeover: true, ServerWindowBits: 8, ClientWindowBits: 9}},
		{name: "7692 client window without value", response: good + deflate + "; client_max_window_bits\r\n", offers: true,
			err: failed + "server answered client_max_window_bits without a value"},
		{name: "7692 server window without value", response: good + deflate + "; server_max_window_bits\r\n", offers: true,
			err: failed + "server answered server_max_window_bits without a value"},
		{name: "7692 server window out of range", response: good + deflate + "; server_max_window_bits=16\r\n", offers: true,
			err: failed + "server answered permessage-deflate with invalid parameters"},
		{name: "7692 unknown parameter", response: good + deflate + "; x\r\n", offers: true,
			err: failed + "server answered permessage-deflate with invalid parameters"},
		{name: "6. subprotocol", response: good + "Sec-WebSocket-Protocol: superchat\r\n", offers: true, subprotocol: "superchat"},
		{name: "6. subprotocol that was not offered", response: good + "Sec-WebSocket-Protocol: other\r\n", offers: true, err: failed + "server chose a subprotocol that was not offered"},
		{name: "6. subprotocol in another case", response: good + "Sec-WebSocket-Protocol: Chat\r\n", offers: true, err: failed + "server chose a subprotocol that was not offered"},
		{name: "6. subprotocol without an offer", response: good + "Sec-WebSocket-Protocol: chat\r\n", err: failed + "server chose a subprotocol that was not offered"},
		{name: "6. two subprotocols", response: good + "Sec-WebSocket-Protocol: chat, superchat\r\n", offers: true, err: failed + "server chose a subprotocol that was not offered"},
		{name: "6. subprotocol twice", response: good + "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n", offers: true, err: failed + "server chose a subprotocol that was not offered"},
		{name: "6. empty subprotocol", response: good + "Sec-WebSocket-Protocol: \r\n", offers: true, err: failed + "server chose a subprotocol that was not offered"},
	} {
		opts := ClientOptions{}
		if c.offers {
			opts = ClientOptions{Subprotocols: []string{"chat", "superchat"}, Deflate: true}
		}
		h, err := NewRequest("ws://h", nil, opts)
		if err != nil {
			t.Fatal(err)
		}
		accept := AcceptKey(h.key)
		text := strings.NewReplacer("ACCEPT", accept, "LOWER", strings.ToLower(accept)).Replace(c.response)
		err = h.CheckResponse(readResponse(t, text+"\r\n"), nil)
		if got := fmt.Sprint(err); err != nil && got != c.err || err == nil && c.err != "" {
			t.Errorf("%s: error %q, want %q", c.name, got, c.err)
		}
		if err != nil {
			continue
		}
		if h.Subprotocol != c.subprotocol || (h.Deflate == nil) != (c.deflate == nil) || h.Deflate != nil && *h.Deflate != *c.deflate {
			t.Errorf("%s: agreed on %q and %+v, want %q and %+v", c.name, h.Subprotocol, h.Deflate, c.subprotocol, c.deflate)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ response, body, want string }{
		{"HTTP/1.1 403 Forbidden", "no entry", "websocket handshake refused: 403 Forbidden: no entry"},
		{"HTTP/1.1 403 Forbidden", "", "websocket handshake refused: 403 Forbidden"},
		{"HTTP/1.1 200 OK", "<html>\n\n\t <b>hello</b>\x00\x1b[31m\xff 世\r\n", "websocket handshake refused: 200 OK: <html> <b>hello</b> [31m 世"},
		{"HTTP/1.1 302 Found", " \n", "websocket handshake refused: 302 Found"},
		{"HTTP/1.1 302 Found", " \r\n elsewhere", "websocket handshake refused: 302 Found: elsewhere"},
		{"HTTP/1.0 404 Not Found", strings.Repeat("x", 1000), "websocket handshake refused: 404 Not Found: " + strings.Repeat("x", 256)},
		{"HTTP/1.1 500 Oops", strings.Repeat("世", 100), "websocket handshake refused: 500 Oops: " + strings.Repeat("世", 85)},
		{"HTTP/1.1 404 ", "", "websocket handshake refused: 404"},
	} {
		h, err := NewRequest("ws://h", nil, ClientOptions{})
		if err != nil {
			t.Fatal(err)
		}
		err = h.CheckResponse(readResponse(t, c.response+"\r\nContent-Length: 0\r\n\r\n"), []byte(c.body))
		if got := fmt.Sprint(err); got != c.want {
			t.Errorf("%s: got %q, want %q", c.response, got, c.want)
		}
	}
	h, _ := NewRequest("ws://h", nil, ClientOptions{})
	if err := h.CheckResponse(&http.Response{StatusCode: 503}, nil); err == nil || err.Error() != "websocket handshake refused: 503 Service Unavailable" {
		t.Errorf("without a status line: %v", err)
	}
}
