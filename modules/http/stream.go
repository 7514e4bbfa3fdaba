package http

import (
	"silly/internal/httpclient"
	"silly/internal/httpserver"
	"silly/internal/neterror"
	"silly/luahost"

	lua "github.com/yuin/gopher-lua"
)

// streamDone is luahost.PushOK for the stream in argument 1.
func streamDone(L *lua.LState, err error) int {
	keepError(L, err)
	return luahost.PushOK(L, err)
}

// streamData is luahost.PushData for the stream in argument 1.
func streamData(L *lua.LState, data []byte, err error) int {
	keepError(L, err)
	return luahost.PushData(L, data, err)
}

// keepError sets the field err of the stream in argument 1. That a body has ended is no error of its stream.
func keepError(L *lua.LState, err error) {
	if err != nil && err != httpclient.ErrEndOfFile && err != httpserver.ErrEndOfFile {
		luahost.CheckTable(L, 1).RawSetString("err", lua.LString(neterror.Text(err)))
	}
}
