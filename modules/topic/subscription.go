package topic

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"silly/internal/mailbox"
	"silly/internal/poll"
	"silly/internal/sched"
	"silly/luahost"
	"silly/luahost/backplane"

	lua "github.com/yuin/gopher-lua"
)

const (
	// defaultBuffer is how many messages wait for a script, and maxBuffer how many it may ask for.
	defaultBuffer = 1000
	maxBuffer     = 1_000_000
	// maxBufferBytes is how many bytes wait in one subscription at most.
	maxBufferBytes = 64 << 20
)

// Why a subscription ends.
var (
	errSubClosed = errors.New("subscription is closed")
	errOverflow  = errors.New("overflow: messages came faster than they were read")
)

// subscription is what is behind a Lua subscription.
type subscription struct {
	binding *binding
	cancel  func()
	closer  *luahost.Closer
	limit   int
	closes  bool // when messages come faster than they are read; else the oldest are dropped

	box     mailbox.Box[backplane.Message]
	bytes   atomic.Int64
	dropped atomic.Uint64

	// The holder of the VM lock owns what follows.
	serving     sched.Serving
	readsAtOnce int
}

// topicSubscribe implements topic.subscribe(pattern [, opts]) -> sub | nil, err.
func (b *binding) topicSubscribe(L *lua.LState) int {
	pattern := checkPattern(L, 1)
	opts := luahost.OptFields(L, 2)
	opts.Only("queue", "buffer", "overflow")
	s := &subscription{binding: b, limit: int(opts.Integer("buffer", defaultBuffer))}
	if s.limit < 1 || s.limit > maxBuffer {
		luahost.ArgumentError(L, 2, fmt.Sprintf("field 'buffer': number from 1 to %d expected", maxBuffer))
	}
	switch overflow := opts.String("overflow", "drop_oldest"); overflow {
	case "drop_oldest":
	case "close":
		s.closes = true
	default:
		luahost.ArgumentError(L, 2, fmt.Sprintf("field 'overflow': drop_oldest or close expected, got '%s'", overflow))
	}
	queue := opts.String("queue", "")
	if opts.Has("queue") {
		if err := backplane.CheckTopic(queue); err != nil {
			luahost.ArgumentError(L, 2, "field 'queue': "+err.Error())
		}
	}
	cancel, err := b.backplane.Subscribe(pattern, queue, s.arrived)
	if err != nil {
		return luahost.PushError(L, err)
	}
	s.cancel = cancel
	s.closer = b.env.Track(false, func() { s.box.Close(errSubClosed) }, s.end)
	s.closer.Describe(func() []string {
		return []string{fmt.Sprintf("subscription to %s, %d messages wait", pattern, s.box.Len())}
	})
	if !b.alone {
		s.closer.Serves(s.serving.Any)
	}
	L.Push(b.subs.New(L, s))
	return 1
}

// arrived takes a message, on whichever goroutine.
func (s *subscription) arrived(m backplane.Message) {
	if backplane.Internal(m.Topic) {
		return
	}
	limit := s.limit
	if s.closes {
		limit++ // one too many ends it
	}
	s.bytes.Add(int64(len(m.Data)))
	oldest, dropped, ok := s.box.Put(m, limit)
	switch {
	case !ok:
		s.bytes.Add(-int64(len(m.Data)))
		return
	case dropped:
		s.drop(oldest)
	}
	if s.closes && (s.box.Len() > s.limit || s.bytes.Load() > maxBufferBytes) {
		s.box.Close(errOverflow)
		return
	}
	for s.bytes.Load() > maxBufferBytes {
		m, ok, _ := s.box.Take()
		if !ok {
			return
		}
		s.drop(m)
	}
}

// drop counts a message that nobody gets.
func (s *subscription) drop(m backplane.Message) {
	s.bytes.Add(-int64(len(m.Data)))
	s.dropped.Add(1)
}

// end ends the subscription.
func (s *subscription) end() {
	s.cancel()
	s.box.Close(errSubClosed)
}

// subField makes sub.dropped, how many messages were dropped.
func subField(_ *lua.LState, s *subscription, name string) (lua.LValue, bool) {
	if name == "dropped" {
		return lua.LNumber(s.dropped.Load()), true
	}
	return nil, false
}

// maxReadsAtOnce is how many messages that are here already a task reads before it is others' turn.
const maxReadsAtOnce = 256

// subRead implements sub:read([timeout]) -> msg | nil, err, and sub() in a generic for. It suspends until there is a message.
func (b *binding) subRead(L *lua.LState) int {
	s := b.subs.Check(L, 1)
	deadline := luahost.OptDeadline(L, 2) // a generic for calls sub(nil, msg)
	if s.readsAtOnce++; s.readsAtOnce <= maxReadsAtOnce {
		if m, ok, err := s.box.Take(); ok || err != nil {
			return s.push(L, m, err)
		}
	}
	s.readsAtOnce = 0
	r := &reading{sub: s, deadline: deadline}
	if deadline.IsZero() {
		s.serving.Add(&r.slot)
	}
	return b.tasks.Await(L, "sub:read", &r.slot, r)
}

// push pushes a message, or why there is none.
func (s *subscription) push(L *lua.LState, m backplane.Message, err error) int {
	if err != nil {
		return luahost.PushError(L, err)
	}
	s.bytes.Add(-int64(len(m.Data)))
	L.Push(messageTable(L, m))
	return 1
}

// messageTable makes the Lua table of a message.
func messageTable(L *lua.LState, m backplane.Message) *lua.LTable {
	t := L.CreateTable(0, 6)
	t.RawSetString("topic", lua.LString(m.Topic))
	t.RawSetString("data", lua.LString(m.Data))
	t.RawSetString("origin", lua.LString(m.Origin))
	header := L.CreateTable(0, len(m.Header))
	for name, text := range m.Header {
		header.RawSetString(name, lua.LString(text))
	}
	t.RawSetString("header", header)
	if m.ID > 0 {
		t.RawSetString("id", lua.LNumber(m.ID))
	}
	return t
}

// subClose implements sub:close(). Tasks that read are woken.
func (b *binding) subClose(L *lua.LState) int {
	s := b.subs.Check(L, 1)
	s.serving.Stop(b.tasks)
	s.closer.Forget()
	s.end()
	return 0
}

// reading is a sub:read that waits. It implements sched.AsyncOp.
type reading struct {
	mailbox.Receive[backplane.Message]
	sub      *subscription
	slot     sched.WaitSlot
	deadline time.Time
}

// Start implements sched.AsyncOp.
func (r *reading) Start(p *poll.Poller, owner any) (source *poll.Source, due time.Time) {
	return r.Begin(&r.sub.box, p, owner, r.deadline)
}

// Continue implements sched.AsyncOp.
func (r *reading) Continue(L *lua.LState, _ *sched.Task) int {
	r.sub.serving.Remove(&r.slot)
	r.sub.binding.tasks.StopTimer(&r.slot)
	m, err := r.Result()
	return r.sub.push(L, m, err)
}
