// Package httpserver is the server side of HTTP as scripts see it: a request and its response as one
// exchange that outlives neither, whoever works on it.
//
// HTTP/1.1 is served by a [Conn] of its own, which needs no goroutine: it is read when bytes are there, and the response
// goes into the outbox. HTTP/2 is net/http's (see [Serve]), and so is everything where connections cannot be watched.
package httpserver

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"silly/internal/httpfield"
	"silly/internal/netconn"
	"silly/internal/pendingread"
)

// Errors of an exchange that is used in the wrong order.
var (
	ErrResponded   = errors.New("already responded")
	ErrNoResponse  = errors.New("respond comes before the body")
	ErrClosed      = errors.New("stream is closed")
	ErrBodyTooLong = errors.New("body is longer than content-length")
	ErrEndOfFile   = errors.New("end of file")
	ErrBodyTimeout = errors.New("body timeout: the client sends nothing")
)

const (
	// writeTimeout is how long a peer may take nothing of a response.
	writeTimeout = 60 * time.Second
	writeStep    = 64 << 10
	readStep     = 4 << 10
)

// An Exchange is one request and its response. Its methods may be called from any goroutine, but
// only one at a time reads and one at a time writes. Methods whose comment says so may wait. Those that respond, write or
// end need the lock of the driver of the connection, which sends soon what they did.
type Exchange struct {
	// Request is nil once the connection is somebody else's: Head stays.
	Request *http.Request
	// Server is what exchanges of one server have in common.
	Server *Server

	head  *Head    // once Request is nil
	local net.Addr // of a Conn
	tls   bool     // of a Conn
	out   sink     // nil once the connection is somebody else's

	// The request body.
	bodyState atomic.Uint32 // one of those below; written under reading
	bodyErr   error         // of a broken body
	body      pendingread.Reader
	reading   sync.Mutex // held while somebody reads
	taken     int64      // bytes read from body
	unread    []byte     // of these, not yet handed out

	mu         sync.Mutex
	state      state
	status     int
	length     int64 // declared content-length, -1 for none
	sent       int64
	upgraded   func() // ends the connection of an upgraded exchange whose handler fails
	headerMade bool
	onEnd      []func() // what OnEnd was given
}

// States of a request's body.
const (
	noBody     uint32 = iota
	bodyOpen          // there may be more of it
	bodyEnded         // all of it has been read
	bodyBroken        // no more of it can be read
)

// A sink is where the response of an exchange goes. The exchange sees to the order of the calls. None of them waits, but
// wait.
type sink interface {
	// respond takes status and fields of the response.
	respond(status int, fields []httpfield.Field)
	// start sends the head; length is that of the body, -1 if it is not known. trailer has the trailer fields,
	// if it is known already that there will be some.
	start(length int64, trailer http.Header)
	// write queues a part of the body, and returns how many bytes wait to be sent then.
	write(data string) (queued int, err error)
	// flush lets the head leave, of HTTP/1.1 with the next flush of the connection.
	flush()
	// scheduleFlush has the driver call what flushes. Its caller holds the driver's lock.
	scheduleFlush()
	// queuedBytes is how many bytes wait to be sent.
	queuedBytes() int
	// wait waits until at most limit bytes are queued; with limit 0, until all of them are with the kernel, or with
	// net/http. It returns why writing has failed, or nil.
	wait(limit int) error
	// end completes the response with the last part of the body, or cuts it off. It does not wait.
	end(last string, trailer http.Header, abort bool)
	// alive reports whether the peer is there, as far as that is known.
	alive() bool
	// readingBody is called before the first read of the request's body.
	readingBody()
}

// A Head is what scripts see of a request besides its body.
type Head struct {
	Method, Path, RawQuery string
	Target                 string // the request target as it came
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
	return x.headOf(x.Request)
}

func (x *Exchange) headOf(r *http.Request) Head {
	h := Head{
		Method: r.Method, Path: path(r), RawQuery: r.URL.RawQuery, Target: r.RequestURI,
		Version: r.Proto, Host: r.Host, Header: r.Header, RemoteAddr: r.RemoteAddr, TLS: x.tls || r.TLS != nil,
	}
	if r.ProtoMajor == 2 {
		h.Version = "HTTP/2"
	}
	if h.LocalAddr = x.local; h.LocalAddr == nil {
		h.LocalAddr, _ = r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	}
	return h
}

// path is the decoded path of a request. A target in absolute form without one means "/", or all of the server (RFC 9112
// section 3.2.4).
func path(r *http.Request) string {
	switch {
	case r.URL.Path != "" || r.Method == http.MethodConnect:
		return r.URL.Path
	case r.Method == http.MethodOptions && r.URL.RawQuery == "" && !r.URL.ForceQuery:
		return "*"
	}
	return "/"
}

// A state is how far the response of an exchange is.
type state uint8

const (
	open      state = iota // before respond
	responded              // after respond: nothing was given to the sink
	started                // the sink has the head; the body follows
	closed                 // complete, given up, or upgraded
)

// init makes x an exchange of r whose response goes to out.
func (x *Exchange) init(s *Server, r *http.Request, out sink) {
	x.Request, x.Server, x.out, x.length = r, s, out, -1
	if r.Body != http.NoBody {
		x.bodyState.Store(bodyOpen)
	}
	x.body.Init(r.Body)
}

// Respond sets status and header of the response. They leave with the first part of the body, or when
// Flush is called.
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
	defer x.unlock(x.state)
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
	x.out.respond(status, fields)
	x.status, x.length, x.state = status, length, responded
	return nil
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

// Writable says why nothing can be written, or nil.
func (x *Exchange) Writable() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.checkWrite(1)
}

// Write queues a part of the body. full says that so much is queued that the caller should wait with Drain.
func (x *Exchange) Write(data string) (full bool, err error) {
	x.mu.Lock()
	defer x.unlock(x.state)
	if err := x.checkWrite(len(data)); err != nil || len(data) == 0 {
		return false, err
	}
	x.sent += int64(len(data))
	x.start(nil)
	queued, err := x.out.write(data)
	if err != nil {
		x.end("", nil, true)
	}
	return queued > netconn.HighWater, err
}

// unlock releases x.mu after what may have changed the response, and has the change take effect unless the exchange had
// ended before. The caller holds the driver's lock.
func (x *Exchange) unlock(before state) {
	x.mu.Unlock()
	if before != closed {
		x.out.scheduleFlush()
	}
}

// Drain waits until the client has taken enough of what is queued. It returns why writing has failed, or nil.
func (x *Exchange) Drain() error { return x.waitFor(netconn.LowWater) }

// Sync sends the head of the response and what was written, and waits until all of it has left.
func (x *Exchange) Sync() error {
	x.mu.Lock()
	err := x.checkWrite(0)
	x.mu.Unlock()
	if err != nil {
		return err
	}
	x.Flush()
	return x.waitFor(0)
}

func (x *Exchange) waitFor(limit int) error {
	x.mu.Lock()
	out := x.out
	x.mu.Unlock()
	if out == nil {
		return ErrClosed
	}
	return out.wait(limit)
}

// start gives the head to the sink. The caller holds x.mu, and Respond was called.
func (x *Exchange) start(trailer http.Header) {
	if x.state == responded {
		x.state = started
		x.out.start(x.length, trailer)
	}
}

// Flush lets the head of the response leave if it has not yet.
func (x *Exchange) Flush() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.state == responded {
		x.start(nil)
		x.out.flush()
	}
}

// CloseWrite completes the response with the last part of the body, which may be empty, and trailer
// fields. Those that frame, route or authenticate are dropped (RFC 9110 section 6.5.1).
func (x *Exchange) CloseWrite(last string, trailer http.Header) error {
	x.mu.Lock()
	defer x.unlock(x.state)
	trailer = httpfield.Trailer(trailer)
	for name, values := range trailer {
		for _, v := range values {
			if err := httpfield.Check(name, v); err != nil {
				return err
			}
		}
	}
	if err := x.checkWrite(len(last)); err != nil {
		if (x.state == responded || x.state == started) && x.bodyAllowed() != nil {
			x.finish("", nil, false) // the head is all there is
		}
		return err
	}
	missing := x.length - x.sent - int64(len(last))
	if x.length >= 0 && missing > 0 && x.bodyAllowed() == nil {
		x.finish(last, trailer, true)
		return fmt.Errorf("body is shorter than content-length by %d bytes", missing)
	}
	x.finish(last, trailer, false)
	return nil
}

// finish ends the response, after its head. The caller holds x.mu.
func (x *Exchange) finish(last string, trailer http.Header, abort bool) {
	if x.state == responded && x.length < 0 && len(trailer) == 0 && x.bodyAllowed() == nil {
		x.length = int64(len(last))
	}
	x.start(trailer)
	x.end(last, trailer, abort)
}

// end ends the exchange. The caller holds x.mu, and has not ended it before.
func (x *Exchange) end(last string, trailer http.Header, abort bool) {
	x.state = closed
	for _, f := range x.onEnd {
		f()
	}
	x.onEnd = nil
	x.out.end(last, trailer, abort)
	if x.reading.TryLock() { // else somebody is reading it
		x.unread = nil
		x.reading.Unlock()
	}
}

// Close gives the exchange up: a response that is not complete is cut off with its connection.
func (x *Exchange) Close() {
	x.mu.Lock()
	defer x.unlock(x.state)
	if x.state != closed {
		x.end("", nil, true)
	}
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
	return x.state != closed && x.out.alive()
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

// Queued is how many bytes of the response wait to be sent.
func (x *Exchange) Queued() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.out == nil {
		return 0
	}
	return x.out.queuedBytes()
}

// OnEnd has f called when the exchange ends, on any goroutine; at once if it has. f must not wait, nor call the exchange.
func (x *Exchange) OnEnd(f func()) {
	x.mu.Lock()
	ended := x.state == closed
	if !ended {
		x.onEnd = append(x.onEnd, f)
	}
	x.mu.Unlock()
	if ended {
		f()
	}
}

// OnFailure sets what ends the connection when the handler of an upgraded exchange fails: the script can
// have lost hold of it.
func (x *Exchange) OnFailure(end func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.upgraded = end
}

// TakeOver takes the connection away from the server, with what was already read from it. Respond must not have
// been called. writeTimeout is how long its peer may take nothing of what is sent from now on. The caller holds the lock of
// the connection's driver.
func (x *Exchange) TakeOver(writeTimeout time.Duration) (*netconn.Conn, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.state == closed:
		return nil, ErrClosed
	case x.state != open:
		return nil, ErrResponded
	}
	r, ok := x.out.(*response)
	if !ok || r.conn.body != nil {
		return nil, http.ErrNotSupported // by HTTP/2, and of a request with a body
	}
	nc := r.conn.takeOver()
	nc.SetWriteTimeout(writeTimeout)
	// The exchange may live as long as what took the connection over. The request and the sink need not.
	head := x.headOf(x.Request)
	if x.headerMade {
		head.Header = nil
	}
	x.head, x.Request, x.out = &head, nil, nil
	x.state = closed
	return nc, nil
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

// BodyEnded reports whether all of the request body has been handed out, or there was none. No read may be going on.
func (x *Exchange) BodyEnded() bool { return !x.hasBody() || x.bodyRead() && len(x.unread) == 0 }

func (x *Exchange) hasBody() bool { return x.bodyState.Load() != noBody }

// Trailer has the trailer fields of the request, once its body has been read; nil when there are none.
func (x *Exchange) Trailer() http.Header {
	if !x.bodyRead() || x.Request == nil {
		return nil
	}
	return httpfield.Trailer(x.Request.Trailer)
}

// bodyRead reports whether all of the body has been read, and nobody reads it.
func (x *Exchange) bodyRead() bool {
	if !x.reading.TryLock() {
		return false
	}
	defer x.reading.Unlock()
	return x.bodyState.Load() == bodyEnded
}

// readBody reads up to n bytes. What was read before a timeout stays for the next call.
func (x *Exchange) readBody(n int64, deadline time.Time) ([]byte, error) {
	x.mu.Lock()
	ended, out := x.state == closed, x.out
	x.mu.Unlock()
	hasBody := x.hasBody()
	if ended && hasBody {
		return nil, ErrClosed
	}
	x.reading.Lock()
	defer x.reading.Unlock()
	if hasBody && x.taken == 0 {
		out.readingBody()
	}
	if x.bodyErr != nil {
		return nil, x.bodyErr // net/http would report the end after some errors
	}
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
			return nil, fmt.Errorf("request body exceeds max_body (%d bytes)", x.Server.MaxBody)
		}
		switch err {
		case nil:
		case io.EOF:
			if hasBody {
				x.bodyState.Store(bodyEnded)
			}
			return data, nil
		case pendingread.ErrTimeout:
			x.unread = data
			return nil, err
		default:
			x.bodyErr = err
			x.bodyState.Store(bodyBroken)
			return nil, err
		}
	}
	if int64(len(data)) > n {
		data, x.unread = data[:n:n], data[n:]
	}
	return data, nil
}
