package httpserver

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"silly/internal/httpfield"
	"silly/internal/netconn"
)

// nethttp is the sink of an exchange that net/http runs, on a goroutine of its own. That goroutine waits in Serve
// until the response is complete.
type nethttp struct {
	exchange Exchange
	writer   http.ResponseWriter
	control  http.ResponseController
	status   int
	values   [4]string // backing of header fields with one value
	used     int       // of values

	last    string
	trailer http.Header
	abort   bool
	over    chan struct{}
}

// Serve is what a handler of net/http does: it calls begin with an exchange for the request, which somebody else
// works on, and waits until that is over.
func Serve(s *Server, w http.ResponseWriter, r *http.Request, begin func(x *Exchange)) {
	n := &nethttp{writer: w, control: *http.NewResponseController(w), over: make(chan struct{}, 1)}
	x := &n.exchange
	x.init(s, r, n)
	if x.hasBody {
		// A script may read the request after it has begun to respond. HTTP/2 always lets it.
		_ = n.control.EnableFullDuplex()
	}
	begin(x)
	<-n.over
	if n.writer == nil {
		return
	}
	if x.hasBody {
		defer n.stopReading()
	}
	if n.abort {
		panic(http.ErrAbortHandler) // net/http drops the connection, quietly
	}
	if n.send(n.last) != nil {
		return
	}
	for name, values := range n.trailer {
		for _, v := range values {
			w.Header().Add(http.TrailerPrefix+name, v)
		}
	}
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

func (n *nethttp) write(data string) error {
	if err := n.send(data); err != nil {
		return err
	}
	return n.flush()
}

// send writes data in steps, each with a time limit of its own, so that a peer that has stopped
// reading does not hold a task for ever.
func (n *nethttp) send(data string) error {
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

func (n *nethttp) flush() error { return n.control.Flush() }

func (n *nethttp) stopWriting() { _ = n.control.SetWriteDeadline(time.Unix(1, 0)) }

func (n *nethttp) end(last string, trailer http.Header, abort bool) {
	n.last, n.trailer, n.abort = last, trailer, abort
	n.over <- struct{}{}
}

func (n *nethttp) alive() bool { return n.exchange.Request.Context().Err() == nil }

func (n *nethttp) readingBody() {}

func (n *nethttp) takeOver(writeTimeout time.Duration) (*netconn.Conn, error) {
	nc, rw, err := n.control.Hijack()
	if err != nil {
		return nil, err
	}
	buffered, err := rw.Reader.Peek(rw.Reader.Buffered())
	if err != nil {
		_ = nc.Close()
		return nil, err
	}
	buffered = bytes.Clone(buffered)
	_ = nc.SetDeadline(time.Time{})
	n.writer, n.control = nil, http.ResponseController{}
	n.over <- struct{}{}
	return netconn.New(nc, buffered, writeTimeout), nil
}

// stopReading ends a read of the request body that its caller has left; net/http would wait for it.
func (n *nethttp) stopReading() {
	x := &n.exchange
	x.reading.Lock()
	defer x.reading.Unlock()
	if x.body.Pending() {
		_ = n.control.SetReadDeadline(time.Unix(1, 0))
	}
}
