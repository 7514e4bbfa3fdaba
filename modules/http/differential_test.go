package http_test

import (
	"strings"
	"testing"
)

// What FuzzServer of internal/httpserver has found.

func TestProtocolBareCRBeforeARequest(t *testing.T) {
	onBothLinks(t, testProtocolBareCRBeforeARequest)
}

func testProtocolBareCRBeforeARequest(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `note(s.method .. " " .. s.path)`)
	for _, before := range []string{"\r", "\r\r", "\r\r\n", "\n\r", "\r\n\r", "\r\n\r\r\n", "\n\r\n\r"} {
		s.reject(t, before+get("/"))
	}
	s = serveProtocol(t, over, "", echoRequest)
	p := s.dial(t)
	for _, before := range []string{"\r\n", "\n", "\n\r\n\n\r\n"} {
		for i := range before { // the server sees CR and LF apart
			p.send(before[i : i+1])
			other := s.dial(t)
			other.send(get("/other"))
			other.wantAnswer("200 GET /other ")
		}
		p.send(get("/behind"))
		p.wantAnswer("200 GET /behind ")
	}
	for _, behind := range []string{"\r", "\r\r\n"} { // one byte after the other
		p := s.dial(t)
		for i := range behind {
			p.send(behind[i : i+1])
			other := s.dial(t)
			other.send(get("/other"))
			other.wantAnswer("200 GET /other ")
		}
		p.send(get("/smuggled"))
		if got := p.rest(); !strings.HasPrefix(got, "HTTP/1.1 400 ") || strings.Contains(got, "/smuggled") {
			t.Errorf("%q before a request: got %q", behind, got)
		}
	}
}

// TestProtocolMalformedHostBesideATarget: a Host field that is no host is an error also where it does not count
// (RFC 9112 section 3.2).
func TestProtocolMalformedHostBesideATarget(t *testing.T) {
	onBothLinks(t, testProtocolMalformedHostBesideATarget)
}

func testProtocolMalformedHostBesideATarget(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `note(s.method .. " " .. s.path)`)
	for _, line := range []string{
		"GET http://h/ HTTP/1.1", "CONNECT h:80 HTTP/1.1", "GET http://h/ HTTP/1.0", "GET / HTTP/1.0", "OPTIONS * HTTP/1.1",
	} {
		for _, host := range []string{"x y", "x/y", "x\ty", "x@y", "\"x\"", "ä", "x, y", "x?"} {
			if host != "x, y" || strings.HasPrefix(line, "GET") {
				s.reject(t, line+"\r\nHost: "+host+"\r\n\r\n")
			}
		}
	}
	s = serveProtocol(t, over, "", `s:respond(200, {}) s:closewrite(s.header.host)`)
	p := s.dial(t)
	for _, host := range []string{"x", " \tx:80 \t", "[::1]:80", "x_y.z"} {
		p.send("GET http://h/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
		p.wantAnswer("200 h")
	}
}

// TestProtocolOptionsOfAServer: only OPTIONS without path and query is for the server as a whole (RFC 9112 section 3.2.4).
func TestProtocolOptionsOfAServer(t *testing.T) { onBothLinks(t, testProtocolOptionsOfAServer) }

func testProtocolOptionsOfAServer(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `s:respond(200, {}) s:closewrite(s.path)`)
	p := s.dial(t)
	for target, want := range map[string]string{
		"*": "*", "http://h": "*", "http://h?a": "/", "http://h?": "/", "http://h/": "/", "http://h/?a": "/", "/": "/", "/*": "/*",
	} {
		p.send("OPTIONS " + target + " HTTP/1.1\r\nHost: h\r\n\r\n")
		if _, body := p.answer("OPTIONS"); body != want {
			t.Errorf("OPTIONS %s: path %q, want %q", target, body, want)
		}
	}
}

// TestProtocolExpectIsAList of which members may be missing, and may come twice (RFC 9110 sections 5.6.1 and 10.1.1).
func TestProtocolExpectIsAList(t *testing.T) { onBothLinks(t, testProtocolExpectIsAList) }

func testProtocolExpectIsAList(t *testing.T, over link) {
	s := serveProtocol(t, over, "", echoRequest)
	for fields, want := range map[string]int{
		"Expect:":                               200,
		"Expect: ,\t, ":                         200,
		"Expect: 100-continue":                  100,
		"Expect: , 100-Continue,":               100,
		"Expect: 100-continue, 100-continue":    100,
		"Expect: 100-continue\r\nExpect:":       100,
		"Expect:\r\nExpect: 100-continue":       100,
		"Expect: 100-continue, x":               417,
		"Expect: x, 100-continue":               417,
		"Expect: 100-continue\r\nExpect: x":     417,
		"Expect: 100-continue;a=b":              417,
		"Expect: 100-continue 100-continue":     417,
		"Expect: \"100-continue\"":              417,
		"Expect: 100-continue=\"a, b\"":         417,
		"Expect: 200-ok":                        417,
		"Expect: 100-continue, \"\"\r\nX: more": 417,
	} {
		p := s.dial(t)
		p.send(post(fields+"\r\nContent-Length: 5", ""))
		status := 0
		if want == 200 { // nobody waits for 100
			p.send("hello")
		}
		if status = p.head("POST").StatusCode; status != want {
			t.Errorf("%q: got status %d, want %d", fields, status, want)
		}
		if status == 100 {
			p.send("hello")
			p.wantAnswer("200 POST /p hello")
		}
	}
}

// TestProtocolBrokenBodiesStayBroken: after an error the body does not end as if it had been complete.
func TestProtocolBrokenBodiesStayBroken(t *testing.T) {
	onBothLinks(t, testProtocolBrokenBodiesStayBroken)
}

func testProtocolBrokenBodiesStayBroken(t *testing.T, over link) {
	for _, read := range []string{"s:readall()", "s:read(10)", "s:readall(10000)", "s:read(10, 10000)"} {
		s := serveProtocol(t, over, "", `
			local data, first = `+read+`
			local again, second = s:readall()
			local part, third = s:read(1)
			note(("%s %s %s %s"):format(data, again, part, first == second and first == third))`)
		for _, raw := range []string{
			post("Content-Length: 5", ""), post("Content-Length: 5", "abc"),
			post("Transfer-Encoding: chunked", ""), post("Transfer-Encoding: chunked", "5\r\nabc"),
			post("Transfer-Encoding: chunked", "3\r\nabc\r\n"), post("Transfer-Encoding: chunked", "x\r\n"),
			post("Transfer-Encoding: chunked", "1\r\nabc"), post("Transfer-Encoding: chunked", "0\r\nno trailer\r\n\r\n"),
		} {
			p := s.dial(t)
			p.send(raw)
			p.closeWrite()
			p.rest()
			if s.wantNote(t, "nil nil nil true"); t.Failed() {
				t.Fatalf("of %q with %s", raw, read)
			}
		}
	}
}
