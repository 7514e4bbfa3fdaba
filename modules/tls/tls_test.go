package tls_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/internal/testcert"
	"silly/internal/testprocess"
	"silly/luahost"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestScriptOnSockets runs the script of the in-memory network on the real one.
func TestScriptOnSockets(t *testing.T) {
	luatest.Scripts(t, "../../testdata/lua/tls.lua", luahost.Options{Network: luahost.SystemNetwork{}})
}

// files are certificates and keys of two parties.
type files struct{ cert, key, otherCert, otherKey string }

// name is the name of a file that an argument such as CERT2 stands for; others are themselves.
func (f files) name(arg string) string {
	switch arg {
	case "CERT":
		return f.cert
	case "KEY":
		return f.key
	case "CERT2":
		return f.otherCert
	case "KEY2":
		return f.otherKey
	}
	return arg
}

// newFiles writes the certificates of one.test and two.test into files.
func newFiles(t *testing.T) files {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert, key := testcert.New(t, "one.test")
	otherCert, otherKey := testcert.New(t, "two.test")
	return files{write("cert", cert), write("key", key), write("otherCert", otherCert), write("otherKey", otherKey)}
}

// run starts a script that has the contents of the files in cert, key, cert2 and key2, and report(text).
func run(t *testing.T, f files, code string) (reports <-chan string) {
	t.Helper()
	h := luatest.NewHost(t, luahost.Options{Network: luahost.SystemNetwork{}})
	told := make(chan string, 100)
	h.Expose("report", func(text string) { told <- text })
	for name, path := range map[string]string{"cert": f.cert, "key": f.key, "cert2": f.otherCert, "key2": f.otherKey} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		h.Expose(name, string(text))
	}
	go func() {
		const modules = `local tls, errno = require "silly.net.tls", require "silly.errno" `
		err := h.RunString(context.Background(), "test.lua", modules+code)
		if err != nil && !luahost.IsClosed(err) {
			t.Error(err)
		}
	}()
	return told
}

func next(t *testing.T, reports <-chan string) string {
	t.Helper()
	select {
	case text := <-reports:
		return text
	case <-time.After(testprocess.Patience):
		t.Fatal("the script reports nothing")
		return ""
	}
}

// openssl is a command of openssl.
func openssl(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl")
	}
	return exec.Command(path, args...)
}

const echoServer = `report(assert(tls.listen {
	addr = "127.0.0.1:0", certs = {{cert = cert, key = key}, {cert = cert2, key = key2}},
	alpnprotos = {"h2", "line/1"}, ciphers = "ECDHE+AESGCM:!AES256",
	client_ca = cert2, client_auth = "optional", accept = function(conn)
		local line = conn:read "\n"
		local peer = conn:peercert()
		conn:write {"got ", line, tostring(conn:alpnproto()), " ", peer and peer.dnsnames[1] or "nobody", "\n"}
		conn:close()
	end}).addr)`

// TestOpenSSLIsServed: s_client gets the certificate of its name, its protocol and its answer, and presents its own.
func TestOpenSSLIsServed(t *testing.T) {
	t.Parallel()
	f := newFiles(t)
	address := next(t, run(t, f, echoServer))
	for _, c := range []struct{ name, want, args string }{
		{"one", "got hi\nnil nobody\n", "-servername one.test -CAfile CERT"},
		{"two", "got hi\nnil nobody\n", "-servername two.test -CAfile CERT2 -tls1_2"},
		{"protocol", "got hi\nline/1 nobody\n", "-servername one.test -CAfile CERT -alpn x,line/1"},
		{"client", "got hi\nnil two.test\n", "-servername one.test -CAfile CERT -cert CERT2 -key KEY2"},
		{"cipher", "got hi\nnil nobody\n",
			"-servername one.test -CAfile CERT -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256"},
		{"another cipher", "", "-servername one.test -CAfile CERT -tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384"},
		{"another authority", "", "-servername one.test -CAfile CERT2"},
		{"a client that is unknown", "", "-servername one.test -CAfile CERT -cert CERT -key KEY"},
		{"another protocol", "", "-servername one.test -CAfile CERT -alpn x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cmd := openssl(t, "s_client", "-connect", address, "-quiet", "-verify_return_error")
			for arg := range strings.FieldsSeq(c.args) {
				cmd.Args = append(cmd.Args, f.name(arg))
			}
			cmd.Stdin = strings.NewReader("hi\n")
			output, err := cmd.Output()
			if string(output) != c.want || c.want != "" && err != nil {
				t.Errorf("%v: got %q, %v, want %q", c.args, output, err, c.want)
			}
		})
	}
}

// TestOpenSSLServes: s_server asks for a certificate, knows the protocol, and sends lines back in reverse.
func TestOpenSSLServes(t *testing.T) {
	t.Parallel()
	f := newFiles(t)
	server := testprocess.Start(t, openssl(t, "s_server", "-accept", "127.0.0.1:0", "-cert", f.cert, "-key", f.key,
		"-CAfile", f.otherCert, "-Verify", "1", "-verify_return_error", "-alpn", "line/1", "-rev"))
	server.Await("ACCEPT")
	_, address, _ := strings.Cut(server.Output(), "ACCEPT ")
	address, _, _ = strings.Cut(address, "\n")
	reports := run(t, f, `
		local opts = {ca = cert, hostname = "one.test", cert = cert2, key = key2, alpnprotos = {"x", "line/1"}}
		local conn = assert(tls.connect("`+address+`", opts))
		conn:write "abc\n"
		report(conn:read "\n" .. conn:alpnproto() .. " " .. conn:peercert().dnsnames[1])
		conn:close()
		opts.cert, opts.key = nil
		local conn, err, reason = tls.connect("`+address+`", opts)
		if conn then _, err, reason = conn:read(1) end
		report(tostring(err == errno.TLS) .. " " .. reason)`)
	for _, want := range []string{"cba\nline/1 one.test", "true the peer refused tls (certificate required)"} {
		if got := next(t, reports); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestFailedHandshakesAreLogged, at the level debug, with what is wrong.
func TestFailedHandshakesAreLogged(t *testing.T) {
	t.Parallel()
	var out luatest.Output
	_, err := luatest.Run(t, `
		local tls, tcp, logger = require "silly.net.tls", require "silly.net.tcp", require "silly.logger"
		local cert, key = certificate()
		local l = assert(tls.listen {addr = "127.0.0.1:0", certs = {{cert = cert, key = key}}, accept = print})
		local function fail()
			local c = assert(tcp.connect(l.addr))
			c:write "GET / HTTP/1.1\r\n\r\n"
			c:read(1000)
			c:close()
		end
		logger.setlevel(logger.INFO)
		fail()
		logger.setlevel(logger.DEBUG)
		fail()
		l:close()`, luahost.Options{Stderr: &out})
	if err != nil {
		t.Fatal(err)
	}
	want := "handshake failed: tls: first record does not look like a TLS handshake"
	if strings.Count(out.String(), want) != 1 {
		t.Errorf("got %q, want one line with %q", out.String(), want)
	}
}

// TestSilentClientsAreGivenUp: before the handshake, and in it. Others are served meanwhile.
func TestSilentClientsAreGivenUp(t *testing.T) {
	t.Parallel()
	f := newFiles(t)
	address := next(t, run(t, f, `report(assert(tls.listen {
		addr = "127.0.0.1:0", certs = {{cert = cert, key = key}}, handshake_timeout = 200,
		accept = function(conn) conn:write "hello\n" conn:close() end}).addr)`))
	var silent []net.Conn
	for i := range 50 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, "\x16\x03\x01\x02\x00\x01"[:i%7])
		silent = append(silent, c)
	}
	c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if hello, err := io.ReadAll(c); string(hello) != "hello\n" || err != nil {
		t.Errorf("got %q, %v", hello, err)
	}
	for _, c := range silent {
		_ = c.SetReadDeadline(time.Now().Add(testprocess.Patience))
		if _, err := io.Copy(io.Discard, c); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Fatalf("a client that says nothing is not given up: %v", err)
		}
	}
}
