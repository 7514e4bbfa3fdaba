package difftest

import (
	"fmt"
	"strings"
)

func init() {
	produce(
		production{name: "limits", weight: 1, emit: (*generator).limits, when: (*generator).impure},
		production{name: "stack overflow", weight: 1, emit: (*generator).stackOverflow, when: func(g *generator) bool { return g.impure() && g.nesting < 2 && g.fn.loops == 0 }},
		production{name: "upvalues", weight: 2, emit: (*generator).upvalues, when: (*generator).impure},
		production{name: "collect", weight: 1, emit: func(g *generator) {
			g.line("show(%s, collectgarbage(%s))", g.tag(), g.one("", "'collect'", "'isrunning'"))
		}, when: (*generator).impure},
	)
}

func sequence(n int, format, separator string) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		if i > 1 {
			b.WriteString(separator)
		}
		b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)))
	}
	return b.String()
}

// limits writes code with more of something than usual.
func (g *generator) limits() {
	n := []int{20, 60, 130, 180, 190}[g.n(5)]
	switch g.n(19) {
	case 16: // many values
		g.line("ev(function() return select('#', table.unpack({}, 1, %d)), (select(-2, table.unpack({1, 2, 3, 4}, 1, %d))), #table.pack(string.byte(('x'):rep(%d), 1, -1)) end)", n*30, n*10, n*20)
	case 17: // a constructor of constants and names
		g.line("do local a, t = 'v', {%s} show(%s, #t, t[1], t[#t - 1], t[#t]) end", sequence(n*5, "#, a", ", "), g.tag())
	case 18: // arguments from a table
		g.line("ev(function() local function f(...) local t = {...} return #t, t[#t], select(#t // 2, ...) == #t // 2 end local t = {} for i = 1, %d do t[i] = i end return f(table.unpack(t)) end)", n*12)
	case 0: // local variables
		g.line("ev(function() local %s = %s; local s = 0 %s return s, v1, v%d end)", sequence(n, "v#", ", "), sequence(n, "#", ", "), g.one("", "v1, v2 = v2, v1", fmt.Sprintf("s = v%d + v1", n)), n)
	case 1: // constants
		g.line("ev(function() local t = {%s} return #t, t[1], t[#t] end)", sequence(n*2, "'const#'", ", "))
	case 2: // constants as operands
		g.line("ev(function() local x, t = 1, {} %s return x, t.f%d, t.f1 end)", sequence(n, "x = x + #.5; t.f# = 'v#'", " "), n)
	case 3: // arguments
		g.line("ev(function(...) return select('#', ...), (select(%d, ...)) end, %s)", n, sequence(n, "#", ", "))
	case 4: // branches
		g.line("ev(function(x) %s else return 'none' end end, %d)", sequence(n, "if x == # then return 'case #'", " else")+"", g.n(n+3))
	case 5: // concatenation
		g.line("ev(function() local x = 'v' return %s end)", sequence(min(n, 60), "x .. #", " .. "))
	case 6: // sums and brackets
		depth := 10 + g.n(30)
		g.line("ev(function() local a = 1 return %s a %s end)", strings.Repeat("(a + ", depth), strings.Repeat(")", depth))
	case 7: // nested constructors and functions
		depth := 5 + g.n(35)
		g.line("ev(function() local t = %s 1 %s local d = 0 while type(t) == 'table' do t = t[1] d = d + 1 end return d end)", strings.Repeat("{", depth), strings.Repeat("}", depth))
	case 8:
		depth := 3 + g.n(8)
		g.line("ev(function() local x = 0 return (%s x = x + 1 return x %s)() end)", strings.Repeat("function() return (", depth)+"function()", "end"+strings.Repeat(")() end", depth))
	case 9: // results
		g.line("ev(function() local function f() return %s end local t = {f()} return select('#', f()), #t, (f()), t[%d] end)", sequence(n, "#", ", "), n)
	case 10: // parameters
		g.line("ev(function(%s, ...) return p1, p%d, ... end, %s)", sequence(n, "p#", ", "), n, sequence(n+2, "#", ", "))
	case 11: // a long jump
		g.line("ev(function() local s = 0 for i = 1, 2 do if i == 2 then goto continue end %s ::continue:: end return s end)", sequence(n*3, "s = s + #", " "))
	case 12: // nested blocks
		depth := 5 + g.n(30)
		g.line("ev(function() local x = 0 %s x = x + y %s return x end)", strings.Repeat("do local y = x + 1; if y then ", depth), strings.Repeat("end end ", depth))
	case 13: // or and and
		g.line("ev(function() local a, b = nil, false return %s, %s end)", sequence(n, "a", " or ")+" or 5", sequence(n, "1", " and ")+" and b")
	case 14: // too many
		g.line("show(load(%q))", g.one("local "+sequence(201, "a#", ", "), "goto l "+sequence(3, "local a#", " ")+" ::l:: f()", "x = "+strings.Repeat("(", 30)+"1"+strings.Repeat(")", 29)))
	case 15: // a comparison in every position
		g.line("ev(function() local a, b, c = 1, 2.0, '3' return a < b, a == b, not (a < b), (a < b) == (b > a), a < b and c or a, (a > b or c) .. 'x', a ~= b and a <= 1, {a < b, a > b}, #c == a end)")
	}
}

// stackOverflow lets calls run out of stack. The depth depends on the engine, so little of it is shown.
func (g *generator) stackOverflow() {
	if g.chance(90) { // it takes lua5.4 a tenth of a second
		g.showVariables()
		return
	}
	f := g.fresh("f")
	body := g.one("return 1 + "+f+"()", "local x = "+f+"() return x", f+"() return 1", "return ("+f+"())", "local t = {"+f+"()} return t")
	g.line("do local function %s() %s end local ok, e = pcall(%s) show(%s, ok, type(e) == 'string' and e:find('stack overflow') ~= nil) end", f, body, f, g.tag())
}

// upvalues shares variables between closures of several depths.
func (g *generator) upvalues() {
	n := 2 + g.n(4)
	if g.chance(10) {
		n = 50
	}
	a, fs := g.fresh("a"), g.fresh("fs")
	g.line("do local %s = 0; local %s = {}", a, fs)
	g.line("local %s = %s", sequence(n, "u#", ", "), sequence(n, "#", ", "))
	g.line("%s.get = function() return %s, %s end", fs, a, sequence(n, "u#", " + "))
	g.line("%s.set = function(...) %s = ... u1, u%d = u%d, u1 end", fs, a, n, n)
	g.line("%s.make = function() local b = %s return function() b = b + 1; %s = %s + b; return function() u1 = u1 + b return b, %s, u1 end end end", fs, a, a, a, a)
	for range 2 + g.n(5) {
		switch g.n(6) {
		case 0:
			g.line("show(%s, %s.get())", g.tag(), fs)
		case 1:
			g.line("%s.set(%s)", fs, g.small())
		case 2:
			g.line("show(%s, %s.make()()())", g.tag(), fs)
		case 3:
			g.line("local m = %s.make() m() keep(m()) show(%s, m()())", fs, g.tag())
		case 4:
			g.line("%s = %s + 10", a, a)
		case 5:
			g.line("ev(function() %s.set(5) local x = %s.make() error(x()()) end)", fs, fs)
		}
	}
	g.line("keep(%s.get) end", fs)
}
