// Package addr is the Lua module silly.net.addr: addresses "host:port" as text.
package addr

import (
	lua "github.com/yuin/gopher-lua"

	"silly/internal/netaddr"
	"silly/luahost"
)

// Module is silly.net.addr.
var Module = luahost.Module{Name: "silly.net.addr", Open: open}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	module := L.NewTable()
	env.Install(L, module, "addr", map[string]lua.LGFunction{
		"parse":  addrParse,
		"join":   addrJoin,
		"iptype": addrIPType,
		"isv4":   addrIsV4,
		"isv6":   addrIsV6,
		"ishost": addrIsHost,
	})
	return module
}

// addrParse implements addr.parse(addr) -> host | nil, port | nil. A part that is empty or missing is nil, and so are both of
// what is no address.
func addrParse(L *lua.LState) int {
	host, port, _ := netaddr.Split(luahost.CheckString(L, 1))
	pushPart(L, host)
	pushPart(L, port)
	return 2
}

func pushPart(L *lua.LState, part string) {
	if part == "" {
		L.Push(lua.LNil)
		return
	}
	L.Push(lua.LString(part))
}

// addrJoin implements addr.join(host, port) -> string. What parse returns as nil may be nil.
func addrJoin(L *lua.LState) int {
	L.Push(lua.LString(netaddr.Join(luahost.OptString(L, 1, ""), luahost.OptString(L, 2, ""))))
	return 1
}

// addrIPType implements addr.iptype(host) -> 4 | 6 | 0.
func addrIPType(L *lua.LState) int {
	L.Push(lua.LNumber(netaddr.IPVersion(luahost.CheckString(L, 1))))
	return 1
}

// addrIsV4 implements addr.isv4(host) -> boolean.
func addrIsV4(L *lua.LState) int {
	L.Push(lua.LBool(netaddr.IPVersion(luahost.CheckString(L, 1)) == 4))
	return 1
}

// addrIsV6 implements addr.isv6(host) -> boolean.
func addrIsV6(L *lua.LState) int {
	L.Push(lua.LBool(netaddr.IPVersion(luahost.CheckString(L, 1)) == 6))
	return 1
}

// addrIsHost implements addr.ishost(host) -> boolean: whether host is a name, which has to be looked up.
func addrIsHost(L *lua.LState) int {
	host := luahost.CheckString(L, 1)
	L.Push(lua.LBool(host != "" && netaddr.IPVersion(host) == 0))
	return 1
}
