// Package cipher is the Lua module silly.crypto.cipher: symmetric encryption.
package cipher

import (
	lua "github.com/yuin/gopher-lua"

	"silly/luahost"
	"silly/modules/internal/digest"
)

// Module is silly.crypto.cipher.
var Module = luahost.Module{Name: "silly.crypto.cipher", Open: open}

// binding is the module's state in one host.
type binding struct {
	env     *luahost.Env
	ciphers *luahost.Class[*state]
}

// state is what is behind a Lua cipher.
type state struct {
	context
	busy bool // a task is inside Block with it
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env}
	b.ciphers = luahost.NewClass[*state](env, L, "cipher", map[string]lua.LGFunction{
		"update":     b.cipherUpdate,
		"final":      b.cipherFinal,
		"reset":      b.cipherReset,
		"setpadding": b.cipherSetPadding,
		"setaad":     b.cipherSetAAD,
		"settag":     b.cipherSetTag,
		"tag":        b.cipherTag,
	})
	module := L.NewTable()
	env.Install(L, module, "cipher", map[string]lua.LGFunction{"encryptor": b.cipherEncryptor, "decryptor": b.cipherDecryptor})
	return module
}

// cipherEncryptor implements cipher.encryptor(algorithm, key [, iv]) -> cipher.
func (b *binding) cipherEncryptor(L *lua.LState) int { return b.newCipher(L, true) }

// cipherDecryptor implements cipher.decryptor(algorithm, key [, iv]) -> cipher.
func (b *binding) cipherDecryptor(L *lua.LState) int { return b.newCipher(L, false) }

func (b *binding) newCipher(L *lua.LState, encrypts bool) int {
	a, problem := find(luahost.CheckString(L, 1))
	if problem != "" {
		luahost.ArgumentError(L, 1, problem)
	}
	s := &state{context: context{algorithm: a, encrypts: encrypts, padding: true}}
	s.begin(L)
	L.Push(b.ciphers.New(L, s))
	return 1
}

// begin begins a message with the key in argument 2 and the IV in argument 3.
func (s *state) begin(L *lua.LState) {
	key, iv := luahost.CheckString(L, 2), luahost.OptString(L, 3, "")
	if n, problem := s.context.reset([]byte(key), []byte(iv)); n != 0 {
		luahost.ArgumentError(L, n, problem)
	}
}

// cipherUpdate implements cipher:update(data) -> data. It suspends when there is much data.
func (b *binding) cipherUpdate(L *lua.LState) int {
	s := b.check(L)
	data := luahost.CheckString(L, 2)
	s.checkOpen(L, "update")
	var out []byte
	b.compute(L, s, len(data), func() { out = s.update(data) })
	L.Push(lua.LString(out))
	return 1
}

// cipherFinal implements cipher:final([data]) -> data | nil, err. It suspends when there is much data.
func (b *binding) cipherFinal(L *lua.LState) int {
	s := b.check(L)
	data := luahost.OptString(L, 2, "")
	s.checkOpen(L, "final")
	var out []byte
	var err error
	b.compute(L, s, len(s.pending)+len(data), func() {
		if data != "" {
			out = s.update(data)
		}
		var rest []byte
		rest, err = s.final()
		out = append(out, rest...)
	})
	return luahost.PushData(L, out, err)
}

// cipherReset implements cipher:reset(key [, iv]).
func (b *binding) cipherReset(L *lua.LState) int {
	b.check(L).begin(L)
	return 0
}

// cipherSetPadding implements cipher:setpadding(enabled), true or 1, false or 0.
func (b *binding) cipherSetPadding(L *lua.LState) int {
	s := b.check(L)
	switch v := L.Get(2).(type) {
	case lua.LBool:
		s.padding = bool(v)
	default:
		switch luahost.CheckInteger(L, 2) {
		case 0:
			s.padding = false
		case 1:
			s.padding = true
		default:
			luahost.ArgumentError(L, 2, "true, false, 1 or 0 expected")
		}
	}
	return 0
}

// cipherSetAAD implements cipher:setaad(data).
func (b *binding) cipherSetAAD(L *lua.LState) int {
	s := b.check(L)
	aad := luahost.CheckString(L, 2)
	switch {
	case !s.mode.aead():
		luahost.Raise(L, "cipher aad error: the algorithm does not authenticate")
	case s.begun, s.ended:
		luahost.Raise(L, "cipher aad error: the message has begun")
	}
	s.aad = append(s.aad, aad...)
	return 0
}

// cipherSetTag implements cipher:settag(tag).
func (b *binding) cipherSetTag(L *lua.LState) int {
	s := b.check(L)
	tag := luahost.CheckString(L, 2)
	switch {
	case !s.mode.aead():
		luahost.Raise(L, "cipher tag error: the algorithm does not authenticate")
	case s.encrypts:
		luahost.Raise(L, "cipher tag error: an encryptor makes the tag")
	case s.ended:
		luahost.Raise(L, "cipher tag error: final was called already")
	case len(tag) != tagLen:
		luahost.Raise(L, "cipher tag error: tag length need:%d got:%d", tagLen, len(tag))
	}
	s.context.tag = []byte(tag)
	return 0
}

// cipherTag implements cipher:tag() -> tag.
func (b *binding) cipherTag(L *lua.LState) int {
	s := b.check(L)
	switch {
	case !s.mode.aead():
		luahost.Raise(L, "cipher tag error: the algorithm does not authenticate")
	case !s.encrypts:
		luahost.Raise(L, "cipher tag error: a decryptor is given the tag")
	case !s.ended:
		luahost.Raise(L, "cipher tag error: final was not called yet")
	}
	L.Push(lua.LString(s.context.tag))
	return 1
}

// check is the cipher in argument 1, which no other task is using.
func (b *binding) check(L *lua.LState) *state {
	s := b.ciphers.Check(L, 1)
	if s.busy {
		luahost.Raise(L, "another task uses this cipher")
	}
	return s
}

// checkOpen raises when the message has ended.
func (s *state) checkOpen(L *lua.LState, what string) {
	if s.ended {
		luahost.Raise(L, "cipher %s error: final was called already, reset the cipher", what)
	}
}

// compute runs f, which works on n bytes; on many without the VM lock.
func (b *binding) compute(L *lua.LState, s *state, n int, f func()) {
	s.busy = true
	defer func() { s.busy = false }()
	b.env.Compute(L, n >= digest.Large, "cipher", f)
}
