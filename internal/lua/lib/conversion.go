package lib

import (
	"math"
	"strconv"
	"strings"
)

// A conversion is one conversion specification of string.format, such as "%-5.2f", as C's printf understands it.
type conversion struct {
	minus, plus, space, sharp, zero bool
	width                           int
	precision                       int // -1 if there is none
	verb                            byte
}

// maxConversion is the length of the longest conversion specification without its '%'.
const maxConversion = 21

// conversionLength is the length of the conversion specification, without its '%', at the beginning of s. It is one more
// than s has if its end is missing.
func conversionLength(s string) int {
	n := 0
	for n < len(s) && (isDigit(s[n]) || strings.IndexByte("-+#. ", s[n]) >= 0) {
		n++
	}
	return n + 1
}

// parseConversion reads a specification that ends with its verb. It reports false if that admits other flags only, or no
// precision.
func parseConversion(s, flags string, precision bool) (conversion, bool) {
	conv := conversion{precision: -1, verb: s[len(s)-1]}
	i := 0
	for ; strings.IndexByte(flags, s[i]) >= 0; i++ {
		switch s[i] {
		case '-':
			conv.minus = true
		case '+':
			conv.plus = true
		case ' ':
			conv.space = true
		case '#':
			conv.sharp = true
		case '0':
			conv.zero = true
		}
	}
	if s[i] != '0' {
		conv.width, i = twoDigits(s, i)
		if s[i] == '.' && precision {
			conv.precision, i = twoDigits(s, i+1)
		}
	}
	return conv, i == len(s)-1
}

// twoDigits reads a number of at most two digits at i, 0 if there is none, and returns what is behind it.
func twoDigits(s string, i int) (n, end int) {
	end = i
	for end < i+2 && isDigit(s[end]) {
		n = n*10 + int(s[end]-'0')
		end++
	}
	return n, end
}

// pad fills up what was appended to b from start on to the width: at the left, or behind the first prefix bytes with
// zeros if the flag asks for it and they are allowed.
func (conv conversion) pad(b []byte, start, prefix int, zeros bool) []byte {
	fill := conv.width - (len(b) - start)
	if fill <= 0 {
		return b
	}
	at, with := start, byte(' ')
	switch {
	case conv.minus:
		at = len(b)
	case conv.zero && zeros:
		at, with = start+prefix, '0'
	}
	end := len(b)
	for range fill {
		b = append(b, with)
	}
	copy(b[at+fill:], b[at:end])
	for i := range fill {
		b[at+i] = with
	}
	return b
}

// appendText appends for %s, %c and %p.
func (conv conversion) appendText(b []byte, s string) []byte {
	if conv.precision >= 0 {
		s = s[:min(conv.precision, len(s))]
	}
	return conv.pad(append(b, s...), len(b), 0, false)
}

// appendSign appends the sign of a number.
func (conv conversion) appendSign(b []byte, negative bool) []byte {
	switch {
	case negative:
		return append(b, '-')
	case conv.plus:
		return append(b, '+')
	case conv.space:
		return append(b, ' ')
	}
	return b
}

// appendDigits appends the digits of an integer, at least as many as the precision says.
func (conv conversion) appendDigits(b []byte, i uint64, base int) []byte {
	if i == 0 && conv.precision == 0 {
		return b
	}
	var memory [64]byte
	digits := strconv.AppendUint(memory[:0], i, base)
	for n := len(digits); n < conv.precision; n++ {
		b = append(b, '0')
	}
	return append(b, digits...)
}

// appendSigned appends for %d and %i.
func (conv conversion) appendSigned(b []byte, i int64) []byte {
	start := len(b)
	magnitude := uint64(i)
	if i < 0 {
		magnitude = -magnitude
	}
	b = conv.appendSign(b, i < 0)
	prefix := len(b) - start
	// The flag 0 has no effect beside a precision.
	return conv.pad(conv.appendDigits(b, magnitude, 10), start, prefix, conv.precision < 0)
}

// appendUnsigned appends for %u, %o, %x and %X.
func (conv conversion) appendUnsigned(b []byte, i uint64) []byte {
	start, prefix := len(b), 0
	switch conv.verb {
	case 'u':
		b = conv.appendDigits(b, i, 10)
	case 'o':
		b = conv.appendDigits(b, i, 8)
		if conv.sharp && (len(b) == start || b[start] != '0') {
			b = append(b, 0)
			copy(b[start+1:], b[start:])
			b[start] = '0'
		}
	default:
		if conv.sharp && i != 0 {
			b = append(b, "0x"...)
			prefix = 2
		}
		b = conv.appendDigits(b, i, 16)
		if conv.verb == 'X' {
			toUpper(b[start:])
		}
	}
	return conv.pad(b, start, prefix, conv.precision < 0)
}

// appendFloat appends for %a, %e, %f, %g and their capital letters.
func (conv conversion) appendFloat(b []byte, f float64) []byte {
	start := len(b)
	b = conv.appendSign(b, math.Signbit(f))
	prefix := len(b) - start
	f = math.Abs(f)
	finite := false
	switch {
	case math.IsInf(f, 0):
		b = append(b, "inf"...)
	case math.IsNaN(f):
		b = append(b, "nan"...)
	default:
		finite = true
		precision := conv.precision
		if precision < 0 {
			precision = 6
		}
		digits := len(b)
		switch conv.verb | 0x20 {
		case 'a':
			b = append(b, "0x"...)
			prefix += 2
			b = conv.appendHex(b, f)
		case 'g':
			b = conv.appendGeneral(b, f, max(precision, 1))
		default:
			b = conv.point(strconv.AppendFloat(b, f, conv.verb|0x20, precision, 64), digits)
		}
	}
	if conv.verb < 'a' {
		toUpper(b[start:])
	}
	return conv.pad(b, start, prefix, finite)
}

// appendGeneral appends for %g: with an exponent only if that is shorter.
func (conv conversion) appendGeneral(b []byte, f float64, precision int) []byte {
	if !conv.sharp {
		return strconv.AppendFloat(b, f, 'g', precision, 64)
	}
	// The flag # keeps the zeros at the end.
	start := len(b)
	b = strconv.AppendFloat(b, f, 'e', precision-1, 64)
	_, text, _ := strings.Cut(string(b[start:]), "e")
	if exponent, err := strconv.Atoi(text); err == nil && exponent >= -4 && exponent < precision {
		b = strconv.AppendFloat(b[:start], f, 'f', precision-1-exponent, 64)
	}
	return conv.point(b, start)
}

// appendHex appends for %a, without the "0x", as the C library of GNU does: a number too small for a full mantissa keeps
// the smallest exponent.
func (conv conversion) appendHex(b []byte, f float64) []byte {
	const fraction = 52 // bits behind the point
	word := math.Float64bits(f)
	mantissa, exponent := word&(1<<fraction-1), int(word>>fraction)-1023
	switch {
	case f == 0:
		exponent = 0
	case exponent == -1023:
		exponent++
	default:
		mantissa |= 1 << fraction
	}
	digits := fraction / 4
	switch {
	case conv.precision < 0: // as many as needed
		for digits > 0 && mantissa>>(fraction-4*digits)&0xf == 0 {
			digits--
		}
	case conv.precision < digits:
		// Round to even.
		digits = conv.precision
		unit := uint64(1) << (fraction - 4*digits)
		rest := mantissa & (unit - 1)
		mantissa -= rest
		if rest > unit/2 || rest == unit/2 && mantissa&unit != 0 {
			mantissa += unit
		}
	}
	b = appendInt(b, int64(mantissa>>fraction))
	if digits > 0 || conv.sharp || conv.precision > 0 {
		b = append(b, '.')
	}
	for i := 1; i <= digits; i++ {
		b = append(b, "0123456789abcdef"[mantissa>>(fraction-4*i)&0xf])
	}
	for i := digits; i < conv.precision; i++ {
		b = append(b, '0')
	}
	b = append(b, 'p')
	if exponent >= 0 {
		b = append(b, '+')
	}
	return appendInt(b, int64(exponent))
}

// point adds the point that the flag # asks for to the digits from start on that have none.
func (conv conversion) point(b []byte, start int) []byte {
	if !conv.sharp {
		return b
	}
	for i := start; i < len(b); i++ {
		switch b[i] {
		case '.':
			return b
		case 'e':
			b = append(b, 0)
			copy(b[i+1:], b[i:])
			b[i] = '.'
			return b
		}
	}
	return append(b, '.')
}

func toUpper(b []byte) {
	for i := range b {
		if 'a' <= b[i] && b[i] <= 'z' {
			b[i] -= 'a' - 'A'
		}
	}
}
