package difftest

import (
	"fmt"
	"strings"
)

func init() {
	produce(
		production{name: "local", weight: 14, core: true, emit: (*generator).local},
		production{name: "assignment", weight: 12, core: true, emit: (*generator).assignment},
		production{name: "show", weight: 8, core: true, emit: (*generator).showVariables},
		production{name: "overlap", weight: 3, emit: (*generator).overlap},
		production{name: "if", weight: 6, core: true, when: (*generator).shallow, emit: (*generator).branch},
		production{name: "do", weight: 3, when: (*generator).shallow, emit: (*generator).do},
		production{name: "leave", weight: 7, core: true, emit: (*generator).leave},
		production{name: "keep", weight: 5, core: true, when: (*generator).impure, emit: (*generator).keep},
		production{name: "replay", weight: 2, when: (*generator).impure, emit: func(g *generator) { g.line("replay(%s)", g.list(1, 2)) }},
		production{name: "global", weight: 2, emit: (*generator).global},
		production{name: "region", weight: 4, when: (*generator).shallow, emit: (*generator).region},
		production{name: "backward goto", weight: 3, when: (*generator).shallow, emit: (*generator).backward},
		production{name: "precedence", weight: 3, emit: (*generator).precedence},
		production{name: "varargs", weight: 3, emit: (*generator).varargs},
	)
}

func (g *generator) shallow() bool { return g.nesting < maxNesting }

func (g *generator) impure() bool { return !g.fn.pure }

// local declares one or more local variables.
func (g *generator) local() {
	switch g.n(10) {
	case 0: // a constant
		k := []kind{integer, float, text, boolean}[g.n(4)]
		value := g.expr(k, 0)
		if g.chance(30) {
			value = g.expr(k, 2)
		}
		name := g.name()
		g.line("local %s <const> = %s", name, value)
		g.declare(variable{name: name, kind: k, fixed: true})
	case 1: // more or fewer values than names
		count := 2 + g.n(2)
		list := g.list(1, 3)
		var declared []string
		for range count {
			declared = append(declared, g.label(g.one("a", "b", "c", "x", "y")))
		}
		g.line("local %s = %s", strings.Join(declared, ", "), list)
		for _, name := range declared {
			g.declare(variable{name: name, kind: anything})
		}
	case 2: // the results of a function
		v := g.choose(func(v *variable) bool { return v.kind == callable && v.sig != nil && len(v.sig.results) > 0 })
		if v == nil || g.fn.pure {
			g.simpleLocal(1)
			return
		}
		call := g.call(v, 2)
		var declared []string
		for range v.sig.results {
			declared = append(declared, g.fresh("r"))
		}
		g.line("local %s = %s", strings.Join(declared, ", "), call)
		for i, name := range declared {
			g.declare(variable{name: name, kind: v.sig.results[i]})
		}
	case 3: // a shadow of the same name
		v := g.choose(func(v *variable) bool { return v.kind != callable && !v.global })
		if v == nil {
			g.simpleLocal(1)
			return
		}
		name, k := v.name, v.kind
		if k == integer {
			g.line("local %s = %s", name, g.binary(name, "+", g.small()))
		} else {
			g.line("local %s = %s", name, name)
		}
		g.declare(variable{name: name, kind: k})
	case 4:
		if name := g.name(); g.chance(30) {
			g.line("local %s", name)
			g.declare(variable{name: name, kind: anything})
			return
		}
		g.simpleLocal(2 + g.n(2))
	default:
		g.simpleLocal(1)
	}
}

// simpleLocal declares n variables of known kinds in one statement.
func (g *generator) simpleLocal(n int) {
	var declared, values, kinds = []string{}, []string{}, []kind{}
	for range n {
		k := g.kind()
		name := g.name()
		for contains(declared, name) {
			name = g.fresh("v")
		}
		declared, kinds = append(declared, name), append(kinds, k)
		values = append(values, g.expr(k, 2))
	}
	g.line("local %s = %s", strings.Join(declared, ", "), strings.Join(values, ", "))
	for i, name := range declared {
		g.declare(variable{name: name, kind: kinds[i]})
	}
}

// bounded is an expression for a variable that may be assigned again and again.
func (g *generator) bounded(k kind, depth int) string {
	if k == text {
		return fmt.Sprintf("clip(%s)", g.expr(k, depth))
	}
	return g.expr(k, depth)
}

func (g *generator) assignment() {
	switch g.n(9) {
	case 0: // several at once, all different
		found := g.find(func(v *variable) bool { return !v.fixed && v.kind != callable })
		if len(found) < 2 {
			break
		}
		shuffle(&g.random, found)
		found = found[:min(len(found), 2+g.n(2))]
		var left, right []string
		for _, v := range found {
			left = append(left, v.name)
			right = append(right, g.bounded(v.kind, 2))
		}
		g.line("%s = %s", strings.Join(left, ", "), strings.Join(right, ", "))
		return
	case 1: // a swap
		v := g.choose(func(v *variable) bool { return !v.fixed && v.kind != callable })
		if v == nil {
			break
		}
		w := g.choose(func(w *variable) bool { return !w.fixed && w.kind == v.kind && w.name != v.name })
		if w == nil {
			break
		}
		if v.kind == integer && g.chance(50) {
			g.line("%s, %s = %s, %s", v.name, w.name, w.name, g.binary(v.name, "+", w.name))
		} else {
			g.line("%s, %s = %s, %s", v.name, w.name, w.name, v.name)
		}
		return
	case 2: // a field
		if v := g.of(record); v != nil {
			switch g.n(4) {
			case 0:
				g.line("%s.s = %s", v.name, g.bounded(text, 2))
			case 1:
				g.line("%s.a, %s.b = %s.b, %s", v.name, v.name, v.name, g.integer(2))
			default:
				g.line("%s%s = %s", v.name, g.one(".a", ".b", `["a"]`, `[("b")]`), g.integer(2))
			}
			return
		}
	case 3: // an item
		if v := g.of(integers); v != nil {
			switch g.n(5) {
			case 0:
				g.line("%s[#%s + 1] = %s", v.name, v.name, g.integer(2))
			case 1:
				g.line("%s[#%s] = nil", v.name, v.name)
			case 2:
				g.line("table.insert(%s, %s%s)", v.name, g.one("", "1, "), g.integer(2))
			case 3:
				g.line("show(%s, table.remove(%s%s))", g.tag(), v.name, g.one("", ", 1", ", #"+v.name))
			case 4:
				g.line("if #%s > 0 then %s[1], %s[#%s] = %s[#%s], %s[1] end", v.name, v.name, v.name, v.name, v.name, v.name, v.name)
			}
			return
		}
	}
	v := g.choose(func(v *variable) bool { return !v.fixed && v.kind != callable })
	if v == nil {
		g.simpleLocal(1)
		return
	}
	if v.kind == integer && g.chance(40) {
		g.line("%s = %s", v.name, g.binary(v.name, g.one("+", "-", "*", "~", "&", "|"), g.integer(1)))
		return
	}
	g.line("%s = %s", v.name, g.bounded(v.kind, 2))
}

// showVariables prints some variables and expressions.
func (g *generator) showVariables() {
	if g.fn.pure {
		g.line("local %s = %s", g.name(), g.atom())
		return
	}
	found := g.find(func(v *variable) bool { return true })
	shuffle(&g.random, found)
	parts := []string{g.tag()}
	for _, v := range found[:min(len(found), g.n(4))] {
		parts = append(parts, v.name)
	}
	if len(parts) == 1 || g.chance(50) {
		parts = append(parts, g.list(2, 2))
	}
	g.line("show(%s)", strings.Join(parts, ", "))
}

// overlap assigns to several targets whose values and indices depend on each other.
func (g *generator) overlap() {
	i, j, t, u := g.fresh("i"), g.fresh("j"), g.fresh("t"), g.fresh("u")
	g.line("do")
	g.indent++
	g.line("local %s, %s, %s, %s = 1, 2, {10, 20, 30, 40, 50}, {x = 1, y = 2}", i, j, t, u)
	inner := g.chance(30) // the variables are upvalues
	if inner {
		g.line("ev(function()")
	}
	if g.chance(30) {
		g.line("keep(function() %s = %s + 1 return %s end)", i, i, i)
	}
	value := func() string {
		switch g.n(9) {
		case 0:
			return i
		case 1:
			return j
		case 2:
			return fmt.Sprintf("%s + %s", i, j)
		case 3:
			return fmt.Sprintf("%s[%s]", t, g.one(i, j, "1", "2", "3"))
		case 4:
			return u + g.one(".x", ".y")
		case 5:
			return fmt.Sprintf("(function() %s = %s + 1 return %s end)()", i, i, i)
		case 6:
			return g.small()
		case 7:
			return fmt.Sprintf("#%s", t)
		}
		return fmt.Sprintf("%s + 1", i)
	}
	for range 1 + g.n(2) {
		targets := []string{
			i, j, fmt.Sprintf("%s[%s]", t, g.one(i, i, j, i+" + 1", "3")), u + "." + g.one("x", "y", "z"),
		}
		shuffle(&g.random, targets)
		targets = targets[:2+g.n(3)]
		var values []string
		for range len(targets) - g.n(2) + g.n(2) {
			values = append(values, value())
		}
		if g.chance(15) {
			values[len(values)-1] = fmt.Sprintf("table.unpack({%s, %s, %s})", value(), value(), value())
		}
		g.line("%s = %s", strings.Join(targets, ", "), strings.Join(values, ", "))
		g.line("show(%s, %s, %s, %s, %s)", g.tag(), i, j, t, u)
		g.line("%s, %s = %s or 1, %s or 2", i, j, i, j)
	}
	if g.chance(50) { // the table itself changes
		g.line("local old = %s", t)
		targets := []string{t, t + g.one("[1]", ".x", "["+i+"]", "["+i+" + 1]", "['k']"), i, u + ".x"}
		shuffle(&g.random, targets)
		var values []string
		for _, target := range targets {
			if target == t {
				values = append(values, g.one("{}", "{1, 2, 3}", "{x = 5}", u))
			} else {
				values = append(values, value())
			}
		}
		g.line("%s = %s", strings.Join(targets, ", "), strings.Join(values, ", "))
		g.line("show(%s, old, %s, %s, %s)", g.tag(), t, i, u)
	}
	if inner {
		g.line("end)")
		g.line("show(%s, %s, %s, %s, %s)", g.tag(), i, j, t, u)
	}
	g.indent--
	g.line("end")
}

func (g *generator) branch() {
	g.line("if %s then", g.condition())
	g.block(g.body())
	for g.chance(25) {
		g.line("elseif %s then", g.condition())
		g.block(g.body())
	}
	if g.chance(40) {
		g.line("else")
		g.block(g.body())
	}
	g.line("end")
}

func (g *generator) do() {
	g.line("do")
	g.block(g.body())
	g.line("end")
}

// leave is a conditional way out of whatever the statement is in.
func (g *generator) leave() {
	exit := g.exit()
	if exit == "" {
		g.showVariables()
		return
	}
	if strings.Contains(exit, "\n") || g.chance(20) {
		g.line("if %s then", g.condition())
		g.line("  %s", exit)
		g.line("end")
		return
	}
	g.line("if %s then %s end", g.condition(), exit)
}

// exit is a statement that leaves, and may stand at the end of a block, or empty.
func (g *generator) exit() string {
	f := g.fn
	for range 5 {
		switch g.n(12) {
		case 0, 1:
			if f.loops > 0 {
				return "break"
			}
		case 2, 3:
			if f.continues > 0 {
				return "goto continue"
			}
		case 4, 5, 6:
			if len(f.targets) > 0 {
				t := f.targets[g.n(len(f.targets))]
				if t.guard != "" {
					return fmt.Sprintf("if %s then goto %s end", t.guard, t.label)
				}
				return "goto " + t.label
			}
		case 7, 8:
			if !f.free || f.outer != nil {
				return "do " + g.returning() + " end"
			}
		case 9:
			if f.protected > 0 && !f.pure || g.chance(10) {
				return g.raise()
			}
		case 10, 11:
			if f.coroutine && !f.pure {
				return fmt.Sprintf("coroutine.yield(%s)", g.list(1, 2))
			}
		}
	}
	return ""
}

// raise is a statement that raises an error.
func (g *generator) raise() string {
	switch g.n(12) {
	case 0:
		return fmt.Sprintf("error(%s)", g.text(1))
	case 1:
		return fmt.Sprintf("error(%s, %d)", g.text(1), g.n(4))
	case 2:
		return fmt.Sprintf("error(%s)", g.one("nil", "", "42", "1.5", "true", "{code = 7}", "print"))
	case 3:
		return fmt.Sprintf("assert(%s)", g.one("false", "nil", `false, "asserted"`, `nil, {}`, "nil, nil", "false, 42"))
	case 4:
		return fmt.Sprintf("error(setmetatable({}, {__tostring = function() return %s end}))", g.textLiteral())
	case 5:
		return fmt.Sprintf("assert(select(%d, 1, nil, 'third', false))", 1+g.n(4))
	}
	return "local _ = " + g.wrong(1)
}

// keep saves a closure that uses variables around it, to be called after they went out of scope.
func (g *generator) keep() {
	found := g.find(func(v *variable) bool { return v.kind != callable && !v.global })
	if len(found) == 0 {
		g.simpleLocal(1)
		return
	}
	shuffle(&g.random, found)
	found = found[:min(len(found), 1+g.n(3))]
	var read, assign []string
	for _, v := range found {
		read = append(read, v.name)
		if v.fixed {
			continue
		}
		switch v.kind {
		case integer:
			assign = append(assign, fmt.Sprintf("%s = %s + %s", v.name, v.name, g.one("1", "10", g.atom())))
		case text:
			assign = append(assign, fmt.Sprintf("%s = clip(%s .. 'k')", v.name, v.name))
		case float:
			assign = append(assign, fmt.Sprintf("%s = %s / 2", v.name, v.name))
		case boolean:
			assign = append(assign, fmt.Sprintf("%s = not %s", v.name, v.name))
		case integers:
			assign = append(assign, fmt.Sprintf("%s[#%s + 1] = %s", v.name, v.name, g.atom()))
		}
	}
	body := strings.Join(assign, "; ")
	switch g.n(6) {
	case 0:
		g.line("keep(function(...) return %s, ... end)", strings.Join(read, ", "))
	case 1: // one closure inside another
		g.line("keep(function() local f = function() %s return %s end; f() return f() end)", body, strings.Join(read, ", "))
	case 2: // two that share variables
		g.line("keep(function() %s end)", body)
		g.line("keep(function() return %s end)", strings.Join(read, ", "))
	default:
		g.line("keep(function() %s return %s end)", body, strings.Join(read, ", "))
	}
}

// global assigns a global variable.
func (g *generator) global() {
	k := []kind{integer, integer, float, text, boolean, record}[g.n(6)]
	name := fmt.Sprintf("G%d", g.n(6))
	if v := g.choose(func(v *variable) bool { return v.name == name }); v != nil {
		k = v.kind
	}
	g.line("%s = %s", name, g.bounded(k, 2))
	if g.chance(50) {
		g.line("show(%s, %s, _G.%s, _ENV.%s, rawget(_G, %q))", g.tag(), name, name, name, name)
	}
	if !g.visible(name) {
		g.declare(variable{name: name, kind: k, global: true})
	}
}

// region is a block with a label at its end that statements inside can jump to from any depth.
func (g *generator) region() {
	label := g.label(g.one("done", "out", "skip"))
	g.line("do")
	g.fn.targets = append(g.fn.targets, target{label: label})
	g.block(2 + g.body())
	g.fn.targets = g.fn.targets[:len(g.fn.targets)-1]
	g.line("  ::%s::%s", label, g.one("", "", ";", " ;;"))
	g.line("end")
	if g.chance(30) {
		g.line("show(%s)", g.tag())
	}
}

// backward is a loop made of goto. Variables of the block are new each time.
func (g *generator) backward() {
	label, n := g.label("top"), g.fresh("n")
	more := fmt.Sprintf("%s < %d", n, 2+g.n(3))
	g.line("do")
	g.indent++
	g.line("local %s = 0", n)
	g.line("::%s::", label)
	g.line("%s = %s + 1", n, n)
	g.indent--
	g.fn.targets = append(g.fn.targets, target{label: label, guard: more})
	mark := len(g.vars)
	g.declare(variable{name: n, kind: integer, fixed: true})
	g.statements(2 + g.body())
	if g.chance(40) && g.impure() {
		g.indent++
		g.keep()
		g.indent--
	}
	g.vars = g.vars[:mark]
	g.fn.targets = g.fn.targets[:len(g.fn.targets)-1]
	g.line("  if %s then goto %s end", more, label)
	g.line("end")
}

// precedence evaluates operators without brackets.
func (g *generator) precedence() {
	operators := []string{"+", "-", "*", "/", "//", "%", "^", "..", "<<", ">>", "&", "|", "~", "<", "<=", "==", "~=", "and", "or", ">", ">="}
	some := func() string {
		s := g.one("", "", "", "- ", "not ", "~ ", "# ", "- - ")
		if s == "# " {
			return "# 'abc'"
		}
		if v := g.of(integer); v != nil && g.chance(25) {
			return s + v.name
		}
		return s + g.one("1", "2", "3", "5", "2.0", "'4'", "10", "(7)", "0.5", "nil", "true")
	}
	var b strings.Builder
	b.WriteString(some())
	for range 2 + g.n(5) {
		op := operators[g.n(len(operators))]
		if op == "^" && g.chance(40) {
			b.WriteString(g.one(" + ", " * ", " .. ", " - ") + g.one("", "- ") + g.one("2", "'2'", "2.0") + " ^ " + g.one("3", "2", "- 1") + " ^ " + g.one("2", "3"))
			continue
		}
		if op == "^" { // small exponents have exact results
			b.WriteString(g.one(" + ", " * ", " .. ", " - ", " % ") + g.one("", "- ", "not ", "~ ") + g.one("2", "3", "10", "1.5", "'4'") + " ^ " + g.one("2", "3", "0", "- 1"))
			continue
		}
		b.WriteString(" " + op + " " + some())
	}
	g.line("ev(function() return %s end)", b.String())
}

// varargs calls a function of any number of arguments.
func (g *generator) varargs() {
	body := []string{
		"return select('#', ...), ...",
		"local a, b = ... return b, a",
		"local a, b = (...) return a, b",
		"return (...)",
		"return ..., ...",
		"return {n = select('#', ...), ...}",
		"return {..., n = 1, (...)}",
		"return {[1] = 'x', ...}",
		"local t = table.pack(...) return t.n, t[1], t[t.n]",
		"local n = 0 for i = 1, select('#', ...) do if select(i, ...) == nil then n = n + 1 end end return n",
		"return select(-1, ...)",
		"return select(2, ...)",
		"return pcall(select, -select('#', ...) - 1, ...)",
		"local function inner(...) return select('#', ...), ... end return inner(...), inner(1, ...)",
		"local f = function(...) return ... end return f(f(...), f(...))",
		"if ... then return 'yes', ... end return 'no', ...",
		"local a <const>, b, c = ... return c, b, a",
		"return table.unpack({...}, 1, select('#', ...))",
		"return function() return 'inner' end, ...",
		"local t = {} for i, v in ipairs {...} do t[i] = v end return t",
		"return #{1, 2, (...)} > 1, ... == nil",
		"local co = coroutine.wrap(function(...) local x = coroutine.yield(...) return x, ... end) return co(...), co('again', ...)",
		"return ((select('#', ...)) .. 'x')",
	}
	fixed := g.one("", "", "p, ", "p, q, ")
	text := body[g.n(len(body))]
	if fixed != "" && g.chance(40) {
		text = "show(p); " + text
	}
	var args []string
	for range g.n(5) {
		args = append(args, g.one("nil", g.atom(), g.textLiteral(), "false", "1.5", "{}", g.anything(1)))
	}
	if g.chance(25) {
		args = append(args, g.several(1))
	}
	g.line("ev(function(%s...) %s end%s)", fixed, text, strings.Join(append([]string{""}, args...), ", "))
}
