package httpclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"silly/internal/httpfield"
	"silly/internal/pendingread"
)

// Errors of an exchange that is used in the wrong order.
var (
	ErrClosed     = errors.New("stream is closed")
	ErrNoResponse = errors.New("waitresponse comes before the body")
	ErrEndOfFile  = errors.New("end of file")
	// ErrBodyTooLong refuses more body than content-length says; the exchange goes on.
	ErrBodyTooLong = errors.New("body is longer than content-length")
)

// An Exchange is a request whose body is being written and whose response is being read. Any goroutine
// may use it; one at a time writes and one at a time reads. Methods whose comment says so may wait.
type Exchange struct {
	client *Client
	method string
	cancel context.CancelFunc
	body   *io.PipeWriter

	answered chan struct{} // closed when response or failed is set
	response *http.Response
	failed   error

	reading sync.Mutex
	source  *pendingread.Reader // the response body
	unread  []byte

	request *http.Request
	length  int64 // declared length of the request body, -1 for none
	written int64 // of the request body; owned by the one who writes

	mu      sync.Mutex
	ended   bool // the request body is complete
	closed  bool
	trailer http.Header // of the request
}

// requestBody is the request body that net/http reads. At its end the trailer is known: it is filled in
// on the goroutine that sends it.
type requestBody struct {
	*io.PipeReader
	exchange *Exchange
}

func (b requestBody) Read(p []byte) (int, error) {
	n, err := b.PipeReader.Read(p)
	if err == io.EOF {
		b.exchange.mu.Lock()
		maps.Copy(b.exchange.request.Trailer, b.exchange.trailer)
		b.exchange.mu.Unlock()
	}
	return n, err
}

// Start connects and begins a request. It waits for the connection, and returns as soon as the body
// can be written.
func (c *Client) Start(ctx context.Context, method, rawURL string, header http.Header) (*Exchange, error) {
	ctx, cancel := context.WithCancel(ctx)
	connected := make(chan struct{})
	var once sync.Once
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { once.Do(func() { close(connected) }) },
	})
	source, sink := io.Pipe()
	x := &Exchange{client: c, method: method, cancel: cancel, body: sink, answered: make(chan struct{})}
	r, err := newRequest(ctx, method, rawURL, header, requestBody{source, x})
	if err != nil {
		cancel()
		return nil, err
	}
	x.length = r.ContentLength
	if x.length == 0 {
		r.Body = http.NoBody
		x.ended = true
	}
	r.Trailer = make(http.Header)
	x.request = r
	go func() {
		defer close(x.answered)
		response, err := c.transport.RoundTrip(r)
		if err != nil {
			x.failed = failure(err)
			_ = source.CloseWithError(x.failed)
			return
		}
		x.response = response
		x.source = pendingread.New(&timedReader{reader: response.Body, timeout: c.options.ReadTimeout, cancel: cancel})
	}()
	select {
	case <-connected:
		return x, nil
	case <-x.answered:
		if x.failed != nil {
			cancel()
			return nil, x.failed
		}
		return x, nil
	}
}

// Write sends a part of the request body. It waits until net/http has taken it.
func (x *Exchange) Write(data []byte) error {
	x.mu.Lock()
	over := x.ended || x.closed
	x.mu.Unlock()
	if over {
		return ErrClosed
	}
	if len(data) == 0 {
		return nil
	}
	if x.length >= 0 && x.written+int64(len(data)) > x.length {
		return ErrBodyTooLong
	}
	x.written += int64(len(data))
	_, err := x.body.Write(data)
	if errors.Is(err, io.ErrClosedPipe) {
		return errors.New("the server has stopped reading the request")
	}
	return err
}

// CloseWrite sends the last part of the request body, which may be empty, and trailer fields, which a
// body of declared length cannot have. It waits like Write.
func (x *Exchange) CloseWrite(last []byte, trailer http.Header) error {
	if err := checkTrailer(trailer, x.length); err != nil {
		return err
	}
	x.mu.Lock()
	over := x.ended || x.closed
	x.trailer = trailer
	x.mu.Unlock()
	if over {
		if len(last) == 0 {
			return nil
		}
		return ErrClosed
	}
	if err := x.Write(last); err != nil {
		return err
	}
	if missing := x.length - x.written; x.length >= 0 && missing > 0 {
		x.Close() // the server must not take it for a whole request
		return fmt.Errorf("body is shorter than content-length by %d bytes", missing)
	}
	x.end()
	return nil
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
	x.mu.Unlock()
	_ = x.body.Close()
}

// WaitResponse waits for the head of the response, until the deadline unless that is zero. A request
// whose method seldom has a body is completed first.
func (x *Exchange) WaitResponse(deadline time.Time) (*http.Response, error) {
	switch x.method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodDelete:
		x.end()
	}
	var timeout <-chan time.Time
	if !deadline.IsZero() {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case <-x.answered:
	case <-timeout:
		return nil, ErrTimeout
	}
	return x.response, x.failed
}

// Read returns exactly n bytes of the response body, or ErrEndOfFile when fewer are left, which then
// stay unread; n < 0 is all that is left. It waits, until the deadline unless that is zero; after a
// timeout reading can go on.
func (x *Exchange) Read(n int64, deadline time.Time) ([]byte, error) {
	x.reading.Lock()
	defer x.reading.Unlock()
	select {
	case <-x.answered:
	default:
		return nil, ErrNoResponse
	}
	if x.failed != nil {
		return nil, x.failed
	}
	limit := n
	if n < 0 {
		limit = x.client.options.MaxBody + 1
	}
	data := x.unread
	x.unread = nil
	for int64(len(data)) < limit {
		// The buffer grows with what arrives, never with what was asked for.
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		room := data[len(data):min(int64(cap(data)), limit)]
		got, err := x.source.ReadUntil(room, deadline, nil)
		data = data[:len(data)+got]
		if err == io.EOF {
			if n < 0 {
				return data, nil
			}
			if int64(len(data)) == n {
				return data, nil
			}
			x.unread = data
			return nil, ErrEndOfFile
		}
		if err != nil {
			x.unread = data
			if x.isClosed() {
				err = ErrClosed
			}
			return nil, failure(err)
		}
	}
	if n < 0 {
		return nil, fmt.Errorf("response body exceeds %d bytes", x.client.options.MaxBody)
	}
	if int64(len(data)) > limit {
		data, x.unread = data[:limit:limit], data[limit:]
	}
	return data, nil
}

// Trailer returns the trailer fields of the response; they are there when the body has been read.
func (x *Exchange) Trailer() http.Header {
	select {
	case <-x.answered:
	default:
		return nil
	}
	if x.response == nil {
		return nil
	}
	return x.response.Trailer
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
	x.cancel()
}
