package wsconn

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"time"

	"silly/internal/netconn"
	"silly/internal/neterror"
	"silly/internal/netmeter"
	"silly/internal/ws"
)

const (
	// DefaultDialTimeout bounds everything from the name look-up to the server's answer.
	DefaultDialTimeout = 30 * time.Second
	// maxRefusal is how much of the body of a refusal is read, in bytes, and refusalTime how long that may take.
	maxRefusal  = 64 << 10
	refusalTime = 5 * time.Second
	// maxResponseHead bounds the head of an answer, in bytes.
	maxResponseHead = 64 << 10
)

// errHandshakeTimeout says that the server did not answer in time.
var errHandshakeTimeout = errors.New("websocket handshake: timeout")

// A RefusedError is an answer that is not an upgrade.
type RefusedError struct {
	Response *http.Response
	Body     []byte // what arrived of it within maxRefusal and refusalTime
	err      error
}

func (e *RefusedError) Error() string { return e.err.Error() }

// A Network opens connections.
type Network interface {
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// A Dialer opens WebSocket connections.
type Dialer struct {
	Network Network
	// Timeout bounds everything from the name look-up to the server's answer; 0 is no limit.
	Timeout time.Duration
	// WriteTimeout is how long the peer may take nothing later on; 0 is for ever.
	WriteTimeout time.Duration
	// TLS is the configuration for wss and for an https proxy. A server name that is not set is that of the
	// URL.
	TLS *tls.Config
	// Proxy stands between, unless it is nil.
	Proxy *Proxy
	// Meter counts the connections; nil is none.
	Meter *netmeter.Meter
}

// Dial connects, through the proxy if there is one, secures the connection and does the opening
// handshake. It returns the server's answer as well; an answer that refuses is a RefusedError.
func (d *Dialer) Dial(ctx context.Context, handshake *ws.ClientHandshake) (*netconn.Conn, *http.Response, error) {
	if d.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.Timeout)
		defer cancel()
	}
	address := handshake.Address
	if d.Proxy != nil {
		address = d.Proxy.address
	}
	nc, err := d.Network.Dial(ctx, "tcp", address)
	if err != nil {
		return nil, nil, neterror.Failed("connect", address, err)
	}
	raw := netconn.Wrap(nc).Metered(d.Meter)
	// A deadline in the past ends whatever the handshake waits for.
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	transport, response, err := d.open(ctx, raw, handshake)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = raw.Close()
		if errors.Is(err, os.ErrDeadlineExceeded) || err == ctx.Err() {
			err = errHandshakeTimeout
		}
		return nil, nil, err
	}
	return transport, response, nil
}

// open makes a WebSocket connection of a fresh one to the server, or to the proxy.
func (d *Dialer) open(ctx context.Context, nc net.Conn, handshake *ws.ClientHandshake) (*netconn.Conn, *http.Response, error) {
	if d.Proxy != nil {
		var err error
		if nc, err = d.Proxy.tunnel(ctx, nc, d.TLS, handshake.Address); err != nil {
			return nil, nil, err
		}
	}
	nc = netconn.Wrap(nc)
	if handshake.TLS {
		config := d.TLS.Clone()
		config.NextProtos = []string{"http/1.1"}
		if config.ServerName == "" {
			config.ServerName = handshake.ServerName
		}
		secure := tls.Client(nc, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, nil, fmt.Errorf("tls handshake with %s: %s", handshake.Address, neterror.Reason(err))
		}
		nc = secure
	}
	if _, err := nc.Write(handshake.AppendRequest(nil)); err != nil {
		return nil, nil, handshakeError(err)
	}
	response, reader, err := readResponse(nc, nil)
	if err != nil {
		return nil, nil, handshakeError(err)
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		timer := time.AfterFunc(refusalTime, func() { _ = nc.SetReadDeadline(time.Unix(1, 0)) })
		defer timer.Stop()
		body, _ := io.ReadAll(io.LimitReader(response.Body, maxRefusal))
		return nil, nil, &RefusedError{response, body, handshake.CheckResponse(response, body)}
	}
	if err := handshake.CheckResponse(response, nil); err != nil {
		return nil, nil, err
	}
	buffered, _ := reader.Peek(reader.Buffered())
	return netconn.New(nc, buffered, d.WriteTimeout), response, nil
}

// readResponse reads the head of an answer, behind any interim ones (RFC 9110 section 15.2). What follows
// it comes from the reader.
func readResponse(nc net.Conn, request *http.Request) (*http.Response, *bufio.Reader, error) {
	head := &headReader{nc: nc, left: maxResponseHead}
	defer func() { head.left = math.MaxInt }() // for the body
	reader := bufio.NewReader(head)
	for {
		response, err := http.ReadResponse(reader, request)
		if err != nil && head.err != nil {
			err = head.err // package http calls a head that ends early malformed
		}
		if err != nil || response.StatusCode/100 != 1 || response.StatusCode == http.StatusSwitchingProtocols {
			return response, reader, err
		}
	}
}

// headReader reads a limited number of bytes, and remembers why it ended.
type headReader struct {
	nc   net.Conn
	left int
	err  error
}

func (r *headReader) Read(p []byte) (n int, err error) {
	if r.left == 0 {
		r.err = errors.New("the answer's header is too long")
		return 0, r.err
	}
	n, err = r.nc.Read(p[:min(len(p), r.left)])
	r.left -= n
	r.err = err
	return n, err
}

// handshakeError gives an error its text for scripts; deadlines stay recognisable.
func handshakeError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return fmt.Errorf("websocket handshake: %s", neterror.ResponseReason(err))
}
