package ws

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// codePointPrefixes returns the beginnings of the encodings of all code points, without the whole
// encodings, as package utf8 encodes them.
var codePointPrefixes = sync.OnceValue(func() map[string]bool {
	prefixes := map[string]bool{}
	// Every 64th code point: the others differ from it in the last byte only.
	for r := rune(utf8.RuneSelf); r <= utf8.MaxRune; r += 64 {
		if !utf8.ValidRune(r) {
			continue
		}
		encoding := string(r)
		for n := 1; n < len(encoding); n++ {
			prefixes[encoding[:n]] = true
		}
	}
	return prefixes
})

// validPrefix returns how many bytes of p some valid UTF-8 text begins with.
func validPrefix(p []byte) int {
	start := 0 // of the code point that p[n] belongs to
	for n := range p {
		if utf8.Valid(p[start : n+1]) {
			start = n + 1
			continue
		}
		if !codePointPrefixes()[string(p[start:n+1])] {
			return n
		}
	}
	return len(p)
}

// checkAdvance feeds p in two pieces and fails unless the first invalid byte is at want.
func checkAdvance(t *testing.T, p []byte, cut, want int) {
	t.Helper()
	var c utf8Check
	got := c.advance(p[:cut])
	if got == cut {
		got += c.advance(p[cut:])
	}
	if got != want {
		t.Fatalf("% x cut at %d: valid up to %d, want %d", p, cut, got, want)
	}
	if got == len(p) && c.complete() != utf8.Valid(p) {
		t.Fatalf("% x cut at %d: complete is %t, want %t", p, cut, c.complete(), utf8.Valid(p))
	}
}

// TestUTF8FailsAtTheFirstWrongByte compares with the definition, for all pairs of bytes and for
// the bytes at the borders of all ranges, in front of and behind other text (RFC 6455 section 8.1).
func TestUTF8FailsAtTheFirstWrongByte(t *testing.T) {
	t.Parallel()
	borders := []byte{0x00, 'a', 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0,
		0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFF}
	check := func(p []byte) {
		want := validPrefix(p)
		for cut := range len(p) + 1 {
			checkAdvance(t, p, cut, want)
		}
		// The loop that looks at four bytes at a time sees it only when more follows.
		longer := append(append([]byte("世"), p...), "abcd"...)
		checkAdvance(t, longer, len(longer), validPrefix(longer))
		checkAdvance(t, longer, 4, validPrefix(longer))
	}
	for a := range 0x100 {
		for b := range 0x100 {
			check([]byte{byte(a), byte(b)})
		}
	}
	for _, a := range borders {
		for _, b := range borders {
			for _, c := range borders {
				check([]byte{a, b, c})
				if a >= 0xF0 {
					for _, d := range borders {
						check([]byte{a, b, c, d})
					}
				}
			}
		}
	}
}

func TestUTF8AcceptsEveryCodePoint(t *testing.T) {
	t.Parallel()
	var c utf8Check
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		p := append(utf8.AppendRune(nil, r), "four"...)
		if n := c.advance(p); n != len(p) || !c.complete() {
			t.Fatalf("U+%04X is valid up to byte %d", r, n)
		}
	}
}

// TestUTF8FindsErrorsBehindLongText puts one wrong byte at every place of texts whose length and
// kind take every path through the word-wise loops.
func TestUTF8FindsErrorsBehindLongText(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, unit := range []string{"a", "é", "世", "😀", "aé世😀", "ab cd 世"} {
		text := []byte(strings.Repeat(unit, 80/len(unit)))
		for at := range text {
			for _, b := range []byte{0x80, 0xC0, 0xED, 0xF4, 0xFF, 'a'} {
				bad := append([]byte(nil), text...)
				bad[at] = b
				checkAdvance(t, bad, random.IntN(len(bad)+1), validPrefix(bad))
			}
		}
	}
}
