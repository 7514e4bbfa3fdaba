package syntax

import (
	"slices"
	"strings"
)

// near names the token of a source that stands some tokens behind a place, for the errors of the compiler: Lua compiles
// while it reads, and names the token that it has reached.
func (c *Chunk) near(pos Pos, behind int) (near string, line int32) {
	lx := lexer{name: c.Name, src: c.source, line: c.firstLine}
	defer func() {
		if _, failed := recover().(*Error); failed {
			near = ""
		}
	}()
	if c.file {
		lx.skipHeader()
	}
	var l lexeme
	for {
		lx.next(&l)
		switch {
		case l.token == tokEOF:
			return l.near(), lx.line
		case l.pos.Line > pos.Line || l.pos.Line == pos.Line && l.pos.Col > pos.Col:
			if behind--; behind == 0 {
				return l.near(), lx.line
			}
		}
	}
}

// Failure is an error of the compiler about the source, as Lua words it: it names the token that stands so many tokens
// behind a place.
func (c *Chunk) Failure(message string, pos Pos, behind int) *Error {
	near, line := c.near(pos, behind)
	return &Error{Name: c.Name, Pos: Pos{Line: line, Col: pos.Col}, Message: message, Near: near}
}

// repair is what Error.Repaired returns.
func (p *parser) repair() string {
	at := 0
	if strings.HasPrefix(p.src, "\uFEFF") {
		at = len("\uFEFF") // columns begin behind it
	}
	for line := p.firstLine; line < p.cut.Line; line++ {
		next := strings.IndexAny(p.src[at:], "\r\n")
		if next < 0 {
			return ""
		}
		at += next + 1
		if at < len(p.src) && isNewline(p.src[at]) && p.src[at] != p.src[at-1] {
			at++
		}
	}
	at = min(at+int(p.cut.Col)-1, len(p.src))
	if at <= 0 {
		return ""
	}
	var b strings.Builder
	if at == len(p.src) && p.lineComment > 0 && !strings.ContainsAny(p.src[p.lineComment:], "\r\n") {
		p.cut.Col -= int32(at - p.lineComment) // what is added must not be in the comment
		at = p.lineComment
	}
	b.WriteString(p.src[:at])
	b.WriteString(p.suffix)
	for _, closer := range slices.Backward(p.cutOpen) {
		b.WriteString(" " + closer)
	}
	return b.String()
}
