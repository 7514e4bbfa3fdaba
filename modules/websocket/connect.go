package websocket

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"silly/internal/netconn"
	"silly/internal/neterror"
	"silly/internal/ws"
	"silly/internal/wsconn"
	"silly/luahost"
	"silly/modules/internal/netlua"

	lua "github.com/yuin/gopher-lua"
)

const (
	// defaultTimeout bounds everything from the name look-up to the server's answer.
	defaultTimeout = 30 * time.Second
	// maxRefusal is how much of the body of a refusal is read for the error text.
	maxRefusal = 512
	// maxResponseHead bounds the head of the server's answer, in bytes.
	maxResponseHead = 64 << 10
)

// websocketConnect implements websocket.connect(url [, header [, opts]]) -> socket | nil, err. It suspends
// until the server has answered.
func (b *binding) websocketConnect(L *lua.LState) int {
	url := luahost.CheckString(L, 1)
	header := netlua.OptHeader(L, 2)
	opts := luahost.OptFields(L, 3)
	opts.Only("timeout", "tls")
	d := dialer{network: b.host.Network(), timeout: opts.Milliseconds("timeout", defaultTimeout)}
	config, err := netlua.ClientTLS(opts)
	if err != nil {
		return netlua.Nil(L, err)
	}
	config.NextProtos = []string{"http/1.1"}
	d.tls = config
	handshake, err := ws.NewRequest(url, header, ws.ClientOptions{})
	if err != nil {
		return netlua.Nil(L, err)
	}

	var opened *opened
	taken := false
	defer func() {
		if !taken && opened != nil { // the host stopped meanwhile
			opened.transport.Close()
		}
	}()
	b.host.Block(L, "websocket.connect", func() { opened, err = d.connect(b.host.Context(), handshake) })
	if err != nil {
		return netlua.Nil(L, err)
	}
	taken = true
	b.pushSocket(L, opened.transport, ws.Client, responseTable(L, opened.response))
	return 1
}

// responseTable is sock.stream of a client: the server's answer.
func responseTable(L *lua.LState, r *http.Response) *lua.LTable {
	t := L.CreateTable(0, 3)
	t.RawSetString("status", lua.LNumber(r.StatusCode))
	t.RawSetString("version", lua.LString(r.Proto))
	t.RawSetString("header", netlua.HeaderTable(L, r.Header))
	return t
}

// A dialer opens WebSocket connections.
type dialer struct {
	network luahost.Network
	timeout time.Duration // 0 is none
	tls     *tls.Config
}

// opened is a connection whose handshake is done.
type opened struct {
	transport *netconn.Conn
	response  *http.Response
}

// connect dials, secures the connection and does the opening handshake.
func (d *dialer) connect(ctx context.Context, handshake *ws.ClientHandshake) (*opened, error) {
	if d.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.timeout)
		defer cancel()
	}
	raw, err := d.network.Dial(ctx, "tcp", handshake.Address)
	if err != nil {
		return nil, neterror.Failed("connect", handshake.Address, err)
	}
	var nc net.Conn = netconn.Wrap(raw)
	// A deadline in the past ends whatever the handshake waits for.
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	o, err := d.handshake(ctx, nc, handshake)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = raw.Close()
		if ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, errHandshakeTimeout
		}
		return nil, err
	}
	return o, nil
}

func (d *dialer) handshake(ctx context.Context, nc net.Conn, handshake *ws.ClientHandshake) (*opened, error) {
	if handshake.TLS {
		config := d.tls.Clone()
		if config.ServerName == "" {
			config.ServerName = handshake.ServerName
		}
		secure := tls.Client(nc, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("tls handshake with %s: %s", handshake.Address, neterror.Reason(err))
		}
		nc = secure
	}
	if _, err := nc.Write(handshake.AppendRequest(nil)); err != nil {
		return nil, fmt.Errorf("websocket handshake: %w", plain(err))
	}
	head := &io.LimitedReader{R: nc, N: maxResponseHead}
	reader := bufio.NewReader(head)
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		if head.N == 0 {
			return nil, errors.New("websocket handshake: the answer's header is too long")
		}
		return nil, fmt.Errorf("websocket handshake: %w", plain(err))
	}
	var body []byte
	if response.StatusCode != http.StatusSwitchingProtocols {
		body, _ = io.ReadAll(io.LimitReader(response.Body, maxRefusal))
	}
	if err := handshake.CheckResponse(response, body); err != nil {
		return nil, err
	}
	buffered, _ := reader.Peek(reader.Buffered())
	return &opened{transport: netconn.New(nc, buffered, wsconn.DefaultWriteTimeout), response: response}, nil
}

// plain gives an error its text for scripts; deadlines stay recognisable.
func plain(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return errors.New(neterror.Reason(err))
}
