// Package socket is what the modules of the transport layer have in common between Lua and Go: streams, listeners, addresses
// and errors.
package socket

import (
	"context"
	"fmt"
	"net"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/netconn"
	"silly/internal/poll"
	"silly/internal/sched"
	"silly/internal/streamconn"
	"silly/luahost"
)

// stopTime is how long a stopping host waits until what was written has left.
const stopTime = time.Second

// Streams makes the Lua objects of connections that are streams of bytes.
type Streams struct {
	env   *luahost.Env
	tasks *sched.Scheduler
	class *luahost.Class[*Stream]
	what  string
}

// NewStreams makes the class of a module. what is what messages call an object, such as "tcp connection"; more are methods
// beyond those that all streams have. The caller holds the VM lock.
func NewStreams(env *luahost.Env, L *lua.LState, what string, more map[string]lua.LGFunction) *Streams {
	b := &Streams{env: env, tasks: sched.Of(env), what: what}
	methods := map[string]lua.LGFunction{
		"read":        b.connRead,
		"readline":    b.connReadLine,
		"write":       b.connWrite,
		"closewrite":  b.connCloseWrite,
		"close":       b.connClose,
		"limit":       b.connLimit,
		"unreadbytes": b.connUnreadBytes,
		"unsentbytes": b.connUnsentBytes,
		"isalive":     b.connIsAlive,
	}
	for name, method := range more {
		methods[name] = method
	}
	b.class = luahost.NewClass[*Stream](env, L, what, methods)
	b.class.Closing("close")
	return b
}

// New makes the object of a connection. The caller holds the VM lock.
func (b *Streams) New(L *lua.LState, nc *netconn.Conn) *lua.LTable {
	s := &Stream{streams: b, conn: streamconn.New(nc)}
	s.closer = b.env.Track(false, s.conn.Stop, func() { Shutdown(b.env, s.conn) })
	s.closer.Describe(s.describe)
	object := b.class.New(L, s)
	object.RawSetString("remoteaddr", lua.LString(nc.RemoteAddr().String()))
	object.RawSetString("localaddr", lua.LString(nc.LocalAddr().String()))
	CloseUnreachable(b.env, object, s.close)
	return object
}

// Check returns the stream in argument n, or raises an argument error.
func (b *Streams) Check(L *lua.LState, n int) *Stream { return b.class.Check(L, n) }

// connRead implements conn:read(n | delim [, timeout]) -> data | nil, err. It suspends until n bytes, or everything up to the
// delimiter, have arrived.
func (b *Streams) connRead(L *lua.LState) int {
	s := b.class.Check(L, 1)
	want := streamconn.Want{}
	if delim, ok := L.Get(2).(lua.LString); ok {
		want.Delim = checkDelim(L, string(delim))
	} else {
		size := luahost.CheckInteger(L, 2)
		if size < 0 {
			luahost.ArgumentError(L, 2, fmt.Sprintf("size of at least 0 expected, got %d", size))
		}
		want.Size = int(size)
	}
	return s.read(L, "conn:read", want)
}

// connReadLine implements conn:readline([delim [, timeout]]) -> data | nil, err: conn:read of a delimiter, "\n" if there is
// none.
func (b *Streams) connReadLine(L *lua.LState) int {
	s := b.class.Check(L, 1)
	delim := checkDelim(L, luahost.OptString(L, 2, "\n"))
	return s.read(L, "conn:readline", streamconn.Want{Delim: delim})
}

func checkDelim(L *lua.LState, delim string) string {
	if delim == "" {
		luahost.ArgumentError(L, 2, "the delimiter is empty")
	}
	return delim
}

// connWrite implements conn:write(data) -> true | false, err. It suspends only when the peer takes less than is written.
func (b *Streams) connWrite(L *lua.LState) int {
	s := b.class.Check(L, 1)
	var full bool
	var err error
	if data, ok := L.Get(2).(lua.LString); ok {
		full, err = s.conn.Write(string(data))
	} else {
		full, err = s.conn.Write(CheckPieces(L, 2)...)
	}
	if err == nil {
		b.tasks.ScheduleFlush(&s.mark, s.conn)
	}
	if full && err == nil {
		b.env.Block(L, "conn:write", func(context.Context) { err = s.conn.Drain() })
	}
	return PushOK(L, err)
}

// connCloseWrite implements conn:closewrite() -> true | false, err. The peer gets the end of the stream after what was written.
func (b *Streams) connCloseWrite(L *lua.LState) int {
	return PushOK(L, b.class.Check(L, 1).conn.CloseWrite())
}

// connClose implements conn:close() -> true | false, err. What was written still leaves.
func (b *Streams) connClose(L *lua.LState) int {
	return PushOK(L, b.class.Check(L, 1).close())
}

// connLimit implements conn:limit(n | nil): how many bytes of the peer are kept.
func (b *Streams) connLimit(L *lua.LState) int {
	s := b.class.Check(L, 1)
	if L.Get(2) == lua.LNil {
		s.conn.SetLimit(0)
		return 0
	}
	limit := luahost.CheckInteger(L, 2)
	if limit < 1 {
		luahost.ArgumentError(L, 2, fmt.Sprintf("limit of at least 1 expected, got %d", limit))
	}
	s.conn.SetLimit(limit)
	return 0
}

// connUnreadBytes implements conn:unreadbytes() -> integer: how many bytes can be read without waiting.
func (b *Streams) connUnreadBytes(L *lua.LState) int {
	L.Push(lua.LNumber(b.class.Check(L, 1).conn.Unread()))
	return 1
}

// connUnsentBytes implements conn:unsentbytes() -> integer: how many bytes were written and are not yet with the kernel.
func (b *Streams) connUnsentBytes(L *lua.LState) int {
	L.Push(lua.LNumber(b.class.Check(L, 1).conn.Transport().Queued()))
	return 1
}

// connIsAlive implements conn:isalive() -> boolean: whether neither side has ended the connection, as far as is known.
func (b *Streams) connIsAlive(L *lua.LState) int {
	L.Push(lua.LBool(b.class.Check(L, 1).conn.Alive()))
	return 1
}

// A Stream is what is behind the Lua object of a connection. The holder of the VM lock owns its fields.
type Stream struct {
	streams *Streams
	conn    *streamconn.Conn // which does not lead to the object
	closer  *luahost.Closer
	mark    uint64 // see sched.ScheduleFlush

	// The read that waits.
	waiter   sched.WaitSlot
	reader   *sched.Task // nil when there is none
	want     streamconn.Want
	deadline time.Time
	// readsAtOnce counts the reads since one has waited.
	readsAtOnce int
}

// Conn is the connection behind the object.
func (s *Stream) Conn() *streamconn.Conn { return s.conn }

// maxReadsAtOnce is how many reads of what is here already a task makes before it is others' turn.
const maxReadsAtOnce = 64

// read reads what is wanted. The timeout is argument 3.
func (s *Stream) read(L *lua.LState, waitsFor string, want streamconn.Want) int {
	deadline := luahost.OptDeadline(L, 3)
	if s.reader != nil && s.reader.Status() != sched.Ended && !s.conn.Closed() {
		return PushError(L, streamconn.ErrBusy)
	}
	if s.readsAtOnce++; s.readsAtOnce <= maxReadsAtOnce {
		data, ok, err := s.conn.TryRead(want)
		if ok || err != nil {
			return pushRead(L, data, err)
		}
	}
	tasks := s.streams.tasks
	s.reader, s.want, s.deadline, s.readsAtOnce = tasks.Current(), want, deadline, 0
	return tasks.Await(L, waitsFor, &s.waiter, s)
}

// Start implements sched.AsyncOp: a read.
func (s *Stream) Start(p *poll.Poller, owner any) (source *poll.Source, due time.Time) {
	return s.conn.Begin(p, owner, s.want, s.deadline)
}

// Proceed implements sched.AsyncOp.
func (s *Stream) Proceed() (over bool, due time.Time) { return s.conn.Proceed() }

// Continue implements sched.AsyncOp.
func (s *Stream) Continue(L *lua.LState, _ *sched.Task) int {
	s.reader, s.want = nil, streamconn.Want{}
	data, err := s.conn.Result()
	return pushRead(L, data, err)
}

func pushRead(L *lua.LState, data string, err error) int {
	if err != nil {
		return PushError(L, err)
	}
	L.Push(lua.LString(data))
	return 1
}

// close closes the connection after what was written. The caller holds the VM lock.
func (s *Stream) close() error {
	if !s.conn.Close() {
		return net.ErrClosed
	}
	s.closer.Forget()
	s.streams.tasks.StopTimer(&s.waiter)
	HangUp(s.streams.env, s.conn)
	return nil
}

// HangUp ends a connection that conn.Close has closed, when everything has left. The caller holds the VM lock.
func HangUp(env *luahost.Env, conn *streamconn.Conn) {
	var mark uint64
	sched.Of(env).ScheduleFlush(&mark, closingStream{env, conn})
}

// closingStream is a connection that ends when everything has left.
type closingStream struct {
	env  *luahost.Env
	conn *streamconn.Conn
}

// Flush implements sched.Flusher.
func (s closingStream) Flush() {
	if !s.conn.HangUp() {
		s.env.Background(func() { s.conn.Finish(s.env.Context(), stopTime) })
	}
}

// Shutdown ends a connection because the host stops. It is called without the VM lock.
func Shutdown(env *luahost.Env, conn *streamconn.Conn) {
	conn.Close()
	conn.Finish(env.Context(), stopTime)
}

// describe says what is open, for reports.
func (s *Stream) describe() []string {
	nc := s.conn.Transport()
	return []string{fmt.Sprintf("%s %s to %s, %d bytes unsent", s.streams.what, nc.LocalAddr(), nc.RemoteAddr(), nc.Queued())}
}
