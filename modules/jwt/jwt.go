// Package jwt is the Lua module silly.security.jwt: JSON Web Tokens, signed (RFC 7519, RFC 7515).
package jwt

import (
	"errors"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/luahost"
	"silly/modules/internal/digest"
	"silly/modules/internal/keys"
	"silly/modules/json"
)

// Module is silly.security.jwt.
var Module = luahost.Module{Name: "silly.security.jwt", Open: open}

// binding is the module's state in one host.
type binding struct{ env *luahost.Env }

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := binding{env}
	module := L.NewTable()
	env.Install(L, module, "jwt", map[string]lua.LGFunction{"encode": b.jwtEncode, "decode": b.jwtDecode})
	return module
}

// jwtEncode implements jwt.encode(payload, key [, algorithm]) -> token | nil, err. It suspends with slow keys.
func (b binding) jwtEncode(L *lua.LState) int {
	call := vm.CallOf(L)
	payload := value.OfTable(call.Table(1))
	key, slow := b.signer(L, (*keys.Key).SlowPrivate)
	name := luahost.OptString(L, 3, "HS256")
	text, problem := json.Encode(payload, call.Poll)
	if problem == "" && text == "[]" {
		text = "{}"
	}
	if problem == "" && !strings.HasPrefix(text, "{") {
		problem = "an object is needed, not an array"
	}
	if problem != "" {
		return luahost.PushError(L, errors.New("invalid payload: "+problem))
	}
	var signed string
	var err error
	b.env.Compute(L, slow || len(text) >= digest.Large, "jwt.encode", func() { signed, err = key.sign(name, text) })
	if err != nil {
		return luahost.PushError(L, err)
	}
	L.Push(lua.LString(signed))
	return 1
}

// jwtDecode implements jwt.decode(token, key) -> payload | nil, err. It suspends with slow keys.
func (b binding) jwtDecode(L *lua.LState) int {
	call := vm.CallOf(L)
	text := luahost.CheckString(L, 1)
	key, slow := b.signer(L, (*keys.Key).SlowPublic)
	t, err := parse(text)
	if err != nil {
		return luahost.PushError(L, err)
	}
	name, err := algorithm(t.header, call.Poll)
	if err != nil {
		return luahost.PushError(L, err)
	}
	b.env.Compute(L, slow || len(text) >= digest.Large, "jwt.decode", func() { err = key.verify(t, name) })
	if err != nil {
		return luahost.PushError(L, err)
	}
	payload, err := json.Decode(t.payload, call.Poll)
	if err != nil || !isObject(t.payload) {
		return luahost.PushError(L, errors.New("invalid payload"))
	}
	L.Push(value.Hold(payload))
	return 1
}

// isObject reports whether a JSON text is an object.
func isObject(text string) bool { return strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") }

// algorithm is what the header of a token says. A header that says what must be understood, and is not, is refused (RFC 7515
// section 4.1.11).
func algorithm(header string, poll func()) (string, error) {
	decoded, err := json.Decode(header, poll)
	if err != nil || !isObject(header) {
		return "", errors.New("invalid header")
	}
	name := value.GetString(decoded.LTable(), "alg")
	if !name.IsString() || !value.GetString(decoded.LTable(), "crit").IsNil() {
		return "", errors.New("invalid header")
	}
	return name.Str(), nil
}

// signer is the key in argument 2: a secret, or one of silly.crypto.pkey. slow is what of it says whether it takes long.
func (b binding) signer(L *lua.LState, slow func(*keys.Key) bool) (signer, bool) {
	if key, ok := luahost.ValueOf(L.Get(2)).(*keys.Key); ok {
		return keySigner(key), slow(key)
	}
	secret, ok := L.Get(2).(lua.LString)
	if !ok {
		luahost.TypeError(L, 2, "secret or key")
	}
	if secret == "" {
		luahost.ArgumentError(L, 2, "the secret is empty")
	}
	return secretSigner(string(secret)), false
}
