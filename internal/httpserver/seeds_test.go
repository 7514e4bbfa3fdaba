package httpserver_test

import "strings"

// requestSeeds are requests, right and wrong ones, each with another one behind.
func requestSeeds() []string {
	const (
		next    = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n"
		post    = "POST / HTTP/1.1\r\nHost: x\r\n"
		chunked = post + "Transfer-Encoding: chunked\r\n\r\n"
	)
	seeds := []string{
		"", "\r\n\n", "\r", "\n\r\r\n", "GET / HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\r\nHost: x\r\n", "GET", "\x16\x03\x01",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	}
	for _, target := range []string{
		"/", "/a%20b?x=%41&y", "//h/p", "*", "http://h:81/p?q#f", "http://h", "http://h?q", "http://h:99999/", "http://user@h/", "http://[::1]:80/", "http:///p",
		"https:p", "http://%C3%BC/", "h:80", "/a b", "/a\rb", "/a\x00", "/%zz", "",
	} {
		for _, method := range []string{"GET", "CONNECT", "OPTIONS", "HEAD"} {
			seeds = append(seeds, method+" "+target+" HTTP/1.1\r\nHost: x\r\n\r\n")
		}
	}
	for _, version := range []string{"HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "HTTP/1.10", "http/1.1", ""} {
		head := "POST / " + version + "\r\nHost: x\r\nConnection: keep-alive\r\n"
		seeds = append(seeds, head+"\r\n", head+"Content-Length: 1\r\n\r\nx", head+"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			head+"Content-Length: 1\r\nExpect: 100-continue\r\n\r\nx")
	}
	for _, fields := range []string{
		"", "Host:", "Host: x", "Host: x:80", "Host: x:99999", "Host: :80", "Host: [::1]", "Host: [::1%25e]", "Host: [1.2.3.4]:1", "Host: x%4",
		"Host: x y", "Host: x/", "Host: x\r\nhost: x", "Host: x\r\nHost:", " Host: x", "Host : x",
		// Lines.
		"Host: x\r\n\rX: a", "Host: x\r\nX: a\r\n b", "Host: x\r\nX:\r\n\t\r\n", "Host: x\r\nX: a\rb", "Host: x\r\nX: a\r",
		"Host: x\nX: 1\r\nx: 2\n",
		// Names and values.
		"Host: x\r\nX: a\x00b", "Host: x\r\nX: \xff", "Host: x\r\nX\x00: a", "Host: x\r\n: a", "Host: x\r\nX",
		"Host: x\r\n" + strings.Repeat("n", 900) + ": v", "Host: x\r\n" + strings.Repeat("n", 2000) + ": v",
		"Host: x\r\n" + strings.Repeat("X: y\r\n", 150) + "X: y",
		// What fields say.
		"Host: x\r\nConnection: close", "Host: x\r\nConnection: a, CLOSE", "Host: x\r\nConnection: keep-alive\r\nConnection: close",
		"Host: x\r\nPragma: no-cache", "Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade", "Host: x\r\nExpect:",
		"Host: x\r\nExpect: 200-ok", "Host: x\r\nExpect: ,",
	} {
		for _, target := range []string{"/", "http://h/"} {
			seeds = append(seeds, "GET "+target+" HTTP/1.1\r\n"+fields+"\r\n\r\n")
		}
	}
	for _, length := range []string{
		"3", "003", "+3", "-3", " 3", "3 ", "3,3", "3, 3", "+1", "1,1", " 1", "0x3", "3_0", "3.0", "0", "", "10",
		"9223372036854775807", "9223372036854775808", "18446744073709551619",
		"3\r\nContent-Length: 3", "3\r\nContent-Length: 4", "3\r\nTransfer-Encoding: chunked", "3\r\nTransfer-Encoding: identity",
		"3\r\nExpect: 100-continue", "3\r\nExpect: 100-continue, x", "3\r\nExpect: 100-Continue, 100-continue",
		"3\r\nExpect: 100-continue\r\nExpect:", "0\r\nExpect: 100-continue", "3\r\nTrailer: T",
	} {
		seeds = append(seeds, post+"Content-Length: "+length+"\r\n\r\nabc")
	}
	for _, coding := range []string{
		"chunked", "Chunked", "chunked, chunked", "gzip, chunked", "chunked\r\nTransfer-Encoding: chunked", "", "\tchunked\t",
		"\x0bchunked", "chunked\r\nContent-Length: 3", "chunked\r\nContent-Length: x", "chunked\r\nExpect: 100-continue",
		"chunked\r\nTrailer: T, U", "chunked\r\nTrailer: Host", "chunked\r\nTrailer: Content-Length",
	} {
		seeds = append(seeds, post+"Transfer-Encoding: "+coding+"\r\n\r\n3\r\nabc\r\n0\r\nT: v\r\n\r\n")
	}
	long := strings.Repeat("x", 20_000)
	for _, body := range []string{
		// Sizes.
		"003\r\nabc\r\n000\r\n\r\n", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "0x3\r\nabc\r\n0\r\n\r\n", "+3\r\nabc\r\n0\r\n\r\n",
		" 3\r\nabc\r\n0\r\n\r\n", "3 \r\nabc\r\n0\r\n\r\n", "\r\n", "ffffffffffffffff\r\nabc", "10000000000000003\r\nabc\r\n0\r\n\r\n",
		"3\r\nabcd\r\n0\r\n\r\n", "4e20\r\n" + long + "\r\n0\r\n\r\n",
		// Extensions.
		"3;a=b;c=\"d\"\r\nabc\r\n0;e\r\n\r\n", "3 ; a\r\nabc\r\n0\r\n\r\n", "3;a\nb\r\nabc\r\n0\r\n\r\n", "3;a\rb\r\nabc\r\n0\r\n\r\n",
		"0;" + long[:4091] + "\r\n\r\n", "0;" + long + "\r\n\r\n",
		// Ends of lines.
		"3\nabc\n0\n\n", "3\r\nabc\n0\r\n\r\n", "3\r\rabc\r\n0\r\n\r\n", "0\n\n", "0\r\n\n", "0\r\n\r", "0\r\n", "", "3\r\nab",
		// Trailers.
		"0\r\nT: v\r\nT: w\r\nU:\r\n\r\n", "0\r\nT: v\n\n", "0\r\nT: a\r\n b\r\n\r\n", "0\r\nT: a\rb\r\n\r\n", "0\r\nT: a\x00\r\n\r\n",
		"0\r\nT\r\n\r\n", "0\r\nContent-Length: 3\r\n\r\n", "0\r\nHost: y\r\nTransfer-Encoding: chunked\r\n\r\n",
		"0\r\nT: " + long[:4087] + "\r\n\r\n", "0\r\nT: " + long + "\r\n\r\n",
	} {
		seeds = append(seeds, chunked+body)
	}
	seeds = append(seeds, post+"Content-Length: 20000\r\n\r\n"+long)
	for i := range seeds {
		seeds[i] += next
	}
	return seeds
}
