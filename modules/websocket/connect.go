package websocket

import (
	"context"
	"errors"
	"net/http"

	"silly/internal/lua/value"
	"silly/internal/netconn"
	"silly/internal/ws"
	"silly/internal/wsconn"
	"silly/luahost"
	"silly/modules/internal/netlua"

	lua "github.com/yuin/gopher-lua"
)

// websocketConnect implements websocket.connect(url [, header [, opts]]) -> socket | nil, err [, response]. It suspends
// until the server has answered. response is the answer of a server that refuses.
func (b *binding) websocketConnect(L *lua.LState) int {
	url := luahost.CheckString(L, 1)
	header := netlua.OptHeader(L, 2)
	fields := luahost.OptFields(L, 3)
	opts := readOptions(fields, "timeout", "tls", "proxy")
	d := wsconn.Dialer{
		Network:      b.env.Network(),
		Timeout:      fields.Milliseconds("timeout", wsconn.DefaultDialTimeout),
		WriteTimeout: opts.writeTimeout,
		Meter:        b.tasks.Meter(),
	}
	var err error
	if d.TLS, err = netlua.ClientTLS(fields); err != nil {
		return luahost.PushError(L, err)
	}
	if proxy := fields.String("proxy", ""); proxy != "" {
		if d.Proxy, err = wsconn.ParseProxy(proxy); err != nil {
			return luahost.PushError(L, err)
		}
	}
	handshake, err := ws.NewRequest(url, header, ws.ClientOptions{
		Subprotocols: opts.subprotocols,
		Deflate:      opts.deflate,
		Takeover:     opts.takeover,
	})
	if err != nil {
		return luahost.PushError(L, err)
	}

	var response *http.Response
	transport, err := luahost.Acquire(b.env, L, "websocket.connect", func(ctx context.Context) (nc *netconn.Conn, err error) {
		nc, response, err = d.Dial(ctx, handshake)
		return nc, err
	}, (*netconn.Conn).Close)
	var refused *wsconn.RefusedError
	if errors.As(err, &refused) {
		luahost.PushError(L, err)
		t := responseTable(L, refused.Response)
		t.RawSetString("body", lua.LString(refused.Body))
		L.Push(t)
		return 3
	}
	if err != nil {
		return luahost.PushError(L, err)
	}
	opts.config.Role = ws.Client
	opts.config.Deflate = handshake.Deflate
	b.pushSocket(L, transport, opts.config, handshake.Subprotocol, responseTable(L, response))
	return 1
}

// responseTable is the head of a server's answer: sock.stream of a client.
func responseTable(L *lua.LState, r *http.Response) *lua.LTable {
	t := L.CreateTable(0, 4)
	t.RawSetString("status", lua.LNumber(r.StatusCode))
	t.RawSetString("version", lua.LString(r.Proto))
	t.RawSetString("header", value.Export(netlua.HeaderTable(r.Header).Value()))
	return t
}
