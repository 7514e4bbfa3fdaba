package stdlib

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// prepare checks a chunk and rewrites what gopher-lua's scanner does not know or misreads, before
// its parser sees it. It reports lexical errors in Lua's words, refuses source that is nested so
// deeply that the recursive compiler would overflow the stack, and returns the number of lines.
func prepare(source []byte, name string) (prepared []byte, lines int, err error) {
	s := &scanner{source: source, name: name, line: 1}
	nesting := newNesting()
	for {
		last := s.last
		t, err := s.next()
		if err != nil {
			return nil, 0, err
		}
		if t.kind == tokenEnd {
			return s.rewritten(), s.line, nil
		}
		if message := nesting.add(t, last); message != "" {
			return nil, 0, s.errorAt(t.text, message)
		}
	}
}

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenKeyword
	tokenConstant // nil, true, false and ...
	tokenNumber
	tokenString
	tokenSymbol
)

type token struct {
	kind tokenKind
	text string
}

// endsOperand reports whether an operator, a call or a new statement may follow t.
func (t token) endsOperand() bool {
	switch t.kind {
	case tokenEnd, tokenKeyword:
		return t.text == "end"
	case tokenSymbol:
		return t.text == ")" || t.text == "]" || t.text == "}"
	}
	return true
}

var keywords = map[string]tokenKind{
	"and": tokenKeyword, "break": tokenKeyword, "do": tokenKeyword, "else": tokenKeyword,
	"elseif": tokenKeyword, "end": tokenKeyword, "false": tokenConstant, "for": tokenKeyword,
	"function": tokenKeyword, "goto": tokenKeyword, "if": tokenKeyword, "in": tokenKeyword,
	"local": tokenKeyword, "nil": tokenConstant, "not": tokenKeyword, "or": tokenKeyword,
	"repeat": tokenKeyword, "return": tokenKeyword, "then": tokenKeyword, "true": tokenConstant,
	"until": tokenKeyword, "while": tokenKeyword,
}

// symbols are the operators and separators of more than one character, longer ones first.
var symbols = []string{"...", "..", "==", "~=", "<=", ">=", "::", "//", "<<", ">>"}

// scanner splits a chunk into tokens.
type scanner struct {
	source []byte
	name   string
	pos    int
	line   int
	last   token
	// inLocal is true from "local" to the end of its names, where attributes may stand.
	inLocal bool

	// out is the rewritten source up to the byte copied of source.
	out    []byte
	copied int
}

// next returns the next token.
func (s *scanner) next() (token, error) {
	for {
		if err := s.skipBlank(); err != nil {
			return token{}, err
		}
		if !s.inLocal || s.last.kind != tokenName || s.peek(0) != '<' {
			break
		}
		if err := s.attribute(); err != nil {
			return token{}, err
		}
	}
	t, err := s.scan()
	s.inLocal = t.kind == tokenKeyword && t.text == "local" || s.inLocal && (t.kind == tokenName || t.text == ",")
	s.last = t
	return t, err
}

func (s *scanner) scan() (token, error) {
	if s.pos == len(s.source) {
		return token{}, nil
	}
	start, b := s.pos, s.source[s.pos]
	switch {
	case isNameByte(b) && !isDecimalDigit(b):
		s.skip(isNameByte)
		text := string(s.source[start:s.pos])
		if kind, ok := keywords[text]; ok {
			return token{kind, text}, nil
		}
		return token{tokenName, text}, nil
	case isDecimalDigit(b), b == '.' && isDecimalDigit(s.peek(1)):
		return s.number()
	case b == '"', b == '\'':
		return s.quoted()
	case b == '[' && (s.peek(1) == '[' || s.peek(1) == '='):
		return s.longString()
	}
	for _, symbol := range symbols {
		if bytes.HasPrefix(s.source[s.pos:], []byte(symbol)) {
			return s.symbol(symbol)
		}
	}
	return s.symbol(string([]byte{b}))
}

func (s *scanner) symbol(text string) (token, error) {
	switch text {
	case "//", "<<", ">>", "&", "|", "~":
		return token{}, s.errorAt(text, "operator not supported")
	case "...":
		s.pos += len(text)
		return token{tokenConstant, text}, nil
	}
	if len(text) > 1 || strings.Contains("+-*/%^#<>=(){}[];:,.", text) {
		s.pos += len(text)
		return token{tokenSymbol, text}, nil
	}
	near := "<\\" + itoa(int64(text[0])) + ">"
	if r, size := utf8.DecodeRune(s.source[s.pos:]); r != utf8.RuneError && unicode.IsPrint(r) {
		near = string(s.source[s.pos : s.pos+size])
	}
	return token{}, s.errorAt(near, "unexpected symbol")
}

// skipBlank skips white space and comments.
func (s *scanner) skipBlank() error {
	for s.pos < len(s.source) {
		switch b := s.source[s.pos]; {
		case b == '\n', b == '\r':
			s.newline()
		case b == '\v', b == '\f':
			// The parser takes these two for symbols.
			s.replace(s.pos, s.pos+1, " ")
			s.pos++
		case isBlank(b):
			s.pos++
		case b == '-' && s.peek(1) == '-':
			if err := s.comment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

func (s *scanner) comment() error {
	start := s.pos
	s.pos += 2
	if s.peek(0) == '[' {
		if level := s.longBracket('['); level >= 0 {
			return s.longText(level, "comment")
		}
	}
	s.skip(func(b byte) bool { return b != '\n' && b != '\r' })
	// The parser would take this one for a long comment.
	if bytes.HasPrefix(s.source[start:], []byte("--[=")) {
		s.replace(start, s.pos, "")
	}
	return nil
}

// longString scans a string in long brackets.
func (s *scanner) longString() (token, error) {
	start := s.pos
	level := s.longBracket('[')
	if level < 0 {
		s.skip(func(b byte) bool { return b == '[' || b == '=' })
		return token{}, s.errorAt(string(s.source[start:s.pos]), "invalid long string delimiter")
	}
	if err := s.longText(level, "string"); err != nil {
		return token{}, err
	}
	return token{tokenString, string(s.source[start:s.pos])}, nil
}

// longBracket returns the number of '=' between the two brackets that begin at pos, -1 if there is
// no long bracket.
func (s *scanner) longBracket(bracket byte) int {
	level := 0
	for s.peek(1+level) == '=' {
		level++
	}
	if s.peek(1+level) != bracket {
		return -1
	}
	return level
}

// longText scans from an opening long bracket to the closing one.
func (s *scanner) longText(level int, what string) error {
	begin := s.line
	s.pos += level + 2
	for s.pos < len(s.source) {
		switch s.source[s.pos] {
		case '\n', '\r':
			s.newline()
		case ']':
			if s.longBracket(']') == level {
				s.pos += level + 2
				return nil
			}
			s.pos++
		default:
			s.pos++
		}
	}
	return s.errorAt(endOfFile, "unfinished long "+what+" (starting at line "+itoa(int64(begin))+")")
}

// attribute scans the attribute of a local variable. Constants become ordinary variables: a program
// that is right does not assign to them.
func (s *scanner) attribute() error {
	start := s.pos
	s.pos++
	s.skip(isBlank)
	begin := s.pos
	s.skip(isNameByte)
	name := string(s.source[begin:s.pos])
	s.skip(isBlank)
	switch {
	case s.peek(0) != '>' || name == "":
		return s.errorAt("<", "syntax error")
	case name == "close":
		return s.errorAt(name, "attribute 'close' is not supported")
	case name != "const":
		return s.errorAt(name, "unknown attribute '"+name+"'")
	}
	s.pos++
	s.replace(start, s.pos, "")
	return nil
}

// newline skips a line end: LF, CR, or both.
func (s *scanner) newline() {
	first := s.source[s.pos]
	s.pos++
	s.line++
	if second := s.peek(0); (second == '\n' || second == '\r') && second != first {
		s.pos++
	}
}

// peek returns the byte that many after the current one, 0 behind the end.
func (s *scanner) peek(offset int) byte {
	if s.pos+offset >= len(s.source) {
		return 0
	}
	return s.source[s.pos+offset]
}

func (s *scanner) skip(belongs func(b byte) bool) {
	for s.pos < len(s.source) && belongs(s.source[s.pos]) {
		s.pos++
	}
}

// replace makes text stand for source[start:end] in the rewritten source.
func (s *scanner) replace(start, end int, text string) {
	s.out = append(append(s.out, s.source[s.copied:start]...), text...)
	s.copied = end
}

func (s *scanner) rewritten() []byte {
	if s.copied == 0 {
		return s.source
	}
	return append(s.out, s.source[s.copied:]...)
}

func (s *scanner) errorAt(near, message string) error {
	return &syntaxError{source: s.name, line: s.line, message: message, near: near}
}

// newlines returns the line ends of a text that is left out, so that lines keep their numbers.
func newlines(text []byte) string {
	counter := scanner{source: text}
	for counter.pos < len(text) {
		if slices.Contains([]byte("\r\n"), text[counter.pos]) {
			counter.newline()
			continue
		}
		counter.pos++
	}
	return strings.Repeat("\n", counter.line)
}

func isNameByte(b byte) bool {
	return isLetter(b) || isDecimalDigit(b) || b == '_'
}

func isBlank(b byte) bool {
	return b == ' ' || b == '\t'
}
