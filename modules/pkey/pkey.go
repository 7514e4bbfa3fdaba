// Package pkey is the Lua module silly.crypto.pkey: keys that sign, and RSA keys that encrypt.
package pkey

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"silly/luahost"
	"silly/modules/internal/digest"
	"silly/modules/internal/keys"
)

// Module is silly.crypto.pkey.
var Module = luahost.Module{Name: "silly.crypto.pkey", Open: open}

// binding is the module's state in one host.
type binding struct {
	env  *luahost.Env
	keys *luahost.Class[*keys.Key]
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env}
	b.keys = luahost.NewClass[*keys.Key](env, L, "pkey", map[string]lua.LGFunction{
		"sign":    b.keySign,
		"verify":  b.keyVerify,
		"encrypt": b.keyEncrypt,
		"decrypt": b.keyDecrypt,
	})
	module := L.NewTable()
	for name, padding := range map[string]int{"RSA_PKCS1": keys.PKCS1, "RSA_NO": keys.None, "RSA_PKCS1_OAEP": keys.OAEP, "RSA_X931": keys.X931} {
		module.RawSetString(name, lua.LNumber(padding))
	}
	env.Install(L, module, "pkey", map[string]lua.LGFunction{"new": b.pkeyNew})
	return module
}

// pkeyNew implements pkey.new(pem [, password]) -> key | nil, err. It suspends for private keys.
func (b *binding) pkeyNew(L *lua.LState) int {
	text, password := luahost.CheckString(L, 1), luahost.OptString(L, 2, "")
	block, err := keys.Find(text)
	if err != nil {
		return luahost.PushError(L, err)
	}
	var key *keys.Key
	b.env.Compute(L, keys.Slow(block), "pkey.new", func() { key, err = keys.Parse(block, password) })
	if err != nil {
		return luahost.PushError(L, err)
	}
	L.Push(b.keys.New(L, key))
	return 1
}

// hash is the name of the digest in argument n, and what makes it.
func hash(L *lua.LState, n int) (name string, sum func(data string) []byte) {
	name = strings.ToLower(luahost.CheckString(L, n))
	function, problem := digest.Find(name)
	if problem != "" {
		luahost.ArgumentError(L, n, problem)
	}
	return strings.Replace(name, "sha-", "sha", 1), func(data string) []byte {
		h := function()
		_, _ = h.Write([]byte(data))
		return h.Sum(nil)
	}
}

// keySign implements key:sign(message, algorithm) -> signature. It suspends but for short messages and small curves.
func (b *binding) keySign(L *lua.LState) int {
	key, message := b.keys.Check(L, 1), luahost.CheckString(L, 2)
	name, sum := hash(L, 3)
	if !key.Private() {
		luahost.Raise(L, "%s", keys.ErrNoPrivate)
	}
	var signature []byte
	var err error
	b.env.Compute(L, key.SlowPrivate() || len(message) >= digest.Large, "pkey:sign", func() { signature, err = key.Sign(name, sum(message)) })
	if err != nil {
		luahost.Raise(L, "%s", err)
	}
	L.Push(lua.LString(signature))
	return 1
}

// keyVerify implements key:verify(message, signature, algorithm) -> boolean. It suspends for long messages and large keys.
func (b *binding) keyVerify(L *lua.LState) int {
	key, message, signature := b.keys.Check(L, 1), luahost.CheckString(L, 2), luahost.CheckString(L, 3)
	name, sum := hash(L, 4)
	good := false
	b.env.Compute(L, key.SlowPublic() || len(message) >= digest.Large, "pkey:verify", func() {
		good = key.Verify(name, sum(message), []byte(signature))
	})
	L.Push(lua.LBool(good))
	return 1
}

// keyEncrypt implements key:encrypt(plain [, padding [, hash]]) -> data | nil, err. It suspends for large keys.
func (b *binding) keyEncrypt(L *lua.LState) int {
	key, plain := b.keys.Check(L, 1), luahost.CheckString(L, 2)
	padding, name := paddingArguments(L)
	var sealed []byte
	var err error
	b.env.Compute(L, key.SlowPublic(), "pkey:encrypt", func() { sealed, err = key.Encrypt([]byte(plain), padding, name) })
	return luahost.PushData(L, sealed, err)
}

// keyDecrypt implements key:decrypt(data [, padding [, hash]]) -> plain | nil, err. It suspends.
func (b *binding) keyDecrypt(L *lua.LState) int {
	key, sealed := b.keys.Check(L, 1), luahost.CheckString(L, 2)
	padding, name := paddingArguments(L)
	var plain []byte
	var err error
	b.env.Compute(L, true, "pkey:decrypt", func() { plain, err = key.Decrypt([]byte(sealed), padding, name) })
	return luahost.PushData(L, plain, err)
}

// paddingArguments are the padding in argument 3 and the hash function of OAEP in argument 4.
func paddingArguments(L *lua.LState) (padding int, name string) {
	switch n := luahost.OptInteger(L, 3, keys.PKCS1); n {
	case keys.PKCS1, keys.None, keys.OAEP, keys.X931:
		padding = int(n)
	default:
		luahost.ArgumentError(L, 3, "pkey.RSA_PKCS1 or pkey.RSA_PKCS1_OAEP expected")
	}
	if L.Get(4) == lua.LNil {
		return padding, "sha1"
	}
	name, _ = hash(L, 4)
	if !keys.HasOAEP(name) {
		luahost.ArgumentError(L, 4, "RSA does not use "+name)
	}
	return padding, name
}
