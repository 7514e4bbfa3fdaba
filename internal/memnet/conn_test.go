package memnet

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// connect returns the two ends of a connection.
func connect(t *testing.T) (client, server *Conn) {
	t.Helper()
	n := New()
	l, err := n.Listen(t.Context(), "tcp", ":8080")
	if err != nil {
		t.Fatal(err)
	}
	dialed, err := n.Dial(t.Context(), "tcp", ":8080")
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	client, server = dialed.(*Conn), accepted.(*Conn)
	t.Cleanup(func() {
		client.Close()
		server.Close()
	})
	return client, server
}

// blocked runs call on a goroutine of its own, checks that it does not return by itself and gives
// the channel on which its error will come. It must be called in a synctest bubble.
func blocked(t *testing.T, call func() error) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- call() }()
	synctest.Wait()
	select {
	case err := <-done:
		t.Fatalf("returned %v, want it to wait", err)
	default:
	}
	return done
}

func readOne(c net.Conn) func() error {
	return func() error {
		_, err := c.Read(make([]byte, 1))
		return err
	}
}

// fill writes to c until nothing fits any more.
func fill(t *testing.T, c *Conn) int {
	t.Helper()
	total := 0
	for {
		n, err := c.TryWrite(make([]byte, 1000))
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return total
		}
		total += n
	}
}

func TestWrittenBytesArriveInOrder(t *testing.T) {
	t.Parallel()
	client, server := connect(t)
	var want []byte
	random := rand.New(rand.NewPCG(1, 2))
	var got []byte
	buf := make([]byte, 5000)
	for range 2000 {
		p := make([]byte, random.IntN(3000))
		for i := range p {
			p[i] = byte(random.Uint32())
		}
		n, err := client.TryWrite(p)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, p[:n]...)
		n, err = server.TryRead(buf[:random.IntN(len(buf))])
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, buf[:n]...)
	}
	client.Close()
	rest, err := io.ReadAll(server)
	if err != nil {
		t.Fatal(err)
	}
	if got = append(got, rest...); !bytes.Equal(got, want) {
		t.Errorf("wrote %d bytes, read %d other bytes", len(want), len(got))
	}
}

func TestLargeTransferInBothDirectionsAtOnce(t *testing.T) {
	t.Parallel()
	client, server := connect(t)
	const size = 8 << 20
	send := func(c *Conn, seed uint64) error {
		source := rand.NewChaCha8([32]byte{byte(seed)})
		if _, err := io.CopyBuffer(c, io.LimitReader(struct{ io.Reader }{source}, size), make([]byte, 150_000)); err != nil {
			return err
		}
		return c.CloseWrite()
	}
	receive := func(c *Conn, seed uint64) error {
		want, got := sha256.New(), sha256.New()
		if _, err := io.CopyN(want, struct{ io.Reader }{rand.NewChaCha8([32]byte{byte(seed)})}, size); err != nil {
			return err
		}
		if n, err := io.CopyBuffer(got, struct{ io.Reader }{c}, make([]byte, 10_007)); err != nil || n != size {
			return fmt.Errorf("received %d bytes, %v", n, err)
		}
		if !bytes.Equal(want.Sum(nil), got.Sum(nil)) {
			return errors.New("received other bytes than were sent")
		}
		return nil
	}
	done := make(chan error)
	go func() { done <- send(client, 1) }()
	go func() { done <- send(server, 2) }()
	go func() { done <- receive(server, 1) }()
	go func() { done <- receive(client, 2) }()
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestConcurrentWritesAreNotMixed(t *testing.T) {
	t.Parallel()
	client, server := connect(t)
	const writers, size = 4, 3*ringLimit + 17
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			if n, err := client.Write(bytes.Repeat([]byte{byte(i)}, size)); n != size || err != nil {
				t.Errorf("Write: %d, %v", n, err)
			}
		})
	}
	go func() {
		group.Wait()
		client.Close()
	}()
	got, err := io.ReadAll(server)
	if err != nil || len(got) != writers*size {
		t.Fatalf("read %d bytes, %v", len(got), err)
	}
	for chunk := got; len(chunk) > 0; chunk = chunk[size:] {
		if !bytes.Equal(chunk[:size], bytes.Repeat(chunk[:1], size)) {
			t.Fatal("bytes of several writes are mixed")
		}
	}
}

func TestConcurrentReadsShareTheBytes(t *testing.T) {
	t.Parallel()
	client, server := connect(t)
	const size = 1 << 20
	counts := make(chan int)
	for range 8 {
		go func() {
			total := 0
			buf := make([]byte, 333)
			for {
				n, err := server.Read(buf)
				total += n
				if err != nil {
					if err != io.EOF {
						t.Errorf("Read: %v", err)
					}
					counts <- total
					return
				}
			}
		}()
	}
	for range size / 1024 {
		if _, err := client.Write(make([]byte, 1024)); err != nil {
			t.Fatal(err)
		}
	}
	client.Close()
	total := 0
	for range 8 {
		total += <-counts
	}
	if total != size {
		t.Errorf("read %d bytes of %d", total, size)
	}
}

func TestCallsMayRaceWithDeadlinesAndClose(t *testing.T) {
	t.Parallel()
	client, server := connect(t)
	var group sync.WaitGroup
	for range 4 {
		for _, c := range []*Conn{client, server} {
			group.Go(func() {
				for {
					c.SetReadDeadline(time.Now().Add(time.Millisecond))
					_, err := c.Read(make([]byte, 100))
					if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
						return
					}
				}
			})
			group.Go(func() {
				for {
					c.SetWriteDeadline(time.Now().Add(time.Millisecond))
					_, err := c.Write(make([]byte, 5000))
					if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
						return
					}
				}
			})
			group.Go(func() {
				for range 100 {
					c.TryRead(make([]byte, 1000))
					c.TryWrite(make([]byte, 1000))
					c.LocalAddr()
					c.RemoteAddr()
				}
			})
		}
	}
	group.Go(func() {
		for range 200 {
			client.SetDeadline(time.Now())
			server.SetDeadline(time.Time{})
		}
		client.Close()
		server.Close()
	})
	group.Wait()
}

func TestPastDeadlineFailsCallsUntilItIsMoved(t *testing.T) {
	t.Parallel()
	client, server := connect(t)
	if _, err := server.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	client.SetDeadline(time.Unix(1, 0))
	for range 3 {
		_, err := client.Read(make([]byte, 5))
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Read gives %v", err)
		}
		_, err = client.Write([]byte("x"))
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write gives %v", err)
		}
	}
	client.SetDeadline(time.Now().Add(time.Hour))
	buf := make([]byte, 10)
	if n, err := client.Read(buf); err != nil || string(buf[:n]) != "hello" {
		t.Errorf("Read gives %q, %v", buf[:n], err)
	}
	client.SetDeadline(time.Time{})
	if _, err := client.Write([]byte("x")); err != nil {
		t.Errorf("Write gives %v", err)
	}
}

func TestBlockedCallsEndAtTheirDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t)
		start := time.Now()
		client.SetReadDeadline(start.Add(time.Second))
		client.SetWriteDeadline(start.Add(2 * time.Second))
		fill(t, client)
		read := blocked(t, readOne(client))
		write := blocked(t, func() error {
			_, err := client.Write([]byte("x"))
			return err
		})
		var timeout net.Error
		if err := <-read; !errors.As(err, &timeout) || !timeout.Timeout() || time.Since(start) != time.Second {
			t.Errorf("Read gives %v after %v", err, time.Since(start))
		}
		if err := <-write; !errors.As(err, &timeout) || !timeout.Timeout() || time.Since(start) != 2*time.Second {
			t.Errorf("Write gives %v after %v", err, time.Since(start))
		}

		// The connection is as good as before.
		client.SetDeadline(time.Time{})
		read = blocked(t, readOne(client))
		if _, err := server.Write([]byte("x")); err != nil {
			t.Error(err)
		}
		if err := <-read; err != nil {
			t.Error(err)
		}
	})
}

func TestDeadlineMovesWhileACallIsBlocked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t)
		start := time.Now()

		client.SetReadDeadline(start.Add(time.Minute))
		read := blocked(t, readOne(client))
		client.SetReadDeadline(start.Add(time.Second)) // earlier
		if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("brought forward: %v after %v", err, time.Since(start))
		}

		client.SetReadDeadline(start.Add(2 * time.Second))
		read = blocked(t, readOne(client))
		client.SetReadDeadline(start.Add(time.Minute)) // later
		if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("put off: %v after %v", err, time.Since(start))
		}

		client.SetReadDeadline(start.Add(2 * time.Minute))
		read = blocked(t, readOne(client))
		client.SetReadDeadline(time.Unix(1, 0)) // past
		if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("put into the past: %v after %v", err, time.Since(start))
		}

		client.SetReadDeadline(start.Add(2 * time.Minute))
		read = blocked(t, readOne(client))
		client.SetReadDeadline(time.Time{}) // none
		time.Sleep(time.Hour)               // of the bubble's clock
		select {
		case err := <-read:
			t.Errorf("removed: %v", err)
		default:
		}
		server.Close()
		if err := <-read; err != io.EOF {
			t.Errorf("after the peer's close: %v", err)
		}
	})
}

func TestTimedOutWriteSaysHowMuchWasWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t)
		client.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := client.Write(make([]byte, ringLimit+1000))
		if n != ringLimit || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write gives %d, %v, want %d bytes and a timeout", n, err, ringLimit)
		}
		client.Close()
		if got, err := io.ReadAll(server); len(got) != n || err != nil {
			t.Errorf("the peer reads %d bytes, %v", len(got), err)
		}
	})
}

func TestCloseEndsBlockedCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t)
		fill(t, client)
		fill(t, server)
		readAll := func(c *Conn) func() error {
			return func() error {
				_, err := io.Copy(io.Discard, struct{ io.Reader }{c})
				return err
			}
		}
		write := func(c *Conn) func() error {
			return func() error {
				_, err := c.Write([]byte("x"))
				return err
			}
		}
		localWrite, peerWrite := blocked(t, write(client)), blocked(t, write(server))
		localWrite2 := blocked(t, write(client))
		client.Close()
		for _, done := range []<-chan error{localWrite, localWrite2} {
			if err := <-done; !errors.Is(err, net.ErrClosed) {
				t.Errorf("local Write gives %v", err)
			}
		}
		if err := <-peerWrite; !errors.Is(err, syscall.EPIPE) {
			t.Errorf("the peer's Write gives %v", err)
		}

		client, server = connect(t)
		localRead, peerRead := blocked(t, readAll(client)), blocked(t, readAll(server))
		client.Close()
		if err := <-localRead; !errors.Is(err, net.ErrClosed) {
			t.Errorf("local Read gives %v", err)
		}
		if err := <-peerRead; err != nil {
			t.Errorf("the peer's Read gives %v, want EOF", err)
		}
	})
}

func TestPeerReadsWhatWasWrittenBeforeClose(t *testing.T) {
	t.Parallel()
	client, server := connect(t)
	if _, err := client.Write([]byte("last words")); err != nil {
		t.Fatal(err)
	}
	client.Close()
	if got, err := io.ReadAll(server); err != nil || string(got) != "last words" {
		t.Errorf("got %q, %v", got, err)
	}
	if n, err := server.TryRead(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("TryRead at the end gives %d, %v", n, err)
	}
	if _, err := server.TryWrite([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("TryWrite to a closed peer gives %v", err)
	}
}

func TestCloseWriteLeavesTheOtherDirectionOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t)
		var question []byte
		done := blocked(t, func() (err error) {
			question, err = io.ReadAll(server)
			return err
		})
		if _, err := client.Write([]byte("question")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := client.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil || string(question) != "question" {
			t.Errorf("server got %q, %v", question, err)
		}
		if _, err := server.Write([]byte("answer")); err != nil {
			t.Fatal(err)
		}
		server.Close()
		if got, err := io.ReadAll(client); err != nil || string(got) != "answer" {
			t.Errorf("client got %q, %v", got, err)
		}
	})
}

func TestResetDropsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t)
		fill(t, server)
		waiting := blocked(t, func() error {
			_, err := server.Write([]byte("x"))
			return err
		})
		if _, err := client.Write([]byte("lost")); err != nil {
			t.Fatal(err)
		}
		client.Reset()
		if err := <-waiting; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the peer's blocked Write gives %v", err)
		}
		if err := readOne(server)(); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the peer's Read gives %v", err)
		}
		if _, err := server.TryRead(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the peer's TryRead gives %v", err)
		}
		if err := readOne(client)(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the local Read gives %v", err)
		}
		if err := client.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the local Close gives %v", err)
		}
		if err := server.Close(); err != nil {
			t.Errorf("the peer's Close gives %v", err)
		}
		client.Reset()
	})
}

func TestTryCallsNeverWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(t)
		if n, err := server.TryRead(make([]byte, 10)); n != 0 || err != nil {
			t.Errorf("TryRead of nothing gives %d, %v", n, err)
		}
		// Deadlines are for calls that wait.
		client.SetDeadline(time.Unix(1, 0))
		server.SetDeadline(time.Unix(1, 0))
		if n := fill(t, client); n != ringLimit {
			t.Errorf("%d bytes fit, want %d", n, ringLimit)
		}
		if n, err := server.TryRead(make([]byte, 100)); n != 100 || err != nil {
			t.Errorf("TryRead gives %d, %v", n, err)
		}
		if n, err := client.TryWrite(make([]byte, 1000)); n != 100 || err != nil {
			t.Errorf("TryWrite into 100 free bytes gives %d, %v", n, err)
		}

		client.SetDeadline(time.Time{})
		done := blocked(t, func() error {
			_, err := client.Write([]byte("x"))
			return err
		})
		if n, err := client.TryWrite([]byte("y")); n != 0 || err != nil {
			t.Errorf("TryWrite behind a waiting Write gives %d, %v", n, err)
		}
		client.Close()
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		if _, err := client.TryWrite([]byte("y")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("TryWrite after Close gives %v", err)
		}
		if _, err := client.TryRead(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("TryRead after Close gives %v", err)
		}
	})
}

// TestNotifyReadable: a reader that looks only when it was told misses nothing, even if it was told of several
// things at once and takes one of them.
func TestNotifyReadable(t *testing.T) {
	t.Parallel()
	ends := map[string]struct {
		end  func(peer *Conn)
		want error
	}{
		"close":      {func(peer *Conn) { peer.Close() }, io.EOF},
		"CloseWrite": {func(peer *Conn) { peer.CloseWrite() }, io.EOF},
		"reset":      {func(peer *Conn) { peer.Reset() }, syscall.ECONNRESET},
	}
	for name, test := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, server := connect(t)
			told := 0
			server.NotifyReadable(func() { told++ })
			if told != 0 {
				t.Errorf("told %d times before anything came", told)
			}
			const text = "twelve bytes"
			if _, err := client.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
			if name != "reset" { // which drops what was not read
				test.end(client)
			}
			for at := 0; at < len(text); at += 4 {
				if told == 0 {
					t.Fatalf("not told of what comes after %d bytes", at)
				}
				told = 0
				p := make([]byte, 4)
				if n, err := server.TryRead(p); n != 4 || err != nil || string(p) != text[at:at+4] {
					t.Fatalf("TryRead gives %q, %v", p[:n], err)
				}
			}
			if name == "reset" {
				if told != 0 {
					t.Error("told although nothing is there")
				}
				test.end(client)
			}
			if told == 0 {
				t.Fatal("not told of the end")
			}
			if n, err := server.TryRead(make([]byte, 4)); n != 0 || !errors.Is(err, test.want) {
				t.Errorf("TryRead at the end gives %d, %v, want %v", n, err, test.want)
			}
		})
	}
}

func TestIdleConnectionHoldsNeitherBufferNorTimer(t *testing.T) {
	t.Parallel()
	client, server := connect(t)
	for range 2 {
		if client.out.data.buf != nil || client.in.data.buf != nil {
			t.Fatal("an idle connection holds a buffer")
		}
		if _, err := client.Write(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		if got := len(client.out.data.buf); got != ringMinimum {
			t.Errorf("10 bytes take a buffer of %d bytes", got)
		}
		if _, err := io.ReadFull(server, make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
	}
	client.SetDeadline(time.Now().Add(time.Hour))
	replaced := client.in.readDeadline.timer
	client.SetDeadline(time.Time{})
	if replaced.Stop() {
		t.Error("the timer of a removed deadline runs on")
	}
	if client.in.readDeadline.timer != nil || client.out.writeDeadline.timer != nil {
		t.Error("a timer runs without a deadline")
	}
	client.SetDeadline(time.Now().Add(time.Hour))
	if _, err := client.Write(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	client.Close()
	server.Close()
	if client.in.readDeadline.timer != nil || client.out.writeDeadline.timer != nil {
		t.Error("a timer runs after Close")
	}
	if client.out.data.buf != nil {
		t.Error("a closed connection holds a buffer")
	}

	client, server = connect(t)
	if _, err := client.Write(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	client.Reset()
	if server.in.data.buf != nil {
		t.Error("an aborted connection holds a buffer")
	}
}

func TestTimerThatFiresWhileItsDeadlineIsReplacedHasNoEffect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _ := connect(t)
		client.SetReadDeadline(time.Now().Add(time.Second))
		client.in.mu.Lock()
		// The timer's function runs now and waits for the lock.
		time.Sleep(time.Second)
		runtime.Gosched()
		client.in.readDeadline.set(time.Now().Add(time.Hour), &client.in.changed)
		client.in.mu.Unlock()
		synctest.Wait()
		client.in.mu.Lock()
		defer client.in.mu.Unlock()
		if client.in.readDeadline.expired {
			t.Error("the new deadline has expired")
		}
	})
}
