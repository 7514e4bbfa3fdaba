package report

import (
	"strings"

	"silly/internal/visible"
)

// oneLine makes text that has to stay on its line visible.
func oneLine(text string) string { return strings.ReplaceAll(visible.Text(text), "\n", `\n`) }

// cut shortens text to at most so many columns.
func cut(text string, columns int) string {
	used := 0
	for i, r := range text {
		used += width(r)
		if used > columns {
			return text[:i]
		}
	}
	return text
}

// width returns how many columns a character takes at most (Unicode Standard Annex 11).
func width(r rune) int {
	switch {
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3,
		r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60,
		r >= 0xffe0 && r <= 0xffe6, r >= 0x2300 && r <= 0x2bff, r >= 0x1f000 && r <= 0x1faff,
		r >= 0x20000 && r <= 0x3ffff:
		return 2
	}
	return 1
}

// style colours text, or not.
type style struct{ color bool }

func (s style) paint(code, text string) string {
	if !s.color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s style) red(text string) string    { return s.paint("31", text) }
func (s style) green(text string) string  { return s.paint("32", text) }
func (s style) yellow(text string) string { return s.paint("33", text) }
func (s style) dim(text string) string    { return s.paint("2", text) }
