package stdlib

import (
	"errors"
	"strings"
)

const (
	// maxCaptures is how many captures a pattern may have.
	maxCaptures = 32
	// maxItems bounds the memory that a compiled pattern takes, many times that of its text.
	maxItems = 1 << 20
)

// pattern is a compiled Lua pattern. Since a repetition applies to a single character class, a
// pattern is a plain sequence of items: matching needs no recursion, only a stack of the
// repetitions that can still be changed, and captures lie at fixed places of the sequence.
type pattern struct {
	items    []item
	captures int
	// anchored says that the pattern matches only where the search begins.
	anchored bool
}

type itemKind uint8

const (
	itemSingle   itemKind = iota // one byte of set, repeated as repeat says
	itemOpen                     // start of capture index
	itemClose                    // end of capture index
	itemPosition                 // position capture index
	itemBack                     // the text of capture index again
	itemBalance                  // balanced text from open to close
	itemFrontier                 // where a byte outside of set is followed by one inside
	itemEnd                      // end of the subject
)

type item struct {
	kind        itemKind
	repeat      byte // 0, '?', '*', '+' or '-'
	open, close byte
	index       int
	set         byteSet
}

// byteSet is a set of byte values.
type byteSet [4]uint64

func (s *byteSet) has(b byte) bool {
	return s[b>>6]&(1<<(b&63)) != 0
}

func (s *byteSet) add(b byte) {
	s[b>>6] |= 1 << (b & 63)
}

func (s *byteSet) addAll(other byteSet) {
	for i := range s {
		s[i] |= other[i]
	}
}

func (s byteSet) inverted() byteSet {
	for i := range s {
		s[i] = ^s[i]
	}
	return s
}

// classSets holds what '%' followed by a byte stands for; nothing changes it.
var classSets = makeClassSets()

// makeClassSets makes the sets of the C locale: of character classes, whose complements are named
// by capital letters, and of bytes that stand for themselves.
func makeClassSets() (sets [256]byteSet) {
	for b := range sets {
		belongs := class(byte(b))
		if belongs == nil {
			sets[b].add(byte(b))
			continue
		}
		for member := range 256 {
			if belongs(byte(member)) {
				sets[b].add(byte(member))
			}
		}
	}
	for b := byte('A'); b <= 'Z'; b++ {
		if class(b|0x20) != nil {
			sets[b] = sets[b|0x20].inverted()
		}
	}
	return sets
}

// class returns the test for the class that a small letter names, nil if it names none.
func class(letter byte) func(byte) bool {
	switch letter {
	case 'a':
		return isLetter
	case 'c':
		return func(b byte) bool { return b < ' ' || b == 0x7f }
	case 'd':
		return isDecimalDigit
	case 'g':
		return func(b byte) bool { return '!' <= b && b <= '~' }
	case 'l':
		return func(b byte) bool { return 'a' <= b && b <= 'z' }
	case 'p':
		return func(b byte) bool { return '!' <= b && b <= '~' && !isLetter(b) && !isDecimalDigit(b) }
	case 's':
		return func(b byte) bool { return strings.IndexByte(spaces, b) >= 0 }
	case 'u':
		return func(b byte) bool { return 'A' <= b && b <= 'Z' }
	case 'w':
		return func(b byte) bool { return isLetter(b) || isDecimalDigit(b) }
	case 'x':
		return isHexDigit
	case 'z': // of Lua 5.1
		return func(b byte) bool { return b == 0 }
	}
	return nil
}

func isLetter(b byte) bool {
	return 'a' <= b|0x20 && b|0x20 <= 'z'
}

// patternCompiler reads the text of a pattern from pos on.
type patternCompiler struct {
	text string
	pos  int
	// open holds the indices of the captures that are not closed yet, closed which ones are and
	// hold text.
	open   [maxCaptures]int
	opened int
	closed [maxCaptures]bool
	result pattern
}

// compilePattern compiles the pattern into the memory of items, if it fits. A search anchors a
// pattern that begins with '^'; in an iteration '^' has no special meaning.
func compilePattern(text string, search bool, items []item) (pattern, error) {
	p := patternCompiler{text: text}
	p.result.items = items[:0]
	if search && strings.HasPrefix(text, "^") {
		p.result.anchored = true
		p.pos = 1
	}
	for p.pos < len(p.text) {
		next, err := p.item()
		if err != nil {
			return pattern{}, err
		}
		if len(p.result.items) == maxItems {
			return pattern{}, errors.New("pattern too complex")
		}
		p.result.items = append(p.result.items, next)
	}
	if p.opened > 0 {
		return pattern{}, errors.New("unfinished capture")
	}
	return p.result, nil
}

func (p *patternCompiler) item() (item, error) {
	b := p.text[p.pos]
	switch b {
	case '(':
		return p.openCapture()
	case ')':
		return p.closeCapture()
	case '$':
		if p.pos == len(p.text)-1 {
			p.pos++
			return item{kind: itemEnd}, nil
		}
	case '%':
		if p.pos+1 == len(p.text) {
			return item{}, errors.New("malformed pattern (ends with '%')")
		}
		switch escaped := p.text[p.pos+1]; {
		case escaped == 'b':
			return p.balance()
		case escaped == 'f':
			return p.frontier()
		case isDecimalDigit(escaped):
			return p.back(escaped)
		}
	}
	set, err := p.class()
	if err != nil {
		return item{}, err
	}
	single := item{kind: itemSingle, set: set}
	if p.pos < len(p.text) && strings.IndexByte("?*+-", p.text[p.pos]) >= 0 {
		single.repeat = p.text[p.pos]
		p.pos++
	}
	return single, nil
}

func (p *patternCompiler) openCapture() (item, error) {
	index := p.result.captures
	if index == maxCaptures {
		return item{}, errors.New("too many captures")
	}
	p.result.captures++
	p.pos++
	if strings.HasPrefix(p.text[p.pos:], ")") {
		p.pos++
		return item{kind: itemPosition, index: index}, nil
	}
	p.open[p.opened] = index
	p.opened++
	return item{kind: itemOpen, index: index}, nil
}

func (p *patternCompiler) closeCapture() (item, error) {
	if p.opened == 0 {
		return item{}, errors.New("invalid pattern capture")
	}
	p.opened--
	index := p.open[p.opened]
	p.closed[index] = true
	p.pos++
	return item{kind: itemClose, index: index}, nil
}

func (p *patternCompiler) balance() (item, error) {
	if p.pos+4 > len(p.text) {
		return item{}, errors.New("malformed pattern (missing arguments to '%b')")
	}
	p.pos += 4
	return item{kind: itemBalance, open: p.text[p.pos-2], close: p.text[p.pos-1]}, nil
}

func (p *patternCompiler) frontier() (item, error) {
	p.pos += 2
	if p.pos == len(p.text) || p.text[p.pos] != '[' {
		return item{}, errors.New("missing '[' after '%f' in pattern")
	}
	set, err := p.class()
	return item{kind: itemFrontier, set: set}, err
}

func (p *patternCompiler) back(digit byte) (item, error) {
	index := int(digit) - '1'
	if index < 0 || !p.closed[index] {
		return item{}, errors.New("invalid capture index %" + string(digit) + " in pattern")
	}
	p.pos += 2
	return item{kind: itemBack, index: index}, nil
}

// class reads one character class.
func (p *patternCompiler) class() (byteSet, error) {
	b := p.text[p.pos]
	p.pos++
	var set byteSet
	switch b {
	case '.':
		return set.inverted(), nil
	case '%':
		p.pos++
		return classSets[p.text[p.pos-1]], nil
	case '[':
		return p.set()
	}
	set.add(b)
	return set, nil
}

// set reads a set after its '['.
func (p *patternCompiler) set() (byteSet, error) {
	complement := strings.HasPrefix(p.text[p.pos:], "^")
	if complement {
		p.pos++
	}
	var set byteSet
	// A ']' in the first place stands for itself.
	for first := true; first || !strings.HasPrefix(p.text[p.pos:], "]"); first = false {
		rest := p.text[p.pos:]
		switch {
		case rest == "", rest == "%":
			return set, errors.New("malformed pattern (missing ']')")
		case rest[0] == '%':
			set.addAll(classSets[rest[1]])
			p.pos += 2
		case len(rest) > 2 && rest[1] == '-' && rest[2] != ']':
			for b := int(rest[0]); b <= int(rest[2]); b++ {
				set.add(byte(b))
			}
			p.pos += 3
		default:
			set.add(rest[0])
			p.pos++
		}
	}
	p.pos++
	if complement {
		return set.inverted(), nil
	}
	return set, nil
}

// matcher matches one pattern against one subject.
type matcher struct {
	pattern pattern
	subject string
	// captured holds the bounds of the captures of the last match; end is -1 for a position.
	captured [maxCaptures]capture
	// retries[:depth] are the repetitions that can still be changed. Slicing it anew instead would
	// move the caller's memory to the heap.
	retries []retry
	depth   int
	// done, closed, ends the search, which is stopped then: a hostile pattern takes exponential
	// time. steps counts down to the next look at it. It is not a context because calling one would
	// move the caller's memory to the heap.
	done    <-chan struct{}
	stopped bool
	steps   int
}

type capture struct {
	start, end int
}

// retry is a repetition that may take fewer bytes (greedy) or more (not greedy) than at last.
type retry struct {
	item   int
	at     int // where the items after the repetition were tried
	lowest int // greedy: where they can be tried at the earliest
}

// matchAt matches the pattern at position start of the subject and returns where the match ends.
func (m *matcher) matchAt(start int) (end int, ok bool) {
	m.depth = 0
	at, i := start, 0
	for {
		if i == len(m.pattern.items) {
			return at, true
		}
		at, ok = m.step(i, at)
		i++
		if !ok {
			at, i, ok = m.backtrack()
			if !ok {
				return 0, false
			}
		}
	}
}

// step matches item i at position at of the subject and returns the position after it.
func (m *matcher) step(i, at int) (int, bool) {
	it := &m.pattern.items[i]
	switch it.kind {
	case itemSingle:
		return m.single(i, at)
	case itemOpen:
		m.captured[it.index].start = at
	case itemClose:
		m.captured[it.index].end = at
	case itemPosition:
		m.captured[it.index] = capture{at, -1}
	case itemBack:
		text := m.captured[it.index]
		again := m.subject[text.start:text.end]
		m.spend(len(again))
		return at + len(again), strings.HasPrefix(m.subject[at:], again)
	case itemBalance:
		return m.balanced(it, at)
	case itemFrontier:
		var before, after byte
		if at > 0 {
			before = m.subject[at-1]
		}
		if at < len(m.subject) {
			after = m.subject[at]
		}
		return at, !it.set.has(before) && it.set.has(after)
	case itemEnd:
		return at, at == len(m.subject)
	}
	return at, true
}

func (m *matcher) single(i, at int) (int, bool) {
	it := &m.pattern.items[i]
	lowest := at
	switch it.repeat {
	case 0:
		return at + 1, at < len(m.subject) && it.set.has(m.subject[at])
	case '-':
		m.push(retry{item: i, at: at})
		return at, true
	case '?':
		if at < len(m.subject) && it.set.has(m.subject[at]) {
			at++
		}
	default:
		for at < len(m.subject) && it.set.has(m.subject[at]) {
			at++
		}
		m.spend(at - lowest)
		if it.repeat == '+' {
			lowest++
		}
	}
	if at > lowest {
		m.push(retry{item: i, at: at, lowest: lowest})
	}
	return at, at >= lowest
}

func (m *matcher) push(r retry) {
	if m.depth == len(m.retries) {
		longer := make([]retry, 2*m.depth+8)
		copy(longer, m.retries)
		m.retries = longer
	}
	m.retries[m.depth] = r
	m.depth++
}

// backtrack changes the last repetition that can be changed and returns where matching goes on.
func (m *matcher) backtrack() (at, i int, ok bool) {
	m.spend(1)
	for m.depth > 0 && !m.stopped {
		last := &m.retries[m.depth-1]
		it := &m.pattern.items[last.item]
		if it.repeat != '-' {
			last.at--
			at, i = last.at, last.item+1
			if last.at == last.lowest {
				m.depth--
			}
			return at, i, true
		}
		if last.at < len(m.subject) && it.set.has(m.subject[last.at]) {
			last.at++
			return last.at, last.item + 1, true
		}
		m.depth--
	}
	return 0, 0, false
}

// balanced matches a text that begins with it.open and ends with the it.close that belongs to it.
func (m *matcher) balanced(it *item, at int) (int, bool) {
	if at == len(m.subject) || m.subject[at] != it.open {
		return at, false
	}
	depth := 1
	for end := at + 1; end < len(m.subject); end++ {
		switch m.subject[end] {
		case it.close:
			depth--
			if depth == 0 {
				m.spend(end - at)
				return end + 1, true
			}
		case it.open:
			depth++
		}
	}
	m.spend(len(m.subject) - at)
	return at, false
}

// spend counts work, and looks at done after much of it.
func (m *matcher) spend(steps int) {
	m.steps -= steps
	if m.steps > 0 {
		return
	}
	m.steps = pollInterval
	select {
	case <-m.done:
		m.stopped = true
	default:
	}
}

// search returns the bounds of the first match at or after position from.
func (m *matcher) search(from int) (start, end int, ok bool) {
	for start = from; start <= len(m.subject) && !m.stopped; start++ {
		start = m.skip(start)
		end, ok = m.matchAt(start)
		if ok || m.pattern.anchored {
			return start, end, ok
		}
	}
	return 0, 0, false
}

// skip returns the next position at which the first item of the pattern may match.
func (m *matcher) skip(start int) int {
	if m.pattern.anchored || len(m.pattern.items) == 0 {
		return start
	}
	first := &m.pattern.items[0]
	if first.kind != itemSingle || first.repeat != 0 && first.repeat != '+' {
		return start
	}
	for start < len(m.subject) && !first.set.has(m.subject[start]) {
		start++
	}
	return start
}

// position returns capture i as Lua's position and true if it is a position capture.
func (c capture) position() (int, bool) {
	return c.start + 1, c.end < 0
}
