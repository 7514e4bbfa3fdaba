package repl

import (
	"strings"
	"unicode/utf8"
)

// Keys that the editor leaves to the prompt.
const (
	keyTab    = '\t'
	keySearch = 0x12 // Ctrl-R
	// Those that are about one character: the editor knows nothing of those that take two columns.
	keyLeft   = '\U0010FF10'
	keyRight  = '\U0010FF11'
	keyErase  = '\U0010FF12' // the one before the cursor
	keyDelete = '\U0010FF13' // the one at the cursor
	keyEnd    = '\U0010FF14' // Ctrl-D: the same, and in an empty line the end
	keySwap   = '\U0010FF15' // Ctrl-T: the ones around the cursor
)

// key does what a key does that the editor does not know.
func (p *Prompt) key(line string, pos int, key rune) (newLine string, newPos int, ok bool) {
	switch key {
	case keyTab:
		return p.tab(line, pos)
	case keySearch:
		return p.searchHistory(line)
	case keyLeft:
		return line, before(line, pos), true
	case keyRight:
		return line, behind(line, pos), true
	case keyErase:
		from := before(line, pos)
		return line[:from] + line[pos:], from, true
	case keyDelete:
		return line[:pos] + line[behind(line, pos):], pos, true
	case keyEnd:
		p.Console.keys.ends = line == ""
		return line[:pos] + line[behind(line, pos):], pos, true
	case keySwap:
		if pos == len(line) {
			pos = before(line, pos)
		}
		from, end := before(line, pos), behind(line, pos)
		return line[:from] + line[pos:end] + line[from:pos] + line[end:], end, true
	}
	return "", 0, false
}

// tab completes what stands before the cursor, or shows what it could be. At the beginning of a line it indents.
func (p *Prompt) tab(line string, pos int) (newLine string, newPos int, ok bool) {
	head, tail := line[:pos], line[pos:]
	if strings.Trim(meaning(head), " \t") == "" {
		head += tabMark
		return head + tail, len(head), true
	}
	c := p.complete(head)
	if len(c.candidates) == 0 {
		return line, pos, true
	}
	completed := head[:c.from] + common(c.candidates)
	if len(c.candidates) > 1 && completed == head {
		width, _ := p.Console.Size()
		_, _ = p.Console.Write([]byte(columns(c.candidates, width)))
	}
	return completed + tail, len(completed), true
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
