package lib

import (
	"strings"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// openString makes the library string (manual, section 6.4), which is what strings are indexed with.
func (l *library) openString() {
	t := l.global("string", []function{
		{"byte", stringByte},
		{"char", l.stringChar},
		{"dump", stringDump},
		{"find", l.stringFind},
		{"format", l.stringFormat},
		{"gmatch", l.stringGmatch},
		{"gsub", l.stringGsub},
		{"len", stringLen},
		{"lower", stringLower},
		{"match", l.stringMatch},
		{"pack", l.stringPack},
		{"packsize", stringPackSize},
		{"rep", stringRep},
		{"reverse", stringReverse},
		{"sub", stringSub},
		{"unpack", stringUnpack},
		{"upper", stringUpper},
	})
	meta := value.NewTable(0, 1)
	meta.Set(value.String("__index"), t.Value())
	l.vm.SetStringMetatable(&meta.LTable)
}

// stringByte implements string.byte(s [, i [, j]]) -> the codes of the bytes i to j.
func stringByte(c vm.Call) int {
	s, first := "", int64(1)
	if v := c.Arg(1); v.IsString() {
		s = v.Str()
	} else {
		s = c.Str(1)
	}
	if v := c.Arg(2); v.IsInt() {
		first = v.AsInt()
	} else {
		first = c.OptInt(2, 1)
	}
	last := first
	if c.Len() > 2 {
		last = c.OptInt(3, first)
	}
	if first == last && uint64(first-1) < uint64(len(s)) {
		return c.Return(value.Int(int64(s[first-1])))
	}
	start, end := span(len(s), first, last)
	if end-start > 1 {
		if end-start >= maxResults {
			c.Raise("stack overflow (string slice too long)")
		}
		c.Room(end-start, "string slice too long")
	}
	for i := start; i < end; i++ {
		c.Push(value.Int(int64(s[i])))
	}
	return end - start
}

// stringChar implements string.char(...) -> the string of the bytes with these codes.
func (l *library) stringChar(c vm.Call) int {
	var memory [16]byte
	b := memory[:0]
	if c.Len() > len(memory) {
		b = l.buffer()
	}
	for i := range c.Len() {
		code := c.Int(i + 1)
		if code < 0 || code > 255 {
			c.ArgError(i+1, "value out of range")
		}
		b = append(b, byte(code))
	}
	if len(b) > len(memory) {
		l.pushBuffer(c, b)
		return 1
	}
	return c.Return(value.String(string(b)))
}

// stringDump implements string.dump(function [, strip]), which raises: there is no binary form of functions.
func stringDump(c vm.Call) int {
	c.Function(1)
	c.Raise("unable to dump given function")
	return 0
}

// stringLen implements string.len(s) -> integer.
func stringLen(c vm.Call) int {
	return c.Return(value.Int(int64(len(c.Str(1)))))
}

// stringLower implements string.lower(s) -> string. As in the locale "C" only ASCII letters change.
func stringLower(c vm.Call) int { return changeCase(c, 'A', 'Z') }

// stringRep implements string.rep(s, n [, sep]) -> string.
func stringRep(c vm.Call) int {
	s, n, sep := c.Str(1), c.Int(2), c.OptStr(3, "")
	switch {
	case n <= 0:
		return c.Return(value.String(""))
	case n == 1:
		return returnString(c, 1, s)
	}
	each := int64(len(s)) + int64(len(sep))
	if each == 0 {
		return c.Return(value.String(""))
	}
	if n > maxString/each {
		c.Raise(tooLarge)
	}
	b := make([]byte, 0, each*n-int64(len(sep)))
	b = append(append(b, s...), sep...)
	// What is there is copied, twice as much each time, in whole repetitions.
	limit := max(pollBytes/int(each), 1) * int(each)
	for len(b) < cap(b) {
		c.Poll()
		b = append(b, b[:min(len(b), limit, cap(b)-len(b))]...)
	}
	return c.Return(value.Bytes(b))
}

// stringReverse implements string.reverse(s) -> string.
func stringReverse(c vm.Call) int {
	s := c.Str(1)
	if len(s) < 2 {
		return returnString(c, 1, s)
	}
	b := make([]byte, len(s))
	for i := range b {
		b[i] = s[len(s)-1-i]
	}
	return c.Return(value.Bytes(b))
}

// stringSub implements string.sub(s, i [, j]) -> string.
func stringSub(c vm.Call) int {
	s, last := "", int64(-1)
	if v := c.Arg(1); v.IsString() {
		s = v.Str()
	} else {
		s = c.Str(1)
	}
	var first int64
	if v := c.Arg(2); v.IsInt() {
		first = v.AsInt()
	} else {
		first = c.Int(2)
	}
	if v := c.Arg(3); v.IsInt() {
		last = v.AsInt()
	} else {
		last = c.OptInt(3, -1)
	}
	start, end := span(len(s), first, last)
	if end-start == len(s) {
		return returnString(c, 1, s)
	}
	return c.Return(part(s, start, end))
}

// stringUpper implements string.upper(s) -> string, for ASCII letters as string.lower.
func stringUpper(c vm.Call) int { return changeCase(c, 'a', 'z') }

// changeCase returns argument 1 with the case of the ASCII letters from first to last changed.
func changeCase(c vm.Call, first, last byte) int {
	s := c.Str(1)
	for i := range len(s) {
		if first <= s[i] && s[i] <= last {
			b := []byte(s)
			for ; i < len(b); i++ {
				if first <= b[i] && b[i] <= last {
					b[i] ^= 'a' - 'A'
				}
			}
			return c.Return(value.Bytes(b))
		}
	}
	return returnString(c, 1, s)
}

// returnString returns argument n, which reads as s.
func returnString(c vm.Call, n int, s string) int {
	if v := c.Arg(n); v.IsString() {
		return c.Return(v)
	}
	return c.Return(value.String(s))
}

// part is the string s[start:end]. A small part of a long string is copied, so that it does not keep all of it.
func part(s string, start, end int) value.Value {
	if n := end - start; n > 1 && len(s) > 256 && n < len(s)/4 {
		return value.String(strings.Clone(s[start:end]))
	}
	return value.String(s[start:end])
}

// span turns Lua's positions i to j, counted from 1 or from the end if negative, into the bounds start:end of a slice
// within a string of that length.
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
