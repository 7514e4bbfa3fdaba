package http_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/internal/testcert"
	"silly/luahost"
)

// These tests pin what a client sees of the HTTP/1.1 server, byte for byte over TCP, where RFC 9110, RFC 9112 and
// the documentation leave no choice. Where they do, every choice passes.

// protocolLimit only ends tests that hang.
const protocolLimit = 20 * time.Second

// smuggled is what must never be taken for a request.
const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"

// A link is what a connection goes over.
type link string

const (
	overTCP link = "tcp"
	overTLS link = "tls"
)

// onBothLinks runs a test without and with TLS: the protocol is the same.
func onBothLinks(t *testing.T, test func(t *testing.T, over link)) {
	t.Parallel()
	for _, over := range []link{overTCP, overTLS} {
		t.Run(string(over), func(t *testing.T) {
			t.Parallel()
			test(t, over)
		})
	}
}

// A protocolServer is a script that serves on a real socket.
type protocolServer struct {
	addr  string
	tls   *tls.Config // of its clients; nil without TLS
	notes chan string // what the script noted, and the errors of its handlers
}

const protocolScript = `
	local http, websocket = require "silly.net.http", require "silly.net.websocket"
	local time = require "silly.time"
	-- flat is a table of strings or lists of strings as one string.
	local function flat(t)
		local out = {}
		for k, v in pairs(t) do out[#out + 1] = k .. "=" .. (type(v) == "table" and table.concat(v, "|") or v) end
		table.sort(out)
		return table.concat(out, ",")
	end
	local server
	server = assert(http.listen {addr = "127.0.0.1:0", %s handler = function(s) %s end})
	listening(server.addr)
`

// echoRequest answers with method, path and body of the request.
const echoRequest = `
	local body, err = s:readall()
	s:respond(200, {})
	s:closewrite(s.method .. " " .. s.path .. " " .. (body or "error: " .. err))`

// serveProtocol runs a server with more options for http.listen, and the body of a handler function(s).
func serveProtocol(t *testing.T, over link, options, handler string) *protocolServer {
	t.Helper()
	s := &protocolServer{notes: make(chan string, 100)}
	if over == overTLS {
		cert, key := testcert.New(t, "localhost")
		options += fmt.Sprintf(" certs = {{cert = [[%s]], key = [[%s]]}},", cert, key)
		s.tls = &tls.Config{InsecureSkipVerify: true}
	}
	h := luatest.NewHost(t, luahost.Options{
		Network: luahost.SystemNetwork{},
		OnError: func(err *luahost.Error) { s.notes <- "error: " + err.Error() },
	})
	listening := make(chan string, 1)
	h.Expose("listening", func(addr string) { listening <- addr })
	h.Expose("note", func(what string) { s.notes <- what })
	ended := make(chan error, 1)
	go func() { ended <- h.RunString(t.Context(), "server.lua", fmt.Sprintf(protocolScript, options, handler)) }()
	select {
	case s.addr = <-listening:
	case err := <-ended:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, note := range s.noted() {
			t.Errorf("the script noted %q, which nobody expected", note)
		}
	})
	return s
}

// noted takes the notes that are there.
func (s *protocolServer) noted() []string {
	var notes []string
	for {
		select {
		case note := <-s.notes:
			notes = append(notes, note)
		default:
			return notes
		}
	}
}

// wantNote waits for the next note, of which want is a part.
func (s *protocolServer) wantNote(t *testing.T, want string) {
	t.Helper()
	select {
	case note := <-s.notes:
		if !strings.Contains(note, want) {
			t.Fatalf("the script noted %q, want %q", note, want)
		}
	case <-time.After(protocolLimit):
		t.Fatalf("the script did not note %q", want)
	}
}

// A protocolPeer is a connection to the server.
type protocolPeer struct {
	net.Conn
	tcp *net.TCPConn
	t   *testing.T
	r   *bufio.Reader
}

func (s *protocolServer) dial(t *testing.T) *protocolPeer {
	t.Helper()
	nc, err := s.connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(protocolLimit))
	p := &protocolPeer{Conn: nc, t: t, r: bufio.NewReader(nc)}
	if over, ok := nc.(*tls.Conn); ok {
		nc = over.NetConn()
	}
	p.tcp = nc.(*net.TCPConn)
	return p
}

// connect makes a connection to the server.
func (s *protocolServer) connect() (net.Conn, error) {
	nc, err := net.Dial("tcp", s.addr)
	if err == nil && s.tls != nil {
		nc = tls.Client(nc, s.tls)
	}
	return nc, err
}

// url is that of a path on the server.
func (s *protocolServer) url(path string) string {
	if s.tls != nil {
		return "https://" + s.addr + path
	}
	return "http://" + s.addr + path
}

// closeWrite ends what the peer sends.
func (p *protocolPeer) closeWrite() { _ = p.Conn.(interface{ CloseWrite() error }).CloseWrite() }

func (p *protocolPeer) send(raw string) {
	p.t.Helper()
	if _, err := io.WriteString(p, raw); err != nil {
		p.t.Fatal(err)
	}
}

// head reads an answer up to its body.
func (p *protocolPeer) head(method string) *http.Response {
	p.t.Helper()
	response, err := http.ReadResponse(p.r, &http.Request{Method: method})
	if err != nil {
		p.t.Fatalf("no answer: %v", err)
	}
	return response
}

// answer reads an answer and its body.
func (p *protocolPeer) answer(method string) (response *http.Response, body string) {
	p.t.Helper()
	response = p.head(method)
	b, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatalf("broken answer: %v", err)
	}
	return response, string(b)
}

// wantAnswer reads an answer to GET or POST, which is to be want: status and body.
func (p *protocolPeer) wantAnswer(want string) {
	p.t.Helper()
	response, body := p.answer("GET")
	if got := fmt.Sprint(response.StatusCode, " ", body); got != want {
		p.t.Fatalf("got the answer %.200q, want %.200q", got, want)
	}
}

// rest is all that comes until the server closes or resets the connection.
func (p *protocolPeer) rest() string {
	p.t.Helper()
	b, err := io.ReadAll(p.r)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		p.t.Fatalf("the connection stays open; got %.200q", b)
	}
	return string(b)
}

// wantClosed waits until the server closes the connection, after which nothing else may come.
func (p *protocolPeer) wantClosed() {
	p.t.Helper()
	if rest := p.rest(); rest != "" {
		p.t.Fatalf("got %.200q, want the connection to be closed", rest)
	}
}

func get(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n" }

// post is a request with one more field and what follows the head.
func post(field, body string) string {
	return "POST /p HTTP/1.1\r\nHost: x\r\n" + field + "\r\n\r\n" + body
}

// ---- Responses

const anyLength = -2 // -1 is a body whose length is not declared

var threeMiB = strings.Repeat("x", 3<<20)

var protocolResponses = map[string]struct {
	handler string
	status  int
	body    string
	length  int64
}{
	"nothing done":           {``, 200, "", 0},
	"no body":                {`s:respond(404, {}, true)`, 404, "", 0},
	"empty body":             {`s:respond(200, {}) s:closewrite()`, 200, "", 0},
	"length computed":        {`s:respond(200, {}) s:closewrite("abcd")`, 200, "abcd", 4},
	"length given":           {`s:respond(200, {["content-length"] = 4}) s:write("ab") s:closewrite("cd")`, 200, "abcd", 4},
	"length given, no end":   {`s:respond(201, {["Content-Length"] = "2"}) s:write("ab")`, 201, "ab", 2},
	"length unknown":         {`s:respond(200, {}) s:write("ab") s:write("cd") s:closewrite("ef")`, 200, "abcdef", -1},
	"length unknown, no end": {`s:respond(200, {}) s:write("ab")`, 200, "ab", -1},
	"204":                    {`s:respond(204, {}, true)`, 204, "", anyLength},
	"204, body tried":        {`s:respond(204, {}) s:write("ab") s:closewrite("cd")`, 204, "", anyLength},
	"304":                    {`s:respond(304, {etag = '"x"'}, true)`, 304, "", anyLength},
	"3 MiB at once":          {`s:respond(200, {}) s:closewrite(("x"):rep(3 * 2^20))`, 200, threeMiB, 3 << 20},
	"3 MiB in many writes":   {`s:respond(200, {}) for _ = 1, 48 do s:write(("x"):rep(2^16)) end`, 200, threeMiB, -1},
	"error":                  {`error "oh"`, 500, "", anyLength}, // the text is the server's own
}

// TestProtocolResponses asks for each response with GET twice, with HEAD, as the last one, and by HTTP/1.0.
func TestProtocolResponses(t *testing.T) { onBothLinks(t, testProtocolResponses) }

func testProtocolResponses(t *testing.T, over link) {
	for name, want := range protocolResponses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveProtocol(t, over, "", want.handler)
			check := func(p *protocolPeer, method string) *http.Response {
				t.Helper()
				response, body := p.answer(method)
				wantBody := want.body
				if method == "HEAD" {
					wantBody = ""
				}
				if want.status == 500 {
					body = ""
					s.wantNote(t, "error: ")
				}
				if response.StatusCode != want.status || body != wantBody {
					t.Fatalf("%s: got %d with %d bytes %.50q, want %d with %d bytes %.50q", method,
						response.StatusCode, len(body), body, want.status, len(wantBody), wantBody)
				}
				if _, err := http.ParseTime(response.Header.Get("Date")); err != nil {
					t.Errorf("%s: date: %v", method, err)
				}
				if want.status == 204 && (response.Header.Get("Content-Length") != "" || response.TransferEncoding != nil) {
					t.Errorf("%s: a response with status 204 declares a body: %v", method, response.Header)
				}
				return response
			}
			p := s.dial(t)
			for range 2 {
				p.send(get("/"))
				response := check(p, "GET")
				if want.length != anyLength && response.ContentLength != want.length {
					t.Errorf("got content-length %d, want %d", response.ContentLength, want.length)
				}
				if (response.TransferEncoding != nil) != (want.length == -1) {
					t.Errorf("got transfer-encoding %q", response.TransferEncoding)
				}
			}
			p.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
			// RFC 9110 section 9.3.2 lets HEAD leave out what takes the content to find out.
			if got := check(p, "HEAD").Header.Get("Content-Length"); got != "" && want.length >= 0 && got != fmt.Sprint(want.length) {
				t.Errorf("HEAD: got content-length %q, want %d", got, want.length)
			}
			p.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			if !check(p, "GET").Close {
				t.Error("the last response does not say so")
			}
			p.wantClosed()

			p = s.dial(t)
			p.send("GET / HTTP/1.0\r\n\r\n")
			response := check(p, "GET")
			if response.TransferEncoding != nil {
				t.Errorf("got transfer-encoding %q by HTTP/1.0", response.TransferEncoding)
			}
			p.wantClosed()
		})
	}
}

func TestProtocolResponseFields(t *testing.T) { onBothLinks(t, testProtocolResponseFields) }

func testProtocolResponseFields(t *testing.T, over link) {
	p := serveProtocol(t, over, "", `
		s:respond(200, {["set-cookie"] = {"a=1", "b=2"}, ["X-Number"] = 42})
		s:closewrite("<!DOCTYPE html>")`).dial(t)
	p.send(get("/"))
	response, _ := p.answer("GET")
	h := response.Header
	if got := fmt.Sprint(h["Set-Cookie"], h["X-Number"], h["Content-Type"]); got != "[a=1 b=2] [42] []" {
		t.Errorf("got %s, want what the script gave, in its order, and no content type", got)
	}
}

func TestProtocolTrailersFollowChunks(t *testing.T) { onBothLinks(t, testProtocolTrailersFollowChunks) }

func testProtocolTrailersFollowChunks(t *testing.T, over link) {
	for handler, announced := range map[string]bool{
		`s:respond(200, {}) s:closewrite("body", {["x-sum"] = 42})`: true,
		`s:respond(200, {}) s:closewrite("", {["x-sum"] = 42})`:     true,
		// The head has left when the trailer is known.
		`s:respond(200, {}) s:write("bo") s:closewrite("dy", {["x-sum"] = 42})`: false,
	} {
		p := serveProtocol(t, over, "", handler).dial(t)
		for range 2 { // the connection stays usable
			p.send(get("/"))
			response := p.head("GET")
			if _, ok := response.Trailer["X-Sum"]; announced && !ok {
				t.Errorf("%s: no trailer field in the head: %v", handler, response.Header)
			}
			if fmt.Sprint(response.TransferEncoding) != "[chunked]" {
				t.Errorf("%s: got transfer-encoding %q, want chunked", handler, response.TransferEncoding)
			}
			if _, err := io.ReadAll(response.Body); err != nil || response.Trailer.Get("X-Sum") != "42" {
				t.Errorf("%s: got the trailer %v (%v), want x-sum: 42", handler, response.Trailer, err)
			}
		}
	}
}

// TestProtocolBrokenResponsesShow: what is not complete never looks complete.
func TestProtocolBrokenResponsesShow(t *testing.T) { onBothLinks(t, testProtocolBrokenResponsesShow) }

func testProtocolBrokenResponsesShow(t *testing.T, over link) {
	for _, handler := range []string{
		`s:respond(200, {}) s:write("part") error "oh"`,
		`s:respond(200, {["content-length"] = 9}) s:write("part") error "oh"`,
		`s:respond(200, {}) s:write("part") note "error: none" s:close()`,
		`s:respond(200, {["content-length"] = 9}) s:write("part") note("error: " .. select(2, s:closewrite("")))`,
	} {
		s := serveProtocol(t, over, "", handler)
		p := s.dial(t)
		p.send(get("/"))
		body, err := io.ReadAll(p.head("GET").Body)
		if err == nil || errors.Is(err, os.ErrDeadlineExceeded) || string(body) != "part" {
			t.Errorf("%s: got %q and %v, want a part and a broken connection", handler, body, err)
		}
		p.wantClosed()
		s.wantNote(t, "error: ")
	}
}

// ---- Requests

var protocolBodies = map[string]struct{ request, body string }{
	"none":                  {"POST /p HTTP/1.1\r\nHost: x\r\n\r\n", ""},
	"length":                {post("Content-Length: 5", "hello"), "hello"},
	"length 0":              {post("Content-Length: 0", ""), ""},
	"length, odd spelling":  {"POST /p HTTP/1.1\r\nhOST:x\r\nCONTENT-length:\t 5 \t\r\n\r\nhello", "hello"},
	"chunks":                {post("Transfer-Encoding: chunked", "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"), "hello"},
	"chunks, none":          {post("Transfer-Encoding: chunked", "0\r\n\r\n"), ""},
	"chunks, odd spelling":  {post("TRANSFER-encoding:  Chunked ", "00A\r\n0123456789\r\n00\r\n\r\n"), "0123456789"},
	"chunks, small letters": {post("Transfer-Encoding: chunked", "a\r\n0123456789\r\n0\r\n\r\n"), "0123456789"},
	"chunks, extensions":    {post("Transfer-Encoding: chunked", "5;a;b=c;d=\"e\"\r\nhello\r\n0;last\r\n\r\n"), "hello"},
	"chunks, trailer":       {post("Transfer-Encoding: chunked\r\nTrailer: X-T", "5\r\nhello\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\n"), "hello"},
	"GET with a body":       {"GET /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", "hello"},
}

// TestProtocolRequestBodies sends requests at once and byte by byte, with another one behind.
func TestProtocolRequestBodies(t *testing.T) { onBothLinks(t, testProtocolRequestBodies) }

func testProtocolRequestBodies(t *testing.T, over link) {
	s := serveProtocol(t, over, "", echoRequest)
	for name, test := range protocolBodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := "200 " + strings.Fields(test.request)[0] + " /p " + test.body
			raw := test.request + get("/behind")
			p := s.dial(t)
			p.send(raw)
			p.wantAnswer(want)
			p.wantAnswer("200 GET /behind ")
			for i := range raw {
				p.send(raw[i : i+1])
			}
			p.wantAnswer(want)
			p.wantAnswer("200 GET /behind ")
		})
	}
}

// TestProtocolRequestsSplitAnywhere sends two requests in two parts, cut at every place.
func TestProtocolRequestsSplitAnywhere(t *testing.T) {
	onBothLinks(t, testProtocolRequestsSplitAnywhere)
}

func testProtocolRequestsSplitAnywhere(t *testing.T, over link) {
	s := serveProtocol(t, over, "", echoRequest)
	raw := post("Content-Length: 2", "ab") + post("Transfer-Encoding: chunked", "2;x\r\ncd\r\n0\r\nT: u\r\n\r\n") + get("/z")
	p, other := s.dial(t), s.dial(t)
	for i := range len(raw) {
		p.send(raw[:i])
		other.send(get("/other")) // gives the server time to take the first part
		other.wantAnswer("200 GET /other ")
		p.send(raw[i:])
		p.wantAnswer("200 POST /p ab")
		p.wantAnswer("200 POST /p cd")
		p.wantAnswer("200 GET /z ")
	}
}

// TestProtocolPipelinedRequestsAreAnsweredInOrder also when the first ones take longest.
func TestProtocolPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	onBothLinks(t, testProtocolPipelinedRequestsAreAnsweredInOrder)
}

func testProtocolPipelinedRequestsAreAnsweredInOrder(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `time.sleep(20 - tonumber(s.path:match("%d+")))`+echoRequest)
	var all strings.Builder
	for i := range 20 {
		body := strings.Repeat("b", i*i)
		fmt.Fprintf(&all, "POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", i, len(body), body)
	}
	p := s.dial(t)
	p.send(all.String())
	for i := range 20 {
		p.wantAnswer(fmt.Sprintf("200 POST /%d %s", i, strings.Repeat("b", i*i)))
	}
}

func TestProtocolConnectionField(t *testing.T) { onBothLinks(t, testProtocolConnectionField) }

func testProtocolConnectionField(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `s:respond(200, {connection = s.path == "/last" and "close" or nil}) s:closewrite(s.path)`)
	for _, field := range []string{
		"Connection: close", "connection:CLOSE", "Connection: foo, Close", "Connection: foo\r\nConnection: close",
	} {
		p := s.dial(t)
		p.send("GET / HTTP/1.1\r\nHost: x\r\n" + field + "\r\n\r\n" + smuggled)
		p.wantAnswer("200 /")
		p.wantClosed()
	}
	p := s.dial(t)
	p.send(get("/last") + smuggled)
	p.wantAnswer("200 /last")
	p.wantClosed()

	p = s.dial(t)
	p.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, foo\r\n\r\n" + get("/2"))
	p.wantAnswer("200 /")
	p.wantAnswer("200 /2")
	p.send(get("/3"))
	p.wantAnswer("200 /3")

	// By HTTP/1.0 a connection is kept only when both sides say so.
	p = s.dial(t)
	p.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
	if response, _ := p.answer("GET"); !response.Close {
		p.send("GET /second HTTP/1.0\r\n\r\n")
		p.wantAnswer("200 /second")
	}
	p.wantClosed()
}

func TestProtocolRequestTargets(t *testing.T) { onBothLinks(t, testProtocolRequestTargets) }

func testProtocolRequestTargets(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `s:respond(200, {}) s:closewrite(s.method .. " " .. s.path .. " " .. flat(s.query))`)
	p := s.dial(t)
	for line, want := range map[string]string{
		"GET /":            "GET / ",
		"M-SEARCH /a":      "M-SEARCH /a ",
		"DELETE /a?":       "DELETE /a ",
		"PUT /a/../b//c/.": "PUT /a/../b//c/. ", // nothing is tidied up behind the script's back
		"GET /a%20b%2Fc%41%c3%bC+d?x=%26+1&y=2&x=%3d": "GET /a b/cAü+d x=& 1|=,y=2",
		"GET /a?b?c=/d":                     "GET /a b?c=/d",
		"GET http://other/p%61th?x=1":       "GET /path x=1",
		"POST http://other:81/":             "POST / ",
		"GET /" + strings.Repeat("x", 5000): "GET /" + strings.Repeat("x", 5000) + " ",
	} {
		p.send(line + " HTTP/1.1\r\nHost: x\r\n\r\n")
		p.wantAnswer("200 " + want)
	}
	// The server may answer for itself as a whole without the script.
	p.send("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
	if response, body := p.answer("OPTIONS"); response.StatusCode != 200 || body != "" && body != "OPTIONS * " {
		t.Errorf("OPTIONS *: got %d %q", response.StatusCode, body)
	}
	p.send(get("/after"))
	p.wantAnswer("200 GET /after ")
}

func TestProtocolRequestFields(t *testing.T) { onBothLinks(t, testProtocolRequestFields) }

func testProtocolRequestFields(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `
		s:respond(200, {})
		s:closewrite(s.scheme .. " " .. s.remoteaddr .. " " .. s.conn.localaddr .. " " .. flat(s.header))`)
	p := s.dial(t)
	scheme, _, _ := strings.Cut(s.url(""), ":")
	prefix := fmt.Sprintf("200 %s %s %s ", scheme, p.LocalAddr(), p.RemoteAddr())
	p.send("GET / HTTP/1.1\r\nhOsT: \t h:80 \t\r\nX-A:\t a b \t\r\nx-a:c\r\nX-EMPTY:\r\nEmpty-2: \t\r\n" +
		"Upgrade: FOO\r\nX-Odd!#$%&'*+-.^_`|~: \"ä:\"\r\n\r\n")
	p.wantAnswer(prefix + "empty-2=,host=h:80,upgrade=foo,x-a=a b|c,x-empty=,x-odd!#$%&'*+-.^_`|~=\"ä:\"")
	p.send("GET http://real.host:81/ HTTP/1.1\r\nHost: other\r\n\r\n") // RFC 9112 section 3.2.2
	p.wantAnswer(prefix + "host=real.host:81")
}

func TestProtocolReadTakesWhatItIsAskedFor(t *testing.T) {
	onBothLinks(t, testProtocolReadTakesWhatItIsAskedFor)
}

func testProtocolReadTakesWhatItIsAskedFor(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `
		local out = {s:read(0), s:read(3), s:read(2), tostring((s:read(100)))}
		for _, v in ipairs {select(2, s:read(100)), s:readall(), s:readall(), (select(2, s:read(1)))} do out[#out + 1] = v end
		s:respond(200, {})
		s:closewrite(table.concat(out, "|"))`)
	p := s.dial(t)
	for _, raw := range []string{
		post("Content-Length: 8", "abcdefgh"),
		post("Transfer-Encoding: chunked", "4\r\nabcd\r\n4\r\nefgh\r\n0\r\n\r\n"),
	} {
		p.send(raw)
		p.wantAnswer("200 |abc|de|nil|end of file|fgh||end of file")
	}
}

// TestProtocolUnreadBodiesAreNoRequests: behind a body that the script does not read the connection goes on or ends.
func TestProtocolUnreadBodiesAreNoRequests(t *testing.T) {
	onBothLinks(t, testProtocolUnreadBodiesAreNoRequests)
}

func testProtocolUnreadBodiesAreNoRequests(t *testing.T, over link) {
	const last = "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	for _, n := range []int{1, 100, 10_000, 40_000} {
		body := strings.Repeat(smuggled, n)
		for name, raw := range map[string]string{
			"length": post(fmt.Sprintf("Content-Length: %d", len(body)), body),
			"chunks": post("Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)),
			"GET":    fmt.Sprintf("GET /p HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body),
		} {
			t.Run(fmt.Sprint(name, len(body)), func(t *testing.T) {
				t.Parallel()
				s := serveProtocol(t, over, "", `note(s.path)`)
				p := s.dial(t)
				_, _ = io.WriteString(p, raw+last) // fails when the server closes before it has taken all
				answers := strings.Count(p.rest(), "HTTP/1.1 200")
				notes := strings.Join(s.noted(), " ")
				if notes != "/p" && notes != "/p /last" || answers > len(strings.Fields(notes)) {
					t.Errorf("got %d answers to %s", answers, notes)
				}
			})
		}
	}
}

func TestProtocolMaxBody(t *testing.T) { onBothLinks(t, testProtocolMaxBody) }

func testProtocolMaxBody(t *testing.T, over link) {
	const tooLarge = "error: request body exceeds max_body (10 bytes)"
	s := serveProtocol(t, over, "max_body = 10,", echoRequest)
	for raw, want := range map[string]string{
		post("Content-Length: 10", "0123456789"):                               "0123456789",
		post("Transfer-Encoding: chunked", "a\r\n0123456789\r\n0\r\n\r\n"):     "0123456789",
		post("Content-Length: 11", "0123456789a"):                              tooLarge,
		post("Transfer-Encoding: chunked", "b\r\n0123456789a\r\n0\r\n\r\n"):    tooLarge,
		post("Content-Length: 100000", strings.Repeat("x", 100000)):            tooLarge,
		post("Transfer-Encoding: chunked", strings.Repeat("1\r\nx\r\n", 5000)): tooLarge,
	} {
		p := s.dial(t)
		_, _ = io.WriteString(p, raw) // the server need not take all
		p.wantAnswer("200 POST /p " + want)
		if want != tooLarge {
			p.send(get("/next"))
			p.wantAnswer("200 GET /next ")
		}
	}
}

// TestProtocolContinue: the client is asked for the body when the script reads it, not before and not in vain.
func TestProtocolContinue(t *testing.T) { onBothLinks(t, testProtocolContinue) }

func testProtocolContinue(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `
		if s.path == "/unread" then s:respond(403, {}) s:closewrite("no") return end
		time.sleep(50)
		note "reads"
		local body = s:readall()
		s:respond(200, {})
		s:closewrite(body)`)
	for _, field := range []string{"Expect: 100-continue", "EXPECT:100-Continue"} {
		for _, framing := range [][2]string{
			{"Content-Length: 5", "hello"},
			{"Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"},
		} {
			p := s.dial(t)
			p.send(post(field+"\r\n"+framing[0], ""))
			if response := p.head("POST"); response.StatusCode != 100 {
				t.Fatalf("got status %d, want 100", response.StatusCode)
			}
			if notes := s.noted(); fmt.Sprint(notes) != "[reads]" {
				t.Errorf("asked for the body before the script reads: %q", notes)
			}
			p.send(framing[1])
			p.wantAnswer("200 hello")
			p.send(get("/next"))
			p.wantAnswer("200 ")
			s.wantNote(t, "reads")
		}
	}
	p := s.dial(t)
	p.send("POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
	p.wantAnswer("403 no")

	// A client that does not wait may get 100 or not. An HTTP/1.0 client does not know of it.
	p = s.dial(t)
	p.send(post("Content-Length: 5\r\nExpect: 100-continue", "hello"))
	response, body := p.answer("POST")
	if response.StatusCode == 100 {
		response, body = p.answer("POST")
	}
	if response.StatusCode != 200 || body != "hello" {
		t.Errorf("got %d %q", response.StatusCode, body)
	}
	s.wantNote(t, "reads")
	p = s.dial(t)
	p.send("POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello")
	p.wantAnswer("200 hello")
	s.wantNote(t, "reads")
}

// ---- Malformed requests

// reject expects that raw is answered with an error or not at all, that the connection is closed and the handler not
// called. A request that follows is lost.
func (s *protocolServer) reject(t *testing.T, raw string) {
	t.Helper()
	p := s.dial(t)
	_, _ = io.WriteString(p, raw+smuggled) // the server may close before it has taken all
	got := p.rest()
	if got != "" && !strings.HasPrefix(got, "HTTP/1.1 4") && !strings.HasPrefix(got, "HTTP/1.1 5") {
		t.Errorf("%.200q: got %.200q, want an error", raw, got)
	}
	if notes := s.noted(); notes != nil {
		t.Errorf("%.200q: the handler was called: %q", raw, notes)
	}
}

// TestProtocolMalformedRequestsAreRejected: RFC 9112 lets a server mend some of these, such as a bare CR; this one shall
// not, because others on the way may have understood them differently.
func TestProtocolMalformedRequestsAreRejected(t *testing.T) {
	onBothLinks(t, testProtocolMalformedRequestsAreRejected)
}

func testProtocolMalformedRequestsAreRejected(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `note(s.method .. " " .. s.path)`)
	for _, line := range []string{
		"G(T / HTTP/1.1", "G\x01T / HTTP/1.1", "GÄT / HTTP/1.1", " / HTTP/1.1", "/ HTTP/1.1", // method
		"GET HTTP/1.1", "GET  HTTP/1.1", "GET a HTTP/1.1", "GET /a b HTTP/1.1", "GET /%zz HTTP/1.1", // target
		"GET /a\x01b HTTP/1.1", "GET /a\x00b HTTP/1.1", "GET /a\x7fb HTTP/1.1", "GET /a\rb HTTP/1.1",
		"GET /", "GET / ", "GET / HTTP/3.0", "GET / HTTP/2.0", "GET / HTTP/1.x", "GET / HTTP/1.10", "GET / HTTP/1", // version
		"GET / HTTP/11", "GET / HTTP/+1.1", "GET / http/1.1", "GET / ICY/1.1", "GET / HTTP/1.1\x00", "GET / HTTP/1.1\rX: y",
		"GET", "", "\x00", "SSH-2.0-OpenSSH_9.6",
		"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03silly\x00\x20", // the client hello of TLS
	} {
		s.reject(t, line+"\r\nHost: x\r\n\r\n")
	}
	for _, host := range []string{
		"", "Host: x\r\nHost: y\r\n", "Host: x\r\nhost: x\r\n", "Host: x y\r\n", "Host: x/y\r\n", " Host: x\r\n",
	} {
		s.reject(t, "GET / HTTP/1.1\r\n"+host+"\r\n")
	}
	for _, field := range []string{
		"X", "X : y", "X\t: y", ": y", " : y", "X y: z", "X@y: z", "X\x00: y", "X\x1f: y", "X\x7f: y", "Xä: y", "X(y): z", // name
		"X: a\x00b", "X: a\x01b", "X: a\x7fb", "X: a\rY: b", "X: a\r", "X: \r", // value
		"Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5, 6", "Content-Length: -5", "Content-Length: +5",
		"Content-Length: 0x5", "Content-Length: 5a", "Content-Length: 5 0", "Content-Length: 5.0", "Content-Length: 5_0",
		"Content-Length:", "Content-Length: ,", "Content-Length: 9223372036854775808", "Content-Length: 18446744073709551621",
		"Content-Length : 5", "Transfer-Encoding : chunked", "Transfer-Encoding: gzip", "Transfer-Encoding: gzip\r\nContent-Length: 5",
		"Transfer-Encoding: chunked, chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
		"Transfer-Encoding: chunked, gzip", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
		"Transfer-Encoding: xchunked", "Transfer-Encoding: \x0bchunked", "Transfer-Encoding: chunked;q=1", "Transfer-Encoding: \"chunked\"",
	} {
		s.reject(t, post(field, "0\r\n\r\n"))
	}
}

// TestProtocolAmbiguousRequests: a server may reject these, or must understand them in one way only. The requests say
// that they are the last ones.
func TestProtocolAmbiguousRequests(t *testing.T) { onBothLinks(t, testProtocolAmbiguousRequests) }

func testProtocolAmbiguousRequests(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `note(flat(s.header) .. ";" .. (s:readall() or "error"))`)
	for raw, want := range map[string]string{
		post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"):              ";",
		post("Transfer-Encoding: chunked\r\nContent-Length: 42", "3\r\nabc\r\n0\r\n\r\n"): ";abc",
		post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"):                               ";",
		post("Content-Length: 3\r\nContent-Length: 3", "abc"):                             ";abc",
		post("Content-Length: 3, 3", "abc"):                                               ";abc",
		post("Content-Length: 003", "abc"):                                                ";abc",
		post("Transfer-Encoding: chunked", "3 \r\nabc\r\n0\r\n\r\n"):                      ";abc", // space after the size
		post("X: a\r\n b", ""):                                                            "x=a b;",
		"GET / HTTP/1.1\nHost: x\n\n":                                                     "host=x;",
		"\r\n" + get("/"):                                                                 "host=x;",
	} {
		p := s.dial(t)
		_, _ = io.WriteString(p, strings.Replace(raw, "Host: x", "Connection: close\r\nHost: x", 1)+smuggled)
		got, notes := p.rest(), s.noted()
		switch {
		case len(notes) == 0 && !strings.HasPrefix(got, "HTTP/1.1 2"): // rejected
		case len(notes) == 1 && (strings.HasSuffix(notes[0], want) || strings.HasSuffix(notes[0], ";error")):
		default:
			t.Errorf("%q: the handler got %q, want %q; answered %.100q", raw, notes, want, got)
		}
	}
}

// TestProtocolBrokenChunks: the script gets an error and not a part of the body that looks like all of it. Nothing
// follows these requests: net/http would take it for the next one.
func TestProtocolBrokenChunks(t *testing.T) { onBothLinks(t, testProtocolBrokenChunks) }

func testProtocolBrokenChunks(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `note(tostring(s:readall()))`)
	const data = "\r\nabc\r\n0\r\n\r\n"
	for _, body := range []string{
		"xyz" + data, "-3" + data, "+3" + data, "0x3" + data, "3_0" + data, "3h" + data, data, " 3" + data, // size
		"ffffffffffffffff" + data, "10000000000000003" + data, strings.Repeat("0", 100_000),
		"3;a\nb" + data, "3;" + strings.Repeat("x", 100_000), // extension
		"1" + data, "5" + data, "3\r\nabc\r\nzz\r\n0\r\n\r\n", // data
		"", "3", "3\r\nab", "3\r\nabc", "3\r\nabc\r\n", "3\r\nabc\r\n0", // too early an end
	} {
		p := s.dial(t)
		_, _ = io.WriteString(p, post("Connection: close\r\nTransfer-Encoding: chunked", body))
		p.closeWrite()
		p.rest()
		if s.wantNote(t, "nil"); t.Failed() {
			t.Fatalf("of %.50q", body)
		}
	}
}

// ---- Limits

func TestProtocolMaxHeader(t *testing.T) { onBothLinks(t, testProtocolMaxHeader) }

func testProtocolMaxHeader(t *testing.T, over link) {
	s := serveProtocol(t, over, "max_header = 8192,", `note(s.path)`)
	big := strings.Repeat("x", 100_000)
	for _, raw := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\nX: " + big + "\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nX: " + big, // no end
		"GET / HTTP/1.1\r\nHost: x\r\n" + big + ": x\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: y\r\n", 20_000) + "\r\n",
		"GET /" + big + " HTTP/1.1\r\nHost: x\r\n\r\n",
		big + " / HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		s.reject(t, raw)
	}
	p := s.dial(t)
	for range 5 { // each request has the limit for itself
		p.send("GET /fits HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 4000) + "\r\n\r\n")
		p.wantAnswer("200 ")
		s.wantNote(t, "/fits")
	}
}

// TestProtocolSilentClientsAreDisconnected, whatever they have said before.
func TestProtocolSilentClientsAreDisconnected(t *testing.T) {
	onBothLinks(t, testProtocolSilentClientsAreDisconnected)
}

func testProtocolSilentClientsAreDisconnected(t *testing.T, over link) {
	s := serveProtocol(t, over, "header_timeout = 200, idle_timeout = 200,", `s:closewrite()`)
	for raw, answers := range map[string]int{
		"":                                       0,
		"GE":                                     0,
		"GET / HTTP/1.1\r\nHost: x\r\nX":         0,
		get("/"):                                 1,
		get("/") + get("/"):                      2,
		get("/") + "GET / HTTP/1.1\r\nHost: x\r": 1,
	} {
		t.Run(fmt.Sprintf("%q", raw), func(t *testing.T) {
			t.Parallel()
			p := s.dial(t)
			p.send(raw)
			if got := p.rest(); strings.Count(got, "HTTP/1.1 200") != answers {
				t.Errorf("got %.300q, want %d answers", got, answers)
			}
		})
	}
}

// TestProtocolTimeoutsLeaveRequestsAlone: once the head is there, script and client may take their time.
func TestProtocolTimeoutsLeaveRequestsAlone(t *testing.T) {
	onBothLinks(t, testProtocolTimeoutsLeaveRequestsAlone)
}

func testProtocolTimeoutsLeaveRequestsAlone(t *testing.T, over link) {
	s := serveProtocol(t, over, "header_timeout = 200, idle_timeout = 200,", `
		time.sleep(600)
		local body = s:readall()
		s:respond(200, {})
		s:write("slowly ")
		time.sleep(600)
		s:closewrite(body)`)
	p := s.dial(t)
	p.send(get("/"))
	p.wantAnswer("200 slowly ")
	p.wantClosed()
	p = s.dial(t)
	p.send(post("Content-Length: 5\r\nExpect: 100-continue", ""))
	p.head("POST") // 100, which comes when the timeouts have passed
	p.send("hello")
	p.wantAnswer("200 slowly hello")
	p.wantClosed()
}

// TestProtocolClientsThatDisappear: the script learns of it, and the server serves others.
func TestProtocolClientsThatDisappear(t *testing.T) { onBothLinks(t, testProtocolClientsThatDisappear) }

func testProtocolClientsThatDisappear(t *testing.T, over link) {
	const watch = `note "runs" while s.conn:isalive() do time.sleep(1) end note "gone"`
	for name, test := range map[string]struct{ raw, handler string }{
		"in a head":         {"GET / HTTP/1.1\r\nHos", ""},
		"in a length body":  {post("Content-Length: 9", "part"), `note "runs" note(s:readall() or "gone")`},
		"in a chunked body": {post("Transfer-Encoding: chunked", "9\r\npart"), `note "runs" note(s:readall() or "gone")`},
		"before respond":    {get("/"), watch},
		"after a write":     {get("/"), `s:respond(200, {}) s:write("x") ` + watch},
		"in a response":     {get("/"), `s:respond(200, {}) note "runs" while s:write(("x"):rep(100000)) do end note "gone"`},
	} {
		for _, reset := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", reset ", reset), func(t *testing.T) {
				t.Parallel()
				s := serveProtocol(t, over, "", `if s.path == "/other" then s:closewrite() return end `+test.handler)
				p, other := s.dial(t), s.dial(t)
				p.send(test.raw)
				if test.handler != "" {
					s.wantNote(t, "runs")
				}
				if reset {
					_ = p.tcp.SetLinger(0)
				}
				p.Close()
				if test.handler != "" {
					s.wantNote(t, "gone")
				}
				other.send(get("/other"))
				other.wantAnswer("200 ")
			})
		}
	}
}

// ---- Closing the server, upgrades, many clients

// TestProtocolCloseLetsRequestsFinish: what runs goes on, what is idle is closed, what is new is refused.
func TestProtocolCloseLetsRequestsFinish(t *testing.T) {
	onBothLinks(t, testProtocolCloseLetsRequestsFinish)
}

func testProtocolCloseLetsRequestsFinish(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `
		if s.path == "/close" then server:close() return end
		s:respond(200, {})
		s:write("begun ")
		s:closewrite(s:readall())`)
	running, idle, closing := s.dial(t), s.dial(t), s.dial(t)
	idle.send(get("/"))
	idle.wantAnswer("200 begun ")
	running.send(post("Content-Length: 5", "he"))
	body := running.head("POST").Body

	closing.send(get("/close"))
	closing.wantAnswer("200 ")
	closing.wantClosed()
	idle.wantClosed()
	if nc, err := net.Dial("tcp", s.addr); err == nil {
		nc.Close()
		t.Error("the listener still accepts")
	}
	running.send("llo")
	if b, err := io.ReadAll(body); err != nil || string(b) != "begun hello" {
		t.Errorf("got %q (%v) of the request that ran", b, err)
	}
	running.wantClosed()
}

const protocolUpgrade = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// frame is a small masked WebSocket frame. The key of zeros leaves the payload as it is.
func frame(opcode byte, payload string) string {
	return string([]byte{0x80 | opcode, 0x80 | byte(len(payload)), 0, 0, 0, 0}) + payload
}

func TestProtocolUpgradeTakesWhatFollows(t *testing.T) {
	onBothLinks(t, testProtocolUpgradeTakesWhatFollows)
}

func testProtocolUpgradeTakesWhatFollows(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `
		if s.path ~= "/ws" then s:respond(200, {}) s:closewrite(s.path .. s:readall()) return end
		local sock = assert(websocket.upgrade(s))
		while true do
			local data, typ = sock:read()
			if typ ~= "text" then break end
			sock:write(data:upper(), "text")
		end
		sock:close()`)
	before := get("/a") + "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nxy"
	first := frame(1, "one") + frame(1, get("/c"))
	for name, parts := range map[string][]string{
		"one by one":      {get("/a"), before[len(get("/a")):], protocolUpgrade, first},
		"frames at once":  {before, protocolUpgrade + first},
		"all at once":     {before + protocolUpgrade + first},
		"cut in a frame":  {before + protocolUpgrade + first[:4], first[4:]},
		"cut in the head": {before + protocolUpgrade[:40], protocolUpgrade[40:] + first},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := s.dial(t)
			for _, part := range parts {
				p.send(part)
			}
			p.wantAnswer("200 /a")
			p.wantAnswer("200 /bxy")
			response := p.head("GET")
			if response.StatusCode != 101 || response.Header.Get("Sec-Websocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
				t.Fatalf("got %s %v", response.Status, response.Header)
			}
			p.send(frame(8, ""))
			upper := strings.ToUpper(get("/c"))
			want := "\x81\x03ONE" + "\x81" + string([]byte{byte(len(upper))}) + upper + "\x88\x00"
			if got := p.rest(); got != want {
				t.Errorf("got the frames %q, want %q", got, want)
			}
		})
	}
}

func TestProtocolUpgradeRefused(t *testing.T) { onBothLinks(t, testProtocolUpgradeRefused) }

func testProtocolUpgradeRefused(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `
		if s.path == "/ws" then
			assert(not websocket.upgrade(s, {origins = {"https://example.com"}}))
		else
			s:respond(200, {}) s:closewrite(s.path)
		end`)
	for change, status := range map[[2]string]int{
		{"Version: 13", "Version: 8"}:                         426,
		{"dGhlIHNhbXBsZSBub25jZQ==", "short"}:                 400,
		{", Upgrade", ""}:                                     400,
		{"GET /ws", "POST /ws"}:                               405,
		{"Host: x", "Host: x\r\nOrigin: https://example.org"}: 403,
		{"/ws", "/plain"}:                                     200, // the script does not want to
	} {
		t.Run(change[1], func(t *testing.T) {
			t.Parallel()
			p := s.dial(t)
			p.send(strings.Replace(protocolUpgrade, change[0], change[1], 1))
			if response, body := p.answer("GET"); response.StatusCode != status {
				t.Errorf("got %d %q, want %d", response.StatusCode, body, status)
			}
			_, _ = io.WriteString(p, get("/next")) // fails when the connection is closed already
			if _, err := p.r.Peek(1); err == nil {
				p.wantAnswer("200 /next")
			} else if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("no answer, and the connection stays open")
			}
		})
	}
}

func TestProtocolManyConnections(t *testing.T) { onBothLinks(t, testProtocolManyConnections) }

func testProtocolManyConnections(t *testing.T, over link) {
	const connections, requests = 50, 20
	s := serveProtocol(t, over, "", echoRequest)
	var clients sync.WaitGroup
	for c := range connections {
		p := s.dial(t)
		clients.Go(func() {
			for i := range requests {
				body := strings.Repeat(fmt.Sprint(c, ":", i, " "), i*c)
				fmt.Fprintf(p, "POST /%d/%d HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", c, i, len(body), body)
				response, err := http.ReadResponse(p.r, nil)
				if err != nil {
					t.Error(err)
					return
				}
				got, err := io.ReadAll(response.Body)
				if want := fmt.Sprintf("POST /%d/%d %s", c, i, body); err != nil || string(got) != want {
					t.Errorf("got %.100q (%v), want %.100q", got, err, want)
					return
				}
			}
		})
	}
	clients.Wait()
}

// TestProtocolFaultyFraming: what could be understood in two ways ends the connection, whatever it is taken for
// (RFC 9112 sections 6.1 and 7.1).
func TestProtocolFaultyFraming(t *testing.T) { onBothLinks(t, testProtocolFaultyFraming) }

func testProtocolFaultyFraming(t *testing.T, over link) {
	s := serveProtocol(t, over, "", echoRequest)
	for name, raw := range map[string]string{
		"coding and length":       post("Transfer-Encoding: chunked\r\nContent-Length: 3", "2\r\nab\r\n0\r\n\r\n"),
		"coding in HTTP/1.0":      "POST / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
		"chunk of the wrong size": post("Transfer-Encoding: chunked", "1\r\nab\r\n0\r\n\r\n"),
		"trailer without a colon": post("Transfer-Encoding: chunked", "2\r\nab\r\n0\r\nbad trailer\r\n\r\n"),
		"HTTP/2":                  "PRI * HTTP/2.0\r\nHost: x\r\n\r\nSM\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := s.dial(t)
			p.send(raw + get("/smuggled"))
			all := p.rest()
			if n := strings.Count(all, "HTTP/1."); n > 1 || strings.Contains(all, "/smuggled") {
				t.Errorf("got %q, want one response at most", all)
			}
		})
	}
}

// TestProtocolPipeliningIsBounded: a client that sends requests and does not read the answers gets no more of them
// than fit into the connection, and all of them when it reads.
func TestProtocolPipeliningIsBounded(t *testing.T) { onBothLinks(t, testProtocolPipeliningIsBounded) }

func testProtocolPipeliningIsBounded(t *testing.T, over link) {
	const requests = 1000
	s := serveProtocol(t, over, "", `
		if s.path == "/handled" then
			-- Until nothing happens any more.
			local before, same = -1, 0
			while same < 50 do
				time.sleep(1)
				same = handled == before and same + 1 or 0
				before = handled
			end
			s:respond(200, {}) s:closewrite(tostring(handled))
			return
		end
		handled = (handled or 0) + 1
		s:respond(200, {})
		s:closewrite(("x"):rep(100000) .. handled)`)
	p := s.dial(t)
	p.send(strings.Repeat(get("/"), requests))
	_, body := func() (*http.Response, string) {
		other := s.dial(t)
		other.send(get("/handled"))
		return other.answer("GET")
	}()
	handled, err := strconv.Atoi(body)
	if err != nil || handled > requests/2 {
		t.Errorf("%q requests were handled although their answers were not read", body)
	}
	for i := range requests {
		if _, body := p.answer("GET"); !strings.HasSuffix(body, "x"+strconv.Itoa(i+1)) {
			t.Fatalf("answer %d ends in %q", i+1, body[max(0, len(body)-20):])
		}
	}
}
