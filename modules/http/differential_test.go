package http_test

import (
	"strings"
	"testing"
)

// What FuzzServer of internal/httpserver has found.

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
