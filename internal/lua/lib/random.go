package lib

import (
	"math/bits"
	"math/rand/v2"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// A generator is xoshiro256**, as in Lua: the same seed gives the same numbers.
type generator [4]uint64

func (g *generator) next() uint64 {
	result := bits.RotateLeft64(g[1]*5, 7) * 9
	shifted := g[1] << 17
	g[2] ^= g[0]
	g[3] ^= g[1]
	g[1] ^= g[2]
	g[0] ^= g[3]
	g[2] ^= shifted
	g[3] = bits.RotateLeft64(g[3], 45)
	return result
}

// seed makes the sequence depend on two integers.
func (g *generator) seed(x, y int64) {
	*g = generator{uint64(x), 0xff, uint64(y), 0}
	for range 16 {
		g.next()
	}
}

// seedRandomly seeds the generator with integers that nobody can guess, and returns them.
func (g *generator) seedRandomly() (x, y int64) {
	x, y = int64(rand.Uint64()), int64(rand.Uint64())
	g.seed(x, y)
	return x, y
}

// float is a number from [0, 1).
func float(random uint64) float64 { return float64(random>>11) * (1.0 / (1 << 53)) }

// below is an integer from [0, limit], made of a random one and more if that is too large.
func (g *generator) below(random, limit uint64) uint64 {
	if limit&(limit+1) == 0 { // all ones
		return random & limit
	}
	mask := uint64(1)<<bits.Len64(limit) - 1
	for random &= mask; random > limit; random = g.next() & mask {
	}
	return random
}

// mathRandom implements math.random([m [, n]]) -> a float from [0, 1), or an integer from [1, m] or [m, n]; math.random(0)
// gives any integer.
func (g *generator) mathRandom(c vm.Call) int {
	random := g.next()
	low, high := int64(1), int64(0)
	switch c.Len() {
	case 0:
		return c.Return(value.Float(float(random)))
	case 1:
		if high = c.Int(1); high == 0 {
			return c.Return(value.Int(int64(random)))
		}
	case 2:
		low, high = c.Int(1), c.Int(2)
	default:
		c.Raise("wrong number of arguments")
	}
	if low > high {
		c.ArgError(1, "interval is empty") // 5.4.4 says 1 for both
	}
	return c.Return(value.Int(int64(g.below(random, uint64(high)-uint64(low)) + uint64(low))))
}

// mathRandomSeed implements math.randomseed([x [, y]]) -> x, y.
func (g *generator) mathRandomSeed(c vm.Call) int {
	var x, y int64
	if c.Len() == 0 {
		x, y = g.seedRandomly()
	} else {
		x, y = c.Int(1), c.OptInt(2, 0)
		g.seed(x, y)
	}
	return c.Return2(value.Int(x), value.Int(y))
}
