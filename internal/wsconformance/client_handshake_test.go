package wsconformance

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// field returns the values of a field in the request as it was sent.
func (p *peer) field(name string) []string {
	var values []string
	for _, line := range lines(p.head)[1:] {
		if value, ok := strings.CutPrefix(line, strings.ToLower(name)+": "); ok {
			values = append(values, value)
		}
	}
	return values
}

// checkRequest checks the rules of RFC 6455 section 4.1.
func (p *peer) checkRequest(target, host string) {
	p.t.Helper()
	if line, _, _ := strings.Cut(p.head, "\r\n"); line != "GET "+target+" HTTP/1.1" {
		p.t.Errorf("the request line is %q, want %q", line, target)
	}
	for name, want := range map[string]string{"Host": host, "Upgrade": "websocket", "Connection": "upgrade", "Sec-WebSocket-Version": "13"} {
		if got := p.field(name); len(got) != 1 || !strings.EqualFold(got[0], want) {
			p.t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	key := p.field("Sec-WebSocket-Key")
	if len(key) != 1 {
		p.t.Fatalf("the keys are %q", key)
	}
	if decoded, err := base64.StdEncoding.Strict().DecodeString(key[0]); err != nil || len(decoded) != 16 {
		p.t.Errorf("the key is %q", key)
	}
	for _, name := range []string{"Content-Length", "Transfer-Encoding", "Sec-WebSocket-Accept"} {
		if got := p.field(name); got != nil {
			p.t.Errorf("the request has %s %q", name, got)
		}
	}
}

// welcome completes the handshake and the connection.
func (p *peer) welcome() {
	p.t.Helper()
	p.write(p.answer(""))
	p.script.sees(p.t, event{"open", "nil", ""})
	p.finish()
}

func TestClientRequest(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	urls := []struct{ url, target string }{
		{"@", "/"}, {"@/", "/"}, {"@/chat", "/chat"}, {"@/a/b/?x=1&y=2", "/a/b/?x=1&y=2"}, {"@?x=1", "/?x=1"}, {"@/?", "/?"}, {"@/a%20b%2Fc", "/a%20b%2Fc"},
		{"@/ü?q=日", "/%C3%BC?q=%E6%97%A5"}, {"@/a b?c d", "/a%20b?c%20d"}, {"@/a?b=c?d/e", "/a?b=c?d/e"}, {"@//double", "//double"}, {"@/" + strings.Repeat("long", 500), "/" + strings.Repeat("long", 500)},
	}
	for _, l := range []link{clientWS, clientWSS} {
		scheme := "ws"
		if l.secure {
			scheme = "wss"
		}
		for _, u := range urls {
			t.Run(fmt.Sprintf("%v/RFC 6455 3/target of %.40q", l, u.url), func(t *testing.T) {
				t.Parallel()
				p := s.acceptRequest(t, l, setup{scenario: scenario{url: scheme + "://" + strings.Replace(u.url, "@", "%s", 1)}})
				p.checkRequest(u.target, p.conn.LocalAddr().String())
				if origin := p.field("Origin"); origin != nil {
					t.Errorf("the origin is %q", origin)
				}
				p.welcome()
			})
		}
		t.Run(l.String()+"/RFC 6455 4.1/keys are all different", func(t *testing.T) {
			t.Parallel()
			seen := map[string]bool{}
			for range 20 {
				p := s.acceptRequest(t, l, setup{})
				key := p.field("Sec-WebSocket-Key")[0]
				if seen[key] {
					t.Errorf("key %s comes twice", key)
				}
				seen[key] = true
				p.welcome()
			}
		})
		t.Run(l.String()+"/RFC 3986 3.1/scheme in upper case", func(t *testing.T) {
			t.Parallel()
			p := s.acceptRequest(t, l, setup{scenario: scenario{url: strings.ToUpper(scheme) + "://%s/", options: "tls = {ca = certificate}"}})
			p.checkRequest("/", p.conn.LocalAddr().String())
			p.welcome()
		})
	}
}

// TestClientHost: where the client connects to, and what it says the host is.
func TestClientHost(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	hosts := []struct {
		link            link
		url, dial, host string
	}{
		{clientWS, "ws://a.example/", "a.example:80", "a.example"}, {clientWS, "ws://b.example:80/", "b.example:80", "b.example"}, {clientWS, "ws://c.example:443/", "c.example:443", "c.example:443"},
		{clientWS, "ws://d.example:8080/", "d.example:8080", "d.example:8080"}, {clientWSS, "wss://e.example/", "e.example:443", "e.example"}, {clientWSS, "wss://f.example:443/", "f.example:443", "f.example"},
		{clientWSS, "wss://g.example:80/", "g.example:80", "g.example:80"}, {clientWS, "ws://[2001:db8::1]/", "[2001:db8::1]:80", "[2001:db8::1]"},
		{clientWS, "ws://[2001:db8::2]:8080/", "[2001:db8::2]:8080", "[2001:db8::2]:8080"}, {clientWSS, "wss://[2001:db8::3]/", "[2001:db8::3]:443", "[2001:db8::3]"}, {clientWS, "ws://h.example:/", "h.example:80", "h.example"},
	}
	for _, h := range hosts {
		t.Run(fmt.Sprintf("%v/RFC 6455 4.1/host of %s", h.link, h.url), func(t *testing.T) {
			t.Parallel()
			p := s.acceptRequest(t, h.link, setup{scenario: scenario{url: h.url, options: `tls = {ca = certificate, servername = "127.0.0.1"}`}, name: h.dial})
			p.checkRequest("/", h.host)
			p.welcome()
		})
	}
}

// TestClientHeader: what the header of a request is made of.
func TestClientHeader(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	headers := []struct {
		name, url, header, options string
		want                       map[string][]string
	}{
		{"of the script", "", `{["X-One"] = "1", ["x-list"] = {"a", "b"}, ["X-Number"] = 5}`, "", map[string][]string{"X-One": {"1"}, "X-List": {"a", "b"}, "X-Number": {"5"}}},
		{"Host and Origin", "", `{host = "other.example:99", origin = "https://o.example"}`, "", map[string][]string{"Host": {"other.example:99"}, "Origin": {"https://o.example"}}},
		{"user and password", "ws://user:pass@%s/", `nil`, "", map[string][]string{"Authorization": {"Basic dXNlcjpwYXNz"}}},
		{"escaped user and password", "ws://u%20x:p%40%3a@%s/", `nil`, "", map[string][]string{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("u x:p@:"))}}},
		{"user alone", "ws://user@%s/", `nil`, "", map[string][]string{"Authorization": {"Basic dXNlcjo="}}},
		{"Authorization beside a user", "ws://user:pass@%s/", `{authorization = "Bearer x"}`, "", map[string][]string{"Authorization": {"Bearer x"}}},
		{"subprotocols in order", "", `nil`, `subprotocols = {"b", "a", "c"}`, map[string][]string{"Sec-Websocket-Protocol": {"b, a, c"}}},
		{"no subprotocols", "", `nil`, ``, map[string][]string{"Sec-Websocket-Protocol": nil, "Sec-Websocket-Extensions": nil, "Authorization": nil}},
		{"no extensions", "", `nil`, `compression = false`, map[string][]string{"Sec-Websocket-Extensions": nil}},
	}
	for _, h := range headers {
		t.Run("client over ws/RFC 6455 4.1/header: "+h.name, func(t *testing.T) {
			t.Parallel()
			p := s.acceptRequest(t, clientWS, setup{scenario: scenario{url: h.url, header: h.header, options: h.options}})
			host := p.conn.LocalAddr().String()
			for name, want := range h.want {
				if name == "Host" {
					host = want[0]
				}
				if got := p.field(name); !slices.Equal(got, want) {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			p.checkRequest("/", host)
			p.welcome()
		})
	}
}

// TestClientRefusesRequest: URLs and headers that cannot be sent.
func TestClientRefusesRequest(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	refused := []struct{ url, header, text string }{
		{"http://%s/", "nil", "invalid websocket url: scheme is not ws or wss"}, {"%s", "nil", "invalid websocket url: "}, {"ws://%s/#x", "nil", "invalid websocket url: fragment is not allowed"},
		{"ws://%s/#", "nil", "invalid websocket url: fragment is not allowed"}, {"ws:///x", "nil", "invalid websocket url: host is missing or malformed"}, {"ws://", "nil", "invalid websocket url: "},
		{"ws://127.0.0.1:0/", "nil", "invalid websocket url: port is not between 1 and 65535"}, {"ws://127.0.0.1:65536/", "nil", "invalid websocket url: "}, {"ws://127.0.0.1:x/", "nil", "invalid websocket url: "},
		{"ws://[::1/", "nil", "invalid websocket url: "}, {"ws://a b/", "nil", "invalid websocket url: "}, {"", "nil", "invalid websocket url: "}, {"ws:x", "nil", "invalid websocket url: "},
		{"ws://%s/\r\nX: y", "nil", "invalid websocket url: "}, {"ws://%s/\x00", "nil", "invalid websocket url: "},
		{"", `{["x y"] = "1"}`, `header "`}, {"", `{[""] = "1"}`, `header "`}, {"", `{x = "a\r\nb: c"}`, `header "X"`}, {"", `{x = "a\nb"}`, `header "X"`}, {"", `{x = "\0"}`, `header "X"`},
		{"", `{host = "a b"}`, "header "}, {"", `{host = {"a", "b"}}`, "header "}, {"", `{["sec-websocket-protocol"] = "a b"}`, "header "},
	}
	for _, name := range []string{"Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Accept", "Sec-WebSocket-Extensions", "Content-Length", "Transfer-Encoding"} {
		for _, spelled := range []string{name, strings.ToLower(name)} {
			refused = append(refused, struct{ url, header, text string }{"", `{["` + spelled + `"] = "1"}`, "header "})
		}
	}
	for _, r := range refused {
		t.Run(fmt.Sprintf("client over ws/RFC 6455 4.1/refused: url %q, header %s", r.url, r.header), func(t *testing.T) {
			t.Parallel()
			url := r.url
			if r.header != "nil" {
				url = "ws://127.0.0.1:1/"
			}
			listener := s.listen(t)
			if url == "" {
				url = " "
			}
			sc := s.start(clientWS, listener, scenario{url: strings.TrimSpace(url) + strings.Repeat(" ", len(url)-len(strings.TrimSpace(url))), header: r.header})
			got := sc.next(t)
			if got.kind != "refused" || !strings.HasPrefix(got.data, r.text) {
				t.Errorf("the script saw %v, want an error %q", got, r.text)
			}
			checkErrorText(t, got.data)
		})
	}
}

// TestClientChecksAnswer: what makes an answer complete the handshake, and what does not.
func TestClientChecksAnswer(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	const head = "HTTP/1.1 101 Switching Protocols\r\n"
	const upgrade, connection, accept = "Upgrade: websocket\r\n", "Connection: Upgrade\r\n", "Sec-WebSocket-Accept: ACCEPT\r\n"
	const failed = "websocket handshake failed: "
	const refused = "websocket handshake refused: "
	for i, c := range []struct{ rfc, name, answer, options, want string }{
		{"6455 4.1", "as it should be", head + upgrade + connection + accept, "", ""},
		{"6455 4.1", "Upgrade: WebSocket", head + "Upgrade: WebSocket\r\n" + connection + accept, "", ""},
		{"6455 4.1", "Connection: keep-alive, UPGRADE", head + upgrade + "Connection: keep-alive, UPGRADE\r\n" + accept, "", ""},
		{"6455 4.1", "Connection in two lines", head + upgrade + "Connection: keep-alive\r\nConnection: upgrade\r\n" + accept, "", ""},
		{"9110 5.1", "names in lower case", head + strings.ToLower(upgrade+connection) + "sec-websocket-accept: ACCEPT\r\n", "", ""},
		{"6455 4.1", "white space around the accept value", head + upgrade + connection + "Sec-WebSocket-Accept:  \tACCEPT \r\n", "", ""},
		{"9112 4", "another reason phrase", "HTTP/1.1 101 Web Socket Protocol Handshake\r\n" + upgrade + connection + accept, "", ""},
		{"9112 4", "no reason phrase", "HTTP/1.1 101 \r\n" + upgrade + connection + accept, "", ""},
		{"6455 4.1", "other fields", head + "Server: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n" + upgrade + connection + accept + "Date: today\r\n", "", ""},
		{"6455 4.1", "the second of the subprotocols", head + upgrade + connection + accept + "Sec-WebSocket-Protocol: b\r\n", `subprotocols = {"a", "b"}`, ""},
		{"6455 4.1", "none of the subprotocols", head + upgrade + connection + accept, `subprotocols = {"a", "b"}`, ""},
		{"9110 15.2", "after 100 Continue", "HTTP/1.1 100 Continue\r\n\r\n" + head + upgrade + connection + accept, "", ""},
		{"9110 15.2", "after 102 Processing", "HTTP/1.1 102 Processing\r\n\r\n" + head + upgrade + connection + accept, "", ""},
		{"9110 15.2", "after two 103 Early Hints", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + head + upgrade + connection + accept, "", ""},

		{"6455 4.1", "no accept value", head + upgrade + connection, "", failed},
		{"6455 4.1", "empty accept value", head + upgrade + connection + "Sec-WebSocket-Accept: \r\n", "", failed},
		{"6455 4.1", "accept value of another key", head + upgrade + connection + "Sec-WebSocket-Accept: " + sampleAccept + "\r\n", "", failed},
		{"6455 4.1", "accept value that is the key", head + upgrade + connection + "Sec-WebSocket-Accept: KEY\r\n", "", failed},
		{"6455 4.1", "accept value and more", head + upgrade + connection + "Sec-WebSocket-Accept: ACCEPT=\r\n", "", failed},
		{"6455 4.1", "accept value in lower case", head + upgrade + connection + "Sec-WebSocket-Accept: accept\r\n", "", failed},
		{"6455 11.3.3", "two accept values", head + upgrade + connection + accept + accept, "", failed},
		{"6455 4.1", "no Upgrade", head + connection + accept, "", failed},
		{"6455 4.1", "Upgrade: h2c", head + "Upgrade: h2c\r\n" + connection + accept, "", failed},
		{"6455 4.1", "Upgrade: websocket2", head + "Upgrade: websocket2\r\n" + connection + accept, "", failed},
		{"6455 4.1", "no Connection", head + upgrade + accept, "", failed},
		{"6455 4.1", "Connection: close", head + upgrade + "Connection: close\r\n" + accept, "", failed},
		{"6455 4.1", "an extension that was not offered", head + upgrade + connection + accept + "Sec-WebSocket-Extensions: x-foo\r\n", "", failed},
		{"6455 4.1", "malformed extensions", head + upgrade + connection + accept + "Sec-WebSocket-Extensions: ;\r\n", "", failed},
		{"6455 4.1", "a subprotocol, none was offered", head + upgrade + connection + accept + "Sec-WebSocket-Protocol: chat\r\n", "", failed},
		{"6455 4.1", "a subprotocol that was not offered", head + upgrade + connection + accept + "Sec-WebSocket-Protocol: c\r\n", `subprotocols = {"a", "b"}`, failed},
		{"6455 4.1", "a subprotocol in another case", head + upgrade + connection + accept + "Sec-WebSocket-Protocol: A\r\n", `subprotocols = {"a", "b"}`, failed},
		{"6455 4.1", "both subprotocols", head + upgrade + connection + accept + "Sec-WebSocket-Protocol: a, b\r\n", `subprotocols = {"a", "b"}`, failed},
		{"6455 11.3.4", "both subprotocols in two lines", head + upgrade + connection + accept + "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n", `subprotocols = {"a", "b"}`, failed},
		{"6455 4.1", "an empty subprotocol", head + upgrade + connection + accept + "Sec-WebSocket-Protocol: \r\n", `subprotocols = {"a"}`, failed},
		{"6455 4.1", "HTTP/1.0", "HTTP/1.0 101 Switching Protocols\r\n" + upgrade + connection + accept, "", failed},

		{"6455 4.1", "200", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "", refused + "200 OK: hi"},
		{"6455 4.1", "200 with all fields", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + upgrade + connection + accept, "", refused + "200 OK"},
		{"6455 4.1", "301, which is not followed", "HTTP/1.1 301 Moved Permanently\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n", "", refused + "301 Moved Permanently"},
		{"6455 4.1", "401", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n", "", refused + "401 Unauthorized"},
		{"6455 4.1", "403 with a body", "HTTP/1.1 403 Forbidden\r\nContent-Length: 13\r\n\r\nmembers\r\nonly", "", refused + "403 Forbidden: members only"},
		{"6455 4.1", "403 in chunks", "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnope\r\n0\r\n\r\n", "", refused + "403 Forbidden: nope"},
		{"6455 4.1", "426", "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 8\r\nContent-Length: 0\r\n", "", refused + "426 Upgrade Required"},
		{"6455 4.1", "500 with a binary body", "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\n\r\n\x00\x01\xff\n!", "", refused + "500 Internal Server Error: !"},
		{"6455 4.1", "503 without a reason phrase", "HTTP/1.1 503 \r\nContent-Length: 0\r\n", "", refused + "503"},
		{"6455 4.1", "403 and the end of the stream", "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\nbye\x04", "", refused + "403 Forbidden: bye"},
		{"6455 4.1", "403 with a body that never ends", "HTTP/1.1 403 Forbidden\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 1000), "", refused + "403 Forbidden: xxx"},

		{"6455 4.1", "garbage", "SSH-2.0-OpenSSH_9\r\n", "", "websocket handshake"},
		{"6455 4.1", "frames", "\x81\x05Hello\r\n\r\n", "", "websocket handshake"},
		{"6455 4.1", "a malformed field", head + "no colon\r\n" + upgrade + connection + accept, "", "websocket handshake"},
		{"6455 4.1", "a status that is none", "HTTP/1.1 1o1 Switching Protocols\r\n" + upgrade + connection + accept, "", "websocket handshake"},
		{"6455 4.1", "a header that is too long", head + "X-Long: " + strings.Repeat("x", 100_000) + "\r\n" + upgrade + connection + accept, "", "websocket handshake"},
		{"6455 4.1", "a header of too many lines", head + strings.Repeat("X: y\r\n", 20_000) + upgrade + connection + accept, "", "websocket handshake"},
		{"6455 4.1", "the end at once", "\x04", "", "websocket handshake: end of file"},
		{"6455 4.1", "the end inside the header", head + "Upgr\x04", "", "websocket handshake: "},
		{"6455 4.1", "silence", "\x05", "timeout = 200", "websocket handshake: timeout"},
		{"6455 4.1", "silence inside the header", head + "Upgr\x05", "timeout = 200", "websocket handshake: timeout"},
	} {
		l := []link{clientWS, clientWSS}[i%2]
		t.Run(fmt.Sprintf("%v/RFC %s/%s", l, c.rfc, c.name), func(t *testing.T) {
			t.Parallel()
			p := s.acceptRequest(t, l, setup{scenario: scenario{options: c.options}})
			key := p.request.Header.Get("Sec-WebSocket-Key")
			answer := strings.NewReplacer("ACCEPT", acceptKey(key), "accept\r", strings.ToLower(acceptKey(key))+"\r", "KEY", key).Replace(c.answer)
			end := strings.HasSuffix(answer, "\x04") // the end of the stream
			silence := strings.HasSuffix(answer, "\x05")
			answer = strings.TrimRight(answer, "\x04\x05")
			if !end && !silence && strings.HasSuffix(answer, "\r\n") && !strings.HasSuffix(answer, "\r\n\r\n") {
				answer += "\r\n"
			}
			if c.want == "" {
				p.write(answer)
				got := p.script.next(t)
				if got.kind != "open" {
					t.Fatalf("the script saw %v", got)
				}
				if want := p.chosen(answer); got.data != want {
					t.Errorf("the subprotocol is %q, want %q", got.data, want)
				}
				p.finish()
				return
			}
			_, _ = p.conn.Write([]byte(answer)) // the client may hang up before it has read all
			if end {
				p.closeWrite()
			}
			p.wantsRefusal(c.want)
		})
	}
}

// TestClientWaitsForAnswer: it comes in any pieces, and nothing is sent before it.
func TestClientWaitsForAnswer(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for _, l := range []link{clientWS, clientWSS} {
		t.Run(l.String()+"/RFC 6455 4.1/answer byte by byte", func(t *testing.T) {
			t.Parallel()
			p := s.acceptRequest(t, l, setup{})
			for _, b := range []byte(p.answer("")) {
				p.write(string(b))
			}
			p.script.sees(t, event{"open", "nil", ""})
			p.finish()
		})
		t.Run(l.String()+"/RFC 6455 4.1/the client sends nothing before the answer", func(t *testing.T) {
			t.Parallel()
			p := s.acceptRequest(t, l, setup{scenario: scenario{code: `sock:write("first", "text") sock:close()`}})
			if n := p.r.Buffered(); n != 0 {
				t.Errorf("%d bytes follow the request", n)
			}
			p.write(p.answer(""))
			p.wants(frame{op: text, payload: "first"})
			p.wantsClose(0)
			p.send(frame{op: closing})
			p.wantsEnd()
		})
	}
}

// chosen is the subprotocol in an answer, as tostring shows it.
func (p *peer) chosen(answer string) string {
	_, after, ok := strings.Cut(answer, "Sec-WebSocket-Protocol: ")
	if !ok {
		return "nil"
	}
	value, _, _ := strings.Cut(after, "\r\n")
	return value
}
