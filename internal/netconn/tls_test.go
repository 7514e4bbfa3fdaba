package netconn

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"testing"
	"time"

	"silly/internal/memnet"
	"silly/internal/poll"
	"silly/internal/testcert"
)

// A trickle hands out what arrives byte by byte, and nothing in between.
type trickle struct {
	net.Conn
	reads int
}

func (c *trickle) TryRead(p []byte) (int, error) {
	if c.reads++; c.reads%2 == 0 {
		return 0, nil
	}
	return c.Conn.(notifier).TryRead(p[:1])
}

func (c *trickle) NotifyReadable(f func()) { c.Conn.(notifier).NotifyReadable(f) }

// TestTLSGoesOnAfterNothing: crypto/tls does not document that it goes on after a temporary error in the midst of a
// record. Reads that do not wait depend on it.
func TestTLSGoesOnAfterNothing(t *testing.T) {
	t.Parallel()
	cert, key := testcert.New(t)
	keys, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	for name, version := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			network := memnet.New()
			a, b := pair(t, network.Listen, network.Dial)
			transport := Wrap(&trickle{Conn: a})
			server := tls.Server(transport, &tls.Config{Certificates: []tls.Certificate{keys}})
			client := tls.Client(b, &tls.Config{InsecureSkipVerify: true, MaxVersion: version})
			failed := make(chan error, 1)
			go func() { failed <- server.Handshake() }()
			if err := errors.Join(client.Handshake(), <-failed); err != nil {
				t.Fatal(err)
			}
			sent := make([]byte, 300_000)
			for i := range sent {
				sent[i] = byte(rand.Uint32())
			}
			go func() {
				for rest := sent; len(rest) > 0; { // records of all sizes
					n := min(1+rand.IntN(20_000), len(rest))
					_, _ = client.Write(rest[:n])
					rest = rest[n:]
				}
				_ = client.CloseWrite()
			}()
			c := New(server, nil, 0)
			poller := poll.New()
			defer poller.Close()
			c.Watch(poller, t)
			var got []byte
			for {
				n, err := c.TryFill()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("after %d bytes: %v", len(got), err)
				}
				if n == 0 {
					runtime.Gosched() // the client is at work
				}
				got = append(got, c.Buffered()...)
				c.Discard(len(c.Buffered()))
			}
			if !bytes.Equal(got, sent) {
				t.Errorf("%d bytes arrived, of %d", len(got), len(sent))
			}
			c.Close()
		})
	}
}

// TestTheEndOfTLSIsAnnounced, or it is another error than the end: crypto/tls does not tell these apart at the end of a record.
func TestTheEndOfTLSIsAnnounced(t *testing.T) {
	t.Parallel()
	cert, key := testcert.New(t)
	keys, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	for name, end := range map[string]struct {
		peer func(client *tls.Conn)
		want error
	}{
		"announced":   {func(client *tls.Conn) { _ = client.Close() }, io.EOF},
		"half-closed": {func(client *tls.Conn) { _ = client.CloseWrite() }, io.EOF},
		"cut off":     {func(client *tls.Conn) { _ = client.NetConn().Close() }, ErrTruncated},
		"in mid-record": {func(client *tls.Conn) {
			_, _ = client.NetConn().Write([]byte{23, 3, 3, 0, 50, 1})
			_ = client.NetConn().Close()
		}, ErrTruncated},
		"in the header": {func(client *tls.Conn) { _, _ = client.NetConn().Write([]byte{23, 3}); _ = client.NetConn().Close() }, ErrTruncated},
	} {
		for _, watched := range []bool{false, true} {
			a, b := pair(t, new(net.ListenConfig).Listen, new(net.Dialer).DialContext)
			server := tls.Server(Wrap(a), &tls.Config{Certificates: []tls.Certificate{keys}})
			client := tls.Client(b, &tls.Config{InsecureSkipVerify: true})
			failed := make(chan error, 1)
			go func() { failed <- server.Handshake() }()
			if err := errors.Join(client.Handshake(), <-failed); err != nil {
				t.Fatal(err)
			}
			c := New(server, nil, 0)
			_, _ = client.Write([]byte("x"))
			end.peer(client)
			poller := poll.New()
			source := c.Watch(poller, t)
			var got error
			for got == nil {
				if watched {
					if !source.Ready() && source.Arm() {
						_, _ = poller.Wait(nil)
					}
					_, got = c.TryFill()
				} else {
					got = c.Fill(time.Time{})
				}
				c.Discard(len(c.Buffered()))
			}
			if got != end.want || !errors.Is(got, io.EOF) {
				t.Errorf("%s, watched %v: got %v, want %v", name, watched, got, end.want)
			}
			c.Close()
			poller.Close()
			client.Close()
		}
	}
}
