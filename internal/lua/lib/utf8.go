package lib

import (
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

const (
	maxUnicode = 0x10FFFF
	// maxUTF8 is the largest code of the original definition of UTF-8 (RFC 2279), with up to six bytes, which the lax
	// functions admit.
	maxUTF8 = 0x7FFFFFFF

	invalidUTF8 = "invalid UTF-8 code"
)

// openUTF8 makes the library utf8 (manual, section 6.5).
func (l *library) openUTF8() {
	t := l.global("utf8", []function{
		{"char", l.utf8Char},
		{"codepoint", utf8CodePoint},
		{"codes", l.utf8Codes},
		{"len", utf8Len},
		{"offset", utf8Offset},
	})
	t.Set(value.String("charpattern"), value.String("[\x00-\x7F\xC2-\xFD][\x80-\xBF]*"))
	l.iterator.strict = l.vm.NewNative("for iterator", func(c vm.Call) int { return utf8Next(c, false) })
	l.iterator.lax = l.vm.NewNative("for iterator", func(c vm.Call) int { return utf8Next(c, true) })
}

// utf8Char implements utf8.char(...) -> the string of the characters with these codes.
func (l *library) utf8Char(c vm.Call) int {
	b := l.buffer()
	for i := 1; i <= c.Len(); i++ {
		code := c.Int(i)
		if code < 0 || code > maxUTF8 {
			c.ArgError(i, "value out of range")
		}
		b = appendUTF8(b, uint32(code))
	}
	l.pushBuffer(c, b)
	return 1
}

// utf8CodePoint implements utf8.codepoint(s [, i [, j [, lax]]]) -> the codes of the characters that begin between the
// bytes i and j.
func utf8CodePoint(c vm.Call) int {
	s := c.Str(1)
	i := bytePosition(c.OptInt(2, 1), len(s))
	j := bytePosition(c.OptInt(3, i), len(s))
	lax := !c.Arg(4).Falsy()
	if i < 1 {
		c.ArgError(2, "out of bounds")
	}
	if j > int64(len(s)) {
		c.ArgError(3, "out of bounds")
	}
	if i > j {
		return 0
	}
	if j-i >= maxResults {
		c.Raise("stack overflow (string slice too long)")
	}
	c.Room(int(j-i)+1, "string slice too long")
	n := 0
	for at := int(i - 1); at < int(j); n++ {
		code, size := decodeUTF8(s[at:], lax)
		if size == 0 {
			c.Raise(invalidUTF8)
		}
		c.Push(value.Int(int64(code)))
		at += size
	}
	return n
}

// utf8Codes implements utf8.codes(s [, lax]) -> iterator over position and code of each character.
func (l *library) utf8Codes(c vm.Call) int {
	s := c.Str(1)
	if c.Arg(2).Falsy() {
		c.Push(l.iterator.strict)
	} else {
		c.Push(l.iterator.lax)
	}
	returnString(c, 1, s)
	c.Push(value.Int(0))
	return 3
}

// utf8Next implements the iterator of utf8.codes: (s, position of a character) -> position of the next one, its code | nil.
func utf8Next(c vm.Call, lax bool) int {
	s := c.Str(1)
	at, _ := value.ToInt(c.Arg(2))
	// at is the position of the last character, so the index of the byte behind its first one.
	next := len(s)
	if uint64(at) < uint64(len(s)) {
		next = int(at)
	}
	for isContinuation(s, next) {
		next++
	}
	if next >= len(s) {
		return 0
	}
	code, size := decodeUTF8(s[next:], lax)
	if size == 0 {
		c.Raise(invalidUTF8)
	}
	return c.Return2(value.Int(int64(next)+1), value.Int(int64(code)))
}

// utf8Len implements utf8.len(s [, i [, j [, lax]]]) -> number of characters that begin between the bytes i and j | nil,
// position of the first invalid byte.
func utf8Len(c vm.Call) int {
	s := c.Str(1)
	i := bytePosition(c.OptInt(2, 1), len(s))
	j := bytePosition(c.OptInt(3, -1), len(s))
	lax := !c.Arg(4).Falsy()
	if i < 1 || i > int64(len(s))+1 {
		c.ArgError(2, "initial position out of bounds")
	}
	if j > int64(len(s)) {
		c.ArgError(3, "final position out of bounds")
	}
	n := 0
	for at := int(i - 1); at < int(j); n++ {
		_, size := decodeUTF8(s[at:], lax)
		if size == 0 {
			return c.Return2(value.Nil, value.Int(int64(at)+1))
		}
		at += size
	}
	return c.Return(value.Int(int64(n)))
}

// utf8Offset implements utf8.offset(s, n [, i]) -> the position of the n-th character, counted from byte i | nil.
func utf8Offset(c vm.Call) int {
	s, n := c.Str(1), c.Int(2)
	start := int64(1)
	if n < 0 {
		start = int64(len(s)) + 1
	}
	start = bytePosition(c.OptInt(3, start), len(s))
	if start < 1 || start > int64(len(s))+1 {
		c.ArgError(3, "position out of bounds")
	}
	at := int(start - 1)
	if n == 0 {
		for at > 0 && isContinuation(s, at) {
			at--
		}
		return c.Return(value.Int(int64(at) + 1))
	}
	if isContinuation(s, at) {
		c.Raise("initial position is a continuation byte")
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
		return c.Return(value.Nil)
	}
	return c.Return(value.Int(int64(at) + 1))
}

// bytePosition turns a position that is negative, so counted from the end, into one from the start: 0 if it lies in front
// of it.
func bytePosition(i int64, length int) int64 {
	if i >= 0 {
		return i
	}
	return max(int64(length)+i+1, 0)
}

// isContinuation reports whether there is a byte at that index and it is not the first byte of a character.
func isContinuation(s string, index int) bool { return index < len(s) && s[index]&0xC0 == 0x80 }

// appendUTF8 appends a code up to maxUTF8, with more than four bytes where that is needed.
func appendUTF8(b []byte, code uint32) []byte {
	if code < 0x80 {
		return append(b, byte(code))
	}
	// Each continuation byte takes 6 bits, and the first byte 6 bits at two bytes and one fewer for each further byte.
	var tail [6]byte
	at, room := len(tail), uint32(0x3F)
	for code > room {
		at--
		tail[at] = 0x80 | byte(code&0x3F)
		code >>= 6
		room >>= 1
	}
	first := ^byte(room)<<1 | byte(code)
	return append(append(b, first), tail[at:]...)
}

// decodeUTF8 is the first character of s and its size in bytes, 0 if it is not valid. With lax, surrogates and codes up to
// maxUTF8 are valid.
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
	for i := 1; i < size; i++ {
		if s[i]&0xC0 != 0x80 {
			return 0, 0
		}
		code = code<<6 | uint32(s[i]&0x3F)
	}
	// The smallest code that needs so many bytes: a longer form of a smaller one is not valid.
	smallest := [...]uint32{2: 0x80, 3: 0x800, 4: 0x10000, 5: 0x200000, 6: 0x4000000}[size]
	if code < smallest || !lax && (code > maxUnicode || code >= 0xD800 && code <= 0xDFFF) {
		return 0, 0
	}
	return code, size
}
