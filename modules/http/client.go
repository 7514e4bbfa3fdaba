package http

import (
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
}

func (b *binding) openClient(L *lua.LState) {
	b.exchanges = luahost.NewClass[*clientStream](b.host, L, "http client stream", map[string]lua.LGFunction{
		"write":        b.clientStreamWrite,
		"closewrite":   b.clientStreamCloseWrite,
		"waitresponse": b.clientStreamWaitResponse,
		"read":         b.clientStreamRead,
		"readall":      b.clientStreamReadAll,
		"close":        b.clientStreamClose,
	})
	b.clients = luahost.NewClass[*client](b.host, L, "http client", map[string]lua.LGFunction{
		"get":     func(L *lua.LState) int { return b.clients.Check(L, 1).get(L, 2) },
		"post":    func(L *lua.LState) int { return b.clients.Check(L, 1).post(L, 2) },
		"request": func(L *lua.LState) int { return b.clients.Check(L, 1).request(L, 2) },
	})
	b.standard, _ = b.newClient(luahost.Fields{L: L}) // without options nothing can fail
}

// newClient makes a client from the options of http.newclient.
func (b *binding) newClient(opts luahost.Fields) (*client, error) {
	opts.Only("max_idle_per_host", "idle_timeout", "read_timeout", "alpnprotos", "tls")
	config, err := netlua.ClientTLS(opts)
	if err != nil {
		return nil, err
	}
	protocols, err := alpnProtocols(opts)
	if err != nil {
		return nil, err
	}
	c := &client{binding: b, http: httpclient.New(httpclient.Options{
		Dial:           b.host.Network().Dial,
		TLS:            config,
		ConnectTimeout: defaultConnectTimeout,
		ReadTimeout:    opts.Milliseconds("read_timeout", defaultReadTimeout),
		IdleTimeout:    opts.Milliseconds("idle_timeout", defaultKeepTime),
		MaxIdlePerHost: int(opts.Integer("max_idle_per_host", defaultMaxIdlePerHost)),
		MaxBody:        maxResponseBody,
		Protocols:      protocols,
	})}
	b.host.Track(false, nil, c.http.Close)
	return c, nil
}

// httpNewClient implements http.newclient([opts]) -> client | nil, err.
func (b *binding) httpNewClient(L *lua.LState) int {
	c, err := b.newClient(luahost.OptFields(L, 1))
	if err != nil {
		return netlua.Nil(L, err)
	}
	L.Push(b.clients.New(L, c))
	return 1
}

// get implements http.get(url [, header]) -> response | nil, err. It suspends.
func (c *client) get(L *lua.LState, n int) int {
	url := luahost.CheckString(L, n)
	return c.do(L, http.MethodGet, url, netlua.OptHeader(L, n+1), "")
}

// post implements http.post(url [, header [, body]]) -> response | nil, err. It suspends.
func (c *client) post(L *lua.LState, n int) int {
	url := luahost.CheckString(L, n)
	header := netlua.OptHeader(L, n+1)
	return c.do(L, http.MethodPost, url, header, luahost.OptString(L, n+2, ""))
}

func (c *client) do(L *lua.LState, method, url string, header http.Header, body string) int {
	h := c.binding.host
	var response *httpclient.Response
	var err error
	h.Block(L, "http request", func() {
		response, err = c.http.Do(h.Context(), method, url, header, body)
	})
	if err != nil {
		return netlua.Nil(L, err)
	}
	t := L.CreateTable(0, 3)
	t.RawSetString("status", lua.LNumber(response.Status))
	t.RawSetString("header", value.Export(netlua.HeaderTable(response.Header).Value()))
	t.RawSetString("body", lua.LString(response.Body))
	L.Push(t)
	return 1
}

// request implements http.request(method, url [, header]) -> stream | nil, err. It suspends until the
// connection stands.
func (c *client) request(L *lua.LState, n int) int {
	method := luahost.CheckString(L, n)
	url := luahost.CheckString(L, n+1)
	header := netlua.OptHeader(L, n+2)
	h := c.binding.host
	var x *httpclient.Exchange
	var err error
	taken := false
	defer func() {
		if !taken && x != nil { // the host stopped meanwhile
			x.Close()
		}
	}()
	h.Block(L, "http.request", func() { x, err = c.http.Start(h.Context(), method, url, header) })
	if err != nil {
		return netlua.Nil(L, err)
	}
	taken = true
	L.Push(c.binding.exchanges.New(L, &clientStream{exchange: x}))
	return 1
}
