package ws

import (
	"bufio"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// upgradeRequest is the handshake of RFC 6455 section 1.2, less the lines that start with one of
// the names in without, and with lines added.
func upgradeRequest(without []string, lines ...string) string {
	all := []string{
		"Host: server.example.com",
		"Upgrade: websocket",
		"Connection: Upgrade",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
		"Sec-WebSocket-Version: 13",
	}
	all = slices.DeleteFunc(all, func(line string) bool {
		name, _, _ := strings.Cut(line, ":")
		return slices.Contains(without, name)
	})
	all = append(all, lines...)
	return "GET /chat HTTP/1.1\r\n" + strings.Join(all, "\r\n") + "\r\n\r\n"
}

func readRequest(t *testing.T, text string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return r
}

// TestServerChecksTheRequest covers RFC 6455 section 4.2.1.
func TestServerChecksTheRequest(t *testing.T) {
	t.Parallel()
	const key = "Sec-WebSocket-Key"
	plain := upgradeRequest(nil)
	for _, c := range []struct {
		name    string
		request string
		status  int // 0 when the request is good
	}{
		{"section 1.2", plain, 0},
		{"2. no host", upgradeRequest([]string{"Host"}), 400},
		{"1. POST", strings.Replace(plain, "GET", "POST", 1), 405},
		{"1. HEAD", strings.Replace(plain, "GET", "HEAD", 1), 405},
		{"1. HTTP/1.0", strings.Replace(plain, "HTTP/1.1", "HTTP/1.0", 1), 505},
		{"1. HTTP/2", strings.Replace(plain, "HTTP/1.1", "HTTP/2.0", 1), 505},
		{"3. upgrade in another case", upgradeRequest([]string{"Upgrade"}, "Upgrade: WebSocket"), 0},
		{"3. upgrade is a list", upgradeRequest([]string{"Upgrade"}, "Upgrade: h2c, websocket"), 0},
		{"3. upgrade in two lines", upgradeRequest(nil, "Upgrade: h2c"), 0},
		{"3. no upgrade", upgradeRequest([]string{"Upgrade"}), 400},
		{"3. upgrade to another protocol", upgradeRequest([]string{"Upgrade"}, "Upgrade: h2c"), 400},
		{"3. upgrade is a similar word", upgradeRequest([]string{"Upgrade"}, "Upgrade: websocked"), 400},
		{"3. upgrade is a longer word", upgradeRequest([]string{"Upgrade"}, "Upgrade: websockets"), 400},
		{"3. upgrade with a letter beyond ASCII that folds", upgradeRequest([]string{"Upgrade"}, "Upgrade: websoc\u212aet"), 400},
		{"4. connection is a list", upgradeRequest([]string{"Connection"}, "Connection: keep-alive,upgrade"), 0},
		{"4. connection in two lines", upgradeRequest([]string{"Connection"}, "Connection: keep-alive", "Connection: UPGRADE"), 0},
		{"4. no connection", upgradeRequest([]string{"Connection"}), 400},
		{"4. connection without upgrade", upgradeRequest([]string{"Connection"}, "Connection: keep-alive"), 400},
		{"4. connection with a longer word", upgradeRequest([]string{"Connection"}, "Connection: upgrade-insecure"), 400},
		{"5. no key", upgradeRequest([]string{key}), 400},
		{"5. empty key", upgradeRequest([]string{key}, key+": "), 400},
		{"5. two keys", upgradeRequest(nil, key+": dGhlIHNhbXBsZSBub25jZQ=="), 400},
		{"5. key of 15 bytes", upgradeRequest([]string{key}, key+": MDEyMzQ1Njc4OWFiY2Rl"), 400},
		{"5. key of 17 bytes", upgradeRequest([]string{key}, key+": MDEyMzQ1Njc4OWFiY2RlZmc="), 400},
		{"5. key is not base64", upgradeRequest([]string{key}, key+": dGhlIHNhbXBsZSBub25jZ!=="), 400},
		{"5. key without padding", upgradeRequest([]string{key}, key+": dGhlIHNhbXBsZSBub25jZQ"), 400},
		{"5. key with loose bits", upgradeRequest([]string{key}, key+": dGhlIHNhbXBsZSBub25jZR=="), 400},
		{"5. key in the alphabet for URLs", upgradeRequest([]string{key}, key+": -_-_-_-_-_-_-_-_-_-_-Q=="), 400},
		{"6. no version", upgradeRequest([]string{"Sec-WebSocket-Version"}), 426},
		{"6. version 8", upgradeRequest([]string{"Sec-WebSocket-Version"}, "Sec-WebSocket-Version: 8"), 426},
		{"6. version list", upgradeRequest([]string{"Sec-WebSocket-Version"}, "Sec-WebSocket-Version: 13, 8"), 426},
		{"6. version 013", upgradeRequest([]string{"Sec-WebSocket-Version"}, "Sec-WebSocket-Version: 013"), 426},
		{"6. two versions", upgradeRequest(nil, "Sec-WebSocket-Version: 13"), 426},
		{"8. subprotocols", upgradeRequest(nil, "Sec-WebSocket-Protocol: chat, superchat"), 0},
		{"8. subprotocol is not a token", upgradeRequest(nil, "Sec-WebSocket-Protocol: a b"), 400},
		{"8. subprotocols without one", upgradeRequest(nil, "Sec-WebSocket-Protocol: ,"), 400},
		{"9. extensions", upgradeRequest(nil, "Sec-WebSocket-Extensions: unknown; a=1"), 0},
		{"9.1 malformed extensions", upgradeRequest(nil, "Sec-WebSocket-Extensions: a;"), 400},
		{"content-length of zero", upgradeRequest(nil, "Content-Length: 0"), 0},
		{"body", upgradeRequest(nil, "Content-Length: 3") + "abc", 400},
		{"chunked body", upgradeRequest(nil, "Transfer-Encoding: chunked") + "0\r\n\r\n", 400},
	} {
		key, herr := CheckRequest(readRequest(t, c.request))
		if c.status == 0 {
			if herr != nil || key != "dGhlIHNhbXBsZSBub25jZQ==" {
				t.Errorf("%s: got %q, %v", c.name, key, herr)
			}
			continue
		}
		if herr == nil || herr.Status != c.status || key != "" {
			t.Errorf("%s: got %q, %+v, want status %d", c.name, key, herr, c.status)
			continue
		}
		if herr.Error() == "" || herr.Error() != herr.Text || strings.ToLower(herr.Text[:1]) != herr.Text[:1] {
			t.Errorf("%s: text %q", c.name, herr.Text)
		}
		want := map[int]string{
			405: "map[Allow:[GET]]",
			426: "map[Connection:[Upgrade] Sec-Websocket-Version:[13] Upgrade:[websocket]]",
		}[c.status]
		if want == "" {
			want = "map[]"
		}
		if got := fmt.Sprint(herr.Header); got != want {
			t.Errorf("%s: header is %s, want %s", c.name, got, want)
		}
	}
}

// TestAcceptKey has the example of RFC 6455 section 1.3.
func TestAcceptKey(t *testing.T) {
	t.Parallel()
	if got := AcceptKey("dGhlIHNhbXBsZSBub25jZQ=="); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("got %s", got)
	}
}

func TestServerChoosesTheSubprotocol(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lines     []string
		preferred []string
		want      string
	}{
		{nil, []string{"chat"}, ""},
		{[]string{"chat"}, nil, ""},
		{[]string{"chat, superchat"}, []string{"superchat", "chat"}, "superchat"},
		{[]string{"chat", "superchat"}, []string{"none", "superchat"}, "superchat"},
		{[]string{"Chat"}, []string{"chat"}, ""},
		{[]string{"superchat"}, []string{"chat"}, ""},
		{[]string{"a b, chat"}, []string{"chat"}, ""},
		{[]string{"chat"}, []string{""}, ""},
	} {
		r := &http.Request{Header: http.Header{fieldProtocol: c.lines}}
		if got := ChooseSubprotocol(r, c.preferred); got != c.want {
			t.Errorf("offered %q, preferred %q: got %q, want %q", c.lines, c.preferred, got, c.want)
		}
	}
}

// TestResponse covers RFC 6455 section 4.2.2.
func TestResponse(t *testing.T) {
	t.Parallel()
	got := string(AppendResponse([]byte("before "), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "", "", nil))
	want := "before HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	got = string(AppendResponse(nil, "x", "chat", "permessage-deflate", http.Header{"Set-Cookie": {"a=1", "b=2"}, "Server": {"silly"}}))
	want = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n" +
		"Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\n" +
		"Server: silly\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestValidHeader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value string
		want        bool
	}{
		{"X-Name", "value", true},
		{"x!#$%&'*+-.^_`|~09azAZ", "", true},
		{"X-Name", "a\tb \x80\xff", true},
		{"X-Name", "a\r\nInjected: 1", false},
		{"X-Name", "a\nb", false},
		{"X-Name", "a\x00b", false},
		{"X-Name", "\x7f", false},
		{"", "value", false},
		{"X Name", "value", false},
		{"X:Name", "value", false},
		{"X-Name\r\n", "value", false},
		{"X-Näme", "value", false},
	} {
		if got := ValidHeader(c.name, c.value); got != c.want {
			t.Errorf("%q: %q is valid %t, want %t", c.name, c.value, got, c.want)
		}
	}
}

func TestHandshakeHeader(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"Connection": true, "upgrade": true, "sec-websocket-key": true, "Sec-WebSocket-Version": true,
		"SEC-WEBSOCKET-ACCEPT": true, "Sec-WebSocket-Protocol": true, "Sec-WebSocket-Extensions": true,
		"content-length": true, "Transfer-Encoding": true,
		"Host": false, "Origin": false, "Set-Cookie": false, "Sec-Fetch-Mode": false,
	} {
		if got := HandshakeHeader(name); got != want {
			t.Errorf("%s: got %t, want %t", name, got, want)
		}
	}
}
