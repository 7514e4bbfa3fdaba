package repl

import (
	"strings"
	"unicode/utf8"
)

// Keys that the editor leaves to the prompt.
const (
	keyTab    = '\t'
	keySearch = 0x12 // Ctrl-R
)

// key does what a key does that the editor does not know.
func (p *Prompt) key(line string, pos int, key rune) (newLine string, newPos int, ok bool) {
	switch key {
	case keyTab:
		return p.tab(line, pos)
	case keySearch:
		return p.searchHistory(line)
	}
	return "", 0, false
}

// tab completes what stands before the cursor, or shows what it could be. At the beginning of a line it indents.
func (p *Prompt) tab(line string, pos int) (newLine string, newPos int, ok bool) {
	before, after := line[:pos], line[pos:]
	if strings.Trim(meaning(before), " \t") == "" {
		before += tabMark
		return before + after, len(before), true
	}
	c := p.complete(before)
	if len(c.candidates) == 0 {
		return line, pos, true
	}
	completed := before[:c.from] + common(c.candidates)
	if len(c.candidates) > 1 && completed == before {
		width, _ := p.Console.Size()
		_, _ = p.Console.Write([]byte(columns(c.candidates, width)))
	}
	return completed + after, len(completed), true
}

// searchHistory shows the last input that contains the line, and when it is asked again the one before.
func (p *Prompt) searchHistory(line string) (newLine string, newPos int, ok bool) {
	s := &p.search
	if s.shown == "" || line != s.shown {
		*s = searching{text: meaning(line), at: p.History.Len()}
	}
	entry, at, found := p.History.Before(s.at, s.text)
	for found && standIns(entry) == line {
		entry, at, found = p.History.Before(at, s.text)
	}
	if !found {
		return line, utf8.RuneCountInString(line), false
	}
	s.at, s.shown = at, standIns(entry)
	return s.shown, len(s.shown), true
}
