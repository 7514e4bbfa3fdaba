// Package udp is the Lua module silly.net.udp: datagrams over UDP.
package udp

import (
	"context"
	"net"
	"net/netip"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/packetconn"
	"silly/internal/poll"
	"silly/internal/sched"
	"silly/luahost"
	"silly/modules/internal/socket"
)

// Module is silly.net.udp.
var Module = luahost.Module{Name: "silly.net.udp", Open: open}

// binding is the module's state in one host.
type binding struct {
	env   *luahost.Env
	tasks *sched.Scheduler
	class *luahost.Class[*conn]
	// numbered counts the sockets without a descriptor.
	numbered int
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env, tasks: sched.Of(env)}
	b.class = luahost.NewClass[*conn](env, L, "udp socket", map[string]lua.LGFunction{
		"sendto":      b.connSendTo,
		"recvfrom":    b.connRecvFrom,
		"close":       b.connClose,
		"isalive":     b.connIsAlive,
		"unsentbytes": b.connUnsentBytes,
		"unreadbytes": b.connUnreadBytes,
	})
	b.class.Closing("close")
	module := L.NewTable()
	env.Install(L, module, "udp", map[string]lua.LGFunction{"bind": b.udpBind, "connect": b.udpConnect})
	return module
}

// A conn is what is behind the Lua object of a socket. The holder of the VM lock owns its fields.
type conn struct {
	tasks   *sched.Scheduler
	packets *packetconn.Conn // which does not lead to the object
	closer  *luahost.Closer
	serves  bool          // it has no peer
	serving sched.Serving // the tasks that wait for whoever may send
	// receivedAtOnce counts what was received since a task has waited.
	receivedAtOnce int
}

// udpBind implements udp.bind(address) -> conn | nil, err. It suspends until the socket is there.
func (b *binding) udpBind(L *lua.LState) int {
	address := luahost.CheckString(L, 1)
	nc, err := luahost.Acquire(b.env, L, "udp.bind", func(ctx context.Context) (net.PacketConn, error) {
		return socket.ListenPacket(ctx, b.env, address)
	}, func(nc net.PacketConn) { _ = nc.Close() })
	if err != nil {
		return socket.PushError(L, err)
	}
	L.Push(b.object(L, packetconn.New(nc).Metered(b.tasks.Meter()), true))
	return 1
}

// udpConnect implements udp.connect(address [, opts]) -> conn | nil, err. It suspends while a name is looked up.
func (b *binding) udpConnect(L *lua.LState) int {
	address := luahost.CheckString(L, 1)
	opts := luahost.OptFields(L, 2)
	opts.Only("bindaddr")
	bind := opts.String("bindaddr", "")
	nc, err := luahost.Acquire(b.env, L, "udp.connect", func(ctx context.Context) (net.Conn, error) {
		return socket.DialPacket(ctx, b.env, bind, address)
	}, func(nc net.Conn) { _ = nc.Close() })
	if err != nil {
		return socket.PushError(L, err)
	}
	object := b.object(L, packetconn.NewConnected(nc).Metered(b.tasks.Meter()), false)
	object.RawSetString("remoteaddr", lua.LString(nc.RemoteAddr().String()))
	L.Push(object)
	return 1
}

// object makes the Lua object of a socket.
func (b *binding) object(L *lua.LState, packets *packetconn.Conn, serves bool) *lua.LTable {
	c := &conn{tasks: b.tasks, packets: packets, serves: serves}
	local := packets.LocalAddr().String()
	c.closer = b.env.Track(false, packets.Stop, func() { _ = packets.Close() })
	c.closer.Describe(func() []string { return []string{"udp socket " + local} })
	if serves {
		c.closer.Serves(c.serving.Any)
	}
	b.env.Background(packets.Run)
	object := b.class.New(L, c)
	object.RawSetString("localaddr", lua.LString(local))
	fd, ok := packets.Descriptor()
	if !ok {
		b.numbered++
		fd = b.numbered
	}
	object.RawSetString("fd", lua.LNumber(fd))
	socket.CloseUnreachable(b.env, object, c.close)
	return object
}

// connSendTo implements conn:sendto(data [, address]) -> true | false, err. It does not wait.
func (b *binding) connSendTo(L *lua.LState) int {
	c := b.class.Check(L, 1)
	var data []byte
	if text, ok := L.Get(2).(lua.LString); ok {
		data = []byte(text)
	} else {
		for _, piece := range socket.CheckPieces(L, 2) {
			data = append(data, piece...)
		}
	}
	var to netip.AddrPort
	if address := luahost.OptString(L, 3, ""); address != "" {
		var err error
		if to, err = socket.PacketAddress(address); err != nil {
			return socket.PushOK(L, err)
		}
	}
	return socket.PushOK(L, c.packets.Send(data, to))
}

// maxReceivedAtOnce is how many datagrams that are here already a task receives before it is others' turn.
const maxReceivedAtOnce = 64

// connRecvFrom implements conn:recvfrom([timeout]) -> data, address | nil, err. It suspends until a datagram arrives.
func (b *binding) connRecvFrom(L *lua.LState) int {
	c := b.class.Check(L, 1)
	deadline := luahost.OptDeadline(L, 2)
	if c.receivedAtOnce++; c.receivedAtOnce <= maxReceivedAtOnce {
		if p, ok, err := c.packets.Receive(); ok || err != nil {
			return pushPacket(L, p, err)
		}
	}
	c.receivedAtOnce = 0
	r := &receiving{conn: c, deadline: deadline}
	if c.serves && deadline.IsZero() {
		c.serving.Add(&r.slot)
	}
	return b.tasks.Await(L, "conn:recvfrom", &r.slot, r)
}

// receiving is a recvfrom that waits.
type receiving struct {
	packetconn.Receive
	conn     *conn
	slot     sched.WaitSlot
	deadline time.Time
}

// Start implements sched.AsyncOp.
func (r *receiving) Start(p *poll.Poller, owner any) (source *poll.Source, due time.Time) {
	return r.Begin(r.conn.packets, p, owner, r.deadline)
}

// Continue implements sched.AsyncOp.
func (r *receiving) Continue(L *lua.LState, _ *sched.Task) int {
	r.conn.serving.Remove(&r.slot)
	r.conn.tasks.StopTimer(&r.slot)
	p, err := r.Result()
	return pushPacket(L, p, err)
}

func pushPacket(L *lua.LState, p packetconn.Packet, err error) int {
	if err != nil {
		return socket.PushError(L, err)
	}
	L.Push(lua.LString(p.Data))
	L.Push(lua.LString(p.From.String()))
	return 2
}

// connClose implements conn:close() -> true | false, err. Tasks that receive are woken.
func (b *binding) connClose(L *lua.LState) int {
	c := b.class.Check(L, 1)
	if object, ok := L.Get(1).(*lua.LTable); ok {
		object.RawSetString("fd", lua.LNil)
	}
	return socket.PushOK(L, c.close())
}

func (c *conn) close() error {
	c.serving.Stop(c.tasks)
	c.closer.Forget()
	return c.packets.Close()
}

// connIsAlive implements conn:isalive() -> boolean: whether the socket is open and has had no error.
func (b *binding) connIsAlive(L *lua.LState) int {
	L.Push(lua.LBool(b.class.Check(L, 1).packets.Alive()))
	return 1
}

// connUnsentBytes implements conn:unsentbytes() -> integer: how many bytes the system has not sent yet.
func (b *binding) connUnsentBytes(L *lua.LState) int {
	L.Push(lua.LNumber(b.class.Check(L, 1).packets.Unsent()))
	return 1
}

// connUnreadBytes implements conn:unreadbytes() -> integer: how many bytes of datagrams wait for recvfrom.
func (b *binding) connUnreadBytes(L *lua.LState) int {
	L.Push(lua.LNumber(b.class.Check(L, 1).packets.Unread()))
	return 1
}
