package tcp_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/luahost"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestScriptOnSockets runs the script of the in-memory network on the real one.
func TestScriptOnSockets(t *testing.T) {
	luatest.Scripts(t, "../../testdata/lua/tcp.lua", luahost.Options{Network: luahost.SystemNetwork{}})
}

// A program is a script that runs on the real network.
type program struct {
	*luahost.Host
	reports chan string   // what the script reports
	ended   chan struct{} // closed when it has ended
	err     error         // valid then
}

// run starts a script, which has report(text).
func run(t *testing.T, code string) *program {
	t.Helper()
	h := luatest.NewHost(t, luahost.Options{Network: luahost.SystemNetwork{}})
	p := &program{Host: h, reports: make(chan string, 10_000), ended: make(chan struct{})}
	h.Expose("report", func(text string) { p.reports <- text })
	go func() {
		defer close(p.ended)
		p.err = h.RunString(context.Background(), "test.lua", `local tcp, errno = require "silly.net.tcp", require "silly.errno" `+code)
	}()
	return p
}

// next is the next report.
func (p *program) next(t *testing.T) string {
	t.Helper()
	select {
	case text := <-p.reports:
		return text
	case <-p.ended:
		select {
		case text := <-p.reports:
			return text
		default:
			t.Fatalf("the script has ended: %v", p.err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the script reports nothing")
	}
	return ""
}

// listen is a server for run, which reports its address; conn is each connection.
func listen(handler string) string {
	return `report(assert(tcp.listen {addr = "127.0.0.1:0", accept = function(conn) ` + handler + ` end}).addr)`
}

func dial(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c.(*net.TCPConn)
}

// TestServesOtherPrograms: netcat and Python's sockets talk to a server, and Python's is talked to.
func TestServesOtherPrograms(t *testing.T) {
	t.Parallel()
	p := run(t, listen(`
		local line = conn:read "\n"
		conn:write {"got ", line}
		report(tostring(select(2, conn:read "\n") == errno.EOF) .. conn:read(conn:unreadbytes()))
		conn:write "bye\n"
		conn:close()`))
	host, port, _ := strings.Cut(p.next(t), ":")
	t.Run("python3", func(t *testing.T) {
		python := find(t, "python3")
		output := output(t, exec.Command(python, "-c", `
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
for c in b"hello\nrest":
    s.sendall(bytes([c]))
s.shutdown(socket.SHUT_WR)
print(s.makefile().read(), end="")`, host, port), "")
		if report := p.next(t); output != "got hello\nbye\n" || report != "truerest" {
			t.Errorf("the peer got %q, the script %q", output, report)
		}
	})
	t.Run("nc", func(t *testing.T) {
		nc := find(t, "nc")
		p := run(t, listen(`conn:write {"got ", conn:read "\n"} conn:close()`))
		host, port, _ := strings.Cut(p.next(t), ":")
		if output := output(t, exec.Command(nc, host, port), "hello\n"); output != "got hello\n" {
			t.Errorf("the peer got %q", output)
		}
	})
	t.Run("python3 listens", func(t *testing.T) {
		cmd := exec.Command(find(t, "python3"), "-c", `
import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
c, _ = s.accept()
c.sendall(c.makefile().readline().upper().encode())
c.close()`)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer cmd.Wait()
		defer cmd.Process.Kill()
		line := make([]byte, 10)
		n, err := out.Read(line)
		if err != nil {
			t.Fatal(err)
		}
		p := run(t, `local c = assert(tcp.connect("127.0.0.1:`+strings.TrimSpace(string(line[:n]))+`"))
			c:write "shout\n" report(c:read "\n" .. tostring(select(2, c:read(1)) == errno.EOF)) c:close()`)
		if got := p.next(t); got != "SHOUT\ntrue" {
			t.Errorf("got %q", got)
		}
	})
}

func find(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skip("there is no " + program)
	}
	return path
}

func output(t *testing.T, cmd *exec.Cmd, input string) string {
	t.Helper()
	cmd.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	return string(out)
}

// TestStopIsGraceful: reads that wait end with CLOSING, and what handlers write then arrives.
func TestStopIsGraceful(t *testing.T) {
	t.Parallel()
	p := run(t, listen(`
		report(conn:read "\n")
		local _, err = conn:read "\n"
		conn:write(err == errno.CLOSING and "closing\n" or err)
		conn:close()`))
	c := dial(t, p.next(t))
	_, _ = io.WriteString(c, "a\n")
	p.next(t)
	p.Shutdown(t.Context())
	answer, err := io.ReadAll(c)
	if string(answer) != "closing\n" || err != nil {
		t.Errorf("the peer got %q, %v", answer, err)
	}
	<-p.ended
	if p.err != nil {
		t.Error(p.err)
	}
}

// TestWhatWasWrittenLeavesAtTheEnd: also when the program ends before.
func TestWhatWasWrittenLeavesAtTheEnd(t *testing.T) {
	t.Parallel()
	for _, end := range []string{`require "silly".exit(0)`, `conn:close() require "silly".exit(0)`, `l:close() conn:close()`} {
		p := run(t, `local l l = assert(tcp.listen {addr = "127.0.0.1:0", accept = function(conn)
			conn:write(("x"):rep(1000000)) `+end+` end}) report(l.addr)`)
		c := dial(t, p.next(t))
		got, err := io.ReadAll(c)
		if len(got) != 1_000_000 || err != nil {
			t.Errorf("%s: the peer got %d bytes, %v", end, len(got), err)
		}
		c.Close()
		<-p.ended
	}
}
