// Package tcp is the Lua module silly.net.tcp: listen, connect, and streams of bytes.
package tcp

import (
	"context"
	"net"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/netconn"
	"silly/internal/streamconn"
	"silly/luahost"
	"silly/modules/internal/socket"
)

// Module is silly.net.tcp.
var Module = luahost.Module{Name: "silly.net.tcp", Open: open}

// binding is the module's state in one host.
type binding struct {
	env       *luahost.Env
	conns     *socket.Streams
	listeners *luahost.Class[*socket.Listener]
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env, conns: socket.NewStreams(env, L, "tcp connection", nil)}
	b.listeners = luahost.NewClass[*socket.Listener](env, L, "tcp listener", map[string]lua.LGFunction{"close": b.listenerClose})
	b.listeners.Closing("close")
	module := L.NewTable()
	env.Install(L, module, "tcp", map[string]lua.LGFunction{"listen": b.tcpListen, "connect": b.tcpConnect})
	return module
}

// tcpListen implements tcp.listen(conf) -> listener | nil, err. It suspends while the address is looked up.
func (b *binding) tcpListen(L *lua.LState) int {
	conf := luahost.CheckFields(L, 1)
	conf.Only("addr", "accept", "backlog", "write_timeout")
	addr := socket.Addr(conf)
	accept := socket.Accept(conf)
	backlog := conf.Integer("backlog", 0)
	writeTimeout := conf.Milliseconds("write_timeout", streamconn.DefaultWriteTimeout)
	listener, err := socket.Listen(b.env, L, "tcp.listen", addr, int(backlog))
	if err != nil {
		return socket.PushError(L, err)
	}
	l := socket.Serve(b.env, listener, socket.Service{
		What: "tcp listener",
		Accepted: func(L *lua.LState, nc net.Conn) {
			b.conns.Handle(L, accept, b.conns.New(L, netconn.New(nc, nil, writeTimeout)))
		},
	})
	object := b.listeners.New(L, l)
	object.RawSetString("addr", lua.LString(l.Addr()))
	L.Push(object)
	return 1
}

// tcpConnect implements tcp.connect(addr [, opts]) -> conn | nil, err. It suspends until the connection is there.
func (b *binding) tcpConnect(L *lua.LState) int {
	addr := luahost.CheckString(L, 1)
	opts := luahost.OptFields(L, 2)
	opts.Only("bind", "timeout", "write_timeout")
	bind := opts.String("bind", "")
	timeout := opts.Milliseconds("timeout", 0)
	limited := opts.Has("timeout")
	writeTimeout := opts.Milliseconds("write_timeout", streamconn.DefaultWriteTimeout)
	nc, err := luahost.Acquire(b.env, L, "tcp.connect", func(ctx context.Context) (net.Conn, error) {
		if limited {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, timeout)
			defer cancel()
		}
		return socket.Dial(ctx, b.env, bind, addr)
	}, func(nc net.Conn) { _ = nc.Close() })
	if err != nil {
		return socket.PushError(L, err)
	}
	L.Push(b.conns.New(L, netconn.New(nc, nil, writeTimeout)))
	return 1
}

// listenerClose implements listener:close() -> true | false, err. It stops accepting; connections stay.
func (b *binding) listenerClose(L *lua.LState) int {
	return socket.PushOK(L, b.listeners.Check(L, 1).Close())
}
