package ws

import (
	"encoding/binary"
	"math/bits"
)

// utf8Check validates UTF-8 that arrives in pieces (RFC 3629). It finds an error at the first byte
// that no valid text can have at that place, so that a connection fails as early as RFC 6455
// section 8.1 lets it. The zero value is at the start of a text.
type utf8Check struct {
	// next describes the continuation bytes that the code point at the end of the last piece still
	// lacks.
	next continuation
}

// continuation is what must follow a byte: how many continuation bytes, and the range of the first
// of them. The range is where overlong forms, surrogates and code points above U+10FFFF are caught;
// the bytes after it range over 80..BF.
type continuation struct{ missing, low, high uint8 }

// continuations tells what must follow each byte from 80 on. Bytes that begin no code point have
// nothing missing.
var continuations = func() (table [0x80]continuation) {
	set := func(first, last byte, c continuation) {
		for b := int(first); b <= int(last); b++ {
			table[b-0x80] = c
		}
	}
	set(0xC2, 0xDF, continuation{1, 0x80, 0xBF})
	set(0xE0, 0xE0, continuation{2, 0xA0, 0xBF})
	set(0xE1, 0xEF, continuation{2, 0x80, 0xBF})
	set(0xED, 0xED, continuation{2, 0x80, 0x9F})
	set(0xF0, 0xF0, continuation{3, 0x90, 0xBF})
	set(0xF1, 0xF3, continuation{3, 0x80, 0xBF})
	set(0xF4, 0xF4, continuation{3, 0x80, 0x8F})
	return table
}()

// complete reports whether the text may end here.
func (c *utf8Check) complete() bool { return c.next.missing == 0 }

// advance checks the next piece of the text and returns how many of its bytes are valid. When that
// is less than len(p), p[n] is the byte that makes the text invalid, and c is of no further use.
func (c *utf8Check) advance(p []byte) (n int) {
	i, ok := c.finish(p, 0)
	for ok && i < len(p) {
		i += asciiPrefix(p[i:])
		i += multiBytePrefix(p[i:])
		if i == len(p) || p[i] < 0x80 {
			continue
		}
		// The last bytes of p, or an error, whose place this finds.
		c.next = continuations[p[i]-0x80]
		if c.next.missing == 0 {
			return i
		}
		i, ok = c.finish(p, i+1)
	}
	return i
}

// finish checks the continuation bytes that are still missing, from p[i] on. It returns the index
// after them, or that of the byte that is wrong and false.
func (c *utf8Check) finish(p []byte, i int) (int, bool) {
	for c.next.missing > 0 && i < len(p) {
		if p[i] < c.next.low || p[i] > c.next.high {
			return i, false
		}
		c.next = continuation{c.next.missing - 1, 0x80, 0xBF}
		i++
	}
	return i, true
}

// multiBytePrefix returns the number of bytes of the valid code points beyond ASCII that p begins
// with. It looks at four bytes at a time, so it leaves the last ones of p to its caller.
func multiBytePrefix(p []byte) (n int) {
	rest := p
	for len(rest) >= 4 {
		word := binary.LittleEndian.Uint32(rest)
		switch {
		case word&0x00C0C0F0 == 0x008080E0:
			// The lead's low half, and the bit that splits the range of the byte after it.
			if split := word & 0x0000200F; split == 0x0000 || split == 0x200D {
				return len(p) - len(rest) // overlong (E0 80..9F) or a surrogate (ED A0..BF)
			}
			rest = rest[3:]
		case word&0x0000C0E0 == 0x000080C0:
			if word&0x1E == 0 {
				return len(p) - len(rest) // overlong (C0 or C1)
			}
			rest = rest[2:]
		case word&0xC0C0C0F8 == 0x808080F0:
			// The lead's low bits, then the two bits of the next byte that count with them.
			if plane := word&0x07<<2 | word>>12&0x03; plane == 0 || plane > 0x10 {
				return len(p) - len(rest) // overlong (F0 80..8F) or above U+10FFFF (F4 90 and more)
			}
			rest = rest[4:]
		default:
			return len(p) - len(rest)
		}
	}
	return len(p) - len(rest)
}

// asciiPrefix returns the number of ASCII bytes that p begins with.
func asciiPrefix(p []byte) (n int) {
	const high = 0x8080808080808080
	rest := p
	for len(rest) >= 32 {
		all := binary.LittleEndian.Uint64(rest) | binary.LittleEndian.Uint64(rest[8:]) |
			binary.LittleEndian.Uint64(rest[16:]) | binary.LittleEndian.Uint64(rest[24:])
		if all&high != 0 {
			break
		}
		rest = rest[32:]
	}
	for len(rest) >= 8 {
		if set := binary.LittleEndian.Uint64(rest) & high; set != 0 {
			return len(p) - len(rest) + bits.TrailingZeros64(set)/8
		}
		rest = rest[8:]
	}
	for len(rest) > 0 && rest[0] < 0x80 {
		rest = rest[1:]
	}
	return len(p) - len(rest)
}
