package repl

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// The editor knows lines of characters that each take one column. Tabs and newlines in them have stand-ins, characters
// that nobody uses, and a character that takes two columns has a second half behind it.
const (
	tabMark    = "\U0010FF09"
	lineMark   = "\U0010FF0A"
	secondHalf = "\U0010FF0B"
)

// isWide reports whether a character takes two columns.
func isWide(r rune) bool {
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return true
	}
	return false
}

// appearance is text for the terminal, with what the stand-ins look like.
func appearance(p []byte) []byte {
	if !bytes.Contains(p, []byte(tabMark[:3])) {
		return p
	}
	p = bytes.ReplaceAll(p, []byte(secondHalf), nil)
	return bytes.ReplaceAll(bytes.ReplaceAll(p, []byte(tabMark), []byte(" ")), []byte(lineMark), []byte("↵"))
}

// meaning is a line as it was meant.
func meaning(line string) string {
	line = strings.ReplaceAll(line, secondHalf, "")
	return strings.ReplaceAll(strings.ReplaceAll(line, tabMark, "\t"), lineMark, "\n")
}

// standIns is a text of several lines as the editor has it.
func standIns(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteString(standIn(r))
	}
	return b.String()
}

// standIn is a character as the editor has it.
func standIn(r rune) string {
	switch {
	case r == '\t':
		return tabMark
	case r == '\n':
		return lineMark
	case isWide(r):
		return string(r) + secondHalf
	}
	return string(r)
}

// before is where the character before a place of a line begins.
func before(line string, pos int) int {
	text := strings.TrimSuffix(line[:pos], secondHalf)
	_, size := utf8.DecodeLastRuneInString(text)
	return len(text) - size
}

// behind is where the character at a place of a line ends.
func behind(line string, pos int) int {
	_, size := utf8.DecodeRuneInString(line[pos:])
	pos += size
	if strings.HasPrefix(line[pos:], secondHalf) {
		pos += len(secondHalf)
	}
	return pos
}
