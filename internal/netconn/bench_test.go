package netconn

import (
	"io"
	"net"
	"strings"
	"testing"

	"silly/internal/poll"
)

// benchmarkPair is a Conn over a TCP connection, and its other end.
func benchmarkPair(b *testing.B) (c *Conn, peer net.Conn) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	if peer, err = net.Dial("tcp", l.Addr().String()); err != nil {
		b.Fatal(err)
	}
	nc, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	c = New(Wrap(nc), nil, 0)
	b.Cleanup(func() { c.Close(); peer.Close() })
	return c, peer
}

// benchmarkWrites sends a frame at a time to a peer that reads.
func benchmarkWrites(b *testing.B, write func(c *Conn, frame string)) {
	c, peer := benchmarkPair(b)
	go func() { _, _ = io.Copy(io.Discard, peer) }()
	frame := strings.Repeat("x", 64)
	b.ReportAllocs()
	for b.Loop() {
		write(c, frame)
		c.Flush()
	}
}

func BenchmarkPreparedWrite(b *testing.B) {
	benchmarkWrites(b, func(c *Conn, frame string) { _, _ = c.AppendPrepared(frame) })
}

func BenchmarkSmallWrite(b *testing.B) {
	benchmarkWrites(b, func(c *Conn, frame string) {
		_, _ = c.Append(func(dst []byte) []byte { return append(dst, frame...) })
	})
}

// BenchmarkEmptyFlush is what a flush costs that has nothing to do.
func BenchmarkEmptyFlush(b *testing.B) {
	c, _ := benchmarkPair(b)
	b.ReportAllocs()
	for b.Loop() {
		c.Flush()
	}
}

// BenchmarkTryFill reads what the peer has sent, a frame at a time, and finds nothing more.
func BenchmarkTryFill(b *testing.B) {
	c, peer := benchmarkPair(b)
	p := poll.New()
	defer p.Close()
	c.Watch(p, b)
	frame := []byte(strings.Repeat("x", 64))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := peer.Write(frame); err != nil {
			b.Fatal(err)
		}
		for got := 0; got < len(frame); {
			n, err := c.TryFill()
			if err != nil {
				b.Fatal(err)
			}
			c.Discard(n)
			got += n
		}
		if n, err := c.TryFill(); n != 0 || err != nil {
			b.Fatalf("%d bytes more, %v", n, err)
		}
	}
}
