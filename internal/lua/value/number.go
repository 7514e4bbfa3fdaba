package value

import (
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/syntax"
)

// gopher-lua has one type of numbers. In a table or a call that foreign Go code sees, an LNumber with an integral value
// of up to 2^53 is an integer, and any other is a float. What does not fit into that is of one of these types. Both
// are numbers to Type; code that asks for an LNumber does not find one.

// An Integer is an integer beyond 2^53.
type Integer int64

// Type is lua.LTNumber.
func (i Integer) Type() lua.LValueType { return lua.LTNumber }

// String is the number as Lua's tostring has it.
func (i Integer) String() string { return strconv.FormatInt(int64(i), 10) }

// A WholeFloat is a float with an integral value of up to 2^53: 1.0 or -0.0.
type WholeFloat float64

// Type is lua.LTNumber.
func (f WholeFloat) Type() lua.LValueType { return lua.LTNumber }

// String is the number as Lua's tostring has it.
func (f WholeFloat) String() string { return syntax.Number(float64(f)) }

// exact is the greatest integer up to which floats have all integers.
const exact = 1 << 53

// ofNumber is the value of an LNumber.
func ofNumber(f float64) Value {
	if f >= -exact && f <= exact {
		if i := int64(f); float64(i) == f {
			return Int(i)
		}
	}
	return Float(f)
}

// exportInt is an integer for gopher-lua.
func exportInt(i int64) lua.LValue {
	if i >= -exact && i <= exact {
		return lua.LNumber(i)
	}
	return Integer(i)
}

// exportFloat is a float for gopher-lua.
func exportFloat(f float64) lua.LValue {
	if f >= -exact && f <= exact && f == math.Trunc(f) {
		return WholeFloat(f)
	}
	return lua.LNumber(f)
}

// ToNumber is v as a number if it is one or a string that reads as one (manual, section 3.4.3).
func ToNumber(v Value) (Value, bool) {
	if v.IsNumber() {
		return v, true
	}
	if v.IsString() {
		return ParseNumber(v.Str())
	}
	return Nil, false
}

// ParseNumber is the number that a text reads as.
func ParseNumber(s string) (Value, bool) {
	i, f, isInt, ok := syntax.ParseNumber(s)
	switch {
	case !ok:
		return Nil, false
	case isInt:
		return Int(i), true
	}
	return Float(f), true
}

// ToFloat is v as a float if it is a number or a string that reads as one.
func ToFloat(v Value) (float64, bool) {
	if v.P == FloatMark() {
		return v.AsFloat(), true
	}
	if v.P == IntMark() {
		return float64(v.AsInt()), true
	}
	n, ok := ToNumber(v)
	if !ok {
		return 0, false
	}
	return ToFloat(n)
}

// ToInt is v as an integer if it is a number with an integral value that fits, or a string that reads as one.
func ToInt(v Value) (int64, bool) {
	if v.P == IntMark() {
		return v.AsInt(), true
	}
	if v.P == FloatMark() {
		return FloatToInt(v.AsFloat())
	}
	n, ok := ToNumber(v)
	if !ok {
		return 0, false
	}
	return ToInt(n)
}

// NumberText is a number as tostring has it.
func NumberText(v Value) string {
	if v.IsInt() {
		return strconv.FormatInt(v.AsInt(), 10)
	}
	return syntax.Number(v.AsFloat())
}
