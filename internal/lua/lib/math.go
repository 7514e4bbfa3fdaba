package lib

import (
	"math"

	"silly/internal/lua/libm"
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// openMath makes the library math (manual, section 6.7), with the functions of Lua 5.1 that 5.4 has dropped.
func (l *library) openMath() {
	t := l.global("math", []function{
		{"abs", mathAbs},
		{"acos", ofFloat(libm.Acos)},
		{"asin", ofFloat(libm.Asin)},
		{"atan", mathAtan},
		{"atan2", ofFloats(libm.Atan2)},
		{"ceil", mathCeil},
		{"cos", ofFloat(libm.Cos)},
		{"cosh", ofFloat(libm.Cosh)},
		{"deg", ofFloat(func(x float64) float64 { return x * degree })},
		{"exp", ofFloat(libm.Exp)},
		{"floor", mathFloor},
		{"fmod", mathFmod},
		{"frexp", mathFrexp},
		{"ldexp", mathLdexp},
		{"log", mathLog},
		{"log10", ofFloat(libm.Log10)},
		{"max", mathMax},
		{"min", mathMin},
		{"modf", mathModf},
		{"pow", ofFloats(libm.Pow)},
		{"rad", ofFloat(func(x float64) float64 { return x * radian })},
		{"random", l.random.mathRandom},
		{"randomseed", l.random.mathRandomSeed},
		{"sin", ofFloat(libm.Sin)},
		{"sinh", ofFloat(math.Sinh)},
		{"sqrt", mathSqrt},
		{"tan", ofFloat(libm.Tan)},
		{"tanh", ofFloat(math.Tanh)},
		{"tointeger", mathToInteger},
		{"type", mathType},
		{"ult", mathUlt},
	})
	t.Set(value.String("pi"), value.Float(math.Pi))
	t.Set(value.String("huge"), value.Float(math.Inf(1)))
	t.Set(value.String("maxinteger"), value.Int(math.MaxInt64))
	t.Set(value.String("mininteger"), value.Int(math.MinInt64))
}

// pi is rounded before anything is computed with it, as in C.
var (
	pi     = math.Pi
	degree = 180 / pi
	radian = pi / 180
)

// ofFloat makes a library function of a function of one float.
func ofFloat(f func(x float64) float64) vm.Func {
	return func(c vm.Call) int { return c.Return(value.Float(f(c.Float(1)))) }
}

// ofFloats makes a library function of a function of two floats.
func ofFloats(f func(x, y float64) float64) vm.Func {
	return func(c vm.Call) int {
		x := c.Float(1)
		return c.Return(value.Float(f(x, c.Float(2))))
	}
}

// mathAbs implements math.abs(x) -> number.
func mathAbs(c vm.Call) int {
	v := c.Arg(1)
	if !v.IsInt() {
		return c.Return(value.Float(math.Abs(c.Float(1))))
	}
	if i := v.AsInt(); i < 0 {
		v = value.Int(-i) // the smallest integer stays
	}
	return c.Return(v)
}

// mathAtan implements math.atan(y [, x]) -> number.
func mathAtan(c vm.Call) int {
	y, x := c.Float(1), 1.0
	if !c.Arg(2).IsNil() {
		x = c.Float(2)
	}
	return c.Return(value.Float(libm.Atan2(y, x)))
}

// mathCeil implements math.ceil(x) -> integer, or a float that is too large for one.
func mathCeil(c vm.Call) int {
	if v := c.Arg(1); v.IsInt() {
		return c.Return(v)
	}
	return c.Return(whole(math.Ceil(c.Float(1))))
}

// mathFloor implements math.floor(x) -> integer, or a float that is too large for one.
func mathFloor(c vm.Call) int {
	if v := c.Arg(1); v.IsInt() {
		return c.Return(v)
	}
	return c.Return(whole(math.Floor(c.Float(1))))
}

// whole is a float without a fraction as an integer if it fits.
func whole(f float64) value.Value {
	if i, ok := value.FloatToInt(f); ok {
		return value.Int(i)
	}
	return value.Float(f)
}

// mathFmod implements math.fmod(a, b) -> the remainder with the sign of a.
func mathFmod(c vm.Call) int {
	a, b := c.Arg(1), c.Arg(2)
	if !a.IsInt() || !b.IsInt() {
		y := c.Float(2) // lua5.4 looks at it first
		return c.Return(value.Float(libm.Mod(c.Float(1), y)))
	}
	switch b.AsInt() {
	case 0:
		c.ArgError(2, "zero")
	case -1: // the smallest integer has no quotient
		return c.Return(value.Int(0))
	}
	return c.Return(value.Int(a.AsInt() % b.AsInt()))
}

// mathFrexp implements math.frexp(x) -> m, e with x = m * 2^e.
func mathFrexp(c vm.Call) int {
	fraction, exponent := math.Frexp(c.Float(1))
	return c.Return2(value.Float(fraction), value.Int(int64(exponent)))
}

// mathLdexp implements math.ldexp(m, e) -> m * 2^e.
func mathLdexp(c vm.Call) int {
	x := c.Float(1)
	return c.Return(value.Float(math.Ldexp(x, int(int32(c.Int(2)))))) // as a C int
}

// mathLog implements math.log(x [, base]) -> number.
func mathLog(c vm.Call) int {
	x := c.Float(1)
	if c.Arg(2).IsNil() {
		return c.Return(value.Float(libm.Log(x)))
	}
	switch base := c.Float(2); base {
	case 2:
		x = libm.Log2(x)
	case 10:
		x = libm.Log10(x)
	default:
		x = libm.Log(x) / libm.Log(base)
	}
	return c.Return(value.Float(x))
}

// mathMax implements math.max(x, ...) -> the largest one.
func mathMax(c vm.Call) int { return extreme(c, true) }

// mathMin implements math.min(x, ...) -> the smallest one.
func mathMin(c vm.Call) int { return extreme(c, false) }

// extreme returns the largest or the smallest argument.
func extreme(c vm.Call, largest bool) int {
	if c.Len() == 0 {
		c.ArgError(1, "value expected")
	}
	best := c.Arg(1)
	for i := 2; i <= c.Len(); i++ {
		v := c.Arg(i)
		a, b := v, best
		if largest {
			a, b = b, a
		}
		less := false
		if a.IsInt() && b.IsInt() {
			less = a.AsInt() < b.AsInt()
		} else {
			less = c.Thread().Less(a, b)
		}
		if less {
			best = v
		}
	}
	return c.Return(best)
}

// mathModf implements math.modf(x) -> integral part, fraction.
func mathModf(c vm.Call) int {
	if v := c.Arg(1); v.IsInt() {
		return c.Return2(v, value.Float(0))
	}
	x := c.Float(1)
	part := math.Trunc(x)
	fraction := x - part
	if math.IsInf(x, 0) {
		fraction = 0
	}
	return c.Return2(whole(part), value.Float(fraction))
}

// mathSqrt implements math.sqrt(x) -> number.
func mathSqrt(c vm.Call) int { return c.Return(value.Float(math.Sqrt(c.Float(1)))) }

// mathToInteger implements math.tointeger(v) -> integer | nil.
func mathToInteger(c vm.Call) int {
	if i, ok := value.ToInt(c.Any(1)); ok {
		return c.Return(value.Int(i))
	}
	return c.Return(value.Nil)
}

// What mathType returns.
var (
	typeInteger = value.String("integer").Hashed()
	typeFloat   = value.String("float").Hashed()
)

// mathType implements math.type(v) -> "integer" | "float" | nil.
func mathType(c vm.Call) int {
	switch v := c.Any(1); {
	case v.IsInt():
		return c.Return(typeInteger)
	case v.IsFloat():
		return c.Return(typeFloat)
	}
	return c.Return(value.Nil)
}

// mathUlt implements math.ult(m, n) -> whether m is below n as unsigned integers.
func mathUlt(c vm.Call) int {
	m := uint64(c.Int(1))
	return c.Return(value.Bool(m < uint64(c.Int(2))))
}
