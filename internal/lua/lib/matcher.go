package lib

import "strings"

// maxMatchDepth is how deep Lua's own matcher may recurse: a capture and a repetition that matches take a level each.
const maxMatchDepth = 200

// A matcher matches one pattern against one subject. Its memory is used again for the next one.
type matcher struct {
	*pattern
	subject string
	// The match: its bounds and those of its captures. A position capture has only a start.
	start, end int
	captured   []capture
	// retries are the repetitions that can still be changed, retries[:depth].
	retries []retry
	depth   int
	// steps counts down to the next pause: a hostile pattern takes exponential time. Where matching goes on after it is
	// in at and next.
	steps    int
	at, next int
	failure  string
}

type capture struct{ start, end int }

// A retry is a repetition that may take fewer bytes (greedy) or more (not greedy) than at last.
type retry struct {
	item   int
	at     int // where the items after the repetition were tried
	lowest int // greedy: where they can be tried at the earliest
}

// An outcome is how a search ends.
type outcome uint8

const (
	found outcome = iota
	notFound
	paused // it goes on with resume
	broken // the pattern is, see failure
)

// prepare makes the matcher ready for a pattern and a subject.
func (m *matcher) prepare(p *pattern, subject string) {
	m.pattern, m.subject = p, subject
	if cap(m.captured) < p.captures {
		m.captured = make([]capture, max(p.captures, 4))
	}
	m.captured = m.captured[:p.captures]
	m.steps = pollSteps
}

// release lets go of the subject.
func (m *matcher) release() {
	m.pattern, m.subject = nil, ""
	if len(m.retries) > maxMatchDepth {
		m.retries = nil
	}
}

// search finds the first match at or behind from.
func (m *matcher) search(from int) outcome {
	m.start = m.skip(from)
	m.at, m.next, m.depth = m.start, 0, 0
	return m.resume()
}

// skip is the next place at which the first item of the pattern may match.
func (m *matcher) skip(start int) int {
	if m.anchored || len(m.items) == 0 || start >= len(m.subject) {
		return start
	}
	it := &m.items[0]
	at := 0
	switch {
	case it.kind == itemText:
		at = strings.Index(m.subject[start:], m.text[it.n:it.end])
	case it.repeat != 0 && it.repeat != '+':
		return start
	case it.kind == itemByte:
		at = strings.IndexByte(m.subject[start:], it.a)
	case it.kind == itemSet:
		set := &m.sets[it.n]
		for at = start; at < len(m.subject); at++ {
			if set.has(m.subject[at]) {
				break
			}
		}
		at -= start
	}
	if at < 0 {
		return len(m.subject)
	}
	m.steps -= at >> 4
	return start + at
}

// resume goes on with a search.
func (m *matcher) resume() outcome {
	for m.start <= len(m.subject) {
		if o := m.match(); o != notFound {
			return o
		}
		if m.anchored {
			break
		}
		m.start = m.skip(m.start + 1)
		m.at, m.next, m.depth = m.start, 0, 0
	}
	return notFound
}

// repeated begins the repetition of an item whose first byte, at, matches, and returns where the items after it, from
// next on, are tried first. It fails when there are too many.
func (m *matcher) repeated(it *item, next, at int) (end int, ok bool) {
	if m.depth+int(it.level)+2 > maxMatchDepth {
		m.failure = errTooComplex
		return at, false
	}
	r := retry{item: next, at: at, lowest: at}
	switch it.repeat {
	case '?':
		r.at++
	case '+':
		r.lowest++
		r.at = m.expand(it, at+1)
	case '*':
		r.at = m.expand(it, at+1)
	}
	if m.depth == len(m.retries) {
		m.retries = append(m.retries, make([]retry, m.depth+8)...)
	}
	m.retries[m.depth] = r
	m.depth++
	return r.at, true
}

// setCapture notes where a capture begins or ends.
func (m *matcher) setCapture(it *item, at int) bool {
	switch c := &m.captured[it.n]; it.kind {
	case itemOpen:
		c.start = at
	case itemClose:
		c.end = at
	default:
		*c = capture{at, at}
	}
	return m.deepEnough(it)
}

// again matches what a capture has, and returns where that ends.
func (m *matcher) again(it *item, at int) (end int, ok bool) {
	text := m.captured[it.n]
	again := m.subject[text.start:text.end]
	m.steps -= len(again) >> 4
	if m.position&(1<<it.n) != 0 || !strings.HasPrefix(m.subject[at:], again) {
		return at, false
	}
	return at + len(again), true
}

// frontier reports whether the set of %f begins at a place.
func (m *matcher) frontier(it *item, at int) bool {
	var before, after byte
	if at > 0 {
		before = m.subject[at-1]
	}
	if at < len(m.subject) {
		after = m.subject[at]
	}
	set := &m.sets[it.n]
	return !set.has(before) && set.has(after)
}

// match matches the items from next on at a place of the subject.
func (m *matcher) match() outcome {
	s, items := m.subject, m.items
	at, i := m.at, m.next
	for {
		if i == len(items) {
			m.end = at
			return found
		}
		it := &items[i]
		i++
		ok := true
		switch it.kind {
		case itemText:
			text := m.text[it.n:it.end]
			if ok = strings.HasPrefix(s[at:], text); ok {
				at += len(text)
			}
		case itemByte, itemAny, itemSet:
			switch {
			case at == len(s) || !m.matches(it, s[at]):
				ok = it.repeat != 0 && it.repeat != '+'
			case it.repeat == 0:
				at++
			default:
				at, ok = m.repeated(it, i, at)
			}
		case itemOpen, itemClose, itemPosition:
			ok = m.setCapture(it, at)
		case itemBack:
			at, ok = m.again(it, at)
		case itemBalance:
			at, ok = m.balanced(it, at)
		case itemFrontier:
			ok = m.frontier(it, at)
		case itemEnd:
			ok = at == len(s)
		case itemError:
			m.failure = m.err
			return broken
		}
		if ok {
			continue
		}
		if m.failure != "" {
			return broken
		}
		if at, i, ok = m.backtrack(); !ok {
			return notFound
		}
		if m.steps--; m.steps < 0 {
			m.at, m.next = at, i
			return paused
		}
	}
}

// deepEnough reports whether Lua's own matcher could recurse for a capture.
func (m *matcher) deepEnough(it *item) bool {
	if m.depth+int(it.level)+2 > maxMatchDepth {
		m.failure = errTooComplex
		return false
	}
	return true
}

// matches reports whether a byte is of the class of an item.
func (m *matcher) matches(it *item, b byte) bool {
	switch it.kind {
	case itemByte:
		return it.a == b
	case itemSet:
		return m.sets[it.n].has(b)
	}
	return true
}

// expand is how far the class of an item matches from at on.
func (m *matcher) expand(it *item, at int) int {
	s, start := m.subject, at
	switch it.kind {
	case itemAny:
		return len(s)
	case itemByte:
		for at < len(s) && s[at] == it.a {
			at++
		}
	default:
		set := &m.sets[it.n]
		for at < len(s) && set.has(s[at]) {
			at++
		}
	}
	m.steps -= (at - start) >> 4
	return at
}

// backtrack changes the last repetition that can be changed and returns where matching goes on.
func (m *matcher) backtrack() (at, i int, ok bool) {
	for m.depth > 0 {
		r := &m.retries[m.depth-1]
		it := &m.items[r.item-1]
		switch it.repeat {
		case '?': // without it, and the repetition is done
			m.depth--
			return r.lowest, r.item, true
		case '-':
			if r.at < len(m.subject) && m.matches(it, m.subject[r.at]) {
				r.at++
				return r.at, r.item, true
			}
		default:
			if r.at > r.lowest {
				r.at--
				return r.at, r.item, true
			}
		}
		m.depth--
	}
	return 0, 0, false
}

// balanced matches a text that begins with it.a and ends with the it.b that belongs to it.
func (m *matcher) balanced(it *item, at int) (int, bool) {
	s := m.subject
	if at == len(s) || s[at] != it.a {
		return at, false
	}
	depth := 1
	for end := at + 1; end < len(s); end++ {
		switch s[end] {
		case it.b:
			if depth--; depth == 0 {
				m.steps -= (end - at) >> 4
				return end + 1, true
			}
		case it.a:
			depth++
		}
	}
	m.steps -= (len(s) - at) >> 4
	return at, false
}

// A captureKind says what a capture is.
type captureKind uint8

const (
	captureText captureKind = iota
	capturePosition
	captureInvalid
)

// capture is capture i of the match, counted from 0: the bounds of a text, or the start of a position. Without captures
// it is the whole match. If it is invalid, the failure says why.
func (m *matcher) capture(i int) (start, end int, kind captureKind) {
	switch {
	case i >= m.captures:
		if i > 0 {
			m.failure = "invalid capture index %" + string(rune('1'+i))
			return 0, 0, captureInvalid
		}
		return m.start, m.end, captureText
	case m.open&(1<<i) != 0:
		m.failure = errUnfinished
		return 0, 0, captureInvalid
	case m.position&(1<<i) != 0:
		return m.captured[i].start, 0, capturePosition
	}
	return m.captured[i].start, m.captured[i].end, captureText
}
