// Package base64 is the Lua module silly.encoding.base64: RFC 4648, sections 4 and 5.
package base64

import (
	"encoding/base64"

	lua "github.com/yuin/gopher-lua"

	"silly/luahost"
)

// Module is silly.encoding.base64.
var Module = luahost.Module{Name: "silly.encoding.base64", Open: open}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	module := L.NewTable()
	env.Install(L, module, "base64", map[string]lua.LGFunction{
		"encode":         base64Encode,
		"decode":         base64Decode,
		"urlsafe_encode": base64URLSafeEncode,
		"urlsafe_decode": base64Decode,
	})
	return module
}

// base64Encode implements base64.encode(data) -> string.
func base64Encode(L *lua.LState) int {
	return encode(L, base64.StdEncoding)
}

// base64URLSafeEncode implements base64.urlsafe_encode(data) -> string.
func base64URLSafeEncode(L *lua.LState) int {
	return encode(L, base64.RawURLEncoding)
}

func encode(L *lua.LState, encoding *base64.Encoding) int {
	L.Push(lua.LString(encoding.EncodeToString([]byte(luahost.CheckString(L, 1)))))
	return 1
}

// base64Decode implements base64.decode(text) and base64.urlsafe_decode(text) -> data.
func base64Decode(L *lua.LState) int {
	L.Push(lua.LString(decode(luahost.CheckString(L, 1))))
	return 1
}

// sextets are the values of the characters of both alphabets, 64 for all other characters.
var sextets = func() (table [256]byte) {
	for i := range table {
		table[i] = 64
	}
	const common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	for i := range len(common) {
		table[common[i]] = byte(i)
	}
	table['+'], table['-'], table['/'], table['_'] = 62, 62, 63, 63
	return table
}()

// decode reads both alphabets, up to the first padding, and skips all other characters.
func decode(text string) []byte {
	data := make([]byte, 0, len(text)/4*3+3)
	var bits uint32
	n := 0
	for i := range len(text) {
		if text[i] == '=' {
			break
		}
		v := sextets[text[i]]
		if v == 64 {
			continue
		}
		bits = bits<<6 | uint32(v)
		if n += 6; n >= 8 {
			n -= 8
			data = append(data, byte(bits>>n))
		}
	}
	return data
}
