package value

import (
	"math"

	"silly/internal/lua/libm"
)

// An ArithOp is an arithmetic or bitwise operation (manual, sections 3.4.1 and 3.4.2).
type ArithOp uint8

// The operations.
const (
	OpAdd ArithOp = iota
	OpSub
	OpMul
	OpMod
	OpPow
	OpDiv
	OpIDiv
	OpBAnd
	OpBOr
	OpBXor
	OpShl
	OpShr
	OpUnm
	OpBNot
)

// Events are the names of the metamethods of the operations.
var Events = [...]string{
	OpAdd: "__add", OpSub: "__sub", OpMul: "__mul", OpMod: "__mod", OpPow: "__pow", OpDiv: "__div", OpIDiv: "__idiv",
	OpBAnd: "__band", OpBOr: "__bor", OpBXor: "__bxor", OpShl: "__shl", OpShr: "__shr", OpUnm: "__unm", OpBNot: "__bnot",
}

// Bitwise reports whether an operation is on integers only.
func (op ArithOp) Bitwise() bool { return op >= OpBAnd && op <= OpShr || op == OpBNot }

// Arith is the result of an operation on two numbers; the unary ones take theirs twice. It reports false when a number
// has no integer representation that a bitwise operation needs, and for a division of an integer by zero.
func Arith(op ArithOp, a, b Value) (Value, bool) {
	if op.Bitwise() {
		i, ok := ToInt(a)
		if !ok {
			return Nil, false
		}
		j, ok := ToInt(b)
		if !ok {
			return Nil, false
		}
		return Int(bitwise(op, i, j)), true
	}
	if a.IsInt() && b.IsInt() {
		i, j := a.AsInt(), b.AsInt()
		switch op {
		case OpAdd:
			return Int(i + j), true
		case OpSub:
			return Int(i - j), true
		case OpMul:
			return Int(i * j), true
		case OpUnm:
			return Int(-i), true
		case OpIDiv:
			if j == 0 {
				return Nil, false
			}
			return Int(IDiv(i, j)), true
		case OpMod:
			if j == 0 {
				return Nil, false
			}
			return Int(Mod(i, j)), true
		}
	}
	x, _ := ToFloat(a)
	y, _ := ToFloat(b)
	switch op {
	case OpAdd:
		x += y
	case OpSub:
		x -= y
	case OpMul:
		x *= y
	case OpDiv:
		x /= y
	case OpPow:
		x = Pow(x, y)
	case OpIDiv:
		x = math.Floor(x / y)
	case OpMod:
		x = FloatMod(x, y)
	case OpUnm:
		x = -x
	}
	return Float(x), true
}

func bitwise(op ArithOp, i, j int64) int64 {
	switch op {
	case OpBAnd:
		return i & j
	case OpBOr:
		return i | j
	case OpBXor:
		return i ^ j
	case OpShl:
		return Shl(i, j)
	case OpShr:
		return Shl(i, -j)
	}
	return ^i
}

// IDiv is i // j for j other than 0.
func IDiv(i, j int64) int64 {
	if j == -1 {
		return -i // also of the smallest integer
	}
	q := i / j
	if i%j != 0 && (i^j) < 0 {
		q--
	}
	return q
}

// Mod is i % j for j other than 0.
func Mod(i, j int64) int64 {
	if j == -1 {
		return 0
	}
	r := i % j
	if r != 0 && (r^j) < 0 {
		r += j
	}
	return r
}

// FloatMod is x % y.
func FloatMod(x, y float64) float64 {
	r := libm.Mod(x, y)
	if r != 0 && (r < 0) != (y < 0) {
		r += y
	}
	return r
}

// Pow is x ^ y.
func Pow(x, y float64) float64 {
	if y == 2 {
		return x * x
	}
	return libm.Pow(x, y)
}

// Shl is i << n; negative n shift to the right. Vacant bits are zero.
func Shl(i, n int64) int64 {
	switch {
	case n <= -64 || n >= 64:
		return 0
	case n >= 0:
		return int64(uint64(i) << uint(n))
	}
	return int64(uint64(i) >> uint(-n))
}

// LessNumber is a < b for numbers, exactly also between integers and floats.
func LessNumber(a, b Value) bool {
	switch {
	case a.IsInt() && b.IsInt():
		return a.AsInt() < b.AsInt()
	case a.IsFloat() && b.IsFloat():
		return a.AsFloat() < b.AsFloat()
	case a.IsInt():
		return intLessFloat(a.AsInt(), b.AsFloat())
	}
	return floatLessInt(a.AsFloat(), b.AsInt())
}

// LessEqualNumber is a <= b for numbers.
func LessEqualNumber(a, b Value) bool {
	switch {
	case a.IsInt() && b.IsInt():
		return a.AsInt() <= b.AsInt()
	case a.IsFloat() && b.IsFloat():
		return a.AsFloat() <= b.AsFloat()
	case a.IsInt():
		f := b.AsFloat()
		return f == f && !floatLessInt(f, a.AsInt())
	}
	f := a.AsFloat()
	return f == f && !intLessFloat(b.AsInt(), f)
}

func intLessFloat(i int64, f float64) bool {
	switch {
	case f >= 1<<63:
		return true
	case f > -(1 << 63): // the ceiling of f fits
		return i < int64(math.Ceil(f))
	}
	return false // also NaN
}

func floatLessInt(f float64, i int64) bool {
	switch {
	case f >= 1<<63:
		return false
	case f >= -(1 << 63):
		return int64(math.Floor(f)) < i
	}
	return f == f // less than any integer, unless it is NaN
}
