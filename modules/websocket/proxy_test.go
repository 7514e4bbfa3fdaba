package websocket_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/internal/testcert"
	"silly/luahost"
)

// proxyServer is a proxy: ask speaks its protocol up to the address to connect to and says how to grant or
// refuse that. It knows the user "u:p" only, and refuses the host "forbidden.test".
type proxyServer struct {
	t   *testing.T
	ask func(c net.Conn, r *bufio.Reader) (address string, allowed bool, answer func(granted bool))
	// target is where all connections go, whatever was asked for: names need not be looked up.
	target string
	asked  chan string
}

func (p *proxyServer) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(20 * time.Second))
			r := bufio.NewReader(c)
			address, allowed, answer := p.ask(c, r)
			if answer == nil {
				return
			}
			p.asked <- address
			if !allowed || strings.HasPrefix(address, "forbidden.test:") {
				answer(false)
				return
			}
			target, err := net.Dial("tcp", p.target)
			if err != nil {
				p.t.Error(err)
				return
			}
			defer target.Close()
			answer(true)
			go func() { _, _ = io.Copy(target, r); target.(*net.TCPConn).CloseWrite() }()
			_, _ = io.Copy(c, target)
		}()
	}
}

// askHTTP speaks CONNECT.
func askHTTP(c net.Conn, r *bufio.Reader) (string, bool, func(bool)) {
	request, err := http.ReadRequest(r)
	if err != nil || request.Method != http.MethodConnect {
		return "", false, nil
	}
	user := strings.TrimPrefix(request.Header.Get("Proxy-Authorization"), "Basic ")
	allowed := user == base64.StdEncoding.EncodeToString([]byte("u:p"))
	return request.Host, allowed, func(granted bool) {
		switch {
		case granted:
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n")
		case allowed:
			fmt.Fprint(c, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
		default:
			fmt.Fprint(c, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
		}
	}
}

// askSOCKS speaks SOCKS 5 (RFC 1928, RFC 1929).
func askSOCKS(c net.Conn, r *bufio.Reader) (string, bool, func(bool)) {
	take := func(n int) string {
		p := make([]byte, n)
		_, _ = io.ReadFull(r, p)
		return string(p)
	}
	takeCounted := func() string { return take(int(take(1)[0])) }
	if take(1) != "\x05" {
		return "", false, nil
	}
	if !strings.Contains(takeCounted(), "\x02") { // no user offered
		_, _ = c.Write([]byte("\x05\xff"))
		return "", false, nil
	}
	_, _ = c.Write([]byte("\x05\x02"))
	take(1)
	if user, password := takeCounted(), takeCounted(); user != "u" || password != "p" {
		_, _ = c.Write([]byte("\x01\x01"))
		return "", false, nil
	}
	_, _ = c.Write([]byte("\x01\x00"))
	take(3)
	var host string
	switch take(1) {
	case "\x01":
		host = net.IP(take(4)).String()
	case "\x03":
		host = takeCounted()
	case "\x04":
		host = net.IP(take(16)).String()
	}
	port := binary.BigEndian.Uint16([]byte(take(2)))
	return net.JoinHostPort(host, fmt.Sprint(port)), true, func(granted bool) {
		status := "\x00"
		if !granted {
			status = "\x02" // not allowed by ruleset
		}
		_, _ = c.Write([]byte("\x05" + status + "\x00\x01\x7f\x00\x00\x01\x00\x50"))
	}
}

// TestProxies connects through proxies of each kind, to ws and wss.
func TestProxies(t *testing.T) {
	certificate, key := testcert.New(t, "localhost", "server.test", "127.0.0.1")
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	h := luatest.NewHost(t, luahost.Options{Network: luahost.SystemNetwork{}})
	ready := make(chan string, 2)
	h.Expose("ready", func(addr string) { ready <- addr })
	h.Expose("certificate", certificate)
	h.Expose("key", key)
	go h.RunString(t.Context(), "server.lua", `
		local http, websocket = require "silly.net.http", require "silly.net.websocket"
		for _, certs in ipairs {false, {{cert = certificate, key = key}}} do
			local server = assert(http.listen {addr = "127.0.0.1:0", certs = certs or nil, handler = function(stream)
				local sock, err = websocket.upgrade(stream)
				if not sock then return end
				sock:write(stream.header["host"], "text")
				while true do
					local data, typ = sock:read()
					if not data or typ == "close" then break end
					sock:write(data, typ)
				end
				sock:close()
			end})
			ready(server.addr)
		end
	`)
	for _, target := range []struct{ scheme, address string }{{"ws", <-ready}, {"wss", <-ready}} {
		for scheme, ask := range map[string]func(net.Conn, *bufio.Reader) (string, bool, func(bool)){
			"http": askHTTP, "https": askHTTP, "socks5": askSOCKS, "socks5h": askSOCKS,
		} {
			t.Run(target.scheme+" through "+scheme, func(t *testing.T) {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				proxyAddress := l.Addr().String()
				if scheme == "https" {
					l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}})
				}
				defer l.Close()
				p := &proxyServer{t: t, ask: ask, target: target.address, asked: make(chan string, 10)}
				go p.serve(l)

				output, err := luatest.Run(t, fmt.Sprintf(`
					local websocket = require "silly.net.websocket"
					local scheme, proxy, address, proxyaddress = %q, %q, %q, %q
					local opts = {proxy = proxy .. "://u:p@" .. proxyaddress, tls = {ca = %q}}
					local sock = assert(websocket.connect(scheme .. "://server.test/", nil, opts))
					eq(list(sock:read()), "server.test text")
					local big = ("0123456789"):rep(50000)
					sock:write(big, "text")
					eq(sock:read() == big, true)
					sock:close()

					-- The proxy refuses the target, or the user.
					local function refused(url, user)
						opts.proxy = proxy .. "://" .. user .. "@" .. proxyaddress
						local sock, err = websocket.connect(scheme .. "://" .. url, nil, opts)
						eq(sock, nil)
						print((err:gsub(proxyaddress, "PROXY", 1)))
					end
					refused("forbidden.test/", "u:p")
					refused("server.test/", "u:wrong")
				`, target.scheme, scheme, target.address, proxyAddress, certificate), luahost.Options{Network: luahost.SystemNetwork{}})
				if err != nil {
					t.Fatalf("%v\n%s", err, output)
				}
				want := "proxy PROXY refused: 403 Forbidden\nproxy PROXY refused: 407 Proxy Authentication Required\n"
				if strings.HasPrefix(scheme, "socks") {
					want = "proxy PROXY: connection not allowed by ruleset\nproxy PROXY: username/password authentication failed\n"
				}
				if output != want {
					t.Errorf("refusals: %q, want %q", output, want)
				}
				port := map[string]string{"ws": "80", "wss": "443"}[target.scheme]
				if got := <-p.asked; got != "server.test:"+port {
					t.Errorf("the proxy was asked for %q", got)
				}
			})
		}
	}
}

// TestBadProxies: what is no proxy gives an error that names it and no password.
func TestBadProxies(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { // a proxy that says something else
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 1000))
			fmt.Fprint(c, "220 mail.test ESMTP\r\n")
			c.Close()
		}
	}()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	output, err := luatest.Run(t, fmt.Sprintf(`
		local websocket = require "silly.net.websocket"
		local mail, silent, closed = %q, %q, %q
		for _, proxy in ipairs {
			"ftp://u:secret@x", "http://", "http://x:0", "http://x:99999", "http://x/path", "x:80", "http://u:secret@[::1",
			"http://u:secret@" .. mail, "socks5://u:secret@" .. mail, "https://u:secret@" .. mail,
			"http://u:secret@" .. silent, "socks5://u:secret@" .. silent, "https://u:secret@" .. silent,
			"http://u:secret@" .. closed,
		} do
			local sock, err = websocket.connect("ws://server.test/", nil, {proxy = proxy, timeout = 200})
			eq(sock, nil)
			print((err:gsub("127.0.0.1:%%d+", "PROXY")))
		end
	`, l.Addr(), silent.Addr(), closed.Addr()), luahost.Options{Network: luahost.SystemNetwork{}})
	if err != nil {
		t.Fatal(err)
	}
	want := `invalid proxy url: scheme is not http, https or socks5
invalid proxy url: it is not scheme://host:port
invalid proxy url: port is not between 1 and 65535
invalid proxy url: port is not between 1 and 65535
invalid proxy url: it is not scheme://host:port
invalid proxy url: scheme is not http, https or socks5
invalid proxy url
proxy PROXY: malformed status line
proxy PROXY: unexpected protocol version 50
tls handshake with proxy PROXY: the peer does not speak tls
proxy PROXY: timeout
proxy PROXY: timeout
tls handshake with proxy PROXY: timeout
connect PROXY: connection refused
`
	if output != want {
		t.Errorf("got\n%s\nwant\n%s", output, want)
	}
}
