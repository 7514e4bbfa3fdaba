package stdlib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func openString(L *lua.LState, library *lua.LTable) {
	install(L, library, map[string]function{
		"byte":     stringByte,
		"char":     stringChar,
		"find":     stringFind,
		"format":   stringFormat,
		"gmatch":   stringGmatch,
		"gsub":     stringGsub,
		"len":      stringLen,
		"lower":    stringLower,
		"match":    stringMatch,
		"pack":     stringPack,
		"packsize": stringPackSize,
		"rep":      stringRep,
		"reverse":  stringReverse,
		"sub":      stringSub,
		"unpack":   stringUnpack,
		"upper":    stringUpper,
	})
	// The old name of gmatch, which gopher-lua has too.
	library.RawSetString("gfind", library.RawGetString("gmatch"))
}

// stringByte implements string.byte(s [, i [, j]]) -> the codes of the bytes i to j.
func stringByte(c call) int {
	s := c.string(1)
	first := c.optInteger(2, 1)
	start, end := span(len(s), first, c.optInteger(3, first))
	return c.results(end-start, "string slice too long", func(i int) lua.LValue {
		return lua.LNumber(s[start+i])
	})
}

// stringChar implements string.char(...) -> the string of the bytes with these codes.
func stringChar(c call) int {
	b := make([]byte, c.top())
	for i := range b {
		code := c.integer(i + 1)
		if code < 0 || code > 255 {
			c.argError(i+1, "value out of range")
		}
		b[i] = byte(code)
	}
	c.pushString(string(b))
	return 1
}

// stringLen implements string.len(s) -> integer.
func stringLen(c call) int {
	c.pushNumber(float64(len(c.string(1))))
	return 1
}

// stringLower implements string.lower(s) -> string. As in Lua's own locale only ASCII letters
// change: a string is bytes, and those that are not UTF-8 must come out as they are.
func stringLower(c call) int {
	c.pushString(mapBytes(c.string(1), 'A', 'Z'))
	return 1
}

// stringRep implements string.rep(s, n [, sep]) -> string.
func stringRep(c call) int {
	s, n, sep := c.string(1), c.integer(2), c.optString(3, "")
	if n <= 0 {
		c.pushString("")
		return 1
	}
	if each := int64(len(s) + len(sep)); each > 0 && n > maxString/each {
		c.raise("resulting string too large")
	}
	if sep == "" {
		c.pushString(strings.Repeat(s, int(n)))
		return 1
	}
	c.pushString(strings.Repeat(s+sep, int(n-1)) + s)
	return 1
}

// stringReverse implements string.reverse(s) -> string.
func stringReverse(c call) int {
	s := c.string(1)
	b := make([]byte, len(s))
	for i := range b {
		b[i] = s[len(s)-1-i]
	}
	c.pushString(string(b))
	return 1
}

// stringSub implements string.sub(s, i [, j]) -> string.
func stringSub(c call) int {
	s := c.string(1)
	start, end := span(len(s), c.integer(2), c.optInteger(3, -1))
	c.pushString(s[start:end])
	return 1
}

// stringUpper implements string.upper(s) -> string, for ASCII letters as string.lower.
func stringUpper(c call) int {
	c.pushString(mapBytes(c.string(1), 'a', 'z'))
	return 1
}

// mapBytes changes the case of the ASCII letters from first to last.
func mapBytes(s string, first, last byte) string {
	b := []byte(s)
	for i := range b {
		if first <= b[i] && b[i] <= last {
			b[i] ^= 'a' - 'A'
		}
	}
	return string(b)
}

// span turns Lua's positions i to j, counted from 1 or from the end if negative, into the bounds
// start:end of a slice within a string of that length.
func span(length int, i, j int64) (start, end int) {
	n := int64(length)
	if i < 0 {
		i = max(n+i+1, 1)
	}
	if j < 0 {
		j = n + j + 1
	}
	i, j = max(i, 1), min(j, n)
	if i > j {
		return 0, 0
	}
	return int(i - 1), int(j)
}
