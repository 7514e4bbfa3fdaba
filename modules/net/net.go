// Package net is the Lua module silly.net: sockets whose events call functions.
package net

import (
	"context"
	"fmt"
	gonet "net"
	"strings"
	"syscall"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/netconn"
	"silly/internal/packetconn"
	"silly/internal/sched"
	"silly/internal/streamconn"
	"silly/luahost"
	"silly/modules/internal/memory"
	"silly/modules/internal/socket"
)

// Module is silly.net.
var Module = luahost.Module{Name: "silly.net", Open: open}

// defaultBacklog is how many connections wait to be accepted when nothing is said.
const defaultBacklog = 256

// binding is the module's state in one host. The holder of the VM lock owns it.
type binding struct {
	env     *luahost.Env
	tasks   *sched.Scheduler
	last    int64 // the number that was given out last
	sockets map[int64]endpoint
}

// An endpoint is an open socket.
type endpoint interface {
	close() error
	unsent() int
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env, tasks: sched.Of(env), sockets: make(map[int64]endpoint)}
	module := L.NewTable()
	env.Install(L, module, "net", map[string]lua.LGFunction{
		"tcplisten":    b.netTCPListen,
		"tcpconnect":   b.netTCPConnect,
		"tcpsend":      b.netTCPSend,
		"tcpmulticast": b.netTCPMulticast,
		"multipack":    b.netMultipack,
		"udpbind":      b.netUDPBind,
		"udpconnect":   b.netUDPConnect,
		"udpsend":      b.netUDPSend,
		"close":        b.netClose,
		"sendsize":     b.netSendSize,
	})
	return module
}

// add gives a socket its number, which no other one will have.
func (b *binding) add(e endpoint) (fd int64) {
	b.last++
	b.sockets[b.last] = e
	return b.last
}

// missing is why a socket is not there: it was closed, or it never was.
func (b *binding) missing(fd int64) error {
	if fd > 0 && fd <= b.last {
		return gonet.ErrClosed
	}
	return syscall.EBADF
}

// netTCPListen implements net.tcplisten(addr, event [, backlog]) -> fd | nil, err. It suspends while the address is
// looked up.
func (b *binding) netTCPListen(L *lua.LState) int {
	addr := luahost.CheckString(L, 1)
	on := checkEvents(L, 2)
	backlog := luahost.OptInteger(L, 3, defaultBacklog)
	if backlog < 0 {
		luahost.ArgumentError(L, 3, fmt.Sprintf("backlog of at least 0 expected, got %d", backlog))
	}
	accepting, err := socket.Listen(b.env, L, "net.tcplisten", addr, int(min(backlog, 1<<16)))
	if err != nil {
		return socket.PushError(L, err)
	}
	l := &listener{binding: b}
	l.fd = b.add(l)
	l.Listener = socket.Serve(b.env, accepting, socket.Service{
		What: "net listener",
		Accepted: func(_ *lua.LState, nc gonet.Conn) {
			s := b.newStream(nc, on)
			if on.accept != nil {
				addr := lua.LString(nc.RemoteAddr().String())
				s.call(b, on.accept, lua.LNumber(s.fd), lua.LNumber(l.fd), addr)
			}
			s.watch()
		},
	})
	L.Push(lua.LNumber(l.fd))
	return 1
}

// A listener accepts connections.
type listener struct {
	*socket.Listener
	binding *binding
	fd      int64
}

func (l *listener) close() error { return l.Close() }

func (l *listener) unsent() int { return 0 }

// netTCPConnect implements net.tcpconnect(addr, event [, bind [, timeout]]) -> fd | nil, err. It suspends until the
// connection is there.
func (b *binding) netTCPConnect(L *lua.LState) int {
	addr := luahost.CheckString(L, 1)
	on := checkEvents(L, 2)
	bind := luahost.OptString(L, 3, "")
	timeout, limited := luahost.OptMilliseconds(L, 4)
	nc, err := luahost.Acquire(b.env, L, "net.tcpconnect", func(ctx context.Context) (gonet.Conn, error) {
		if limited {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, timeout)
			defer cancel()
		}
		return socket.Dial(ctx, b.env, bind, addr)
	}, func(nc gonet.Conn) { _ = nc.Close() })
	if err != nil {
		return socket.PushError(L, err)
	}
	s := b.newStream(nc, on)
	s.watch()
	L.Push(lua.LNumber(s.fd))
	return 1
}

// newStream makes the socket of a connection, whose events do not come before watch.
func (b *binding) newStream(nc gonet.Conn, on events) *stream {
	conn := streamconn.New(netconn.New(nc, nil, streamconn.DefaultWriteTimeout))
	s := &stream{binding: b, conn: conn, on: on}
	s.calls.resume = s.watch
	s.fd = b.add(s)
	s.closer = b.env.Track(true, conn.Stop, func() { socket.Shutdown(b.env, conn) })
	s.closer.Describe(func() []string {
		return []string{fmt.Sprintf("net socket %d from %s to %s", s.fd, nc.LocalAddr(), nc.RemoteAddr())}
	})
	return s
}

// netTCPSend implements net.tcpsend(fd, data [, size]) -> true | false, err. It does not wait.
func (b *binding) netTCPSend(L *lua.LState) int {
	pieces, _ := checkData(L, 2)
	return b.sendStream(L, pieces)
}

// netTCPMulticast implements net.tcpmulticast(fd, ptr, size) -> true | false, err: net.tcpsend of what net.multipack
// has made.
func (b *binding) netTCPMulticast(L *lua.LState) int {
	if _, ok := memory.Of(value.Import(L.Get(2))); !ok {
		luahost.TypeError(L, 2, "pointer of net.multipack")
	}
	pieces, _ := checkData(L, 2)
	return b.sendStream(L, pieces)
}

// sendStream sends to the connection in argument 1.
func (b *binding) sendStream(L *lua.LState, pieces []string) int {
	fd := luahost.CheckInteger(L, 1)
	s, ok := b.sockets[fd].(*stream)
	if !ok {
		return socket.PushOK(L, b.missing(fd))
	}
	return socket.PushOK(L, s.send(pieces))
}

// netMultipack implements net.multipack(data [, fanout]) -> ptr, size: bytes that are sent to many.
func (b *binding) netMultipack(L *lua.LState) int {
	data := strings.Join(socket.CheckPieces(L, 1), "")
	luahost.OptInteger(L, 2, 1)
	L.Push(memory.New(data))
	L.Push(lua.LNumber(len(data)))
	return 2
}

// netUDPBind implements net.udpbind(addr, event) -> fd | nil, err. It suspends until the socket is there.
func (b *binding) netUDPBind(L *lua.LState) int {
	addr := luahost.CheckString(L, 1)
	on := checkEvents(L, 2)
	nc, err := luahost.Acquire(b.env, L, "net.udpbind", func(ctx context.Context) (gonet.PacketConn, error) {
		return socket.ListenPacket(ctx, b.env, addr)
	}, func(nc gonet.PacketConn) { _ = nc.Close() })
	if err != nil {
		return socket.PushError(L, err)
	}
	return b.pushPackets(L, packetconn.New(nc).Metered(b.tasks.Meter()), on)
}

// netUDPConnect implements net.udpconnect(addr, event [, bind]) -> fd | nil, err. It suspends while a name is looked
// up.
func (b *binding) netUDPConnect(L *lua.LState) int {
	addr := luahost.CheckString(L, 1)
	on := checkEvents(L, 2)
	bind := luahost.OptString(L, 3, "")
	nc, err := luahost.Acquire(b.env, L, "net.udpconnect", func(ctx context.Context) (gonet.Conn, error) {
		return socket.DialPacket(ctx, b.env, bind, addr)
	}, func(nc gonet.Conn) { _ = nc.Close() })
	if err != nil {
		return socket.PushError(L, err)
	}
	return b.pushPackets(L, packetconn.NewConnected(nc).Metered(b.tasks.Meter()), on)
}

// pushPackets makes a UDP socket that calls functions.
func (b *binding) pushPackets(L *lua.LState, conn *packetconn.Conn, on events) int {
	p := &packets{binding: b, conn: conn, on: on}
	p.calls.resume = p.watch
	p.fd = b.add(p)
	p.closer = b.env.Track(true, conn.Stop, func() { _ = conn.Close() })
	p.closer.Describe(func() []string { return []string{fmt.Sprintf("net socket %d, udp %s", p.fd, conn.LocalAddr())} })
	b.env.Background(conn.Run)
	p.watch()
	L.Push(lua.LNumber(p.fd))
	return 1
}

// netUDPSend implements net.udpsend(fd, data [, addr]) -> true | false, err, and net.udpsend(fd, ptr, size [, addr]).
// It does not wait.
func (b *binding) netUDPSend(L *lua.LState) int {
	fd := luahost.CheckInteger(L, 1)
	pieces, next := checkData(L, 2)
	addr := luahost.OptString(L, next, "")
	p, ok := b.sockets[fd].(*packets)
	if !ok {
		return socket.PushOK(L, b.missing(fd))
	}
	return socket.PushOK(L, p.send(pieces, addr))
}

// netClose implements net.close(fd) -> true | false, err. What was written still leaves.
func (b *binding) netClose(L *lua.LState) int {
	fd := luahost.CheckInteger(L, 1)
	e, ok := b.sockets[fd]
	if !ok {
		return socket.PushOK(L, b.missing(fd))
	}
	delete(b.sockets, fd)
	return socket.PushOK(L, e.close())
}

// netSendSize implements net.sendsize(fd) -> integer: how many bytes were written and have not left.
func (b *binding) netSendSize(L *lua.LState) int {
	unsent := 0
	if e, ok := b.sockets[luahost.CheckInteger(L, 1)]; ok {
		unsent = e.unsent()
	}
	L.Push(lua.LNumber(unsent))
	return 1
}

// checkData returns argument n: a string, a list of strings, or a pointer and behind it its size. next is the
// argument that comes then.
func checkData(L *lua.LState, n int) (pieces []string, next int) {
	if block, ok := memory.Of(value.Import(L.Get(n))); ok {
		return []string{block.Check(vm.CallOf(L), n+1)}, n + 2
	}
	return socket.CheckPieces(L, n), n + 1
}

// events are the functions of a socket.
type events struct{ accept, data, closed *lua.LFunction }

// checkEvents reads the functions in argument n.
func checkEvents(L *lua.LState, n int) events {
	fields := luahost.CheckFields(L, n)
	fields.Only("accept", "data", "close")
	on := events{fields.Function("accept"), fields.Function("data"), fields.Function("close")}
	switch {
	case on.data == nil:
		fields.Wrong("data", "function")
	case on.closed == nil:
		fields.Wrong("close", "function")
	}
	return on
}

// maxCalls is how many functions of a socket run at the same time. Until one of them has returned, nothing more is
// taken from its peer.
const maxCalls = 64

// calls are the functions that run for a socket.
type calls struct {
	running int
	paused  bool
	resume  func() // goes on after a pause
}

// call runs a function in a task of its own, which starts after those that are ready now. An error is reported.
func (c *calls) call(b *binding, fn *lua.LFunction, args ...lua.LValue) {
	c.running++
	b.env.ServeArgs(fn, func(err *luahost.Error) {
		c.running--
		if err != nil && !luahost.IsClosed(err) {
			b.env.ReportError(err)
		}
		if c.paused {
			c.paused = false
			c.resume()
		}
	}, args...)
}

// full reports whether there are too many, and has resume called when there are not.
func (c *calls) full() bool {
	c.paused = c.running >= maxCalls
	return c.paused
}
