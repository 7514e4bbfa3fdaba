// Package http is the Lua module silly.net.http: an HTTP/1.1 and HTTP/2 server and client over
// net/http.
package http

import (
	"silly/internal/httpserver"
	"silly/internal/sched"
	"silly/luahost"
	"silly/modules/internal/netlua"

	lua "github.com/yuin/gopher-lua"
)

// Module is silly.net.http.
var Module = luahost.Module{Name: "silly.net.http", Open: open}

// binding is the module's state in one host.
type binding struct {
	env     *luahost.Env
	tasks   *sched.Scheduler
	servers *luahost.Class[*server]
	streams *luahost.Class[*httpserver.Exchange]
	conns   *netlua.ConnClass

	clients   *luahost.Class[*client]
	exchanges *luahost.Class[*clientStream]
	standard  *client // of http.get, http.post and http.request
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env, tasks: sched.Of(env), conns: netlua.NewConnClass(env, L)}
	b.openServer(L)
	b.openClient(L)
	module := L.NewTable()
	env.Install(L, module, "http", map[string]lua.LGFunction{
		"listen":    b.httpListen,
		"get":       func(L *lua.LState) int { return b.standard.get(L, 1) },
		"post":      func(L *lua.LState) int { return b.standard.post(L, 1) },
		"request":   func(L *lua.LState) int { return b.standard.request(L, 1) },
		"newclient": b.httpNewClient,
	})
	return module
}
