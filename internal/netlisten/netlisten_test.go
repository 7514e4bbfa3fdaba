package netlisten

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"silly/internal/memnet"
	"silly/internal/testcert"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit is when a test gives up.
const limit = 20 * time.Second

// A program is a running Acceptor on an in-memory network, and what it has told.
type program struct {
	t        *testing.T
	network  *memnet.Network
	acceptor Acceptor
	accepted chan net.Conn
	failed   chan error
	running  sync.WaitGroup
}

// run runs an Acceptor until the test ends; change may change it before.
func run(t *testing.T, change func(*Acceptor)) *program {
	t.Helper()
	p := &program{
		t: t, network: memnet.New(),
		accepted: make(chan net.Conn, 10), failed: make(chan error, 10),
	}
	listener, err := p.network.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.acceptor = Acceptor{
		Listener:        listener,
		Background:      p.running.Go,
		Accepted:        func(nc net.Conn) { p.accepted <- nc },
		HandshakeFailed: func(err error) { p.failed <- err },
	}
	if change != nil {
		change(&p.acceptor)
	}
	p.running.Go(func() { p.acceptor.Run(t.Context()) })
	t.Cleanup(func() {
		_ = listener.Close()
		p.running.Wait()
	})
	return p
}

// dial makes a connection to the Acceptor.
func (p *program) dial() net.Conn {
	p.t.Helper()
	nc, err := p.network.Dial(p.t.Context(), "tcp", p.acceptor.Listener.Addr().String())
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(limit))
	return nc
}

// next returns the next of what the Acceptor has told.
func next[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(limit):
		t.Fatal("the acceptor tells nothing")
		var none T
		return none
	}
}

// checkConnected sends a byte from a client to what was accepted.
func checkConnected(t *testing.T, client, accepted net.Conn) {
	t.Helper()
	defer accepted.Close()
	_ = accepted.SetDeadline(time.Now().Add(limit))
	var sending sync.WaitGroup
	sending.Go(func() { _, _ = client.Write([]byte("x")) })
	defer sending.Wait()
	var got [1]byte
	if _, err := io.ReadFull(accepted, got[:]); err != nil || got[0] != 'x' {
		t.Errorf("got %q (%v)", got, err)
	}
}

// checkClosed reads a connection that the other side has closed.
func checkClosed(t *testing.T, client net.Conn) {
	t.Helper()
	if n, err := client.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %d bytes (%v), want the end", n, err)
	}
}

func TestConnectionsAreAccepted(t *testing.T) {
	t.Parallel()
	p := run(t, nil)
	for range 3 {
		client := p.dial()
		checkConnected(t, client, next(t, p.accepted))
	}
}

// scripted is a listener whose Accept first returns these.
type scripted struct {
	net.Listener
	errs  []error
	conns []net.Conn
}

func (s *scripted) Accept() (net.Conn, error) {
	if len(s.errs) > 0 {
		err := s.errs[0]
		s.errs = s.errs[1:]
		return nil, err
	}
	if len(s.conns) > 0 {
		nc := s.conns[0]
		s.conns = s.conns[1:]
		return nc, nil
	}
	return s.Listener.Accept()
}

// tooManyFiles is a temporary error.
type tooManyFiles struct{}

func (tooManyFiles) Error() string   { return "too many open files" }
func (tooManyFiles) Temporary() bool { return true }

func TestTemporaryErrorsAreWaitedOut(t *testing.T) {
	t.Parallel()
	wrapped := &net.OpError{Op: "accept", Err: tooManyFiles{}}
	begin := time.Now()
	p := run(t, func(a *Acceptor) {
		a.Listener = &scripted{Listener: a.Listener, errs: []error{tooManyFiles{}, wrapped, tooManyFiles{}}}
	})
	client := p.dial()
	checkConnected(t, client, next(t, p.accepted))
	if paused := time.Since(begin); paused < 7*firstPause {
		t.Errorf("three errors cost %v, want pauses that double from %v", paused, firstPause)
	}
}

func TestRunEnds(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx context.Context
		err error
	}{
		"after an error that stays":         {t.Context(), net.ErrClosed},
		"in a pause, when the context ends": {ended, tooManyFiles{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			errs := make([]error, 100)
			for i := range errs {
				errs[i] = c.err
			}
			a := Acceptor{Listener: &scripted{errs: errs}}
			over := make(chan struct{})
			go func() {
				a.Run(c.ctx)
				close(over)
			}()
			next(t, over)
		})
	}
}

// withTLS has an Acceptor do handshakes, and returns what clients need for them.
func withTLS(t *testing.T) (change func(*Acceptor), client *tls.Config) {
	t.Helper()
	certificate, key := testcert.New(t, "localhost")
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(certificate))
	change = func(a *Acceptor) {
		a.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"a", "b"}}
	}
	return change, &tls.Config{RootCAs: roots, ServerName: "localhost", NextProtos: []string{"b"}}
}

// TestHandshake is done before the connection is given out, and holds up nobody.
func TestHandshake(t *testing.T) {
	t.Parallel()
	change, config := withTLS(t)
	p := run(t, change)
	silent := p.dial()
	client := tls.Client(p.dial(), config)
	if err := client.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	accepted, ok := next(t, p.accepted).(*tls.Conn)
	if !ok || accepted.ConnectionState().NegotiatedProtocol != "b" {
		t.Fatalf("got %v, want a TLS connection with protocol b", accepted)
	}
	checkConnected(t, client, accepted)
	_ = silent.Close()
	next(t, p.failed)
}

func TestHandshakeThatFails(t *testing.T) {
	t.Parallel()
	change, _ := withTLS(t)
	p := run(t, change)
	client := p.dial()
	if _, err := client.Write(bytes.Repeat([]byte("no TLS\r\n"), 10)); err != nil {
		t.Fatal(err)
	}
	var header tls.RecordHeaderError
	if err := next(t, p.failed); !errors.As(err, &header) {
		t.Errorf("got %v, want a tls.RecordHeaderError", err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(client, 7)) // the alert
	checkClosed(t, client)
}

func TestHandshakeTimeout(t *testing.T) {
	t.Parallel()
	change, _ := withTLS(t)
	p := run(t, func(a *Acceptor) {
		change(a)
		a.HandshakeTimeout = 20 * time.Millisecond
		a.HandshakeFailed = nil // nobody wants to know
	})
	checkClosed(t, p.dial())
}

func TestHandover(t *testing.T) {
	t.Parallel()
	address := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}
	h := NewHandover(address)
	if h.Addr() != net.Addr(address) {
		t.Errorf("the address is %v", h.Addr())
	}
	given, client := net.Pipe()
	var giving sync.WaitGroup
	giving.Go(func() { h.Give(given) })
	if nc, err := h.Accept(); err != nil || nc != given {
		t.Errorf("got %v (%v)", nc, err)
	}
	giving.Wait()
	for range 2 {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := h.Accept(); err != net.ErrClosed {
		t.Errorf("a closed Handover returns %v", err)
	}
	h.Give(given)
	checkClosed(t, client)
}
