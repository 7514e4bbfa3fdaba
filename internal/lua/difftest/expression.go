package difftest

import (
	"fmt"
	"strings"
)

// expr returns an expression of a kind. Depth bounds its size.
func (g *generator) expr(k kind, depth int) string {
	if g.wild > 0 && !g.fn.pure && g.chance(g.wild) {
		return g.wrong(depth)
	}
	switch k {
	case integer:
		return g.integer(depth)
	case float:
		return g.float(depth)
	case text:
		return g.text(depth)
	case boolean:
		return g.boolean(depth)
	case integers, texts, record:
		return g.table(k, depth)
	case callable:
		return g.lambda(depth)
	}
	return g.anything(depth)
}

// small is a short integer literal.
func (g *generator) small() string { return fmt.Sprint(g.n(8)) }

var integerEdges = []string{
	"math.maxinteger", "math.mininteger", "0x7fffffffffffffff", "0xffffffffffffffff", "9007199254740993", "(1 << 62)", "(1 << 63)",
	"-9223372036854775807", "9223372036854775807", "2147483648", "-2147483649", "4294967296", "255", "256", "65535", "1000000007",
}

var floatEdges = []string{
	"0.5", "-0.5", "1.5", "-0.0", "0.0", "1e15", "1e16", "1e100", "123456789012.5", "2^53", "-2^53", "2^63", "-2^63", "3.0", "0.1",
	"math.huge", "-math.huge", "math.pi", "1e-10", "5e-324", "1.7976931348623157e308", "0x1p4", "0x.8p1", "3e0", ".25", "7.", "1e2", "100.0",
}

func (g *generator) integerLiteral() string {
	if g.chance(12) {
		return integerEdges[g.n(len(integerEdges))]
	}
	switch g.n(8) {
	case 0:
		return fmt.Sprintf("0x%x", g.n(300))
	case 1:
		return fmt.Sprintf("-%d", 1+g.n(9))
	case 2:
		return fmt.Sprint(g.n(1000))
	}
	return g.small()
}

// atom is an integer expression without operators.
func (g *generator) atom() string {
	if v := g.of(integer); v != nil && g.chance(65) {
		return v.name
	}
	return g.integerLiteral()
}

func (g *generator) integer(depth int) string {
	if depth <= 0 {
		return g.atom()
	}
	d := depth - 1
	switch g.n(24) {
	case 0, 1, 2, 3:
		return g.atom()
	case 4, 5, 6:
		return g.binary(g.integer(d), g.one("+", "-", "+", "-", "*"), g.integer(d))
	case 7:
		return g.binary(g.integer(d), g.one("&", "|", "~"), g.integer(d))
	case 8:
		return g.binary(g.integer(d), g.one("<<", ">>"), g.one("1", "3", "63", "64", "-1", "-2", "70", "-64", g.atom()))
	case 9:
		return g.binary(g.integer(d), g.one("//", "%"), g.one("1", "2", "3", "7", "-1", "-3", "10", "16", "math.mininteger", "math.maxinteger"))
	case 10:
		return g.one("-", "~", "- -", "~-", "-~") + paren(g.integer(d))
	case 11:
		if v := g.of(text); v != nil {
			return "#" + v.name
		}
		return "#" + paren(g.text(d))
	case 12:
		if v := g.of(g.sequence()); v != nil {
			return "#" + v.name
		}
		return "#" + paren(g.table(integers, d))
	case 13, 14:
		if v := g.of(record); v != nil {
			return v.name + g.one(".a", ".b", `["a"]`, `[("b")]`)
		}
		return paren(g.table(record, d)) + ".a"
	case 15:
		if v := g.of(integers); v != nil {
			return fmt.Sprintf("(%s[%s] or %s)", v.name, g.integer(d), g.atom())
		}
		return fmt.Sprintf("(%s)[1]", g.filled(d))
	case 16, 17:
		if !g.fn.pure {
			if v := g.choose(func(v *variable) bool {
				return v.kind == callable && v.sig != nil && len(v.sig.results) > 0 && v.sig.results[0] == integer
			}); v != nil {
				return g.call(v, d)
			}
		}
		return g.atom()
	case 18:
		return fmt.Sprintf("(%s and %s or %s)", g.boolean(d), g.integer(d), g.integer(d))
	case 19:
		if g.dots() {
			return "select('#', ...)"
		}
		return fmt.Sprintf("select('#', %s)", g.several(d))
	case 20:
		return g.library(d)
	case 21:
		if g.fn.coroutine && !g.fn.pure {
			return fmt.Sprintf("(tonumber((coroutine.yield(%s))) or 0)//1|0", g.list(d, 2))
		}
		if g.fn.pure || g.nesting >= maxNesting || g.fuel <= 0 {
			return g.atom()
		}
		// A function called on the spot.
		f := &function{vararg: g.chance(20), results: []kind{integer}, coroutine: g.fn.coroutine}
		params := g.params(f, g.n(3))
		var args []string
		for _, p := range f.params {
			args = append(args, g.expr(p, d))
		}
		return fmt.Sprintf("(%s)(%s)", g.functionBody(f, params, g.n(3)), strings.Join(args, ", "))
	case 22:
		return paren(g.integer(d))
	}
	if v := g.assignable(integer); v != nil && !g.fn.pure {
		// An operand with an effect on another.
		return fmt.Sprintf("(function() %s = %s return %s end)()", v.name, g.binary(v.name, "+", g.small()), g.atom())
	}
	return g.atom()
}

// library is a call of a function of the library that returns an integer.
func (g *generator) library(d int) string {
	switch g.n(12) {
	case 0:
		return fmt.Sprintf("math.abs(%s)", g.integer(d))
	case 1:
		return fmt.Sprintf("math.%s(%s, %s)", g.one("max", "min"), g.integer(d), g.integer(d))
	case 2:
		return fmt.Sprintf("math.floor(%s)", g.integer(d))
	case 3:
		return fmt.Sprintf("math.tointeger(%s)", g.integer(d))
	case 4:
		return fmt.Sprintf("string.len(%s)", g.text(d))
	case 5:
		return fmt.Sprintf("(%s .. 'x'):byte()", paren(g.text(d)))
	case 6:
		return fmt.Sprintf("tonumber(%q)", g.one("10", "0x10", " 7 ", "-3", "0xffffffffffffffffff", "9223372036854775807"))
	case 7:
		return fmt.Sprintf("(select(%s, %s, %s))", g.one("1", "2", "-1", "-2"), g.integer(d), g.integer(d))
	case 8:
		return fmt.Sprintf("math.fmod(%s, %s)", g.integer(d), g.one("3", "-3", "7", "math.mininteger", "-1"))
	case 9:
		return fmt.Sprintf("(%s):len()", g.text(d))
	case 10:
		return fmt.Sprintf("select(2, string.gsub(%s, %s, '%%0'))", g.text(d), g.one("'a'", "'%w'", "''", "'.'"))
	}
	return fmt.Sprintf("rawlen(%s)", g.one("'abc'", g.table(integers, d)))
}

// binary joins two operands. All integer operators give integers whatever the grouping, so brackets are left to chance.
func (g *generator) binary(l, op, r string) string {
	if g.chance(35) {
		l = paren(l)
	}
	if g.chance(35) || op == "//" || op == "%" {
		r = paren(r)
	}
	if g.chance(2) {
		return l + " " + op + "\n" + strings.Repeat("  ", g.indent+2) + r
	}
	return l + " " + op + " " + r
}

// paren puts s into brackets unless it is a name or a plain number.
func paren(s string) string {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return "(" + s + ")"
		}
	}
	if s == "nil" || s == "true" || s == "false" || s[0] >= '0' && s[0] <= '9' {
		return "(" + s + ")"
	}
	return s
}

func (g *generator) sequence() kind {
	if g.chance(70) {
		return integers
	}
	return texts
}

func (g *generator) float(depth int) string {
	if v := g.of(float); v != nil && g.chance(35) {
		return v.name
	}
	if depth <= 0 {
		return floatEdges[g.n(len(floatEdges))]
	}
	d := depth - 1
	switch g.n(10) {
	case 0:
		return paren(g.integer(d)) + " / " + g.one("2", "4", "10", "3", "-8", "0")
	case 1:
		return paren(g.float(d)) + " " + g.one("+", "-", "*", "/") + " " + paren(g.number(d))
	case 2:
		return paren(g.number(d)) + " " + g.one("+", "-", "*", "/") + " " + paren(g.float(d))
	case 3:
		return paren(g.float(d)) + " " + g.one("//", "%") + " " + g.one("2", "0.5", "-3", "3.0", "-0.25", "1e10", "0.0")
	case 4:
		return "-" + paren(g.float(d))
	case 5:
		return g.one("2", "3", "2.0", "-2", "10") + "^" + g.small()
	case 6:
		return fmt.Sprintf("math.sqrt(%d)", g.n(20))
	case 7:
		return fmt.Sprintf("(%s + 0.0)", g.integer(d))
	case 8:
		return fmt.Sprintf("(%s and %s or %s)", g.boolean(d), g.float(d), g.float(d))
	}
	return floatEdges[g.n(len(floatEdges))]
}

// number is an integer or a float.
func (g *generator) number(depth int) string {
	if g.chance(60) {
		return g.integer(depth)
	}
	return g.float(depth)
}

var textLiterals = []string{
	`""`, `"a"`, `"abc"`, `'hello'`, `"b"`, `"x y"`, `"10"`, `"3.5"`, `"0x1F"`, `" 7 "`, `"a\nb"`, `"tab\tq\"uote"`, `'\65\066\x43'`, `"\u{e9}\u{20AC}"`,
	`"z\z  z"`, `[[long]]`, `[==[a]]b]==]`, `"\0nul"`, `"key"`, `"k1"`, `"aXbXc"`, `"the quick brown"`, `'\'`, `"\\\a\b\f\v\r"`, `"%d %s"`, `"-1"`, `"1e3"`,
}

func (g *generator) textLiteral() string {
	s := textLiterals[g.n(len(textLiterals))]
	if s == `'\'` {
		return "'a\\\nb'"
	}
	return s
}

func (g *generator) text(depth int) string {
	if v := g.of(text); v != nil && g.chance(45) {
		return v.name
	}
	if depth <= 0 {
		return g.textLiteral()
	}
	d := depth - 1
	switch g.n(14) {
	case 0, 1:
		return g.textLiteral()
	case 2, 3:
		l, r := g.operand(d), g.operand(d)
		if g.chance(30) {
			return fmt.Sprintf("(%s .. %s .. %s)", l, r, g.operand(d))
		}
		return fmt.Sprintf("(%s .. %s)", l, r)
	case 4:
		return fmt.Sprintf("(%s):sub(%s, %s)", g.text(d), g.one("1", "2", "-3", "0", g.atom()), g.one("1", "3", "-1", "-2", "10", g.atom()))
	case 5:
		return fmt.Sprintf("(%s):%s()", g.text(d), g.one("upper", "lower", "reverse"))
	case 6:
		return fmt.Sprintf("string.rep(%s, %d%s)", g.text(d), g.n(4), g.one("", "", ", ','", `, ""`))
	case 7:
		return fmt.Sprintf("tostring(%s)", g.one(g.integer(d), g.boolean(d), "nil"))
	case 8:
		return fmt.Sprintf("type(%s)", g.anything(d))
	case 9:
		if v := g.of(g.sequence()); v != nil {
			return fmt.Sprintf("table.concat(%s%s)", v.name, g.one("", `, ","`, `, ", "`))
		}
		return g.textLiteral()
	case 10:
		return fmt.Sprintf("(string.gsub(%s, %s, %s))", g.text(d), g.one(`"a"`, `"%w"`, `"(.)(.)"`, `"%s+"`, `"b*"`), g.one(`"x"`, `"<%0>"`, `"%1%1"`, `""`))
	case 11:
		if v := g.of(record); v != nil {
			return v.name + g.one(".s", `["s"]`, "['s']")
		}
		return g.textLiteral()
	case 12:
		if !g.fn.pure {
			if v := g.choose(func(v *variable) bool {
				return v.kind == callable && v.sig != nil && len(v.sig.results) > 0 && v.sig.results[0] == text
			}); v != nil {
				return g.call(v, d)
			}
		}
		return g.textLiteral()
	}
	return fmt.Sprintf("(%s and %s or %s)", g.boolean(d), g.text(d), g.text(d))
}

// operand is something that can be concatenated.
func (g *generator) operand(depth int) string {
	switch g.n(8) {
	case 0, 1:
		return paren(g.integer(depth))
	case 2:
		return fmt.Sprintf("num(%s)", g.float(depth))
	case 3:
		return g.one("1", "2.0", "0.5", "-1", "1e3", "0x10")
	}
	return paren(g.text(depth))
}

func (g *generator) boolean(depth int) string {
	if v := g.of(boolean); v != nil && g.chance(25) {
		return v.name
	}
	if depth <= 0 {
		return g.one("true", "false")
	}
	d := depth - 1
	switch g.n(14) {
	case 0, 1, 2:
		return fmt.Sprintf("(%s %s %s)", g.integer(d), g.comparison(), g.integer(d))
	case 3:
		return fmt.Sprintf("(%s %s %s)", g.number(d), g.comparison(), g.number(d))
	case 4:
		return fmt.Sprintf("(%s %s %s)", g.text(d), g.comparison(), g.text(d))
	case 5:
		return fmt.Sprintf("(%s %s %s)", g.anything(d), g.one("==", "~="), g.anything(d))
	case 6:
		return "not " + paren(g.anything(d))
	case 7, 8:
		return fmt.Sprintf("(%s %s %s)", g.boolean(d), g.one("and", "or"), g.boolean(d))
	case 9:
		if v := g.of(integer); v != nil {
			return fmt.Sprintf("(%s %s %s)", v.name, g.comparison(), g.one(g.small(), "0", "1", "2.0", "-1", "0.5", "100", "1e300"))
		}
		return g.one("true", "false")
	case 10:
		return fmt.Sprintf("math.ult(%s, %s)", g.integer(d), g.integer(d))
	case 11:
		return fmt.Sprintf("(math.type(%s) == %s)", g.number(d), g.one(`"integer"`, `"float"`))
	case 12:
		return fmt.Sprintf("rawequal(%s, %s)", g.anything(d), g.anything(d))
	}
	// Not coroutine.isyieldable: in a callback of sort or gsub it is true for the engine and false for lua5.4.
	return g.one("true", "false")
}

func (g *generator) comparison() string { return g.one("<", "<=", ">", ">=", "==", "~=") }

// condition is something to branch on: not always a boolean.
func (g *generator) condition() string {
	switch g.n(10) {
	case 0:
		return g.anything(1)
	case 1:
		return "not " + paren(g.boolean(2))
	case 2:
		return g.integer(1) + " % 2 == " + g.one("0", "1")
	case 3, 4:
		return g.boolean(1) + " " + g.one("and", "or") + " " + g.boolean(2)
	}
	if v := g.of(integer); v != nil && g.chance(60) {
		return v.name + " " + g.comparison() + " " + g.small()
	}
	return g.boolean(2)
}

// filled is a constructor of integers with at least one item.
func (g *generator) filled(depth int) string {
	items := []string{g.integer(depth)}
	for range g.n(4) {
		items = append(items, g.integer(depth))
	}
	return "{" + strings.Join(items, g.one(", ", "; ")) + g.one("", "", ",") + "}"
}

func (g *generator) table(k kind, depth int) string {
	if v := g.of(k); v != nil && g.chance(35) {
		return v.name
	}
	d := depth - 1
	switch k {
	case integers:
		switch g.n(8) {
		case 0:
			if v := g.of(integers); v != nil {
				return fmt.Sprintf("{table.unpack(%s)}", v.name)
			}
		case 1:
			if v := g.of(integers); v != nil {
				return fmt.Sprintf("{%s, table.unpack(%s)}", g.integer(d), v.name)
			}
		case 2:
			return fmt.Sprintf("{(%s):byte(1, -1)}", g.text(d))
		case 3:
			if v := g.choose(func(v *variable) bool { return v.kind == callable && onlyIntegers(v.sig) }); v != nil && !g.fn.pure {
				return fmt.Sprintf("{%s, %s}", g.integer(d), g.call(v, d))
			}
		case 4:
			return "{}"
		case 5:
			if v := g.of(integers); v != nil {
				return fmt.Sprintf("table.move(%s, 1, #%s, %d, {1, 2, 3})", v.name, v.name, g.between(1, 4))
			}
		}
		return g.filled(d)
	case texts:
		var items []string
		for range g.n(4) {
			items = append(items, g.text(d))
		}
		return "{" + strings.Join(items, ", ") + "}"
	}
	fields := []string{g.one("a", `["a"]`) + " = " + g.integer(d), g.one("b", "['b']") + " = " + g.integer(d), "s = " + g.text(d)}
	if g.chance(20) {
		fields = append(fields, g.one("n", "extra", "x")+" = "+g.anything(d))
	}
	shuffle(&g.random, fields)
	return "{" + strings.Join(fields, g.one(", ", "; ")) + "}"
}

func onlyIntegers(s *signature) bool {
	if s == nil || len(s.results) == 0 {
		return false
	}
	for _, k := range s.results {
		if k != integer {
			return false
		}
	}
	return true
}

// lambda is a function without parameters that returns something.
func (g *generator) lambda(depth int) string {
	if v := g.of(callable); v != nil && g.chance(30) {
		return v.name
	}
	if g.chance(60) || g.fn.pure {
		return fmt.Sprintf("function() return %s end", g.closed(func() string { return g.anything(depth - 1) }))
	}
	if v := g.assignable(integer); v != nil {
		return fmt.Sprintf("function() %s = %s return %s end", v.name, g.binary(v.name, "+", g.small()), v.name)
	}
	return "function() end"
}

func (g *generator) anything(depth int) string {
	switch g.n(12) {
	case 0:
		return "nil"
	case 1:
		return g.one("true", "false")
	case 2, 3:
		if v := g.choose(func(v *variable) bool { return !g.fn.pure || v.kind >= integer && v.kind <= boolean }); v != nil {
			return v.name
		}
	case 4:
		if g.dots() {
			return "(...)"
		}
	case 5:
		if depth > 0 {
			return g.lambda(depth)
		}
	case 6:
		if depth > 0 {
			return fmt.Sprintf("(%s %s %s)", g.anything(depth-1), g.one("and", "or"), g.anything(depth-1))
		}
	case 7:
		if v := g.of(record); v != nil {
			return v.name + g.one(".a", ".s", ".missing", "[1]", "[true]")
		}
	}
	return g.expr([]kind{integer, float, text, boolean, integers, texts, record}[g.n(7)], depth)
}

// list is up to n expressions, the last of which may have several values.
func (g *generator) list(depth, n int) string {
	var items []string
	for range 1 + g.n(n) {
		items = append(items, g.expr(g.kind(), depth))
	}
	if g.chance(15) {
		items = append(items, g.several(depth))
	}
	return strings.Join(items, ", ")
}
