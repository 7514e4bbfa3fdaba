// Package libm has the mathematical functions that Lua 5.4 takes from the C library, as exact as the one of GNU: their
// results are the floats nearest to the true ones but for very few, of which the C library rounds some the other way.
// Those of package math are off by one place in every fourth case, and by many places in math.Pow. What is not a number
// has the sign that it has in C on amd64, because Lua prints it.
//
// Where a result would not be exact enough, it is computed as the sum of two floats, the second of which is what the first
// lacks (T. J. Dekker, "A floating-point technique for extending the available precision", 1971). That is called a pair.
package libm

import "math"

// negativeNaN is what the processor returns for an invalid operation.
var negativeNaN = math.Float64frombits(0xFFF8 << 48)

// twoSum is a + b as a pair.
func twoSum(a, b float64) (hi, lo float64) {
	hi = a + b
	c := hi - a
	return hi, (a - (hi - c)) + (b - c)
}

// fastTwoSum is twoSum for a that is not smaller in magnitude than b.
func fastTwoSum(a, b float64) (hi, lo float64) {
	hi = a + b
	return hi, b - (hi - a)
}

// twoMul is a * b as a pair.
func twoMul(a, b float64) (hi, lo float64) {
	hi = a * b
	return hi, math.FMA(a, b, -hi)
}

// mul is the product of two pairs.
func mul(ah, al, bh, bl float64) (hi, lo float64) {
	hi, lo = twoMul(ah, bh)
	return fastTwoSum(hi, lo+(ah*bl+al*bh))
}

// div is the quotient of two pairs.
func div(ah, al, bh, bl float64) (hi, lo float64) {
	hi = ah / bh
	return fastTwoSum(hi, (math.FMA(-hi, bh, ah)+al-hi*bl)/bh)
}

// sqrt is the square root of a pair.
func sqrt(ah, al float64) (hi, lo float64) {
	hi = math.Sqrt(ah)
	if hi == 0 {
		return 0, 0
	}
	return fastTwoSum(hi, (math.FMA(-hi, hi, ah)+al)/(2*hi))
}

// Mod is the remainder of x / y with the sign of x.
func Mod(x, y float64) float64 {
	if i, j := int64(x), int64(y); float64(i) == x && float64(j) == y && j > 0 {
		// Two integers, as nearly always; a zero has the sign of x, too.
		if r := i % j; r != 0 || i > 0 {
			return float64(r)
		}
		return math.Copysign(0, x)
	}
	switch {
	case x != x:
		return x
	case y != y:
		return y
	case y == 0 || math.IsInf(x, 0):
		return negativeNaN
	}
	return math.Mod(x, y)
}
