package lib

import (
	"math"
	"strconv"

	"silly/internal/lua/syntax"
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// baseToNumber implements tonumber(v [, base]) -> number | nil (manual, section 6.1).
func baseToNumber(c vm.Call) int {
	v := c.Arg(1)
	if c.Arg(2).IsNil() {
		if v.IsNumber() {
			return c.Return(v)
		}
		c.Any(1)
		n, _ := value.ToNumber(v) // nil if it is none
		return c.Return(n)
	}
	base := c.Int(2)
	if !v.IsString() {
		c.TypeError(1, "string")
	}
	if base < 2 || base > 36 {
		c.ArgError(2, "base out of range")
	}
	i, ok := parseInteger(v.Str(), int(base))
	if !ok {
		return c.Return(value.Nil)
	}
	return c.Return(value.Int(i))
}

// parseInteger reads an integer in a base from 2 to 36 between optional white space. It wraps around.
func parseInteger(s string, base int) (int64, bool) {
	s, negative := syntax.CutSign(s)
	if s == "" {
		return 0, false
	}
	i := int64(0)
	for k := range len(s) {
		digit := digitValue(s[k])
		if digit >= base {
			return 0, false
		}
		i = i*int64(base) + int64(digit)
	}
	if negative {
		i = -i
	}
	return i, true
}

// appendInt appends an integer as tostring has it.
func appendInt(b []byte, i int64) []byte { return strconv.AppendInt(b, i, 10) }

// appendNumber appends a number as tostring has it.
func appendNumber(b []byte, v value.Value) []byte {
	if v.IsInt() {
		return appendInt(b, v.AsInt())
	}
	f := v.AsFloat()
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return append(b, value.NumberText(v)...)
	}
	start := len(b)
	b = strconv.AppendFloat(b, f, 'g', 14, 64)
	for _, d := range b[start:] {
		if d == '.' || d == 'e' {
			return b
		}
	}
	return append(b, ".0"...)
}
