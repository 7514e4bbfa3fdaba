package stdlib

import (
	lua "github.com/yuin/gopher-lua"
)

const (
	maxUnicode = 0x10FFFF
	// maxUTF8 is the largest code of the original definition of UTF-8 (RFC 2279), with up to six
	// bytes, which the lax functions admit.
	maxUTF8 = 0x7FFFFFFF

	invalidUTF8 = "invalid UTF-8 code"
)

func openUTF8(L *lua.LState, library *lua.LTable) {
	install(L, library, map[string]function{
		"char":      utf8Char,
		"codepoint": utf8CodePoint,
		"codes":     utf8Codes(newFunction(L, "for iterator", utf8Next(false)), newFunction(L, "for iterator", utf8Next(true))),
		"len":       utf8Len,
		"offset":    utf8Offset,
	})
	library.RawSetString("charpattern", lua.LString("[\x00-\x7F\xC2-\xFD][\x80-\xBF]*"))
}

// utf8Char implements utf8.char(...) -> the string of the characters with these codes.
func utf8Char(c call) int {
	var result []byte
	for i := 1; i <= c.top(); i++ {
		code := c.integer(i)
		if code < 0 || code > maxUTF8 {
			c.argError(i, "value out of range")
		}
		result = appendUTF8(result, uint32(code))
	}
	c.pushString(string(result))
	return 1
}

// utf8CodePoint implements utf8.codepoint(s [, i [, j [, lax]]]) -> the codes of the characters that
// begin between the bytes i and j.
func utf8CodePoint(c call) int {
	s := c.string(1)
	i := bytePosition(c.optInteger(2, 1), len(s))
	j := bytePosition(c.optInteger(3, i), len(s))
	lax := lua.LVAsBool(c.L.Get(4))
	if i < 1 {
		c.argError(2, "out of bounds")
	}
	if j > int64(len(s)) {
		c.argError(3, "out of bounds")
	}
	var codes []lua.LValue
	for at := int(i - 1); at < int(j); {
		code, size := decodeUTF8(s[at:], lax)
		if size == 0 {
			c.raise(invalidUTF8)
		}
		codes = append(codes, lua.LNumber(code))
		at += size
	}
	return c.results(len(codes), "string slice too long", func(i int) lua.LValue {
		return codes[i]
	})
}

// utf8Codes implements utf8.codes(s [, lax]) -> iterator over position and code of each character.
func utf8Codes(strict, lax *lua.LFunction) function {
	return func(c call) int {
		s := c.string(1)
		if isContinuation(s, 0) {
			c.argError(1, invalidUTF8)
		}
		if lua.LVAsBool(c.L.Get(2)) {
			c.L.Push(lax)
		} else {
			c.L.Push(strict)
		}
		c.pushString(s)
		c.pushNumber(0)
		return 3
	}
}

// utf8Next implements the iterator of utf8.codes: (s, position of a character) -> position of the
// next one, its code | nil.
func utf8Next(lax bool) function {
	return func(c call) int {
		s, at := c.string(1), c.integer(2)
		// at is the position of the last character, so the index of the byte behind its first one.
		next := max(int(min(at, int64(len(s)))), 0)
		for isContinuation(s, next) {
			next++
		}
		if next == len(s) {
			c.L.Push(lua.LNil)
			return 1
		}
		code, size := decodeUTF8(s[next:], lax)
		if size == 0 || isContinuation(s, next+size) {
			c.raise(invalidUTF8)
		}
		c.pushNumber(float64(next + 1))
		c.pushNumber(float64(code))
		return 2
	}
}

// utf8Len implements utf8.len(s [, i [, j [, lax]]]) -> number of characters that begin between the
// bytes i and j | nil, position of the first invalid byte.
func utf8Len(c call) int {
	s := c.string(1)
	i := bytePosition(c.optInteger(2, 1), len(s))
	j := bytePosition(c.optInteger(3, -1), len(s))
	lax := lua.LVAsBool(c.L.Get(4))
	if i < 1 || i > int64(len(s)+1) {
		c.argError(2, "initial position out of bounds")
	}
	if j > int64(len(s)) {
		c.argError(3, "final position out of bounds")
	}
	count := 0
	for at := int(i - 1); at < int(j); count++ {
		_, size := decodeUTF8(s[at:], lax)
		if size == 0 {
			c.L.Push(lua.LNil)
			c.pushNumber(float64(at + 1))
			return 2
		}
		at += size
	}
	c.pushNumber(float64(count))
	return 1
}

// utf8Offset implements utf8.offset(s, n [, i]) -> the position of the n-th character, counted from
// byte i | nil.
func utf8Offset(c call) int {
	s, n := c.string(1), c.integer(2)
	start := int64(1)
	if n <= 0 {
		start = int64(len(s) + 1)
	}
	start = bytePosition(c.optInteger(3, start), len(s))
	if start < 1 || start > int64(len(s)+1) {
		c.argError(3, "position out of bounds")
	}
	at := int(start - 1)
	if n == 0 {
		for at > 0 && isContinuation(s, at) {
			at--
		}
		c.pushNumber(float64(at + 1))
		return 1
	}
	if isContinuation(s, at) {
		c.raise("initial position is a continuation byte")
	}
	for ; n < 0 && at > 0; n++ {
		at--
		for at > 0 && isContinuation(s, at) {
			at--
		}
	}
	for ; n > 1 && at < len(s); n-- {
		at++
		for isContinuation(s, at) {
			at++
		}
	}
	if n != 0 && n != 1 {
		c.L.Push(lua.LNil)
		return 1
	}
	c.pushNumber(float64(at + 1))
	return 1
}

// bytePosition turns a position that is negative, so counted from the end, into one from the start:
// 0 if it lies before it.
func bytePosition(i int64, length int) int64 {
	if i >= 0 {
		return i
	}
	return max(int64(length)+i+1, 0)
}

// isContinuation reports whether there is a byte at that index and it is not the first byte of a
// character.
func isContinuation(s string, index int) bool {
	return index < len(s) && s[index]&0xC0 == 0x80
}

// appendUTF8 appends a code up to maxUTF8, with more than four bytes where that is needed.
func appendUTF8(result []byte, code uint32) []byte {
	if code < 0x80 {
		return append(result, byte(code))
	}
	// Each continuation byte takes 6 bits, and the first byte 6 bits at two bytes and one fewer for
	// each further byte.
	var tail [6]byte
	at, room := len(tail), uint32(0x3F)
	for code > room {
		at--
		tail[at] = 0x80 | byte(code&0x3F)
		code >>= 6
		room >>= 1
	}
	first := ^byte(room)<<1 | byte(code)
	return append(append(result, first), tail[at:]...)
}

// decodeUTF8 returns the first character of s and its size in bytes, 0 if it is not valid. With
// lax, surrogates and codes up to maxUTF8 are valid.
func decodeUTF8(s string, lax bool) (code uint32, size int) {
	if s == "" {
		return 0, 0
	}
	first := s[0]
	if first < 0x80 {
		return uint32(first), 1
	}
	// The number of leading ones is the size.
	for bit := byte(0x80); first&bit != 0; bit >>= 1 {
		size++
	}
	if size < 2 || size > 6 || size > len(s) {
		return 0, 0
	}
	code = uint32(first & (0x7F >> size))
	for _, b := range []byte(s[1:size]) {
		if b&0xC0 != 0x80 {
			return 0, 0
		}
		code = code<<6 | uint32(b&0x3F)
	}
	// The smallest code that needs so many bytes: a longer form of a smaller one is not valid.
	smallest := [...]uint32{2: 0x80, 3: 0x800, 4: 0x10000, 5: 0x200000, 6: 0x4000000}[size]
	if code < smallest {
		return 0, 0
	}
	if !lax && (code > maxUnicode || code >= 0xD800 && code <= 0xDFFF) {
		return 0, 0
	}
	return code, size
}
