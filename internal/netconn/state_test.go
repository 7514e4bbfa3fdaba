package netconn

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"silly/internal/poll"
)

// TestWaitsByState: when a wait is over, and with what. Of ten queued bytes, limit 0 waits for all to leave.
func TestWaitsByState(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	type result struct {
		over bool
		err  error
	}
	waits, done, gone := result{}, result{over: true}, result{true, net.ErrClosed}
	for state, want := range map[writeState]struct{ all, room, roomThere, allGone result }{
		writeOpen:     {waits, waits, done, done},
		writeSealed:   {waits, gone, gone, done},
		writeEnding:   {waits, gone, done, waits}, // for the end of the stream
		writeNotified: {waits, gone, done, waits},
		writeEnded:    {waits, gone, done, done},
		writeFailed:   {result{true, broken}, result{true, broken}, result{true, broken}, result{true, broken}},
		writeClosed:   {done, gone, gone, done},
	} {
		w := writer{state: state}
		if state == writeFailed {
			w.err = broken
		}
		check := func(name string, limit int, want result) {
			t.Helper()
			var got result
			if got.over, got.err = w.waited(limit); got != want {
				t.Errorf("state %d: %s: over: %t, %v; want %t, %v", state, name, got.over, got.err, want.over, want.err)
			}
		}
		w.prepared = "0123456789"
		check("a wait for all", 0, want.all)
		check("a wait for room", 5, want.room)
		check("a wait for room that is there", 10, want.roomThere)
		w.prepared = ""
		check("a wait for all that has left", 0, want.allGone)
		w.flushing = true
		if over, _ := w.waited(0); over && state < writeFailed {
			t.Errorf("state %d: a wait for all is over while a goroutine is flushing", state)
		}
	}
}

// TestWritingEndsOnce: a state never moves back, whatever is called afterwards.
func TestWritingEndsOnce(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	ways := []struct {
		name  string
		do    func(c *Conn)
		state writeState
		err   error // of Append
	}{
		{"Seal", (*Conn).Seal, writeSealed, net.ErrClosed},
		{"CloseWrite", func(c *Conn) { c.CloseWrite(); _ = c.Wait(0) }, writeEnded, net.ErrClosed},
		{"Fail", func(c *Conn) { c.Fail(broken) }, writeFailed, broken},
		{"Close", (*Conn).Close, writeClosed, net.ErrClosed},
	}
	for i, first := range ways {
		for j, second := range ways {
			t.Run(first.name+" and "+second.name, func(t *testing.T) {
				t.Parallel()
				overLinks(t, 0, func(t *testing.T, c *Conn, _ net.Conn) {
					first.do(c)
					second.do(c)
					want := ways[max(i, j)]
					if first.name == "Fail" || second.name == "Fail" {
						want.err = broken // the reason stays
					}
					for _, try := range []func() (int, error){
						func() (int, error) { return c.Append(appendBytes([]byte("x"))) },
						func() (int, error) { return c.AppendPrepared("x") },
					} {
						if _, err := try(); err != want.err {
							t.Errorf("append returned %v, want %v", err, want.err)
						}
					}
					c.writer.mu.Lock()
					defer c.writer.mu.Unlock()
					if c.writer.state != want.state {
						t.Errorf("the state is %d, want %d", c.writer.state, want.state)
					}
				})
			})
		}
	}
}

// TestNobodyWaitsForRoomOfAClosedConnection: what was queued is lost, and the writer learns it.
func TestNobodyWaitsForRoomOfAClosedConnection(t *testing.T) {
	t.Parallel()
	overLinks(t, 0, func(t *testing.T, c *Conn, _ net.Conn) {
		if stuff(t, c) <= LowWater {
			t.Skip("the kernel takes too much")
		}
		waited := make(chan error, 1)
		go func() { waited <- c.Wait(LowWater) }()
		c.Close()
		if err := <-waited; !errors.Is(err, net.ErrClosed) {
			t.Errorf("the wait for room returned %v, want net.ErrClosed", err)
		}
	})
}

// TestReadingEndsOnce: Close is final, also for a connection that was interrupted.
func TestReadingEndsOnce(t *testing.T) {
	t.Parallel()
	overLinks(t, 0, func(t *testing.T, c *Conn, _ net.Conn) {
		read := make(chan error, 1)
		go func() { read <- c.Fill(time.Time{}) }()
		c.Interrupt()
		if err := <-read; err != ErrInterrupted {
			t.Errorf("fill returned %v, want ErrInterrupted", err)
		}
		c.Close()
		for range 2 {
			if err := c.Fill(time.Time{}); err != net.ErrClosed {
				t.Errorf("fill of a closed connection returned %v", err)
			}
			if _, err := c.TryFill(); err != net.ErrClosed {
				t.Errorf("fill that does not wait returned %v", err)
			}
			c.Interrupt()
			c.Resume()
		}
		p := poll.New()
		defer p.Close()
		if c.Watch(p, t).Arm() {
			t.Error("a closed connection has to be waited for")
		}
	})
}

// TestCloseEndsAFill that waits, however the bytes come.
func TestCloseEndsAFill(t *testing.T) {
	t.Parallel()
	overLinks(t, 0, func(t *testing.T, c *Conn, peer net.Conn) {
		read := make(chan error, 1)
		go func() {
			var err error
			for err == nil {
				err = c.Fill(time.Time{})
				c.Discard(len(c.Buffered()))
			}
			read <- err
		}()
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			for _, err := peer.Write([]byte("x")); err == nil; {
				_, err = peer.Write(make([]byte, pumpSize))
			}
		}()
		time.AfterFunc(time.Millisecond, c.Close)
		if err := <-read; err != net.ErrClosed {
			t.Errorf("fill returned %v, want ErrClosed", err)
		}
		peer.Close()
		<-sent
	})
}

// TestHalfCloseKeepsReading: the peer gets the end, and what it answers arrives.
func TestHalfCloseKeepsReading(t *testing.T) {
	t.Parallel()
	overLinks(t, 0, func(t *testing.T, c *Conn, peer net.Conn) {
		if _, err := c.Append(appendBytes([]byte("question"))); err != nil {
			t.Fatal(err)
		}
		c.CloseWrite()
		c.CloseWrite()
		if all, err := io.ReadAll(peer); string(all) != "question" || err != nil {
			t.Fatalf("the peer got %q, %v", all, err)
		}
		if _, err := peer.Write([]byte("answer")); err != nil {
			t.Fatal(err)
		}
		if err := c.Fill(time.Now().Add(30 * time.Second)); err != nil || string(c.Buffered()) != "answer" {
			t.Errorf("fill returned %v, %q", err, c.Buffered())
		}
	})
}
