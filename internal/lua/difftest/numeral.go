package difftest

import (
	"math"
	"strconv"
	"strings"
)

func init() {
	produce(
		production{name: "number edges", weight: 3, emit: (*generator).numberEdges, when: (*generator).impure},
		production{name: "numerals", weight: 2, emit: (*generator).numerals, when: (*generator).impure},
		production{name: "number format", weight: 2, emit: (*generator).numberFormat, when: (*generator).impure},
		production{name: "math", weight: 2, closed: true, emit: (*generator).mathFunctions, when: (*generator).impure},
		production{name: "number keys", weight: 1, emit: (*generator).numberKeys, when: (*generator).impure},
	)
}

// edge is a number near some limit, or something that may be taken for a number.
func (g *generator) edge() string {
	switch g.n(10) {
	case 0, 1, 2:
		return integerEdges[g.n(len(integerEdges))]
	case 3, 4, 5:
		return floatEdges[g.n(len(floatEdges))]
	case 6:
		return g.one("'10'", "'0x10'", "' 5 '", "'1e1'", "'abc'", "''", "'9223372036854775808'", "'-0.0'", "'0x1p3'", "'1.'", "'5x'", "'0x'", "'-9223372036854775808'", "'2^53'", "nil", "true")
	case 7:
		return g.one("(0/0)", "-(0/0)", "(2^53 + 1)", "(2^53 - 1)", "(math.maxinteger + 0.0)", "(math.mininteger + 0.0)", "(math.maxinteger + 1)", "(math.mininteger - 1)", "-9223372036854775808", "9223372036854775808", "(1 << 53)", "((1 << 53) + 1)")
	}
	return g.one("0", "1", "-1", "2", "-2", "3", "7", "10", "-0", "0.0", "1.0", "-1.0", "63", "64", "-64", "2.5", "-2.5")
}

// neighbours are two numbers that are equal or nearly so, often of two kinds.
func (g *generator) neighbours() (string, string) {
	type pair struct{ integer, float string }
	p := []pair{
		{"1", "1.0"}, {"0", "-0.0"}, {"-7", "-7.0"}, {"100", "1e2"}, {"9007199254740992", "2^53"}, {"-9007199254740992", "-2^53"}, {"9007199254740993", "2^53"},
		{"math.maxinteger", "2^63"}, {"math.mininteger", "-2^63"}, {"math.maxinteger", "math.huge"}, {"4611686018427387904", "2^62"}, {"1000000000000000000", "1e18"},
		{"123456789", "123456789.0"}, {"3", "3.0000000000000004"}, {"-1", "-0.9999999999999999"},
	}[g.n(15)]
	vary := func(s string) string {
		switch g.n(7) {
		case 0:
			return "(" + s + " + 1)"
		case 1:
			return "(" + s + " - 1)"
		case 2:
			return "(" + s + " + 0.5)"
		}
		return s
	}
	a, b := vary(p.integer), vary(p.float)
	switch g.n(6) {
	case 0:
		return b, a
	case 1:
		return a, vary(p.integer)
	case 2:
		return vary(p.float), b
	}
	return a, b
}

// numberEdges computes with such numbers, as constants and in variables.
func (g *generator) numberEdges() {
	operators := []string{"+", "-", "*", "/", "//", "%", "&", "|", "~", "<<", ">>", "<", "<=", ">", ">=", "==", "~="}
	x, y := g.fresh("x"), g.fresh("y")
	g.line("do")
	g.indent++
	if g.chance(60) {
		a, b := g.neighbours()
		g.line("local %s, %s = %s, %s", x, y, a, b)
		for range 1 + g.n(3) {
			l, r := x, y
			if g.chance(50) {
				l, r = y, x
			}
			op := g.comparison()
			switch g.n(3) {
			case 0:
				g.line("ev(function() return %s %s %s, %s %s %s, not (%s %s %s) end)", l, op, r, l, g.comparison(), l, r, g.comparison(), l)
			case 1:
				g.line("show(%s %s %s and 'yes' or 'no', {[%s] = 1, [%s] = 2})", l, op, r, a, b)
			case 2:
				g.line("ev(function() if %s %s %s then return 1 else return 2 end end)", l, op, g.one(r, r, a, b))
			}
		}
	} else {
		g.line("local %s, %s = %s, %s", x, y, g.edge(), g.edge())
	}
	for range 2 + g.n(5) {
		op := operators[g.n(len(operators))]
		l := g.one(x, y, x, g.edge())
		r := g.one(y, x, y, g.edge())
		if g.chance(20) {
			l, r = g.edge(), g.edge()
		}
		switch g.n(9) {
		case 0:
			g.line("ev(function() return %s%s, %s(%s %s %s) end)", g.one("- ", "~", "- - ", "~~"), l, g.one("- ", "not ", "#tostring", "math.type"), l, op, r)
		case 1:
			g.line("ev(function() return (%s %s %s) %s %s end)", l, op, r, operators[g.n(len(operators))], g.one(x, y, "1", "2.0"))
		case 2:
			g.line("ev(function() if %s %s %s then return 'yes' end return 'no' end)", l, g.comparison(), r)
		case 3:
			g.line("%s = %s", x, g.edge())
		case 4:
			g.line("ev(function() local a = %s a = a %s %s return a end)", l, op, r)
		default:
			g.line("ev(function() return %s %s %s end)", l, op, r)
		}
	}
	g.indent--
	g.line("end")
}

// numeral is the text of a number, right or wrong.
func (g *generator) numeral() string {
	digits := func(set string, n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(set[g.n(len(set))])
		}
		return b.String()
	}
	var s string
	switch g.n(9) {
	case 0:
		s = digits("0123456789", 1+g.n(20))
	case 1:
		s = digits("0123456789", g.n(5)) + "." + digits("0123456789", g.n(18))
	case 2:
		s = digits("123456789", 1+g.n(3)) + g.one("e", "E") + g.one("", "+", "-") + digits("0123456789", g.n(3))
	case 3:
		s = g.one("0x", "0X") + digits("0123456789abcdefABCDEF", g.n(20))
	case 4:
		s = g.one("0x", "0X") + digits("0123456789abcdef", g.n(4)) + "." + digits("0123456789abcdef", g.n(4)) + g.one("", "p1", "p-3", "P+10", "p", "p+")
	case 5:
		s = g.one("9223372036854775807", "9223372036854775808", "9223372036854775809", "18446744073709551616", "0x7fffffffffffffff", "0x8000000000000000",
			"0x10000000000000000", "1e308", "1e309", "1e-400", "4.9e-324", "2.4e-324", "inf", "nan", "0x1p1023", "0x1p1024", "0x1p-1080", "1e+", "9007199254740993", "0.1e1", "00012", "0x.p1", "1e1.0")
	case 6:
		s = strconv.FormatFloat(math.Float64frombits(g.next()), 'g', g.between(-1, 17), 64)
	case 7:
		s = strconv.FormatInt(int64(g.next()>>g.n(64)), 10)
	case 8:
		s = strconv.FormatInt(int64(g.next()>>(1+g.n(63))), 2+g.n(35))
	}
	return s
}

func (g *generator) numerals() {
	for range 1 + g.n(4) {
		s := g.numeral()
		switch g.n(7) {
		case 0:
			if g.chance(20) {
				s = s[:g.n(len(s)+1)] + g.one("x", "_", "..", "e", " ", "-", "p") + s[g.n(len(s)+1):]
			}
			g.line("ev(load, %q)", "return "+s)
			g.line("ev(function() return load(%q)() end)", "return "+s)
		case 1:
			g.line("show(tonumber(%q), tonumber(%q))", g.one("", " ", "-", "+", "- ", "\t", "--")+s+g.one("", " ", "\n", "x", " 1"), "-"+s)
		case 2:
			base := g.between(2, 36)
			if g.chance(60) {
				s = strconv.FormatUint(g.next()>>g.n(64), base)
				if g.chance(20) {
					s += s
				}
				if g.chance(40) {
					s = strings.ToUpper(s)
				}
			} else if g.chance(20) {
				base = g.n(40)
			}
			g.line("ev(tonumber, %q, %d)", g.one("", "-", " ", "- ", "")+s+g.one("", "", " ", "z", "."), base)
		case 3:
			g.line("ev(function() return %q + 0, -%q, %q * 1, %q // 1 end)", s, s, s, s)
		case 4:
			g.line("ev(function() return %q | 0, ~%q end)", s, s)
		case 5:
			g.line("ev(function() return math.tointeger(%q), math.tointeger(tonumber(%q) or 0) end)", s, s)
		case 6:
			g.line("ev(function() return %q < %q, %q == tonumber(%q), #%q end)", s, g.numeral(), s, s, s)
		}
	}
}

// numberFormat turns numbers into text.
func (g *generator) numberFormat() {
	for range 1 + g.n(3) {
		var x string
		switch g.n(5) {
		case 0:
			x = strconv.FormatFloat(math.Float64frombits(g.next()), 'g', -1, 64)
			if strings.Contains(x, "NaN") {
				x = "1e15"
			}
			x = strings.Replace(x, "+Inf", "math.huge", 1)
			x = strings.Replace(x, "-Inf", "-math.huge", 1)
		case 1:
			x = strconv.FormatFloat(float64(int64(g.next()))/float64(int64(1)<<g.n(60)), 'g', -1, 64)
		case 2:
			x = strconv.FormatFloat(float64(g.n(2000000)-1000000)/[]float64{1, 10, 100, 1000, 8}[g.n(5)], 'f', -1, 64)
		case 3:
			x = floatEdges[g.n(len(floatEdges))]
		case 4:
			x = g.one(integerEdges...)
		}
		switch g.n(4) {
		case 0:
			g.line("show(%s, tostring(%s), %s .. '')", x, x, paren(x))
		case 1:
			g.line("ev(string.format, %q, %s)", "["+g.directive("diuxXocsq")+"]", x)
		default:
			g.line("ev(string.format, %q, %s)", "["+g.directive("eEfFgGaA")+"]", x)
		}
	}
}

// directive is one of string.format, with a conversion out of the letters.
func (g *generator) directive(letters string) string {
	d := "%" + g.one("", "", "", "-", "0", "+", " ", "#", "-0", "+#", "0-")
	d += g.one("", "", "", "5", "10", "1", "20", "99")
	if g.chance(40) {
		d += g.one(".0", ".", ".1", ".3", ".10", ".20", ".99")
	}
	return d + string(letters[g.n(len(letters))])
}

func (g *generator) mathFunctions() {
	for range 1 + g.n(4) {
		switch g.n(10) {
		case 0:
			g.line("ev(math.%s, %s)", g.one("floor", "ceil", "abs", "tointeger", "type"), g.edge())
		case 1:
			g.line("ev(math.%s, %s, %s)", g.one("fmod", "ult", "max", "min"), g.edge(), g.edge())
		case 2:
			g.line("ev(math.modf, %s)", g.edge())
		case 3:
			g.line("ev(math.sqrt, %s)", g.one("4", "2", "-1", "0", "'9'", "1e300", "-0.0", "math.huge", "0.25", "x"))
		case 4:
			g.line("show(string.format('%%.10g', math.%s))", g.one("sin(1)", "cos(2)", "tan(0.5)", "exp(1)", "log(10)", "log(8, 2)", "log(100, 10)", "log(27, 3)", "asin(1)", "acos(0.5)", "atan(1)", "atan(1, -1)", "deg(2)", "rad(90)"))
		case 5:
			g.line("ev(function() return math.max(%s, %s, %s), math.min(%s) end)", g.integer(1), g.float(0), g.integer(1), g.edge())
		case 6:
			// Only powers whose result is exact, or the quotient of 1 and an exact one.
			if g.chance(50) {
				g.line("ev(function() return %s ^ %s end)", g.one("2", "-2", "2.0", "'2'", "0", "0.5"), g.one("62", "-20", "'3'", "0", "-1", "1.0", "1023", "1024", "-1075"))
			} else {
				g.line("ev(function() return %s ^ %s end)", g.one("10", "3", "-3", "'10'", "1.5"), g.one("2", "10", "-1", "0", "'3'", "-3", "1.0"))
			}
		case 7:
			g.line("show(math.maxinteger // -1, math.mininteger // -1, math.mininteger %% -1, math.maxinteger * 2, %s %% math.mininteger)", g.atom())
		case 8:
			g.line("show(math.tointeger(%s), math.tointeger('8'), math.tointeger(2^53), 3 | 0, 3.0 | 0, '0x10' | 0)", g.edge())
		case 9:
			g.line("ev(function() return math.%s() end)", g.one("floor", "max", "abs", "fmod", "type", "min"))
		}
	}
}

// numberKeys uses numbers and the texts of numbers as keys.
func (g *generator) numberKeys() {
	t := g.fresh("t")
	keys := func() string {
		return g.one("1", "1.0", "'1'", "2^53", "2^53 + 1", "(1 << 53)", "-0.0", "0", "'0'", "1.5", "-1", "math.maxinteger", "math.mininteger", "2^63", "math.huge", "-math.huge", "true", "'a'", "3 // 1.0", "10 / 5", "'1.0'", "1e15")
	}
	g.line("do local %s = {}", t)
	for range 3 + g.n(5) {
		k := keys()
		g.line("  %s[%s] = %s", t, k, g.one("'x'", "1", "2", "nil", "false"))
	}
	g.line("  show(%s, %s, %s[%s], %s[%s], next({[%s] = 1}))", g.tag(), t, t, keys(), t, keys(), keys())
	g.line("end")
}
