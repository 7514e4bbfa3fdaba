package syntax

import (
	"math"
	"strconv"
	"strings"
)

// ParseNumber converts text to a number by the rules of section 3.1: white space around it and a sign are allowed,
// hexadecimal integers wrap around, decimal integers that do not fit 64 bits become floats, hexadecimal floats take a
// binary exponent. "inf" and "nan" are not numbers. The value is i if isInt is set, otherwise f; ok says whether s
// is a number at all.
func ParseNumber(s string) (i int64, f float64, isInt, ok bool) {
	s, negative := CutSign(s)
	if s == "" {
		return 0, 0, false, false
	}
	if len(s) > 1 && s[0] == '0' && s[1]|0x20 == 'x' {
		return parseHexadecimal(s, negative)
	}
	var u uint64
	for k := range len(s) {
		d := uint64(s[k] - '0')
		if s[k] < '0' || d > 9 {
			return parseDecimalFloat(s, negative)
		}
		if u >= math.MaxInt64/10 {
			last := uint64(math.MaxInt64 % 10)
			if negative {
				last++
			}
			if u > math.MaxInt64/10 || d > last {
				return parseDecimalFloat(s, negative)
			}
		}
		u = u*10 + d
	}
	if negative {
		u = -u
	}
	return int64(u), 0, true, true
}

// CutSign is a numeral without the white space around it and without its sign, which it returns.
func CutSign(s string) (digits string, negative bool) {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	return s, negative
}

// parseHexadecimal reads s, which begins with "0x" and has no sign.
func parseHexadecimal(s string, negative bool) (i int64, f float64, isInt, ok bool) {
	var u uint64
	k := 2
	for ; k < len(s) && isHexDigit(s[k]); k++ {
		u = u<<4 | uint64(hexValue(s[k]))
	}
	if k == len(s) {
		if negative {
			u = -u
		}
		return int64(u), 0, true, k > 2
	}
	digits := k - 2
	if s[k] == '.' {
		for k++; k < len(s) && isHexDigit(s[k]); k++ {
			digits++
		}
	}
	if digits == 0 {
		return 0, 0, false, false
	}
	if k == len(s) {
		s += "p0" // strconv insists on an exponent
	} else if !isExponent(s[k:], 'p') {
		return 0, 0, false, false
	}
	return parseFloat(s, negative)
}

// parseDecimalFloat reads s, which has no sign.
func parseDecimalFloat(s string, negative bool) (i int64, f float64, isInt, ok bool) {
	k, digits := 0, 0
	for ; k < len(s) && isDigit(s[k]); k++ {
		digits++
	}
	if k < len(s) && s[k] == '.' {
		for k++; k < len(s) && isDigit(s[k]); k++ {
			digits++
		}
	}
	if digits == 0 || k < len(s) && !isExponent(s[k:], 'e') {
		return 0, 0, false, false
	}
	return parseFloat(s, negative)
}

// isExponent reports whether s is the letter, an optional sign and digits.
func isExponent(s string, letter byte) bool {
	if s[0]|0x20 != letter {
		return false
	}
	s = s[1:]
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	for k := range len(s) {
		if !isDigit(s[k]) {
			return false
		}
	}
	return s != ""
}

// parseFloat reads s, whose form was checked. Numbers that are too large become infinite, as in C.
func parseFloat(s string, negative bool) (i int64, f float64, isInt, ok bool) {
	f, _ = strconv.ParseFloat(s, 64)
	if negative {
		f = -f
	}
	return 0, f, false, true
}

// Number formats a float as Lua 5.4 does: with at most 14 significant digits, and so that it does not look like an
// integer (section 3.4.3).
func Number(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f) && math.Signbit(f):
		return "-nan"
	case math.IsNaN(f):
		return "nan"
	}
	s := strconv.FormatFloat(f, 'g', 14, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}
