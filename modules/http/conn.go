package http

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"silly/internal/httpfield"
	"silly/internal/httpserver"
	"silly/internal/netconn"
	"silly/internal/sched"

	lua "github.com/yuin/gopher-lua"
)

// A serverConn is an HTTP/1.1 connection of a server, which net/http has no part in. The holder of the VM lock owns its
// fields.
type serverConn struct {
	*httpserver.Conn
	server   *server
	waiter   sched.WaitSlot
	exchange *httpserver.Exchange // the one under way
	mark     uint64               // see sched.ScheduleFlush
	cleans   bool                 // PreFlush will be called
	last     bool                 // there are no more requests
	ended    bool

	// For Flush, which runs without the VM lock.
	flushing atomic.Pointer[httpserver.Exchange] // whose head is to leave
	ends     atomic.Bool                         // the connection is to end
}

// connSet has the connections of a server. Any goroutine may use it.
type connSet struct {
	mu    sync.Mutex
	conns map[*serverConn]struct{}
	empty chan struct{} // closed when there are none any more, after somebody has asked for that
}

func (s *connSet) add(c *serverConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		s.conns = make(map[*serverConn]struct{})
	}
	s.conns[c] = struct{}{}
}

func (s *connSet) remove(c *serverConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if len(s.conns) == 0 && s.empty != nil {
		close(s.empty)
		s.empty = nil
	}
}

// each calls f with each connection.
func (s *connSet) each(f func(*serverConn)) {
	s.mu.Lock()
	all := make([]*serverConn, 0, len(s.conns))
	for c := range s.conns {
		all = append(all, c)
	}
	s.mu.Unlock()
	for _, c := range all {
		f(c)
	}
}

// drained is closed when there are no connections any more.
func (s *connSet) drained() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.empty == nil {
		s.empty = make(chan struct{})
	}
	empty := s.empty
	if len(s.conns) == 0 {
		close(s.empty)
		s.empty = nil
	}
	return empty
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
	c := &serverConn{Conn: httpserver.NewConn(&s.common, nc), server: s}
	s.conns.add(c)
	if s.closing.Load() {
		c.StopAfter()
	}
	watched := false
	s.binding.env.Do(func(*lua.LState) { watched = s.binding.tasks.Watch(&c.waiter, c) })
	if !watched {
		s.conns.remove(c)
		c.Close()
	}
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

// OnReady implements sched.Event: a request has arrived, or the connection is over.
func (c *serverConn) OnReady(L *lua.LState) {
	x := c.Take()
	if x == nil {
		c.last = true
		c.markDirty()
		return
	}
	x.Owner = c
	c.exchange = x
	c.server.handle(L, x)
}

// TakenOver is called when a WebSocket has the connection.
func (c *serverConn) TakenOver() { c.forget() }

// forget takes the connection off the server's list: it has ended, or is somebody else's.
func (c *serverConn) forget() {
	if c.ended {
		return
	}
	c.ended = true
	c.exchange = nil
	c.server.binding.tasks.StopTimer(&c.waiter)
	c.server.conns.remove(c)
}

// markDirty sees to it that what was written leaves when the task gives up the VM, and that the connection goes on
// when its exchange is complete.
func (c *serverConn) markDirty() {
	if c.ended {
		return
	}
	tasks := c.server.binding.tasks
	tasks.ScheduleFlush(&c.mark, c)
	if !c.cleans {
		c.cleans = true
		tasks.OnFlush(c)
	}
}

// PreFlush implements sched.PreFlusher.
func (c *serverConn) PreFlush() {
	c.cleans = false
	tasks := c.server.binding.tasks
	switch {
	case c.last:
		c.stop()
	case c.exchange == nil || !c.Over():
	case c.Lags():
		c.exchange = nil
		tasks.Background(c.drain)
	default:
		c.exchange = nil
		c.next()
	}
	c.flushing.Store(c.exchange)
}

// next waits for the next request, or ends the connection.
func (c *serverConn) next() {
	if c.Next() && c.server.binding.tasks.Watch(&c.waiter, c) {
		return
	}
	c.stop()
}

// stop has Flush end the connection.
func (c *serverConn) stop() {
	c.forget()
	c.ends.Store(true)
}

// drain waits until the connection can go on.
func (c *serverConn) drain() {
	goesOn := c.Drain()
	ran := c.server.binding.env.Do(func(*lua.LState) {
		if goesOn {
			c.next()
		} else {
			c.stop()
		}
	})
	if !ran { // the host has stopped
		c.server.conns.remove(c)
		c.ends.Store(true)
	}
	c.endIfOver()
}

// Flush implements sched.Flusher.
func (c *serverConn) Flush() {
	if x := c.flushing.Load(); x != nil {
		x.Flush()
	}
	c.Conn.Flush()
	c.endIfOver()
}

func (c *serverConn) endIfOver() {
	if c.ends.Load() && c.ends.CompareAndSwap(true, false) {
		c.end()
	}
}

// end ends the connection. It does not wait.
func (c *serverConn) end() {
	if !c.HangUp() {
		c.server.binding.env.Background(c.Linger)
	}
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
