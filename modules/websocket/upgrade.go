package websocket

import (
	"fmt"
	"net/http"

	"silly/internal/httpserver"
	"silly/internal/ws"
	"silly/luahost"
	"silly/modules/internal/netlua"

	lua "github.com/yuin/gopher-lua"
)

// upgradeOptions are what only upgrade knows.
type upgradeOptions struct {
	options
	origins []string // nil: all
	header  http.Header
}

func readUpgradeOptions(f luahost.Fields) upgradeOptions {
	o := upgradeOptions{
		options: readOptions(f, "origins", "header"),
		origins: f.Strings("origins"),
		header:  netlua.HeaderField(f, "header"),
	}
	for i, origin := range o.origins {
		if !ws.ValidOrigin(origin) {
			luahost.ArgumentError(f.L, f.Arg, fmt.Sprintf(
				"field 'origins': item %d: origin such as 'https://example.com:8443', 'null' or '*' expected, got %q", i+1, origin))
		}
	}
	return o
}

// check says why the request is refused, or returns its key.
func (o *upgradeOptions) check(r *http.Request) (key string, refused *ws.HandshakeError) {
	key, refused = ws.CheckRequest(r)
	if refused != nil {
		return "", refused
	}
	if o.origins != nil && !ws.CheckOrigin(r, o.origins) {
		return "", &ws.HandshakeError{Status: http.StatusForbidden, Text: "websocket origin is not allowed"}
	}
	for name, values := range o.header {
		for _, value := range values {
			if !ws.ValidHeader(name, value) {
				return "", serverFault(fmt.Sprintf("header %q has an invalid name or value", name))
			}
		}
		if ws.HandshakeHeader(name) {
			return "", serverFault(fmt.Sprintf("header %s is set by the websocket handshake", name))
		}
	}
	return key, nil
}

// serverFault is a refusal for which the client is not to blame.
func serverFault(text string) *ws.HandshakeError {
	return &ws.HandshakeError{Status: http.StatusInternalServerError, Text: text}
}

// websocketUpgrade implements websocket.upgrade(stream [, opts]) -> socket | nil, err. A request that does
// not open a WebSocket connection gets its refusal from here.
func (b *binding) websocketUpgrade(L *lua.LState) int {
	stream := luahost.CheckTable(L, 1)
	x, ok := luahost.ValueOf(stream).(*httpserver.Exchange)
	if !ok {
		luahost.ArgumentError(L, 1, "http stream expected, got table")
	}
	opts := readUpgradeOptions(luahost.OptFields(L, 2))
	request := x.Request
	if request == nil {
		return luahost.PushError(L, httpserver.ErrClosed) // upgraded already
	}
	key, refused := opts.check(request)
	if refused != nil {
		if err := refuse(x, refused); err != nil {
			return luahost.PushError(L, err)
		}
		return luahost.PushError(L, refused)
	}
	transport, err := x.TakeOver(opts.writeTimeout)
	if err != nil {
		return luahost.PushError(L, err)
	}
	subprotocol := ws.ChooseSubprotocol(request, opts.subprotocols)
	extensions := ""
	if opts.deflate {
		if answer, agreed, ok := ws.AnswerDeflate(request.Header["Sec-Websocket-Extensions"], opts.takeover); ok {
			extensions, opts.config.Deflate = answer, &agreed
		}
	}
	_, _ = transport.Append(func(dst []byte) []byte {
		return ws.AppendResponse(dst, ws.AcceptKey(key), subprotocol, extensions, opts.header)
	})
	opts.config.Role = ws.Server
	s := b.pushSocket(L, transport, opts.config, subprotocol, stream)
	x.OnFailure(func() { _ = s.conn.Close(ws.CloseInternalError, "") })
	return 1
}

// refuse answers a request that is no proper handshake.
func refuse(x *httpserver.Exchange, refused *ws.HandshakeError) error {
	header := refused.Header.Clone()
	if header == nil {
		header = make(http.Header)
	}
	header.Set("Content-Type", "text/plain; charset=utf-8")
	text := refused.Text
	if refused.Status >= http.StatusInternalServerError && refused.Status != http.StatusHTTPVersionNotSupported {
		text = http.StatusText(refused.Status) // the script's own fault is no business of the client
	}
	if err := x.Respond(refused.Status, header); err != nil {
		return err
	}
	_ = x.CloseWrite(text+"\n", nil)
	return nil
}
