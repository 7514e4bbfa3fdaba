package stdlib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// scratch is memory for a search with a short pattern, so that it needs none from the heap.
type scratch struct {
	items   [12]item
	retries [8]retry
}

// stringFind implements string.find(s, pattern [, init [, plain]]) -> first, last, captures... | nil.
func stringFind(c call) int {
	s, text := c.string(1), c.string(2)
	from, ok := c.searchStart(s)
	if !ok {
		c.L.Push(lua.LNil)
		return 1
	}
	if lua.LVAsBool(c.L.Get(4)) || !strings.ContainsAny(text, "^$*+?.([%-") {
		at := strings.Index(s[from:], text)
		if at < 0 {
			c.L.Push(lua.LNil)
			return 1
		}
		c.pushNumber(float64(from + at + 1))
		c.pushNumber(float64(from + at + len(text)))
		return 2
	}
	var memory scratch
	m := c.newMatcher(s, text, true, &memory)
	start, end, ok := c.search(&m, from)
	if !ok {
		c.L.Push(lua.LNil)
		return 1
	}
	c.pushNumber(float64(start + 1))
	c.pushNumber(float64(end))
	return 2 + c.pushCaptures(&m)
}

// stringMatch implements string.match(s, pattern [, init]) -> captures or match | nil.
func stringMatch(c call) int {
	s, text := c.string(1), c.string(2)
	from, ok := c.searchStart(s)
	if !ok {
		c.L.Push(lua.LNil)
		return 1
	}
	var memory scratch
	m := c.newMatcher(s, text, true, &memory)
	start, end, ok := c.search(&m, from)
	if !ok {
		c.L.Push(lua.LNil)
		return 1
	}
	return c.pushMatch(&m, start, end)
}

// stringGmatch implements string.gmatch(s, pattern [, init]) -> iterator over the matches.
func stringGmatch(c call) int {
	s, text := c.string(1), c.string(2)
	from, ok := c.searchStart(s)
	if !ok {
		from = len(s) + 1
	}
	m := c.newMatcher(s, text, false, new(scratch))
	lastEnd := -1
	// The iterator's c is another one than this, and perhaps of another thread.
	c.L.Push(newFunction(c.L, "for iterator", func(c call) int {
		for from <= len(s) {
			start, end, ok := c.search(&m, from)
			if !ok {
				break
			}
			from = start + 1
			// An empty match right behind the one before does not count.
			if end == lastEnd {
				continue
			}
			from, lastEnd = end, end
			return c.pushMatch(&m, start, end)
		}
		from = len(s) + 1
		c.L.Push(lua.LNil)
		return 1
	}))
	return 1
}

// stringGsub implements string.gsub(s, pattern, repl [, n]) -> string, number of matches.
func stringGsub(c call) int {
	s, text, repl := c.string(1), c.string(2), c.L.Get(3)
	switch v := repl.(type) {
	case lua.LString, *lua.LTable, *lua.LFunction:
	case lua.LNumber:
		repl = lua.LString(numberText(float64(v)))
	default:
		c.typeError(3, "string/function/table")
	}
	limit := c.optInteger(4, int64(len(s)+1))

	var memory scratch
	m := c.newMatcher(s, text, true, &memory)
	var result []byte
	matches, copied, from, lastEnd := int64(0), 0, 0, -1
	for matches < limit {
		start, end, ok := c.search(&m, from)
		if !ok {
			break
		}
		from = start + 1
		if end != lastEnd {
			matches++
			var changed bool
			result = append(result, s[copied:start]...)
			result, changed = c.replacement(result, &m, repl, start, end)
			if !changed {
				result = append(result, s[start:end]...)
			}
			if len(result) > maxString {
				c.raise("resulting string too large")
			}
			copied, from, lastEnd = end, end, end
		}
		if from > len(s) || m.pattern.anchored {
			break
		}
	}
	if matches == 0 {
		c.pushString(s)
	} else {
		c.pushString(string(append(result, s[copied:]...)))
	}
	c.pushNumber(float64(matches))
	return 2
}

// replacement appends to result what replaces the match s[start:end], and reports false if the
// match is to stay as it is.
func (c call) replacement(result []byte, m *matcher, repl lua.LValue, start, end int) ([]byte, bool) {
	var value lua.LValue
	switch repl := repl.(type) {
	case lua.LString:
		return c.expand(result, m, string(repl), start, end), true
	case *lua.LTable:
		value = c.L.GetTable(repl, m.capture(0, start, end))
	default:
		// The callback may suspend the task; all that belongs to this call is on its own stack.
		c.L.Push(repl)
		value = c.callPushed(c.pushMatch(m, start, end))
	}
	switch value := value.(type) {
	case lua.LString:
		return append(result, value...), true
	case lua.LNumber:
		return append(result, numberText(float64(value))...), true
	}
	if lua.LVAsBool(value) {
		c.raise("invalid replacement value (a " + value.Type().String() + ")")
	}
	return result, false
}

// expand appends the replacement string, with %0 to %9 replaced by the match and its captures.
func (c call) expand(result []byte, m *matcher, repl string, start, end int) []byte {
	for {
		literal, rest, found := strings.Cut(repl, "%")
		result = append(result, literal...)
		if !found {
			return result
		}
		if rest == "" || rest[0] != '%' && !isDecimalDigit(rest[0]) {
			c.raise("invalid use of '%' in replacement string")
		}
		switch digit := rest[0]; {
		case digit == '%':
			result = append(result, '%')
		case digit == '0':
			result = append(result, m.subject[start:end]...)
		default:
			index := int(digit - '1')
			if index > 0 && index >= m.pattern.captures {
				c.raise("invalid capture index %" + rest[:1] + " in replacement string")
			}
			result = append(result, c.text(m.capture(index, start, end))...)
		}
		repl = rest[1:]
	}
}

// searchStart returns the position at which the search that argument 3 asks for begins, and false
// if it lies behind the end of s.
func (c call) searchStart(s string) (int, bool) {
	init := c.optInteger(3, 1)
	if init < 0 {
		init = int64(len(s)) + init + 1
	}
	init = max(init, 1)
	return int(init - 1), init <= int64(len(s)+1)
}

func (c call) newMatcher(subject, text string, search bool, memory *scratch) matcher {
	compiled, err := compilePattern(text, search, memory.items[:])
	if err != nil {
		c.raise(err.Error())
	}
	return matcher{pattern: compiled, subject: subject, retries: memory.retries[:], steps: pollInterval}
}

// search returns the bounds of the first match at or after position from.
func (c call) search(m *matcher, from int) (start, end int, ok bool) {
	if ctx := c.L.Context(); ctx != nil {
		m.done = ctx.Done()
	}
	start, end, ok = m.search(from)
	if m.stopped {
		c.poll()
	}
	return start, end, ok
}

// capture returns capture i of the match s[start:end], or the whole match if there is no capture
// at all.
func (m *matcher) capture(i, start, end int) lua.LValue {
	if m.pattern.captures == 0 {
		return lua.LString(m.subject[start:end])
	}
	captured := m.captured[i]
	if position, ok := captured.position(); ok {
		return lua.LNumber(position)
	}
	return lua.LString(m.subject[captured.start:captured.end])
}

// pushCaptures pushes the captures of the last match and returns their number.
func (c call) pushCaptures(m *matcher) int {
	for i := range m.pattern.captures {
		c.L.Push(m.capture(i, 0, 0))
	}
	return m.pattern.captures
}

// pushMatch pushes the captures of the match s[start:end], or all of it if there are none.
func (c call) pushMatch(m *matcher, start, end int) int {
	if m.pattern.captures == 0 {
		c.pushString(m.subject[start:end])
		return 1
	}
	return c.pushCaptures(m)
}
