// Package channel is the Lua module silly.sync.channel: a first-in-first-out queue between tasks, for
// many producers and one consumer.
package channel

import (
	"silly/luahost"

	lua "github.com/yuin/gopher-lua"
)

// Module is silly.sync.channel.
var Module = luahost.Module{Name: "silly.sync.channel", Open: open}

// defaultReason is why operations on a channel fail that was closed without a reason.
const defaultReason = lua.LString("channel closed")

type binding struct {
	host  *luahost.Host
	class *luahost.Class[*channel]
}

// channel is the queue behind a Lua channel. The holder of the VM lock owns it.
type channel struct {
	queue    fifo
	consumer *luahost.Task // waits in pop
	closed   lua.LValue    // the reason, nil while open
}

func open(h *luahost.Host, L *lua.LState) lua.LValue {
	b := &binding{host: h}
	b.class = luahost.NewClass[*channel](h, L, "channel", map[string]lua.LGFunction{
		"push":  b.channelPush,
		"send":  b.channelPush,
		"pop":   b.channelPop,
		"recv":  b.channelPop,
		"close": b.channelClose,
		"clear": b.channelClear,
	})
	module := L.NewTable()
	h.Install(L, module, "channel", map[string]lua.LGFunction{"new": b.channelNew})
	return module
}

// channelNew implements channel.new() -> channel.
func (b *binding) channelNew(L *lua.LState) int {
	L.Push(b.class.NewBare(&channel{}))
	return 1
}

// channelPush implements channel:push(value) and channel:send(value) -> true | false, reason.
func (b *binding) channelPush(L *lua.LState) int {
	ch := b.class.Check(L, 1)
	value := luahost.Argument(L, 2)
	switch {
	case ch.closed != nil:
		L.Push(lua.LFalse)
		L.Push(ch.closed)
		return 2
	case value == lua.LNil:
		L.Push(lua.LFalse)
		L.Push(lua.LString("Nil data"))
		return 2
	}
	// The consumer may have been woken by task.wakeup already; then the value waits for its next pop.
	if t := ch.consumer; t == nil || !b.host.Wake(t, value, ch) {
		ch.queue.push(value)
	}
	ch.consumer = nil
	L.Push(lua.LTrue)
	return 1
}

// channelPop implements channel:pop() and channel:recv() -> value | nil, reason. It suspends while the
// channel is empty. A task.wakeup of the waiting task makes it return nil.
func (b *binding) channelPop(L *lua.LState) int {
	ch := b.class.Check(L, 1)
	if value, ok := ch.queue.pop(); ok {
		L.Push(value)
		return 1
	}
	if ch.closed != nil {
		L.Push(lua.LNil)
		L.Push(ch.closed)
		return 2
	}
	if ch.consumer != nil && ch.consumer.Status() == luahost.Waiting {
		L.Push(lua.LNil)
		L.Push(lua.LString("Channel is mpsc"))
		return 2
	}
	ch.consumer = b.host.Current()
	return b.host.ParkThen(L, "channel:pop", ch)
}

// Continue is the rest of channel:pop.
func (ch *channel) Continue(L *lua.LState, t *luahost.Task) int {
	value, waker := t.WakeUp()
	if ch.consumer == t {
		ch.consumer = nil
	}
	if waker != ch {
		L.Push(lua.LNil)
		return 1
	}
	if value == lua.LNil { // closed: a channel carries no nil
		L.Push(lua.LNil)
		L.Push(ch.closed)
		return 2
	}
	L.Push(value)
	return 1
}

// channelClose implements channel:close([reason]). What is queued can still be popped.
func (b *binding) channelClose(L *lua.LState) int {
	object := luahost.CheckTable(L, 1)
	ch := b.class.Check(L, 1)
	if ch.closed != nil {
		return 0
	}
	ch.closed = defaultReason
	if reason := luahost.Argument(L, 2); reason != lua.LNil {
		ch.closed = reason
	}
	object.RawSetString("reason", ch.closed)
	if ch.consumer != nil {
		b.host.Wake(ch.consumer, lua.LNil, ch)
		ch.consumer = nil
	}
	return 0
}

// channelClear implements channel:clear().
func (b *binding) channelClear(L *lua.LState) int {
	b.class.Check(L, 1).queue = fifo{}
	return 0
}
