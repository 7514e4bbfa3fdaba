package testterminal

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// A screen is what the bytes for a terminal look like (ECMA-48, as much of it as line editors use). It grows
// downwards for ever.
type screen struct {
	columns int
	lines   [][]rune
	x, y    int
	pasting bool   // the program wants to know what is pasted (mode 2004): it edits a line
	full    bool   // the last column was written: the next character begins a line
	escapes int    // sequences so far
	rest    []byte // of a sequence or a character that is not complete
}

// write takes what a program writes.
func (s *screen) write(p []byte) {
	s.rest = append(s.rest, p...)
	for len(s.rest) > 0 {
		n := s.next(s.rest)
		if n == 0 {
			return
		}
		s.rest = s.rest[n:]
	}
}

// next does what the beginning of a text says, and returns how long that is; 0 if its end is missing.
func (s *screen) next(p []byte) int {
	switch p[0] {
	case '\r':
		s.x, s.full = 0, false
		return 1
	case '\n':
		s.y, s.full = s.y+1, false
		return 1
	case '\t':
		s.x = min((s.x/8+1)*8, s.columns-1)
		return 1
	case '\b':
		s.x = max(s.x-1, 0)
		return 1
	case 0x1b:
		return s.sequence(p)
	}
	if !utf8.FullRune(p) {
		return 0
	}
	r, size := utf8.DecodeRune(p)
	if r >= ' ' {
		s.put(r)
	}
	return size
}

// sequence does what a control sequence says.
func (s *screen) sequence(p []byte) int {
	if len(p) < 2 {
		return 0
	}
	if p[1] != '[' {
		return 2
	}
	end := 2
	for end < len(p) && (p[end] < 0x40 || p[end] > 0x7e) {
		end++
	}
	if end == len(p) {
		return 0
	}
	s.escapes++
	number, err := strconv.Atoi(string(p[2:end]))
	n := max(number, 1)
	if err != nil {
		number, n = 0, 1
	}
	switch p[end] {
	case 'h', 'l':
		if string(p[2:end]) == "?2004" {
			s.pasting = p[end] == 'h'
		}
	case 'A':
		s.y = max(s.y-n, 0)
	case 'B':
		s.y += n
	case 'C':
		s.x = min(s.x+n, s.columns-1)
	case 'D':
		s.x = max(s.x-n, 0)
	case 'K':
		if line := s.line(); s.x < len(*line) {
			*line = (*line)[:s.x]
		}
	}
	s.full = false
	return end + 1
}

// line is the one of the cursor.
func (s *screen) line() *[]rune {
	for len(s.lines) <= s.y {
		s.lines = append(s.lines, nil)
	}
	return &s.lines[s.y]
}

// put shows a character.
func (s *screen) put(r rune) {
	if s.full {
		s.x, s.y, s.full = 0, s.y+1, false
	}
	s.set(r)
	if isWide(r) && s.x < s.columns-1 {
		s.x++
		s.set(second)
	}
	if s.full = s.x == s.columns-1; !s.full {
		s.x++
	}
}

// set writes what stands in the column of the cursor. Of a character that takes two columns, the other half goes.
func (s *screen) set(r rune) {
	line := s.line()
	for len(*line) <= s.x {
		*line = append(*line, ' ')
	}
	if (*line)[s.x] == second && r != second {
		(*line)[s.x-1] = ' '
	}
	if next := s.x + 1; next < len(*line) && (*line)[next] == second {
		(*line)[next] = ' '
	}
	(*line)[s.x] = r
}

// second stands in the second column of a character that takes two.
const second = -1

// isWide reports whether a character does.
func isWide(r rune) bool {
	k := width.LookupRune(r).Kind()
	return k == width.EastAsianWide || k == width.EastAsianFullwidth
}

// text is what the screen shows.
func (s *screen) text() []string {
	s.line()
	lines := make([]string, len(s.lines))
	for i, line := range s.lines {
		whole := slices.DeleteFunc(slices.Clone(line), func(r rune) bool { return r == second })
		lines[i] = strings.TrimRight(string(whole), " ")
	}
	return lines
}
