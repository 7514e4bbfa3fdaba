// Package websocket is the Lua module silly.net.websocket: RFC 6455 for servers and clients.
package websocket

import (
	"context"
	"fmt"
	"time"

	"silly/internal/netconn"
	"silly/internal/poll"
	"silly/internal/sched"
	"silly/internal/ws"
	"silly/internal/wsconn"
	"silly/luahost"
	"silly/modules/internal/netlua"

	lua "github.com/yuin/gopher-lua"
)

// Module is silly.net.websocket.
var Module = luahost.Module{Name: "silly.net.websocket", Open: open}

// stopTime is how long a stopping host waits for a peer to answer its close frame.
const stopTime = time.Second

// binding is the module's state in one host.
type binding struct {
	env     *luahost.Env
	tasks   *sched.Scheduler
	sockets *luahost.Class[*socket]
	conns   *netlua.ConnClass
	types   [16]lua.LValue  // names of the message types by opcode
	last    wsconn.Prepared // what was written last: a broadcast writes it to the next socket, too
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env, tasks: sched.Of(env), conns: netlua.NewConnClass(env, L)}
	for _, op := range []ws.Opcode{ws.Continuation, ws.Text, ws.Binary, ws.Close, ws.Ping, ws.Pong} {
		b.types[op] = lua.LString(op.String())
	}
	b.sockets = luahost.NewClass[*socket](env, L, "websocket socket", map[string]lua.LGFunction{
		"read":  b.sockRead,
		"write": b.sockWrite,
		"close": b.sockClose,
	})
	module := L.NewTable()
	env.Install(L, module, "websocket", map[string]lua.LGFunction{
		"upgrade": b.websocketUpgrade,
		"connect": b.websocketConnect,
	})
	return module
}

// pushSocket makes the Lua object of a connection and puts it on the stack.
func (b *binding) pushSocket(L *lua.LState, transport *netconn.Conn, config wsconn.Config, subprotocol string, stream *lua.LTable) *socket {
	s := &socket{binding: b, conn: wsconn.New(transport, config)}
	s.track()
	object := b.sockets.New(L, s)
	object.RawSetString("stream", stream)
	object.RawSetString("conn", b.conns.New(L, connection{s.conn}))
	object.RawSetString("remoteaddr", lua.LString(transport.RemoteAddr().String()))
	if subprotocol != "" {
		object.RawSetString("subprotocol", lua.LString(subprotocol))
	}
	s.markDirty()
	L.Push(object)
	return s
}

// sockRead implements sock:read([timeout]) -> data, type | nil, err, partial. It suspends until a message
// or control frame has arrived.
func (b *binding) sockRead(L *lua.LState) int {
	s := b.sockets.Check(L, 1)
	deadline := luahost.OptDeadline(L, 2)
	ev, ok, err := s.tryRead()
	if !ok && err == nil {
		if s.conn.Transport().Queued() > 0 {
			s.markDirty() // a ping was answered, perhaps
		}
		s.reader, s.deadline, s.readsAtOnce = b.tasks.Current(), deadline, 0
		return b.tasks.Await(L, "sock:read", &s.waiter, s)
	}
	return s.pushEvent(L, ev, err)
}

// pushEvent pushes what a read has got.
func (s *socket) pushEvent(L *lua.LState, ev ws.Event, err error) int {
	if err != nil {
		partial := ""
		if err != wsconn.ErrTimeout && err != wsconn.ErrBusy {
			partial = s.conn.TakePartial()
			s.forgetWhenClosed()
		}
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		L.Push(lua.LString(partial))
		return 3
	}
	if ev.Opcode == ws.Close {
		s.settle()
	}
	L.Push(lua.LString(ev.Data))
	L.Push(s.types[ev.Opcode])
	return 2
}

// sockWrite implements sock:write(data [, type]) -> true | false, err. It suspends only when the peer
// takes less than is written.
func (b *binding) sockWrite(L *lua.LState) int {
	s := b.sockets.Check(L, 1)
	data := luahost.OptString(L, 2, "")
	op := opcode(L, 3)
	full, more, err := s.conn.TryWriteNext(&b.last, op, data)
	switch {
	case err != nil:
	case more:
		b.env.Block(L, "sock:write", func(context.Context) { err = s.conn.Write(op, data) })
	default:
		s.markDirty()
		if op == ws.Close {
			s.settle()
		}
		if full {
			b.env.Block(L, "sock:write", func(context.Context) { err = s.conn.Drain() })
		}
	}
	if err != nil {
		s.forgetWhenClosed()
	}
	return luahost.PushOK(L, err)
}

// opcode reads a message type.
func opcode(L *lua.LState, n int) ws.Opcode {
	name := luahost.OptString(L, n, "binary")
	switch name {
	case "text":
		return ws.Text
	case "binary":
		return ws.Binary
	case "ping":
		return ws.Ping
	case "pong":
		return ws.Pong
	case "close":
		return ws.Close
	}
	luahost.ArgumentError(L, n, "message type 'text', 'binary', 'ping', 'pong' or 'close' expected, got '"+name+"'")
	return 0
}

// sockClose implements sock:close([code [, reason]]). It sends a close frame and does not wait for the
// answer.
func (b *binding) sockClose(L *lua.LState) int {
	s := b.sockets.Check(L, 1)
	code := int(luahost.OptInteger(L, 2, ws.CloseNoStatus))
	reason := luahost.OptString(L, 3, "")
	if L.Get(2) != lua.LNil && !ws.ValidCloseCode(code) {
		luahost.ArgumentError(L, 2, "close code expected: 1000 to 1014 as assigned, or 3000 to 4999")
	}
	if code == ws.CloseNoStatus && reason != "" {
		luahost.ArgumentError(L, 2, "close code expected with a reason, got nil")
	}
	if err := s.conn.Close(code, reason); err != nil {
		luahost.ArgumentError(L, 3, err.Error())
	}
	s.markDirty()
	s.settle()
	return 0
}

// socket is what is behind a Lua socket. The holder of the VM lock owns its fields.
type socket struct {
	*binding
	conn   *wsconn.Conn
	closer *luahost.Closer
	mark   uint64 // see sched.ScheduleFlush
	ending bool
	// settling says that PreFlush will be called.
	settling bool

	// The read that waits.
	waiter   sched.WaitSlot
	reader   *sched.Task // nil when there is none
	deadline time.Time
	ev       ws.Event
	err      error
	// readsAtOnce counts the reads since one has waited.
	readsAtOnce int
}

// maxReadsAtOnce is how many messages that are here already a task reads before it is others' turn.
const maxReadsAtOnce = 64

// tryRead returns what is here already.
func (s *socket) tryRead() (ev ws.Event, ok bool, err error) {
	if s.reader != nil && s.reader.Status() != sched.Ended && !s.conn.Ended() {
		return ev, false, wsconn.ErrBusy
	}
	if s.readsAtOnce++; s.readsAtOnce > maxReadsAtOnce && s.reader == nil {
		s.conn.AnswerPing()
		return ev, false, nil
	}
	return s.conn.TryRead()
}

// Start implements sched.AsyncOp: a read.
func (s *socket) Start(p *poll.Poller, owner any) (source *poll.Source, due time.Time) {
	source, due, s.err = s.conn.Begin(p, owner, s.deadline)
	return source, due
}

// Proceed implements sched.AsyncOp.
func (s *socket) Proceed() (over bool, due time.Time) {
	ev, over, due, err := s.conn.Proceed()
	if over { // else somebody may have gone on already
		s.ev, s.err = ev, err
	}
	return over, due
}

// Continue implements sched.AsyncOp.
func (s *socket) Continue(L *lua.LState, _ *sched.Task) int {
	ev, err := s.ev, s.err
	s.reader, s.ev, s.err = nil, ws.Event{}, nil
	return s.pushEvent(L, ev, err)
}

// WebSocket is the connection, for modules that write to it.
func (s *socket) WebSocket() *wsconn.Conn { return s.conn }

// track lets the host close the connection when it stops.
func (s *socket) track() {
	s.closer = s.env.Track(false, s.conn.GoAway, func() { s.conn.Shutdown(stopTime) })
	s.closer.Describe(s.describe)
}

// describe says what is open, for reports.
func (s *socket) describe() []string {
	c := connection{s.conn}
	state := ""
	if s.conn.Ended() {
		state = ", closing"
	}
	return []string{fmt.Sprintf("websocket %s to %s, %d bytes unsent%s", c.LocalAddr(), c.RemoteAddr(), c.Unsent(), state)}
}

// forgetWhenClosed takes the socket off the host's list once its connection is gone.
func (s *socket) forgetWhenClosed() {
	if s.ending || !s.conn.Ended() {
		return
	}
	s.ending = true
	s.env.Background(func() {
		<-s.conn.Closed()
		s.env.Do(func(*lua.LState) { s.forget() })
	})
}

// forget takes the socket off the host's lists: there will be no more messages.
func (s *socket) forget() {
	s.tasks.StopTimer(&s.waiter)
	s.closer.Forget()
}

// markDirty has the outbox flushed when the running task gives up the VM.
func (s *socket) markDirty() { s.tasks.ScheduleFlush(&s.mark, s.conn.Transport()) }

// settle does what is due to a connection that may be closing when the task has given up the VM, whatever the script
// does until then.
func (s *socket) settle() {
	if !s.settling {
		s.settling = true
		s.tasks.OnFlush(s)
	}
}

// PreFlush implements sched.PreFlusher. A close frame that the script has not answered is answered here.
func (s *socket) PreFlush() {
	s.settling = false
	if s.conn.CloseReceived() {
		_ = s.conn.Close(ws.CloseNoStatus, "") // with the peer's code, unless the script has answered
		s.ending = true
		s.forget() // Flush ends the connection, whatever becomes of the host
		var mark uint64
		s.tasks.ScheduleFlush(&mark, closingSocket{s})
	}
	s.forgetWhenClosed()
}

// closingSocket is a socket whose connection ends when everything has left.
type closingSocket struct{ *socket }

// Flush implements sched.Flusher.
func (s closingSocket) Flush() {
	s.conn.Flush()
	select {
	case <-s.conn.Closed():
	default:
		s.env.Background(func() { <-s.conn.Closed() }) // which Close of the host waits for
	}
}

// connection is sock.conn.
type connection struct{ conn *wsconn.Conn }

func (c connection) LocalAddr() string  { return c.conn.Transport().LocalAddr().String() }
func (c connection) RemoteAddr() string { return c.conn.Transport().RemoteAddr().String() }
func (c connection) Close()             { c.conn.Drop() }
func (c connection) IsAlive() bool      { return !c.conn.Ended() && !c.conn.Transport().Closed() }
func (c connection) Unsent() int        { return c.conn.Transport().Queued() }
