package http

import (
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
}

// clientStreamWrite implements stream:write(data) -> true | false, err. It suspends while the server
// takes less than is written.
func (b *binding) clientStreamWrite(L *lua.LState) int {
	s := b.exchanges.Check(L, 1)
	data := luahost.CheckString(L, 2)
	var err error
	b.host.Block(L, "stream:write", func() { err = s.exchange.Write([]byte(data)) })
	return netlua.Done(L, err)
}

// clientStreamCloseWrite implements stream:closewrite([data [, trailer]]) -> true | false, err. The
// request is complete then.
func (b *binding) clientStreamCloseWrite(L *lua.LState) int {
	s := b.exchanges.Check(L, 1)
	data := luahost.OptString(L, 2, "")
	trailer := netlua.OptHeader(L, 3)
	var err error
	b.host.Block(L, "stream:closewrite", func() { err = s.exchange.CloseWrite([]byte(data), trailer) })
	return netlua.Done(L, err)
}

// clientStreamWaitResponse implements stream:waitresponse([timeout]) -> true | false, err. Then
// stream.status, stream.header and stream.version are set.
func (b *binding) clientStreamWaitResponse(L *lua.LState) int {
	stream := luahost.CheckTable(L, 1)
	s := b.exchanges.Check(L, 1)
	deadline := netlua.OptDeadline(L, 2)
	var response *http.Response
	var err error
	b.host.Block(L, "stream:waitresponse", func() { response, err = s.exchange.WaitResponse(deadline) })
	if err == nil {
		version := response.Proto
		if response.ProtoMajor == 2 {
			version = "HTTP/2"
		}
		stream.RawSetString("status", lua.LNumber(response.StatusCode))
		stream.RawSetString("header", value.Export(netlua.HeaderTable(response.Header).Value()))
		stream.RawSetString("version", lua.LString(version))
	}
	return netlua.Done(L, err)
}

// clientStreamRead implements stream:read(n [, timeout]) -> data | nil, err.
func (b *binding) clientStreamRead(L *lua.LState) int {
	n := luahost.CheckInteger(L, 2)
	if n < 0 {
		luahost.ArgumentError(L, 2, "a number of bytes expected, got a negative one")
	}
	return b.readResponse(L, "stream:read", n, netlua.OptDeadline(L, 3))
}

// clientStreamReadAll implements stream:readall([timeout]) -> body | nil, err. Then stream.trailer is set,
// when the response has one.
func (b *binding) clientStreamReadAll(L *lua.LState) int {
	return b.readResponse(L, "stream:readall", -1, netlua.OptDeadline(L, 2))
}

func (b *binding) readResponse(L *lua.LState, waitsFor string, n int64, deadline time.Time) int {
	stream := luahost.CheckTable(L, 1)
	s := b.exchanges.Check(L, 1)
	var data []byte
	var err error
	b.host.Block(L, waitsFor, func() { data, err = s.exchange.Read(n, deadline) })
	if trailer := s.exchange.Trailer(); len(trailer) > 0 {
		stream.RawSetString("trailer", value.Export(netlua.HeaderTable(trailer).Value()))
	}
	return netlua.Data(L, data, err)
}

// clientStreamClose implements stream:close(). The connection is kept for other requests when the
// response has been read to its end.
func (b *binding) clientStreamClose(L *lua.LState) int {
	b.exchanges.Check(L, 1).exchange.Close()
	return 0
}
