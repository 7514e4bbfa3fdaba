package lib

import "strings"

const (
	// maxCaptures is how many captures a pattern may have.
	maxCaptures = 32
	// maxItems bounds the memory that a compiled pattern takes, many times that of its text.
	maxItems = 1 << 22
)

// The errors in patterns, as Lua has them.
const (
	errEndsWithPercent = "malformed pattern (ends with '%')"
	errMissingBracket  = "malformed pattern (missing ']')"
	errMissingBalance  = "malformed pattern (missing arguments to '%b')"
	errMissingFrontier = "missing '[' after '%f' in pattern"
	errPatternCapture  = "invalid pattern capture"
	errTooManyCaptures = "too many captures"
	errUnfinished      = "unfinished capture"
	errTooComplex      = "pattern too complex"
)

// A pattern is a compiled Lua pattern (manual, section 6.4.1). Since a repetition applies to a single character class, it
// is a plain sequence of items: matching needs no recursion, only a stack of the repetitions that can still be changed,
// and captures lie at fixed places of the sequence.
type pattern struct {
	text     string
	search   bool // '^' at the beginning is an anchor
	anchored bool // it matches only where the search begins
	plain    bool // it has no special characters
	items    []item
	sets     []byteSet
	captures int
	position uint32 // which captures are positions
	open     uint32 // which captures are never closed
	err      string // of the last item, an itemError
}

type itemKind uint8

const (
	itemByte     itemKind = iota // the byte a
	itemAny                      // any byte
	itemSet                      // a byte of set n
	itemText                     // the text from n to end of the pattern
	itemOpen                     // start of capture n
	itemClose                    // end of capture n
	itemPosition                 // position capture n
	itemBack                     // the text of capture n again
	itemBalance                  // balanced text from a to b
	itemFrontier                 // where a byte outside of set n is followed by one inside
	itemEnd                      // end of the subject
	itemError                    // an error, when matching comes to it
)

// An item of the first three kinds may be repeated.
type item struct {
	kind   itemKind
	repeat byte // 0, '?', '*', '+' or '-'
	a, b   byte
	level  uint8 // how many items before this one are of a capture
	n, end int32
}

// patternCache has the patterns that were used last, by hash of their text.
type patternCache [64]*pattern

// longestCached is the length of the longest pattern that is kept.
const longestCached = 200

// get compiles a pattern, or finds it; hash is that of its text.
func (cache *patternCache) get(text string, hash uint64, search bool) *pattern {
	if !search {
		hash++
	}
	slot := &cache[hash%uint64(len(cache))]
	if p := *slot; p != nil && p.search == search && p.text == text {
		return p
	}
	p := compilePattern(text, search)
	if len(text) <= longestCached {
		p.text = strings.Clone(text)
		*slot = p
	}
	return p
}

// specials are the bytes that make a text a pattern.
const specials = "^$*+?.([%-"

// compilePattern compiles a pattern. Lua reads patterns while it matches, so an error counts when matching comes to it.
func compilePattern(text string, search bool) *pattern {
	p := &pattern{text: text, search: search}
	if !strings.ContainsAny(text, specials) {
		p.plain = true
		p.items = append(p.items, item{kind: itemText, end: int32(len(text))})
		if strings.IndexByte(text, ')') < 0 {
			return p
		}
		p.items = p.items[:0]
	}
	r := patternReader{pattern: p}
	if search && strings.HasPrefix(text, "^") {
		p.anchored = true
		r.pos = 1
	}
	for r.pos < len(text) && p.err == "" {
		if len(p.items) == maxItems {
			p.err = errTooComplex
			break
		}
		r.item()
	}
	if p.err != "" {
		r.add(item{kind: itemError})
	}
	for i := range p.captures {
		if p.position&(1<<i) == 0 && r.closed&(1<<i) == 0 {
			p.open |= 1 << i
		}
	}
	return p
}

// A patternReader reads the text of a pattern from pos on.
type patternReader struct {
	*pattern
	pos    int
	closed uint32 // which captures are closed and hold text
	level  uint8
}

func (r *patternReader) add(it item) {
	it.level = r.level
	r.items = append(r.items, it)
}

func (r *patternReader) item() {
	text := r.text
	switch text[r.pos] {
	case '(':
		r.openCapture()
		return
	case ')':
		r.closeCapture()
		return
	case '$':
		if r.pos == len(text)-1 {
			r.pos++
			r.add(item{kind: itemEnd})
			return
		}
	case '%':
		if r.pos+1 < len(text) {
			switch escaped := text[r.pos+1]; {
			case escaped == 'b':
				r.balance()
				return
			case escaped == 'f':
				r.frontier()
				return
			case isDigit(escaped):
				r.back(escaped)
				return
			}
		}
	}
	start := r.pos
	end, err := classEnd(text, start)
	if err != "" {
		r.err = err
		return
	}
	it := r.class(start, end)
	r.pos = end
	if end < len(text) && strings.IndexByte("?*+-", text[end]) >= 0 {
		it.repeat = text[end]
		r.pos++
	} else if it.kind == itemByte && end == start+1 {
		it.n, it.end = int32(start), int32(end)
		if last := len(r.items) - 1; last >= 0 && r.items[last].kind == itemText && r.items[last].end == it.n {
			r.items[last].end = it.end
			return
		}
		it.kind = itemText
	}
	r.add(it)
}

func (r *patternReader) openCapture() {
	index := r.captures
	if index == maxCaptures {
		r.err = errTooManyCaptures
		return
	}
	r.captures++
	r.pos++
	it := item{kind: itemOpen, n: int32(index)}
	if strings.HasPrefix(r.text[r.pos:], ")") {
		r.pos++
		r.position |= 1 << index
		it.kind = itemPosition
	}
	r.add(it)
	r.level++
}

func (r *patternReader) closeCapture() {
	index := r.captures - 1
	for index >= 0 && (r.closed|r.position)&(1<<index) != 0 {
		index--
	}
	if index < 0 {
		r.err = errPatternCapture
		return
	}
	r.closed |= 1 << index
	r.pos++
	r.add(item{kind: itemClose, n: int32(index)})
	r.level++
}

func (r *patternReader) balance() {
	if r.pos+4 > len(r.text) {
		r.err = errMissingBalance
		return
	}
	r.pos += 4
	r.add(item{kind: itemBalance, a: r.text[r.pos-2], b: r.text[r.pos-1]})
}

func (r *patternReader) frontier() {
	start := r.pos + 2
	if start == len(r.text) || r.text[start] != '[' {
		r.err = errMissingFrontier
		return
	}
	end, err := classEnd(r.text, start)
	if err != "" {
		r.err = err
		return
	}
	r.pos = end
	r.add(item{kind: itemFrontier, n: r.set(start, end)})
}

func (r *patternReader) back(digit byte) {
	index := int(digit) - '1'
	if index < 0 || (r.closed|r.position)&(1<<index) == 0 {
		r.err = "invalid capture index %" + string(rune(digit))
		return
	}
	r.pos += 2
	r.add(item{kind: itemBack, n: int32(index)})
}

// classEnd is where the character class that begins at start ends.
func classEnd(text string, start int) (end int, err string) {
	end = start + 1
	switch text[start] {
	case '%':
		if end == len(text) {
			return end, errEndsWithPercent
		}
		return end + 1, ""
	case '[':
		if end < len(text) && text[end] == '^' {
			end++
		}
		for first := true; first || end == len(text) || text[end] != ']'; first = false { // a ']' in the first place stands for itself
			if end == len(text) {
				return end, errMissingBracket
			}
			end++
			if text[end-1] == '%' && end < len(text) {
				end++
			}
		}
		end++
	}
	return end, ""
}

// class is the item for the character class text[start:end].
func (r *patternReader) class(start, end int) item {
	switch b := r.text[start]; b {
	case '.':
		return item{kind: itemAny}
	case '%':
		b = r.text[start+1]
		if isLetter(b) && class(b|0x20) != nil {
			r.sets = append(r.sets, classes[b])
			return item{kind: itemSet, n: int32(len(r.sets) - 1)}
		}
		return item{kind: itemByte, a: b}
	case '[':
		return item{kind: itemSet, n: r.set(start, end)}
	default:
		return item{kind: itemByte, a: b}
	}
}

// set adds the set text[start:end], with its brackets, and returns its number.
func (r *patternReader) set(start, end int) int32 {
	inside := r.text[start+1 : end-1]
	complement := inside[0] == '^'
	if complement {
		inside = inside[1:]
	}
	var set byteSet
	for len(inside) > 0 {
		switch {
		case inside == "%": // behind a range: Lua takes the closing bracket for the escaped byte
			set.add(']')
			inside = ""
		case inside[0] == '%':
			set.addAll(&classes[inside[1]])
			inside = inside[2:]
		case len(inside) > 2 && inside[1] == '-':
			for b := int(inside[0]); b <= int(inside[2]); b++ {
				set.add(byte(b))
			}
			inside = inside[3:]
		default:
			set.add(inside[0])
			inside = inside[1:]
		}
	}
	if complement {
		set.invert()
	}
	r.sets = append(r.sets, set)
	return int32(len(r.sets) - 1)
}
