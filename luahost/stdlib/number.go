package stdlib

import (
	"errors"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const (
	// maxExact is the largest integer up to which a float64 holds every integer.
	maxExact = 1 << 53

	spaces = " \t\n\v\f\r"
)

// baseToNumber implements tonumber(v [, base]) -> number | nil.
func baseToNumber(c call) int {
	if c.isNoneOrNil(2) {
		f, ok := toNumber(c.any(1))
		if !ok {
			c.L.Push(lua.LNil)
			return 1
		}
		c.pushNumber(f)
		return 1
	}
	base := c.integer(2)
	digits, ok := c.L.Get(1).(lua.LString)
	if !ok {
		c.typeError(1, "string")
	}
	if base < 2 || base > 36 {
		c.argError(2, "base out of range")
	}
	f, ok := parseInteger(string(digits), int(base))
	if !ok {
		c.L.Push(lua.LNil)
		return 1
	}
	c.pushNumber(f)
	return 1
}

// baseToString implements tostring(v) -> string.
func baseToString(c call) int {
	c.pushString(c.text(c.any(1)))
	return 1
}

// ToString returns what tostring gives for v. It may call v's __tostring, and so suspend the task or
// raise an error.
func ToString(L *lua.LState, v lua.LValue) string {
	return call{L, "tostring"}.text(v)
}

// text is ToString for the library's own functions.
func (c call) text(v lua.LValue) string {
	if handler := c.L.GetMetaField(v, "__tostring"); handler != lua.LNil {
		switch result := c.callValue(handler, v).(type) {
		case lua.LString:
			return string(result)
		case lua.LNumber:
			return numberText(float64(result))
		}
		c.raise("'__tostring' must return a string")
	}
	switch v := v.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return numberText(float64(v))
	}
	text := v.String()
	if name, ok := c.L.GetMetaField(v, "__name").(lua.LString); ok {
		if _, address, ok := strings.Cut(text, ": "); ok {
			return string(name) + ": " + address
		}
	}
	return text
}

// numberText returns the text of a number: an integer up to 2^53 without point and exponent,
// everything else in the fewest digits that read back as the same number.
func numberText(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) <= maxExact {
		return strconv.FormatInt(int64(f), 10)
	}
	if special, ok := specialText(f); ok {
		return special
	}
	// The bounds between which C's %.17g writes no exponent. An integer that may have lost digits
	// gets one.
	if abs := math.Abs(f); abs >= 1e-4 && abs < maxExact {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'e', -1, 64)
}

// specialText returns the text of the values that have no digits. As in C a NaN has a sign; 0/0
// has the sign bit set on most processors.
func specialText(f float64) (string, bool) {
	switch {
	case math.IsInf(f, 1):
		return "inf", true
	case math.IsInf(f, -1):
		return "-inf", true
	case !math.IsNaN(f):
		return "", false
	case math.Signbit(f):
		return "-nan", true
	}
	return "nan", true
}

// parseNumber reads a Lua numeral, decimal or hexadecimal with an optional fraction and exponent,
// between optional white space. Hexadecimal integers of more than 53 bits give the nearest number;
// they do not wrap around as 64-bit integers do.
func parseNumber(s string) (float64, bool) {
	s = strings.Trim(s, spaces)
	unsigned := strings.TrimPrefix(s, "-")
	if unsigned == s {
		unsigned = strings.TrimPrefix(s, "+")
	}
	sign := s[:len(s)-len(unsigned)]
	isHex := len(unsigned) > 1 && unsigned[0] == '0' && (unsigned[1] == 'x' || unsigned[1] == 'X')
	digit, mark := isDecimalDigit, byte('e')
	mantissa := unsigned
	if isHex {
		digit, mark = isHexDigit, 'p'
		mantissa = unsigned[2:]
	}

	end, digits := 0, 0
	for points := 0; end < len(mantissa); end++ {
		if mantissa[end] == '.' && points == 0 {
			points++
			continue
		}
		if !digit(mantissa[end]) {
			break
		}
		digits++
	}
	if digits == 0 {
		return 0, false
	}
	mantissa, exponent := mantissa[:end], mantissa[end:]
	switch {
	case exponent != "":
		if exponent[0]|0x20 != mark || !isExponent(exponent[1:]) {
			return 0, false
		}
	case isHex:
		// Package strconv wants an exponent there.
		exponent = "p0"
	}
	prefix := sign
	if isHex {
		prefix += "0x"
	}
	f, err := strconv.ParseFloat(prefix+mantissa+exponent, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return f, true
}

func isExponent(s string) bool {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	for i := range len(s) {
		if !isDecimalDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// parseInteger reads an integer in a base from 2 to 36 between optional white space.
func parseInteger(s string, base int) (float64, bool) {
	s = strings.Trim(s, spaces)
	digits := strings.TrimPrefix(s, "-")
	if digits == "" {
		return 0, false
	}
	value := 0.0
	for i := range len(digits) {
		digit := digitValue(digits[i])
		if digit >= base {
			return 0, false
		}
		value = value*float64(base) + float64(digit)
	}
	if digits != s {
		value = -value
	}
	return value, true
}

// digitValue returns the value of a digit in bases up to 36, and 36 for other bytes.
func digitValue(b byte) int {
	switch {
	case isDecimalDigit(b):
		return int(b - '0')
	case 'a' <= b|0x20 && b|0x20 <= 'z':
		return int(b|0x20-'a') + 10
	}
	return 36
}

func isDecimalDigit(b byte) bool {
	return '0' <= b && b <= '9'
}

func isHexDigit(b byte) bool {
	return digitValue(b) < 16
}
