package http_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"silly/internal/luatest"
	"silly/internal/memnet"
	"silly/internal/testcert"
	"silly/luahost"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTLS serves and requests over TLS: both protocols, several certificates, and certificates that
// are not trusted.
func TestTLS(t *testing.T) {
	t.Parallel()
	oneCert, oneKey := testcert.New(t, "one.test", "localhost")
	twoCert, twoKey := testcert.New(t, "two.test")
	script := fmt.Sprintf(`
		local http = require "silly.net.http"
		local one = {cert = [[%s]], key = [[%s]]}
		local two = {cert = [[%s]], key = [[%s]]}
		local handler = function(stream)
			stream:respond(200, {["x-version"] = stream.version, ["x-scheme"] = stream.scheme})
			stream:write("hello ")
			stream:closewrite(stream.method .. stream.path .. stream:readall(), {["x-end"] = "1"})
		end
		local server = assert(http.listen {addr = ":443", certs = {one, two}, handler = handler})

		-- HTTP/2 is chosen when both speak it.
		local client = assert(http.newclient {tls = {ca = one.cert}})
		local r = assert(client:post("https://localhost/x", nil, "body"))
		eq(list(r.status, r.header["x-version"], r.header["x-scheme"], r.body), "200 HTTP/2 https hello POST/xbody")
		local s = assert(client:request("POST", "https://localhost/s"))
		assert(s:write("a"))
		assert(s:closewrite("b"))
		assert(s:waitresponse())
		eq(list(s.version, s:readall(), s.trailer["x-end"]), "HTTP/2 hello POST/sab 1")

		local old = assert(http.newclient {tls = {ca = one.cert}, alpnprotos = {"http/1.1"}})
		r = assert(old:get("https://localhost/y"))
		eq(list(r.header["x-version"], r.body), "HTTP/1.1 hello GET/y")

		-- Each request may choose; with close there is no body.
		for version, protocols in pairs {["HTTP/1.1"] = {"http/1.1"}, ["HTTP/2"] = {"http/1.1", "h2"}} do
			local s <close> = assert(client:request("PUT", "https://localhost/p", nil, true, protocols, {timeout = 60000}))
			eq(list(s:readall(), s.version, s.header["x-version"], s.eof), list("hello PUT/p", version, version, true))
			local s <close> = assert(client:request("PUT", "https://localhost/q", {["content-length"] = 1}, false, protocols))
			assert(s:write("x"))
			eq(list(s:readheader()), list(200, s.header))
			eq(list(s:read(8), s.eof), "hello PU false")
			eq(list(s:readall(), s.eof, s.trailer["x-end"]), "T/qx true 1")
		end
		local hasty = assert(http.newclient {timeout = 300, tls = {ca = one.cert}})
		local s = assert(hasty:request("POST", "https://localhost/t"))
		eq(s:write("a"), true)
		eq(list(s:readall()), "nil timeout")
		eq(list(s:write("a")), "false timeout")

		-- The certificate is chosen by server name.
		local second = assert(http.newclient {tls = {ca = two.cert, servername = "two.test"}})
		eq(assert(second:get("https://localhost/z")).status, 200)

		-- What is not trusted is refused, with a reason.
		eq(list(http.get("https://localhost/")), "nil certificate of the server is not trusted: signed by unknown authority")
		assert(list(client:get("https://127.0.0.2/")):find("not trusted"), list(client:get("https://127.0.0.2/")))
		eq(assert(http.newclient {tls = {insecure = true}}):get("https://localhost/").status, 200)
		eq(list(http.newclient {tls = {ca = "nonsense"}}), "nil option tls: ca has no certificate in PEM form")

		-- A server that only speaks HTTP/1.1, and one without TLS although there are certificates.
		local h1 = assert(http.listen {addr = ":444", certs = {one}, alpnprotos = {"http/1.1"}, handler = handler})
		eq(assert(client:get("https://localhost:444/")).header["x-version"], "HTTP/1.1")
		local plain = assert(http.listen {addr = ":80", certs = {one}, tls = false, handler = handler})
		eq(assert(client:get("http://localhost/")).header["x-scheme"], "http")
		eq(list(client:get("https://localhost:80/")), "nil the peer does not speak tls")

		-- A WebSocket over TLS; over HTTP/2 the handshake is refused.
		local websocket = require "silly.net.websocket"
		local refused
		local ws = assert(http.listen {addr = ":445", certs = {one}, handler = function(stream)
			local sock, err = websocket.upgrade(stream)
			if not sock then refused = err return end
			eq(stream.scheme, "https")
			for _ = 1, 3 do
				local data = assert(sock:read())
				sock:write(data, "text")
			end
			sock:close()
		end})
		local sock = assert(websocket.connect("wss://localhost:445/", nil, {tls = {ca = one.cert}}))
		for _, n in ipairs {1, 70000, 400000} do
			assert(sock:write(("x"):rep(n), "text"))
			eq(#sock:read(), n)
		end
		eq(select(2, sock:read()), "close")
		sock:close()
		assert(list(websocket.connect("wss://localhost:445/")):find("not trusted"))
		r = assert(client:get("https://localhost:445/", {["sec-websocket-version"] = 13}))
		assert(r.status >= 400 and refused, r.status)

		for _, s in ipairs {server, h1, plain, ws} do s:close() end
	`, oneCert, oneKey, twoCert, twoKey)
	if out, err := luatest.Run(t, script, luahost.Options{}); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestBadCertificates: listen returns nil and a reason, and the script lives.
func TestBadCertificates(t *testing.T) {
	t.Parallel()
	cert, _ := testcert.New(t)
	_, otherKey := testcert.New(t)
	out, err := luatest.Run(t, fmt.Sprintf(`
		local http = require "silly.net.http"
		local function try(certs, tls) return list(http.listen {addr = ":1", handler = print, certs = certs, tls = tls}) end
		eq(try {{cert = "x", key = "y"}}, "nil bad certificate 1: failed to find any PEM data in certificate input")
		eq(try {{cert = [[%s]], key = [[%s]]}}, "nil bad certificate 1: private key does not match public key")
		assert(try({}, true):find("tls needs certs"))
		fails("field 'certs': list of tables expected, got string", try, "x")
		fails("field 'certs': item 1: table expected, got number", try, {1})
		fails("unknown option 'crt', did you mean 'cert'", try, {{crt = "x"}})
	`, cert, otherKey), luahost.Options{})
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestOtherClients talks to a server with net/http's own client over both protocols.
func TestOtherClients(t *testing.T) {
	t.Parallel()
	network := memnet.New()
	cert, key := testcert.New(t)
	ready := make(chan struct{})
	h := luatest.NewHost(t, luahost.Options{Network: network})
	h.Expose("ready", func() { close(ready) })
	go h.RunString(t.Context(), "server.lua", fmt.Sprintf(`
		require("silly.net.http").listen {addr = "127.0.0.1:443", certs = {{cert = [[%s]], key = [[%s]]}}, handler = function(stream)
			stream:respond(200, {["content-type"] = "text/plain"})
			stream:closewrite(stream.version .. " " .. stream:readall())
		end}
		ready()
	`, cert, key))
	<-ready
	for _, version := range []string{"HTTP/1.1", "HTTP/2"} {
		transport := &http.Transport{
			DialContext:       network.Dial,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
			ForceAttemptHTTP2: version == "HTTP/2",
		}
		for i := range 20 {
			response, err := (&http.Client{Transport: transport}).Post("https://127.0.0.1/", "text/plain", strings.NewReader(strings.Repeat("x", i*10000)))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if want := version + " " + strings.Repeat("x", i*10000); err != nil || string(body) != want {
				t.Errorf("%s: got %d bytes %.20q (%v), want %d bytes", version, len(body), body, err, len(want))
			}
		}
		transport.CloseIdleConnections()
	}
}
