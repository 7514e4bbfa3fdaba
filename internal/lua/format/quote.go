package format

import "strings"

// quote returns a literal string in double quotes, if it needs no escape for that; others stay as they are.
func quote(text string) string {
	if text[0] != '\'' || strings.Contains(text, `"`) {
		return text
	}
	var b strings.Builder
	b.WriteByte('"')
	inner := text[1 : len(text)-1]
	for i := 0; i < len(inner); i++ {
		if inner[i] == '\\' {
			i++
			if inner[i] != '\'' {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(inner[i])
	}
	b.WriteByte('"')
	return b.String()
}
