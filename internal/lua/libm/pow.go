package libm

import "math"

// Pow is x^y.
func Pow(x, y float64) float64 {
	switch {
	case y == 0 || x == 1:
		return 1
	case y == 2:
		return x * x
	case x != x:
		if math.Signbit(x) && odd(y) {
			return -x
		}
		return x
	case y != y:
		return y
	case x == 0 || math.IsInf(x, 0) || math.IsInf(y, 0):
		return math.Pow(x, y)
	}
	negative := false
	if x < 0 {
		if y != math.Trunc(y) {
			return negativeNaN
		}
		x, negative = -x, odd(y)
	}
	hi, lo := log(x)
	e, el := twoMul(hi, y)
	if math.IsInf(e, 0) {
		el = 0
	}
	z := exp(e, el+lo*y)
	if negative {
		return -z
	}
	return z
}

// odd reports whether y is an odd integer.
func odd(y float64) bool {
	y = math.Abs(y)
	return y < 1<<53 && y == math.Trunc(y) && uint64(y)&1 == 1
}
