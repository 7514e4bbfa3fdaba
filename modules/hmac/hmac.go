// Package hmac is the Lua module silly.crypto.hmac: RFC 2104.
package hmac

import (
	"crypto/hmac"

	lua "github.com/yuin/gopher-lua"

	"silly/luahost"
	"silly/modules/internal/digest"
)

// Module is silly.crypto.hmac.
var Module = luahost.Module{Name: "silly.crypto.hmac", Open: open}

// binding is the module's state in one host.
type binding struct{ env *luahost.Env }

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := binding{env}
	module := L.NewTable()
	env.Install(L, module, "hmac", map[string]lua.LGFunction{"digest": b.hmacDigest, "verify": b.hmacVerify})
	return module
}

// hmacDigest implements hmac.digest(key, data, algorithm) -> mac. It suspends when there is much data.
func (b binding) hmacDigest(L *lua.LState) int {
	L.Push(lua.LString(b.mac(L)))
	return 1
}

// hmacVerify implements hmac.verify(key, data, algorithm, mac) -> boolean, in constant time.
func (b binding) hmacVerify(L *lua.LState) int {
	mac := luahost.CheckString(L, 4)
	L.Push(lua.LBool(hmac.Equal([]byte(mac), b.mac(L))))
	return 1
}

// mac computes the code for the key, the data and the algorithm in the first three arguments.
func (b binding) mac(L *lua.LState) (mac []byte) {
	key, data := luahost.CheckString(L, 1), luahost.CheckString(L, 2)
	function, problem := digest.Find(luahost.CheckString(L, 3))
	if problem != "" {
		luahost.ArgumentError(L, 3, problem)
	}
	b.env.Compute(L, len(key)+len(data) >= digest.Large, "hmac.digest", func() {
		h := hmac.New(function, []byte(key))
		_, _ = h.Write([]byte(data))
		mac = h.Sum(nil)
	})
	return mac
}
