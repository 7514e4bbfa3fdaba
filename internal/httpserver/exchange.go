// Package httpserver is the server side of HTTP as scripts see it: a request and its response as one
// exchange that outlives neither, whoever works on it.
//
// It is a layer over net/http, which runs each request on a goroutine of its own. That goroutine waits
// here until the response is complete; the script's task works on the exchange meanwhile.
package httpserver

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"silly/internal/httpfield"
	"silly/internal/pendingread"
)

// Errors of an exchange that is used in the wrong order.
var (
	ErrResponded   = errors.New("already responded")
	ErrNoResponse  = errors.New("respond comes before the body")
	ErrClosed      = errors.New("stream is closed")
	ErrBodyTooLong = errors.New("body is longer than content-length")
	ErrEndOfFile   = errors.New("end of file")
)

const (
	// writeTimeout is how long a peer may take nothing of a response.
	writeTimeout = 60 * time.Second
	writeStep    = 64 << 10
	readStep     = 4 << 10
)

// A Server is what exchanges of one server have in common.
type Server struct {
	// MaxBody is how many bytes of request body are read at most.
	MaxBody int64
}

// An Exchange is one request and its response. Its methods may be called from any goroutine, but
// only one at a time reads and one at a time writes. Methods whose comment says so may wait.
type Exchange struct {
	// Request is nil once the connection is somebody else's: Head stays.
	Request *http.Request
	// Server is what exchanges of one server have in common.
	Server *Server
	// Marked is for the owner of the exchange.
	Marked bool

	head    *Head               // once Request is nil
	writer  http.ResponseWriter // nil once the connection is somebody else's
	control http.ResponseController

	// The request body.
	hasBody bool
	body    pendingread.Reader
	reading sync.Mutex // held while somebody reads
	taken   int64      // bytes read from body
	unread  []byte     // of these, not yet handed out

	writes sync.Mutex // held while somebody writes or flushes; taken before mu

	mu         sync.Mutex
	state      state
	status     int
	length     int64 // declared content-length, -1 for none
	sent       int64
	started    bool   // the head has been given to net/http
	writing    bool   // a Write or Flush is inside net/http
	upgraded   func() // ends the connection of an upgraded exchange whose handler fails
	last       string
	trailer    http.Header
	abort      bool
	headerMade bool
	released   bool          // net/http may finish the response
	complete   chan struct{} // closed then, if somebody waits
	values     [4]string     // backing of header fields with one value
	used       int           // of values
}

// A Head is what scripts see of a request besides its body.
type Head struct {
	Method, Path, RawQuery string
	Version                string // such as HTTP/1.1, HTTP/2
	Host                   string
	Header                 http.Header // nil when HeaderMade has been called and Request is nil
	LocalAddr              net.Addr    // nil when it is not known
	RemoteAddr             string
	TLS                    bool
}

// Head returns the head of the request.
func (x *Exchange) Head() Head {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.head != nil {
		return *x.head
	}
	return headOf(x.Request)
}

func headOf(r *http.Request) Head {
	h := Head{
		Method: r.Method, Path: r.URL.Path, RawQuery: r.URL.RawQuery, Version: r.Proto, Host: r.Host,
		Header: r.Header, RemoteAddr: r.RemoteAddr, TLS: r.TLS != nil,
	}
	if r.ProtoMajor == 2 {
		h.Version = "HTTP/2"
	}
	h.LocalAddr, _ = r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return h
}

type state uint8

const (
	open      state = iota // before respond
	responded              // after respond: body follows
	closed                 // complete, given up, or upgraded
)

// NewExchange wraps what net/http hands to a handler.
func NewExchange(s *Server, w http.ResponseWriter, r *http.Request) *Exchange {
	x := &Exchange{
		Request: r,
		Server:  s,
		writer:  w,
		control: *http.NewResponseController(w),
		length:  -1,
	}
	if r.Body != http.NoBody {
		x.hasBody = true
		// A script may read the request after it has begun to respond. HTTP/2 always lets it.
		_ = x.control.EnableFullDuplex()
	}
	x.body.Init(r.Body)
	return x
}

// Serve waits until the exchange is over and finishes the response. It is what the net/http handler
// does after it has handed the exchange to a task.
func (x *Exchange) Serve() {
	x.mu.Lock()
	if !x.released {
		complete := make(chan struct{})
		x.complete = complete
		x.mu.Unlock()
		<-complete
		x.mu.Lock()
	}
	gone, abort, last, trailer := x.writer == nil, x.abort, x.last, x.trailer
	x.mu.Unlock()
	if gone {
		return
	}
	if x.hasBody {
		defer x.stopReading()
	}
	if abort {
		panic(http.ErrAbortHandler) // net/http drops the connection, quietly
	}
	if x.send(last) != nil {
		return
	}
	for name, values := range trailer {
		for _, v := range values {
			x.writer.Header().Add(http.TrailerPrefix+name, v)
		}
	}
}

// Respond sets status and header of the response. They leave with the first part of the body, or when
// Flush is called. It does not wait.
func (x *Exchange) Respond(status int, header http.Header) error {
	var fields []httpfield.Field
	for name, values := range header {
		for _, v := range values {
			fields = append(fields, httpfield.Field{Name: name, Value: v})
		}
	}
	return x.RespondFields(status, fields)
}

// RespondFields is Respond with a list of fields.
func (x *Exchange) RespondFields(status int, fields []httpfield.Field) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.state == closed:
		return ErrClosed
	case x.state != open:
		return ErrResponded
	case status < 200 || status > 999:
		return fmt.Errorf("bad status %d: it must be from 200 to 999", status)
	}
	length := int64(-1)
	for i := range fields {
		f := &fields[i]
		f.Name = http.CanonicalHeaderKey(f.Name)
		if err := httpfield.Check(f.Name, f.Value); err != nil {
			return err
		}
		if f.Name == "Content-Length" {
			n, err := strconv.ParseInt(f.Value, 10, 64)
			if err != nil || n < 0 || length >= 0 {
				return fmt.Errorf("bad content-length %q", f.Value)
			}
			length = n
		}
	}
	out := x.writer.Header()
	for _, f := range fields {
		if before := out[f.Name]; before != nil {
			out[f.Name] = append(before, f.Value)
		} else {
			out[f.Name] = x.value(f.Value)
		}
	}
	if out["Content-Type"] == nil {
		out["Content-Type"] = nil // keep net/http from guessing
	}
	x.status, x.length, x.state = status, length, responded
	return nil
}

// value makes the list of one value that net/http wants. The caller holds x.mu.
func (x *Exchange) value(v string) []string {
	if x.used == len(x.values) {
		return []string{v}
	}
	i := x.used
	x.used++
	x.values[i] = v
	return x.values[i : i+1 : i+1]
}

// bodyAllowed says why the response has no body, or nil. The caller holds x.mu.
func (x *Exchange) bodyAllowed() error {
	switch {
	case x.Request.Method == http.MethodHead:
		return errors.New("the response to HEAD has no body")
	case x.status == http.StatusNoContent || x.status == http.StatusNotModified:
		return fmt.Errorf("a response with status %d has no body", x.status)
	}
	return nil
}

// checkWrite says whether n more bytes of body may follow. The caller holds x.mu.
func (x *Exchange) checkWrite(n int) error {
	switch {
	case x.state == closed:
		return ErrClosed
	case x.state == open:
		return ErrNoResponse
	case n == 0:
		return nil
	case x.length >= 0 && x.sent+int64(n) > x.length:
		return ErrBodyTooLong
	}
	return x.bodyAllowed()
}

// send writes data in steps, each with a time limit of its own, so that a peer that has stopped
// reading does not hold a task for ever.
func (x *Exchange) send(data string) error {
	for len(data) > 0 {
		step := data[:min(len(data), writeStep)]
		_ = x.control.SetWriteDeadline(time.Now().Add(writeTimeout))
		if _, err := io.WriteString(x.writer, step); err != nil {
			return err
		}
		data = data[len(step):]
	}
	return nil
}

// Write sends a part of the body. It waits until the kernel has taken it.
func (x *Exchange) Write(data string) error {
	x.writes.Lock()
	defer x.writes.Unlock()
	x.mu.Lock()
	if err := x.checkWrite(len(data)); err != nil {
		x.mu.Unlock()
		return err
	}
	if len(data) == 0 {
		x.mu.Unlock()
		return nil
	}
	x.sent += int64(len(data))
	x.start()
	x.writing = true
	x.mu.Unlock()
	err := x.send(data)
	if err == nil {
		err = x.control.Flush()
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.writing = false
	if err != nil {
		x.state, x.abort = closed, true
	}
	x.release()
	return err
}

// start gives the head to net/http. The caller holds x.mu.
func (x *Exchange) start() {
	if !x.started {
		x.started = true
		x.writer.WriteHeader(x.status)
	}
}

// Flush sends the head of the response if it has not left yet. It may wait.
func (x *Exchange) Flush() {
	x.writes.Lock()
	defer x.writes.Unlock()
	x.mu.Lock()
	if x.state != responded || x.started || x.writing {
		x.mu.Unlock()
		return
	}
	x.start()
	x.writing = true
	x.mu.Unlock()
	_ = x.control.Flush() // a broken connection shows at the next Write
	x.mu.Lock()
	x.writing = false
	x.release()
	x.mu.Unlock()
}

// CloseWrite completes the response with the last part of the body, which may be empty, and trailer
// fields. net/http sends them; CloseWrite does not wait.
func (x *Exchange) CloseWrite(last string, trailer http.Header) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	for name, values := range trailer {
		for _, v := range values {
			if err := httpfield.Check(name, v); err != nil {
				return err
			}
		}
	}
	err := x.checkWrite(len(last))
	if err != nil {
		if x.state == responded && x.bodyAllowed() != nil {
			x.finish("", nil) // the head is all there is
		}
		return err
	}
	if x.length >= 0 && x.sent+int64(len(last)) < x.length && x.bodyAllowed() == nil {
		x.abort = true
		err = fmt.Errorf("body is shorter than content-length by %d bytes", x.length-x.sent-int64(len(last)))
	}
	x.finish(last, trailer)
	return err
}

// finish completes the response. The caller holds x.mu.
func (x *Exchange) finish(last string, trailer http.Header) {
	if !x.started {
		if x.length < 0 && len(trailer) == 0 && x.bodyAllowed() == nil {
			x.writer.Header()["Content-Length"] = x.value(strconv.Itoa(len(last)))
			x.length = int64(len(last))
		}
		if len(trailer) > 0 {
			// net/http must know before the head that the body cannot have a length (RFC 9110 section 6.6.2).
			x.writer.Header()["Trailer"] = []string{strings.Join(slices.Sorted(maps.Keys(trailer)), ", ")}
		}
		x.start()
	}
	x.last, x.trailer = last, trailer
	x.state = closed
	x.release()
}

// release lets net/http go on when the exchange is over and nobody is inside net/http. The caller
// holds x.mu.
func (x *Exchange) release() {
	if x.state == closed && !x.writing && !x.released {
		x.released = true
		if x.complete != nil {
			close(x.complete)
			x.complete = nil
		}
	}
}

// Close gives the exchange up: a response that is not complete is cut off with its connection.
func (x *Exchange) Close() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.state == closed {
		return
	}
	x.state, x.abort = closed, true
	if x.writing {
		_ = x.control.SetWriteDeadline(time.Unix(1, 0)) // ends the write
	}
	x.release()
}

// End completes the exchange when its handler is over: failed says that the handler raised an error. A
// response that was begun is completed, or cut off after an error; without one the client gets 200 and
// an empty body, or 500.
func (x *Exchange) End(failed bool) {
	x.mu.Lock()
	begun, upgraded := x.state != open, x.upgraded
	x.mu.Unlock()
	switch {
	case upgraded != nil:
		if failed {
			upgraded()
		}
	case begun && failed:
		x.Close()
	case begun:
		_ = x.CloseWrite("", nil)
	case failed:
		_ = x.Respond(http.StatusInternalServerError, http.Header{"Content-Type": {"text/plain; charset=utf-8"}})
		_ = x.CloseWrite("Internal Server Error\n", nil)
	default:
		_ = x.Respond(http.StatusOK, nil)
		_ = x.CloseWrite("", nil)
	}
}

// Closed reports whether the response is complete, given up or upgraded.
func (x *Exchange) Closed() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.state == closed
}

// Alive reports whether the exchange goes on and its peer is there.
func (x *Exchange) Alive() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.state != closed && x.Request.Context().Err() == nil
}

// HeaderMade says that nobody will ask for the fields of the head again. They are dropped with the rest of the
// request.
func (x *Exchange) HeaderMade() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.headerMade = true
	if x.head != nil {
		x.head.Header = nil
	}
}

// OnFailure sets what ends the connection when the handler of an upgraded exchange fails: the script can
// have lost hold of it.
func (x *Exchange) OnFailure(end func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.upgraded = end
}

// Hijack takes the connection away from net/http, with what was already read from it. Respond must
// not have been called.
func (x *Exchange) Hijack() (net.Conn, []byte, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.state == closed:
		return nil, nil, ErrClosed
	case x.state != open:
		return nil, nil, ErrResponded
	}
	nc, rw, err := x.control.Hijack()
	if err != nil {
		return nil, nil, err
	}
	buffered, err := rw.Reader.Peek(rw.Reader.Buffered())
	if err != nil {
		_ = nc.Close()
		return nil, nil, err
	}
	buffered = bytes.Clone(buffered)
	_ = nc.SetDeadline(time.Time{})
	// The exchange may live as long as what took the connection over. The request and net/http's buffers need
	// not.
	head := headOf(x.Request)
	if x.headerMade {
		head.Header = nil
	}
	x.head, x.Request = &head, nil
	x.writer, x.control = nil, http.ResponseController{}
	x.state = closed
	x.release()
	return nc, buffered, nil
}

// ReadAll returns the rest of the request body. It waits, until the deadline unless that is zero.
func (x *Exchange) ReadAll(deadline time.Time) ([]byte, error) {
	return x.readBody(math.MaxInt64, deadline)
}

// Read returns exactly n bytes of the request body, or ErrEndOfFile when fewer are left, which then
// stay unread. It waits, until the deadline unless that is zero; after a timeout reading can go on.
func (x *Exchange) Read(n int64, deadline time.Time) ([]byte, error) {
	data, err := x.readBody(n, deadline)
	if err == nil && int64(len(data)) < n {
		x.unread = data
		return nil, ErrEndOfFile
	}
	return data, err
}

// readBody reads up to n bytes. What was read before an error stays for the next call.
func (x *Exchange) readBody(n int64, deadline time.Time) ([]byte, error) {
	x.mu.Lock()
	over := x.released
	x.mu.Unlock()
	if over && x.hasBody {
		return nil, ErrClosed
	}
	x.reading.Lock()
	defer x.reading.Unlock()
	data := x.unread
	x.unread = nil
	for int64(len(data)) < n {
		// The buffer grows with what arrives, never with what was asked for.
		data = slices.Grow(data, readStep)
		room := data[len(data):min(int64(cap(data)), n)]
		got, err := x.body.ReadUntil(room, deadline, nil)
		data = data[:len(data)+got]
		x.taken += int64(got)
		if x.taken > x.Server.MaxBody {
			x.unread = data
			return nil, fmt.Errorf("request body exceeds max_body (%d bytes)", x.Server.MaxBody)
		}
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			x.unread = data
			return nil, err
		}
	}
	if int64(len(data)) > n {
		data, x.unread = data[:n:n], data[n:]
	}
	return data, nil
}

// stopReading ends a read of the request body that its caller has left; net/http would wait for it.
func (x *Exchange) stopReading() {
	x.reading.Lock()
	defer x.reading.Unlock()
	if x.body.Pending() {
		_ = x.control.SetReadDeadline(time.Unix(1, 0))
	}
}
