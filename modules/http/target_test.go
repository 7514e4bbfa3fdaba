package http_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestQueryIsParsedAsForms sends queries, and compares what a script finds in stream.query and stream.target.
func TestQueryIsParsedAsForms(t *testing.T) { onBothLinks(t, testQueryIsParsedAsForms) }

func testQueryIsParsedAsForms(t *testing.T, over link) {
	s := serveProtocol(t, over, "", `s:respond(200, {}) s:closewrite(s.target .. " " .. flat(s.query))`)
	p := s.dial(t)
	for query, want := range map[string]string{
		"":                       "",
		"?":                      "",
		"?&&":                    "",
		"?=":                     "=",
		"?=x&=y":                 "=x|y",
		"?a":                     "a=",
		"?a&a&b=&a=1":            "a=||1,b=",
		"?a=1;b=2&c=3":           "a=1;b=2,c=3",
		"?a=%zz&b=1":             "a=%zz,b=1",
		"?a=%&b=%4&c=%4g&d=%%41": "a=%,b=%4,c=%4g,d=%A",
		"?%":                     "%=",
		"?a=b=c==":               "a=b=c==",
		"?a+b=c+d%2B%2b":         "a b=c d++",
		"?%61%3D=%26%3d":         "a==&=",
		"?a=1&%61=2":             "a=1|2",
		"?a=%00%ff%C3x":          "a=\x00\xff\xc3x",
		"?a=\xff\xc3\xbc":        "a=\xff\xc3\xbc",
		"?a?b=?":                 "a?b=?",
		"?a[]=1&a[]=2":           "a[]=1|2",
		"?a=\"<>\\^`{|}":         "a=\"<>\\^`{|}",
	} {
		p.send("GET /p" + query + " HTTP/1.1\r\nHost: x\r\n\r\n")
		p.wantAnswer("200 /p" + query + " " + want)
	}
	for target, query := range map[string]string{"/%7e?x=%7E": "x=~", "http://h:1/p?x=%41": "x=A", "//h/p": ""} {
		p.send("GET " + target + " HTTP/1.1\r\nHost: h:1\r\n\r\n")
		p.wantAnswer("200 " + target + " " + query)
	}
}

// TestQueryOfManyParameters takes all of them, in a time that grows with their number only.
func TestQueryOfManyParameters(t *testing.T) {
	t.Parallel()
	s := serveProtocol(t, overTCP, "max_header = 1 << 20,", `
		local n, same = 0, s.query.same
		for _ in pairs(s.query) do n = n + 1 end
		s:respond(200, {}) s:closewrite(n .. " " .. (same and #same or 0))`)
	const many = 100_000
	var different strings.Builder
	for i := range many {
		fmt.Fprintf(&different, "&%d", i)
	}
	for query, want := range map[string]string{
		strings.Repeat("&", many):      "0 0",
		strings.Repeat("&same=", many): fmt.Sprint("1 ", many),
		different.String():             fmt.Sprint(many, " 0"),
	} {
		p := s.dial(t)
		p.send(get("/?" + query))
		p.wantAnswer("200 " + want)
	}
}

// TestTargetOfBothVersions looks at stream.target of HTTP/1.1 and HTTP/2.
func TestTargetOfBothVersions(t *testing.T) {
	t.Parallel()
	s := serveProtocol(t, overTLS, "", `
		s:respond(200, {})
		s:closewrite(s.version .. " " .. s.target .. " " .. s.path .. " " .. s.query.a)`)
	for _, version := range []string{"HTTP/1.1", "HTTP/2"} {
		transport := &http.Transport{Protocols: new(http.Protocols), TLSClientConfig: s.tls.Clone()}
		transport.Protocols.SetHTTP1(version == "HTTP/1.1")
		transport.Protocols.SetHTTP2(version == "HTTP/2")
		response, err := (&http.Client{Transport: transport}).Get(s.url("/%61%20?a=%zz;b=%41"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if want := version + " /%61%20?a=%zz;b=%41 /a  %zz;b=A"; string(body) != want || err != nil {
			t.Errorf("got %q (%v), want %q", body, err, want)
		}
		transport.CloseIdleConnections()
	}
}
