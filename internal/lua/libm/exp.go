package libm

import "math"

// Exp is e^x.
func Exp(x float64) float64 {
	if x != x {
		return x
	}
	return exp(x, 0)
}

// Cosh is the hyperbolic cosine of x, as package math has it.
func Cosh(x float64) float64 {
	if x != x {
		return x
	}
	return math.Cosh(x)
}

const expSteps = 128 // entries of exp2Table

// exp is e^(x+xl) for a small xl.
func exp(x, xl float64) float64 {
	switch {
	case x > 710:
		return math.Inf(1)
	case x < -746:
		return 0
	}
	// x = k ln2/128 + r; then e^x = 2^(k/128) e^r.
	n := math.RoundToEven(x * (expSteps / math.Ln2))
	k := int(n)
	r := math.FMA(-n, ln2StepHi, x) // exact
	r, rl := fastTwoSum(r, -n*ln2StepLo)
	rl += xl
	// e^r - 1 = r + r²/2 + …; only the first two terms need a pair.
	sq := r * r
	sql := math.FMA(r, r, -sq) + 2*r*rl
	rest := sq * r * (1.0/6 + r*(1.0/24+r*(1.0/120+r*(1.0/720))))
	s, sl := fastTwoSum(r, sq/2)
	sl += rl + sql/2 + rest

	t := &exp2Table[k&(expSteps-1)]
	p, pl := twoMul(t[0], s)
	hi, lo := fastTwoSum(t[0], p)
	hi, lo = fastTwoSum(hi, lo+(pl+t[0]*sl+t[1]+t[1]*s))
	return scale(hi, lo, k>>7)
}

// scale is (hi + lo) 2^e for hi from [1/2, 4), rounded once.
func scale(hi, lo float64, e int) float64 {
	if e > -1020 {
		if e < 1020 {
			return hi * math.Float64frombits(uint64(e+1023)<<52)
		}
		return math.Ldexp(hi, e)
	}
	// It may be too small for a full mantissa: count the smallest floats that it has.
	units := math.Ldexp(hi, e+1074)
	n := math.Floor(units)
	if n >= 1<<52 {
		return math.Ldexp(hi, e)
	}
	rest := (units - n) + math.Ldexp(lo, e+1074)
	if rest > 0.5 || rest == 0.5 && math.Mod(n, 2) != 0 {
		n++
	}
	return math.Float64frombits(uint64(n))
}
