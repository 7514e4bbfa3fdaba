package lib

import (
	"math"
	"strconv"
	"strings"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// stringFormat implements string.format(format, ...) -> string (manual, section 6.4).
func (l *library) stringFormat(c vm.Call) int {
	format := c.Str(1)
	at := strings.IndexByte(format, '%')
	if at < 0 {
		return returnString(c, 1, format)
	}
	b := l.buffer()
	for arg := 1; at >= 0; at = strings.IndexByte(format, '%') {
		b = append(b, format[:at]...)
		format = format[at+1:]
		if format != "" && format[0] == '%' {
			b = append(b, '%')
			format = format[1:]
			continue
		}
		if arg++; arg > c.Len() {
			c.ArgError(arg, "no value")
		}
		n := 1
		if format == "" || !isLetter(format[0]) {
			n = conversionLength(format)
		}
		if n > maxConversion {
			c.Raise("invalid format (too long)")
		}
		b = appendArgument(c, b, format[:min(n, len(format))], arg)
		if len(b) > maxString {
			c.Raise(tooLarge)
		}
		format = format[min(n, len(format)):]
	}
	l.pushBuffer(c, append(b, format...))
	return 1
}

// appendArgument appends argument n as a conversion says.
func appendArgument(c vm.Call, b []byte, text string, n int) []byte {
	verb := byte(0)
	if text != "" {
		verb = text[len(text)-1]
	}
	switch v := c.Arg(n); {
	case verb == 'q':
		if len(text) > 1 {
			c.Raise("%s", "specifier '%q' cannot have modifiers")
		}
		return appendLiteral(c, b, n)
	case len(text) > 1:
	case verb == 'd' || verb == 'i':
		return appendInt(b, c.Int(n))
	case verb == 's' && v.IsString():
		return append(b, v.Str()...)
	case verb == 's' && v.IsNumber():
		return appendNumber(b, v)
	case verb == 's':
		return append(b, c.Thread().ToString(v)...)
	}
	flags, hasPrecision := checkArgument(c, text, verb, n)
	s := ""
	if verb == 's' {
		if s = c.Thread().ToString(c.Arg(n)); strings.IndexByte(s, 0) >= 0 {
			c.ArgError(n, "string contains zeros")
		}
	}
	conv, ok := parseConversion(text, flags, hasPrecision)
	if !ok {
		c.Raise("invalid conversion specification: '%%%s'", text)
	}
	switch verb {
	case 'd', 'i':
		return conv.appendSigned(b, c.Int(n))
	case 'u', 'o', 'x', 'X':
		return conv.appendUnsigned(b, uint64(c.Int(n)))
	case 'c':
		return conv.appendText(b, string([]byte{byte(c.Int(n))}))
	case 'p':
		return conv.appendText(b, pointerText(c.Arg(n)))
	case 's':
		return conv.appendText(b, s)
	}
	return conv.appendFloat(b, c.Float(n))
}

// checkArgument raises the error of an argument that does not go with the verb of a conversion, before the conversion itself
// is looked at, and returns what flags that may have, and whether it may have a precision.
func checkArgument(c vm.Call, text string, verb byte, n int) (flags string, hasPrecision bool) {
	switch verb {
	case 'd', 'i':
		c.Int(n)
		return "-+0 ", true
	case 's':
		return "-", true
	case 'u':
		c.Int(n)
		return "-0", true
	case 'o', 'x', 'X':
		c.Int(n)
		return "-#0", true
	case 'e', 'E', 'f', 'g', 'G':
		c.Float(n)
		return "-+#0 ", true
	case 'a', 'A':
		return "-+#0 ", true
	case 'c', 'p':
		return "-", false
	}
	text, _, _ = strings.Cut(text, "\x00")
	c.Raise("invalid conversion '%%%s' to 'format'", text)
	return "", false
}

// pointerText is what identifies v as an object. Equal short strings are the same object in Lua.
func pointerText(v value.Value) string {
	address := uint64(uintptr(v.P))
	switch k := v.Kind(); {
	case k < value.KindString:
		return "(null)"
	case k == value.KindString:
		if len(v.Str()) <= 40 {
			address = 0xc<<36 | v.Hashed().N>>28
		}
	}
	return "0x" + strconv.FormatUint(address, 16)
}

// appendLiteral appends argument n as a Lua literal, so that load reads the same value.
func appendLiteral(c vm.Call, b []byte, n int) []byte {
	switch v := c.Arg(n); {
	case v.IsString():
		return appendQuoted(b, v.Str())
	case v.IsInt():
		if v.AsInt() == math.MinInt64 {
			return append(b, "0x8000000000000000"...)
		}
		return appendInt(b, v.AsInt())
	case v.IsFloat():
		switch f := v.AsFloat(); {
		case math.IsInf(f, 1):
			return append(b, "1e9999"...)
		case math.IsInf(f, -1):
			return append(b, "-1e9999"...)
		case math.IsNaN(f):
			return append(b, "(0/0)"...)
		default:
			return conversion{verb: 'a', precision: -1}.appendFloat(b, f)
		}
	case v.Kind() <= value.KindTrue:
		return append(b, c.VM().Text(v)...)
	}
	c.ArgError(n, "value has no literal form")
	return nil
}

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch d := s[i]; {
		case d == '"', d == '\\', d == '\n':
			b = append(b, '\\', d)
		case isControl(d):
			b = append(b, '\\')
			if i+1 < len(s) && isDigit(s[i+1]) {
				b = append(b, '0'+d/100, '0'+d/10%10, '0'+d%10)
			} else {
				b = appendInt(b, int64(d))
			}
		default:
			b = append(b, d)
		}
	}
	return append(b, '"')
}
