// Package format lays out Lua source in one style.
//
// It works on the tokens of a source that parses: each of them is written again, in its place, with other white space
// between. So a program keeps its meaning: nothing is written anew but the quotes of strings, and nothing is left out
// but semicolons and commas that mean nothing. Where a line breaks is, as with gofmt, for the author to say, except
// that a statement begins a line, and that tables and lists of arguments that are too wide are broken.
//
// The printer walks the tokens twice. The first walk breaks only what must be broken and notes what is between the
// tokens; by that the second one knows what would fit into a line. Walking its own output it takes the same decisions:
// formatting is idempotent.
package format

import (
	"strings"
	"unicode/utf8"

	"silly/internal/lua/syntax"
)

const (
	// Width is how many columns a line should have at most.
	Width = 100
	// tabWidth is how many columns a tab counts.
	tabWidth = 4
)

// Source returns the source of a file in the style of the package. Messages call it name. The error, if any, is a
// *syntax.Error.
func Source(source []byte, name string) ([]byte, error) {
	if _, err := syntax.Parse(source, name, syntax.Options{File: true}); err != nil {
		return nil, err
	}
	header, tokens, err := syntax.Scan(source, name)
	if err != nil {
		return nil, err
	}
	p := &printer{tokens: tokens, gaps: make([]gap, len(tokens)), brackets: findBrackets(tokens)}
	p.measuring = true
	p.print(header)
	p.measuring = false
	return p.print(header), nil
}

// A gap is what the first walk found before a token.
type gap struct {
	width  int  // columns of the space and the comments
	broken bool // there is the end of a line
	absent bool // the token is left out
}

// A printer writes the tokens of one source.
type printer struct {
	tokens    []syntax.Token
	brackets  brackets
	gaps      []gap
	measuring bool // this is the first walk
	dry       bool // nothing is written: the walk looks ahead
	manifold  bool // and has seen a block that cannot stay in one line

	next  int // the token that is next
	noted int // the token whose comments are next
	out   []byte
	start int // where what is laid out begins in out

	col       int     // columns of the last line of out
	line      int     // its indentation
	base      int     // indentation of the statement, or the item of a list, that is written
	pending   pending // what comes before the next token
	prefix    string  // and directly before it
	carry     int     // ends of lines before a token that was left out
	dashes    bool    // the last line ends with a comment that has no other end
	commented bool    // what was written last is a comment
	callee    bool    // the statement before ends with what a parenthesis would call
}

// pending is the white space before the next token.
type pending struct {
	kind   uint8
	indent int  // of the new line
	blank  bool // a blank line of the source stays
	inline bool // behind a comment that has begun the line; what does not begin one in the source stays behind it
}

const (
	nothing uint8 = iota
	space
	newLine
)

// print writes the whole source.
func (p *printer) print(header string) []byte {
	p.next, p.noted, p.col, p.line, p.base, p.prefix, p.carry, p.dashes = 0, 0, 0, 0, 0, "", 0, false
	p.out = append(p.out[:0], header...)
	shebang := strings.Contains(header, "#")
	if p.start = len(header); shebang {
		p.start = -1
	}
	p.statements(shebang)
	p.emit() // the end
	if len(p.out) > p.start {
		p.out = append(p.out, '\n')
	}
	return p.out
}

// statements writes statements at the indentation base, up to the end of their block. blank says that a blank line
// before the first stays.
func (p *printer) statements(blank bool) {
	p.callee = false
	for {
		separated := false
		for p.is(";") {
			separated = true
			p.skip()
		}
		p.breakLine(p.base, blank)
		if p.blockEnds() {
			break
		}
		if separated && p.callee && p.is("(") {
			p.prefix = ";"
		}
		p.statement()
		blank = true
	}
	p.flush(p.next)
}

func (p *printer) text() string { return p.tokens[p.next].Text }

func (p *printer) is(text string) bool { return p.text() == text }

func (p *printer) blockEnds() bool {
	switch p.text() {
	case "end", "else", "elseif", "until":
		return true
	}
	return p.tokens[p.next].Kind == syntax.KindEnd
}

// breakLine begins a line before the next token.
func (p *printer) breakLine(indent int, blank bool) {
	p.pending = pending{kind: newLine, indent: indent, blank: blank}
}

func (p *printer) space() { p.pending = pending{kind: space} }

// breaks reports whether there is the end of a line before a token.
func breaks(t *syntax.Token) bool {
	if t.Lines > 0 {
		return true
	}
	for _, c := range t.Comments {
		if c.Lines > 0 || strings.ContainsAny(c.Text, "\r\n") {
			return true
		}
	}
	return false
}

// spaceOrBreak is a space, or the end of a line if there is one before the next token.
func (p *printer) spaceOrBreak() {
	if p.space(); breaks(&p.tokens[p.next]) {
		p.breakLine(p.base+1, false)
	}
}

// skip leaves a token out. Its comments go to the next one.
func (p *printer) skip() {
	if p.measuring && !p.dry {
		p.gaps[p.next].absent = true
	}
	p.next++
}

// emit writes the next token behind its comments.
func (p *printer) emit() {
	if p.dry {
		p.next++
		return
	}
	p.flush(p.next)
	p.emitBare()
}

// emitBare writes the next token; its comments, if they are not written yet, come behind it.
func (p *printer) emitBare() {
	if p.dry {
		p.next++
		return
	}
	t := &p.tokens[p.next]
	switch {
	case t.Kind == syntax.KindEnd:
		p.next++
		return
	case p.isInline():
		p.write(" ")
		p.note(1, false)
	case p.pending.kind == newLine:
		p.newLine(p.pending.indent, p.pending.blank && max(p.carry, t.Lines) > 1)
		p.note(0, true)
	case p.pending.kind == space && !(p.commented && strings.Contains(")]},", t.Text)):
		p.write(" ")
		p.note(1, false)
	}
	if p.noted > p.next {
		p.carry = 0
	}
	text := t.Text
	if t.Kind == syntax.KindString {
		text = quote(text)
	}
	p.write(p.prefix)
	p.write(text)
	p.pending, p.prefix, p.commented = pending{}, "", false
	p.next++
}

// note notes, in the first walk, what is before the next token.
func (p *printer) note(width int, broken bool) {
	if p.measuring && p.next < len(p.gaps) {
		p.gaps[p.next].width += width
		p.gaps[p.next].broken = p.gaps[p.next].broken || broken
	}
}

// write appends text to the last line.
func (p *printer) write(text string) {
	p.out = append(p.out, text...)
	if i := strings.LastIndexAny(text, "\r\n"); i >= 0 {
		p.col = 0
		text = text[i+1:]
	}
	p.col += width(text)
}

// width counts the columns of a text of one line.
func width(text string) int {
	return utf8.RuneCountInString(text) + (tabWidth-1)*strings.Count(text, "\t")
}

// newLine begins a line, unless nothing has been written yet.
func (p *printer) newLine(indent int, blank bool) {
	if len(p.out) > p.start {
		p.out = append(p.out, '\n')
		if blank {
			p.out = append(p.out, '\n')
		}
	}
	for range indent {
		p.out = append(p.out, '\t')
	}
	p.col, p.line, p.dashes = indent*tabWidth, indent, false
}

// flush writes the comments before the token at index last that are not written yet.
func (p *printer) flush(last int) {
	if p.dry {
		return
	}
	for ; p.noted <= last; p.noted++ {
		t := &p.tokens[p.noted]
		for i, c := range t.Comments {
			behind := t.Lines
			if i+1 < len(t.Comments) {
				behind = t.Comments[i+1].Lines
			}
			p.comment(c, max(c.Lines, p.carry), behind)
			p.carry = 0
		}
		if p.noted < last {
			p.carry = max(p.carry, t.Lines)
		}
	}
}

// comment writes a comment with so many ends of lines before and behind it.
func (p *printer) comment(c syntax.TokenComment, before, behind int) {
	text := c.Text
	if !c.Long {
		text = strings.TrimRight(text, " \t\v\f")
	}
	own := before > 0 || p.dashes || len(p.out) == p.start // in a line of its own
	switch {
	case own:
		indent := p.base + 1
		if p.pending.kind == newLine {
			indent = p.pending.indent
		}
		p.newLine(indent, p.pending.blank && before > 1)
	case !c.Long || !strings.ContainsRune("([{", rune(p.out[len(p.out)-1])):
		p.write(" ")
	}
	p.write(text)
	p.dashes, p.commented = !c.Long, true
	p.note(width(text)+1, own || !c.Long || strings.ContainsAny(text, "\r\n"))
	switch {
	case p.pending.kind == newLine:
		p.pending.blank = p.pending.blank || own
		p.pending.inline = own && c.Long
	case !c.Long, own && behind > 0:
		p.breakLine(p.base+1, false)
	default:
		p.space()
	}
}
