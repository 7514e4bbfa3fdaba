package libm

import "math"

// Atan is the arc tangent of x.
func Atan(x float64) float64 { return Atan2(x, 1) }

// Atan2 is the angle of the point (x, y).
func Atan2(y, x float64) float64 {
	switch {
	case x != x:
		return x
	case y != y:
		return y
	case x == 0 || y == 0 || math.IsInf(x, 0) || math.IsInf(y, 0):
		return math.Atan2(y, x)
	}
	a, b := math.Abs(y), math.Abs(x)
	// The quotient must be exact, so neither may be too small.
	_, ea := math.Frexp(a)
	_, eb := math.Frexp(b)
	var hi, lo float64
	switch {
	case ea-eb < -100 && x > 0:
		return y / x
	case ea-eb < -100:
		hi, lo = math.Pi, piLo
	case ea-eb > 100:
		hi, lo = halfPiHi, halfPiLo
	default:
		hi, lo = angle(math.Ldexp(a, -eb), 0, math.Ldexp(b, -eb), 0)
		if x < 0 {
			hi, lo = subtract(math.Pi, piLo, hi, lo)
		}
	}
	return math.Copysign(hi+lo, y)
}

// Asin is the arc sine of x.
func Asin(x float64) float64 {
	a := math.Abs(x)
	switch {
	case x != x || a < 0x1p-27:
		return x
	case a > 1:
		return math.Float64frombits(0x7FF8 << 48)
	}
	c, cl := leg(a)
	hi, lo := angle(a, 0, c, cl)
	return math.Copysign(hi+lo, x)
}

// Acos is the arc cosine of x.
func Acos(x float64) float64 {
	a := math.Abs(x)
	switch {
	case x != x:
		return x
	case a > 1:
		return math.Float64frombits(0x7FF8 << 48)
	case x == 1:
		return 0
	}
	c, cl := leg(a)
	hi, lo := angle(c, cl, a, 0)
	if x < 0 {
		hi, lo = subtract(math.Pi, piLo, hi, lo)
	}
	return hi + lo
}

// leg is the square root of 1 - a² as a pair.
func leg(a float64) (hi, lo float64) {
	mh, ml := twoSum(1, -a)
	ph, pl := twoSum(1, a)
	return sqrt(mul(mh, ml, ph, pl))
}

// angle is the arc tangent of y / x, pairs that are not negative.
func angle(y, yl, x, xl float64) (hi, lo float64) {
	if y <= x {
		return atan(div(y, yl, x, xl))
	}
	hi, lo = atan(div(x, xl, y, yl))
	return subtract(halfPiHi, halfPiLo, hi, lo)
}

// subtract is the difference of two pairs.
func subtract(ah, al, bh, bl float64) (hi, lo float64) {
	hi, lo = twoSum(ah, -bh)
	return fastTwoSum(hi, lo+(al-bl))
}

const atanSteps = 64

// atan is the arc tangent of a pair from [0, 1].
func atan(x, xl float64) (hi, lo float64) {
	// atan x = atan c + atan d with d = (x-c) / (1+xc).
	i := int(x*atanSteps + 0.5)
	d, dl := x, xl
	if i > 0 {
		c := float64(i) / atanSteps
		nh, nl := twoSum(x, -c)
		p, pl := twoMul(x, c)
		qh, ql := fastTwoSum(1, p)
		d, dl = div(nh, nl+xl, qh, ql+(pl+xl*c))
	}
	s := d * d
	rest := -d * s * (1.0/3 - s*(1.0/5-s*(1.0/7-s*(1.0/9))))
	t := &atanTable[i]
	hi, lo = twoSum(t[0], d)
	return fastTwoSum(hi, lo+(t[1]+dl+rest))
}
