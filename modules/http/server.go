package http

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"silly/internal/httpserver"
	"silly/internal/lua/value"
	"silly/internal/neterror"
	"silly/luahost"
	"silly/modules/internal/netlua"

	lua "github.com/yuin/gopher-lua"
)

// Defaults of http.listen, chosen to protect a server that is reachable from outside.
const (
	defaultMaxHeader     = 64 << 10
	defaultMaxBody       = 16 << 20
	defaultHeaderTimeout = 10 * time.Second
	defaultIdleTimeout   = 2 * time.Minute
	defaultBodyTimeout   = time.Minute
	// finishTime is how long a stopping host waits for responses that are on their way.
	finishTime = time.Second
)

// A server is one listening address with its handler.
type server struct {
	binding *binding
	handler *lua.LFunction
	common  httpserver.Server
	http    *http.Server
	addr    string
	listen  net.Listener
	closer  *luahost.Closer
	closed  sync.Once
}

func (b *binding) openServer(L *lua.LState) {
	b.servers = luahost.NewClass[*server](b.env, L, "http server", map[string]lua.LGFunction{
		"close": b.serverClose,
	})
	b.streams = luahost.NewClass[*httpserver.Exchange](b.env, L, "http stream", map[string]lua.LGFunction{
		"respond":    b.streamRespond,
		"write":      b.streamWrite,
		"closewrite": b.streamCloseWrite,
		"flush":      b.streamFlush,
		"readall":    b.streamReadAll,
		"read":       b.streamRead,
		"close":      b.streamClose,
	})
	b.streams.Lazy(b.env, L, b.streamField)
}

// httpListen implements http.listen(conf) -> server | nil, err. It suspends while the address is
// looked up.
func (b *binding) httpListen(L *lua.LState) int {
	conf := luahost.CheckFields(L, 1)
	conf.Only("addr", "handler", "certs", "tls", "alpnprotos", "backlog", "max_header", "max_body", "header_timeout", "idle_timeout", "body_timeout")
	addr := conf.String("addr", "")
	if addr == "" {
		conf.Wrong("addr", "string such as \":8080\"")
	}
	handler := conf.Function("handler")
	if handler == nil {
		conf.Wrong("handler", "function")
	}
	conf.Integer("backlog", 0) // the kernel's default is what Go listens with
	s := &server{binding: b, handler: handler}
	s.common = httpserver.Server{
		MaxBody:       conf.Integer("max_body", defaultMaxBody),
		MaxHeader:     int(conf.Integer("max_header", defaultMaxHeader)),
		HeaderTimeout: conf.Milliseconds("header_timeout", defaultHeaderTimeout),
		IdleTimeout:   conf.Milliseconds("idle_timeout", defaultIdleTimeout),
		BodyTimeout:   conf.Milliseconds("body_timeout", defaultBodyTimeout),
	}
	s.http = &http.Server{
		Handler:           s,
		MaxHeaderBytes:    s.common.MaxHeader,
		ReadHeaderTimeout: s.common.HeaderTimeout,
		IdleTimeout:       s.common.IdleTimeout,
		ErrorLog:          log.New(io.Discard, "", 0), // what a client does wrong is not the script's log
	}
	if err := s.configureTLS(conf); err != nil {
		return luahost.PushError(L, err)
	}

	listener, err := luahost.Acquire(b.env, L, "http.listen", func(ctx context.Context) (net.Listener, error) {
		return b.env.Network().Listen(ctx, "tcp", addr)
	}, func(l net.Listener) { _ = l.Close() })
	if err != nil {
		return luahost.PushError(L, neterror.Failed("listen", addr, err))
	}
	s.listen = listener
	s.addr = listener.Addr().String()
	s.closer = b.env.Track(true, s.stopAccepting, s.finish)
	s.closer.Describe(s.describe)
	b.env.Background(s.accept)

	object := b.servers.New(L, s)
	object.RawSetString("addr", lua.LString(s.addr))
	L.Push(object)
	return 1
}

// configureTLS reads the options certs, tls and alpnprotos.
func (s *server) configureTLS(conf luahost.Fields) error {
	certs := conf.Tables("certs")
	secure := conf.Bool("tls", len(certs) > 0)
	protocols, err := alpnProtocols(conf.Strings("alpnprotos"))
	if err != nil {
		return err
	}
	s.http.Protocols = new(http.Protocols)
	s.http.Protocols.SetHTTP1(!secure || slices.Contains(protocols, "http/1.1"))
	s.http.Protocols.SetHTTP2(secure && slices.Contains(protocols, "h2"))
	if !secure {
		return nil
	}
	if len(certs) == 0 {
		return fmt.Errorf("tls needs certs: a list of {cert = PEM, key = PEM}")
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: protocols}
	config.Certificates, err = netlua.Certificates(certs)
	s.http.TLSConfig = config
	return err
}

// alpnProtocols checks the option alpnprotos; nil is its default.
func alpnProtocols(protocols []string) ([]string, error) {
	if protocols == nil {
		return []string{"h2", "http/1.1"}, nil
	}
	for _, p := range protocols {
		if p != "h2" && p != "http/1.1" {
			return nil, fmt.Errorf("alpnprotos: unknown protocol %q, known are h2 and http/1.1", p)
		}
	}
	return protocols, nil
}

// stopAccepting closes the listener and idle connections, and lets requests that run finish.
func (s *server) stopAccepting() {
	s.closed.Do(func() {
		_ = s.listen.Close()
		s.common.CloseAfterResponses()
		s.binding.env.Background(func() { _ = s.http.Shutdown(s.binding.env.Context()) })
	})
}

// finish ends the server when its host stops: responses that are complete still leave.
func (s *server) finish() {
	_ = s.listen.Close()
	ctx, cancel := context.WithTimeout(context.Background(), finishTime)
	defer cancel()
	var finished sync.WaitGroup
	finished.Go(func() {
		if s.http.Shutdown(ctx) != nil {
			_ = s.http.Close()
		}
	})
	s.common.Shutdown(ctx)
	finished.Wait()
}

// describe says what is open, for reports; nothing of a server that was closed and whose clients have gone.
func (s *server) describe() []string {
	busy, waiting := s.common.Clients()
	state := "listens"
	if s.common.Closing() {
		state = "was closed"
		if len(busy)+len(waiting) == 0 {
			return nil
		}
	}
	lines := []string{fmt.Sprintf("http server %s %s, %d requests under way", s.addr, state, len(busy))}
	for _, addr := range busy {
		lines = append(lines, "http connection from "+addr+" in a request")
	}
	for _, addr := range waiting {
		lines = append(lines, "http connection from "+addr+" waits for a request")
	}
	return lines
}

// serverClose implements server:close(). It stops accepting; requests that run go on.
func (b *binding) serverClose(L *lua.LState) int {
	s := b.servers.Check(L, 1)
	s.closer.Forget()
	s.closer = b.env.Track(false, nil, s.finish) // for the requests that run
	s.closer.Describe(s.describe)
	s.stopAccepting()
	return 0
}

// ServeHTTP runs on a goroutine of net/http, once per request. It starts a task for the handler and waits until
// the response is complete.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	httpserver.Serve(&s.common, w, r, &netHTTPExchange{server: s})
}

// handle starts the handler's task. The caller holds the VM lock.
func (s *server) handle(L *lua.LState, x *httpserver.Exchange) {
	stream := s.binding.streams.New(L, x)
	s.binding.env.Serve(s.handler, stream, func(err *luahost.Error) { s.handlerEnded(x, err) })
}

// handlerEnded completes the exchange. It runs with the VM lock held, on the handler's task.
func (s *server) handlerEnded(x *httpserver.Exchange, err *luahost.Error) {
	switch {
	case err == nil:
		x.End(false)
	case luahost.IsClosed(err):
		x.Close()
	default:
		s.binding.env.ReportError(err)
		x.End(true)
	}
}

// streamField makes the fields of a stream. Most handlers ask for few of them.
func (b *binding) streamField(L *lua.LState, x *httpserver.Exchange, name string) (lua.LValue, bool) {
	switch name {
	case "conn":
		return b.conns.New(L, requestConn{x}), true
	case "eof":
		return lua.LBool(x.BodyEnded()), true
	case "trailer":
		trailer := x.Trailer()
		if len(trailer) == 0 {
			return nil, false
		}
		return value.Hold(netlua.HeaderTable(trailer).Value()), true
	}
	head := x.Head()
	switch name {
	case "method":
		return lua.LString(head.Method), true
	case "path":
		return lua.LString(head.Path), true
	case "target":
		return lua.LString(head.Target), true
	case "header":
		table := requestHeader(&head)
		x.HeaderMade()
		return value.Hold(table.Value()), true
	case "query":
		return value.Hold(netlua.QueryTable(head.RawQuery).Value()), true
	case "version":
		return lua.LString(head.Version), true
	case "remoteaddr":
		return lua.LString(head.RemoteAddr), true
	case "scheme":
		if head.TLS {
			return lua.LString("https"), true
		}
		return lua.LString("http"), true
	}
	return nil, false
}

// requestHeader is the header table of a request. net/http keeps Host apart; scripts find it here. The
// value of Upgrade is in lower case, because RFC 6455 section 4.2.1 says that it is compared without
// case, and scripts compare it with ==.
func requestHeader(head *httpserver.Head) *value.Table {
	t := netlua.HeaderTable(head.Header)
	if head.Host != "" {
		t.Set(value.String("host"), value.String(head.Host))
	}
	if upgrade := t.Get(value.String("upgrade")); upgrade.IsString() {
		t.Set(value.String("upgrade"), value.String(strings.ToLower(upgrade.Str())))
	}
	return t
}

// requestConn is the connection of a request, for stream.conn.
type requestConn struct{ exchange *httpserver.Exchange }

func (c requestConn) LocalAddr() string {
	if addr := c.exchange.Head().LocalAddr; addr != nil {
		return addr.String()
	}
	return ""
}

func (c requestConn) RemoteAddr() string { return c.exchange.Head().RemoteAddr }
func (c requestConn) Close()             { c.exchange.Close() }
func (c requestConn) IsAlive() bool      { return c.exchange.Alive() }
func (c requestConn) Unsent() int        { return 0 }
