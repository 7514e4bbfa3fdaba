package weburl

import (
	"strings"
	"testing"
)

// TestParse compares what becomes of URLs: host with port, and the request target.
func TestParse(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"http://h":                                 "h /",
		"HTTP://H/":                                "H /",
		"http://h:":                                "h /",
		"http://h:8080?x":                          "h:8080 /?x",
		"http://h/?":                               "h /?",
		"http://h//a/../b":                         "h //a/../b",
		"http://h/a b?c d":                         "h /a%20b?c%20d",
		"http://h/a%2Fb c":                         "h /a%2Fb%20c",
		"http://h/%7e%C3%bc":                       "h /%7e%C3%bc",
		"http://h/ü?ü#ü":                           "h /%C3%BC?%C3%BC",
		"http://h/\xff?\xfe":                       "h /%FF?%FE",
		"http://h?a=%zz&b=%&c=%4":                  "h /?a=%zz&b=%&c=%4",
		"http://h#/x?y":                            "h /",
		"http://h?x#y":                             "h /?x",
		"http://h/-._~!$&'()*+,;=:@":               "h /-._~!$&'()*+,;=:@",
		"http://h/\"<>\\^`{|}[]":                   "h /%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D",
		"http://h?-._~!$&()*+,;=:@/?":              "h /?-._~!$&()*+,;=:@/?",
		"http://h?'\"<>\\^`{|}":                    "h /?%27%22%3C%3E%5C%5E%60%7B%7C%7D",
		"http://us er:p@ss@h/":                     "h /",
		"http://jörg:ü@h/":                         "h /",
		"http://[::1]:80/":                         "[::1]:80 /",
		"http://[::1]":                             "[::1] /",
		"http://[fe80::1%25eth0]:81/":              "[fe80::1%eth0]:81 /",
		"http://bücher.example/":                   "xn--bcher-kva.example /",
		"http://B%C3%9CCHER.example:81/":           "xn--bcher-kva.example:81 /",
		"http://straße.example/":                   "xn--strae-oqa.example /",
		"http://\uff45xample.com/":                 "example.com /", // a full-width e
		"http://a\u3002b/":                         "a.b /",         // an ideographic full stop
		"http://ex%61mple.com/":                    "example.com /",
		"http://under_score.example/":              "under_score.example /",
		"http://_dmarc.bücher.example/":            "_dmarc.xn--bcher-kva.example /",
		"http://127.0.0.1:1/":                      "127.0.0.1:1 /",
		"http://h/" + strings.Repeat("\xff", 3000): "h /" + strings.Repeat("%FF", 3000),
	} {
		u, err := Parse(raw, "http", "https")
		if err != nil {
			t.Errorf("%q: %v", raw, err)
			continue
		}
		if got := u.Host + " " + u.RequestURI(); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
}

// TestUserinfo decodes user and password.
func TestUserinfo(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"http://user@h": "user  false", "http://user:@h": "user  true", "http://u%3As:p%40ss@h": "u:s p@ss true",
		"http://a@b:c:d@h": "a@b c:d true", "http://jörg:ü x@h": "jörg ü x true", "http://@h": "  false",
	} {
		u, err := Parse(raw, "http")
		if err != nil {
			t.Errorf("%q: %v", raw, err)
			continue
		}
		password, has := u.User.Password()
		if got := u.User.Username() + " " + password + map[bool]string{true: " true", false: " false"}[has]; got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]error{
		"http://h/\n": errControl, "http://h/?\x00": errControl, "http://h\r\n/": errControl, "http://h/\x7f": errControl,
		"http://h/\t": errControl, "http://h/#\x1b": errControl,
		"http://": errHost, "http:///x": errHost, "http://:80": errHost, "http://?x": errHost, "http://#x": errHost,
		"http://a b/": errHost, "http://a\\b/": errHost, "http://a<b/": errHost, "http://a|b/": errHost, "http://a^b/": errHost,
		"http://a%/": errHost, "http://a%20b/": errHost, "http://a%2fb/": errHost, "http://a%00/": errHost,
		"http://a:b:1/": errHost, "http://::1/": errHost, "http://[::1": errHost, "http://[::1]x": errHost,
		"http://[127.0.0.1]/": errHost, "http://[x]/": errHost, "http://]/": errHost,
		"http://a\uff0fb/": errHost, "http://a\uff20b/": errHost, "http://a\u2100b/": errHost, // "/", "@", "a/c" in disguise
		"http://\xff/": errHost, "http://a\ufffdb/": errHost, "http://\u00ad/": errHost, // invalid, invalid, nothing is left
		"http://h:0/": errPort, "http://h:65536/": errPort, "http://h:+1/": errPort, "http://h:x/": errPort, "http://h: 1/": errPort,
		"http://h/%": errPath, "http://h/%zz": errPath, "http://h/%4": errPath,
		"http://u%@h/": errUser, "http://u:%zz@h/": errUser,
	} {
		if u, err := Parse(raw, "http"); err != want {
			t.Errorf("%q: got %v and %v, want %v", raw, u, err, want)
		}
	}
	for _, raw := range []string{"", "h", "http:", "http:/h", "http:h", "//h/", "ftp://h/", " http://h/", "h?http://h", "://h"} {
		if u, err := Parse(raw, "http", "https"); err == nil || err.Error() != "scheme is not http or https" {
			t.Errorf("%q: got %v and %v", raw, u, err)
		}
	}
}
