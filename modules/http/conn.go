package http

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"silly/internal/httpfield"
	"silly/internal/httpserver"
	"silly/internal/netlisten"
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

// Watch implements httpserver.Driver.
func (c *serverConn) Watch() { c.server.binding.tasks.Watch(&c.waiter, c) }

// ScheduleFlush implements httpserver.Driver. Outside of tasks, PreFlush is called at once, and has to be before Flush.
func (c *serverConn) ScheduleFlush() {
	tasks := c.server.binding.tasks
	if !c.scheduled {
		c.scheduled = true
		tasks.OnFlush(c)
	}
	tasks.ScheduleFlush(&c.mark, c)
}

// Do implements httpserver.Driver.
func (c *serverConn) Do(f func()) bool { return c.server.binding.env.Do(func(*lua.LState) { f() }) }

// Background implements httpserver.Driver.
func (c *serverConn) Background(f func()) { c.server.binding.env.Background(f) }

// Forget implements httpserver.Driver.
func (c *serverConn) Forget() { c.server.binding.tasks.StopTimer(&c.waiter) }

// A netHTTPExchange is an exchange that net/http runs. The holder of the VM lock owns its fields.
type netHTTPExchange struct {
	server   *server
	exchange *httpserver.Exchange
	mark     uint64 // see sched.ScheduleFlush
}

// Begin implements httpserver.ExchangeDriver.
func (e *netHTTPExchange) Begin(x *httpserver.Exchange) {
	e.exchange = x
	if !e.server.binding.env.Do(func(L *lua.LState) { e.server.handle(L, x) }) {
		panic(http.ErrAbortHandler)
	}
}

// ScheduleFlush implements httpserver.ExchangeDriver.
func (e *netHTTPExchange) ScheduleFlush() {
	e.server.binding.tasks.ScheduleFlush(&e.mark, e.exchange)
}

// accept accepts until the listener is closed.
func (s *server) accept() {
	rest := netlisten.NewHandover(s.listen.Addr())
	defer rest.Close()
	env := s.binding.env
	acceptor := netlisten.Acceptor{
		Listener:         s.listen,
		TLS:              s.http.TLSConfig,
		HandshakeTimeout: s.common.HeaderTimeout,
		Background:       env.Background,
		Accepted:         func(nc net.Conn) { s.accepted(nc, rest) },
		Meter:            sched.Of(env).Meter(),
		HandshakeFailed:  refusePlain,
	}
	env.Background(func() { _ = s.http.Serve(rest) })
	acceptor.Run(env.Context())
}

// accepted has the requests of a connection served. HTTP/2 is net/http's.
func (s *server) accepted(nc net.Conn, rest *netlisten.Handover) {
	t, _ := nc.(*tls.Conn)
	switch {
	case t != nil && t.ConnectionState().NegotiatedProtocol == "h2":
		rest.Give(nc)
	case !s.http.Protocols.HTTP1():
		_ = nc.Close()
	default:
		c := &serverConn{server: s}
		c.Conn = httpserver.NewConn(&s.common, nc, c)
		c.Serve()
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
