package httpserver

import (
	"bufio"
	"bytes"
	"net/http"
	"testing"
)

// FuzzHead: where a head ends is decided twice, before it is parsed and by the parser. Requests could be smuggled
// past a difference.
func FuzzHead(f *testing.F) {
	for _, raw := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET / HTTP/1.1\nHost: x\n\nGET /2 HTTP/1.0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\t\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\n\r\r\n\r\n",
		"GET / HTTP/1.1\r\nHost : x\r\n \r\n\n",
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		blank, _ := new(Conn).blankLines(raw)
		raw = raw[blank:]
		end := headEnd(raw)
		for cut := range min(len(raw), 64) { // it may arrive in two parts
			if headEnd(raw[:cut]) == 0 {
				from := max(0, cut-3)
				if n := headEnd(raw[from:]); n > 0 && from+n != end || n == 0 && end > 0 {
					t.Fatalf("the end is at %d, or %d when %d bytes come first", end, from+n, cut)
				}
			}
		}
		if end == 0 {
			return
		}
		if _, ok := checkHead(raw[:end]); !ok {
			return
		}
		rest := bytes.NewReader(raw)
		reader := bufio.NewReaderSize(rest, 16)
		if _, err := http.ReadRequest(reader); err != nil {
			return
		}
		if read := len(raw) - rest.Len() - reader.Buffered(); read != end {
			t.Fatalf("the head ends at %d, and at %d for the parser: %q", end, read, raw)
		}
	})
}
