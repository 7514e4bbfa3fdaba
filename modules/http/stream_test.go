package http_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/internal/memnet"
	"silly/luahost"
)

// TestProtocolHost: an empty or malformed Host is an error (RFC 9110 sections 4.2.1 and 7.2, RFC 9112 section 3.2).
func TestProtocolHost(t *testing.T) { onBothLinks(t, testProtocolHost) }

func testProtocolHost(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `s:respond(200, {}) s:closewrite(tostring(s.header.host))`)
	for _, host := range []string{
		"h", "h:80", "h:", "h:0", "h:65535", "a.b-c_d.e", "1.2.3.4", "1.2.3.4:5", "[::1]", "[::1]:8080", "%41b", "xn--bcher-kva.example", "a!$&'()*+,;=~",
	} {
		p := s.dial(t)
		p.send("GET / HTTP/1.1\r\nHost: " + host + " \r\n\r\n")
		p.wantAnswer("200 " + host)
	}
	for _, host := range []string{
		"", " ", ":80", "h:x", "h:65536", "h:-1", "h:80:90", "a b", "a/b", "a?b", "a#b", "u@h", "[::1", "::1", "[::1]x", "[]", "[h]", "[fe80::1%25eth0]",
		"%", "%4", "%zz", "a\tb", "bücher.example", "a\"b", "<h>", "a\\b", "{h}", "h]",
	} {
		p := s.dial(t)
		p.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n" + smuggled)
		if response, _ := p.answer("GET"); response.StatusCode != 400 {
			t.Errorf("Host: %q: status %d", host, response.StatusCode)
		}
		p.wantClosed()
	}
	p := s.dial(t)
	p.send("GET / HTTP/1.0\r\n\r\n") // which needs none
	p.wantAnswer("200 nil")
}

// TestProtocolAbsoluteForm: RFC 9112 section 3.2.2 and 3.2.4.
func TestProtocolAbsoluteForm(t *testing.T) { onBothLinks(t, testProtocolAbsoluteForm) }

func testProtocolAbsoluteForm(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `s:respond(200, {}) s:closewrite(s.target .. " " .. s.path .. " " .. s.header.host .. " " .. flat(s.query))`)
	p := s.dial(t)
	for line, want := range map[string]string{
		"GET http://other":             "http://other / other ",
		"GET http://other:81?a=1":      "http://other:81?a=1 / other:81 a=1",
		"GET http://other/":            "http://other/ / other ",
		"GET HTTP://other/x?":          "HTTP://other/x? /x other ",
		"OPTIONS http://other":         "http://other * other ",
		"OPTIONS http://other/x":       "http://other/x /x other ",
		"GET https://[::1]:1/%41?b=%3": "https://[::1]:1/%41?b=%3 /A [::1]:1 b=%3",
	} {
		p.send(line + " HTTP/1.1\r\nHost: h\r\n\r\n")
		p.wantAnswer("200 " + want)
	}
	for _, target := range []string{"http://", "http:///x", "http://u@h/", "http://a:b@h/", "http://h:x/", "http://a%zz/"} {
		p := s.dial(t)
		p.send("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n")
		if response, _ := p.answer("GET"); response.StatusCode != 400 {
			t.Errorf("%s: status %d", target, response.StatusCode)
		}
	}
}

// TestProtocolTrailers: scripts read the trailer of a request, and fields that frame, route or authenticate are dropped
// in both directions (RFC 9110 section 6.5.1).
func TestProtocolTrailers(t *testing.T) { onBothLinks(t, testProtocolTrailers) }

func testProtocolTrailers(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `
		local before, eof = s.trailer, s.eof
		local body = s:readall()
		local trailer = s.trailer and flat(s.trailer)
		s:respond(200, {})
		s:write(tostring(before) .. " " .. tostring(eof) .. " " .. body .. " " .. tostring(trailer) .. " " .. tostring(s.eof))
		s:closewrite(nil, {["x-end"] = "1", ["content-length"] = 7, host = "h", ["Transfer-Encoding"] = "chunked", authorization = "x",
			["set-cookie"] = "a=b"})`)
	p := s.dial(t)
	chunked := func(trailer string) string {
		return post("Transfer-Encoding: chunked", "2\r\nab\r\n0\r\n"+trailer+"\r\n")
	}
	for request, want := range map[string]string{
		post("Content-Length: 2", "ab"): "nil false ab nil true",
		get("/"):                        "nil true  nil true",
		chunked(""):                     "nil false ab nil true",
		post("Trailer: X-A\r\nTransfer-Encoding: chunked", "0\r\n\r\n"):           "nil false  nil true",
		chunked("X-Sum: 7\r\nx-two: a\r\nX-Two: b\r\n"):                           "nil false ab x-sum=7,x-two=a|b true",
		chunked("Content-Length: 3\r\nHost: evil\r\nX-Ok: 1\r\nTE: x\r\n"):        "nil false ab x-ok=1 true",
		chunked("Authorization: x\r\nIf-Match: *\r\nContent-Type: a/b\r\n"):       "nil false ab nil true",
		post("Trailer: X-A\r\nTransfer-Encoding: chunked", "0\r\nX-A: 1\r\n\r\n"): "nil false  x-a=1 true",
	} {
		p.send(request)
		response, body := p.answer("POST")
		if body != want {
			t.Errorf("%q: got %q, want %q", request, body, want)
		}
		if got := fmt.Sprint(response.Trailer); got != "map[Set-Cookie:[a=b] X-End:[1]]" {
			t.Errorf("the answer has the trailer %s", got)
		}
	}
}

// TestClientDropsTrailersThatMeanMore is TestProtocolTrailers for the client.
func TestClientDropsTrailersThatMeanMore(t *testing.T) {
	t.Parallel()
	network := memnet.New()
	serve(t, network, "127.0.0.1:80", func(nc net.Conn, r *bufio.Reader) {
		request, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n%05d\r\n0\r\nContent-Length: 9\r\nHost: x\r\nX-Sum: 1\r\n"+
			"WWW-Authenticate: Basic\r\n\r\n", len(request.Trailer))
	})
	output, err := luatest.Run(t, `
		local s = assert(require "silly.net.http".request("POST", "http://127.0.0.1/"))
		assert(s:closewrite("x", {["content-length"] = 1, host = "x", ["x-sum"] = 1}))
		print(s:readall())
		for name, value in pairs(s.trailer) do print(name, value) end`, luahost.Options{Network: network})
	if want := "00001\nx-sum\t1\n"; output != want || err != nil {
		t.Errorf("got %q, %v, want %q", output, err, want)
	}
}

// clientOf is a client of the server that speaks one version of HTTP.
func (s *protocolServer) clientOf(t *testing.T, version string) *http.Client {
	transport := &http.Transport{TLSClientConfig: s.tls, Protocols: new(http.Protocols)}
	transport.Protocols.SetHTTP1(version == "HTTP/1.1")
	transport.Protocols.SetHTTP2(version == "HTTP/2")
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: protocolLimit}
}

// everyVersion runs a test with HTTP/1.1, the same over TLS, and HTTP/2.
func everyVersion(t *testing.T, test func(t *testing.T, over link, version string)) {
	t.Parallel()
	for _, c := range []struct {
		over    link
		version string
	}{{overTCP, "HTTP/1.1"}, {overTLS, "HTTP/1.1"}, {overTLS, "HTTP/2"}} {
		t.Run(string(c.over)+" "+c.version, func(t *testing.T) {
			t.Parallel()
			test(t, c.over, c.version)
		})
	}
}

// TestWritingLetsNobodyRun: respond, write and closewrite do not suspend as long as there is room.
func TestWritingLetsNobodyRun(t *testing.T) { everyVersion(t, testWritingLetsNobodyRun) }

func testWritingLetsNobodyRun(t *testing.T, over link, version string) {
	s := serveProtocol(t, over, "", `
		local order = {}
		require "silly.task".fork(function() order[#order + 1] = "other" end)
		s:respond(200, {}) order[#order + 1] = "respond"
		for _ = 1, 10 do assert(s:write(("x"):rep(1000))) end order[#order + 1] = "write"
		s:closewrite("end") order[#order + 1] = "closewrite"
		time.sleep(0)
		note(table.concat(order, " "))`)
	response, err := s.clientOf(t, version).Get(s.url("/"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil || string(body) != strings.Repeat("x", 10_000)+"end" {
		t.Errorf("got %d bytes, %v", len(body), err)
	}
	s.wantNote(t, "respond write closewrite other")
}

// TestWritingWaitsForRoom: a client that does not read makes the handler wait, and the others are served meanwhile.
func TestWritingWaitsForRoom(t *testing.T) { everyVersion(t, testWritingWaitsForRoom) }

func testWritingWaitsForRoom(t *testing.T, over link, version string) {
	s := serveProtocol(t, over, "", `
		s:respond(200, {})
		if s.path == "/small" then s:closewrite("small") return end
		local part = ("x"):rep(100000)
		for i = 1, 500 do
			assert(s:write(part))
			if i == 1 then note "begun" end
		end
		note "done"`)
	client := s.clientOf(t, version)
	response, err := client.Get(s.url("/large"))
	if err != nil {
		t.Fatal(err)
	}
	s.wantNote(t, "begun")
	for range 20 {
		small, err := client.Get(s.url("/small"))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(small.Body)
		_ = small.Body.Close()
		if string(body) != "small" {
			t.Fatalf("got %q", body)
		}
	}
	if notes := s.noted(); len(notes) > 0 {
		t.Fatalf("50 MB were written to a client that does not read: %q", notes)
	}
	n, err := io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	if n != 50_000_000 || err != nil {
		t.Errorf("got %d bytes, %v", n, err)
	}
	s.wantNote(t, "done")
}

// TestFlushSendsWhatWasWritten: what was written is there although the handler lets nobody run afterwards.
func TestFlushSendsWhatWasWritten(t *testing.T) { everyVersion(t, testFlushSendsWhatWasWritten) }

func testFlushSendsWhatWasWritten(t *testing.T, over link, version string) {
	s := serveProtocol(t, over, "", `
		assert(select(2, s:flush()) == "respond comes before the body" and s.err == "respond comes before the body")
		s:respond(200, {["x-a"] = 1})
		assert(s:flush() == true)
		note "head"
		s:write("12345")
		assert(s:flush() == true)
		note "data"
		s:closewrite("67890")
		assert(select(2, s:flush()) == "stream is closed" and s.err == "stream is closed")`)
	response, err := s.clientOf(t, version).Get(s.url("/"))
	if err != nil {
		t.Fatal(err)
	}
	s.wantNote(t, "head")
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if string(body) != "1234567890" || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
	s.wantNote(t, "data")
}

// stalling is a body that has a beginning and then nothing until it is closed.
type stalling struct {
	beginning io.Reader
	closed    chan struct{}
}

func (b *stalling) Read(p []byte) (int, error) {
	if n, err := b.beginning.Read(p); err == nil {
		return n, nil
	}
	<-b.closed
	return 0, io.ErrClosedPipe
}

// TestBodyTimeout: a body that makes no progress ends the read of it, also without a timeout of its own, and the
// connection after the response.
func TestBodyTimeout(t *testing.T) { everyVersion(t, testBodyTimeout) }

func testBodyTimeout(t *testing.T, over link, version string) {
	s := serveProtocol(t, over, "body_timeout = 400,", `
		local part, short = s:read(1000, 20)
		local body, err = s:readall()
		local again = select(2, s:readall())
		s:respond(body and 200 or 408, {})
		s:closewrite(tostring(short) .. "; " .. tostring(body or err) .. "; " .. tostring(again) .. "; " .. tostring(s.err) .. "; " .. tostring(s.eof))`)
	body := &stalling{strings.NewReader("beginning"), make(chan struct{})}
	defer close(body.closed)
	response, err := s.clientOf(t, version).Post(s.url("/"), "text/plain", body)
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	const late = "body timeout: the client sends nothing"
	if want := "timeout; " + late + "; " + late + "; " + late + "; false"; response.StatusCode != 408 || string(answer) != want {
		t.Errorf("got %d %q, want %q", response.StatusCode, answer, want)
	}
	if version == "HTTP/1.1" && !response.Close {
		t.Error("the connection is kept although the rest of a body may follow")
	}

	// Progress is enough.
	reader, writer := io.Pipe()
	go func() {
		for range 10 {
			_, _ = writer.Write([]byte("x"))
			time.Sleep(50 * time.Millisecond) // the client's pace
		}
		_ = writer.Close()
	}()
	response, err = s.clientOf(t, version).Post(s.url("/"), "text/plain", reader)
	if err != nil {
		t.Fatal(err)
	}
	answer, _ = io.ReadAll(response.Body)
	_ = response.Body.Close()
	if !bytes.Contains(answer, []byte("; xxxxxxxxxx; ")) {
		t.Errorf("a slow body: %q", answer)
	}
}

// TestRequestFaultsHaveNoGoWords: what breaks a body is said in plain words.
func TestRequestFaultsHaveNoGoWords(t *testing.T) { onBothLinks(t, testRequestFaultsHaveNoGoWords) }

func testRequestFaultsHaveNoGoWords(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `note(tostring(select(2, s:readall())) .. "|" .. tostring(s.err))`)
	for body, want := range map[string]string{
		"zz\r\nab\r\n":                     "bad request body: malformed chunk",
		"2\r\nabcd\r\n0\r\n\r\n":           "bad request body: malformed chunk",
		"fffffffffffffffff\r\nab":          "bad request body: malformed chunk",
		"2\r\nab\r\n0\r\nno colon\r\n\r\n": "bad request body: malformed header line",
		"2\r\nab\r\n0\r\n" + strings.Repeat("X: y\r\n", 5000) + "\r\n": "bad request body: malformed trailer",
		"5\r\nab": "end of file",
	} {
		p := s.dial(t)
		p.send(post("Transfer-Encoding: chunked", body))
		p.closeWrite()
		s.wantNote(t, want+"|"+want)
		_ = p.Close()
	}
}
