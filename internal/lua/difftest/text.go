package difftest

import (
	"fmt"
	"strings"
)

func init() {
	produce(
		production{name: "strings", weight: 3, closed: true, emit: (*generator).stringFunctions, when: (*generator).impure},
		production{name: "patterns", weight: 4, emit: (*generator).patterns, when: (*generator).impure},
		production{name: "format", weight: 2, closed: true, emit: (*generator).format, when: (*generator).impure},
		production{name: "pack", weight: 2, emit: (*generator).pack, when: (*generator).impure},
		production{name: "utf8", weight: 1, emit: (*generator).utf8, when: (*generator).impure},
		production{name: "literals", weight: 1, emit: (*generator).literals, when: (*generator).impure},
	)
}

func (g *generator) position() string {
	return g.one("0", "1", "2", "3", "-1", "-2", "10", "-10", "2.0", "'2'", "math.maxinteger", "math.mininteger", "nil")
}

func (g *generator) stringFunctions() {
	s := g.text(1)
	for range 1 + g.n(4) {
		switch g.n(12) {
		case 0:
			g.line("ev(string.sub, %s, %s, %s)", s, g.position(), g.position())
		case 1:
			g.line("ev(string.byte, %s, %s, %s)", s, g.position(), g.one("1", "-1", "3", "nil", "100"))
		case 2:
			g.line("ev(string.rep, %s, %s, %s)", s, g.one("0", "1", "3", "-1", "2.0", "'2'", "1.5"), g.one("''", "', '", "nil", "1"))
		case 3:
			g.line("ev(string.char, %s)", g.one("72, 105", "0, 255", "256", "-1", "65.0", "'66'", "1.5", "nil"))
		case 4:
			g.line("ev(string.%s, %s)", g.one("upper", "lower", "reverse", "len"), g.one(s, "12", "1.5", "'ÄöZ'", "'a\\0b'"))
		case 5:
			g.line("show((%s):%s)", s, g.one("upper():lower()", "reverse():reverse()", "rep(2):len()", "sub(2, -2):byte(1, -1)", "find('')", "find('', 10)", "find('', 2, true)"))
		case 6:
			g.line("show(%s %s %s, %s == %s, #%s)", s, g.comparison(), g.text(1), s, g.text(0), paren(s))
		case 7:
			g.line("ev(function() return %s .. %s, %s .. %s end)", paren(s), g.one("1", "1.5", "-0.0", "2^63", "1e100", "nil", "{}", "true", "math.mininteger", "10 // 3", "7 / 2", "3 % -2.0"), g.one("1", "2.0", "-5"), paren(s))
		case 8:
			g.line("ev(function() return %s + %s, -%s end)", paren(s), g.one("1", "1.0", "'2'", s), paren(s))
		case 9:
			g.line("ev(tostring, %s)", g.one("nil", "true", "-0.0", "1e15", "1e16", "123456789012345678", "0.1", "1/3", "100 // 1e0", "2^24", "-1e-7", "3.14159265358979", "5 % math.huge"))
		case 10:
			g.line("show(('x'):rep(%d, %s), ('ab'):rep(%d))", g.n(5), g.textLiteral(), g.n(9))
		case 11:
			g.line("ev(string.find, %s, %s, %s, %s)", s, g.one("'a'", "''", "'.'", "'b'", "'%a'"), g.position(), g.one("true", "false", "nil", "1"))
		}
	}
}

// pattern is a pattern over a small alphabet, well formed most of the time.
func (g *generator) pattern() string {
	if g.chance(6) {
		return g.one("%", "[", "[a", "(", ")", "(a", "a)", "%1", "(a)%2", "%f", "%b", "%bx", "[%", "[a-", "[]", "[^]", "(()", "a**", "%g(", "^*", "$$", "[a%", "%0", "(a%1)", "%f[", "+", "[z-a]+", "%x%", "(((((a)))))", "()()()")
	}
	item := func() string {
		c := g.one("a", "b", "c", ".", "%a", "%d", "%s", "%w", "%p", "%u", "%l", "%x", "%c", "%g", "%A", "%D", "%S", "%W", "[abc]", "[^a]", "[a-c]", "[%d%s]", "[^%w]", "[%-a]", "[]a]", "[a-]", " ", "1", "%.", "%%", "x", "[^%s]", "%z", "-")
		return c + g.one("", "", "", "*", "+", "-", "?")
	}
	var b strings.Builder
	if g.chance(15) {
		b.WriteByte('^')
	}
	open := 0
	captures := 0
	for range 1 + g.n(4) {
		switch g.n(9) {
		case 0, 1:
			b.WriteByte('(')
			open++
			captures++
			b.WriteString(item())
			if g.chance(60) {
				b.WriteByte(')')
				open--
			}
		case 2:
			b.WriteString("()")
			captures++
		case 3:
			if captures > 0 && open == 0 {
				fmt.Fprintf(&b, "%%%d", 1+g.n(captures))
				break
			}
			b.WriteString(g.one("%b()", "%bab", "%bxx", "%f[%w]", "%f[%W]", "%f[a]", "%f[^b]", "%f[%z]"))
		case 4:
			b.WriteString(g.one("%b()", "%f[%w]", "%f[%s]"))
		default:
			b.WriteString(item())
		}
	}
	for ; open > 0; open-- {
		b.WriteByte(')')
	}
	if g.chance(15) {
		b.WriteByte('$')
	}
	return b.String()
}

// subject is a text that such patterns may match.
func (g *generator) subject() string {
	if g.chance(25) {
		return g.one("hello world", "key = value", "a,b,,c", "THE (quick) fox", "f(a(b)c)d", "  trim  ", "2024-01-02", "x=1, y=22", "", "aaa", "abcabc", "a.b.c", "%d", "((a)(b))", "foo123bar", "one;two")
	}
	var b strings.Builder
	for range g.n(14) {
		b.WriteString(g.one("a", "b", "c", "a", "b", " ", "1", "A", "(", ")", ".", "x", "-", "\\0", "\\n", "%", "2", "\\200"))
	}
	return b.String()
}

// quote makes a Lua literal of text that contains escapes already.
func quote(s string) string { return "\"" + s + "\"" }

func (g *generator) patterns() {
	for range 1 + g.n(4) {
		s, p := quote(g.subject()), quote(g.pattern())
		switch g.n(13) {
		case 0, 1:
			g.line("ev(string.find, %s, %s%s)", s, p, g.one("", ", 2", ", -3", ", 1, true", ", 100", ", nil, true", ", 0"))
		case 2, 3:
			g.line("ev(string.match, %s, %s%s)", s, p, g.one("", ", 2", ", -3", ", 100", ", -100"))
		case 4, 5:
			g.line("ev(string.gsub, %s, %s, %s%s)", s, p, g.one(`""`, `"x"`, `"<%0>"`, `"%1"`, `"%2%1"`, `"%%"`, `"[%1]"`, `"%"`, `"%9"`, `"%a"`, `"-%0%0-"`, `5`, `1.5`), g.one("", "", ", 1", ", 2", ", 0", ", -1", ", 1.0"))
		case 6:
			g.line("ev(string.gsub, %s, %s, {a = 'A', b = false, ab = 1, ['1'] = 'one', [''] = 'empty', %s})", s, p, g.one("c = true", "c = {}", "c = 2.5", "[1] = 'pos'", "x = 'X'"))
		case 7:
			g.line("ev(string.gsub, %s, %s, function(...) show(...) return %s end)", s, p, g.one("nil", "false", "'r'", "...", "(...)", "1", "select('#', ...)", "{}", "true", "1.5"))
		case 8:
			g.line("ev(function() local t = {} for a, b in (%s):gmatch(%s) do tick() t[#t + 1] = str(a) .. '|' .. str(b) end return t end)", s, p)
		case 9:
			g.line("ev(function() for a, b, c in string.gmatch(%s, %s%s) do show(a, b, c) end end)", s, p, g.one("", ", 2", ", -2", ", 50", ""))
		case 10:
			g.line("show(pcall(function() return (%s):match(%s) or 'none', ((%s):gsub(%s, '%%0')) == %s end))", s, p, s, p, s)
		case 11:
			if v := g.of(text); v != nil {
				g.line("ev(string.gsub, %s, %s, %s)", v.name, p, g.one("'<%1>'", "string.upper", "{}", "function(c) return c .. c end"))
				continue
			}
			g.line("ev(string.find, %s, %s)", s, p)
		case 12:
			g.line("ev(string.gsub, %s, %s, setmetatable({}, {__index = function(_, k) return %s end}))", s, p, g.one("k", "str(k) .. '!'", "nil", "false", "{}"))
		}
	}
}

func (g *generator) format() {
	for range 1 + g.n(4) {
		var f strings.Builder
		var args []string
		for range 1 + g.n(3) {
			f.WriteString(g.one("", "", "a", " ", "|", "%%", "x="))
			letter := "diuxXocsqeEfFgGaAcpi"[g.n(20)]
			if g.chance(25) {
				letter = 's'
			}
			f.WriteString(g.directive(string(letter)))
			switch {
			case g.chance(15) && letter != 'p':
				args = append(args, g.one("nil", "{}", "'x'", "'10'", "1.5", "true", "print", "'3.0'"))
			case letter == 's' || letter == 'q':
				args = append(args, g.one(g.text(1), g.integer(1), "true", "nil", "1.5", "'a\\0b'", "'line\\nbreak\\r\\0001\"'", "math.mininteger", "1e100", "1/0", "-1/0", "0/0", "2^63", "('0123456789'):rep(12)", "'\\200'", "setmetatable({}, {__tostring = function() return 'meta' end})"))
			case letter == 'p':
				args = append(args, g.one("1", "nil", "true", "1.5"))
			case strings.ContainsRune("eEfFgGaA", rune(letter)):
				args = append(args, g.number(1))
			case letter == 'c':
				args = append(args, g.one("65", "0", "255", "97", "300"))
			default:
				args = append(args, g.one(g.integer(1), g.integer(0), "3.0", "'10'"))
			}
		}
		if g.chance(8) {
			f.WriteString(g.one("%", "%y", "%5", "%-", "%.3.3d", "%-+ #0-+ #0d", "%100d", "%0100d", "%10.123f", "%ld", "%d"))
		}
		if g.chance(10) && len(args) > 0 {
			args = args[:len(args)-1]
		}
		g.line("ev(string.format, %s)", strings.Join(append([]string{quote(f.String())}, args...), ", "))
	}
}

func (g *generator) pack() {
	option := func() (string, string) {
		switch g.n(13) {
		case 0:
			return g.one("b", "B", "i1", "I1"), g.one("1", "-1", "127", "128", "255", "256", "-128", "0")
		case 1:
			return g.one("h", "H", "i2", "I2"), g.one("1", "-2", "32767", "65535", "70000")
		case 2:
			return g.one("i", "I", "i4", "I4", "l", "L", "j", "J", "T", "i8", "I8"), g.integer(0)
		case 3:
			return g.one("i3", "I3", "i5", "I7", "i16", "I16", "i9"), g.one("1", "-1", "100000", "-8388608")
		case 4:
			return g.one("f", "d", "n"), g.one("1.5", "-0.25", "3", "math.huge", "'2'", "0.1")
		case 5:
			return g.one("s", "s1", "s2", "s4"), g.text(0)
		case 6:
			return "z", g.one("'zero'", "''", "'a\\0b'")
		case 7:
			return g.one("c3", "c5", "c0", "c1"), g.one("'abc'", "'ab'", "''", "'toolong'")
		case 8:
			return g.one("x", "Xi4", "Xh", "X"), ""
		case 9:
			return g.one("<", ">", "=", "!", "!4", "!8", "!2", " "), ""
		}
		return g.one("i4", "b", "h"), g.integer(0)
	}
	for range 1 + g.n(2) {
		var f strings.Builder
		var args []string
		f.WriteString(g.one("", "<", ">", "!", "<!4", ">!8"))
		for range 1 + g.n(4) {
			o, a := option()
			f.WriteString(o)
			if a != "" {
				args = append(args, a)
			}
		}
		if g.chance(10) {
			f.WriteString(g.one("y", "i17", "i0", "!17", "c", "X", "s0", "Xz", "!3i4"))
		}
		f2 := quote(f.String())
		list := strings.Join(append([]string{f2}, args...), ", ")
		switch g.n(5) {
		case 0:
			g.line("ev(string.packsize, %s)", f2)
		case 1:
			g.line("ev(string.unpack, %s, %s%s)", f2, g.one("'abcdefghijklmnopqrstuvwxyz0123456789'", "'\\255\\255\\255\\255\\255\\255\\255\\255\\0\\0\\0\\0\\0\\0\\0\\0'", "''", "'\\1\\2\\3'", "('\\0\\0\\0\\5hello'):rep(4)"), g.one("", ", 2", ", -3", ", 100", ", 0"))
		default:
			g.line("ev(string.pack, %s)", list)
			g.line("ev(function() return string.unpack(%s, string.pack(%s)) end)", f2, list)
		}
	}
}

func (g *generator) utf8() {
	s := func() string {
		return g.one(`"abc"`, `"h\u{e9}llo"`, `"\u{20AC}uro"`, `"\u{1F600}!"`, `"\xff"`, `"a\x80b"`, `""`, `"\u{7FFFFFFF}"`, `"\u{D800}"`, `"\xC0\x80"`, `"\xF4\x90\x80\x80"`, `"日本語"`, `"a\xE2\x82"`)
	}
	for range 1 + g.n(3) {
		switch g.n(7) {
		case 0:
			g.line("ev(utf8.char, %s)", g.one("72, 228, 8364, 128512", "0x7FFFFFFF", "-1", "0x80000000", "65.0", "1.5", "0xD800", "0, 127, 128, 2047, 2048, 65535, 65536"))
		case 1:
			g.line("ev(utf8.len, %s%s)", s(), g.one("", ", 2", ", -1", ", 1, -1", ", 1, -1, true", ", 5", ", 3, 2", ", 20", ", 0"))
		case 2:
			g.line("ev(utf8.codepoint, %s%s)", s(), g.one("", ", 1, -1", ", 2", ", -1", ", 1, -1, true", ", 10", ", 3, 1"))
		case 3:
			g.line("ev(utf8.offset, %s, %s%s)", s(), g.one("1", "2", "3", "-1", "-2", "0", "5"), g.one("", ", 1", ", 2", ", 3", ", -1", ", 9"))
		case 4:
			// lua5.4 5.4.4 accepts some continuation bytes that do not belong to a character.
			s := g.one(`"abc"`, `"h\u{e9}llo"`, `"\u{20AC}uro"`, `"\xff"`, `"\xC0\x80"`, `"日本語"`, `"\u{7FFFFFFF}"`, `"\u{D800}x"`)
			g.line("ev(function() for p, c in utf8.codes(%s%s) do show(p, c) end end)", s, g.one("", ", true"))
		case 5:
			g.line("ev(function() local t = {} for c in (%s):gmatch(utf8.charpattern) do t[#t + 1] = #c end return t end)", s())
		case 6:
			g.line("show(utf8.charpattern, #%s, (%s):byte(1, -1))", s(), s())
		}
	}
}

// literals are texts in every way of writing them.
func (g *generator) literals() {
	var b strings.Builder
	quote := g.one(`"`, `'`)
	b.WriteString(quote)
	for range g.n(8) {
		b.WriteString(g.one("a", "b", `\n`, `\t`, `\\`, `\"`, `\'`, `\0`, `\065`, `\255`, `\x41`, `\xfF`, `\u{48}`, `\u{10FFFF}`, `\u{7fffffff}`, `\z   `, `\a\b\f\v\r`, "1", " ", "\\\n", "--", "[[", "]]", "\\z\n   "))
	}
	b.WriteString(quote)
	g.line("show(%s)", b.String())
	if g.chance(50) {
		level := strings.Repeat("=", g.n(3))
		var t strings.Builder
		for range g.n(6) {
			t.WriteString(g.one("a", "\n", "]", "]=", "\\n", "--", "[[", `"`, " "))
		}
		if !strings.Contains(t.String()+"]", "]"+level+"]") {
			g.line("show([%s[%s]%s])", level, t.String(), level)
		}
	}
	if g.chance(30) {
		g.line("--[%s[ a comment\n %s ]%s] show(%s)", "==", g.one("]]", "end", "\n\n", "--"), "==", g.tag())
	}
}
