// Package httpclient is the client side of HTTP as scripts see it, over net/http: whole responses, and
// exchanges whose bodies are streams in both directions.
package httpclient

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"silly/internal/httpfield"
	"silly/internal/neterror"
	"silly/internal/pendingread"
	"silly/internal/weburl"
)

// ErrInvalidURL says that a URL is not one of http or https.
var ErrInvalidURL error = invalidURL{}

type invalidURL struct{}

// Error returns a text that is part of the Lua API, capital letter included.
func (invalidURL) Error() string { return "Invalid url" }

var (
	// ErrTimeout says that a time that was given has passed.
	ErrTimeout  = pendingread.ErrTimeout
	errSwitched = errors.New("the server switched to another protocol")
	errInterim  = errors.New("the server sent too many interim responses")
	errFinished = errors.New("the exchange is over")
)

// maxInterim is how many responses with a status of 1xx may come before the one that counts.
const maxInterim = 32

// Options says how a client works. The zero values of the times mean no limit.
type Options struct {
	Dial           func(ctx context.Context, network, address string) (net.Conn, error)
	TLS            *tls.Config
	ConnectTimeout time.Duration // for the connection and its TLS handshake
	ReadTimeout    time.Duration // how long the server may send nothing, or take nothing of a request
	IdleTimeout    time.Duration // how long an unused connection is kept
	MaxIdlePerHost int
	MaxBody        int64    // of a response that is read as a whole, in bytes
	Protocols      []string // "h2", "http/1.1"
}

// A Client makes requests and keeps connections for the next ones. Any goroutine may use it.
type Client struct {
	options Options

	mu         sync.Mutex
	transports map[protocols]*http.Transport
}

// protocols are those that a transport may speak.
type protocols struct{ http1, http2 bool }

// New makes a client. Close ends its connections.
func New(options Options) *Client {
	return &Client{options: options, transports: make(map[protocols]*http.Transport)}
}

// transport returns the transport for protocols by name; nil is the client's own.
func (c *Client) transport(names []string) *http.Transport {
	if names == nil {
		names = c.options.Protocols
	}
	p := protocols{slices.Contains(names, "http/1.1"), slices.Contains(names, "h2")}
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.transports[p]
	if t == nil {
		t = c.newTransport(p)
		c.transports[p] = t
	}
	return t
}

func (c *Client) newTransport(p protocols) *http.Transport {
	t := &http.Transport{
		DialContext:            c.dial,
		TLSClientConfig:        c.options.TLS.Clone(),
		TLSHandshakeTimeout:    c.options.ConnectTimeout,
		IdleConnTimeout:        c.options.IdleTimeout,
		MaxIdleConnsPerHost:    c.options.MaxIdlePerHost,
		DisableCompression:     true, // Do decodes; streams hand out what the server sent
		MaxResponseHeaderBytes: 256 << 10,
	}
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(p.http1)
	t.Protocols.SetHTTP2(p.http2)
	return t
}

func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if c.options.ConnectTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.options.ConnectTimeout)
		defer cancel()
	}
	nc, err := c.options.Dial(ctx, network, address)
	if err != nil {
		return nil, neterror.Failed("connect", address, err)
	}
	return nc, nil
}

// Close ends the connections that are not in use.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.transports {
		t.CloseIdleConnections()
	}
}

// A Request is what a script asks for.
type Request struct {
	Method, URL string
	Header      http.Header   // belongs to the request afterwards
	Timeout     time.Duration // for all of it; 0 is no limit
	Protocols   []string      // nil is what the client's options say
	// Close says that the request has no body, and that the connection is not kept.
	Close bool
}

// A Response is one that was read as a whole.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// A call is a request on its way.
type call struct {
	ctx     context.Context // its cause says why the call has ended
	cancel  context.CancelCauseFunc
	whole   *time.Timer // nil without a limit for all of it
	due     time.Time   // when it fires
	untimed atomic.Bool // nothing is waited for any more
	request *http.Request
	watch   *watch
	interim int // responses of 1xx so far
}

// newCall checks what the script gave. connected is called when there is a connection, and again when the request is
// repeated on another one.
func (c *Client) newCall(ctx context.Context, what Request, body io.Reader, connected func()) (*call, error) {
	x := &call{}
	x.ctx, x.cancel = context.WithCancelCause(ctx)
	if what.Timeout > 0 {
		x.due = time.Now().Add(what.Timeout)
		x.whole = time.AfterFunc(what.Timeout, func() { x.cancel(ErrTimeout) })
	}
	x.watch = newWatch(c.options.ReadTimeout, func() { x.cancel(ErrTimeout) })
	traced := httptrace.WithClientTrace(x.ctx, &httptrace.ClientTrace{
		GotConn:        func(httptrace.GotConnInfo) { connected() },
		Got1xxResponse: x.gotInterim,
	})
	r, err := newRequest(traced, what, body)
	if err != nil {
		x.end(errFinished)
		return nil, err
	}
	x.request = r
	return x, nil
}

// end ends the call, if it has not ended yet.
func (x *call) end(cause error) {
	x.stopTimers()
	x.cancel(cause)
}

// expire ends the call if its time has passed and the timer is late.
func (x *call) expire() {
	if x.whole != nil && !x.untimed.Load() && !time.Now().Before(x.due) {
		x.cancel(ErrTimeout)
	}
}

// stopTimers says that nothing is waited for any more.
func (x *call) stopTimers() {
	x.untimed.Store(true)
	x.watch.stop()
	if x.whole != nil {
		x.whole.Stop()
	}
}

// gotInterim is called for each response of 1xx. HTTP/2 has no 101 (RFC 9113 section 8.6).
func (x *call) gotInterim(status int, _ textproto.MIMEHeader) error {
	x.interim++
	switch {
	case status == http.StatusSwitchingProtocols:
		x.cancel(errSwitched)
	case x.interim > maxInterim:
		x.cancel(errInterim)
	}
	return context.Cause(x.ctx)
}

// roundTrip sends the request and waits for the head of the response.
func (x *call) roundTrip(t *http.Transport) (*http.Response, error) {
	response, err := t.RoundTrip(x.request)
	if err != nil {
		return nil, x.failure(err)
	}
	if response.StatusCode == http.StatusSwitchingProtocols {
		_ = response.Body.Close() // with the connection
		return nil, errSwitched
	}
	return response, nil
}

// failure turns an error of net/http into one for scripts.
func (x *call) failure(err error) error {
	switch cause := context.Cause(x.ctx); {
	case err == nil:
		return nil
	case cause != nil && cause != errFinished:
		return errors.New(neterror.Reason(cause))
	}
	return neterror.HTTP(err)
}

// Do makes a request with a whole body and reads the whole response, gzip decoded. Redirects are not
// followed. It waits.
func (c *Client) Do(ctx context.Context, what Request, body string) (*Response, error) {
	var x *call
	var reader io.Reader
	if body != "" || what.Method == http.MethodPost {
		reader = &watchedBody{strings.NewReader(body), func() { x.watch.progress() }}
	}
	var connected sync.Once
	x, err := c.newCall(ctx, what, reader, func() { connected.Do(func() { x.watch.begin() }) })
	if err != nil {
		return nil, err
	}
	defer x.end(errFinished)
	r := x.request
	r.ContentLength = int64(len(body))
	if reader != nil {
		if body == "" {
			r.Body = http.NoBody
		}
		r.GetBody = func() (io.ReadCloser, error) {
			return io.NopCloser(&watchedBody{strings.NewReader(body), x.watch.progress}), nil
		}
	}
	if r.Header["Accept-Encoding"] == nil && r.Header["Range"] == nil {
		r.Header.Set("Accept-Encoding", "gzip")
	}
	response, err := x.roundTrip(c.transport(what.Protocols))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	x.watch.stop()
	data, err := c.readBody(x, response)
	if err != nil {
		return nil, err
	}
	return &Response{Status: response.StatusCode, Header: response.Header, Body: data}, nil
}

// A watchedBody tells when the transport has sent what it took before.
type watchedBody struct {
	io.Reader
	progress func()
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.progress()
	return b.Reader.Read(p)
}

// readBody reads the body of a response, decoded, within the limit. It changes the header to what the
// body is then.
func (c *Client) readBody(x *call, response *http.Response) ([]byte, error) {
	timed := &timedReader{reader: response.Body, timeout: c.options.ReadTimeout, cancel: x.cancel}
	encoding := response.Header.Get("Content-Encoding")
	if !strings.EqualFold(encoding, "gzip") && !strings.EqualFold(encoding, "x-gzip") || response.Request.Method == http.MethodHead {
		data, err := c.readAll(timed)
		if err != nil && timed.err != nil {
			err = fmt.Errorf("response body: %w", x.failure(timed.err))
		}
		return data, err
	}
	unzip, err := gzip.NewReader(timed)
	if err == io.EOF { // no body at all, as after 304
		return nil, nil
	}
	var data []byte
	if err == nil {
		data, err = c.readAll(unzip)
	}
	var tooLong bodyTooLong
	switch {
	case err == nil:
		response.Header.Del("Content-Encoding")
		response.Header.Del("Content-Length")
		return data, nil
	case timed.err != nil:
		err = x.failure(timed.err)
	case errors.As(err, &tooLong):
		return nil, err
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("gzip data ends too early")
	default:
		err = errors.New("gzip data is corrupt")
	}
	return nil, fmt.Errorf("response body: %w", err)
}

// bodyTooLong says that a body has more bytes than the limit.
type bodyTooLong int64

func (b bodyTooLong) Error() string { return fmt.Sprintf("response body exceeds %d bytes", int64(b)) }

// readAll reads up to the limit.
func (c *Client) readAll(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, c.options.MaxBody+1))
	if err == nil && int64(len(data)) > c.options.MaxBody {
		return nil, bodyTooLong(c.options.MaxBody)
	}
	return data, err
}

// timedReader ends the call when the server sends nothing for the timeout.
type timedReader struct {
	reader  io.Reader
	timeout time.Duration
	cancel  context.CancelCauseFunc
	err     error // of reader, unless it is io.EOF
}

func (t *timedReader) Read(p []byte) (n int, err error) {
	if t.timeout > 0 {
		timer := time.AfterFunc(t.timeout, func() { t.cancel(ErrTimeout) })
		defer timer.Stop()
	}
	n, err = t.reader.Read(p)
	if err != nil && err != io.EOF {
		t.err = err
	}
	return n, err
}

// newRequest checks what the script gave.
func newRequest(ctx context.Context, what Request, body io.Reader) (*http.Request, error) {
	u, err := weburl.Parse(what.URL, "http", "https")
	if err != nil {
		return nil, ErrInvalidURL
	}
	if !httpfield.ValidName(what.Method) {
		return nil, fmt.Errorf("bad method %q", what.Method)
	}
	r, err := http.NewRequestWithContext(ctx, what.Method, "", body)
	if err != nil {
		return nil, ErrInvalidURL
	}
	r.URL, r.Host, r.Close = u, u.Host, what.Close
	header := what.Header
	if header == nil {
		header = make(http.Header)
	}
	for name, values := range header {
		for _, v := range values {
			if err := httpfield.Check(name, v); err != nil {
				return nil, err
			}
		}
	}
	if hosts := header["Host"]; len(hosts) > 0 {
		if len(hosts) > 1 || !weburl.IsAuthority(hosts[0]) {
			return nil, errors.New("bad value of header \"Host\": it is not one host")
		}
		r.Host = hosts[0]
	}
	header.Del("Host")
	r.ContentLength = -1
	if length := header.Get("Content-Length"); length != "" {
		n, err := strconv.ParseInt(length, 10, 64)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("bad content-length %q", length)
		}
		r.ContentLength = n
	}
	header.Del("Content-Length")
	header.Del("Transfer-Encoding")
	r.Header = header
	if r.Header["User-Agent"] == nil {
		r.Header.Set("User-Agent", "silly")
	}
	if u.User != nil && r.Header["Authorization"] == nil {
		password, _ := u.User.Password()
		r.SetBasicAuth(u.User.Username(), password)
	}
	return r, nil
}
