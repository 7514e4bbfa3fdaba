package wsconformance

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A request is a handshake to a server: the fields of a good one, without those named in drop, and those
// in add.
type request struct {
	rfc, name string
	options   string
	line      string // "GET ? HTTP/1.1" unless set; ? becomes the target
	drop      []string
	add       []string
	after     string // what follows the head

	status int      // of the answer
	text   string   // of the refusal
	has    []string // lines of the answer
	hasNot []string // names of fields that the answer must not have
	chosen string   // subprotocol
	silent bool     // no handler runs: the HTTP server answers itself
}

func (r request) head(id string) string {
	line := r.line
	if line == "" {
		line = "GET ? HTTP/1.1"
	}
	fields := []string{"Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + sampleKey}
	fields = slices.DeleteFunc(fields, func(field string) bool {
		name, _, _ := strings.Cut(field, ":")
		return slices.Contains(r.drop, name)
	})
	fields = append(fields, r.add...)
	return strings.Join(append([]string{strings.Replace(line, "?", "/?id="+id, 1)}, fields...), "\r\n") + "\r\n\r\n" + r.after
}

// lines is the head of an answer as field lines with names in lower case.
func lines(head string) []string {
	var list []string
	for line := range strings.SplitSeq(strings.TrimSuffix(head, "\r\n\r\n"), "\r\n") {
		name, value, ok := strings.Cut(line, ": ")
		if ok {
			line = strings.ToLower(name) + ": " + value
		}
		list = append(list, line)
	}
	return list
}

func (r request) run(t *testing.T, s *suite, l link) {
	p := s.raw(t, l, s.add(scenario{options: r.options}))
	p.write(r.head(p.script.id))
	p.readResponse()
	got := lines(p.head)
	if p.response.StatusCode != r.status {
		t.Fatalf("the answer is %q with body %q, want %d", p.head, p.body, r.status)
	}
	for _, want := range r.has {
		if !slices.Contains(got, want) {
			t.Errorf("the answer %q lacks %q", p.head, want)
		}
	}
	for _, name := range r.hasNot {
		if p.response.Header[name] != nil {
			t.Errorf("the answer %q has %s", p.head, name)
		}
	}
	if r.status != 101 {
		if r.silent {
			return
		}
		p.script.sees(t, event{"refused", r.text, ""})
		checkErrorText(t, r.text)
		if p.body != r.text+"\n" || p.response.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("the refusal is %q, %q", p.head, p.body)
		}
		return
	}
	if !strings.HasPrefix(p.head, "HTTP/1.1 101 ") {
		t.Errorf("the status line is %q", got[0])
	}
	for _, name := range []string{"upgrade", "connection", "sec-websocket-accept"} {
		n := 0
		for _, line := range got {
			if strings.HasPrefix(line, name+":") {
				n++
			}
		}
		if n != 1 {
			t.Errorf("RFC 6455 4.2.2: %d times %s in %q", n, name, p.head)
		}
	}
	if !strings.EqualFold(p.response.Header.Get("Upgrade"), "websocket") || !strings.EqualFold(p.response.Header.Get("Connection"), "upgrade") {
		t.Errorf("RFC 6455 4.2.2: the answer is %q", p.head)
	}
	for _, name := range []string{"Content-Length", "Transfer-Encoding", "Sec-Websocket-Extensions"} {
		if p.response.Header[name] != nil {
			t.Errorf("the answer %q has %s", p.head, name)
		}
	}
	want := "nil"
	if r.chosen != "" {
		want = r.chosen
		if !slices.Contains(got, "sec-websocket-protocol: "+r.chosen) {
			t.Errorf("the answer %q does not choose %s", p.head, r.chosen)
		}
	} else if p.response.Header["Sec-Websocket-Protocol"] != nil {
		t.Errorf("the answer %q chooses a subprotocol", p.head)
	}
	p.script.sees(t, event{"open", want, ""})
	p.send(frame{op: text, payload: "works"})
	p.wants(frame{op: text, payload: "works"})
	p.script.sees(t, event{"text", "works", ""})
	p.finish()
}

// handshakes are requests for a handshake, and what becomes of them.
type handshakes struct{ cases []request }

func (h *handshakes) accepted(rfc, name string, drop []string, add ...string) {
	h.cases = append(h.cases, request{rfc: rfc, name: "accepted: " + name, drop: drop, add: add, status: 101, has: []string{"sec-websocket-accept: " + sampleAccept}})
}

func (h *handshakes) refused(rfc, name string, status int, text string, drop []string, add ...string) {
	h.cases = append(h.cases, request{rfc: rfc, name: "refused: " + name, drop: drop, add: add, status: status, text: text, hasNot: []string{"Sec-Websocket-Accept"}})
}

// run makes the requests, each over one of the two links.
func (h *handshakes) run(t *testing.T) {
	s := newSuite(t)
	for i, r := range h.cases {
		l := []link{serverWS, serverWSS}[i%2]
		t.Run(fmt.Sprintf("%v/RFC %s/%s", l, r.rfc, r.name), func(t *testing.T) {
			t.Parallel()
			r.run(t, s, l)
		})
	}
}

func TestServerAcceptsHandshakes(t *testing.T) {
	t.Parallel()
	var h handshakes
	h.accepted("6455 4.2.1", "as it should be", nil)
	for _, value := range []string{"WebSocket", "WEBSOCKET", "websocket ", "\twebsocket", "h2c, websocket", "websocket,foo", "foo/2, WebSocket"} {
		h.accepted("6455 4.2.1", fmt.Sprintf("Upgrade: %q", value), []string{"Upgrade"}, "Upgrade: "+value)
	}
	h.accepted("9110 5.3", "Upgrade in two lines", []string{"Upgrade"}, "Upgrade: h2c", "Upgrade: websocket")
	for _, value := range []string{"upgrade", "UPGRADE", "keep-alive, Upgrade", "Upgrade,keep-alive", "close , upgrade", ",Upgrade,"} {
		h.accepted("6455 4.2.1", fmt.Sprintf("Connection: %q", value), []string{"Connection"}, "Connection: "+value)
	}
	h.accepted("9110 5.3", "Connection in two lines", []string{"Connection"}, "Connection: keep-alive", "Connection: Upgrade")
	h.accepted("9110 5.1", "names in lower case", []string{"Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key"},
		"upgrade: websocket", "connection: upgrade", "sec-websocket-version: 13", "sec-websocket-key: "+sampleKey)
	h.accepted("9110 5.1", "names in upper case", []string{"Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key"},
		"UPGRADE: websocket", "CONNECTION: upgrade", "SEC-WEBSOCKET-VERSION: 13", "SEC-WEBSOCKET-KEY: "+sampleKey)
	h.accepted("9110 5.6.3", "white space around key and version", []string{"Sec-WebSocket-Version", "Sec-WebSocket-Key"},
		"Sec-WebSocket-Version:\t 13 ", "Sec-WebSocket-Key:   "+sampleKey+" \t")
	h.accepted("6455 4.2.1", "other fields", nil, "Cookie: a=b", "User-Agent: x", "X-Unknown: y", "Pragma: no-cache")
	h.accepted("6455 10.2", "any origin without the option", nil, "Origin: http://anywhere.example")
	h.accepted("9110 8.6", "a body of no bytes", nil, "Content-Length: 0")
	h.accepted("6455 9.1", "unknown extensions", nil, `Sec-WebSocket-Extensions: foo; a=1; b="c", bar`)
	h.accepted("6455 9.1", "extensions in two lines", nil, "Sec-WebSocket-Extensions: foo", "Sec-WebSocket-Extensions: bar; x")
	h.accepted("9110 5.6.1.2", "empty elements", nil, "Sec-WebSocket-Extensions: , foo,, bar ,", "Sec-WebSocket-Protocol: a,, b,")
	h.accepted("6455 4.2.2", "subprotocols without the option", nil, "Sec-WebSocket-Protocol: chat, superchat")
	for i := range 5 {
		key := base64.StdEncoding.EncodeToString([]byte(allBytes(100)[i*16 : i*16+16]))
		h.cases = append(h.cases, request{rfc: "6455 4.2.2", name: "accept value of " + key, drop: []string{"Sec-WebSocket-Key"}, add: []string{"Sec-WebSocket-Key: " + key},
			status: 101, has: []string{"sec-websocket-accept: " + acceptKey(key)}})
	}
	h.run(t)
}

func TestServerRefusesHandshakes(t *testing.T) {
	t.Parallel()
	var h handshakes
	version := func(name string, add ...string) {
		h.cases = append(h.cases, request{rfc: "6455 4.4", name: "refused: " + name, drop: []string{"Sec-WebSocket-Version"}, add: add, status: 426, text: "websocket version is not 13",
			has: []string{"sec-websocket-version: 13"}, hasNot: []string{"Sec-Websocket-Accept"}})
	}
	for _, value := range []string{"0", "7", "8", "12", "14", "013", "13.0", "13, 8", "x", "", "-13", "130"} {
		version(fmt.Sprintf("version %q", value), "Sec-WebSocket-Version: "+value)
	}
	version("no version")
	version("two versions", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8")

	const badKey = "websocket key is not 16 bytes in base64"
	for _, value := range []string{"", "x", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25jZTE3", "dGhlIHNhbXBsZSBub25jZT8=", "dGhlIHNhbXBsZS$ub25jZQ==",
		sampleKey + sampleKey, "dGhlIHNhbXBsZSBub25jZR==", strings.Repeat("A", 1000), sampleKey + ", " + sampleKey} {
		h.refused("6455 4.2.1", fmt.Sprintf("key %.40q", value), 400, badKey, []string{"Sec-WebSocket-Key"}, "Sec-WebSocket-Key: "+value)
	}
	h.refused("6455 4.2.1", "no key", 400, badKey, []string{"Sec-WebSocket-Key"})
	h.refused("6455 11.3.1", "two keys", 400, badKey, nil, "Sec-WebSocket-Key: "+sampleKey)

	for _, value := range []string{"", "h2c", "websockets", "web socket", "websocket/13"} {
		h.refused("6455 4.2.1", fmt.Sprintf("Upgrade: %q", value), 400, "websocket handshake has no websocket in the upgrade header", []string{"Upgrade"}, "Upgrade: "+value)
	}
	h.refused("6455 4.2.1", "no Upgrade", 400, "websocket handshake has no websocket in the upgrade header", []string{"Upgrade"})
	for _, value := range []string{"", "keep-alive", "close", "upgrades", "no upgrade"} {
		h.refused("6455 4.2.1", fmt.Sprintf("Connection: %q", value), 400, "websocket handshake has no upgrade in the connection header", []string{"Connection"}, "Connection: "+value)
	}
	h.refused("6455 4.2.1", "no Connection", 400, "websocket handshake has no upgrade in the connection header", []string{"Connection"})
	for _, value := range []string{";", "a b", "a;", "a;=1", "a; b=", `a; b="x`, `a; b="x y"`, "a; b c", "a=b", `"a"`, "a,b;;c", ",", ""} {
		h.refused("6455 9.1", fmt.Sprintf("extensions %q", value), 400, "websocket extensions are malformed", nil, "Sec-WebSocket-Extensions: "+value)
	}
	for _, value := range []string{"a b", "a@b", `"a"`, "a;b", ",", "", "ünïcode"} {
		h.refused("6455 11.3.4", fmt.Sprintf("subprotocols %q", value), 400, "websocket subprotocols are not a list of tokens", nil, "Sec-WebSocket-Protocol: "+value)
	}
	const hasBody = "websocket handshake has a body"
	h.cases = append(h.cases,
		request{rfc: "6455 4.2.1", name: "refused: a body", add: []string{"Content-Length: 5"}, after: "hello", status: 400, text: hasBody},
		request{rfc: "6455 4.2.1", name: "refused: a body in chunks", add: []string{"Transfer-Encoding: chunked"}, after: "5\r\nhello\r\n0\r\n\r\n", status: 400, text: hasBody})
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
		h.cases = append(h.cases, request{rfc: "6455 4.2.1", name: "refused: " + method, line: method + " ? HTTP/1.1", status: 405, text: "websocket handshake must use the method GET", has: []string{"allow: GET"}})
	}
	h.cases = append(h.cases,
		request{rfc: "6455 4.2.1", name: "refused: HTTP/1.0", line: "GET ? HTTP/1.0", status: 505, text: "websocket handshake must use HTTP/1.1"},
		request{rfc: "9112 3.2", name: "refused: no Host", drop: []string{"Host"}, status: 400, silent: true},
		request{rfc: "9112 3.2", name: "refused: two Hosts", add: []string{"Host: other"}, status: 400, silent: true},
		request{rfc: "9112 5.1", name: "refused: white space before a colon", add: []string{"X-A : b"}, status: 400, silent: true})
	h.run(t)
}

// TestServerOptions: subprotocols, origins and the header of the answer.
func TestServerOptions(t *testing.T) {
	t.Parallel()
	var h handshakes
	// Subprotocols: the server's order decides, and the case of letters counts.
	for _, c := range []struct{ name, preferred, offer, chosen string }{
		{"the only one", `"chat"`, "chat", "chat"}, {"the server's first", `"b", "a"`, "a, b", "b"}, {"the server's second", `"c", "a"`, "a, b", "a"},
		{"none in common", `"c"`, "a, b", ""}, {"of another case", `"Chat"`, "chat", ""}, {"in two lines", `"b"`, "a\r\nSec-WebSocket-Protocol: b", "b"},
		{"named twice", `"a"`, "a, a", "a"}, {"an empty list", ``, "a", ""}, {"of all token bytes", "\"!#$%&'*+-.^_`|~9\"", "!#$%&'*+-.^_`|~9", "!#$%&'*+-.^_`|~9"},
	} {
		h.cases = append(h.cases, request{rfc: "6455 4.2.2", name: "subprotocol " + c.name, options: "subprotocols = {" + c.preferred + "}", add: []string{"Sec-WebSocket-Protocol: " + c.offer}, status: 101, chosen: c.chosen})
	}
	h.cases = append(h.cases, request{rfc: "6455 4.2.2", name: "subprotocol without an offer", options: `subprotocols = {"a"}`, status: 101})

	// Origins.
	for _, c := range []struct {
		origins, origin string
		ok              bool
	}{
		{`"https://a.example"`, "https://a.example", true}, {`"https://a.example"`, "https://A.EXAMPLE", true}, {`"https://a.example"`, "https://a.example:443", true},
		{`"https://a.example:443"`, "https://a.example", true}, {`"http://b.example", "https://a.example"`, "https://a.example", true}, {`"*"`, "http://x.example", true}, {`"null"`, "null", true},
		{`"https://a.example"`, "", true}, {`"http://a.example:8080"`, "http://a.example:8080", true},
		{`"https://a.example"`, "http://a.example", false}, {`"https://a.example"`, "https://a.example:8443", false}, {`"https://a.example"`, "https://b.a.example", false},
		{`"https://a.example"`, "https://a.example.evil.example", false}, {`"https://a.example"`, "null", false}, {`"https://a.example"`, "https://a.example/", false},
		{`"https://a.example"`, "a.example", false}, {``, "https://a.example", false}, {`"https://a.example"`, "https://user@a.example", false}, {`"null"`, "https://null", false},
		{`"https://a.example"`, "https://a.example\r\nOrigin: https://evil.example", false},
	} {
		r := request{rfc: "6455 10.2", name: fmt.Sprintf("origin %q of {%s}", c.origin, c.origins), options: "origins = {" + c.origins + "}", status: 101}
		if c.origin != "" {
			r.add = []string{"Origin: " + c.origin}
		}
		if !c.ok {
			r.status, r.text = 403, "websocket origin is not allowed"
		}
		h.cases = append(h.cases, r)
	}
	h.cases = append(h.cases, request{rfc: "6455 4.2.2", name: "extra header", options: `header = {["X-One"] = "1", ["Set-Cookie"] = {"a=1", "b=2"}}`, status: 101,
		has: []string{"x-one: 1", "set-cookie: a=1", "set-cookie: b=2"}})
	h.run(t)
}

func TestServerHandshakeByteByByte(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for _, l := range []link{serverWS, serverWSS} {
		t.Run(l.String()+"/RFC 6455 4.2/handshake byte by byte", func(t *testing.T) {
			t.Parallel()
			p := s.raw(t, l, s.add(scenario{}))
			for _, b := range []byte(request{}.head(p.script.id)) {
				p.write(string(b))
			}
			p.readResponse()
			p.script.sees(t, event{"open", "nil", ""})
			p.finish()
		})
	}
}

// TestFramesWithHandshake: frames in the same packet as the handshake are not lost.
func TestFramesWithHandshake(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for _, l := range links {
		open := func(t *testing.T, frames ...frame) *peer {
			first := ""
			for _, f := range frames {
				first += f.bytes(l)
			}
			return s.open(t, l, setup{first: first})
		}
		for _, n := range []int{1, 125, 5000, 100_000} {
			t.Run(fmt.Sprintf("%v/RFC 6455 4/message of %d bytes with the handshake", l, n), func(t *testing.T) {
				t.Parallel()
				m := frame{op: text, payload: ascii(n)}
				p := open(t, frame{op: ping, payload: "p"}, m)
				p.wants(frame{op: pong, payload: "p"})
				p.wants(m)
				p.script.sees(t, event{"ping", "p", ""}, event{"text", m.payload, ""})
				p.finish()
			})
		}
		t.Run(l.String()+"/RFC 6455 4/half a frame with the handshake", func(t *testing.T) {
			t.Parallel()
			f := frame{op: text, payload: "0123456789"}.bytes(l)
			p := s.open(t, l, setup{first: f[:7]})
			p.write(f[7:])
			p.wants(frame{op: text, payload: "0123456789"})
			p.script.sees(t, event{"text", "0123456789", ""})
			p.finish()
		})
		t.Run(l.String()+"/RFC 6455 4/close frame with the handshake", func(t *testing.T) {
			t.Parallel()
			p := open(t, frame{op: closing, payload: closePayload(1001, "")})
			p.wantsClose(1001)
			p.wantsEnd()
			p.script.seesClose(t, closePayload(1001, ""))
		})
		t.Run(l.String()+"/RFC 6455 4/broken frame with the handshake", func(t *testing.T) {
			t.Parallel()
			p := s.open(t, l, setup{first: "\xff\xff"})
			p.wantsClose(1002)
			p.wantsEnd()
			p.script.seesFailure(t, "")
		})
	}
}
