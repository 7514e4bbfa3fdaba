package http

import (
	"context"
	"net/http"
	"time"

	"silly/internal/httpclient"
	"silly/internal/lua/value"
	"silly/luahost"
	"silly/modules/internal/netlua"

	lua "github.com/yuin/gopher-lua"
)

// clientStream is what http.request returns.
type clientStream struct {
	exchange *httpclient.Exchange
	answered bool // the fields of the response are set
}

// clientStreamWrite implements stream:write(data) -> true | false, err. It suspends while the server
// takes less than is written.
func (b *binding) clientStreamWrite(L *lua.LState) int {
	s := b.exchanges.Check(L, 1)
	data := luahost.CheckString(L, 2)
	var err error
	b.env.Block(L, "stream:write", func(context.Context) { err = s.exchange.Write([]byte(data)) })
	return streamDone(L, err)
}

// clientStreamFlush implements stream:flush() -> true | false, err. What write has taken leaves without it.
func (b *binding) clientStreamFlush(L *lua.LState) int {
	return streamDone(L, b.exchanges.Check(L, 1).exchange.Flush())
}

// clientStreamCloseWrite implements stream:closewrite([data [, trailer]]) -> true | false, err. The
// request is complete then.
func (b *binding) clientStreamCloseWrite(L *lua.LState) int {
	s := b.exchanges.Check(L, 1)
	data := luahost.OptString(L, 2, "")
	trailer := netlua.OptHeader(L, 3)
	var err error
	b.env.Block(L, "stream:closewrite", func(context.Context) { err = s.exchange.CloseWrite([]byte(data), trailer) })
	return streamDone(L, err)
}

// clientStreamWaitResponse implements stream:waitresponse([timeout]) -> true | false, err. Then
// stream.status, stream.header and stream.version are set.
func (b *binding) clientStreamWaitResponse(L *lua.LState) int {
	return streamDone(L, b.waitResponse(L, "stream:waitresponse"))
}

// clientStreamReadHeader implements stream:readheader([timeout]) -> status, header | nil, err. The fields are set as
// well.
func (b *binding) clientStreamReadHeader(L *lua.LState) int {
	if err := b.waitResponse(L, "stream:readheader"); err != nil {
		return streamData(L, nil, err)
	}
	stream := luahost.CheckTable(L, 1)
	L.Push(stream.RawGetString("status"))
	L.Push(stream.RawGetString("header"))
	return 2
}

// waitResponse waits until there is a response, for at most the timeout in argument 2.
func (b *binding) waitResponse(L *lua.LState, waitsFor string) error {
	s := b.exchanges.Check(L, 1)
	deadline := luahost.OptDeadline(L, 2)
	var response *http.Response
	var err error
	b.env.Block(L, waitsFor, func(context.Context) { response, err = s.exchange.WaitResponse(deadline) })
	s.setFields(L, response)
	return err
}

// setFields sets the fields of the stream, which is argument 1; response is nil when there is none.
func (s *clientStream) setFields(L *lua.LState, response *http.Response) {
	stream := luahost.CheckTable(L, 1)
	if response != nil && !s.answered {
		s.answered = true
		version := response.Proto
		if response.ProtoMajor == 2 {
			version = "HTTP/2"
		}
		stream.RawSetString("status", lua.LNumber(response.StatusCode))
		stream.RawSetString("header", value.Export(netlua.HeaderTable(response.Header).Value()))
		stream.RawSetString("version", lua.LString(version))
	}
	stream.RawSetString("eof", lua.LBool(s.exchange.EOF()))
}

// clientStreamRead implements stream:read(n [, timeout]) -> data | nil, err.
func (b *binding) clientStreamRead(L *lua.LState) int {
	n := luahost.CheckInteger(L, 2)
	if n < 0 {
		luahost.ArgumentError(L, 2, "a number of bytes expected, got a negative one")
	}
	return b.readResponse(L, "stream:read", n, luahost.OptDeadline(L, 3))
}

// clientStreamReadAll implements stream:readall([timeout]) -> body | nil, err. Then stream.trailer is set,
// when the response has one.
func (b *binding) clientStreamReadAll(L *lua.LState) int {
	return b.readResponse(L, "stream:readall", -1, luahost.OptDeadline(L, 2))
}

func (b *binding) readResponse(L *lua.LState, waitsFor string, n int64, deadline time.Time) int {
	s := b.exchanges.Check(L, 1)
	var data []byte
	var err error
	b.env.Block(L, waitsFor, func(context.Context) { data, err = s.exchange.Read(n, deadline) })
	s.setFields(L, s.exchange.Response())
	if trailer := s.exchange.Trailer(); len(trailer) > 0 {
		luahost.CheckTable(L, 1).RawSetString("trailer", value.Export(netlua.HeaderTable(trailer).Value()))
	}
	return streamData(L, data, err)
}

// clientStreamClose implements stream:close(), and __close. The connection is kept for other requests when the
// response has been read to its end.
func (b *binding) clientStreamClose(L *lua.LState) int {
	b.exchanges.Check(L, 1).exchange.Close()
	return 0
}
