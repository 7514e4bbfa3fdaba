package wsconformance

import (
	"bufio"
	"context"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/internal/testcert"
	"silly/luahost"

	lua "github.com/yuin/gopher-lua"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// Most cases wait for the network most of the time.
	_ = flag.Set("test.parallel", "8")
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// loopback is the machine's own network, in which a test can give addresses to its listeners.
type loopback struct{ names *sync.Map }

func (loopback) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, network, address)
}

func (n loopback) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if real, ok := n.names.Load(address); ok {
		address = real.(string)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// A role is the side of the connection that is under test: the peer of this package has the other.
type role int

const (
	server role = iota
	client
)

// A link says what is under test, and over what.
type link struct {
	role   role
	secure bool
}

func (l link) String() string {
	name := "server over ws"
	if l.role == client {
		name = "client over ws"
	}
	if l.secure {
		name += "s"
	}
	return name
}

var (
	serverWS  = link{server, false}
	serverWSS = link{server, true}
	clientWS  = link{client, false}
	clientWSS = link{client, true}
	links     = []link{serverWS, serverWSS, clientWS, clientWSS}
)

// program runs the Lua side of every connection: the server's handler and connect, which Go starts as a
// task. code_of, options_of and the others are Go functions that tell what the case with that id wants.
const program = `
local http, websocket = require "silly.net.http", require "silly.net.websocket"
local environment = [[
	local sock, report = ...
	local task, time = require "silly.task", require "silly.time"
]]

-- Says what became of the connection, until it ends.
local echo = [[
	while true do
		local data, typ, partial = sock:read()
		if not data then
			report("error", typ, partial)
			local more, err, rest = sock:read()
			report(more and "more" or "again", err, rest)
			break
		end
		report(typ, data)
		if typ == "close" then
			local more, err, rest = sock:read()
			report(more and "more" or "after close", err, rest)
			break
		end
		if typ == "text" or typ == "binary" then sock:write(data, typ) end
	end
	sock:close()
]]

local function options(id)
	return assert(loadstring("return {" .. options_of(id) .. "}", "=options"))()
end

local compiled = {}

local function run(sock, id)
	local code = code_of(id)
	compiled[code] = compiled[code] or assert(loadstring(environment .. (code == "" and echo or code), "=case"))
	compiled[code](sock, function(kind, data, partial)
		report(id, tostring(kind), tostring(data == nil and "" or data), tostring(partial == nil and "" or partial))
	end)
end

local function handler(stream)
	local id = stream.query.id
	local sock, err = websocket.upgrade(stream, options(id))
	if not sock then report(id, "refused", err, "") return end
	report(id, "open", tostring(sock.subprotocol), "")
	run(sock, id)
end

function connect(id)
	local header = assert(loadstring("return " .. header_of(id), "=header"))()
	local before = {}
	for k, v in pairs(header or {}) do before[k] = v end
	local opts = options(id)
	if opts.tls == nil and url_of(id):sub(1, 4) == "wss:" then opts.tls = {ca = certificate} end
	local sock, err = websocket.connect(url_of(id), header, opts)
	for k, v in pairs(header or {}) do assert(before[k] == v, "the header table was modified") end
	for k, v in pairs(before) do assert(header[k] == v, "the header table was modified") end
	if not sock then report(id, "refused", err, "") return end
	report(id, "open", tostring(sock.subprotocol), "")
	run(sock, id)
end

local plain = assert(http.listen {addr = "127.0.0.1:0", handler = handler})
local secure = assert(http.listen {addr = "127.0.0.1:0", handler = handler, certs = {{cert = certificate, key = key}}})
ready(plain.addr, secure.addr)
`

// A suite is a host on which scripts run, one for each connection.
type suite struct {
	host      *luahost.Host
	stderr    luatest.Output
	plain     string // address of the server
	secure    string
	clientTLS *tls.Config
	serverTLS *tls.Config
	names     sync.Map // what is dialled, and where that leads

	mu      sync.Mutex
	scripts map[string]*script
}

// newSuite starts a host that ends with the test.
func newSuite(t *testing.T) *suite {
	t.Helper()
	s := &suite{scripts: make(map[string]*script)}
	certificate, key := testcert.New(t)
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(certificate))
	// The curves are those that cost the least under the race detector.
	s.clientTLS = &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", NextProtos: []string{"http/1.1"}, CurvePreferences: []tls.CurveID{tls.CurveP256}}
	s.serverTLS = &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}, CurvePreferences: []tls.CurveID{tls.X25519}}

	s.host = luatest.NewHost(t, luahost.Options{Network: loopback{&s.names}, Stdout: &s.stderr, Stderr: &s.stderr})
	t.Cleanup(func() {
		if text := s.stderr.String(); text != "" {
			t.Errorf("scripts failed:\n%s", text)
		}
	})
	ready := make(chan [2]string, 1)
	s.host.Expose("ready", func(plain, secure string) { ready <- [2]string{plain, secure} })
	s.host.Expose("certificate", certificate)
	s.host.Expose("key", key)
	s.host.Expose("code_of", func(id string) string { return s.script(id).code })
	s.host.Expose("options_of", func(id string) string { return s.script(id).options })
	s.host.Expose("header_of", func(id string) string { return s.script(id).header })
	s.host.Expose("url_of", func(id string) string { return s.script(id).url })
	s.host.Expose("report", func(id, kind, data, partial string) { s.script(id).report(event{kind, data, partial}) })
	failed := make(chan error, 1)
	go func() { failed <- s.host.RunString(context.Background(), "conformance.lua", program) }()
	select {
	case addresses := <-ready:
		s.plain, s.secure = addresses[0], addresses[1]
	case err := <-failed:
		t.Fatalf("the program ended: %v", err)
	}
	return s
}

// A scenario is what the Lua side of a connection does.
type scenario struct {
	code    string // "" is the echo loop
	options string // fields of the options table
	header  string // client: a Lua expression
	url     string // client; %s is the address of the listener
}

// A script is the Lua side of one connection.
type script struct {
	scenario
	id string

	mu     sync.Mutex
	events []event
	news   chan struct{}
}

// An event is something a script saw: what read returned, or what the case's own code reports.
type event struct{ kind, data, partial string }

func (e event) String() string {
	if len(e.data) > 200 {
		return fmt.Sprintf("%s %q... (%d bytes)", e.kind, e.data[:100], len(e.data))
	}
	return fmt.Sprintf("%s %q %q", e.kind, e.data, e.partial)
}

// add registers a script.
func (s *suite) add(sc scenario) *script {
	s.mu.Lock()
	defer s.mu.Unlock()
	added := &script{scenario: sc, id: strconv.Itoa(len(s.scripts) + 1), news: make(chan struct{}, 1)}
	if added.header == "" {
		added.header = "nil"
	}
	s.scripts[added.id] = added
	return added
}

func (s *suite) script(id string) *script {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.scripts[id]
}

func (sc *script) report(e event) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.events = append(sc.events, e)
	select {
	case sc.news <- struct{}{}:
	default:
	}
}

// next waits for the next event.
func (sc *script) next(t *testing.T) event {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		sc.mu.Lock()
		if len(sc.events) > 0 {
			e := sc.events[0]
			sc.events = sc.events[1:]
			sc.mu.Unlock()
			return e
		}
		sc.mu.Unlock()
		select {
		case <-sc.news:
		case <-timeout.C:
			t.Fatal("the script reports nothing")
		}
	}
}

// sees checks the next events.
func (sc *script) sees(t *testing.T, want ...event) {
	t.Helper()
	for _, w := range want {
		if got := sc.next(t); got != w {
			t.Fatalf("the script saw %v, want %v", got, w)
		}
	}
}

// seesFailure checks that read returned an error with that partial message, twice.
func (sc *script) seesFailure(t *testing.T, partial string) (text string) {
	t.Helper()
	got := sc.next(t)
	if got.kind != "error" || got.partial != partial {
		t.Fatalf("the script saw %v, want an error with partial %q", got, partial)
	}
	checkErrorText(t, got.data)
	again := sc.next(t)
	if again.kind != "again" || again.data != got.data || again.partial != "" {
		t.Errorf("a later read returned %v, want the error of the first, %v, without what it has handed out", again, got)
	}
	return got.data
}

// seesClose checks that read returned a close frame with that payload, and an error ever after.
func (sc *script) seesClose(t *testing.T, payload string) {
	t.Helper()
	sc.sees(t, event{"close", payload, ""}, event{"after close", "socket closed", ""})
}

// checkErrorText checks what all error texts have in common.
func checkErrorText(t *testing.T, text string) {
	t.Helper()
	if text == "" || text[0] >= 'A' && text[0] <= 'Z' || strings.ContainsAny(text, "\r\n") {
		t.Errorf("error text %q is empty or is not in lower case and one line", text)
	}
}

// A setup is how a connection is opened.
type setup struct {
	scenario
	// extensions is what the peer says in Sec-WebSocket-Extensions: its offer to a server, its answer
	// to a client.
	extensions string
	// first is sent in one packet with the handshake.
	first string
	// name is an address that leads to the peer of a client.
	name string
}

// open opens a connection with a complete handshake.
func (s *suite) open(t *testing.T, l link, set setup) *peer {
	t.Helper()
	if l.role == server {
		return s.dial(t, l, set)
	}
	return s.accept(t, l, set)
}

const (
	sampleKey    = "dGhlIHNhbXBsZSBub25jZQ==" // RFC 6455 section 1.3
	sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// acceptKey is RFC 6455 section 4.2.2, step 5.4.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// raw connects to the server without any handshake but that of TLS.
func (s *suite) raw(t *testing.T, l link, sc *script) *peer {
	t.Helper()
	address := s.plain
	if l.secure {
		address = s.secure
	}
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	p := &peer{t: t, link: l, conn: c, tcp: c.(*net.TCPConn), script: sc}
	if l.secure {
		p.conn = tls.Client(c, s.clientTLS)
	}
	p.r = bufio.NewReaderSize(p.conn, 32<<10)
	return p
}

// dial is a client that completes the handshake.
func (s *suite) dial(t *testing.T, l link, set setup) *peer {
	t.Helper()
	p := s.raw(t, l, s.add(set.scenario))
	request := "GET /?id=" + p.script.id + " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + sampleKey + "\r\n"
	if set.extensions != "" {
		request += "Sec-WebSocket-Extensions: " + set.extensions + "\r\n"
	}
	p.write(request + "\r\n" + set.first)
	p.readResponse()
	if p.response.StatusCode != 101 {
		t.Fatalf("handshake: %s", p.response.Status)
	}
	if got := p.response.Header.Get("Sec-WebSocket-Accept"); got != sampleAccept {
		t.Fatalf("accept is %q", got)
	}
	p.agree(p.response.Header)
	if got := p.script.next(t); got.kind != "open" {
		t.Fatalf("the script saw %v", got)
	}
	return p
}

// listen makes a server to which the script of a client will connect.
func (s *suite) listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	return l
}

// start starts the script of a client.
func (s *suite) start(l link, listener net.Listener, sc scenario) *script {
	if sc.url == "" {
		sc.url = "ws://%s/"
		if l.secure {
			sc.url = "wss://%s/"
		}
	}
	if listener != nil {
		sc.url = strings.Replace(sc.url, "%s", listener.Addr().String(), 1)
	}
	added := s.add(sc)
	s.host.Do(func(L *lua.LState) {
		s.host.Env().Fork(L.GetGlobal("connect").(*lua.LFunction), lua.LString(added.id), nil)
	})
	return added
}

// acceptRequest is a server that has read the request of a client and not answered yet.
func (s *suite) acceptRequest(t *testing.T, l link, set setup) *peer {
	t.Helper()
	listener := s.listen(t)
	if set.name != "" {
		s.names.Store(set.name, listener.Addr().String())
	}
	sc := s.start(l, listener, set.scenario)
	c, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	p := &peer{t: t, link: l, conn: c, tcp: c.(*net.TCPConn), script: sc}
	if l.secure {
		p.conn = tls.Server(c, s.serverTLS)
	}
	p.r = bufio.NewReaderSize(p.conn, 32<<10)
	p.readRequest()
	return p
}

// answer is the head of the answer to the client's request, with more header lines.
func (p *peer) answer(lines string) string {
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + acceptKey(p.request.Header.Get("Sec-WebSocket-Key")) + "\r\n" + lines + "\r\n"
}

// accept is a server that completes the handshake.
func (s *suite) accept(t *testing.T, l link, set setup) *peer {
	t.Helper()
	p := s.acceptRequest(t, l, set)
	lines := ""
	if set.extensions != "" {
		lines = "Sec-WebSocket-Extensions: " + set.extensions + "\r\n"
	}
	p.write(p.answer(lines) + set.first)
	p.agree(http.Header{"Sec-Websocket-Extensions": {set.extensions}})
	if got := p.script.next(t); got.kind != "open" {
		t.Fatalf("the script saw %v", got)
	}
	return p
}

// readHead reads an HTTP head byte for byte and keeps it.
func (p *peer) readHead() {
	p.t.Helper()
	var b strings.Builder
	for !strings.HasSuffix(b.String(), "\r\n\r\n") {
		line, err := p.r.ReadString('\n')
		if err != nil {
			p.t.Fatalf("reading a head, after %q: %v", b.String()+line, err)
		}
		b.WriteString(line)
	}
	p.head = b.String()
}

func (p *peer) readRequest() {
	p.t.Helper()
	p.readHead()
	request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(p.head)))
	if err != nil {
		p.t.Fatalf("request %q: %v", p.head, err)
	}
	p.request = request
}

// readResponse reads the answer of the server; of a refusal, the body too.
func (p *peer) readResponse() {
	p.t.Helper()
	p.readHead()
	response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(p.head)), nil)
	if err != nil {
		p.t.Fatalf("response %q: %v", p.head, err)
	}
	p.response = response
	if response.StatusCode != 101 && response.ContentLength > 0 {
		body := make([]byte, response.ContentLength)
		if _, err := io.ReadFull(p.r, body); err != nil {
			p.t.Fatalf("body of the response: %v", err)
		}
		p.body = string(body)
	}
}

// wantsRefusal checks that connect returned nil and an error, and that the client hangs up.
func (p *peer) wantsRefusal(prefix string) (text string) {
	p.t.Helper()
	got := p.script.next(p.t)
	if got.kind != "refused" || !strings.HasPrefix(got.data, prefix) {
		p.t.Fatalf("the script saw %v, want an error %q", got, prefix)
	}
	checkErrorText(p.t, got.data)
	if b, err := p.r.ReadByte(); err == nil {
		p.t.Errorf("after the refusal the client sent %#x", b)
	} else if failure, ok := err.(net.Error); ok && failure.Timeout() {
		p.t.Error("the client does not hang up")
	}
	return got.data
}
