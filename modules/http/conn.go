package http

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"silly/internal/httpfield"
	"silly/internal/httpserver"
	"silly/internal/netconn"
	"silly/internal/sched"

	lua "github.com/yuin/gopher-lua"
)

// A serverConn is an HTTP/1.1 connection of a server: it gives an httpserver.Conn the lock and the goroutines of the host.
// The holder of the VM lock owns its fields.
type serverConn struct {
	*httpserver.Conn
	server    *server
	waiter    sched.WaitSlot
	mark      uint64 // see sched.ScheduleFlush
	scheduled bool   // PreFlush will be called
}

// OnReady implements sched.Event.
func (c *serverConn) OnReady(L *lua.LState) {
	if x := c.Take(); x != nil {
		c.server.handle(L, x)
	}
}

// PreFlush implements sched.PreFlusher.
func (c *serverConn) PreFlush() {
	c.scheduled = false
	c.Conn.PreFlush()
}

// Watch implements httpserver.Host.
func (c *serverConn) Watch() bool { return c.server.binding.tasks.Watch(&c.waiter, c) }

// ScheduleFlush implements httpserver.Host. Outside of tasks, PreFlush is called at once, and has to be before Flush.
func (c *serverConn) ScheduleFlush() {
	tasks := c.server.binding.tasks
	if !c.scheduled {
		c.scheduled = true
		tasks.OnFlush(c)
	}
	tasks.ScheduleFlush(&c.mark, c)
}

// Do implements httpserver.Host.
func (c *serverConn) Do(f func()) bool { return c.server.binding.env.Do(func(*lua.LState) { f() }) }

// Background implements httpserver.Host.
func (c *serverConn) Background(f func()) { c.server.binding.env.Background(f) }

// Forget implements httpserver.Host.
func (c *serverConn) Forget() { c.server.binding.tasks.StopTimer(&c.waiter) }

// A netHTTPExchange is an exchange that net/http runs. The holder of the VM lock owns its fields.
type netHTTPExchange struct {
	server   *server
	exchange *httpserver.Exchange
	mark     uint64 // see sched.ScheduleFlush
}

// Begin implements httpserver.ExchangeHost.
func (e *netHTTPExchange) Begin(x *httpserver.Exchange) {
	e.exchange = x
	if !e.server.binding.env.Do(func(L *lua.LState) { e.server.handle(L, x) }) {
		panic(http.ErrAbortHandler)
	}
}

// ScheduleFlush implements httpserver.ExchangeHost.
func (e *netHTTPExchange) ScheduleFlush() {
	e.server.binding.tasks.ScheduleFlush(&e.mark, e.exchange)
}

// accept accepts until the listener is closed.
func (s *server) accept() {
	rest := newHandedOver(s.listen.Addr())
	defer rest.Close()
	s.binding.env.Background(func() { _ = s.http.Serve(rest) })
	var pause time.Duration
	for {
		nc, err := s.listen.Accept()
		if err != nil {
			var temporary interface{ Temporary() bool }
			if errors.As(err, &temporary) && temporary.Temporary() { // such as too many open files
				pause = min(max(2*pause, 5*time.Millisecond), time.Second)
				select {
				case <-time.After(pause):
					continue
				case <-s.binding.env.Context().Done():
				}
			}
			return
		}
		pause = 0
		if t := netconn.Wrap(nc); s.tls {
			s.binding.env.Background(func() { s.beginTLS(t, rest) })
		} else {
			s.begin(t, t.Watchable(), rest)
		}
	}
}

// begin waits for the first request of a connection. One that cannot be watched is net/http's.
func (s *server) begin(nc net.Conn, watchable bool, rest *handedOver) {
	if !watchable {
		rest.give(nc)
		return
	}
	c := &serverConn{server: s}
	c.Conn = httpserver.NewConn(&s.common, nc, c)
	c.Serve()
}

// beginTLS is begin after the TLS handshake, for which it waits. HTTP/2 is net/http's.
func (s *server) beginTLS(t *netconn.Transport, rest *handedOver) {
	ctx := s.binding.env.Context()
	if limit := s.common.HeaderTimeout; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	nc := tls.Server(t, s.http.TLSConfig)
	if err := nc.HandshakeContext(ctx); err != nil {
		refusePlain(err)
		_ = t.Close()
		return
	}
	switch {
	case nc.ConnectionState().NegotiatedProtocol == "h2":
		rest.give(nc)
	case s.http.Protocols.HTTP1():
		s.begin(nc, t.Watchable(), rest)
	default:
		_ = nc.Close()
	}
}

// refusePlain answers a client that speaks HTTP without TLS.
func refusePlain(handshake error) {
	var header tls.RecordHeaderError
	if !errors.As(handshake, &header) || header.Conn == nil || !httpfield.IsTokenByte(header.RecordHeader[0]) {
		return
	}
	const answer = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n" +
		"This server speaks HTTPS.\n"
	_ = header.Conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = io.WriteString(header.Conn, answer)
}

// handedOver is a listener for connections that another one has accepted.
type handedOver struct {
	addr   net.Addr
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newHandedOver(addr net.Addr) *handedOver {
	return &handedOver{addr: addr, conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *handedOver) give(c net.Conn) {
	select {
	case l.conns <- c:
	case <-l.closed:
		_ = c.Close()
	}
}

// Accept implements net.Listener.
func (l *handedOver) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *handedOver) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *handedOver) Addr() net.Addr { return l.addr }
