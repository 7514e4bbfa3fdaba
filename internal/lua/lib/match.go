package lib

import (
	"strings"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// stringFind implements string.find(s, pattern [, init [, plain]]) -> first, last, captures... | nil (manual, section 6.4).
func (l *library) stringFind(c vm.Call) int {
	s, text := c.Str(1), c.Str(2)
	from, ok := 0, true
	if c.Len() > 2 {
		if from, ok = searchStart(c, s); !ok {
			return c.Return(value.Nil)
		}
	}
	plain := c.Len() > 3 && !c.Arg(4).Falsy()
	if !plain {
		p := l.pattern(c, text, true)
		if plain = p.plain; !plain {
			m := &l.matcher
			m.prepare(p, s)
			if !find(c, m, from) {
				m.release()
				return c.Return(value.Nil)
			}
			c.Push(value.Int(int64(m.start) + 1))
			c.Push(value.Int(int64(m.end)))
			n := 2
			if p.captures > 0 {
				n += pushMatch(c, m)
			}
			m.release()
			return n
		}
	}
	at := strings.Index(s[from:], text)
	if at < 0 {
		return c.Return(value.Nil)
	}
	return c.Return2(value.Int(int64(from+at)+1), value.Int(int64(from+at+len(text))))
}

// stringMatch implements string.match(s, pattern [, init]) -> captures or match | nil (manual, section 6.4).
func (l *library) stringMatch(c vm.Call) int {
	s, text := c.Str(1), c.Str(2)
	from, ok := searchStart(c, s)
	if !ok {
		return c.Return(value.Nil)
	}
	m := &l.matcher
	m.prepare(l.pattern(c, text, true), s)
	if !find(c, m, from) {
		m.release()
		return c.Return(value.Nil)
	}
	n := pushMatch(c, m)
	m.release()
	return n
}

// stringGmatch implements string.gmatch(s, pattern [, init]) -> iterator over the matches (manual, section 6.4).
func (l *library) stringGmatch(c vm.Call) int {
	s, text := c.Str(1), c.Str(2)
	from, ok := searchStart(c, s)
	if !ok {
		from = len(s) + 1
	}
	g := &matches{from: from, lastEnd: -1}
	g.prepare(l.pattern(c, text, false), s)
	return c.Return(l.vm.NewNative("for iterator", g.next))
}

// matches is the iterator of gmatch.
type matches struct {
	matcher
	from    int
	lastEnd int // of the last match
}

// next implements the iterator of gmatch: () -> captures or match | nil.
func (g *matches) next(c vm.Call) int {
	for g.from <= len(g.subject) && find(c, &g.matcher, g.from) {
		// An empty match right behind the one before does not count.
		if g.end == g.lastEnd {
			g.from = g.start + 1
			continue
		}
		g.from, g.lastEnd = g.end, g.end
		return pushMatch(c, &g.matcher)
	}
	g.from = len(g.subject) + 1
	return c.Return(value.Nil)
}

// searchStart is the place at which the search that argument 3 asks for begins; ok is false if it lies behind the end.
func searchStart(c vm.Call, s string) (from int, ok bool) {
	init := c.OptInt(3, 1)
	if init < 0 {
		init += int64(len(s)) + 1
	}
	init = max(init, 1)
	if init > int64(len(s))+1 {
		return 0, false
	}
	return int(init - 1), true
}

// pattern compiles argument 2.
func (l *library) pattern(c vm.Call, text string, search bool) *pattern {
	v := c.Arg(2)
	if !v.IsString() {
		v = value.String(text)
	}
	return l.patterns.get(text, v.Hashed().N>>8, search)
}

// find finds the first match at or behind from.
func find(c vm.Call, m *matcher, from int) bool {
	if m.steps--; m.steps < 0 {
		c.Poll()
		m.steps = pollSteps
	}
	o := m.search(from)
	for o == paused {
		c.Poll()
		m.steps = pollSteps
		o = m.resume()
	}
	if o == broken {
		fail(c, m)
	}
	return o == found
}

// fail raises the error in a pattern.
func fail(c vm.Call, m *matcher) {
	message := m.failure
	m.failure = ""
	m.release()
	c.Raise("%s", message)
}

// captured is capture i of the match, counted from 0.
func captured(c vm.Call, m *matcher, i int) value.Value {
	start, end, kind := m.capture(i)
	switch kind {
	case capturePosition:
		return value.Int(int64(start) + 1)
	case captureInvalid:
		fail(c, m)
	}
	return part(m.subject, start, end)
}

// pushMatch pushes the captures of the match, or all of it if there are none, and returns how many values they are.
func pushMatch(c vm.Call, m *matcher) int {
	n := max(m.captures, 1)
	for i := range n {
		c.Push(captured(c, m, i))
	}
	return n
}
