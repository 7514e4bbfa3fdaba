// Package hash is the Lua module silly.crypto.hash.
package hash

import (
	"hash"

	lua "github.com/yuin/gopher-lua"

	"silly/luahost"
	"silly/modules/internal/digest"
)

// Module is silly.crypto.hash.
var Module = luahost.Module{Name: "silly.crypto.hash", Open: open}

// binding is the module's state in one host.
type binding struct {
	env    *luahost.Env
	hashes *luahost.Class[*state]
}

// state is what is behind a Lua hash.
type state struct {
	hash hash.Hash
	busy bool // a task is inside Block with it
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env}
	b.hashes = luahost.NewClass[*state](env, L, "hash", map[string]lua.LGFunction{
		"update": b.hashUpdate,
		"final":  b.hashFinal,
		"reset":  b.hashReset,
		"digest": b.hashDigest,
	})
	module := L.NewTable()
	env.Install(L, module, "hash", map[string]lua.LGFunction{"new": b.hashNew, "hash": b.hashHash})
	return module
}

// hashNew implements hash.new(algorithm) -> hash.
func (b *binding) hashNew(L *lua.LState) int {
	L.Push(b.hashes.New(L, &state{hash: newHash(L)}))
	return 1
}

// newHash makes the hash that argument 1 names.
func newHash(L *lua.LState) hash.Hash {
	function, problem := digest.Find(luahost.CheckString(L, 1))
	if problem != "" {
		luahost.ArgumentError(L, 1, problem)
	}
	return function()
}

// hashHash implements hash.hash(algorithm, data) -> digest. It suspends when there is much data.
func (b *binding) hashHash(L *lua.LState) int {
	s := &state{hash: newHash(L)}
	b.write(L, s, luahost.CheckString(L, 2))
	return push(L, s)
}

// hashUpdate implements hash:update(data). It suspends when there is much data.
func (b *binding) hashUpdate(L *lua.LState) int {
	b.write(L, b.check(L), luahost.CheckString(L, 2))
	return 0
}

// hashFinal implements hash:final() -> digest. The hash can be updated further.
func (b *binding) hashFinal(L *lua.LState) int { return push(L, b.check(L)) }

// hashReset implements hash:reset().
func (b *binding) hashReset(L *lua.LState) int {
	b.check(L).hash.Reset()
	return 0
}

// hashDigest implements hash:digest(data) -> digest of data alone. It suspends when there is much data.
func (b *binding) hashDigest(L *lua.LState) int {
	s := b.check(L)
	data := luahost.CheckString(L, 2)
	s.hash.Reset()
	b.write(L, s, data)
	return push(L, s)
}

// check is the hash in argument 1, which no other task is using.
func (b *binding) check(L *lua.LState) *state {
	s := b.hashes.Check(L, 1)
	if s.busy {
		luahost.Raise(L, "another task uses this hash")
	}
	return s
}

// write adds data to the hash; much of it without the VM lock.
func (b *binding) write(L *lua.LState, s *state, data string) {
	s.busy = true
	defer func() { s.busy = false }()
	b.env.Compute(L, len(data) >= digest.Large, "hash", func() { _, _ = s.hash.Write([]byte(data)) })
}

func push(L *lua.LState, s *state) int {
	L.Push(lua.LString(s.hash.Sum(nil)))
	return 1
}
