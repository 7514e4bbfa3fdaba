package httpserver_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"silly/internal/httpserver"
	"silly/internal/poll"
)

const getRequest = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

// accepted is a connection whose client sends the pieces one after the other.
func accepted(t *testing.T, sends ...string) *served {
	t.Helper()
	poller := poll.New()
	t.Cleanup(func() { _ = poller.Close() })
	client := new(pieces)
	for _, piece := range sends {
		client.coming = append(client.coming, []byte(piece))
	}
	return newServed(t, poller, client)
}

// take waits for the next request.
func (s *served) take() *httpserver.Exchange {
	s.t.Helper()
	s.await()
	s.source = nil
	x := s.conn.Take()
	if x == nil {
		s.t.Fatal("no request arrives")
	}
	return x
}

// settle flushes and waits for what goes on in the background.
func (s *served) settle() {
	s.flush()
	s.background.Wait()
}

func (s *served) checkState(busy, waiting int) {
	s.t.Helper()
	b, w := s.server.Clients()
	if len(b) != busy || len(w) != waiting {
		s.t.Errorf("%d connections are busy and %d waiting, want %d and %d", len(b), len(w), busy, waiting)
	}
}

func TestConnectionIsBusyFromRequestToResponse(t *testing.T) {
	t.Parallel()
	s := accepted(t, getRequest)
	s.checkState(0, 1)
	x := s.take()
	s.checkState(1, 0)
	x.End(false)
	s.checkState(1, 0) // it is in the outbox
	s.settle()
	s.checkState(0, 1)
	if s.source == nil {
		t.Error("the connection does not wait for the next request")
	}
}

// TestHeadLeavesWithTheFlush comes from a handler that responds and then waits for something.
func TestHeadLeavesWithTheFlush(t *testing.T) {
	t.Parallel()
	s := accepted(t, getRequest)
	x := s.take()
	if err := x.Respond(http.StatusOK, nil); err != nil {
		t.Fatal(err)
	}
	if s.client.sent.Len() > 0 {
		t.Errorf("%q leaves before the flush", s.client.sent.String())
	}
	s.settle()
	if got := s.client.sent.String(); !strings.HasSuffix(got, "\r\n\r\n") {
		t.Errorf("after the flush %q has left", got)
	}
	_ = x.CloseWrite("", nil)
	s.settle()
	if s.source == nil {
		t.Error("the connection does not wait for the next request")
	}
}

func TestConnectionThatIsTakenOverIsForgotten(t *testing.T) {
	t.Parallel()
	s := accepted(t, getRequest)
	x := s.take()
	nc, err := x.TakeOver(time.Second)
	if err != nil {
		t.Fatal(err)
	}
	s.checkEnded()
	x.End(false)
	x.Close()
	if s.scheduled || s.client.closed.Load() {
		t.Error("the end of the exchange has an effect on a connection that is somebody else's")
	}
	nc.Close()
}

// TestResponseThatIsCutOff closes its connection, whether the body of the request was read or not.
func TestResponseThatIsCutOff(t *testing.T) {
	t.Parallel()
	for _, request := range []string{getRequest, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"} {
		s := accepted(t, request, getRequest)
		x := s.take()
		if err := x.Respond(http.StatusOK, nil); err != nil {
			t.Fatal(err)
		}
		x.Close()
		s.settle()
		s.checkEnded()
		if !s.client.closed.Load() || s.client.sent.Len() > 0 {
			t.Errorf("closed: %v, sent: %q", s.client.closed.Load(), s.client.sent.String())
		}
		if len(s.client.coming) == 0 {
			t.Error("the connection is read before it is closed")
		}
	}
}

// TestDrainWhileTheDriverStops ends the connection without the driver's lock.
func TestDrainWhileTheDriverStops(t *testing.T) {
	t.Parallel()
	s := accepted(t, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n", "abc")
	x := s.take()
	x.End(false)
	s.stopped = true
	s.settle()
	s.checkState(0, 0)
	if !s.client.closed.Load() {
		t.Error("the connection is open")
	}
}

func TestCloseAfterResponses(t *testing.T) {
	t.Parallel()
	idle := accepted(t, getRequest)
	idle.take().End(false)
	idle.settle()
	idle.server.CloseAfterResponses()
	idle.await()
	if x := idle.conn.Take(); x != nil {
		t.Error("a request arrives that nobody has sent")
	}
	idle.settle()
	idle.checkEnded()

	busy := accepted(t, getRequest)
	x := busy.take()
	busy.server.CloseAfterResponses()
	x.End(false)
	busy.settle()
	busy.checkEnded()
	if got := busy.client.sent.String(); !strings.Contains(got, "Connection: close\r\n") {
		t.Errorf("the last response is %q", got)
	}
	for _, s := range []*served{idle, busy} {
		if !s.client.closed.Load() {
			t.Error("the connection is open")
		}
	}
}

// TestShutdown closes those that wait, and at the end of the context those that do not end.
func TestShutdown(t *testing.T) {
	t.Parallel()
	waiting := accepted(t, getRequest)
	waiting.server.Shutdown(context.Background())
	busy := accepted(t, getRequest)
	busy.take()
	over, cancel := context.WithCancel(context.Background())
	cancel()
	busy.server.Shutdown(over)
	for _, s := range []*served{waiting, busy} {
		if !s.client.closed.Load() {
			t.Error("the connection is open")
		}
	}
}
