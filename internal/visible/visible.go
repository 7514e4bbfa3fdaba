// Package visible makes text of strangers harmless to show.
package visible

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Text makes text harmless to terminals and to parsers of lines: control characters, characters that turn the
// direction of text or end lines, and bytes that are not UTF-8 are written as escapes. Newlines and tabs stay.
func Text(text string) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, Hidden) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1, r < utf8.RuneSelf && Hidden(r):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case Hidden(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	return b.String()
}

// Hidden reports whether Text escapes a character.
func Hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < ' ', r >= 0x7f && r < 0xa0: // C0, DEL, C1
		return true
	case r == 0x061c, r == 0x200e, r == 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // line separators, direction
		return true
	}
	return r == 0xfeff || r == 0xfffe || r == 0xffff
}
