package netconn

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"silly/internal/memnet"
	"silly/internal/poll"
	"silly/internal/testcert"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// links are the ways in which two ends can be connected.
var links = map[string]func(t *testing.T) (a, b net.Conn){
	"tcp": func(t *testing.T) (a, b net.Conn) {
		return pair(t, new(net.ListenConfig).Listen, new(net.Dialer).DialContext)
	},
	"memory": func(t *testing.T) (a, b net.Conn) { n := memnet.New(); return pair(t, n.Listen, n.Dial) },
	"plain":  plainPair, // its reads wait for the connection
	"pumped": plainPair, // it is watched, and its reads wait for a pump
	"tls": func(t *testing.T) (a, b net.Conn) {
		a, b = pair(t, new(net.ListenConfig).Listen, new(net.Dialer).DialContext)
		cert, key := testcert.New(t)
		keys, err := tls.X509KeyPair([]byte(cert), []byte(key))
		if err != nil {
			t.Fatal(err)
		}
		server := tls.Server(Wrap(a), &tls.Config{Certificates: []tls.Certificate{keys}})
		client := tls.Client(b, &tls.Config{InsecureSkipVerify: true})
		failed := make(chan error, 1)
		go func() { failed <- server.Handshake() }()
		if err := errors.Join(client.Handshake(), <-failed); err != nil {
			t.Fatal(err)
		}
		return server, client
	},
}

// A plain connection neither has a socket nor tells of its bytes.
type plain struct{ net.Conn }

func (p plain) CloseWrite() error { return p.Conn.(*net.TCPConn).CloseWrite() }

func plainPair(t *testing.T) (a, b net.Conn) {
	a, b = pair(t, new(net.ListenConfig).Listen, new(net.Dialer).DialContext)
	return plain{a}, b
}

func pair(t *testing.T,
	listen func(context.Context, string, string) (net.Listener, error),
	dial func(context.Context, string, string) (net.Conn, error),
) (a, b net.Conn) {
	t.Helper()
	l, err := listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b, err = dial(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	a, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// overLinks runs a test over every kind of connection: c is the Conn, peer the plain other end.
func overLinks(t *testing.T, timeout time.Duration, test func(t *testing.T, c *Conn, peer net.Conn)) {
	for name, link := range links {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := link(t)
			if name != "tls" {
				a = Wrap(a)
			}
			c := New(a, nil, timeout)
			defer c.Close()
			if name == "pumped" {
				p := poll.New()
				defer p.Close()
				c.Watch(p, t)
			}
			test(t, c, b)
		})
	}
}

func appendBytes(p []byte) func([]byte) []byte {
	return func(dst []byte) []byte { return append(dst, p...) }
}

// TestOutboxKeepsOrderAndBytes appends pieces of all sizes, flushes now and then while a slow peer reads, and
// ends the stream: the peer must get exactly the bytes and then the end.
func TestOutboxKeepsOrderAndBytes(t *testing.T) {
	t.Parallel()
	overLinks(t, 0, func(t *testing.T, c *Conn, peer net.Conn) {
		var want bytes.Buffer
		random := rand.New(rand.NewPCG(1, 2))
		done := make(chan error, 1)
		var got bytes.Buffer
		go func() {
			_, err := io.Copy(&got, peer)
			done <- err
		}()
		for range 3000 {
			piece := make([]byte, random.IntN(5000))
			for i := range piece {
				piece[i] = byte(random.Uint32())
			}
			want.Write(piece)
			if _, err := c.Append(appendBytes(piece)); err != nil {
				t.Fatal(err)
			}
			if random.IntN(3) == 0 {
				c.Flush()
			}
			if random.IntN(200) == 0 {
				if err := c.Wait(LowWater); err != nil {
					t.Fatal(err)
				}
			}
		}
		c.CloseWrite()
		if err := c.Wait(0); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("the peer got %d bytes, want %d, or other ones", got.Len(), want.Len())
		}
		if _, err := c.Append(appendBytes([]byte("late"))); !errors.Is(err, net.ErrClosed) {
			t.Errorf("append after finish returned %v", err)
		}
		if c.out != nil {
			t.Error("an empty outbox holds a buffer")
		}
	})
}

// stuff queues more than the kernel and a peer that reads nothing take.
func stuff(t *testing.T, c *Conn) (queued int) {
	t.Helper()
	piece := make([]byte, 64<<10)
	for range 200 {
		var err error
		if queued, err = c.Append(appendBytes(piece)); errors.Is(err, ErrSlowPeer) {
			return 0 // this machine is slow itself
		} else if err != nil {
			t.Fatal(err)
		}
		c.Flush()
	}
	return queued
}

// TestFlushNeverWaits: a peer that reads nothing, for ever, does not hold up Flush.
func TestFlushNeverWaits(t *testing.T) {
	t.Parallel()
	overLinks(t, 0, func(t *testing.T, c *Conn, _ net.Conn) {
		if queued := stuff(t, c); queued == 0 {
			t.Error("nothing is queued")
		}
		waited := make(chan error, 1)
		go func() { waited <- c.Wait(LowWater) }()
		c.Close()
		<-waited // Close ends a wait
	})
}

// TestSlowPeerIsGivenUp after the write timeout.
func TestSlowPeerIsGivenUp(t *testing.T) {
	t.Parallel()
	overLinks(t, 100*time.Millisecond, func(t *testing.T, c *Conn, _ net.Conn) {
		stuff(t, c)
		if err := c.Wait(LowWater); !errors.Is(err, ErrSlowPeer) {
			t.Errorf("wait returned %v, want ErrSlowPeer", err)
		}
		if _, err := c.Append(appendBytes([]byte("x"))); !errors.Is(err, ErrSlowPeer) {
			t.Errorf("append returned %v, want ErrSlowPeer", err)
		}
	})
}

// TestSlowPeerIsReported to whoever wants to end the connection, once.
func TestSlowPeerIsReported(t *testing.T) {
	t.Parallel()
	overLinks(t, 50*time.Millisecond, func(t *testing.T, c *Conn, _ net.Conn) {
		reported := make(chan struct{})
		c.OnSlowPeer(func() { close(reported) })
		stuff(t, c)
		<-reported
		c.Fail(ErrSlowPeer) // a second report would close the channel twice
	})
}

// TestSealEndsWaitsForRoom: what is queued still leaves, nothing is added, and nobody waits for room.
func TestSealEndsWaitsForRoom(t *testing.T) {
	t.Parallel()
	overLinks(t, 0, func(t *testing.T, c *Conn, peer net.Conn) {
		queued := stuff(t, c)
		if queued <= LowWater {
			t.Skip("the kernel takes too much")
		}
		waited := make(chan error, 1)
		go func() { waited <- c.Wait(LowWater) }()
		c.Seal()
		if err := <-waited; err != net.ErrClosed {
			t.Errorf("the wait for room returned %v, want net.ErrClosed", err)
		}
		if _, err := c.Append(appendBytes([]byte("x"))); err != net.ErrClosed {
			t.Errorf("append returned %v, want net.ErrClosed", err)
		}
		c.CloseWrite()
		if n, err := io.Copy(io.Discard, peer); err != nil || n < int64(queued) {
			t.Errorf("the peer got %d bytes, %v", n, err)
		}
		if err := c.Wait(0); err != nil {
			t.Errorf("the wait for the end returned %v", err)
		}
	})
}

// TestDeadlines: one that is later than that of an earlier read is kept, one that has passed still gets what
// is there.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	overLinks(t, 0, func(t *testing.T, c *Conn, peer net.Conn) {
		send := func() {
			if _, err := peer.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		take := func(deadline time.Time) error {
			err := c.Fill(deadline)
			c.Discard(len(c.Buffered()))
			return err
		}
		send()
		if err := take(time.Now().Add(20 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		// The deadline of the read before passes meanwhile.
		begin := time.Now()
		if err := take(begin.Add(60 * time.Millisecond)); err != ErrTimeout || time.Since(begin) < 60*time.Millisecond {
			t.Errorf("fill returned %v after %v", err, time.Since(begin))
		}
		time.AfterFunc(30*time.Millisecond, send)
		if err := take(time.Time{}); err != nil {
			t.Errorf("fill without a deadline returned %v", err)
		}
		send()
		arrived := false
		for range 1000 { // the byte may take its time, but needs no deadline in the future
			if arrived = take(time.Now().Add(-time.Second)) == nil; arrived {
				break
			}
		}
		if !arrived {
			t.Error("a fill whose deadline has passed does not see what is there")
		}
	})
}

// TestFill reads what arrives, holds no buffer afterwards, and survives timeouts and interrupts.
func TestFill(t *testing.T) {
	t.Parallel()
	overLinks(t, 0, func(t *testing.T, c *Conn, peer net.Conn) {
		if err := c.Fill(time.Now().Add(5 * time.Millisecond)); err != ErrTimeout {
			t.Fatalf("fill returned %v, want ErrTimeout", err)
		}
		if c.buffer != nil {
			t.Error("a connection that waits holds a buffer")
		}
		interrupted := make(chan error, 1)
		go func() { interrupted <- c.Fill(time.Time{}) }()
		c.Interrupt()
		if err := <-interrupted; err != ErrInterrupted {
			t.Fatalf("fill returned %v, want ErrInterrupted", err)
		}
		if err := c.Fill(time.Time{}); err != ErrInterrupted {
			t.Fatalf("a later fill returned %v, want ErrInterrupted", err)
		}
		c.Resume()
		if _, err := peer.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		if err := c.Fill(time.Time{}); err != nil || string(c.Buffered()) != "hello" {
			t.Fatalf("fill returned %v, %q", err, c.Buffered())
		}
		c.Discard(2)
		if string(c.Buffered()) != "llo" {
			t.Errorf("%q is buffered, want llo", c.Buffered())
		}
		c.Discard(3)
		if c.buffer != nil {
			t.Error("an empty connection holds a buffer")
		}
		peer.Close()
		if err := c.Fill(time.Time{}); err != io.EOF {
			t.Errorf("fill at the end returned %v, want EOF", err)
		}
	})
}

// TestWatchedReadsMissNothing reads as the tasks do: it looks, and waits for the source only when nothing was there.
// Bytes and the end come in one go.
func TestWatchedReadsMissNothing(t *testing.T) {
	t.Parallel()
	overLinks(t, 0, func(t *testing.T, c *Conn, peer net.Conn) {
		if strings.HasSuffix(t.Name(), "/pumped") {
			t.Skip("it is watched by another poller")
		}
		p := poll.New()
		defer p.Close()
		source := c.Watch(p, t)
		defer source.Unwatch()
		timer := time.AfterFunc(30*time.Second, func() { p.Close() })
		defer timer.Stop()
		for !source.Arm() { // the TLS handshake may have read more than its own
			if n, err := c.TryFill(); n > 0 || err != nil {
				t.Fatalf("%d bytes before anything came, %v", n, err)
			}
		}
		if _, err := peer.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		peer.Close()
		var got []byte
		var ready []*poll.Source
		for armed := true; ; armed = source.Arm() {
			if armed {
				var err error
				if ready, err = p.Wait(ready[:0]); err != nil || len(ready) == 0 {
					t.Fatalf("nobody says that there is something after %q: %v", got, err)
				}
			}
			n, err := c.TryFill()
			if n > 0 {
				got = append(got, c.Buffered()...)
				c.Discard(n)
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if string(got) != "hello" {
			t.Errorf("got %q", got)
		}
	})
}

// TestBufferedBytesComeFirst: what was read before the Conn took over is not lost.
func TestBufferedBytesComeFirst(t *testing.T) {
	t.Parallel()
	a, b := links["tcp"](t)
	c := New(Wrap(a), []byte("first"), 0)
	if _, err := b.Write([]byte("second")); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for len(got) < len("firstsecond") {
		if len(c.Buffered()) == 0 {
			if err := c.Fill(time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		got = append(got, c.Buffered()...)
		c.Discard(len(c.Buffered()))
	}
	if string(got) != "firstsecond" {
		t.Errorf("got %q", got)
	}
	c.Close()
	if err := c.Fill(time.Time{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("fill after close returned %v", err)
	}
}

// TestLinger sends what is queued and the end, waits for the peer's end, and gives up after the limit.
func TestLinger(t *testing.T) {
	t.Parallel()
	overLinks(t, 0, func(t *testing.T, c *Conn, peer net.Conn) {
		if _, err := c.Append(appendBytes([]byte("bye"))); err != nil {
			t.Fatal(err)
		}
		over := make(chan struct{})
		go func() { c.Linger(30 * time.Second); close(over) }()
		got, err := io.ReadAll(peer)
		if string(got) != "bye" || err != nil {
			t.Fatalf("the peer got %q, %v", got, err)
		}
		select {
		case <-over:
			t.Error("linger did not wait for the peer")
		default:
		}
		peer.Close()
		<-over
	})
	overLinks(t, 0, func(t *testing.T, c *Conn, _ net.Conn) {
		c.Linger(10 * time.Millisecond)
		if !c.Closed() {
			t.Error("linger did not close")
		}
	})
}

// TestSharedStringsKeepTheirPlace: strings that are not copied leave where they were appended, between bytes that
// are, also when the kernel takes only a part of them at a time.
func TestSharedStringsKeepTheirPlace(t *testing.T) {
	t.Parallel()
	overLinks(t, 0, func(t *testing.T, c *Conn, peer net.Conn) {
		random := rand.New(rand.NewPCG(3, 4))
		letters := make([]byte, 300<<10)
		for i := range letters {
			letters[i] = byte(random.Uint32())
		}
		shared := string(letters)
		var got, want bytes.Buffer
		done := make(chan error, 1)
		go func() {
			_, err := io.Copy(&got, peer)
			done <- err
		}()
		for range 400 {
			n := random.IntN(3) * random.IntN(20)
			data := ""
			if random.IntN(3) > 0 {
				from := random.IntN(len(shared))
				data = shared[from : from+random.IntN(len(shared)-from)]
			}
			want.Write(letters[:n])
			want.WriteString(data)
			before := c.Queued()
			queued, err := c.AppendShared(func(dst []byte) ([]byte, string) {
				return append(dst, letters[:n]...), data
			})
			if err != nil {
				t.Fatal(err)
			}
			if queued > before+n+len(data) {
				t.Fatalf("%d bytes are queued after %d and %d more", queued, before, n+len(data))
			}
			if random.IntN(3) == 0 {
				c.Flush()
			}
			if queued > HighWater {
				if err := c.Wait(LowWater); err != nil {
					t.Fatal(err)
				}
			}
		}
		c.CloseWrite()
		if err := errors.Join(c.Wait(0), <-done); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("the peer got %d bytes, want %d, or other ones", got.Len(), want.Len())
		}
		if c.out != nil {
			t.Error("an empty outbox is kept")
		}
	})
}

// TestOutboxForgetsWhatWasSent: no string stays reachable after its last byte has left, and the memory for bytes
// follows what is queued.
func TestOutboxForgetsWhatWasSent(t *testing.T) {
	t.Parallel()
	for _, sending := range []bool{false, true} {
		o := outboxes.New().(*outbox)
		var want, got []byte
		random := rand.New(rand.NewPCG(5, 6))
		for i := range 20_000 {
			head := []byte{byte(i), byte(i >> 8)}
			data := string(make([]byte, random.IntN(100)))
			o.append(sending, func(dst []byte) ([]byte, string) { return append(dst, head...), data })
			want = append(append(want, head...), data...)
			var array [maxPieces][]byte
			pieces, size := o.pieces(array[:0], random.IntN(150))
			for _, p := range pieces {
				got = append(got, p...)
				size -= len(p)
			}
			if size != 0 {
				t.Fatalf("the size of the pieces is wrong by %d", size)
			}
			o.drop(len(got) - (len(want) - o.queued))
			for _, s := range o.strings[:o.next] {
				if s != (insertion{}) {
					t.Fatalf("a string of %d bytes is kept", len(s.data))
				}
			}
		}
		if !bytes.Equal(got, want[:len(got)]) {
			t.Error("the pieces are not what was appended")
		}
		if o.queued != len(want)-len(got) {
			t.Errorf("%d bytes are queued, want %d", o.queued, len(want)-len(got))
		}
		if cap(o.bytes) > 8*batch {
			t.Errorf("%d bytes wait in memory of %d", o.queued, cap(o.bytes))
		}
	}
}

// TestPreparedFramesKeepTheirPlace before and behind other bytes. At some time the system takes only a part of one,
// or nothing of it.
func TestPreparedFramesKeepTheirPlace(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			a, peer := links["tcp"](t)
			c := New(Wrap(a), nil, 0)
			defer c.Close()
			random := rand.New(rand.NewPCG(seed, 0))
			var want bytes.Buffer
			for i := range 8000 {
				frame := strings.Repeat(strconv.Itoa(i), 1+random.IntN(500))
				if _, err := c.AppendPrepared(frame); err != nil {
					t.Fatal(err)
				}
				want.WriteString(frame)
				if random.IntN(4) == 0 {
					tail := fmt.Sprintf("<%d>", i)
					if _, err := c.Append(appendBytes([]byte(tail))); err != nil {
						t.Fatal(err)
					}
					want.WriteString(tail)
				}
				if random.IntN(8) > 0 {
					c.Flush()
				}
			}
			c.CloseWrite()
			all, err := io.ReadAll(peer)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(all, want.Bytes()) {
				t.Errorf("got %d bytes, want %d, or other ones", len(all), want.Len())
			}
		})
	}
}
