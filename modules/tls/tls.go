// Package tls is the Lua module silly.net.tls: streams of bytes over TLS.
package tls

import (
	"context"
	"crypto/tls"
	"net"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/netaddr"
	"silly/internal/netconn"
	"silly/internal/streamconn"
	"silly/luahost"
	"silly/modules/internal/netlua"
	"silly/modules/internal/socket"
)

// Module is silly.net.tls.
var Module = luahost.Module{Name: "silly.net.tls", Open: open}

// binding is the module's state in one host.
type binding struct {
	env       *luahost.Env
	conns     *socket.Streams
	listeners *luahost.Class[*listener]
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env}
	b.conns = socket.NewStreams(env, L, "tls connection", map[string]lua.LGFunction{
		"alpnproto": b.connALPNProto,
		"peercert":  b.connPeerCert,
	})
	b.listeners = luahost.NewClass[*listener](env, L, "tls listener", map[string]lua.LGFunction{
		"reload": b.listenerReload,
		"close":  b.listenerClose,
	})
	b.listeners.Closing("close")
	module := L.NewTable()
	env.Install(L, module, "tls", map[string]lua.LGFunction{"listen": b.tlsListen, "connect": b.tlsConnect})
	return module
}

// tlsConnect implements tls.connect(addr [, opts]) -> conn | nil, err [, reason]. It suspends until the handshake is
// done.
func (b *binding) tlsConnect(L *lua.LState) int {
	addr := luahost.CheckString(L, 1)
	opts := luahost.OptFields(L, 2)
	opts.Only("bind", "hostname", "alpnprotos", "timeout", "write_timeout", "ca", "cert", "key", "insecure")
	bind := opts.String("bind", "")
	timeout := opts.Milliseconds("timeout", 0)
	limited := opts.Has("timeout")
	writeTimeout := opts.Milliseconds("write_timeout", streamconn.DefaultWriteTimeout)
	config := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: protocols(opts)}
	config.ServerName = opts.String("hostname", "")
	if config.ServerName == "" {
		config.ServerName, _, _ = netaddr.Split(addr)
	}
	if err := netlua.Trust(opts, config); err != nil {
		return pushFailure(L, err)
	}
	nc, err := luahost.Acquire(b.env, L, "tls.connect", func(ctx context.Context) (*tls.Conn, error) {
		if limited {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, timeout)
			defer cancel()
		}
		return dial(ctx, b.env, bind, addr, config)
	}, func(nc *tls.Conn) { _ = nc.NetConn().Close() })
	if err != nil {
		return socket.PushError(L, err)
	}
	L.Push(b.conns.New(L, netconn.New(nc, nil, writeTimeout)))
	return 1
}

// dial connects and does the handshake.
func dial(ctx context.Context, env *luahost.Env, bind, addr string, config *tls.Config) (*tls.Conn, error) {
	plain, err := socket.Dial(ctx, env, bind, addr)
	if err != nil {
		return nil, err
	}
	nc := tls.Client(netconn.Wrap(plain), config)
	if err := nc.HandshakeContext(ctx); err != nil {
		_ = plain.Close()
		return nil, err
	}
	return nc, nil
}

// connALPNProto implements conn:alpnproto() -> string | nil: the protocol that both sides have agreed on (RFC 7301).
func (b *binding) connALPNProto(L *lua.LState) int {
	if protocol := b.state(L).NegotiatedProtocol; protocol != "" {
		L.Push(lua.LString(protocol))
		return 1
	}
	L.Push(lua.LNil)
	return 1
}

// connPeerCert implements conn:peercert() -> table | nil: the certificate of the peer.
func (b *binding) connPeerCert(L *lua.LState) int {
	certificates := b.state(L).PeerCertificates
	if len(certificates) == 0 {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(certificateTable(L, certificates[0]))
	return 1
}

// state is that of the handshake of the connection in argument 1.
func (b *binding) state(L *lua.LState) tls.ConnectionState {
	return b.conns.Check(L, 1).Conn().Transport().TLS().ConnectionState()
}

// protocols reads the option alpnprotos.
func protocols(opts luahost.Fields) []string {
	protocols := opts.Strings("alpnprotos")
	for _, p := range protocols {
		if p == "" || len(p) > 255 {
			luahost.ArgumentError(opts.L, opts.Arg, "field 'alpnprotos': names of 1 to 255 bytes expected")
		}
	}
	return protocols
}

// accepted starts the task of a connection. The caller holds the VM lock.
func (l *listener) accepted(L *lua.LState, nc net.Conn) {
	conns := l.binding.conns
	conns.Handle(L, l.accept, conns.New(L, netconn.New(nc, nil, l.writeTimeout)))
}
