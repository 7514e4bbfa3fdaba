package pendingread

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestNothingIsLostByLeaving leaves reads by deadline and by cancellation; everything the stream brings
// reaches later callers, in order.
func TestNothingIsLostByLeaving(t *testing.T) {
	t.Parallel()
	source, sink := io.Pipe()
	r := New(source)
	p := make([]byte, 3)
	if _, err := r.ReadUntil(p, time.Now().Add(time.Millisecond), nil); err != ErrTimeout {
		t.Fatalf("got %v, want ErrTimeout", err)
	}
	canceled := make(chan struct{})
	close(canceled)
	if _, err := r.ReadUntil(p, time.Time{}, canceled); err != ErrCanceled || !r.Pending() {
		t.Fatalf("got %v, want ErrCanceled and a read that goes on", err)
	}
	go func() {
		_, _ = sink.Write([]byte("hello "))
		_, _ = sink.Write([]byte("world"))
		_ = sink.CloseWithError(errors.New("broken"))
	}()
	var got []byte
	for {
		n, err := r.ReadUntil(p, time.Time{}, nil)
		got = append(got, p[:n]...)
		if err != nil {
			if string(got) != "hello world" || err.Error() != "broken" {
				t.Errorf("got %q and %v", got, err)
			}
			return
		}
	}
}

// TestEndOfStream is reported with and without a deadline.
func TestEndOfStream(t *testing.T) {
	t.Parallel()
	for _, deadline := range []time.Time{{}, time.Now().Add(time.Hour)} {
		r := New(strings.NewReader("x"))
		p := make([]byte, 8)
		var got []byte
		for range 10 {
			n, err := r.ReadUntil(p, deadline, nil)
			got = append(got, p[:n]...)
			if err == io.EOF {
				break
			}
		}
		if _, err := r.ReadUntil(p, deadline, nil); err != io.EOF || string(got) != "x" {
			t.Errorf("got %q and %v, want x and EOF", got, err)
		}
	}
}
