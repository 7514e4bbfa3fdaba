package udp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/internal/memnet"
	"silly/internal/testprocess"
	"silly/luahost"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestScriptOnSockets runs the script of the in-memory network on the real one.
func TestScriptOnSockets(t *testing.T) {
	luatest.Scripts(t, "../../testdata/lua/udp.lua", luahost.Options{Network: luahost.SystemNetwork{}})
}

// run starts a script on a network, which has udp, errno and report(text); ended gets its error.
func run(t *testing.T, network luahost.Network, code string) (
	h *luahost.Host, reports <-chan string, ended <-chan error,
) {
	t.Helper()
	h = luatest.NewHost(t, luahost.Options{Network: network})
	told, done := make(chan string, 100), make(chan error, 1)
	h.Expose("report", func(text string) { told <- text })
	go func() {
		const modules = `local udp, errno = require "silly.net.udp", require "silly.errno" `
		done <- h.RunString(context.Background(), "test.lua", modules+code)
	}()
	return h, told, done
}

func next[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(testprocess.Patience):
		t.Fatal("the script does not go on")
	}
	return v
}

const echo = `local s = assert(udp.bind "127.0.0.1:0") report(s.localaddr)
	while true do
		local data, from = s:recvfrom()
		if not data then report(from) break end
		s:sendto(data:upper(), from)
	end`

// TestOtherPeersAreAnswered: those of Go and, if it is there, of netcat.
func TestOtherPeersAreAnswered(t *testing.T) {
	t.Parallel()
	_, reports, _ := run(t, luahost.SystemNetwork{}, echo)
	address := next(t, reports)
	c, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(testprocess.Patience))
	buffer := make([]byte, 100)
	for i := range 100 {
		if _, err := fmt.Fprintf(c, "message %d", i); err != nil {
			t.Fatal(err)
		}
		n, err := c.Read(buffer)
		if want := fmt.Sprintf("MESSAGE %d", i); string(buffer[:n]) != want || err != nil {
			t.Fatalf("got %q, %v, want %s", buffer[:n], err, want)
		}
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	host, port, _ := net.SplitHostPort(address)
	cmd := exec.Command(python, "-c", `import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(20)
s.sendto(b"from python", (sys.argv[1], int(sys.argv[2])))
print(s.recvfrom(100)[0].decode())`, host, port)
	if output, err := cmd.CombinedOutput(); string(output) != "FROM PYTHON\n" || err != nil {
		t.Errorf("got %q, %v", output, err)
	}
}

// TestAFloodIsBounded: what is kept of what nobody receives has a limit, and later datagrams still arrive.
func TestAFloodIsBounded(t *testing.T) {
	t.Parallel()
	_, reports, ended := run(t, luahost.SystemNetwork{}, `
		local s = assert(udp.bind "127.0.0.1:0") report(s.localaddr)
		while s:unreadbytes() < 900000 do require "silly.time".sleep(1) end
		for _ = 1, 50 do
			require "silly.time".sleep(1)
			assert(s:unreadbytes() <= 1 << 20)
		end
		report "full"
		repeat local data = assert(s:recvfrom(20000)) until data == "end"`)
	c, err := net.Dial("udp", next(t, reports))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	full := false
	for flood := bytes.Repeat([]byte("x"), 1400); !full; {
		_, _ = c.Write(flood)
		select {
		case <-reports:
			full = true
		case err := <-ended:
			t.Fatal(err)
		default:
		}
	}
	for {
		_, _ = c.Write([]byte("end")) // until there is room
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// TestShutdownEndsTheWait of a server, whose task reports why.
func TestShutdownEndsTheWait(t *testing.T) {
	t.Parallel()
	h, reports, ended := run(t, memnet.New(), echo)
	next(t, reports)
	h.Shutdown(t.Context())
	if err := next(t, ended); err != nil {
		t.Error(err)
	}
}

// plainNetwork has no UDP.
type plainNetwork struct{ luahost.Network }

func TestANetworkWithoutUDP(t *testing.T) {
	t.Parallel()
	_, err := luatest.Run(t, `
		local udp, errno = require "silly.net.udp", require "silly.errno"
		for _, f in ipairs {udp.bind, udp.connect} do
			local s, err = f "127.0.0.1:5000"
			assert(s == nil and err == errno.OPNOTSUPP, err)
		end`, luahost.Options{Network: plainNetwork{memnet.New()}})
	if err != nil {
		t.Error(err)
	}
}

// TestDeadlocksAreFound when a server's socket is closed, but not while it is open.
func TestDeadlocksAreFound(t *testing.T) {
	t.Parallel()
	_, _, ended := run(t, memnet.New(), `local s = assert(udp.bind "127.0.0.1:0")
		local task, channel = require "silly.task", require "silly.sync.channel"
		task.fork(function() s:recvfrom(10) s:close() end)
		channel.new():pop()`)
	var deadlock *luahost.DeadlockError
	if err := next(t, ended); !errors.As(err, &deadlock) || !strings.Contains(fmt.Sprint(deadlock.Tasks[0]), "channel") {
		t.Errorf("got %v", err)
	}
}

// TestAServerEndsWhenItIsClosed: its task, which waits for nobody in particular, goes on, and that is no deadlock.
func TestAServerEndsWhenItIsClosed(t *testing.T) {
	t.Parallel()
	for range 20 {
		_, reports, ended := run(t, memnet.New(), `local s = assert(udp.bind "127.0.0.1:0")
			require "silly.task".fork(function() report(select(2, s:recvfrom())) end)
			require "silly.time".sleep(1)
			s:close()`)
		if err := next(t, ended); err != nil {
			t.Fatal(err)
		}
		if reason := next(t, reports); !strings.Contains(reason, "closed") {
			t.Errorf("got %q", reason)
		}
	}
}

// TestAServerSettles, as one of TCP does, but not while it has a timeout.
func TestAServerSettles(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[string]string{"": "", "50": "ended\n"} {
		output, err := luatest.Run(t, `local s = assert(require "silly.net.udp".bind "127.0.0.1:0")
			require "silly.task".fork(function() s:recvfrom(`+timeout+`) print "ended" end)
			require "silly.task".fork(function() s:recvfrom() end)`,
			luahost.Options{Settle: time.Millisecond})
		if err != nil || output != want {
			t.Errorf("with timeout %q: got %q, %v, want %q", timeout, output, err, want)
		}
	}
}
