package packetconn

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"silly/internal/memnet"
	"silly/internal/netconn"
	"silly/internal/poll"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// brokenSocket is one whose reads fail.
type brokenSocket struct {
	net.PacketConn
	mu    sync.Mutex
	reads int
}

var errBroken = errors.New("broken")

func (b *brokenSocket) ReadFrom([]byte) (int, net.Addr, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reads++
	return 0, nil, errBroken
}

func open(t *testing.T, n *memnet.Network) net.PacketConn {
	t.Helper()
	nc, err := n.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	return nc
}

// start runs a Conn until the test ends.
func start(t *testing.T, nc net.PacketConn) *Conn {
	t.Helper()
	c := New(nc)
	var running sync.WaitGroup
	running.Go(c.Run)
	t.Cleanup(func() { _ = c.Close(); running.Wait() })
	return c
}

// receive waits for a datagram.
func receive(t *testing.T, c *Conn, deadline time.Time) (Packet, error) {
	t.Helper()
	poller := poll.New()
	defer poller.Close()
	var r Receive
	source, due := r.Begin(c, poller, t, deadline)
	for {
		if source.Arm() {
			if !due.IsZero() {
				timer := time.AfterFunc(time.Until(due), source.Wake)
				defer timer.Stop()
			}
			if _, err := poller.Wait(nil); err != nil {
				t.Fatal(err)
			}
		}
		if over, _ := r.Proceed(); over {
			return r.Result()
		}
	}
}

// TestASocketThatIsBrokenIsGivenUp rather than read for ever; all who wait are told, now and later.
func TestASocketThatIsBrokenIsGivenUp(t *testing.T) {
	t.Parallel()
	b := &brokenSocket{PacketConn: open(t, memnet.New())}
	c := New(b)
	var running sync.WaitGroup
	running.Go(c.Run)
	running.Wait()
	for range 3 {
		if _, err := receive(t, c, time.Time{}); err != errBroken {
			t.Errorf("got %v", err)
		}
	}
	if b.reads != maxFailures || c.Alive() {
		t.Errorf("%d reads, alive: %v", b.reads, c.Alive())
	}
	_ = c.Close()
}

// TestDatagramsAndTimeoutsMeet: each datagram is received once, also when waits end at the same moment.
func TestDatagramsAndTimeoutsMeet(t *testing.T) {
	t.Parallel()
	n := memnet.New()
	c := start(t, open(t, n))
	sender := start(t, open(t, n))
	to := c.LocalAddr().(*net.UDPAddr).AddrPort()
	const datagrams = 300
	received := make(chan Packet, datagrams)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				p, err := receive(t, c, time.Now().Add(time.Millisecond))
				switch {
				case err == nil:
					received <- p
				case err != netconn.ErrTimeout:
					if err != net.ErrClosed {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	for i := range datagrams {
		if err := sender.Send([]byte{byte(i), byte(i >> 8)}, to); err != nil {
			t.Fatal(err)
		}
		if i%10 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	seen := make(map[string]bool)
	for range datagrams {
		p := <-received
		if seen[p.Data] || p.From.String() != sender.LocalAddr().String() {
			t.Errorf("%v from %v", p.Data, p.From)
		}
		seen[p.Data] = true
	}
	_ = c.Close()
	group.Wait()
}

// TestSendErrors: without an address, and after Close.
func TestSendErrors(t *testing.T) {
	t.Parallel()
	c := start(t, open(t, memnet.New()))
	if err := c.Send(nil, netip.AddrPort{}); err == nil {
		t.Error("a datagram to nobody is sent")
	}
	_ = c.Close()
	if err := c.Send(nil, netip.MustParseAddrPort("127.0.0.1:9")); err != net.ErrClosed {
		t.Errorf("got %v", err)
	}
}
