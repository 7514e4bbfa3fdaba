package netshare

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"silly/internal/memnet"
	"silly/internal/netlisten"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const limit = 20 * time.Second

// A world is a pool on an in-memory network.
type world struct {
	*testing.T
	*Pool
	network *memnet.Network
}

func newWorld(t *testing.T) *world {
	network := memnet.New()
	return &world{t, New(network.Listen), network}
}

// listen makes a new member listen.
func (w *world) listen(m *Member, address string) net.Listener {
	w.Helper()
	l, err := m.Listen(w.Context(), "tcp", address)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = l.Close() })
	return l
}

// dial connects to an address, until the test ends.
func (w *world) dial(address string) net.Conn {
	w.Helper()
	c, err := w.network.Dial(w.Context(), "tcp", address)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = c.Close() })
	return c
}

// accept returns the next connection of a listener.
func (w *world) accept(l net.Listener) net.Conn {
	w.Helper()
	type result struct {
		c   net.Conn
		err error
	}
	accepted := make(chan result, 1)
	go func() {
		c, err := l.Accept()
		accepted <- result{c, err}
	}()
	select {
	case r := <-accepted:
		if r.err != nil {
			w.Fatal(r.err)
		}
		w.Cleanup(func() { _ = r.c.Close() })
		return r.c
	case <-time.After(limit):
		w.Fatal("nothing is accepted")
		return nil
	}
}

// TestSharesAreEven: members get the same number of connections, however few there are.
func TestSharesAreEven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const members, each = 3, 8
	accepted := make(chan int)
	var running sync.WaitGroup
	t.Cleanup(running.Wait)
	for i := range members {
		l := w.listen(w.Member(), ":80")
		t.Cleanup(func() { _ = l.Close() })
		running.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_ = c.Close()
				accepted <- i
			}
		})
	}
	var counts [members]int
	for range members * each {
		w.dial("127.0.0.1:80")
		counts[<-accepted]++
	}
	for i, n := range counts {
		if n != each {
			t.Errorf("member %d got %d of %d connections", i, n, members*each)
		}
	}
}

// TestBusyMembersKeepNobodyWaiting: who does not accept has one connection at most that waits while the other goes on.
func TestBusyMembersKeepNobodyWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	busy, quick := w.listen(w.Member(), ":80"), w.listen(w.Member(), ":80")
	for range 20 {
		w.dial("127.0.0.1:80")
		w.dial("127.0.0.1:80")
		w.accept(quick)
	}
	w.accept(quick) // of 40 connections it has got 21
	w.accept(busy)
}

// TestLeaving: the connections of a member that leaves go to another one, and the address is closed with the last.
func TestLeaving(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.listen(w.Member(), ":80"), w.listen(w.Member(), ":80")
	w.dial("127.0.0.1:80")
	w.dial("127.0.0.1:80")
	w.accept(second)
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if err := first.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closing twice: %v", err)
	}
	if _, err := first.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept of a closed listener: %v", err)
	}
	w.accept(second)
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	w.checkClosed("127.0.0.1:80")
	w.listen(w.Member(), ":80") // again
}

// TestKeep: an address stays open while one host takes over from another that has failed.
func TestKeep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	failing := w.Member()
	host, fail := context.WithCancel(t.Context())
	failing.Keep(host)
	closed, old := w.listen(failing, ":81"), w.listen(failing, ":80")
	_ = closed.Close() // the script closes it: it is not kept
	fail()
	_ = old.Close()
	w.checkClosed("127.0.0.1:81")
	w.dial("127.0.0.1:80")
	next := w.listen(w.Member(), ":80")
	w.accept(next)
	failing.Release()
	w.dial("127.0.0.1:80")
	w.accept(next)
	_ = next.Close()
	w.checkClosed("127.0.0.1:80")
}

// TestKeepAll: also what a script closes while another program takes over.
func TestKeepAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.Member()
	l := w.listen(old, ":80")
	old.KeepAll()
	_ = l.Close()
	w.dial("127.0.0.1:80")
	next := w.listen(w.Member(), ":80")
	w.accept(next)
	old.Release()
	_ = next.Close()
	w.checkClosed("127.0.0.1:80")
}

// checkClosed expects that nothing listens.
func (w *world) checkClosed(address string) {
	w.Helper()
	if c, err := w.network.Dial(w.Context(), "tcp", address); err == nil {
		_ = c.Close()
		w.Errorf("%s is still open", address)
	}
}

// TestCloseOfThePool: nothing listens any more, whoever has kept it.
func TestCloseOfThePool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.Member()
	host, fail := context.WithCancel(t.Context())
	m.Keep(host)
	l, kept := w.listen(m, ":80"), w.listen(m, ":81")
	fail()
	_ = kept.Close()
	w.dial("127.0.0.1:81")
	w.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: %v", err)
	}
	w.checkClosed("127.0.0.1:80")
	w.checkClosed("127.0.0.1:81")
	m.Release()
}

// TestAnyPort: members that ask for any port share those they get, one after the other.
func TestAnyPort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.Member(), w.Member()
	a1, a2 := w.listen(a, "127.0.0.1:0").Addr().String(), w.listen(a, "127.0.0.1:0").Addr().String()
	b1, b2 := w.listen(b, "127.0.0.1:0").Addr().String(), w.listen(b, "127.0.0.1:0").Addr().String()
	if a1 != b1 || a2 != b2 || a1 == a2 {
		t.Errorf("the first member has %s and %s, the second %s and %s", a1, a2, b1, b2)
	}
}

// TestAddressInUse: what the network refuses, is refused.
func TestAddressInUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, err := w.network.Listen(t.Context(), "tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if l, err := w.Member().Listen(t.Context(), "tcp", ":80"); err == nil {
		_ = l.Close()
		t.Error("the address is in use")
	}
}

// TestBrokenListener: members see the end of a listener that fails, and can listen again.
func TestBrokenListener(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var real net.Listener
	w.Pool = New(func(ctx context.Context, network, address string) (net.Listener, error) {
		l, err := w.network.Listen(ctx, network, address)
		real = l
		return l, err
	})
	l := w.listen(w.Member(), ":80")
	_ = real.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: %v", err)
	}
	again := w.listen(w.Member(), ":80")
	w.dial("127.0.0.1:80")
	w.accept(again)
	if err := netlisten.SetBacklog(again, 5); err != nil {
		t.Error(err)
	}
}
