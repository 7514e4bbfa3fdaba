package difftest

import (
	"fmt"
	"strings"
)

func init() {
	produce(
		production{name: "numeric for", weight: 6, core: true, when: (*generator).shallow, emit: (*generator).numericFor},
		production{name: "for edges", weight: 2, emit: (*generator).forEdges},
		production{name: "generic for", weight: 5, core: true, when: (*generator).shallow, emit: (*generator).genericFor},
		production{name: "while", weight: 3, when: (*generator).shallow, emit: (*generator).while},
		production{name: "repeat", weight: 3, when: (*generator).shallow, emit: (*generator).repeat},
		production{name: "closures in loop", weight: 3, when: (*generator).impure, emit: (*generator).loopClosures},
	)
}

// loopBody writes the body of a loop, whose variables are declared already. What follows the continue label is up to tail.
func (g *generator) loopBody(tail func()) {
	f := g.fn
	loops := f.loops
	defer func() { f.loops = loops }()
	f.loops++
	g.loopStatements(tail)
}

// unbreakable is loopBody for a loop with a closing value: lua5.4 5.4.4 does not close it at a break when the body has variables
// that a closure uses.
func (g *generator) unbreakable() {
	f := g.fn
	loops := f.loops
	defer func() { f.loops = loops }()
	f.loops = 0
	g.loopStatements(nil)
}

func (g *generator) loopStatements(tail func()) {
	f := g.fn
	label := f.continues == 0 && g.chance(45)
	mark := len(g.vars)
	if label {
		f.continues++
		body := g.capture(func() { g.statements(g.body() + 1) })
		// Locals of the body must not reach to the label: not into the tail, and not where variables are to be closed, since
		// lua5.4 does not close them when goto leaves their block for a label behind the declaration of a local.
		inner := tail != nil || strings.Contains(body, "<close>")
		if inner {
			g.vars = g.vars[:mark]
			g.line("do")
		}
		g.out.WriteString(body)
		if inner {
			g.line("end")
		}
		f.continues--
		g.line("  ::continue::")
	} else {
		// A label of an enclosing loop cannot be reached by this name when this loop has none, which is as it should be.
		g.statements(g.body())
	}
	if tail != nil {
		g.indent++
		tail()
		g.indent--
	}
	g.vars = g.vars[:mark]
}

func (g *generator) numericFor() {
	name := g.name()
	low := g.between(-2, 3)
	k := integer
	var header string
	switch g.n(8) {
	case 0:
		header = fmt.Sprintf("%d, %d, -1", low+g.n(4), low)
	case 1:
		header = fmt.Sprintf("%d, %d, %d", low, low+g.n(9), 1+g.n(3))
	case 2:
		header = fmt.Sprintf("%d, %d, -%d", low+g.n(9), low, 1+g.n(3))
	case 3:
		k = float
		header = fmt.Sprintf("%d%s, %d, %s", low, g.one(".0", ".5", ".25"), low+g.n(4), g.one("0.5", "1", "0.75", "2"))
	case 4:
		header = fmt.Sprintf("%d, (%s) %% 5", low, g.integer(1))
	case 5:
		if v := g.of(integers); v != nil {
			header = fmt.Sprintf("1, #%s", v.name)
			break
		}
		header = "1, 3"
	default:
		header = fmt.Sprintf("%d, %d", low, low+g.n(4))
	}
	g.line("for %s = %s do", name, header)
	mark := len(g.vars)
	g.declare(variable{name: name, kind: k, fixed: g.chance(80)})
	g.loopBody(nil)
	g.vars = g.vars[:mark]
	g.line("end")
}

// forEdges counts the rounds of loops near the ends of the range of integers, and of those that are wrong.
func (g *generator) forEdges() {
	edges := []string{
		"math.maxinteger - %d, math.maxinteger", "math.mininteger + %d, math.mininteger, -1", "math.maxinteger, math.maxinteger - %d, -1",
		"math.mininteger, math.mininteger + %d", "math.mininteger, math.maxinteger, math.maxinteger // %d", "1, math.huge, math.maxinteger // %d",
		"math.maxinteger - %d, math.huge", "-%d, -math.huge, math.mininteger", "1, -math.huge, %d", "%d, 1.9", "%d, 3.7", "-%d, -3.2, -1", "1.0, %d", "1, %d.0",
		"%d, 0", "1, %d, 0", "1.0, %d, 0", "%d, 0/0", "0/0, %d", "%d, '10'", "'1', %d", "1, %d, '1'", "{}, %d", "%d, nil", "1, %d, {}", "1.5, %d, true",
		"math.maxinteger + 0.0, %d, -1e18", "1e308, math.huge, 1e308 * %d", "0.1, %d / 10, 0.1", "3, %d, math.mininteger", "-1, -%d, math.mininteger",
		"math.mininteger, %d, math.maxinteger", "%d, 2^53", "%d, -2^63, -2^62 // 1", "math.mininteger, -2^63 + %d", "%d, 1e100, 1 << 61", "1 << 62, 2^63, 1 << %d",
		"math.maxinteger, 1e100, %d", "%d, -1e100, -(1 << 62)", "1, %d, 1e100", "%d, 1, -1.5", "0, -0.0, %d", "%d, 5, 2^53", "1, 0, -(%d)",
	}
	header := edges[g.n(len(edges))]
	if strings.Contains(header, "%d") {
		header = fmt.Sprintf(header, 1+g.n(6))
	}
	i, n := g.fresh("i"), g.fresh("n")
	body := fmt.Sprintf("%s = %s + 1 if %s > %d then break end show(%s, %s)", n, n, n, 3+g.n(4), n, i)
	if g.chance(20) {
		body += fmt.Sprintf(" %s = %s", i, g.one("0", i+" + 1", "nil", "math.maxinteger"))
	}
	g.line("ev(function() local %s = 0 for %s = %s do %s end return %s end)", n, i, header, body, n)
}

func (g *generator) genericFor() {
	a, b := g.name(), g.name()
	for b == a {
		b = g.fresh("v")
	}
	mark := len(g.vars)
	ka, kb := integer, integer
	one := false    // only one variable
	closes := false // there may be a closing value
	var header string
	limit := 1 + g.n(4)
	fn := g.fn
	fn.inner++
	switch g.n(14) {
	case 0, 1, 2:
		if v := g.of(g.sequence()); v != nil {
			header = fmt.Sprintf("ipairs(%s)", v.name)
			if v.kind == texts {
				kb = text
			}
			break
		}
		header = fmt.Sprintf("ipairs(%s)", g.filled(1))
	case 3:
		// pairs over a hash collects and sorts.
		keys, k, v := g.fresh("keys"), g.fresh("k"), g.fresh("v")
		g.line("local %s, sum = {}, 0", keys)
		t := g.table(record, 1)
		g.line("for %s, %s in %s do %s[#%s + 1] = tostring(%s) .. str(%s) end", k, v, g.one("pairs("+t+")", "next, "+t, "next, "+t+", nil"), keys, keys, k, v)
		g.line("table.sort(%s)", keys)
		g.line("show(%s, %s)", g.tag(), keys)
		g.declare(variable{name: keys, kind: texts})
		fn.inner--
		return
	case 4:
		header = fmt.Sprintf("(%s):gmatch(%s)", g.text(1), g.one(`"%w+"`, `"%a"`, `"(.)(.?)"`, `"b*"`))
		ka, kb = text, anything
	case 5: // a closure that counts
		n := g.fresh("n")
		g.line("local %s = 0", n)
		header = fmt.Sprintf("function(%s) %s = %s + 1 if %s <= %d then return %s, %s end end", g.one("", "s", "s, c"), n, n, n, limit, n, g.integer(1))
	case 6: // an iterator without state
		header = fmt.Sprintf("function(s, c) if c < s then return c + 1, c * 2 end end, %d, 0", limit)
	case 7: // with a closing value
		closes = true
		header = fmt.Sprintf("function(s, c) if c < s then return c + 1, c %s end end, %d, 0, %s", g.one("* 3", "- 1"), limit, g.closing(false))
	case 8: // a coroutine
		header = fmt.Sprintf("coroutine.wrap(%s)", g.closure(func(f *function) { f.coroutine = true }, func() {
			i := g.fresh("i")
			g.indent++
			g.line("for %s = 1, %d do", i, limit)
			g.indent--
			m := len(g.vars)
			g.declare(variable{name: i, kind: integer, fixed: true})
			g.fn.loops++
			g.statements(g.n(3))
			g.fn.loops--
			g.vars = g.vars[:m]
			g.line("    coroutine.yield(%s, %s)", i, g.integer(1))
			g.line("  end")
		}))
	case 9: // a table that can be called
		header = fmt.Sprintf("setmetatable({}, {__call = function(_, s, c) if c < s then return c + 1, _ ~= nil end end}), %d, 0", limit)
		kb = boolean
	case 10: // __pairs
		closes = true
		header = fmt.Sprintf("pairs(setmetatable({}, {__pairs = function(t) return function(_, c) if c < %d then return c + 1, 'p' end end, t, 0%s end}))",
			limit, g.one("", "", ", "+g.closing(false)))
		kb = text
	case 11: // assigning to existing keys while iterating
		t, k := g.fresh("t"), g.fresh("k")
		g.line("local %s = {a = 1, b = 2, c = 3, 10, 20}", t)
		g.line("for %s, v in pairs(%s) do %s[%s] = %s end", k, t, t, k, g.one("nil", "v + 1", "v % 2 == 0 and v or nil", "tostring(v)"))
		g.line("show(%s, %s)", g.tag(), t)
		fn.inner--
		return
	case 12: // ipairs respects __index
		header = fmt.Sprintf("ipairs(setmetatable({%s}, {__index = function(t, i) if i <= %d then return i * 10 end end}))", g.one("", "7", "7, 8"), limit+1)
	default:
		header = fmt.Sprintf("next, {%s}", g.integer(1))
	}
	fn.inner--
	switch g.n(6) {
	case 0:
		one = true
		g.line("for %s in %s do", a, header)
	case 1:
		g.line("for %s, %s, _ in %s do", a, b, header)
	default:
		g.line("for %s, %s in %s do", a, b, header)
	}
	g.line("  tick()")
	g.declare(variable{name: a, kind: ka, fixed: true})
	if !one {
		g.declare(variable{name: b, kind: kb})
	}
	if closes {
		g.unbreakable()
	} else {
		g.loopBody(nil)
	}
	g.vars = g.vars[:mark]
	g.line("end")
}

func (g *generator) while() {
	n := g.fresh("n")
	limit := 1 + g.n(4)
	g.line("local %s = 0", n)
	mark := len(g.vars)
	g.declare(variable{name: n, kind: integer, fixed: true})
	step := fmt.Sprintf("%s = %s + 1", n, n)
	switch g.n(4) {
	case 0:
		g.line("while true do")
		g.line("  %s", step)
		g.line("  if %s > %d then break end", n, limit)
	case 1:
		g.line("while %s < %d and %s do", n, limit, g.boolean(2))
		g.line("  %s", step)
	case 2:
		g.line("while (function() %s return %s <= %d end)() do", step, n, limit)
	default:
		g.line("while %s < %d do", n, limit)
		g.line("  %s", step)
	}
	g.loopBody(nil)
	g.vars = g.vars[:mark]
	g.declare(variable{name: n, kind: integer})
	g.line("end")
}

// repeat sees the locals of its body in its condition.
func (g *generator) repeat() {
	n, last := g.fresh("n"), g.fresh("last")
	limit := 1 + g.n(3)
	g.line("local %s = 0", n)
	mark := len(g.vars)
	g.declare(variable{name: n, kind: integer, fixed: true})
	g.line("repeat")
	g.line("  %s = %s + 1", n, n)
	condition := fmt.Sprintf("%s >= %d", n, limit)
	closing := g.chance(20)
	g.loopBody(func() {
		if closing {
			g.line("local %s <close> = %s", g.fresh("c"), g.closing(true))
		}
		g.line("local %s = %s", last, g.integer(1))
		g.declare(variable{name: last, kind: integer})
		if g.chance(50) && g.impure() {
			g.line("keep(function() %s = %s + 1 return %s, %s end)", last, last, last, n)
		}
		switch g.n(3) {
		case 0:
			condition += fmt.Sprintf(" or %s > %s", last, g.small())
		case 1:
			condition += fmt.Sprintf(" or (function() return %s == %s end)()", last, g.atom())
		}
	})
	g.line("until %s", condition)
	g.vars = g.vars[:mark]
	g.declare(variable{name: n, kind: integer})
}

// loopClosures makes closures in a loop and calls them after it.
func (g *generator) loopClosures() {
	fs, i, x, shared := g.fresh("fs"), g.fresh("i"), g.fresh("x"), g.fresh("shared")
	g.line("local %s, %s = {}, 0", fs, shared)
	fails := g.chance(20)
	if fails {
		g.line("ev(function()")
		g.indent++
	}
	g.line("%s", g.one(
		fmt.Sprintf("for %s = 1, 4 do", i),
		fmt.Sprintf("for _, %s in ipairs {5, 6, 7} do", i),
		fmt.Sprintf("for %s in function(_, c) c = (c or 0) + 1 if c < 4 then return c end end do", i),
		fmt.Sprintf("for %s = 4, 1, -1 do", i),
	))
	g.indent++
	g.line("local %s = %s * 10", x, i)
	if g.chance(30) {
		g.line("local %s <close> = %s", g.fresh("c"), g.closing(false))
	}
	label := ""
	if g.chance(40) {
		label = "continue"
		if g.fn.continues > 0 {
			label = g.label("next")
		}
		g.line("if %s %% 2 == 0 then goto %s end", i, label)
	}
	assign := g.one(x+" = "+x+" + 1", shared+" = "+shared+" + "+x, i+" = "+i+" + 100", "local y = "+x+"; "+x+" = y + "+shared)
	g.line("%s[#%s + 1] = function(...) %s return %s, %s, %s end", fs, fs, assign, i, x, shared)
	if g.chance(40) {
		g.line("%s[#%s + 1] = function() %s = %s - 1 return %s, %s end", fs, fs, x, x, i, x)
	}
	if g.chance(25) {
		g.line("if %s %s 3 then break end", i, g.one("==", ">", "<"))
	}
	if fails {
		g.line("if %s %s 3 then error('in loop') end", i, g.one("==", ">", "<"))
	}
	g.indent--
	if label != "" {
		g.line("  ::%s::", label)
	}
	g.line("end")
	if fails {
		g.indent--
		g.line("end)")
	}
	g.line("for round = 1, 2 do for n, f in ipairs(%s) do show(%s, round, n, f()) end end", fs, g.tag())
	g.line("show(%s, %s)", g.tag(), shared)
}
