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

// sextets are the values of the characters of both alphabets, and 1; 0 is for all other characters.
var sextets = [256]byte{
	'A': 1, 'B': 2, 'C': 3, 'D': 4, 'E': 5, 'F': 6, 'G': 7, 'H': 8, 'I': 9, 'J': 10, 'K': 11, 'L': 12, 'M': 13,
	'N': 14, 'O': 15, 'P': 16, 'Q': 17, 'R': 18, 'S': 19, 'T': 20, 'U': 21, 'V': 22, 'W': 23, 'X': 24, 'Y': 25, 'Z': 26,
	'a': 27, 'b': 28, 'c': 29, 'd': 30, 'e': 31, 'f': 32, 'g': 33, 'h': 34, 'i': 35, 'j': 36, 'k': 37, 'l': 38, 'm': 39,
	'n': 40, 'o': 41, 'p': 42, 'q': 43, 'r': 44, 's': 45, 't': 46, 'u': 47, 'v': 48, 'w': 49, 'x': 50, 'y': 51, 'z': 52,
	'0': 53, '1': 54, '2': 55, '3': 56, '4': 57, '5': 58, '6': 59, '7': 60, '8': 61, '9': 62,
	'+': 63, '-': 63, '/': 64, '_': 64,
}

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
		if v == 0 {
			continue
		}
		bits = bits<<6 | uint32(v-1)
		if n += 6; n >= 8 {
			n -= 8
			data = append(data, byte(bits>>n))
		}
	}
	return data
}
