package streamconn

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"silly/internal/errno"
	"silly/internal/memnet"
	"silly/internal/netconn"
	"silly/internal/poll"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A reader reads a Conn with a poller of its own, as the scheduler does.
type reader struct {
	*Conn
	t      testing.TB
	poller *poll.Poller
	turns  int // calls of Proceed
}

// A network is where readers get their peers from.
type network interface {
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// newReader connects a reader with a peer.
func newReader(t testing.TB, network network) (r *reader, peer net.Conn) {
	t.Helper()
	l, err := network.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	peer, err = network.Dial(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	p := poll.New()
	r = &reader{Conn: New(netconn.New(nc, nil, 0)), t: t, poller: p}
	t.Cleanup(func() {
		r.nc.Close()
		peer.Close()
		p.Close()
	})
	return r, peer
}

// tcp is the real network.
type tcp struct {
	net.ListenConfig
	net.Dialer
}

func (n *tcp) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return n.DialContext(ctx, network, address)
}

// read reads; between TryRead and what comes after it, it calls between.
func (r *reader) read(want Want, timeout time.Duration, between func()) (string, error) {
	r.t.Helper()
	if data, ok, err := r.TryRead(want); ok || err != nil {
		return data, err
	}
	var deadline time.Time
	if timeout > 0 {
		deadline = time.Now().Add(timeout)
	}
	source, _ := r.Begin(r.poller, r, want, deadline)
	if source == nil {
		return r.Result()
	}
	if timeout > 0 {
		defer time.AfterFunc(timeout, source.Wake).Stop()
	}
	if !source.Arm() {
		source.Enqueue()
	}
	if between != nil {
		between()
	}
	for {
		if _, err := r.poller.Wait(nil); err != nil {
			r.t.Fatal(err)
		}
		r.turns++
		if over, _ := r.Proceed(); over {
			return r.Result()
		}
	}
}

func (r *reader) expect(want Want, data string, err error) {
	r.t.Helper()
	got, failure := r.read(want, 0, nil)
	if got != data || !errors.Is(failure, err) {
		r.t.Errorf("%+v: got %.100q, %v, want %.100q, %v", want, got, failure, data, err)
	}
}

// size and line are what most tests want.
func size(n int) Want { return Want{Size: n} }

var line = Want{Delim: "\n"}

// TestReadsAtEverySplit: how the bytes arrive does not matter.
func TestReadsAtEverySplit(t *testing.T) {
	t.Parallel()
	const text = "a\r\nb\r\n\r\nxyxyz12345\n"
	for split := range len(text) {
		r, peer := newReader(t, memnet.New())
		send(t, peer, text[:split])
		first, err := r.read(Want{Delim: "\r\n\r\n"}, 0, func() {
			go func() {
				for split < 8 && r.Unread() < split { // the first piece waits for the rest
					runtime.Gosched()
				}
				send(t, peer, text[split:])
				peer.Close()
			}()
		})
		if first != "a\r\nb\r\n\r\n" || err != nil {
			t.Fatalf("split at %d: got %q, %v", split, first, err)
		}
		r.expect(Want{Delim: "xyz"}, "xyxyz", nil)
		r.expect(size(3), "123", nil)
		r.expect(line, "45\n", nil)
		r.expect(size(0), "", nil)
		r.expect(size(1), "", io.EOF)
		r.expect(line, "", io.EOF)
	}
}

func send(t testing.TB, peer net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(peer, text); err != nil {
		t.Error(err)
	}
}

// TestLargeReads: sizes and lines beyond all buffers, on a socket.
func TestLargeReads(t *testing.T) {
	t.Parallel()
	for _, n := range []int{bufferSize - 1, bufferSize, bufferSize + 1, 3*bufferSize + 7, 5 << 20} {
		r, peer := newReader(t, new(tcp))
		text := strings.Repeat("0123456789", n/10+1)[:n]
		go func() {
			_, _ = io.WriteString(peer, text+text+"\n"+text)
			peer.Close()
		}()
		r.expect(size(n), text, nil)
		r.expect(line, text+"\n", nil)
		r.expect(size(n), text, nil)
		r.expect(size(1), "", io.EOF)
		if n > 4<<20 && r.turns < 3*n/(512<<10) {
			t.Errorf("%d bytes were read in %d turns", 3*n, r.turns)
		}
	}
}

// TestLimitBoundsWhatIsKept: a line without end costs the limit, also when it is looked at again and again.
func TestLimitBoundsWhatIsKept(t *testing.T) {
	t.Parallel()
	for _, limit := range []int64{1, 10, bufferSize - 1, bufferSize, 100_000} {
		r, peer := newReader(t, memnet.New())
		r.SetLimit(limit)
		go func() {
			for {
				if _, err := peer.Write(bytes.Repeat([]byte("x"), 4096)); err != nil {
					return
				}
			}
		}()
		r.expect(line, "", ErrTooLong)
		r.expect(size(int(limit)+1), "", ErrTooLong)
		for range 3 {
			if n := r.Unread(); int64(n) > limit {
				t.Fatalf("limit %d: %d bytes are kept", limit, n)
			}
		}
		if kept := int64(cap(r.input.held)); kept > 2*limit+bufferSize {
			t.Errorf("limit %d: memory for %d bytes is kept", limit, kept)
		}
		r.expect(size(int(limit)), strings.Repeat("x", int(limit)), nil)
	}
}

// TestWaitingInMidLineKeepsNoBuffer: a peer that stops costs what it has sent.
func TestWaitingInMidLineKeepsNoBuffer(t *testing.T) {
	t.Parallel()
	r, peer := newReader(t, new(tcp))
	if _, err := r.read(line, 100*time.Millisecond, func() { send(t, peer, "GET / HT") }); err != netconn.ErrTimeout {
		t.Fatalf("got %v", err)
	}
	if n := len(r.nc.Buffered()); n > 0 || cap(r.input.held) > 16 {
		t.Errorf("a buffer with %d bytes and memory for %d are kept", n, cap(r.input.held))
	}
	send(t, peer, "TP/1.1\n")
	r.expect(line, "GET / HTTP/1.1\n", nil)
	if r.input.held != nil || r.nc.Buffered() != nil {
		t.Error("an empty connection keeps memory")
	}
}

// TestStopEndsWaits: what is here can be read, and nothing else is waited for.
func TestStopEndsWaits(t *testing.T) {
	t.Parallel()
	r, peer := newReader(t, memnet.New())
	send(t, peer, "a\nb")
	r.expect(line, "a\n", nil)
	if _, err := r.read(line, 0, r.Stop); err != errno.ErrClosing {
		t.Errorf("got %v", err)
	}
	r.expect(size(1), "b", nil)
	r.expect(size(1), "", errno.ErrClosing)
	send(t, peer, "more")
	r.expect(size(4), "more", nil)
}

func TestCloseEndsTheWaitAndSendsWhatIsQueued(t *testing.T) {
	t.Parallel()
	for _, network := range []network{memnet.New(), new(tcp)} {
		r, peer := newReader(t, network)
		big := strings.Repeat("x", 4<<20)
		if full, err := r.Write(big, "end"); !full || err != nil {
			t.Fatalf("write: %v, %v", full, err)
		}
		if _, err := r.read(line, 0, func() { r.Close() }); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v", err)
		}
		if _, err := r.Write("x"); !errors.Is(err, net.ErrClosed) || r.Close() || r.Alive() {
			t.Errorf("a closed connection can be used: %v", err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			if !r.HangUp() {
				r.Finish(t.Context(), time.Second)
			}
		}()
		got, err := io.ReadAll(peer)
		if string(got) != big+"end" || err != nil {
			t.Errorf("the peer got %d bytes, %v, want %d", len(got), err, len(big)+3)
		}
		peer.Close()
		<-done
	}
}

// TestFinishIsShortWhenTheProgramEnds: a peer that does not read holds up nobody.
func TestFinishIsShortWhenTheProgramEnds(t *testing.T) {
	t.Parallel()
	r, _ := newReader(t, memnet.New())
	_, _ = r.Write(strings.Repeat("x", 4<<20))
	r.Close()
	if r.HangUp() {
		t.Fatal("everything has left")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	begin := time.Now()
	r.Finish(ctx, 10*time.Millisecond)
	if took := time.Since(begin); took > closeTimeout/2 {
		t.Errorf("it took %v", took)
	}
}

// FuzzReads: whatever arrives in whatever pieces, reads return the same as on the whole text.
func FuzzReads(f *testing.F) {
	f.Add([]byte("one\ntwo\n\nthree"), []byte{0, 3, 0, 0, 7}, []byte{1, 5})
	f.Add([]byte(strings.Repeat("abcab", 8000)), []byte{200, 255, 1, 130, 131}, []byte{255, 3, 0})
	f.Add([]byte("xxyxxyxxz"), []byte{129, 130, 131, 0}, []byte{2})
	f.Fuzz(func(t *testing.T, text, wants, pieces []byte) {
		if len(text) > 200_000 || len(wants) > 100 {
			return
		}
		r, peer := newReader(t, memnet.New())
		go func() {
			rest := text
			for i := 0; len(rest) > 0 && len(pieces) > 0; i++ {
				n := min(len(rest), 1+int(pieces[i%len(pieces)])*37)
				_, _ = peer.Write(rest[:n])
				rest = rest[n:]
			}
			_, _ = peer.Write(rest)
			peer.Close()
		}()
		model := string(text)
		for _, w := range wants {
			want := size(int(w) * int(w))
			switch {
			case w == 0:
				want = line
			case w > 128 && len(text) > 0: // something that occurs, perhaps
				at := int(w) % len(text)
				want = Want{Delim: string(text[at:min(len(text), at+1+int(w)%3)])}
			}
			expected, failure := "", io.EOF
			if end := want.Size; want.Delim == "" && end <= len(model) {
				expected, failure = model[:end], nil
			} else if i := strings.Index(model, want.Delim); want.Delim != "" && i >= 0 {
				expected, failure = model[:i+len(want.Delim)], nil
			}
			got, err := r.read(want, 0, nil)
			if got != expected || err != failure {
				t.Fatalf("%+v: got %q, %v, want %q, %v", want, got, err, expected, failure)
			}
			model = model[len(expected):]
		}
		if n := r.Unread(); n > len(model) {
			t.Fatalf("%d bytes are unread, want at most %d", n, len(model))
		}
	})
}
