package lib

import (
	"strings"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// stringGsub implements string.gsub(s, pattern, repl [, n]) -> string, number of matches (manual, section 6.4).
func (l *library) stringGsub(c vm.Call) int {
	s, text, repl := c.Str(1), c.Str(2), c.Arg(3)
	switch {
	case repl.IsString(), repl.IsNumber(), repl.IsTable(), repl.Callable():
	default:
		c.TypeError(3, "string/function/table")
	}
	limit := c.OptInt(4, int64(len(s))+1)
	p := l.pattern(c, text, true)
	if repl.IsString() || repl.IsNumber() {
		return l.replaceText(c, s, p, limit)
	}
	g := &substitution{lib: l, repl: repl, limit: limit, result: l.buffer(), lastEnd: -1}
	g.prepare(p, s)
	return g.run(c)
}

// replaceText is stringGsub for a replacement that is a text.
func (l *library) replaceText(c vm.Call, s string, p *pattern, limit int64) int {
	repl := c.Str(3)
	literal := strings.IndexByte(repl, '%') < 0
	m := &l.matcher
	m.prepare(p, s)
	var result []byte
	count, copied, from, lastEnd := int64(0), 0, 0, -1
	for count < limit && from <= len(s) && find(c, m, from) {
		if m.end == lastEnd {
			// An empty match right behind the one before does not count.
			from = m.start + 1
			continue
		}
		if count == 0 {
			result = l.buffer()
		}
		count++
		result = append(result, s[copied:m.start]...)
		if literal {
			result = append(result, repl...)
		} else {
			result = expand(c, m, result, repl)
		}
		if len(result) > maxString {
			c.Raise(tooLarge)
		}
		copied, from, lastEnd = m.end, m.end, m.end
		if p.anchored {
			break
		}
	}
	m.release()
	if count == 0 {
		returnString(c, 1, s)
	} else {
		l.pushBuffer(c, append(result, s[copied:]...))
	}
	c.Push(value.Int(count))
	return 2
}

// expand appends a replacement in which %0 to %9 stand for the match and its captures.
func expand(c vm.Call, m *matcher, result []byte, repl string) []byte {
	for {
		literal, rest, more := strings.Cut(repl, "%")
		result = append(result, literal...)
		if !more {
			return result
		}
		if rest == "" || rest[0] != '%' && !isDigit(rest[0]) {
			c.Raise("%s", "invalid use of '%' in replacement string")
		}
		switch digit := rest[0]; digit {
		case '%':
			result = append(result, '%')
		case '0':
			result = append(result, m.subject[m.start:m.end]...)
		default:
			start, end, kind := m.capture(int(digit - '1'))
			switch kind {
			case captureText:
				result = append(result, m.subject[start:end]...)
			case capturePosition:
				result = appendInt(result, int64(start)+1)
			default:
				fail(c, m)
			}
		}
		repl = rest[1:]
	}
}

// A substitution is a gsub that calls a function, or looks into a table, for each match.
type substitution struct {
	matcher
	lib          *library
	repl         value.Value
	limit, count int64
	from, copied int
	lastEnd      int // of the last match
	result       []byte
	args         []value.Value
}

// run goes on behind what was replaced last.
func (g *substitution) run(c vm.Call) int {
	for g.count < g.limit && g.from <= len(g.subject) && find(c, &g.matcher, g.from) {
		if g.end == g.lastEnd {
			g.from = g.start + 1
			continue
		}
		g.count++
		g.lastEnd = g.end
		if !g.repl.IsTable() {
			g.args = g.args[:0]
			for i := range max(g.captures, 1) {
				g.args = append(g.args, captured(c, &g.matcher, i))
			}
			return c.Then(substituted, g, g.repl, g.args...)
		}
		v, handler, owner := lookUp(g.repl, captured(c, &g.matcher, 0))
		if !handler.IsNil() {
			if handler.Callable() {
				return c.Then(substituted, g, handler, owner, captured(c, &g.matcher, 0))
			}
			v = c.Thread().Index(handler, captured(c, &g.matcher, 0))
		}
		if !g.replace(c, v) {
			break
		}
	}
	if g.count == 0 {
		c.Push(value.String(g.subject))
		g.lib.giveBack(g.result)
	} else {
		g.lib.pushBuffer(c, append(g.result, g.subject[g.copied:]...))
	}
	c.Push(value.Int(g.count))
	return 2
}

// substituted goes on when the function has returned.
func substituted(c vm.Call, state any) int {
	g := state.(*substitution)
	if !g.replace(c, c.Arg(1)) {
		g.limit = g.count
	}
	return g.run(c)
}

// replace puts v in the place of the match. It reports whether there may be more.
func (g *substitution) replace(c vm.Call, v value.Value) bool {
	g.result = append(g.result, g.subject[g.copied:g.start]...)
	switch {
	case v.IsString():
		g.result = append(g.result, v.Str()...)
	case v.IsNumber():
		g.result = appendNumber(g.result, v)
	case v.Falsy():
		g.result = append(g.result, g.subject[g.start:g.end]...)
	default:
		c.Raise("invalid replacement value (a %s)", v.TypeName())
	}
	if len(g.result) > maxString {
		c.Raise(tooLarge)
	}
	g.copied, g.from = g.end, g.end
	return !g.anchored
}

// lookUp is t[k] as far as no function must be called for it. Otherwise handler, the metamethod __index of owner, gives
// the value: a function, or something else than a table that is to be indexed.
func lookUp(t, k value.Value) (v, handler, owner value.Value) {
	for range 2000 {
		v = value.Get(t.LTable(), k)
		mt := value.Metatable(t.LTable())
		if !v.IsNil() || mt == nil {
			return v, value.Nil, t
		}
		handler = value.GetString(mt, "__index")
		if handler.IsNil() || !handler.IsTable() {
			return value.Nil, handler, t
		}
		t = handler
	}
	return value.Nil, handler, t
}
