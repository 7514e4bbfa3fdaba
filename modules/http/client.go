package http

import (
	"context"
	"net"
	"net/http"
	"time"

	"silly/internal/httpclient"
	"silly/internal/lua/value"
	"silly/luahost"
	"silly/modules/internal/netlua"

	lua "github.com/yuin/gopher-lua"
)

// Defaults of http.newclient and of the functions of the module.
const (
	defaultConnectTimeout = 30 * time.Second
	defaultReadTimeout    = time.Minute
	defaultKeepTime       = 90 * time.Second
	defaultMaxIdlePerHost = 16
	maxResponseBody       = 64 << 20
)

// client is a client with its pool of connections.
type client struct {
	binding *binding
	http    *httpclient.Client
	timeout time.Duration // for a whole request; 0 is no limit
}

func (b *binding) openClient(L *lua.LState) {
	b.exchanges = luahost.NewClass[*clientStream](b.env, L, "http client stream", map[string]lua.LGFunction{
		"write":        b.clientStreamWrite,
		"flush":        b.clientStreamFlush,
		"closewrite":   b.clientStreamCloseWrite,
		"waitresponse": b.clientStreamWaitResponse,
		"readheader":   b.clientStreamReadHeader,
		"read":         b.clientStreamRead,
		"readall":      b.clientStreamReadAll,
		"close":        b.clientStreamClose,
	})
	b.exchanges.Closing("close")
	b.clients = luahost.NewClass[*client](b.env, L, "http client", map[string]lua.LGFunction{
		"get":     func(L *lua.LState) int { return b.clients.Check(L, 1).get(L, 2) },
		"post":    func(L *lua.LState) int { return b.clients.Check(L, 1).post(L, 2) },
		"request": func(L *lua.LState) int { return b.clients.Check(L, 1).request(L, 2) },
	})
	b.standard, _ = b.newClient(luahost.Fields{L: L}) // without options nothing can fail
}

// newClient makes a client from the options of http.newclient.
func (b *binding) newClient(opts luahost.Fields) (*client, error) {
	opts.Only("max_idle_per_host", "idle_timeout", "read_timeout", "timeout", "alpnprotos", "tls")
	config, err := netlua.ClientTLS(opts)
	if err != nil {
		return nil, err
	}
	protocols, err := alpnProtocols(opts.Strings("alpnprotos"))
	if err != nil {
		return nil, err
	}
	c := &client{binding: b, timeout: opts.Milliseconds("timeout", 0), http: httpclient.New(httpclient.Options{
		Dial:           b.dial,
		TLS:            config,
		ConnectTimeout: defaultConnectTimeout,
		ReadTimeout:    opts.Milliseconds("read_timeout", defaultReadTimeout),
		IdleTimeout:    opts.Milliseconds("idle_timeout", defaultKeepTime),
		MaxIdlePerHost: int(opts.Integer("max_idle_per_host", defaultMaxIdlePerHost)),
		MaxBody:        maxResponseBody,
		Protocols:      protocols,
	})}
	b.env.Track(false, nil, c.http.Close)
	return c, nil
}

// dial connects, and counts the connection.
func (b *binding) dial(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := b.env.Network().Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return b.tasks.Meter().Conn(nc), nil
}

// httpNewClient implements http.newclient([opts]) -> client | nil, err.
func (b *binding) httpNewClient(L *lua.LState) int {
	c, err := b.newClient(luahost.OptFields(L, 1))
	if err != nil {
		return luahost.PushError(L, err)
	}
	L.Push(b.clients.New(L, c))
	return 1
}

// get implements http.get(url [, header [, opts]]) -> response | nil, err. It suspends.
func (c *client) get(L *lua.LState, n int) int {
	return c.do(L, httpclient.Request{
		Method: http.MethodGet, URL: luahost.CheckString(L, n), Header: netlua.OptHeader(L, n+1), Timeout: c.callTimeout(L, n+2),
	}, "")
}

// post implements http.post(url [, header [, body [, opts]]]) -> response | nil, err. It suspends.
func (c *client) post(L *lua.LState, n int) int {
	what := httpclient.Request{Method: http.MethodPost, URL: luahost.CheckString(L, n), Header: netlua.OptHeader(L, n+1)}
	body := luahost.OptString(L, n+2, "")
	what.Timeout = c.callTimeout(L, n+3)
	return c.do(L, what, body)
}

// callTimeout reads opts = {timeout}, the options of one request, in argument n.
func (c *client) callTimeout(L *lua.LState, n int) time.Duration {
	opts := luahost.OptFields(L, n)
	opts.Only("timeout")
	return opts.Milliseconds("timeout", c.timeout)
}

func (c *client) do(L *lua.LState, what httpclient.Request, body string) int {
	env := c.binding.env
	var response *httpclient.Response
	var err error
	env.Block(L, "http request", func(ctx context.Context) { response, err = c.http.Do(ctx, what, body) })
	if err != nil {
		return luahost.PushError(L, err)
	}
	t := L.CreateTable(0, 3)
	t.RawSetString("status", lua.LNumber(response.Status))
	t.RawSetString("header", value.Export(netlua.HeaderTable(response.Header).Value()))
	t.RawSetString("body", lua.LString(response.Body))
	L.Push(t)
	return 1
}

// request implements http.request(method, url [, header [, close [, alpnprotos [, opts]]]]) -> stream | nil, err.
// opts may stand in the place of close. It suspends until the connection stands.
func (c *client) request(L *lua.LState, n int) int {
	what := httpclient.Request{Method: luahost.CheckString(L, n), URL: luahost.CheckString(L, n+1), Header: netlua.OptHeader(L, n+2)}
	switch v := L.Get(n + 3).(type) {
	case *lua.LTable:
		what.Timeout = c.callTimeout(L, n+3)
	case lua.LBool, *lua.LNilType:
		what.Close = lua.LVAsBool(v)
		protocols, err := alpnProtocols(luahost.OptStrings(L, n+4))
		if err != nil {
			return luahost.PushError(L, err)
		}
		what.Protocols = protocols
		what.Timeout = c.callTimeout(L, n+5)
	default:
		luahost.TypeError(L, n+3, "boolean or table")
	}
	x, err := luahost.Acquire(c.binding.env, L, "http.request", func(ctx context.Context) (*httpclient.Exchange, error) {
		return c.http.Start(ctx, what)
	}, (*httpclient.Exchange).Close)
	if err != nil {
		return luahost.PushError(L, err)
	}
	s := &clientStream{exchange: x}
	// A stream that no script can reach any more would keep its connection for ever.
	luahost.WhenUnreachable(c.binding.env, s, func() { c.binding.env.Background(x.Close) })
	stream := c.binding.exchanges.New(L, s)
	stream.RawSetString("eof", lua.LFalse)
	L.Push(stream)
	return 1
}
