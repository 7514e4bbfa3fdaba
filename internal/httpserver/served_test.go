package httpserver_test

import (
	"maps"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"silly/internal/httpserver"
	"silly/internal/netconn"
	"silly/internal/poll"
)

// maxHeader is small enough to be met by chance.
const maxHeader = 1000

// A request is what a handler gets to know of one.
type request struct {
	head    httpserver.Head
	trailer http.Header
	body    string
	begun   bool // the handler has read something of the body
	read    bool // the handler has read all of it
	asked   bool // for the body, with 100 Continue
	broken  bool // the body ends in an error
	keep    bool // the connection waits for the next request
}

// Ways in which a handler treats the body.
const (
	readsAll = iota
	readsParts
	readsNothing
	readsSome
	readsAllInTime
	allWays
)

// A served connection is served as modules/http does it. This is its driver; it has one goroutine beside those that drain and
// linger.
type served struct {
	t          *testing.T
	server     *httpserver.Server
	client     *pieces
	poller     *poll.Poller
	conn       *httpserver.Conn
	source     *poll.Source // of the wait for a request; nil when there is none
	scheduled  bool         // a flush
	stopped    bool         // Do does nothing
	forgotten  int
	background sync.WaitGroup
}

func newServed(t *testing.T, poller *poll.Poller, client *pieces) *served {
	s := &served{t: t, client: client, poller: poller, server: &httpserver.Server{MaxHeader: maxHeader, MaxBody: 1 << 20}}
	s.conn = httpserver.NewConn(s.server, netconn.Wrap(client), s)
	s.conn.Serve()
	if s.source == nil {
		t.Fatal("the connection cannot be watched")
	}
	return s
}

// serve returns the requests that the server takes from a client. The first handler treats the body in the given way.
func serve(t *testing.T, poller *poll.Poller, client *pieces, way int) (requests []request) {
	s := newServed(t, poller, client)
	for s.source != nil {
		s.await()
		s.source = nil
		x := s.conn.Take()
		if x == nil {
			s.flush()
			break
		}
		r := s.handle(x, strconv.Itoa(len(requests)), (way+len(requests))%allWays)
		s.flush()
		s.background.Wait() // it may have drained
		r.keep = s.source != nil
		requests = append(requests, r)
	}
	s.background.Wait()
	s.checkEnded()
	return requests
}

// checkEnded checks that the connection is forgotten.
func (s *served) checkEnded() {
	s.t.Helper()
	if busy, waiting := s.server.Clients(); len(busy)+len(waiting) > 0 || s.forgotten != 1 {
		s.t.Errorf("after the end, there are %d busy and %d waiting connections, and Forget was called %d times", len(busy), len(waiting), s.forgotten)
	}
}

// flush does what was scheduled.
func (s *served) flush() {
	if !s.scheduled {
		s.t.Fatal("no flush is scheduled")
	}
	s.scheduled = false
	s.conn.PreFlush()
	s.conn.Flush()
}

// Watch implements httpserver.Driver.
func (s *served) Watch() { s.source, _ = s.conn.Start(s.poller, s) }

// ScheduleFlush implements httpserver.Driver.
func (s *served) ScheduleFlush() { s.scheduled = true }

// Do implements httpserver.Driver.
func (s *served) Do(f func()) bool {
	if !s.stopped {
		f()
	}
	return !s.stopped
}

// Background implements httpserver.Driver.
func (s *served) Background(f func()) { s.background.Go(f) }

// Forget implements httpserver.Driver.
func (s *served) Forget() { s.forgotten++ }

// await waits until Take has something.
func (s *served) await() {
	over := false
	if !s.source.Arm() {
		over, _ = s.conn.Proceed()
	}
	for !over {
		if !s.ready() {
			s.client.arrive()
			if !s.ready() {
				s.t.Fatal("the connection does not notice what arrives")
			}
		}
		over, _ = s.conn.Proceed()
	}
}

// ready reports whether the poller returns the source.
func (s *served) ready() bool {
	ready, err := s.poller.Poll(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return len(ready) == 1 && ready[0] == s.source
}

// handle does what a handler does.
func (s *served) handle(x *httpserver.Exchange, answer string, way int) request {
	r := request{head: x.Head(), begun: way != readsNothing, read: way != readsNothing && way != readsSome}
	r.head.LocalAddr, r.head.RemoteAddr = nil, ""
	var body []byte
	var err error
	switch way {
	case readsAll:
		body, err = x.ReadAll(time.Time{})
	case readsAllInTime:
		body, err = x.ReadAll(time.Now().Add(time.Hour))
	case readsSome:
		_, _ = x.Read(2, time.Time{})
	case readsParts:
		for n := int64(0); err == nil; n = 2*n + 1 {
			var part []byte
			if part, err = x.Read(n, time.Time{}); err == httpserver.ErrEndOfFile {
				part, err = x.ReadAll(time.Time{})
				body = append(body, part...)
				break
			}
			body = append(body, part...)
		}
	}
	r.body, r.broken, r.trailer = string(body), err != nil, x.Trailer()
	maps.DeleteFunc(r.trailer, onlyAnnounced)
	if err := x.RespondFields(http.StatusOK, nil); err != nil {
		s.t.Fatal(err)
	}
	_ = x.CloseWrite(answer, nil) // HEAD has none
	x.End(false)
	if !x.Closed() {
		s.t.Fatal("the exchange does not end")
	}
	return r
}
