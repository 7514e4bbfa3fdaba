package env

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// FuzzDotenv: what is accepted, written again, is the same.
func FuzzDotenv(f *testing.F) {
	for _, seed := range []string{
		"A=1", "export B = two words # comment\n\n# comment\nC='a\"b' \"\\u00e9\\n\\ud83d\\ude00\"", "\ufeffA=\r\nB=é\xff", "A", "=", "A=\"", "A='",
		"A=\"\\", "A=\"\\u12", "A=\"\\ud800\\u\"", "1=2", "A=x#y", "A=\"\\ud83d",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parseDotenv(text)
		if err != nil {
			return
		}
		var again strings.Builder
		for _, key := range slices.Sorted(maps.Keys(got)) {
			again.WriteString(key + "=" + quote(got[key]) + "\n")
		}
		back, err := parseDotenv([]byte(again.String()))
		if err != nil || !maps.Equal(got, back) {
			t.Fatalf("%q: got %q; written as %q: %q, %v", text, got, again.String(), back, err)
		}
	})
}

// quote writes a value in double quotes.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ':
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
