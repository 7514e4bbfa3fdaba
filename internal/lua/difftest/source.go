package difftest

import "strings"

func init() {
	produce(
		production{name: "load", weight: 3, emit: (*generator).load, when: (*generator).impure},
		production{name: "syntax error", weight: 3, emit: (*generator).syntaxError, when: (*generator).impure},
		production{name: "mutated source", weight: 3, emit: (*generator).mutatedSource, when: func(g *generator) bool { return g.impure() && g.sources == 0 }},
	)
}

// long makes a long string of source.
func long(source string) string {
	level := ""
	for strings.Contains(source+"]", "]"+level+"]") {
		level += "="
	}
	return "[" + level + "[\n" + source + "]" + level + "]"
}

func (g *generator) load() {
	choice := g.n(11)
	if choice == 7 && g.sources > 0 {
		choice = 8
	}
	switch choice {
	case 0:
		g.line("ev(function() return load('return ' .. %q)() end)", g.one("1 + 1", "...", "nil", "'a', 'b'", "_ENV == _G", "function() end", "{}", "x.y"))
	case 1:
		g.line("ev(load('local a, b = ... return b, a, select(\"#\", ...)'), %s)", g.list(1, 3))
	case 2:
		g.line("do local parts, i = {'return ', '1', ' + ', '%d', nil}, 0 show(%s, load(function() i = i + 1 return parts[i] end)()) end", g.n(9), g.tag())
	case 3:
		g.line("do local done ev(load, function() if not done then done = true return %s end end, '=reader') end", g.one("nil", "5", "{}", "true", "''", "error('reader')", "'return'", "'return return'"))
	case 4:
		g.line("ev(load, 'return 1', %s, %s)", g.one("'=name'", "'@file'", "'text'", "nil"), g.one("'t'", "'b'", "'bt'", "nil", "'x'"))
	case 5:
		g.line("ev(load(%s, %s, 't', {%s}))", g.one("'return x'", "'x = 1 return x'", "'return x()'", "'return x.y.z'", "'local function f() return x.y end return f()'", "'error(\"in chunk\")'", "'\\n\\nlocal t = nil; t.x = 1'"),
			g.one("'=name'", "'@file.lua'", "'some source text'", "'line one\\nline two'", "'=('", "'@' .. ('long'):rep(30)", "('src '):rep(30)", "'='", "''", "'=' .. ('name '):rep(20)"), g.one("", "x = 1", "x = {y = {}}", "error = error"))
	case 6:
		g.line("ev(load(%q, %s))", g.one("return ...", "local x <close> = nil; return 'ok'", "goto e; ::e:: return 1", "x1 = 1; return x1"), g.one("nil", "'=c'"))
	case 7:
		g.line("ev(function() local f, e = load(%s, 'chunk') if f then return pcall(f, show, tick, ev, keep, replay, closer, num, str, clip, try) end return e end)", long(g.capture(func() {
			g.line("local show, tick, ev, keep, replay, closer, num, str, clip, try = ...")
			g.fuelled(2, func() { g.outside(func() { g.statements(2) }) })
		})))
	case 8:
		g.line("show(%s, load(%q))", g.tag(), g.one("x =", "return return", "for", "if x then", "'abc", "x = }", "local 1", "goto x", "break", "::a:: ::a::"))
	case 9:
		g.line("ev(function() local f = load('local x = 0 return function() x = x + 1 return x end') local a, b = f(), f() return a(), a(), b() end)")
	case 10:
		g.line("ev(function() return load(\"return %s\", '=q')() end)", g.one("1 // 0", "1 % 0", "'a' + 1", "{} .. ''", "#5", "-{}", "2^53 | 1.5", "nil()", "('x').y.z"))
	}
}

// fuelled runs write with the given number of statements left at most.
func (g *generator) fuelled(fuel int, write func()) {
	saved := g.fuel
	g.fuel = min(fuel, max(saved, 1))
	write()
	g.fuel = saved
}

// outside runs write as if at the start of a chunk of its own.
func (g *generator) outside(write func()) {
	vars, fn, nesting, indent := g.vars, g.fn, g.nesting, g.indent
	g.vars, g.fn, g.nesting, g.indent = nil, &function{vararg: true, free: true, protected: 1}, maxNesting-2, 0
	g.sources++
	write()
	g.sources--
	g.vars, g.fn, g.nesting, g.indent = vars, fn, nesting, indent
}

// syntaxError loads sources that are wrong in ways that were thought of.
func (g *generator) syntaxError() {
	list := []string{
		"x =", "x = = 1", "local x <const> = 1; x = 2", "local x <close> = nil; x = 2", "local x <foo> = 1", "local a <close>, b <close> = nil, nil", "for i = 1 do end", "for i = 1, 2, 3, 4 do end",
		"for i, j = 1, 2 do end", "for in x do end", "if x then else elseif y then end", "while true", "repeat until", "goto nowhere", "do goto l end do ::l:: end", "break", "::l:: ::l::", "do local x; goto l; local y; ::l:: y = 1 end",
		"goto l; local a ::l:: print(a)", "return 1 2", "return return", "local function 1() end", "function f.x:y.z() end", "function f(a, ...,) end", "function f(..., a) end", "function f() return ... end", "x = 'abc", "x = \"abc\ndef\"",
		"x = [[abc", "x = [==[abc]]", "--[[ never", "x = '\\q'", "x = '\\300'", "x = '\\xZZ'", "x = '\\u{110000000}'", "x = '\\u{zz}'", "x = '\\u123'", "x = 3x", "x = 0xg", "x = 1e", "x = 1..2", "x = 1.2.3", "x = 0x1p", "f(", "f(1,", "f(1 2)", "a.b:c = 1", "a:b", "a.1",
		"a[1", "a[]", "x = {1, 2", "x = {a = }", "x = {[1] 2}", "x = {,}", "(a) = 1", "(a + b)", "a + b", "1 = 2", "f() = 1", "a, f() = 1, 2", "local a.b = 1", "local function a.b() end", "x = function", "x = function(", "x = function(a b) end", "end", "x = end",
		"if x then", "if x the y", "do", "while x do end end", "local x = 1 local y = = 2", "x = a..", "x = not", "x = #", "x = 1 +", "x = @", "x = $", "x = !y", "x != y", "x = y ? 1 : 2", "x += 1", "x = a && b", "x = \\", "and = 1", "local and", "goto and", "::and::",
		"x = ~", "x = 5 ~= ", "return;;", "return; x = 1", "local t = {} t.x.y", "local t <const> = {} t = 1", "local function f() local x <const> = 1 return function() x = 2 end end", "for i = 1, 2 do local i <const> = 3; i = 4 end", "x = }", "x = (1", "x = ((1)", "x = f{", "x = f'",
		"x = a.b.c:d", "goto l do ::l:: end", "repeat goto c; local z ::c:: until z", "repeat if x then goto c end local z = 1 ::c:: until z == 1", "while x do goto c local z ::c:: end", "break x", "if x then break end", "function f() break end", "for i = 1, 2 do function f() break end end", "local x <const>", "local <const> x = 1",
		"return 'a' .. ", "\n\n\nx = = 1", "x = 1\n\ny = (2\n\nz = 3", "if x then\n\nfor i = 1, 2 do\n\n", "f(\n1,\n2", "x = {\n1,\n2\n", "function f()\n  if x then\n    return 1\n\nend", "x = 'a\\\nb\nc'", "x = 'long string that goes on and on and on and on and on and on and on and on and on' 5", "local a <const> = 1; local function f() a = 2 end",
		"x = 9999999999999999999999 y", "x = 0x y", "x = .5.5", "x = ..", "x = ...", "return ...", "function f(...) return function() return ... end end", "x = a.b.", "x = a:b", "x = a:b.c()", "::x", "::1::", "goto 1", "goto", "local", "local function", "function", "function f", "function f(", "\x01", "x = 1 \x7f", "\xff = 1", "é = 1", "x = 'é", "x = \"\\xFF\\xg\"",
		"x = {f = function() return end, 1 = 2}", "x = {...}", "x = {[...] = 1}", "local a = 1, 2 = 3", "a = b = c", "a.b, c.d = ", "a[b], = 1", "if 1 then elseif end", "else", "elseif x then", "until x", "then", "in", "or", "local x = local y", "for a.b = 1, 2 do end", "for a = 1, do end", "for a, in b do end", "for a in b c do end", "while do end",
		"local x <const> = f(); return function() x = 2 end", "local x <close> = f(); return function() x = 2 end", "x = 1\r\ny = = 2\r\n", "x = 1\n\ry = = 2", "x = [==x", "x = '\\", "x = \"\\x4", "x = '\\u{", "x = [=", "# comment\nx = =",
		"local function f() local x <const> = {} return function() return function() x = 1 end end end", "x = 'a\\\r\nb' y", "--[==[\n]=]\n", "x = [[\r\na\r\n]] y",
	}
	for range 1 + g.n(4) {
		s := list[g.n(len(list))]
		if g.chance(20) {
			s = g.one("local y = 1\n", "\n\n", "do ", "-- comment\n", "x = 1; ", "function g() ") + s
		}
		if g.chance(15) {
			s += g.one(" end", "\nend", " -- comment", "\n\n", ";", " x = 1")
		}
		g.line("show(load(%s%s))", long(s), g.one("", "", ", '=s'", ", '@s.lua'"))
	}
}

// mutatedSource loads statements of its own in which some tokens were removed, doubled or exchanged.
func (g *generator) mutatedSource() {
	var source string
	g.fuelled(3, func() {
		g.outside(func() { source = g.capture(func() { g.statements(3) }) })
	})
	if len(source) > 1500 {
		source = source[:1500]
	}
	tokens := scan(source)
	if len(tokens) < 3 {
		return
	}
	for range 1 + g.n(2) {
		i := g.n(len(tokens))
		switch g.n(6) {
		case 0, 1:
			tokens = append(tokens[:i:i], tokens[i+1:]...)
		case 2:
			tokens = append(tokens[:i+1:i+1], tokens[i:]...)
		case 3:
			j := g.n(len(tokens))
			tokens[i], tokens[j] = tokens[j], tokens[i]
		case 4:
			tokens[i].text = g.one("end", "=", "(", ")", "{", "}", "local", "function", "then", "do", "...", "goto", "break", "return", "::", "'s'", "5", "x", "..", "not", "<const>", "<close>", ",", ";", ":", ".", "~=", "repeat", "until", "in", "nil", "@", "'", "[[", "[")
		case 5:
			tokens = tokens[:i]
		}
		if len(tokens) < 2 {
			return
		}
	}
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 {
			if t.line > tokens[i-1].line {
				b.WriteByte('\n')
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteString(t.text)
	}
	text := b.String()
	// Only compiled: what it would do is anybody's guess.
	g.line("do local f, e = load(%s, '=m') show(%s, type(f), e) end", long(text), g.tag())
}
