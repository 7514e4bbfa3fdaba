package stdlib

import (
	"math"
	"math/rand/v2"

	lua "github.com/yuin/gopher-lua"
)

func openMath(L *lua.LState, library *lua.LTable) {
	install(L, library, map[string]function{
		"abs":       ofNumber(math.Abs),
		"acos":      ofNumber(math.Acos),
		"asin":      ofNumber(math.Asin),
		"atan":      mathAtan,
		"atan2":     ofNumbers(math.Atan2),
		"ceil":      ofNumber(math.Ceil),
		"cos":       ofNumber(math.Cos),
		"cosh":      ofNumber(math.Cosh),
		"deg":       ofNumber(func(x float64) float64 { return x * (180 / math.Pi) }),
		"exp":       ofNumber(math.Exp),
		"floor":     ofNumber(math.Floor),
		"fmod":      mathFmod,
		"frexp":     mathFrexp,
		"ldexp":     mathLdexp,
		"log":       mathLog,
		"log10":     ofNumber(math.Log10),
		"max":       mathMax,
		"min":       mathMin,
		"modf":      mathModf,
		"pow":       ofNumbers(math.Pow),
		"rad":       ofNumber(func(x float64) float64 { return x * (math.Pi / 180) }),
		"sin":       ofNumber(math.Sin),
		"sinh":      ofNumber(math.Sinh),
		"sqrt":      ofNumber(math.Sqrt),
		"tan":       ofNumber(math.Tan),
		"tanh":      ofNumber(math.Tanh),
		"tointeger": mathToInteger,
		"type":      mathType,
		"ult":       mathUlt,
	})
	random := &random{rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))}
	install(L, library, map[string]function{
		"random":     random.number,
		"randomseed": random.seed,
	})
	library.RawSetString("pi", lua.LNumber(math.Pi))
	library.RawSetString("huge", lua.LNumber(math.Inf(1)))
	// The bounds within which every integer is exact. Unlike Lua's own they do not wrap around.
	library.RawSetString("maxinteger", lua.LNumber(maxExact))
	library.RawSetString("mininteger", lua.LNumber(-maxExact))
}

// ofNumber makes a library function of a function of one number.
func ofNumber(f func(x float64) float64) function {
	return func(c call) int {
		// Adding zero turns a negative zero into an ordinary one, which Lua's integers are.
		c.pushNumber(f(c.number(1)) + 0)
		return 1
	}
}

// ofNumbers makes a library function of a function of two numbers.
func ofNumbers(f func(x, y float64) float64) function {
	return func(c call) int {
		c.pushNumber(f(c.number(1), c.number(2)))
		return 1
	}
}

// mathAtan implements math.atan(y [, x]) -> number.
func mathAtan(c call) int {
	y, x := c.number(1), 1.0
	if !c.isNoneOrNil(2) {
		x = c.number(2)
	}
	c.pushNumber(math.Atan2(y, x))
	return 1
}

// mathFmod implements math.fmod(a, b) -> the remainder with the sign of a. Like Lua it raises for a
// zero b if both are integers.
func mathFmod(c call) int {
	a, b := c.number(1), c.number(2)
	if b == 0 && a == math.Trunc(a) && !math.IsInf(a, 0) {
		c.argError(2, "zero")
	}
	c.pushNumber(math.Mod(a, b))
	return 1
}

// mathFrexp implements math.frexp(x) -> m, e with x = m * 2^e.
func mathFrexp(c call) int {
	fraction, exponent := math.Frexp(c.number(1))
	c.pushNumber(fraction)
	c.pushNumber(float64(exponent))
	return 2
}

// mathLdexp implements math.ldexp(m, e) -> m * 2^e.
func mathLdexp(c call) int {
	// Beyond these bounds every result is zero or infinite.
	exponent := max(-10_000, min(c.integer(2), 10_000))
	c.pushNumber(math.Ldexp(c.number(1), int(exponent)))
	return 1
}

// mathLog implements math.log(x [, base]) -> number.
func mathLog(c call) int {
	x := c.number(1)
	if c.isNoneOrNil(2) {
		c.pushNumber(math.Log(x))
		return 1
	}
	switch base := c.number(2); base {
	case 2:
		c.pushNumber(math.Log2(x))
	case 10:
		c.pushNumber(math.Log10(x))
	default:
		c.pushNumber(math.Log(x) / math.Log(base))
	}
	return 1
}

// mathMax implements math.max(x, ...) -> number.
func mathMax(c call) int {
	result := c.number(1)
	for i := 2; i <= c.top(); i++ {
		if x := c.number(i); x > result {
			result = x
		}
	}
	c.pushNumber(result)
	return 1
}

// mathMin implements math.min(x, ...) -> number.
func mathMin(c call) int {
	result := c.number(1)
	for i := 2; i <= c.top(); i++ {
		if x := c.number(i); x < result {
			result = x
		}
	}
	c.pushNumber(result)
	return 1
}

// mathModf implements math.modf(x) -> integral part, fraction.
func mathModf(c call) int {
	x := c.number(1)
	if math.IsInf(x, 0) {
		c.pushNumber(x)
		c.pushNumber(0)
		return 2
	}
	whole, fraction := math.Modf(x)
	c.pushNumber(whole + 0)
	c.pushNumber(fraction)
	return 2
}

// mathToInteger implements math.tointeger(v) -> integer | nil.
func mathToInteger(c call) int {
	if f, ok := toNumber(c.any(1)); ok {
		if i, ok := toInteger(f); ok {
			c.pushNumber(float64(i))
			return 1
		}
	}
	c.L.Push(lua.LNil)
	return 1
}

// mathType implements math.type(v) -> "integer" | "float" | nil. There is one type of number here:
// the integers are those that a float64 holds exactly.
func mathType(c call) int {
	number, ok := c.any(1).(lua.LNumber)
	if !ok {
		c.L.Push(lua.LNil)
		return 1
	}
	f := float64(number)
	if f == math.Trunc(f) && math.Abs(f) <= maxExact {
		c.pushString("integer")
		return 1
	}
	c.pushString("float")
	return 1
}

// mathUlt implements math.ult(m, n) -> whether m is below n as unsigned 64-bit integers.
func mathUlt(c call) int {
	c.L.Push(lua.LBool(uint64(c.integer(1)) < uint64(c.integer(2))))
	return 1
}

// random is the generator of one host. Only the holder of the host's VM lock uses it.
type random struct {
	generator *rand.Rand
}

// number implements math.random([m [, n]]) -> a number from [0, 1), or an integer from [1, m] or
// [m, n]; math.random(0) gives any integer from 0 to 2^53-1.
func (r *random) number(c call) int {
	var low, high int64
	switch c.top() {
	case 0:
		c.pushNumber(r.generator.Float64())
		return 1
	case 1:
		low, high = 1, c.integer(1)
		if high == 0 {
			c.pushNumber(float64(r.generator.Int64N(maxExact)))
			return 1
		}
	case 2:
		low, high = c.integer(1), c.integer(2)
	default:
		c.raise("wrong number of arguments")
	}
	if low > high {
		c.argError(c.top(), "interval is empty")
	}
	// The difference of far ends overflows; as an unsigned number it is right, but for the one
	// interval whose size is 2^64, and that one cannot be asked for with a float64.
	size := uint64(high) - uint64(low) + 1
	c.pushNumber(float64(low + int64(r.generator.Uint64N(size))))
	return 1
}

// seed implements math.randomseed([x [, y]]) -> x, y. The same seed gives the same numbers; without
// one they differ from run to run.
func (r *random) seed(c call) int {
	var x, y float64
	if c.top() == 0 {
		x, y = float64(rand.Int64N(maxExact)), float64(rand.Int64N(maxExact))
	} else {
		x = c.number(1)
		if !c.isNoneOrNil(2) {
			y = c.number(2)
		}
	}
	r.generator = rand.New(rand.NewPCG(math.Float64bits(x), math.Float64bits(y)))
	c.pushNumber(x)
	c.pushNumber(y)
	return 2
}
