package httpclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"

	"silly/internal/httpfield"
	"silly/internal/pendingread"
)

// Errors of an exchange that is used in the wrong order.
var (
	ErrClosed    = errors.New("stream is closed")
	ErrEndOfFile = errors.New("end of file")
	// ErrBodyTooLong refuses more body than content-length says; the exchange goes on.
	ErrBodyTooLong = errors.New("body is longer than content-length")
)

// An Exchange is a request whose body is being written and whose response is being read. Any goroutine
// may use it; one at a time writes and one at a time reads. Methods whose comment says so may wait.
type Exchange struct {
	call   *call
	client *Client
	body   *io.PipeWriter

	answered chan struct{} // closed when response or failed is set
	response *http.Response
	failed   error

	reading sync.Mutex
	source  *pendingread.Reader // the response body
	unread  []byte
	taken   int64 // bytes read from source

	length  int64 // declared length of the request body, -1 for none
	written int64 // of the request body; owned by the one who writes

	mu        sync.Mutex
	connected bool
	awaited   bool // the watch runs for the response, since the request body is complete
	ended     bool // the request body is complete
	closed    bool
	read      bool        // the response body has been read to its end by the source
	eof       bool        // and by the caller
	trailer   http.Header // of the request
}

// requestBody is the request body that net/http reads. At its end the trailer is known: it is filled in
// on the goroutine that sends it.
type requestBody struct {
	*io.PipeReader
	exchange *Exchange
}

func (b requestBody) Read(p []byte) (int, error) {
	x := b.exchange
	x.call.watch.progress()
	n, err := b.PipeReader.Read(p)
	if err == io.EOF {
		x.mu.Lock()
		maps.Copy(x.call.request.Trailer, x.trailer)
		x.mu.Unlock()
	}
	return n, err
}

// Start connects and begins a request. It waits for the connection, and returns as soon as the body
// can be written.
func (c *Client) Start(ctx context.Context, what Request) (*Exchange, error) {
	connected := make(chan struct{})
	source, sink := io.Pipe()
	x := &Exchange{client: c, body: sink, answered: make(chan struct{})}
	var once sync.Once
	var err error
	x.call, err = c.newCall(ctx, what, requestBody{source, x}, func() {
		once.Do(func() {
			x.mu.Lock()
			x.connected = true
			x.awaitResponse()
			x.mu.Unlock()
			close(connected)
		})
	})
	if err != nil {
		return nil, err
	}
	r := x.call.request
	if what.Close {
		if r.ContentLength > 0 {
			x.call.end(errFinished)
			return nil, missing(r.ContentLength)
		}
		r.ContentLength = 0
	}
	x.length = r.ContentLength
	if x.length == 0 {
		r.Body = http.NoBody
		x.ended = true
	}
	r.Trailer = make(http.Header)
	context.AfterFunc(x.call.ctx, func() { _ = source.CloseWithError(ErrClosed) })
	go x.roundTrip(c.transport(what.Protocols), source)
	select {
	case <-connected:
		return x, nil
	case <-x.answered:
		if x.failed != nil {
			return nil, x.failed
		}
		return x, nil
	}
}

// roundTrip sends the request, whose body is source, and waits for the head of the response.
func (x *Exchange) roundTrip(transport *http.Transport, source *io.PipeReader) {
	response, err := x.call.roundTrip(transport)
	if err != nil {
		x.failed = err
		_ = source.CloseWithError(err)
	} else {
		x.answer(response)
	}
	close(x.answered)
	if err != nil {
		x.call.end(err)
	}
}

// answer takes the head of the response.
func (x *Exchange) answer(response *http.Response) {
	x.response = response
	x.source = pendingread.New(&timedReader{reader: response.Body, timeout: x.client.options.ReadTimeout, cancel: x.call.cancel})
	x.mu.Lock()
	defer x.mu.Unlock()
	if response.ContentLength == 0 || x.call.request.Method == http.MethodHead || response.Body == http.NoBody {
		x.read, x.eof = true, true
	}
	if x.awaited {
		x.call.watch.end()
	}
	x.awaited, x.connected = false, false
	x.finish()
}

// awaitResponse lets the watch run once the request is complete. The caller holds x.mu.
func (x *Exchange) awaitResponse() {
	if x.connected && x.ended && !x.awaited {
		x.awaited = true
		x.call.watch.begin()
		x.call.watch.progress()
	}
}

// finish stops the timers when both bodies are complete. The caller holds x.mu.
func (x *Exchange) finish() {
	if x.ended && x.read {
		x.call.stopTimers()
	}
}

// Write sends a part of the request body. It waits until net/http has taken it.
func (x *Exchange) Write(data []byte) error {
	x.mu.Lock()
	over := x.ended || x.closed
	closed := x.closed
	x.mu.Unlock()
	if err := x.over(); err != nil && !closed {
		return err
	}
	if len(data) == 0 && !over {
		return nil
	}
	if !closed && x.length >= 0 && x.written+int64(len(data)) > x.length {
		return ErrBodyTooLong
	}
	if over {
		return ErrClosed
	}
	x.written += int64(len(data))
	x.call.watch.begin()
	x.call.watch.progress() // it had nothing to take so far
	_, err := x.body.Write(data)
	x.call.watch.end()
	if err != nil {
		if reason := x.over(); reason != nil {
			return reason
		}
		if errors.Is(err, io.ErrClosedPipe) {
			return errors.New("the server has stopped reading the request")
		}
		return err
	}
	if x.written == x.length {
		x.end()
	}
	return nil
}

// over says why the exchange has ended before its time, if it has.
func (x *Exchange) over() error {
	x.call.expire()
	cause := context.Cause(x.call.ctx)
	if cause == nil || cause == errFinished {
		return nil
	}
	select {
	case <-x.answered:
		if x.failed != nil {
			return x.failed
		}
	default:
	}
	return x.call.failure(cause)
}

// CloseWrite sends the last part of the request body, which may be empty, and trailer fields, which a
// body of declared length cannot have. Those that may not be in a trailer are dropped. It waits like Write.
func (x *Exchange) CloseWrite(last []byte, trailer http.Header) error {
	trailer = httpfield.Trailer(trailer)
	if err := checkTrailer(trailer, x.length); err != nil {
		return err
	}
	x.mu.Lock()
	over := x.ended || x.closed
	if !over {
		x.trailer = trailer
	}
	x.mu.Unlock()
	if over && len(last) == 0 {
		return nil
	}
	if err := x.Write(last); err != nil {
		return err
	}
	if x.length >= 0 && x.written < x.length {
		x.Close() // the server must not take it for a whole request
		return missing(x.length - x.written)
	}
	x.end()
	return nil
}

// missing says how many bytes a request body has too few.
func missing(n int64) error { return fmt.Errorf("body is shorter than content-length by %d bytes", n) }

// Flush reports whether what was written has left: it always has, if the exchange goes on.
func (x *Exchange) Flush() error {
	if x.isClosed() {
		return ErrClosed
	}
	return x.over()
}

func checkTrailer(trailer http.Header, length int64) error {
	if len(trailer) > 0 && length >= 0 {
		return errors.New("a request with content-length has no trailer")
	}
	for name, values := range trailer {
		for _, v := range values {
			if err := httpfield.Check(name, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// end completes the request body.
func (x *Exchange) end() {
	x.mu.Lock()
	x.ended = true
	x.awaitResponse()
	x.finish()
	x.mu.Unlock()
	_ = x.body.Close()
}

// WaitResponse waits for the head of the response, until the deadline unless that is zero. A request
// whose method seldom has a body is completed first. With any other, the server may answer early; it has the time
// for that in which it may send nothing.
func (x *Exchange) WaitResponse(deadline time.Time) (*http.Response, error) {
	switch x.call.request.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodDelete:
		if x.length < 0 { // else its body is to come
			x.end()
		}
	}
	var timeout <-chan time.Time
	if !deadline.IsZero() {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case <-x.answered:
		return x.response, x.failed
	default:
	}
	x.call.watch.begin()
	defer x.call.watch.end()
	select {
	case <-x.answered:
	case <-timeout:
		return nil, ErrTimeout
	}
	return x.response, x.failed
}

// Read returns exactly n bytes of the response body, or ErrEndOfFile when fewer are left, which then
// stay unread; n < 0 is all that is left. It waits, also for the head of the response, until the deadline unless that
// is zero; after a timeout reading can go on.
func (x *Exchange) Read(n int64, deadline time.Time) ([]byte, error) {
	if x.isClosed() {
		return nil, ErrClosed
	}
	if _, err := x.WaitResponse(deadline); err != nil {
		return nil, err
	}
	x.reading.Lock()
	defer x.reading.Unlock()
	if err := x.over(); err != nil && !x.bodyRead() && !x.whole() {
		return nil, err
	}
	limit := n
	if n < 0 {
		limit = x.client.options.MaxBody + 1
	}
	data := x.unread
	x.unread = nil
	for int64(len(data)) < limit && !x.bodyRead() {
		// The buffer grows with what arrives, never with what was asked for.
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		room := data[len(data):min(int64(cap(data)), limit)]
		got, err := x.source.ReadUntil(room, deadline, nil)
		data = data[:len(data)+got]
		x.taken += int64(got)
		switch {
		case err == nil:
		case err == io.EOF, x.whole():
			x.bodyEnded()
		case err == ErrTimeout && x.over() == nil:
			x.unread = data
			return nil, err
		default:
			x.unread = data
			if x.isClosed() {
				return nil, ErrClosed
			}
			return nil, x.call.failure(err)
		}
	}
	switch have := int64(len(data)); {
	case n < 0 && have == limit:
		return nil, fmt.Errorf("response body exceeds %d bytes", x.client.options.MaxBody)
	case have < n:
		x.unread = data
		return nil, ErrEndOfFile
	case n >= 0 && have > n:
		data, x.unread = data[:n:n], data[n:]
	}
	x.mu.Lock()
	x.eof = (x.read || x.whole()) && len(x.unread) == 0
	x.mu.Unlock()
	return data, nil
}

// whole reports whether all bytes of a body of declared length have been read, although the source has not said that
// it has ended. The caller holds x.reading.
func (x *Exchange) whole() bool { return x.taken == x.response.ContentLength }

// bodyRead reports whether the source has no more of the response body.
func (x *Exchange) bodyRead() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.read
}

// bodyEnded says that the source has no more of the response body.
func (x *Exchange) bodyEnded() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.read = true
	x.finish()
}

// EOF reports whether the response body has been read to its end.
func (x *Exchange) EOF() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.eof
}

// Response returns the head of the response, nil as long as there is none.
func (x *Exchange) Response() *http.Response {
	select {
	case <-x.answered:
		return x.response
	default:
		return nil
	}
}

// Trailer returns the trailer fields of the response; they are there when the body has been read.
func (x *Exchange) Trailer() http.Header {
	if !x.bodyRead() {
		return nil
	}
	return httpfield.Trailer(x.response.Trailer)
}

func (x *Exchange) isClosed() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.closed
}

// Close gives the exchange up. Its connection is kept when the response has been read to its end.
// Closing twice is harmless.
func (x *Exchange) Close() {
	x.mu.Lock()
	x.closed = true
	x.mu.Unlock()
	_ = x.body.CloseWithError(ErrClosed)
	select {
	case <-x.answered:
		if x.response != nil {
			_ = x.response.Body.Close()
		}
	default:
	}
	x.call.end(ErrClosed)
}
