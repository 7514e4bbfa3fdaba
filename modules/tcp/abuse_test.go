package tcp_test

import (
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// settles waits until what is counted is back at most at want.
func settles(t *testing.T, what string, want int, count func() int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	got := count()
	for got > want && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond) // polls: the kernel and the runtime give no event
		got = count()
	}
	if got > want {
		t.Errorf("%d %s, want at most %d", got, what, want)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc: ", err)
	}
	return len(entries)
}

// TestPeersThatStop: a thousand that stop in mid-line need no goroutine and hardly any memory, and when they go, nothing is
// left of them. Not in parallel: it counts what the process has.
func TestPeersThatStop(t *testing.T) {
	const peers = 1000
	p := run(t, listen(`
		local line, err = conn:read "\n"
		report(line or err == errno.EOF and "end" or err)
		conn:close()`))
	address := p.next(t)
	conns := make([]net.Conn, 0, peers)
	open := func(n int) {
		for range n {
			c := dial(t, address)
			_, _ = io.WriteString(c, "in mid-")
			conns = append(conns, c)
		}
	}
	open(10)
	heap := func() int {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc + m.StackInuse)
	}
	goroutines, memory, files := runtime.NumGoroutine(), heap(), descriptors(t)
	open(peers)
	waiting := func() int {
		snapshot, _ := p.Snapshot(time.Minute)
		missing := peers + 10
		for _, c := range snapshot.Resources {
			if strings.HasPrefix(c, "tcp connection") {
				missing--
			}
		}
		return missing
	}
	settles(t, "connections missing", 0, waiting)
	settles(t, "goroutines", goroutines+readers*peers+10, runtime.NumGoroutine)
	settles(t, "bytes for each", 12<<10, func() int { return (heap() - memory) / peers })
	_, _ = io.WriteString(conns[0], "line\n")
	if got := p.next(t); got != "in mid-line\n" {
		t.Errorf("the handler got %q", got)
	}
	for _, c := range conns {
		c.Close()
	}
	for range peers + 9 {
		if got := p.next(t); got != "end" {
			t.Fatalf("a handler got %q", got)
		}
	}
	settles(t, "descriptors", files-10, func() int { return descriptors(t) })
}

// TestEndlessLine: it costs the limit, and the connection.
func TestEndlessLine(t *testing.T) {
	p := run(t, listen(`
		conn:limit(100000)
		local line, err = conn:read "\n"
		report(tostring(line) .. tostring(err == errno.MSGSIZE) .. conn:unreadbytes())
		conn:close()`))
	address := p.next(t)
	chunk := []byte(strings.Repeat("x", 64<<10))
	var all sync.WaitGroup
	defer all.Wait()
	for range 20 {
		c := dial(t, address)
		all.Go(func() {
			for {
				if _, err := c.Write(chunk); err != nil {
					return
				}
			}
		})
		if got := p.next(t); got != "niltrue100000" {
			t.Fatalf("the handler got %q", got)
		}
	}
}

// TestPeersThatDoNotRead: what is written to them is bounded, and they are given up.
func TestPeersThatDoNotRead(t *testing.T) {
	p := run(t, `report(assert(tcp.listen {addr = "127.0.0.1:0", write_timeout = 100, accept = function(conn)
		local written, ok, err = 0
		repeat
			ok, err = conn:write(("x"):rep(100000))
			written = written + 100000
			if conn:unsentbytes() > 2 << 20 then report "too much" end
		until not ok
		report(err == errno.TIMEDOUT and "gave up" or err)
		conn:close() end}).addr)`)
	address := p.next(t)
	for range 5 {
		c := dial(t, address)
		if got := p.next(t); got != "gave up" {
			t.Errorf("got %q", got)
		}
		c.Close()
	}
}
