package libm

import "math"

// Log is the natural logarithm of x.
func Log(x float64) float64 {
	if y, special := logSpecial(x); special {
		return y
	}
	hi, _ := log(x)
	return hi
}

// Log2 is the binary logarithm of x.
func Log2(x float64) float64 {
	if y, special := logSpecial(x); special {
		return y
	}
	if fraction, e := math.Frexp(x); fraction == 0.5 {
		return float64(e - 1)
	}
	hi, lo := log(x)
	hi, _ = mul(hi, lo, log2eHi, log2eLo)
	return hi
}

// Log10 is the decimal logarithm of x. The C library of GNU does not round it correctly, but with these steps of
// FreeBSD's msun.
func Log10(x float64) float64 {
	y, special := logSpecial(x)
	switch {
	case x < 0:
		return math.Float64frombits(0x7FF8 << 48)
	case special:
		return y
	}
	fraction, e := math.Frexp(x)
	if e--; e < 0 { // the fraction is from [1/2, 1), so that the logarithm has the sign of e
		e++
	} else {
		fraction *= 2
	}
	n := float64(e)
	const (
		log10Of2Hi = 3.01029995663611771306e-01
		log10Of2Lo = 3.69423907715893078616e-13
		log10OfE   = 4.34294481903251816668e-01
	)
	a := n * log10Of2Lo
	b := log10OfE * Log(fraction)
	z := a + b
	c := n * log10Of2Hi
	return z + c
}

// logSpecial is the logarithm of what is not a positive number.
func logSpecial(x float64) (y float64, special bool) {
	switch {
	case x != x || math.IsInf(x, 1):
		return x, true
	case x == 0:
		return math.Inf(-1), true
	case x < 0:
		return negativeNaN, true
	}
	return 0, false
}

// log is the natural logarithm of a positive x as a pair.
func log(x float64) (hi, lo float64) {
	// x = 2^k z with z from [sqrt(1/2), sqrt(2)).
	k := 0
	if x < 0x1p-1022 {
		x *= 1 << 52
		k = -52
	}
	word := math.Float64bits(x)
	k += int(word>>52) - 1023
	z := math.Float64frombits(word&(1<<52-1) | 1023<<52)
	if z > math.Sqrt2 {
		z /= 2
		k++
	}
	// log z = log c + log(1+r) with a c of few bits that is near z, and 1 if z is near 1.
	t := &logTable[int(math.Floor((z-1)*logSteps+0.5))+logFirst]
	p, pl := twoMul(z, t[0])
	r, rl := fastTwoSum(p-1, pl)
	// log(1+r) = r - r²/2 + …; only the first two terms need a pair.
	sq := r * r
	sql := math.FMA(r, r, -sq) + 2*r*rl
	rest := sq * r * (1.0/3 - r*(1.0/4-r*(1.0/5-r*(1.0/6-r*(1.0/7-r*(1.0/8-r*(1.0/9)))))))
	n := float64(k)
	hi, e1 := twoSum(n*ln2Hi, t[1])
	hi, e2 := twoSum(hi, r)
	hi, e3 := twoSum(hi, -sq/2)
	return fastTwoSum(hi, e1+e2+e3+(n*ln2Lo+t[2]+rl-sql/2+rest))
}
