package mailbox

import (
	"errors"
	"testing"
	"time"

	"silly/internal/netconn"
	"silly/internal/poll"
)

var errClosed = errors.New("closed")

// TestBox: what is put is taken in order; what is too much drops the oldest, and what is there can be taken after Close.
func TestBox(t *testing.T) {
	t.Parallel()
	var b Box[int]
	for n := 1; n <= 4; n++ {
		oldest, dropped, ok := b.Put(n, 3)
		if !ok || dropped != (n == 4) || dropped && oldest != 1 {
			t.Errorf("Put(%d): %d, %v, %v", n, oldest, dropped, ok)
		}
	}
	if b.Len() != 3 {
		t.Errorf("%d are in the queue", b.Len())
	}
	b.Close(errClosed)
	b.Close(errors.New("the second reason"))
	if _, _, ok := b.Put(5, 3); ok {
		t.Error("a closed box takes something")
	}
	for want := 2; want <= 4; want++ {
		if v, ok, err := b.Take(); v != want || !ok || err != nil {
			t.Errorf("Take: %d, %v, %v, want %d", v, ok, err, want)
		}
	}
	if _, ok, err := b.Take(); ok || err != errClosed {
		t.Errorf("at the end: %v, %v", ok, err)
	}
}

// A wait is a Receive that runs on a goroutine of its own.
type wait struct {
	value int
	err   error
}

// receive begins a wait and returns where its end is told.
func receive(t *testing.T, b *Box[int], deadline time.Time) <-chan wait {
	t.Helper()
	poller := poll.New()
	var r Receive[int]
	source, due := r.Begin(b, poller, t, deadline)
	ended := make(chan wait, 1)
	go func() {
		defer poller.Close()
		if !due.IsZero() {
			timer := time.AfterFunc(time.Until(due), source.Wake)
			defer timer.Stop()
		}
		for {
			if over, _ := r.Proceed(); over {
				v, err := r.Result()
				ended <- wait{v, err}
				return
			}
			if _, err := poller.Wait(nil); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	return ended
}

// TestReceive: who waits the longest gets the next one; a deadline and Close end a wait.
func TestReceive(t *testing.T) {
	t.Parallel()
	var b Box[int]
	first := receive(t, &b, time.Time{})
	late := receive(t, &b, time.Now().Add(time.Millisecond))
	if got := <-late; got.err != netconn.ErrTimeout {
		t.Errorf("after the deadline: %v", got)
	}
	second, third := receive(t, &b, time.Time{}), receive(t, &b, time.Now().Add(time.Hour))
	b.Put(1, 1)
	b.Put(2, 1)
	if got := <-first; got != (wait{1, nil}) {
		t.Errorf("the first one got %v", got)
	}
	if got := <-second; got != (wait{2, nil}) {
		t.Errorf("the second one got %v", got)
	}
	b.Close(errClosed)
	if got := <-third; got != (wait{0, errClosed}) {
		t.Errorf("at the end: %v", got)
	}
	b = Box[int]{}
	b.Put(7, 1)
	if got := <-receive(t, &b, time.Time{}); got != (wait{7, nil}) {
		t.Errorf("what is there: %v", got)
	}
}
