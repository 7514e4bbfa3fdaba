package stdlib

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// naiveMatch matches items[i:] at position at by plain recursion: what the manual says of each item,
// without regard to the depth.
func naiveMatch(subject string, items []item, at int, captured [maxCaptures]capture) (int, [maxCaptures]capture, bool) {
	if len(items) == 0 {
		return at, captured, true
	}
	it, rest := items[0], items[1:]
	matches := func(at int) bool {
		return at < len(subject) && it.set.has(subject[at])
	}
	switch {
	case it.kind == itemOpen:
		captured[it.index].start = at
	case it.kind == itemClose:
		captured[it.index].end = at
	case it.kind == itemPosition:
		captured[it.index] = capture{at, -1}
	case it.kind == itemEnd:
		if at != len(subject) {
			return 0, captured, false
		}
	case it.kind == itemBack:
		again := subject[captured[it.index].start:captured[it.index].end]
		if !strings.HasPrefix(subject[at:], again) {
			return 0, captured, false
		}
		at += len(again)
	case it.kind == itemBalance:
		depth := 0
		for end := at; end < len(subject); end++ {
			switch {
			case end > at && subject[end] == it.close:
				depth--
			case subject[end] == it.open:
				depth++
			}
			if depth <= 0 {
				if end == at {
					break
				}
				return naiveMatch(subject, rest, end+1, captured)
			}
		}
		return 0, captured, false
	case it.kind == itemFrontier:
		before, after := "\x00", "\x00"
		if at > 0 {
			before = subject[at-1 : at]
		}
		if at < len(subject) {
			after = subject[at : at+1]
		}
		if it.set.has(before[0]) || !it.set.has(after[0]) {
			return 0, captured, false
		}
	case it.repeat == 0:
		if !matches(at) {
			return 0, captured, false
		}
		at++
	case it.repeat == '-':
		for ; ; at++ {
			if end, captured, ok := naiveMatch(subject, rest, at, captured); ok || !matches(at) {
				return end, captured, ok
			}
		}
	default:
		once := it
		once.repeat = 0
		if matches(at) {
			more := append([]item{once, {kind: itemSingle, repeat: '*', set: it.set}}, rest...)
			if it.repeat == '?' {
				more = append([]item{once}, rest...)
			}
			if end, captured, ok := naiveMatch(subject, more, at, captured); ok {
				return end, captured, true
			}
		}
		if it.repeat == '+' {
			return 0, captured, false
		}
	}
	return naiveMatch(subject, rest, at, captured)
}

func TestMatcherAgreesWithNaiveRecursion(t *testing.T) {
	t.Parallel()
	pieces := []string{"a", "b", ".", "%a", "[ab]", "[^b]", "%(", "a*", "b+", ".-", "a?", "[ab]*", ".*", "(", ")", "()", "%1", "%2", "%b()", "%bab", "%f[a]", "%f[^a]", "$", "^"}
	random := rand.New(rand.NewPCG(3, 4))
	compared := 0
	for range 200_000 {
		var text, subject strings.Builder
		for range random.IntN(8) {
			text.WriteString(pieces[random.IntN(len(pieces))])
		}
		for range random.IntN(10) {
			subject.WriteByte("aabb()"[random.IntN(6)])
		}
		compiled, err := compilePattern(text.String(), true, nil)
		if err != nil {
			continue
		}
		m := matcher{pattern: compiled, subject: subject.String(), steps: pollInterval}
		for start := range subject.Len() + 1 {
			end, ok := m.matchAt(start)
			wantEnd, want, wantOK := naiveMatch(m.subject, compiled.items, start, [maxCaptures]capture{})
			if ok != wantOK || ok && (end != wantEnd || m.captures() != captures(want, compiled.captures)) {
				t.Fatalf("%q at %d of %q: got %d, %v, %v, want %d, %v, %v", text.String(), start, m.subject,
					end, m.captures(), ok, wantEnd, captures(want, compiled.captures), wantOK)
			}
			if ok {
				compared++
			}
		}
		first, _, found := m.search(0)
		wantFirst, wantFound := 0, false
		for ; wantFirst <= subject.Len() && !wantFound; wantFirst++ {
			_, _, wantFound = naiveMatch(m.subject, compiled.items, wantFirst, [maxCaptures]capture{})
			if compiled.anchored {
				wantFirst++
				break
			}
		}
		if found != wantFound || found && first != wantFirst-1 {
			t.Fatalf("search for %q in %q: got %d, %v, want %d, %v", text.String(), m.subject, first, found, wantFirst-1, wantFound)
		}
	}
	if compared < 10_000 {
		t.Errorf("only %d matches", compared)
	}
}

func (m *matcher) captures() [maxCaptures]capture {
	return captures(m.captured, m.pattern.captures)
}

// captures returns the first count captures, and nothing of what earlier matches left behind.
func captures(captured [maxCaptures]capture, count int) (clean [maxCaptures]capture) {
	copy(clean[:count], captured[:])
	return clean
}

func BenchmarkMatch(b *testing.B) {
	subject := "GET /index.html?key=value&other=thing HTTP/1.1"
	for name, text := range map[string]string{
		"captures": "^(%u+) ([^?]*)%??(.*) HTTP/(%d)%.(%d)$",
		"word":     "other=(%w+)",
		"missing":  "%d%d%d",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var memory scratch
				compiled, err := compilePattern(text, true, memory.items[:])
				if err != nil {
					b.Fatal(err)
				}
				m := matcher{pattern: compiled, subject: subject, retries: memory.retries[:], steps: pollInterval}
				m.search(0)
			}
		})
	}
}
