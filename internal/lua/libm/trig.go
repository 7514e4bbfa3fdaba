package libm

import (
	"math"
	"math/bits"
)

// Sin is the sine of x.
func Sin(x float64) float64 {
	switch {
	case x != x || math.Abs(x) < 0x1p-27:
		return x
	case math.IsInf(x, 0):
		return negativeNaN
	}
	return turned(x, 0)
}

// Cos is the cosine of x.
func Cos(x float64) float64 {
	switch {
	case x != x:
		return x
	case math.IsInf(x, 0):
		return negativeNaN
	}
	return turned(x, 1)
}

// turned is the sine of x and some right angles, which are exact.
func turned(x float64, angles int) float64 {
	quadrant, r, rl := reduce(x)
	quadrant += angles
	var y float64
	if quadrant&1 == 0 {
		y, _ = sin(r, rl)
	} else {
		y, _ = cos(r, rl)
	}
	if quadrant&2 != 0 {
		y = -y
	}
	return y
}

// Tan is the tangent of x.
func Tan(x float64) float64 {
	switch {
	case x != x || math.Abs(x) < 0x1p-27:
		return x
	case math.IsInf(x, 0):
		return negativeNaN
	}
	quadrant, r, rl := reduce(x)
	sh, sl := sin(r, rl)
	ch, cl := cos(r, rl)
	if quadrant&1 != 0 {
		sh, sl, ch, cl = -ch, -cl, sh, sl
	}
	y, _ := div(sh, sl, ch, cl)
	return y
}

// sin is the sine of a pair from [-pi/4, pi/4]. Its terms are taken together so that the first two are pairs.
func sin(r, rl float64) (hi, lo float64) {
	s, sl := mul(r, rl, r, rl)
	rest := s * (1.0/120 - s*(1.0/5040-s*(1.0/362880-s*(1.0/39916800-s*(1.0/6227020800-s*(1.0/1307674368000-
		s*(1.0/355687428096000-s*(1.0/121645100408832000))))))))
	t, tl := fastTwoSum(-1.0/6, rest)
	t, tl = mul(s, sl, t, tl-sixthLo)
	t, tl = mul(r, rl, t, tl)
	hi, lo = fastTwoSum(r, t)
	return fastTwoSum(hi, lo+(rl+tl))
}

// cos is the cosine of a pair from [-pi/4, pi/4]. Its first three terms are pairs.
func cos(r, rl float64) (hi, lo float64) {
	s, sl := mul(r, rl, r, rl)
	rest := -s * (1.0/720 - s*(1.0/40320-s*(1.0/3628800-s*(1.0/479001600-s*(1.0/87178291200-s*(1.0/20922789888000-
		s*(1.0/6402373705728000-s*(1.0/2432902008176640000))))))))
	t, tl := fastTwoSum(1.0/24, rest)
	t, tl = mul(s, sl, t, tl+twentyFourthLo)
	u, ul := fastTwoSum(-0.5, t)
	t, tl = mul(s, sl, u, ul+tl)
	hi, lo = fastTwoSum(1, t)
	return fastTwoSum(hi, lo+tl)
}

// reduce is how many quarters of a turn there are in x, modulo 4, and the rest of it as a pair from [-pi/4, pi/4].
func reduce(x float64) (quadrant int, r, rl float64) {
	if math.Abs(x) <= math.Pi/4 {
		return 0, x, 0
	}
	if math.Abs(x) >= 1<<19 {
		return reduceLarge(x)
	}
	n := math.RoundToEven(x * (2 / math.Pi))
	// The products with the first two parts of pi/2, and the first difference, are exact.
	r = x - n*halfPi1
	r, e1 := twoSum(r, -n*halfPi2)
	p, pl := twoMul(n, halfPi3)
	r, e2 := twoSum(r, -p)
	r, rl = twoSum(r, e1+e2-pl-n*halfPi4)
	return int(int64(n) & 3), r, rl
}

// reduceLarge multiplies with those bits of 2/pi that make no whole turns (M. Payne and R. Hanek, "Radian reduction for
// trigonometric functions", 1983).
func reduceLarge(x float64) (quadrant int, r, rl float64) {
	word := math.Float64bits(x)
	m := word&(1<<52-1) | 1<<52
	e := int(word>>52&0x7ff) - 1023 - 52
	// The table begins with 64 bits for the powers of two from 63 to 0. The window of 256 bits begins where m makes four
	// quarters.
	at := e - 2 + 64
	var product [4]uint64 // the highest word first; its first two bits are quarters
	carry := uint64(0)
	for i := 3; i >= 0; i-- {
		w, s := at/64+i, uint(at%64)
		window := twoOverPi[w] << s
		if s > 0 {
			window |= twoOverPi[w+1] >> (64 - s)
		}
		hi, lo := bits.Mul64(window, m)
		var c uint64
		product[i], c = bits.Add64(lo, carry, 0)
		carry = hi + c
	}
	quadrant = int(product[0] >> 62)
	for i := range product {
		product[i] <<= 2
		if i < 3 {
			product[i] |= product[i+1] >> 62
		}
	}
	negative := product[0]>>63 == 1 // more than a half: round up
	if negative {
		quadrant++
		for i := range product {
			product[i] = ^product[i]
		}
	}
	shift := 0
	for product[0] == 0 && shift < 128 {
		product = [4]uint64{product[1], product[2], product[3]}
		shift += 64
	}
	if z := uint(bits.LeadingZeros64(product[0])); z > 0 && z < 64 {
		product[0] = product[0]<<z | product[1]>>(64-z)
		product[1] = product[1]<<z | product[2]>>(64-z)
		shift += int(z)
	}
	first := product[0] >> 11 << 11
	hi := math.Ldexp(float64(first), -64-shift)
	lo := math.Ldexp(float64(product[0]-first), -64-shift) + math.Ldexp(float64(product[1]), -128-shift)
	r, rl = mul(hi, lo, halfPiHi, halfPiLo)
	if negative {
		r, rl = -r, -rl
	}
	if x < 0 {
		return -quadrant & 3, -r, -rl
	}
	return quadrant & 3, r, rl
}
