package visible

import "testing"

func TestText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                 "",
		"a\tb\nc é 房间 😀 ~":                 "a\tb\nc é 房间 😀 ~",
		"\x1b[31mred\x1b[0m":               `\x1b[31mred\x1b[0m`,
		"a\rb\x00\x07\x08\x7f":             `a\x0db\x00\x07\x08\x7f`,
		"\u009b31m\u0085":                  `\u009b31m\u0085`,
		"\u202eevil\u2066\u200f\u061c":     `\u202eevil\u2066\u200f\u061c`,
		"\u2028\u2029\ufeff":               `\u2028\u2029\ufeff`,
		"\xff\xc3(\xe2\x82":                `\xff\xc3(\xe2\x82`,
		"\xed\xa0\x80 is half a character": `\xed\xa0\x80 is half a character`,
		"\ufffd stays":                     "\ufffd stays",
	} {
		if got := Text(text); got != want {
			t.Errorf("text of %q is %q, want %q", text, got, want)
		}
	}
}
