//go:build linux && !portable

package poll

import (
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
)

// rig is a poller whose Wait goes on all the time.
type rig struct {
	*Poller
	ready chan *Source
}

func newRig(t *testing.T) *rig {
	t.Helper()
	p := New()
	r := &rig{p, make(chan *Source, 1000)}
	var loop sync.WaitGroup
	loop.Go(func() {
		for {
			ready, err := p.Wait(nil)
			if err != nil {
				return
			}
			for _, s := range ready {
				r.ready <- s
			}
		}
	})
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		loop.Wait()
	})
	return r
}

// pair is a connection whose server side is watched.
func (r *rig) pair(t *testing.T) (client, server *net.TCPConn, s *Source) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	a, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	client, server = c.(*net.TCPConn), a.(*net.TCPConn)
	t.Cleanup(func() { client.Close(); server.Close() })
	raw, err := server.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	s = new(Source)
	if err := r.Watch(raw, s); err != nil {
		t.Fatal(err)
	}
	return client, server, s
}

// arm arms s, whatever happened before.
func arm(s *Source) {
	for !s.Arm() {
		s.ClearReady()
	}
}

func (r *rig) expect(t *testing.T, want *Source) {
	t.Helper()
	if got := <-r.ready; got != want {
		t.Fatal("another source is ready")
	}
}

func TestSourceBecomesReadyOnceForEachArm(t *testing.T) {
	r := newRig(t)
	client, server, s := r.pair(t)
	for range 100 {
		arm(s)
		if _, err := client.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		r.expect(t, s)
		if _, err := server.Read(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-r.ready:
		t.Error("a source that is not armed is ready")
	default:
	}
}

// TestWhatHappensBetweenIsNotLost: bytes that arrive while the source is not armed make Arm return false.
func TestWhatHappensBetweenIsNotLost(t *testing.T) {
	r := newRig(t)
	client, _, s := r.pair(t)
	other, _, next := r.pair(t)
	arm(next)
	for _, c := range []net.Conn{client, other} { // when the second has been seen, so has the first
		if _, err := c.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	r.expect(t, next)
	if s.Arm() {
		r.expect(t, s) // the kernel told of the second one first
	}
	s.MarkReady()
	for range 2 {
		if s.Arm() {
			t.Error("Arm after Again returned true")
		}
	}
}

func TestBytesFromBeforeTheWatchAreSeen(t *testing.T) {
	r := newRig(t)
	var pipe [2]int
	if err := syscall.Pipe2(pipe[:], syscall.O_NONBLOCK|syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	in, out := os.NewFile(uintptr(pipe[0]), "in"), os.NewFile(uintptr(pipe[1]), "out")
	defer in.Close()
	defer out.Close()
	if _, err := out.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	raw, err := in.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	s := new(Source)
	s.Arm()
	if err := r.Watch(raw, s); err != nil {
		t.Fatal(err)
	}
	r.expect(t, s)
}

func TestEndOfStreamStaysReady(t *testing.T) {
	r := newRig(t)
	client, _, s := r.pair(t)
	arm(s)
	if err := client.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	r.expect(t, s)
	for range 3 {
		if s.Arm() {
			t.Fatal("Arm after the end of the stream returned true")
		}
	}
}

func TestWakeAndUnwatch(t *testing.T) {
	r := newRig(t)
	_, server, s := r.pair(t)
	for range 100 {
		arm(s)
		s.Wake()
		r.expect(t, s)
	}
	arm(s)
	s.Unwatch()
	r.expect(t, s)
	s.Unwatch()
	if s.Arm() {
		t.Error("Arm after Unwatch returned true")
	}
	server.Close()

	// Its place is taken by another, which gets its own events only.
	client, _, next := r.pair(t)
	if next.slot != 1 {
		t.Errorf("the next source got place %d", next.slot)
	}
	arm(next)
	if _, err := client.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	r.expect(t, next)
}

// TestManySources: many connections, woken by bytes and by Wake at once, all come.
func TestManySources(t *testing.T) {
	r := newRig(t)
	const n = eventsAtOnce + 50 // more than the kernel tells at a time
	owners := make(map[*Source]net.Conn)
	for range n {
		client, _, s := r.pair(t)
		owners[s] = client
		arm(s)
	}
	var all sync.WaitGroup
	for s, client := range owners {
		all.Go(func() { client.Write([]byte("x")) })
		all.Go(s.Wake)
	}
	for range n {
		s := <-r.ready
		if owners[s] == nil {
			t.Fatal("a source came twice")
		}
		delete(owners, s)
	}
	all.Wait()
}
