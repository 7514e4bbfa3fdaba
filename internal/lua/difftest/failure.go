package difftest

import "fmt"

func init() {
	produce(
		production{name: "failure", weight: 6, when: (*generator).impure, emit: (*generator).failure},
		production{name: "library failure", weight: 4, when: (*generator).impure, emit: (*generator).libraryFailure},
	)
}

// victim is an expression for a value that an operation is applied to although it may not be suitable: a name is wanted, since
// the message of the error tells it.
func (g *generator) victim() string {
	v := g.choose(func(v *variable) bool { return v.kind != callable || g.chance(30) })
	if v == nil {
		return g.one("undefined", "nil", "({})", "math", "('x')", "print")
	}
	switch g.n(10) {
	case 0:
		return "undefined"
	case 1:
		if v.kind == record {
			return v.name + g.one(".a", ".missing", ".s", "[1]", "['no']", "[v]", "[1.5]", "[true]")
		}
	case 2:
		return g.one("math.nothing", "string.x", "math.pi", "_G.nope", "_ENV.no", "math", "print")
	case 3:
		return paren(g.anything(1))
	}
	return v.name
}

// wrong is an expression whose operands may have the wrong types.
func (g *generator) wrong(depth int) string {
	a, b := g.victim(), g.victim()
	if g.chance(30) {
		b = g.one("1", "nil", "'x'", "{}", "2.5", "true", "'10'", "'0x10'", "print", "-1", "math.huge", "2^53", "#''")
		if g.chance(30) {
			a, b = b, a
			a = paren(a)
		}
	}
	switch g.n(22) {
	case 0, 1, 2:
		return fmt.Sprintf("(%s %s %s)", a, g.one("+", "-", "*", "/", "%", "//"), b)
	case 3:
		return fmt.Sprintf("(%s %s %s)", a, g.one("&", "|", "~", "<<", ">>"), b)
	case 4, 5:
		return fmt.Sprintf("(%s %s %s)", a, g.one("<", "<=", ">", ">="), b)
	case 6:
		if isNumeric(a) || isNumeric(b) {
			return fmt.Sprintf("(%s .. {})", g.victim())
		}
		return fmt.Sprintf("(str(%s) .. %s .. %s)", a, g.one("nil", "{}", "undefined", "true", "print", g.nilLocal()), b)
	case 7, 8:
		return fmt.Sprintf("%s.%s", paren(a), g.one("x", "y.z", "a.b.c", "missing.deep"))
	case 9:
		return fmt.Sprintf("%s[%s]", paren(a), g.one("1", "nil", "'k'", b, "2^53", "1.5", "{}", "0/0"))
	case 10, 11:
		return fmt.Sprintf("%s(%s)", paren(a), g.one("", "1", b))
	case 12, 13:
		return fmt.Sprintf("%s:%s(%s)", paren(a), g.one("method", "foo", "missing", "upper", "len"), g.one("", "1"))
	case 14:
		return fmt.Sprintf("(%s%s)", g.one("-", "~", "#", "- -", "not "), paren(a))
	case 15:
		// lua5.4 5.4.4 tells the wrong line when both operands are constants.
		if g.chance(50) {
			return fmt.Sprintf("(%s %s %s)", g.atom(), g.one("//", "%"), g.one("#''", "'0'", "tonumber('0')"))
		}
		return fmt.Sprintf("(tonumber('5') %s %s)", g.one("//", "%"), g.one("0", "0.0", "(0)", "'0'", "-0"))
	case 16:
		return fmt.Sprintf("(%s %s %s)", g.float(0), g.one("|", "&", "~", "<<", ">>"), g.one("1", "1.5", "'2'", "2.0", "'1.5'"))
	case 17:
		return fmt.Sprintf("(function() local t = {} t[%s] = 1 return t end)()", g.one("nil", "0/0", "undefined", "1", "2^53"))
	case 18:
		return fmt.Sprintf("(function() %s.x = 1 end)()", g.one("undefined", "undefined.y", "math.pi", "('x')"))
	case 19:
		return fmt.Sprintf("(function() for i = %s do end end)()", g.one("1, 'x'", "nil, 2", "1, 2, 0", "1, 2, {}", "'1', 2", "1, nil"))
	case 20:
		return fmt.Sprintf("(function() for i in %s do end end)()", g.one("nil", "1", "{}", "'x'", "undefined", "next"))
	}
	return fmt.Sprintf("%s.%s(%s)", g.one("string", "math", "table"), g.one("nope", "rep", "floor", "concat", "insert", "abs"), g.one("", "{}", "nil", "'x'"))
}

// isNumeric reports whether an operand of a concatenation might become a text that depends on the machine.
func isNumeric(s string) bool { return s == "math.huge" || s == "2^53" }

// nilLocal is the name of a variable that is nil, if there is one.
func (g *generator) nilLocal() string {
	if v := g.of(anything); v != nil {
		return v.name
	}
	return "nil"
}

// failure evaluates operations on operands of the wrong types, named in every way that a message can tell.
func (g *generator) failure() {
	local, up, con := g.fresh("l"), g.fresh("u"), g.fresh("c")
	value := func() string {
		return g.one("nil", "nil", "true", "{}", "print", "12", "1.5", "'text'", "'10'", "math.huge", "{1}", "function() end", "-0.0", "coroutine.create(print)")
	}
	g.line("do")
	g.indent++
	g.line("local %s, t = %s, {f = %s, g = {h = %s}, [1] = %s}", up, value(), value(), value(), value())
	g.line("local %s <const> = %s", con, g.one("nil", "10", "'const'", "1.5", "true"))
	g.line("U1 = %s", value())
	operand := func() string {
		return g.one(local, up, con, "U1", "t.f", "t.g.h", "t[1]", "t.none", "t.g.none", "p", "(...)", "t['f']", "t[k]", "(t.f)", local, "nope", "math.nope", "'lit'", "5", "nil")
	}
	for range 1 + g.n(4) {
		a, b := operand(), operand()
		if g.chance(30) {
			b = g.one("1", "2.5", "'x'", "nil", "{}", "'10'", "0/0")
		}
		pa := a
		if a == "'lit'" || a == "5" || a == "nil" {
			pa = "(" + a + ")"
		}
		var s string
		switch g.n(20) {
		case 0, 1:
			s = fmt.Sprintf("return %s %s %s", a, g.one("+", "-", "*", "/", "//", "%"), b)
		case 2:
			s = fmt.Sprintf("return %s %s %s", b, g.one("+", "-", "*", "/", "//", "%"), a)
		case 3:
			s = fmt.Sprintf("return %s %s %s", a, g.one("&", "|", "~", "<<", ">>"), b)
		case 4:
			s = fmt.Sprintf("return str(1) .. %s .. %s", g.one("nil", "{}", "t", "U2", "nope", "t.none", local), g.one("1", "'x'", "t.none"))
		case 5:
			s = fmt.Sprintf("return %s %s %s", a, g.one("<", "<=", ">", ">="), b)
		case 6:
			s = fmt.Sprintf("return %s%s", g.one("-", "~", "#"), a)
		case 7, 8:
			s = fmt.Sprintf("return %s.field", pa)
		case 9:
			s = fmt.Sprintf("return %s[%s]", pa, g.one(b, "k", "1", "'s'", "nil"))
		case 10:
			s = fmt.Sprintf("%s.field = %s", g.one(local, up, "U1", "t.f", "t.none", "nope", "p", "t.g.h"), b)
		case 11:
			s = fmt.Sprintf("t[%s] = 1 return t[%s]", b, b)
		case 12, 13:
			s = fmt.Sprintf("return %s(%s)", pa, b)
		case 14:
			s = fmt.Sprintf("%s(%s) return 1", g.one(local, up, "U1", "t.f", "t.none", "nope", "p", "t.g.h", "math.nope", "string.nope"), b)
		case 15:
			s = fmt.Sprintf("return %s:method(%s)", pa, b)
		case 16:
			s = fmt.Sprintf("for i = %s, %s do break end", a, b)
		case 17:
			s = fmt.Sprintf("for i in %s do break end", a)
		case 18:
			s = fmt.Sprintf("local c <close> = %s return c", a)
		case 19:
			s = fmt.Sprintf("if %s < %s then return 1 else return 2 end", a, b)
		}
		g.line("ev(function(p, ...) local %s, k = %s, 'f' %s end%s)", local, value(), s, g.one("", ", nil", ", {}, {}", ", 3", ", 'arg', nil"))
	}
	g.indent--
	g.line("end")
}

// libraryFailure calls functions of the library with arguments that do not suit.
func (g *generator) libraryFailure() {
	arg := func() string {
		return g.one("nil", "1", "-1", "0", "2.5", "'x'", "'10'", "{}", "true", "print", "3.0", "''", "2^53", "{1, 2, 3}", "100", "'abc'", "math.mininteger", "1e100")
	}
	functions := []string{
		"string.rep", "string.sub", "string.byte", "string.char", "string.format", "string.find", "string.len", "string.upper", "string.reverse",
		"math.floor", "math.max", "math.abs", "math.fmod", "math.tointeger", "math.ult", "math.type", "math.sqrt", "math.min",
		"table.concat", "table.insert", "table.remove", "table.unpack", "table.pack", "select", "tonumber", "rawget", "rawset", "rawlen",
		"rawequal", "setmetatable", "getmetatable", "ipairs", "pairs", "next", "type", "assert", "pcall", "xpcall", "load", "error", "utf8.char", "utf8.len", "utf8.codepoint",
		"utf8.offset", "coroutine.resume", "coroutine.create", "coroutine.wrap", "coroutine.status", "coroutine.close", "coroutine.isyieldable", "string.match", "math.ceil",
	}
	for range 2 + g.n(4) {
		name := functions[g.n(len(functions))]
		if g.chance(15) {
			name = g.one("table.concat", "table.insert", "table.remove", "table.unpack", "string.rep", "select")
		}
		var args string
		for i := range g.n(4) {
			if i > 0 {
				args += ", "
			}
			args += arg()
		}
		switch name {
		case "getmetatable":
			args = g.one("", "nil", "1", "{}", "print", "setmetatable({}, {__metatable = 'locked'})", "setmetatable({}, {__metatable = false})")
		case "load", "string.rep":
			args = g.one("", "nil", "1", "{}", "'x', {}", "'x', -1", "'x', 3, 4", "{}, 2", "'x', 'y'", "print", "'x', 1.5", "'x', '3'")
			if name == "load" {
				args = g.one("", "nil", "{}", "'x ='", "'return 1', 'name', 'b'", "'return', '=n', 'q'", "true", "1")
			}
		}
		switch name {
		case "table.concat", "table.unpack":
			args = g.one("", "nil", "{}, 1", "{1, {}, 3}", "{1, 2}, {}", "{}, 1, 3", "{1, 2, 3}, 2", "{1, 2}, 'x'", "{true}", "'abc'", "{1, 2}, ', ', 1, 3", "{}, 1, 1e8", "{}, 1.5")
		case "table.insert", "table.remove":
			args = g.one("", "nil", "{}, 1, 2", "{}, 5, 2", "{1, 2}, 0, 3", "{1, 2}, 4", "{1, 2}, 'x', 3", "{}, 1, 2, 3", "{1, 2}", "{1, 2}, 7", "{}, {}", "{}, -1", "{1, 2, 3}, 4", "{1}, 2, 5")
		}
		comma := ""
		if args != "" {
			comma = ", "
		}
		switch g.n(3) {
		case 0:
			g.line("ev(%s%s%s)", name, comma, args)
		case 1:
			g.line("ev(function() return %s(%s) end)", name, args)
		case 2:
			g.line("ev(function() local f = %s; return (f(%s)) end)", name, args)
		}
	}
	if g.chance(40) {
		g.line("ev(function() return (%s):%s(%s) end)", g.one("'abc'", "('x'):rep(2)", "''"), g.one("rep", "sub", "byte", "find", "format", "gsub", "nope"),
			g.one("", "{}", "nil", "'x'", "1, {}", "'%d', 'x'", "'(', 1", "1"))
	}
}
