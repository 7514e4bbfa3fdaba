package http

import (
	"context"

	"silly/internal/httpfield"
	"silly/internal/neterror"
	"silly/luahost"
	"silly/modules/internal/netlua"

	lua "github.com/yuin/gopher-lua"
)

// streamRespond implements stream:respond(status, header [, close]) -> true | false, err. With close,
// the response has no body and is complete.
func (b *binding) streamRespond(L *lua.LState) int {
	x := b.streams.Check(L, 1)
	status := luahost.CheckInteger(L, 2)
	var few [4]httpfield.Field
	if err := x.RespondFields(int(status), netlua.OptFields(L, 3, few[:0])); err != nil {
		return streamDone(L, err)
	}
	if L.ToBool(4) {
		if err := x.CloseWrite("", nil); err != nil {
			return streamDone(L, err)
		}
	}
	L.Push(lua.LTrue)
	return 1
}

// streamWrite implements stream:write(data) -> true | false, err. It suspends only when the client takes less than is
// written.
func (b *binding) streamWrite(L *lua.LState) int {
	x := b.streams.Check(L, 1)
	full, err := x.Write(luahost.CheckString(L, 2))
	if full {
		b.env.Block(L, "stream:write", func(context.Context) { err = x.Drain() })
	}
	return streamDone(L, err)
}

// streamFlush implements stream:flush() -> true | false, err. It suspends until what was written is with the system.
func (b *binding) streamFlush(L *lua.LState) int {
	x := b.streams.Check(L, 1)
	var err error
	b.env.Block(L, "stream:flush", func(context.Context) { err = x.Sync() })
	return streamDone(L, err)
}

// streamCloseWrite implements stream:closewrite([body [, trailer]]) -> true | false, err.
func (b *binding) streamCloseWrite(L *lua.LState) int {
	x := b.streams.Check(L, 1)
	body := luahost.OptString(L, 2, "")
	err := x.CloseWrite(body, netlua.OptHeader(L, 3))
	return streamDone(L, err)
}

// streamReadAll implements stream:readall([timeout]) -> body | nil, err. It suspends.
func (b *binding) streamReadAll(L *lua.LState) int {
	x := b.streams.Check(L, 1)
	deadline := luahost.OptDeadline(L, 2)
	var data []byte
	var err error
	b.env.Block(L, "stream:readall", func(context.Context) { data, err = x.ReadAll(deadline) })
	return streamData(L, data, neterror.Request(err))
}

// streamRead implements stream:read(n [, timeout]) -> data | nil, err. It suspends.
func (b *binding) streamRead(L *lua.LState) int {
	x := b.streams.Check(L, 1)
	n := luahost.CheckInteger(L, 2)
	if n < 0 {
		luahost.ArgumentError(L, 2, "a number of bytes expected, got a negative one")
	}
	deadline := luahost.OptDeadline(L, 3)
	var data []byte
	var err error
	b.env.Block(L, "stream:read", func(context.Context) { data, err = x.Read(n, deadline) })
	return streamData(L, data, neterror.Request(err))
}

// streamClose implements stream:close(). A response that is not complete is cut off.
func (b *binding) streamClose(L *lua.LState) int {
	x := b.streams.Check(L, 1)
	x.Close()
	return 0
}
