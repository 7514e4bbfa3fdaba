package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"

	"silly/internal/luatest"
	"silly/internal/memnet"
	"silly/luahost"
	"silly/modules"
)

// The tests of this file count what the whole process allocates, so none of them runs in parallel. They
// measure no time. Their bounds are a little above what they found when they were written: who makes
// something cheaper lowers them, who exceeds one looks why.

// mallocs returns how many allocations f makes.
func mallocs(f func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs - before.Mallocs)
}

// mallocsEach returns how many allocations one turn of a loop in Lua makes more than one of another.
func mallocsEach(t *testing.T, code, without string) float64 {
	t.Helper()
	const n = 16_000
	h := luatest.NewHost(t, luahost.Options{})
	runLua(t, h, code, 1000) // pools fill
	of := func(code string) float64 { return mallocs(func() { runLua(t, h, code, n) }) }
	return (of(code) - of(without)) / n
}

func TestAllocationsOfOperations(t *testing.T) {
	const nothing = `for _ = 1, tonumber(...) do end`
	for _, c := range []struct {
		name          string
		code, without string
		most          float64
	}{
		{"task.fork of a pooled task", forkMany, rest, 2},
		{"push and pop of a value that is there", stream, rest, 0},
		{"push to a waiting task and back", pingPong, nothing, 0},
		{"time.sleep(0)", sleepOnce, nothing, 0},
	} {
		got := mallocsEach(t, c.code, c.without)
		t.Logf("%s allocates %.3f times", c.name, got)
		if got > c.most+0.05 { // what the runtime does beside
			t.Errorf("%s allocates %.2f times, want at most %v", c.name, got, c.most)
		}
	}
}

// serve runs a script of the benchmark, on the real network when network is nil, and returns its address.
func serve(t *testing.T, script string, network luahost.Network) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("scripts", script))
	if err != nil {
		t.Fatal(err)
	}
	out, print := io.Pipe()
	h, err := luahost.New(luahost.Options{Modules: modules.Standard(), Network: network, Stdout: print})
	if err != nil {
		t.Fatal(err)
	}
	var program sync.WaitGroup
	program.Go(func() { h.RunString(context.Background(), script, string(source)) })
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		program.Wait()
	})
	var address string
	if _, err := fmt.Fscanln(out, &address); err != nil {
		t.Fatal(err)
	}
	return address
}

// upgrade makes a WebSocket connection and echoes one message.
func upgrade(t *testing.T, conn net.Conn, frame, answer []byte) {
	t.Helper()
	const request = "GET / HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 0, 1024)
	for !strings.HasSuffix(string(head), "\r\n\r\n") {
		n, err := conn.Read(head[len(head) : len(head)+1])
		if head = head[:len(head)+n]; err != nil {
			t.Fatalf("handshake: %v after %q", err, head)
		}
	}
	if !strings.HasPrefix(string(head), "HTTP/1.1 101 ") {
		t.Fatalf("handshake was answered with %q", head)
	}
	echo(t, conn, frame, answer)
}

func echo(t *testing.T, conn net.Conn, frame, answer []byte) {
	t.Helper()
	if _, err := conn.Write(frame); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, answer); err != nil {
		t.Fatal(err)
	}
	if answer[0] != 0x81 || int(answer[1]) != len(answer)-2 || answer[len(answer)-1] != 'x' {
		t.Fatalf("got % x for an echo", answer)
	}
}

// message returns a masked text frame with 64 bytes, and room for its echo.
func message() (frame, answer []byte) {
	frame = append(frame, 0x81, 0x80|64, 0, 0, 0, 0)
	frame = append(frame, strings.Repeat("x", 64)...)
	return frame, make([]byte, 2+64)
}

func TestAllocationsOfAnEcho(t *testing.T) {
	const most = 7 // 5 without the race detector, which makes sync.Pool drop some
	network := memnet.New()
	conn, err := network.Dial(t.Context(), "tcp", serve(t, "echo.lua", network))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	frame, answer := message()
	upgrade(t, conn, frame, answer)
	const n = 5000
	run := func() {
		for range n {
			echo(t, conn, frame, answer)
		}
	}
	run() // pools fill
	got := mallocs(run) / n
	t.Logf("%.2f allocations", got)
	if got > most {
		t.Errorf("an echo of 64 bytes allocates %.2f times, want at most %d", got, most)
	}
}

func TestAllocationsOfALine(t *testing.T) {
	const most = 6 // 4 without the race detector, which makes sync.Pool drop some
	network := memnet.New()
	conn, err := network.Dial(t.Context(), "tcp", serve(t, "tcp.lua", network))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	line := []byte(strings.Repeat("x", 63) + "\n")
	answer := make([]byte, len(line))
	const n = 5000
	run := func() {
		for range n {
			if _, err := conn.Write(line); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != string(line) {
				t.Fatalf("got %q, %v", answer, err)
			}
		}
	}
	run() // pools fill
	got := mallocs(run) / n
	t.Logf("%.2f allocations", got)
	if got > most {
		t.Errorf("an echo of a line allocates %.2f times, want at most %d", got, most)
	}
}

func TestAllocationsOfARequest(t *testing.T) {
	const most = 39 // 35 without the race detector, which makes sync.Pool drop some
	network := memnet.New()
	conn, err := network.Dial(t.Context(), "tcp", serve(t, "http.lua", network))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answer := make([]byte, 1024)
	request := func() {
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: bench\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		for n := 0; !strings.HasSuffix(string(answer[max(0, n-20):n]), "Hello, world!\n"); {
			more, err := conn.Read(answer[n:])
			if n += more; err != nil {
				t.Fatalf("%v after %q", err, answer[:n])
			}
		}
	}
	const n = 5000
	run := func() {
		for range n {
			request()
		}
	}
	run() // pools fill
	got := mallocs(run) / n
	t.Logf("%.2f allocations", got)
	if got > most {
		t.Errorf("a request allocates %.2f times, want at most %d", got, most)
	}
}

func TestMemoryOfIdleConnections(t *testing.T) {
	const n, most = 500, 10 << 10
	address := serve(t, "echo.lua", nil)
	frame, answer := message()
	conns := make([]net.Conn, 0, n+1)
	defer func() {
		for _, conn := range conns {
			conn.Close()
		}
	}()
	open := func() {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
		upgrade(t, conn, frame, answer)
	}
	open() // what is made once is there
	before := inUse()
	for range n {
		open()
	}
	got := (inUse() - before) / n
	t.Logf("%d bytes", got)
	if got > most {
		t.Errorf("an idle connection holds %d bytes of heap and stack, both ends together, want at most %d", got, most)
	}
}

// inUse returns the bytes of heap and stack that are in use after a collection.
func inUse() int64 {
	runtime.GC()
	runtime.GC() // what pools held over the first one
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() + samples[1].Value.Uint64())
}
