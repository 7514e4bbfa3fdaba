package lib

import (
	"slices"
	"strings"
	"testing"
)

// TestMatcherGoesOnAfterPauses finds the same with a pause at every step as without.
func TestMatcherGoesOnAfterPauses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ pattern, subject string }{
		{"(a-)(b*)c", "xxaaabbbd aabbc"},
		{"^(.-)%s*$", "some text   "},
		{"a*a*a*b", strings.Repeat("a", 30)},
		{"(%w+)=(%w+)%1", "k=vk ab=cdab"},
		{"%b()%f[%w]%w+", "((a)(b)) x ((c)) ((c))word"},
		{"a?a?a?aaa", "aaa"},
	} {
		p := compilePattern(test.pattern, true)
		var m, slow matcher
		m.prepare(p, test.subject)
		want := m.search(0)
		slow.prepare(p, test.subject)
		slow.steps = 0
		got, pauses := slow.search(0), 0
		for got == paused {
			pauses++
			slow.steps = 0
			got = slow.resume()
		}
		if got != want || got == found && (slow.start != m.start || slow.end != m.end || !slices.Equal(slow.captured, m.captured)) {
			t.Errorf("%q in %q: got %v, %d to %d, %v after %d pauses, want %v, %d to %d, %v", test.pattern, test.subject,
				got, slow.start, slow.end, slow.captured, pauses, want, m.start, m.end, m.captured)
		}
	}
}

func TestPatternCacheTellsSearchesFromIterations(t *testing.T) {
	t.Parallel()
	var cache patternCache
	search, iteration := cache.get("^a", 7, true), cache.get("^a", 7, false)
	if !search.anchored || iteration.anchored {
		t.Errorf("anchored: %v for a search, %v for an iteration", search.anchored, iteration.anchored)
	}
	if cache.get("^a", 7, true) != search {
		t.Error("the pattern was compiled again")
	}
	if other := cache.get("b", 7, true); other.text != "b" {
		t.Errorf("got %q for another text with the same hash", other.text)
	}
	long := strings.Repeat("x", longestCached+1)
	if first := cache.get(long, 9, true); cache.get(long, 9, true) == first {
		t.Error("a long pattern was kept")
	}
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
			var cache patternCache
			var m matcher
			for b.Loop() {
				m.prepare(cache.get(text, 1, true), subject)
				m.search(0)
			}
		})
	}
}
