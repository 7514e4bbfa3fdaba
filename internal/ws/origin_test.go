package ws

import (
	"net/http"
	"testing"
)

// TestOrigin covers RFC 6455 section 10.2 with the comparison of RFC 6454 section 5.
func TestOrigin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		origin  []string
		allowed []string
		want    bool
	}{
		{nil, nil, true},
		{nil, []string{"https://example.com"}, true},
		{[]string{"https://example.com"}, nil, false},
		{[]string{"https://example.com"}, []string{"*"}, true},
		{[]string{"nonsense"}, []string{"https://example.com", "*"}, true},
		{[]string{"https://example.com"}, []string{"https://other.com", "https://example.com"}, true},
		{[]string{"HTTPS://Example.COM"}, []string{"https://example.com"}, true},
		{[]string{"https://example.com"}, []string{"https://EXAMPLE.com"}, true},
		{[]string{"http://example.com"}, []string{"https://example.com"}, false},
		{[]string{"https://example.com:443"}, []string{"https://example.com"}, true},
		{[]string{"https://example.com"}, []string{"https://example.com:443"}, true},
		{[]string{"http://example.com:80"}, []string{"http://example.com"}, true},
		{[]string{"http://example.com:443"}, []string{"http://example.com"}, false},
		{[]string{"https://example.com:8443"}, []string{"https://example.com"}, false},
		{[]string{"https://example.com:8443"}, []string{"https://example.com:8443"}, true},
		{[]string{"https://sub.example.com"}, []string{"https://example.com"}, false},
		{[]string{"https://example.com.evil.org"}, []string{"https://example.com"}, false},
		{[]string{"https://example.com@evil.org"}, []string{"https://example.com"}, false},
		{[]string{"https://user@example.com"}, []string{"https://example.com"}, false},
		{[]string{"https://example.com/"}, []string{"https://example.com"}, false},
		{[]string{"https://example.com#"}, []string{"https://example.com"}, false},
		{[]string{"https://example.com?"}, []string{"https://example.com"}, false},
		{[]string{"https://ban\u212a.com"}, []string{"https://bank.com"}, false},
		{[]string{"http://[::1]:8080"}, []string{"http://[::1]:8080"}, true},
		{[]string{"null"}, []string{"https://example.com"}, false},
		{[]string{"null"}, []string{"null"}, true},
		{[]string{"null"}, []string{"http://null"}, false},
		{[]string{""}, []string{"https://example.com", ""}, false},
		{[]string{"https://example.com"}, []string{"example.com", "https://example.com/", "%"}, false},
		{[]string{"https://example.com", "https://example.com"}, []string{"https://example.com"}, false},
		{[]string{"chrome-extension://abcdef"}, []string{"chrome-extension://abcdef"}, true},
	} {
		r := &http.Request{Header: http.Header{}}
		if c.origin != nil {
			r.Header[fieldOrigin] = c.origin
		}
		if got := CheckOrigin(r, c.allowed); got != c.want {
			t.Errorf("origin %q, allowed %q: got %t, want %t", c.origin, c.allowed, got, c.want)
		}
	}
}

func TestValidOrigin(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"*": true, "null": true, "https://example.com": true, "http://localhost:8080": true, "http://[::1]": true,
		"": false, "example.com": false, "https://": false, "https://example.com/": false, "https://*.example.com": false,
		"https://exämple.com": false, "https://a b": false,
	} {
		if got := ValidOrigin(s); got != want {
			t.Errorf("%q: got %t, want %t", s, got, want)
		}
	}
}
