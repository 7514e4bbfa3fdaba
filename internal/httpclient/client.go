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
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"silly/internal/httpfield"
	"silly/internal/neterror"
	"silly/internal/pendingread"
)

// ErrInvalidURL says that a URL is not one of http or https.
var ErrInvalidURL error = invalidURL{}

type invalidURL struct{}

// Error returns a text that is part of the Lua API, capital letter included.
func (invalidURL) Error() string { return "Invalid url" }

// ErrTimeout says that the server sent nothing for the time that was given to it.
var ErrTimeout = pendingread.ErrTimeout

// Options says how a client works. The zero values of the times mean no limit.
type Options struct {
	Dial           func(ctx context.Context, network, address string) (net.Conn, error)
	TLS            *tls.Config
	ConnectTimeout time.Duration // for the connection and its TLS handshake
	ReadTimeout    time.Duration // how long the server may send nothing
	IdleTimeout    time.Duration // how long an unused connection is kept
	MaxIdlePerHost int
	MaxBody        int64    // of a response that is read as a whole, in bytes
	Protocols      []string // "h2", "http/1.1"
}

// A Client makes requests and keeps connections for the next ones. Any goroutine may use it.
type Client struct {
	options   Options
	transport *http.Transport
}

// New makes a client. Close ends its connections.
func New(options Options) *Client {
	t := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if options.ConnectTimeout > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, options.ConnectTimeout)
				defer cancel()
			}
			c, err := options.Dial(ctx, network, address)
			if err != nil {
				return nil, neterror.Failed("connect", address, err)
			}
			return c, nil
		},
		TLSClientConfig:        options.TLS,
		TLSHandshakeTimeout:    options.ConnectTimeout,
		ResponseHeaderTimeout:  options.ReadTimeout,
		IdleConnTimeout:        options.IdleTimeout,
		MaxIdleConnsPerHost:    options.MaxIdlePerHost,
		DisableCompression:     true, // Do decodes; streams hand out what the server sent
		MaxResponseHeaderBytes: 256 << 10,
	}
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(slices.Contains(options.Protocols, "http/1.1"))
	t.Protocols.SetHTTP2(slices.Contains(options.Protocols, "h2"))
	return &Client{options: options, transport: t}
}

// Close ends the connections that are not in use.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// A Response is one that was read as a whole.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do makes a request with a whole body and reads the whole response, gzip decoded. Redirects are not
// followed. It waits.
func (c *Client) Do(ctx context.Context, method, rawURL string, header http.Header, body string) (*Response, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var reader io.Reader
	if body != "" || method == http.MethodPost {
		reader = strings.NewReader(body)
	}
	r, err := newRequest(ctx, method, rawURL, header, reader)
	if err != nil {
		return nil, err
	}
	r.ContentLength = int64(len(body))
	if r.Header["Accept-Encoding"] == nil && r.Header["Range"] == nil {
		r.Header.Set("Accept-Encoding", "gzip")
	}
	response, err := c.transport.RoundTrip(r)
	if err != nil {
		return nil, failure(err)
	}
	defer response.Body.Close()
	data, err := c.readBody(response, cancel)
	if err != nil {
		return nil, err
	}
	return &Response{Status: response.StatusCode, Header: response.Header, Body: data}, nil
}

// readBody reads the body of a response, decoded, within the limit. It changes the header to what the
// body is then.
func (c *Client) readBody(response *http.Response, cancel func()) ([]byte, error) {
	timed := &timedReader{reader: response.Body, timeout: c.options.ReadTimeout, cancel: cancel}
	var reader io.Reader = timed
	if strings.EqualFold(response.Header.Get("Content-Encoding"), "gzip") && response.Request.Method != http.MethodHead {
		unzip, err := gzip.NewReader(timed)
		if err == io.EOF { // no body at all, as after 304
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("response body: %w", failure(err))
		}
		response.Header.Del("Content-Encoding")
		response.Header.Del("Content-Length")
		reader = unzip
	}
	data, err := io.ReadAll(io.LimitReader(reader, c.options.MaxBody+1))
	if err != nil {
		return nil, fmt.Errorf("response body: %w", failure(err))
	}
	if int64(len(data)) > c.options.MaxBody {
		return nil, fmt.Errorf("response body exceeds %d bytes", c.options.MaxBody)
	}
	return data, nil
}

// timedReader ends the exchange when the server sends nothing for the timeout.
type timedReader struct {
	reader  io.Reader
	timeout time.Duration
	cancel  func()
}

func (t *timedReader) Read(p []byte) (int, error) {
	if t.timeout <= 0 {
		return t.reader.Read(p)
	}
	timer := time.AfterFunc(t.timeout, t.cancel)
	n, err := t.reader.Read(p)
	if !timer.Stop() && err != nil {
		err = ErrTimeout
	}
	return n, err
}

// newRequest checks what the script gave. The header belongs to the request afterwards.
func newRequest(ctx context.Context, method, rawURL string, header http.Header, body io.Reader) (*http.Request, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || !validPort(u) {
		return nil, ErrInvalidURL
	}
	if !httpfield.ValidName(method) {
		return nil, fmt.Errorf("bad method %q", method)
	}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, ErrInvalidURL
	}
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
	if host := header.Get("Host"); host != "" {
		r.Host = host
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

func validPort(u *url.URL) bool {
	port := u.Port()
	if port == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.Atoi(port)
	return err == nil && n > 0 && n < 1<<16
}

// failure turns an error of net/http into one for scripts.
func failure(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrTimeout):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the server closed the connection before its response was complete")
	case strings.HasSuffix(err.Error(), "timeout awaiting response headers"), strings.HasSuffix(err.Error(), "TLS handshake timeout"):
		return ErrTimeout
	}
	var op *net.OpError
	if errors.As(err, &op) || strings.HasPrefix(err.Error(), "connect ") {
		return errors.New(neterror.Text(err))
	}
	return errors.New(neterror.Reason(err))
}
