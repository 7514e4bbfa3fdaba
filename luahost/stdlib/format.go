package stdlib

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// conversion is one conversion specification of string.format, such as "%-5.2f".
type conversion struct {
	text                            string // as it stands in the format, without the '%'
	minus, plus, space, sharp, zero bool
	width                           int
	precision                       int // -1 if there is none
	verb                            byte
}

// verbFlags names the flags that each conversion admits.
var verbFlags = map[byte]string{
	'd': "-+0 ", 'i': "-+0 ", 'u': "-0",
	'c': "-", 'p': "-", 's': "-",
	'x': "-#0", 'X': "-#0", 'o': "-#0",
	'a': "-+ #0", 'A': "-+ #0", 'e': "-+ #0", 'E': "-+ #0",
	'f': "-+ #0", 'F': "-+ #0", 'g': "-+ #0", 'G': "-+ #0",
}

// stringFormat implements string.format(format, ...) -> string.
func stringFormat(c call) int {
	format := c.string(1)
	var result []byte
	arg := 1
	for {
		literal, rest, found := strings.Cut(format, "%")
		result = append(result, literal...)
		if !found {
			break
		}
		if strings.HasPrefix(rest, "%") {
			result = append(result, '%')
			format = rest[1:]
			continue
		}
		arg++
		conv, ok := parseConversion(rest)
		if !ok {
			c.raise("invalid conversion '%" + conv.text + "' to 'format'")
		}
		if arg > c.top() {
			c.argError(arg, "no value")
		}
		result = c.convert(result, conv, arg)
		if len(result) > maxString {
			c.raise("resulting string too large")
		}
		format = rest[len(conv.text):]
	}
	c.pushString(string(result))
	return 1
}

// parseConversion reads the conversion at the start of s, which follows a '%'. It reports false,
// with the text that an error message shows, if it is not valid.
func parseConversion(s string) (conversion, bool) {
	length := len(s) - len(strings.TrimLeft(s, "-+ #.0123456789"))
	conv := conversion{precision: -1, text: s[:min(length+1, len(s))]}
	flags := len(s) - len(strings.TrimLeft(s, "-+ #0"))
	for _, flag := range s[:flags] {
		switch flag {
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
	var digits int
	end := flags
	conv.width, digits = twoDigits(s[end:])
	end += digits
	if strings.HasPrefix(s[end:], ".") {
		conv.precision, digits = twoDigits(s[end+1:])
		end += 1 + digits
	}
	if end == len(s) || end != length {
		return conv, false
	}
	conv.verb = s[end]
	if conv.verb == 'q' {
		return conv, end == 0
	}
	admitted, ok := verbFlags[conv.verb]
	if !ok || strings.Trim(s[:flags], admitted) != "" {
		return conv, false
	}
	return conv, conv.precision < 0 || conv.verb != 'c' && conv.verb != 'p'
}

// twoDigits reads a number of at most two digits: 0 if there is none.
func twoDigits(s string) (value, length int) {
	for length < 2 && length < len(s) && isDecimalDigit(s[length]) {
		value = value*10 + int(s[length]-'0')
		length++
	}
	return value, length
}

// convert appends argument n as conv says.
func (c call) convert(result []byte, conv conversion, n int) []byte {
	switch conv.verb {
	case 'd', 'i':
		i := c.integer(n)
		magnitude := uint64(i)
		if i < 0 {
			magnitude = -magnitude
		}
		digits := conv.integerDigits(magnitude, 10)
		return conv.pad(result, conv.sign(i < 0), digits, conv.precision < 0)
	case 'u':
		digits := conv.integerDigits(uint64(c.integer(n)), 10)
		return conv.pad(result, "", digits, conv.precision < 0)
	case 'o', 'x', 'X':
		return conv.unsigned(result, uint64(c.integer(n)))
	case 'a', 'A', 'e', 'E', 'f', 'F', 'g', 'G':
		return conv.float(result, c.number(n))
	case 'c':
		return conv.pad(result, "", string([]byte{byte(c.integer(n))}), false)
	case 'p':
		return conv.pad(result, "", pointerText(c.L.Get(n)), false)
	case 'q':
		return c.quote(result, n)
	}
	text := c.text(c.L.Get(n))
	if conv.precision >= 0 {
		text = text[:min(conv.precision, len(text))]
	}
	return conv.pad(result, "", text, false)
}

// pad appends sign and digits, filled up to the width: with zeros between the two if the 0 flag
// is given and zeros are allowed.
func (conv conversion) pad(result []byte, sign, digits string, zeros bool) []byte {
	fill := max(conv.width-len(sign)-len(digits), 0)
	switch {
	case conv.minus:
		result = append(append(result, sign...), digits...)
		return append(result, strings.Repeat(" ", fill)...)
	case conv.zero && zeros:
		result = append(append(result, sign...), strings.Repeat("0", fill)...)
		return append(result, digits...)
	}
	result = append(append(result, strings.Repeat(" ", fill)...), sign...)
	return append(result, digits...)
}

func (conv conversion) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case conv.plus:
		return "+"
	case conv.space:
		return " "
	}
	return ""
}

// integerDigits returns the digits, at least as many as the precision says. The 0 flag has no
// effect beside a precision.
func (conv conversion) integerDigits(i uint64, base int) string {
	if conv.precision < 0 {
		return strconv.FormatUint(i, base)
	}
	if i == 0 && conv.precision == 0 {
		return ""
	}
	digits := strconv.FormatUint(i, base)
	return strings.Repeat("0", max(conv.precision-len(digits), 0)) + digits
}

func (conv conversion) unsigned(result []byte, i uint64) []byte {
	if conv.verb == 'o' {
		digits := conv.integerDigits(i, 8)
		if conv.sharp && !strings.HasPrefix(digits, "0") {
			digits = "0" + digits
		}
		return conv.pad(result, "", digits, conv.precision < 0)
	}
	prefix := ""
	if conv.sharp && i != 0 {
		prefix = "0x"
	}
	digits := conv.integerDigits(i, 16)
	if conv.verb == 'X' {
		prefix, digits = strings.ToUpper(prefix), strings.ToUpper(digits)
	}
	return conv.pad(result, prefix, digits, conv.precision < 0)
}

func (conv conversion) float(result []byte, f float64) []byte {
	upper := conv.verb < 'a'
	sign := conv.sign(math.Signbit(f))
	if special, ok := specialText(f); ok {
		special = strings.TrimPrefix(special, "-")
		if upper {
			special = strings.ToUpper(special)
		}
		return conv.pad(result, sign, special, false)
	}
	var digits string
	f = math.Abs(f)
	switch conv.verb | 0x20 {
	case 'a':
		// The zeros of the 0 flag stand behind the "0x".
		sign += "0x"
		digits = conv.hexDigits(f)
	case 'g':
		digits = conv.generalDigits(f)
	default:
		precision := conv.precision
		if precision < 0 {
			precision = 6
		}
		digits = conv.point(strconv.FormatFloat(f, conv.verb|0x20, precision, 64))
	}
	if upper {
		sign, digits = strings.ToUpper(sign), strings.ToUpper(digits)
	}
	return conv.pad(result, sign, digits, true)
}

// generalDigits returns the digits of %g: with an exponent only if that is shorter.
func (conv conversion) generalDigits(f float64) string {
	precision := conv.precision
	switch precision {
	case -1:
		precision = 6
	case 0:
		precision = 1
	}
	if !conv.sharp {
		return strconv.FormatFloat(f, 'g', precision, 64)
	}
	// The # flag keeps the zeros at the end.
	digits := strconv.FormatFloat(f, 'e', precision-1, 64)
	_, text, _ := strings.Cut(digits, "e")
	if exponent, err := strconv.Atoi(text); err == nil && exponent >= -4 && exponent < precision {
		digits = strconv.FormatFloat(f, 'f', precision-1-exponent, 64)
	}
	return conv.point(digits)
}

// hexDigits returns the digits of %a without the "0x". Go writes exponents with two digits at
// least, C with as few as possible.
func (conv conversion) hexDigits(f float64) string {
	text := strconv.FormatFloat(f, 'x', conv.precision, 64)
	mantissa, exponent, _ := strings.Cut(strings.TrimPrefix(text, "0x"), "p")
	if len(exponent) == 3 && exponent[1] == '0' {
		exponent = exponent[:1] + exponent[2:]
	}
	return conv.point(mantissa + "p" + exponent)
}

// point adds the point that the # flag asks for to digits that have none.
func (conv conversion) point(digits string) string {
	if !conv.sharp || strings.Contains(digits, ".") {
		return digits
	}
	if at := strings.IndexAny(digits, "ep"); at >= 0 {
		return digits[:at] + "." + digits[at:]
	}
	return digits + "."
}

// pointerText returns what identifies v as an object.
func pointerText(v lua.LValue) string {
	switch v.(type) {
	case *lua.LTable, *lua.LFunction, *lua.LUserData, *lua.LState, lua.LChannel:
		return fmt.Sprintf("%p", v)
	}
	return "(null)"
}

// quote appends argument n as a Lua literal, so that load reads the same value.
func (c call) quote(result []byte, n int) []byte {
	switch v := c.L.Get(n).(type) {
	case lua.LString:
		return quoteString(result, string(v))
	case lua.LNumber:
		f := float64(v)
		switch {
		case math.IsInf(f, 1):
			return append(result, "1e9999"...)
		case math.IsInf(f, -1):
			return append(result, "-1e9999"...)
		case math.IsNaN(f):
			return append(result, "(0/0)"...)
		}
		return append(result, numberText(f)...)
	case *lua.LNilType, lua.LBool:
		return append(result, v.String()...)
	}
	c.argError(n, "value has no literal form")
	return nil
}

func quoteString(result []byte, s string) []byte {
	result = append(result, '"')
	for i := range len(s) {
		switch b := s[i]; {
		case b == '"', b == '\\', b == '\n':
			result = append(result, '\\', b)
		case b < ' ' || b == 0x7f:
			result = append(result, '\\')
			if i+1 < len(s) && isDecimalDigit(s[i+1]) {
				result = append(result, strings.Repeat("0", 3-len(itoa(int64(b))))...)
			}
			result = append(result, itoa(int64(b))...)
		default:
			result = append(result, b)
		}
	}
	return append(result, '"')
}
