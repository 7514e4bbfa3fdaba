package socket

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/netlisten"
	"silly/internal/sched"
	"silly/luahost"
)

// A Listener is what is behind the Lua object of one. The holder of the VM lock owns its fields.
type Listener struct {
	env      *luahost.Env
	listener net.Listener
	closer   *luahost.Closer
	closed   bool
}

// A Service says what becomes of the connections of a listener.
type Service struct {
	What string // the listener, for reports
	// TLS is nil for connections without it.
	TLS *tls.Config
	// HandshakeTimeout is how long a TLS handshake may take; 0 is for ever.
	HandshakeTimeout time.Duration
	// Accepted gets each connection, with the VM lock held.
	Accepted func(L *lua.LState, nc net.Conn)
	// HandshakeFailed is told why a connection will be closed; it may be nil. It is called without the VM lock.
	HandshakeFailed func(err error)
}

// Listen listens on an address. It suspends while that is looked up. backlog is how many connections wait to be accepted; 0
// leaves that to the system.
func Listen(env *luahost.Env, L *lua.LState, waitsFor, addr string, backlog int) (net.Listener, error) {
	to, err := address(addr)
	if err != nil {
		return nil, err
	}
	return luahost.Acquire(env, L, waitsFor, func(ctx context.Context) (net.Listener, error) {
		listener, err := env.Network().Listen(ctx, "tcp", to)
		if err != nil || backlog == 0 {
			return listener, err
		}
		if err := netlisten.SetBacklog(listener, backlog); err != nil {
			_ = listener.Close()
			return nil, err
		}
		return listener, nil
	}, func(listener net.Listener) { _ = listener.Close() })
}

// Serve accepts the connections of a listener until it is closed. The caller holds the VM lock.
func Serve(env *luahost.Env, listener net.Listener, s Service) *Listener {
	l := &Listener{env: env, listener: listener}
	stop := func() { _ = listener.Close() }
	l.closer = env.Track(true, stop, stop)
	l.closer.Describe(func() []string { return []string{s.What + " " + l.Addr()} })
	acceptor := netlisten.Acceptor{
		Listener:         listener,
		TLS:              s.TLS,
		HandshakeTimeout: s.HandshakeTimeout,
		Background:       env.Background,
		HandshakeFailed:  s.HandshakeFailed,
		Meter:            sched.Of(env).Meter(),
		Accepted: func(nc net.Conn) {
			if !env.Do(func(L *lua.LState) { s.Accepted(L, nc) }) {
				_ = nc.Close()
			}
		},
	}
	env.Background(func() { acceptor.Run(env.Context()) })
	return l
}

// Addr is the address on which the listener listens.
func (l *Listener) Addr() string { return l.listener.Addr().String() }

// Closed reports whether Close was called. The caller holds the VM lock.
func (l *Listener) Closed() bool { return l.closed }

// Close stops accepting; connections stay. The caller holds the VM lock.
func (l *Listener) Close() error {
	if l.closed {
		return net.ErrClosed
	}
	l.closed = true
	l.closer.Forget()
	return l.listener.Close()
}

// Handle starts a task that calls a script's accept function with the object of a connection. When that raises, the error is
// reported and the connection is closed. The caller holds the VM lock.
func (b *Streams) Handle(L *lua.LState, accept *lua.LFunction, object *lua.LTable) {
	s, _ := b.class.Of(object)
	b.env.Serve(accept, object, func(err *luahost.Error) {
		if err == nil {
			return
		}
		if !luahost.IsClosed(err) {
			b.env.ReportError(err)
		}
		_ = s.close()
	})
}

// Addr reads the option addr of a listener.
func Addr(conf luahost.Fields) string {
	addr := conf.String("addr", "")
	if addr == "" {
		conf.Wrong("addr", "string such as \":8080\"")
	}
	return addr
}

// Accept reads the option accept of a listener.
func Accept(conf luahost.Fields) *lua.LFunction {
	accept := conf.Function("accept")
	if accept == nil {
		conf.Wrong("accept", "function")
	}
	return accept
}
