package libm

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// precision is enough to take the largest float modulo pi and to round the result.
const precision = 1300

func number(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

func float() *big.Float { return new(big.Float).SetPrec(precision) }

// sum adds terms, each of which is the last one times what next returns for its number, until they are small.
func sum(first *big.Float, next func(n int) *big.Float) *big.Float {
	total, term := float().Set(first), float().Set(first)
	for n := 1; term.Sign() != 0 && term.MantExp(nil) > first.MantExp(nil)-150; n++ {
		term.Mul(term, next(n))
		total.Add(total, term)
	}
	return total
}

func bigExp(x *big.Float) *big.Float {
	// e^x = (e^(x/1024))^1024
	y := float().Quo(x, number(1024))
	r := sum(number(1), func(n int) *big.Float { return float().Quo(y, number(float64(n))) })
	for range 10 {
		r.Mul(r, r)
	}
	return r
}

// bigLog improves an approximation y of log x: y + 2(x-e^y)/(x+e^y).
func bigLog(x *big.Float) *big.Float {
	f, _ := x.Float64()
	y := number(math.Log(f))
	for range 3 {
		e := bigExp(y)
		d := float().Quo(float().Sub(x, e), float().Add(x, e))
		y.Add(y, d.Mul(d, number(2)))
	}
	return y
}

// bigTurn is x modulo pi/2, and how often that is in x.
func bigTurn(x *big.Float) (quarters int, rest *big.Float) {
	half := float().Quo(bigPi(), number(2))
	q, _ := float().Quo(x, half).Int(nil)
	rest = float().Sub(x, float().Mul(half, float().SetInt(q)))
	return int(new(big.Int).And(q, big.NewInt(3)).Int64()), rest
}

var pi *big.Float

func bigPi() *big.Float {
	if pi == nil {
		inverse := func(n float64) *big.Float { // of the tangent
			t, square := float().Quo(number(1), number(n)), number(n*n)
			total, sign := float().Set(t), -1.0
			for k := 3.0; t.MantExp(nil) > -precision; k += 2 {
				t.Quo(t, square)
				total.Add(total, float().Quo(t, number(k*sign)))
				sign = -sign
			}
			return total
		}
		pi = float().Sub(float().Mul(number(16), inverse(5)), float().Mul(number(4), inverse(239)))
	}
	return pi
}

func bigSin(x *big.Float) *big.Float {
	quarters, r := bigTurn(x)
	square := float().Mul(r, r)
	square.Neg(square)
	first, offset := r, 1.0
	if quarters&1 == 1 {
		first, offset = number(1), 0
	}
	y := sum(first, func(n int) *big.Float {
		k := 2*float64(n) + offset
		return float().Quo(square, number(k*(k-1)))
	})
	if quarters&2 != 0 {
		y.Neg(y)
	}
	return y
}

func bigCos(x *big.Float) *big.Float {
	return bigSin(float().Add(x, float().Quo(bigPi(), number(2))))
}

// bigAtan improves an approximation y of the angle: y + (t cos y - sin y)/(cos y + t sin y), to the third power.
func bigAtan(t *big.Float) *big.Float {
	f, _ := t.Float64()
	y := number(math.Atan(f))
	for range 3 {
		s, c := bigSin(y), bigCos(y)
		y.Add(y, float().Quo(float().Sub(float().Mul(t, c), s), float().Add(c, float().Mul(t, s))))
	}
	return y
}

// TestResultsAreTheNearestFloats compares with results of more than 100 bits: the error must be little more than half of
// the distance between floats.
func TestResultsAreTheNearestFloats(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	linear := func(scale float64) func() float64 {
		return func() float64 { return (random.Float64()*2 - 1) * scale }
	}
	positive := func() float64 { return math.Ldexp(random.Float64()+0.5, random.IntN(200)-100) }
	huge := func() float64 { return math.Ldexp(random.Float64()+0.5, random.IntN(1020)) }
	one := func(f func(*big.Float) *big.Float) func(x, y float64) *big.Float {
		return func(x, _ float64) *big.Float { return f(number(x)) }
	}
	ignore := func(f func(float64) float64) func(x, y float64) float64 {
		return func(x, _ float64) float64 { return f(x) }
	}
	quotient := func(f func(*big.Float) *big.Float, divisor float64) func(*big.Float) *big.Float {
		return func(x *big.Float) *big.Float { return float().Quo(f(x), f(number(divisor))) }
	}
	leg := func(x *big.Float) *big.Float {
		return float().Sqrt(float().Sub(number(1), float().Mul(x, x)))
	}
	for _, test := range []struct {
		name string
		f    func(x, y float64) float64
		want func(x, y float64) *big.Float
		x, y func() float64
	}{
		{"exp", ignore(Exp), one(bigExp), linear(700), nil},
		{"exp", ignore(Exp), one(bigExp), linear(1), nil},
		{"exp, small", ignore(Exp), one(bigExp), func() float64 { return -708 - random.Float64()*37 }, nil},
		{"log", ignore(Log), one(bigLog), positive, nil},
		{"log", ignore(Log), one(bigLog), func() float64 { return 1 + (random.Float64()-0.5)/50 }, nil},
		{"log2", ignore(Log2), one(quotient(bigLog, 2)), positive, nil},
		{"sin", ignore(Sin), one(bigSin), linear(10), nil},
		{"sin", ignore(Sin), one(bigSin), linear(1e6), nil},
		{"sin", ignore(Sin), one(bigSin), huge, nil},
		{"cos", ignore(Cos), one(bigCos), linear(10), nil},
		{"cos", ignore(Cos), one(bigCos), huge, nil},
		{"tan", ignore(Tan), one(func(x *big.Float) *big.Float { return float().Quo(bigSin(x), bigCos(x)) }), linear(10), nil},
		{"atan", ignore(Atan), one(bigAtan), linear(5), nil},
		{"asin", ignore(Asin), one(func(x *big.Float) *big.Float { return bigAtan(float().Quo(x, leg(x))) }), linear(1), nil},
		{"acos", ignore(Acos), one(func(x *big.Float) *big.Float { return bigAtan(float().Quo(leg(x), x)) }),
			random.Float64, nil},
		{"atan2", Atan2, func(y, x float64) *big.Float { return bigAtan(float().Quo(number(y), number(x))) }, positive, positive},
		{"pow", Pow, func(x, y float64) *big.Float { return bigExp(float().Mul(number(y), bigLog(number(x)))) }, positive, linear(7)},
	} {
		for range 300 {
			x, y := test.x(), 0.0
			if test.y != nil {
				y = test.y()
			}
			got, want := test.f(x, y), test.want(x, y)
			nearest, _ := want.Float64()
			if got == nearest {
				continue
			}
			distance := float().Sub(want, number(got))
			unit := math.Abs(math.Nextafter(nearest, math.Inf(1)) - nearest)
			if off, _ := distance.Quo(distance, number(unit)).Float64(); math.Abs(off) > 0.51 {
				t.Errorf("%s(%v, %v): got %v, want %v: %.3f units", test.name, x, y, got, nearest, off)
			}
		}
	}
}

func TestPowersOfIntegersAreExact(t *testing.T) {
	for x := int64(2); x < 50; x++ {
		for y := int64(2); y < 200; y++ {
			want, _ := new(big.Float).SetInt(new(big.Int).Exp(big.NewInt(x), big.NewInt(y), nil)).Float64()
			got := Pow(float64(x), float64(y))
			if got != want && (want < 1<<53 || math.Abs(got/want-1) > 0x1p-52) {
				t.Errorf("%d^%d: got %v, want %v", x, y, got, want)
			}
		}
	}
}

func TestSpecialValues(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	minus := math.Copysign(nan, -1)
	for _, test := range []struct {
		name      string
		got, want float64
	}{
		{"pow(0, -1)", Pow(0, -1), inf},
		{"pow(-0, -1)", Pow(math.Copysign(0, -1), -1), -inf},
		{"pow(-8, 1/3)", Pow(-8, 1.0/3), minus},
		{"pow(-2, 3)", Pow(-2, 3), -8},
		{"pow(-2, -inf)", Pow(-2, -inf), 0},
		{"pow(nan, 0)", Pow(nan, 0), 1},
		{"pow(1, nan)", Pow(1, nan), 1},
		{"pow(2, nan)", Pow(2, nan), nan},
		{"pow(2, 1024)", Pow(2, 1024), inf},
		{"pow(2, -1074)", Pow(2, -1074), 5e-324},
		{"pow(2, -1076)", Pow(2, -1076), 0},
		{"pow(1e300, 1e300)", Pow(1e300, 1e300), inf},
		{"pow(1e300, -1e300)", Pow(1e300, -1e300), 0},
		{"pow(0.5, 1e300)", Pow(0.5, 1e300), 0},
		{"pow(1.5, 1e308)", Pow(1.5, math.MaxFloat64), inf},
		{"pow(10, 308)", Pow(10, 308), 1e308},
		{"exp(-inf)", Exp(-inf), 0},
		{"exp(0)", Exp(0), 1},
		{"exp(709.78)", Exp(709.78), 1.7928227943945155e308},
		{"log(0)", Log(0), -inf},
		{"log(-1)", Log(-1), minus},
		{"log(5e-324)", Log(5e-324), -744.4400719213812},
		{"log(1)", Log(1), 0},
		{"log2(8)", Log2(8), 3},
		{"log10(1000)", Log10(1000), 3},
		{"log10(1e-5)", Log10(1e-5), -5},
		{"log10(-1)", Log10(-1), nan},
		{"sin(-0)", Sin(math.Copysign(0, -1)), math.Copysign(0, -1)},
		{"sin(inf)", Sin(inf), minus},
		{"sin(pi)", Sin(math.Pi), 1.2246467991473532e-16},
		{"cos(0)", Cos(0), 1},
		{"tan(pi/2)", Tan(math.Pi / 2), 1.633123935319537e16},
		{"asin(1)", Asin(1), math.Pi / 2},
		{"asin(2)", Asin(2), nan},
		{"acos(-1)", Acos(-1), math.Pi},
		{"acos(1)", Acos(1), 0},
		{"acos(0)", Acos(0), math.Pi / 2},
		{"atan(inf)", Atan(inf), math.Pi / 2},
		{"atan(1e300)", Atan(1e300), math.Pi / 2},
		{"atan2(1e-300, -1e300)", Atan2(1e-300, -1e300), math.Pi},
		{"atan2(-1e-300, 1e300)", Atan2(-1e-300, 1e300), math.Copysign(0, -1)},
		{"atan2(5e-324, 5e-324)", Atan2(5e-324, 5e-324), math.Pi / 4},
		{"mod(5, 0)", Mod(5, 0), minus},
		{"mod(-6, 4)", Mod(-6, 4), -2},
	} {
		if math.Float64bits(test.got)&^1 != math.Float64bits(test.want)&^1 || test.want == test.want && test.got != test.want {
			t.Errorf("%s: got %v (%x), want %v", test.name, test.got, math.Float64bits(test.got), test.want)
		}
	}
}

func BenchmarkFunctions(b *testing.B) {
	for _, f := range []struct {
		name       string
		ours, gone func(float64) float64
	}{
		{"exp", Exp, math.Exp}, {"log", Log, math.Log}, {"sin", Sin, math.Sin}, {"tan", Tan, math.Tan}, {"atan", Atan, math.Atan},
		{"pow", func(x float64) float64 { return Pow(x, 2.5) }, func(x float64) float64 { return math.Pow(x, 2.5) }},
	} {
		x := 1.2345
		b.Run(f.name, func(b *testing.B) {
			for b.Loop() {
				f.ours(x)
			}
		})
		b.Run(f.name+" of package math", func(b *testing.B) {
			for b.Loop() {
				f.gone(x)
			}
		})
	}
}
