package httpserver

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"silly/internal/httpfield"
)

// nethttp is the sink of an exchange that net/http runs, one of HTTP/2, on a goroutine of its own. That goroutine waits in Serve for what
// is to be sent, until the response is complete.
type nethttp struct {
	exchange Exchange
	driver   ExchangeDriver
	writer   http.ResponseWriter
	control  http.ResponseController
	status   int
	values   [4]string // backing of header fields with one value
	used     int       // of values

	mu      sync.Mutex
	changed sync.Cond // of what follows
	queue   []string  // to be sent
	queued  int       // bytes of them, and of what is being sent
	flushes bool      // what was sent is to leave
	outcome outcome
	trailer http.Header
	failed  error // why sending has failed
}

// An outcome is what has become of a response.
type outcome uint8

const (
	underWay outcome = iota
	complete         // nothing follows what is queued
	aborted          // it is cut off
)

// An ExchangeDriver is the program around an exchange that net/http runs.
type ExchangeDriver interface {
	// Begin starts the work on the exchange. Its caller does not hold the driver's lock.
	Begin(x *Exchange)
	// ScheduleFlush has Flush of the exchange called soon. Its caller holds the lock.
	ScheduleFlush()
}

// Serve is what a handler of net/http does: it gives the driver an exchange for the request, and sends the response until
// that has ended.
func Serve(s *Server, w http.ResponseWriter, r *http.Request, driver ExchangeDriver) {
	if status := refusal(r); status != 0 {
		http.Error(w, refusalText(status), status)
		return
	}
	n := &nethttp{driver: driver, writer: w, control: *http.NewResponseController(w)}
	n.changed.L = &n.mu
	if s.BodyTimeout > 0 && r.Body != http.NoBody {
		r.Body = &timedBody{ReadCloser: r.Body, control: &n.control, timeout: s.BodyTimeout}
	}
	x := &n.exchange
	x.init(s, r, n)
	driver.Begin(x)
	outcome, sent := n.send()
	if x.hasBody() {
		defer n.stopReading()
	}
	if outcome == aborted {
		panic(http.ErrAbortHandler) // net/http drops the connection, quietly
	}
	if !sent {
		return
	}
	for name, values := range n.trailer {
		for _, v := range values {
			w.Header().Add(http.TrailerPrefix+name, v)
		}
	}
}

// send sends what is queued until nothing follows, and reports what has become of the response, and whether all of it
// was sent.
func (n *nethttp) send() (_ outcome, sent bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for {
		for len(n.queue) == 0 && !n.flushes && n.outcome == underWay {
			n.changed.Wait()
		}
		parts, flushes := n.queue, n.flushes && n.outcome == underWay // net/http flushes at the end
		n.queue, n.flushes = nil, false
		if n.outcome == aborted {
			return n.outcome, false
		}
		if len(parts) == 0 && !flushes {
			return complete, n.failed == nil
		}
		n.mu.Unlock()
		size := 0
		var err error
		for _, data := range parts {
			size += len(data)
			if err == nil {
				err = n.write1(data)
			}
		}
		if err == nil && flushes {
			err = n.control.Flush()
		}
		n.mu.Lock()
		n.queued -= size
		if err != nil && n.failed == nil {
			n.failed = err
		}
		n.changed.Broadcast()
	}
}

// timedBody is a request body that has to make progress.
type timedBody struct {
	io.ReadCloser
	control *http.ResponseController
	timeout time.Duration
}

func (b *timedBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(b.timeout))
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = ErrBodyTimeout
	}
	return n, err
}

func (n *nethttp) respond(status int, fields []httpfield.Field) {
	out := n.writer.Header()
	for _, f := range fields {
		if before := out[f.Name]; before != nil {
			out[f.Name] = append(before, f.Value)
		} else {
			out[f.Name] = n.value(f.Value)
		}
	}
	if out["Content-Type"] == nil {
		out["Content-Type"] = nil // keep net/http from guessing
	}
	n.status = status
}

// value makes the list of one value that net/http wants.
func (n *nethttp) value(v string) []string {
	if n.used == len(n.values) {
		return []string{v}
	}
	i := n.used
	n.used++
	n.values[i] = v
	return n.values[i : i+1 : i+1]
}

func (n *nethttp) start(length int64, trailer http.Header) {
	header := n.writer.Header()
	if length >= 0 && header["Content-Length"] == nil {
		header["Content-Length"] = n.value(strconv.FormatInt(length, 10))
	}
	if len(trailer) > 0 {
		// net/http must know before the head that the body cannot have a length (RFC 9110 section 6.6.2).
		header["Trailer"] = []string{trailerNames(trailer)}
	}
	n.writer.WriteHeader(n.status)
}

// trailerNames is the value of the field Trailer.
func trailerNames(trailer http.Header) string {
	return strings.Join(slices.Sorted(maps.Keys(trailer)), ", ")
}

func (n *nethttp) write(data string) (queued int, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.failed != nil {
		return 0, n.failed
	}
	n.queue = append(n.queue, data)
	n.queued += len(data)
	n.flushes = true
	n.changed.Broadcast()
	return n.queued, nil
}

// write1 writes data in steps, each with a time limit of its own, so that a peer that has stopped
// reading does not hold the connection for ever.
func (n *nethttp) write1(data string) error {
	for len(data) > 0 {
		step := data[:min(len(data), writeStep)]
		_ = n.control.SetWriteDeadline(time.Now().Add(writeTimeout))
		if _, err := io.WriteString(n.writer, step); err != nil {
			return err
		}
		data = data[len(step):]
	}
	return nil
}

func (n *nethttp) flush() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.flushes = true
	n.changed.Broadcast()
}

func (n *nethttp) scheduleFlush() { n.driver.ScheduleFlush() }

func (n *nethttp) queuedBytes() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.queued
}

func (n *nethttp) wait(limit int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.failed == nil && n.outcome == underWay && (n.queued > limit || limit == 0 && n.flushes) {
		n.changed.Wait()
	}
	if n.failed == nil && n.outcome == aborted {
		return ErrClosed
	}
	return n.failed
}

func (n *nethttp) end(last string, trailer http.Header, abort bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if last != "" {
		n.queue = append(n.queue, last)
		n.queued += len(last)
	}
	n.trailer, n.outcome = trailer, complete
	if abort {
		n.outcome = aborted
		_ = n.control.SetWriteDeadline(time.Unix(1, 0)) // it may be sending
	}
	n.changed.Broadcast()
}

func (n *nethttp) alive() bool { return n.exchange.Request.Context().Err() == nil }

func (n *nethttp) readingBody() {}

// stopReading ends a read of the request body that its caller has left; net/http would wait for it.
func (n *nethttp) stopReading() {
	x := &n.exchange
	x.reading.Lock()
	defer x.reading.Unlock()
	if x.body.Pending() {
		_ = n.control.SetReadDeadline(time.Unix(1, 0))
	}
}
