// Package buffer is the Lua module silly.adt.buffer: bytes that come in pieces and are read in others.
package buffer

import (
	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/luahost"
	"silly/modules/internal/memory"
)

// Module is silly.adt.buffer.
var Module = luahost.Module{Name: "silly.adt.buffer", Open: open}

// binding is the module's state in one host.
type binding struct{ buffers *luahost.Class[*queue] }

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{luahost.NewClass[*queue](env, L, "buffer", nil)}
	module := L.NewTable()
	for name, fn := range map[string]vm.Func{
		"append":  b.bufferAppend,
		"read":    b.bufferRead,
		"readall": b.bufferReadAll,
		"clear":   b.bufferClear,
		"size":    b.bufferSize,
		"dump":    b.bufferDump,
	} {
		b.buffers.Native(env, name, fn)
		module.RawSetString(name, sched.Of(env).Native("buffer."+name, fn)) // buffer.append(b, data) is b:append(data)
	}
	module.RawSetString("new", sched.Of(env).Native("buffer.new", b.bufferNew))
	return module
}

// bufferNew implements buffer.new() -> buffer.
func (b *binding) bufferNew(c vm.Call) int {
	return c.Return(value.OfTable(b.buffers.NewBare(new(queue))))
}

// bufferAppend implements buffer:append(data, ...) -> size. Data is a string, or a pointer and behind it its size.
func (b *binding) bufferAppend(c vm.Call) int {
	q := b.buffers.CheckCall(c, 1)
	pieces := make([]string, 0, 8)
	for i := 2; i <= max(c.Len(), 2); i++ {
		if block, ok := memory.Of(c.Arg(i)); ok {
			i++
			pieces = append(pieces, block.Check(c, i))
			continue
		}
		pieces = append(pieces, c.Str(i))
	}
	for _, piece := range pieces { // all of it or nothing
		q.append(piece)
	}
	return c.Return(value.Int(int64(q.len())))
}

// bufferRead implements buffer:read(n | delimiter) -> data | nil, size of what is left.
func (b *binding) bufferRead(c vm.Call) int {
	q := b.buffers.CheckCall(c, 1)
	n := 0
	if v := c.Arg(2); v.IsString() {
		if len(v.Str()) != 1 {
			c.ArgError(2, "delimiter of one byte expected")
		}
		if n = q.find(v.Str()[0]); n == 0 {
			return c.Return2(value.Nil, value.Int(int64(q.len())))
		}
	} else {
		wanted := c.Int(2)
		if wanted < 0 {
			c.ArgError(2, "number of at least 0 expected")
		}
		if wanted > int64(q.len()) {
			return c.Return2(value.Nil, value.Int(int64(q.len())))
		}
		n = int(wanted)
	}
	data := value.String(q.take(n))
	return c.Return2(data, value.Int(int64(q.len())))
}

// bufferReadAll implements buffer:readall() -> data.
func (b *binding) bufferReadAll(c vm.Call) int {
	q := b.buffers.CheckCall(c, 1)
	return c.Return(value.String(q.take(q.len())))
}

// bufferClear implements buffer:clear().
func (b *binding) bufferClear(c vm.Call) int {
	b.buffers.CheckCall(c, 1).clear()
	return 0
}

// bufferSize implements buffer:size() -> integer.
func (b *binding) bufferSize(c vm.Call) int {
	return c.Return(value.Int(int64(b.buffers.CheckCall(c, 1).len())))
}

// bufferDump implements buffer:dump() -> {size = integer, capacity = integer, offset = integer}.
func (b *binding) bufferDump(c vm.Call) int {
	q := b.buffers.CheckCall(c, 1)
	t := value.NewTable(0, 3)
	t.Set(value.String("size"), value.Int(int64(q.len())))
	t.Set(value.String("capacity"), value.Int(int64(cap(q.data))))
	t.Set(value.String("offset"), value.Int(int64(q.head)))
	return c.Return(t.Value())
}
