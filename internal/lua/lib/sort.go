package lib

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// tableSort implements table.sort(list [, comp]) (manual, section 6.6).
//
// It compares and moves in the same order as Lua's own function, so that the order of elements that compare equal, what
// a comparison sees of the list, and what is left after an error, are the same too.
func tableSort(c vm.Call) int {
	l := listArg(c, 1, "__index", "__newindex", "__len")
	n := l.len()
	if n < 2 {
		return 0
	}
	if n >= math.MaxInt32 {
		c.ArgError(1, "array too big")
	}
	s := &sorting{list: l, pollIn: pollSteps}
	s.span = span32{lo: 1, up: uint32(n)}
	if !c.Arg(2).IsNil() {
		s.comp = c.Function(2)
		return sortOn(c, s)
	}
	if t := l.own(); t != nil && sortPlain(c, t.Arr[:min(n, int64(len(t.Arr)))]) {
		return 0
	}
	th := c.Thread()
	for s.step(false); s.more; {
		s.step(th.Less(s.a, s.b))
	}
	return 0
}

// sortOn calls the comparison, until all is sorted.
func sortOn(c vm.Call, state any) int {
	s := state.(*sorting)
	s.c = c
	if s.started {
		s.step(!c.Arg(1).Falsy())
	} else {
		s.started = true
		s.step(false)
	}
	if !s.more {
		return 0
	}
	return c.Then(sortOn, s, s.comp, s.a, s.b)
}

// sortPlain sorts values that all are integers, all floats or all strings. Among them only elements that nobody can tell
// apart compare equal. It reports false if they are something else.
func sortPlain(c vm.Call, values []value.Value) bool {
	kind := values[0].Kind()
	for i := range values {
		if values[i].Kind() != kind {
			return false
		}
		if kind == value.KindFloat {
			if f := values[i].AsFloat(); f != f || f == 0 {
				return false // without order, or perhaps -0.0
			}
		}
	}
	var compare func(a, b value.Value) int
	switch kind {
	case value.KindInt:
		compare = func(a, b value.Value) int { return cmp.Compare(a.AsInt(), b.AsInt()) }
	case value.KindFloat:
		compare = func(a, b value.Value) int { return cmp.Compare(a.AsFloat(), b.AsFloat()) }
	case value.KindString:
		compare = func(a, b value.Value) int { return strings.Compare(a.Str(), b.Str()) }
	default:
		return false
	}
	if len(values) < pollSteps {
		slices.SortFunc(values, compare)
		return true
	}
	steps := 0
	slices.SortFunc(values, func(a, b value.Value) int {
		if steps++; steps%pollSteps == 0 {
			c.Poll() // it may end the call: no element is anywhere else than in the list
		}
		return compare(a, b)
	})
	return true
}

// A sorting is a quicksort that stops for every comparison: step goes on with its result, until more is false.
//
// A span is sorted around the median of its first, middle and last element, the pivot, which waits in the last place but
// one; then the smaller part comes first and the other one waits in rest.
type sorting struct {
	list
	comp    value.Value
	started bool

	more  bool // whether a < b is to be answered
	a, b  value.Value
	phase sortPhase

	span span32
	rest []span32

	middle uint32 // of the span; then the pivot's place
	i, j   uint32 // the span is in order up to i and from j on
	pivot  value.Value
	vi, vj value.Value // what is at i and j
	pollIn int
}

// A span32 is a part of a list, from lo to up. What random is, if not 0, chooses the middle.
type span32 struct{ lo, up, random uint32 }

// A sortPhase is what is being compared.
type sortPhase uint8

const (
	sortSpan         sortPhase = iota // nothing: a span begins
	compareEnds                       // last < first
	compareMiddle                     // middle < first
	compareLast                       // last < middle
	compareFromBelow                  // element i < pivot
	compareFromAbove                  // pivot < element j
)

// mediumSpan is the size from which on the middle may be chosen at random.
const mediumSpan = 100

// step goes on with the result of the last comparison.
func (s *sorting) step(less bool) {
	if s.pollIn--; s.pollIn < 0 {
		s.c.Poll()
		s.pollIn = pollSteps
	}
	sp := &s.span
	switch s.phase {
	case sortSpan:
		s.begin()
	case compareEnds:
		if less {
			s.set(int64(sp.lo), s.a)
			s.set(int64(sp.up), s.b)
		}
		if sp.up-sp.lo == 1 {
			s.next()
			return
		}
		s.middle = sp.lo + (sp.up-sp.lo)/2
		if sp.up-sp.lo >= mediumSpan && sp.random != 0 {
			quarter := (sp.up - sp.lo) / 4
			s.middle = sp.random%(quarter*2) + sp.lo + quarter
		}
		s.compare(compareMiddle, s.get(int64(s.middle)), s.get(int64(sp.lo)))
	case compareMiddle:
		if less {
			s.set(int64(s.middle), s.b)
			s.set(int64(sp.lo), s.a)
			s.partition()
			return
		}
		middle := s.a
		s.compare(compareLast, s.get(int64(sp.up)), middle)
	case compareLast:
		if less {
			s.set(int64(s.middle), s.a)
			s.set(int64(sp.up), s.b)
		}
		s.partition()
	case compareFromBelow:
		if less {
			if s.i == sp.up-1 {
				s.c.Raise("invalid order function for sorting")
			}
			s.fromBelow()
			return
		}
		s.fromAbove()
	case compareFromAbove:
		if less {
			if s.j < s.i {
				s.c.Raise("invalid order function for sorting")
			}
			s.fromAbove()
			return
		}
		s.exchange()
	}
}

// compare stops for a comparison.
func (s *sorting) compare(phase sortPhase, a, b value.Value) {
	s.phase, s.a, s.b, s.more = phase, a, b, true
}

// begin begins with the span.
func (s *sorting) begin() {
	if s.span.lo >= s.span.up {
		s.next()
		return
	}
	first := s.get(int64(s.span.lo))
	s.compare(compareEnds, s.get(int64(s.span.up)), first)
}

// next begins with the next span that waits.
func (s *sorting) next() {
	n := len(s.rest)
	if n == 0 {
		s.more = false
		return
	}
	s.span, s.rest = s.rest[n-1], s.rest[:n-1]
	s.begin()
}

// partition begins to part the span around the pivot, which is in the middle.
func (s *sorting) partition() {
	lo, up := s.span.lo, s.span.up
	if up-lo == 2 {
		s.next()
		return
	}
	s.pivot = s.get(int64(s.middle))
	last := s.get(int64(up - 1))
	s.set(int64(s.middle), last)
	s.set(int64(up-1), s.pivot)
	s.i, s.j = lo, up-1
	s.fromBelow()
}

// fromBelow looks for the next element that does not belong below the pivot, and fromAbove for one that does not belong
// above.
func (s *sorting) fromBelow() {
	s.i++
	s.vi = s.get(int64(s.i))
	s.compare(compareFromBelow, s.vi, s.pivot)
}

func (s *sorting) fromAbove() {
	s.j--
	s.vj = s.get(int64(s.j))
	s.compare(compareFromAbove, s.pivot, s.vj)
}

// exchange exchanges the two elements, or ends the partition when they have met.
func (s *sorting) exchange() {
	i, up := s.i, s.span.up
	if s.j >= i {
		s.set(int64(i), s.vj)
		s.set(int64(s.j), s.vi)
		s.fromBelow()
		return
	}
	s.set(int64(up-1), s.vi)
	s.set(int64(i), s.pivot)
	small, large := span32{s.span.lo, i - 1, s.span.random}, span32{i + 1, up, s.span.random}
	n := i - s.span.lo
	if n >= up-i {
		small, large = large, small
		n = up - i
	}
	if large.up > large.lo && (large.up-large.lo)/128 > n { // the parts are very different
		large.random = rand.Uint32()
	}
	s.rest = append(s.rest, large)
	s.span = small
	s.begin()
}
