package syntax

import (
	"fmt"
	"strings"
)

// A token is a kind of token. Those of one character have the value of that byte.
type token uint16

// The tokens of more than one character.
const (
	tokAnd token = 256 + iota
	tokBreak
	tokDo
	tokElse
	tokElseif
	tokEnd
	tokFalse
	tokFor
	tokFunction
	tokGoto
	tokIf
	tokIn
	tokLocal
	tokNil
	tokNot
	tokOr
	tokRepeat
	tokReturn
	tokThen
	tokTrue
	tokUntil
	tokWhile
	tokIDiv
	tokConcat
	tokDots
	tokEq
	tokGe
	tokLe
	tokNe
	tokShl
	tokShr
	tokDoubleColon
	tokEOF
	tokFloat
	tokInteger
	tokName
	tokString
	tokenCount
)

var tokenText = [...]string{
	"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil", "not",
	"or", "repeat", "return", "then", "true", "until", "while", "//", "..", "...", "==", ">=", "<=", "~=", "<<", ">>",
	"::", eofText, "<number>", "<integer>", "<name>", "<string>",
}

// text is the token as messages show it, without quotes.
func (t token) text() string {
	switch {
	case t >= tokAnd:
		return tokenText[t-tokAnd]
	case t >= ' ' && t <= '~':
		return string(rune(t))
	}
	return fmt.Sprintf(`<\%d>`, t)
}

// quoted is the token as messages say that it was expected.
func (t token) quoted() string {
	if t >= tokEOF {
		return t.text()
	}
	return "'" + t.text() + "'"
}

// A lexeme is one token with what was read.
type lexeme struct {
	token   token
	pos     Pos
	text    string // as in the source, for names, numerals and strings
	value   string // of a string
	integer int64
	float   float64
}

// near is the lexeme as messages show it: a string with its escapes replaced, and only up to a zero byte.
func (l *lexeme) near() string {
	s := l.text
	switch l.token {
	case 0:
		return ""
	case tokName, tokInteger, tokFloat:
	case tokString:
		n := 1
		if l.text[0] == '[' {
			n = strings.IndexByte(l.text[1:], '[') + 2
		}
		s = l.text[:n] + l.value + l.text[len(l.text)-n:]
	default:
		return l.token.text()
	}
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// A lexer splits a source into tokens (section 3.1). It raises errors by panicking with an *Error.
type lexer struct {
	name        string
	src         string
	off         int   // of the next byte
	line        int32 // of the next byte
	lineStart   int   // offset of the first byte of the line
	keep        bool  // comments
	comments    []Comment
	lineComment int    // offset of the last comment that goes to the end of its line
	buf         []byte // a string with escapes so far
}

// pos is the place of the byte at off, which must be in the current line.
func (lx *lexer) pos(off int) Pos {
	return Pos{lx.line, int32(off-lx.lineStart) + 1}
}

// fail raises an error at the current line.
func (lx *lexer) fail(message, near string) {
	near, _, _ = strings.Cut(near, "\x00")
	panic(&Error{Name: lx.name, Pos: lx.pos(lx.off), Message: message, Near: near})
}

// at is the byte n behind the next one, and 0 behind the end. Zero bytes may be in a source as well.
func (lx *lexer) at(n int) byte {
	if lx.off+n < len(lx.src) {
		return lx.src[lx.off+n]
	}
	return 0
}

// skipHeader skips what may stand before the first token of a file only: a byte order mark and a line that begins with '#'.
func (lx *lexer) skipHeader() (shebang string) {
	if strings.HasPrefix(lx.src, "\uFEFF") {
		lx.off = len("\uFEFF")
		lx.lineStart = lx.off
	}
	if lx.at(0) != '#' {
		return ""
	}
	start := lx.off
	lx.skipLine()
	return lx.src[start:lx.off]
}

// skipLine goes to the end of the line.
func (lx *lexer) skipLine() {
	if n := strings.IndexAny(lx.src[lx.off:], "\r\n"); n >= 0 {
		lx.off += n
		return
	}
	lx.off = len(lx.src)
}

// newline skips the end of a line: \n, \r, \r\n or \n\r.
func (lx *lexer) newline() {
	first := lx.src[lx.off]
	lx.off++
	if next := lx.at(0); isNewline(next) && next != first {
		lx.off++
	}
	lx.line++
	lx.lineStart = lx.off
}

// next reads a token. At the end of the source it is tokEOF, again and again.
func (lx *lexer) next(l *lexeme) {
	for lx.off < len(lx.src) {
		c := lx.src[lx.off]
		switch {
		case isNewline(c):
			lx.newline()
			continue
		case isSpace(c):
			lx.off++
			continue
		case c == '-' && lx.at(1) == '-':
			lx.comment()
			continue
		}
		l.pos = lx.pos(lx.off)
		switch {
		case isLetter(c):
			lx.word(l)
		case isDigit(c), c == '.' && isDigit(lx.at(1)):
			lx.number(l)
		case c == '"', c == '\'':
			lx.shortString(l, c)
		case c == '[':
			lx.bracket(l)
		default:
			lx.operator(l, c)
		}
		return
	}
	l.token = tokEOF
	l.pos = lx.pos(lx.off)
}

// operator reads a token that begins with c and is neither a name nor a literal.
func (lx *lexer) operator(l *lexeme, c byte) {
	l.token = token(c)
	width := 2
	switch next := lx.at(1); {
	case c == '=' && next == '=':
		l.token = tokEq
	case c == '<' && next == '=':
		l.token = tokLe
	case c == '<' && next == '<':
		l.token = tokShl
	case c == '>' && next == '=':
		l.token = tokGe
	case c == '>' && next == '>':
		l.token = tokShr
	case c == '~' && next == '=':
		l.token = tokNe
	case c == '/' && next == '/':
		l.token = tokIDiv
	case c == ':' && next == ':':
		l.token = tokDoubleColon
	case c == '.' && next == '.':
		l.token = tokConcat
		if lx.at(2) == '.' {
			l.token = tokDots
			width = 3
		}
	default:
		width = 1
	}
	lx.off += width
}

func (lx *lexer) word(l *lexeme) {
	start := lx.off
	for lx.off++; lx.off < len(lx.src) && isAlphanumeric(lx.src[lx.off]); lx.off++ {
	}
	l.text = lx.src[start:lx.off]
	l.token = keyword(l.text)
}

// keyword is the token of a reserved word, and tokName for other words.
func keyword(s string) token {
	switch s {
	case "and":
		return tokAnd
	case "break":
		return tokBreak
	case "do":
		return tokDo
	case "else":
		return tokElse
	case "elseif":
		return tokElseif
	case "end":
		return tokEnd
	case "false":
		return tokFalse
	case "for":
		return tokFor
	case "function":
		return tokFunction
	case "goto":
		return tokGoto
	case "if":
		return tokIf
	case "in":
		return tokIn
	case "local":
		return tokLocal
	case "nil":
		return tokNil
	case "not":
		return tokNot
	case "or":
		return tokOr
	case "repeat":
		return tokRepeat
	case "return":
		return tokReturn
	case "then":
		return tokThen
	case "true":
		return tokTrue
	case "until":
		return tokUntil
	case "while":
		return tokWhile
	}
	return tokName
}

// number reads everything that could belong to a numeral, and then asks whether it is one.
func (lx *lexer) number(l *lexeme) {
	start := lx.off
	exponent := byte('e')
	if lx.at(0) == '.' {
		lx.off++
	}
	if lx.at(0) == '0' && lx.at(1)|0x20 == 'x' {
		exponent = 'p'
		lx.off++
	}
	for lx.off++; ; lx.off++ {
		c := lx.at(0)
		if c|0x20 == exponent {
			if sign := lx.at(1); sign == '-' || sign == '+' {
				lx.off++
			}
		} else if !isHexDigit(c) && c != '.' {
			break
		}
	}
	if isLetter(lx.at(0)) {
		lx.off++ // a numeral that touches a name is an error
	}
	l.text = lx.src[start:lx.off]
	i, f, isInt, ok := ParseNumber(l.text)
	if !ok {
		lx.fail("malformed number", l.text)
	}
	if isInt {
		l.token, l.integer = tokInteger, i
		return
	}
	l.token, l.float = tokFloat, f
}

// longBracket returns the width of the opening long bracket at off. What begins like one but is none has the width
// of what fits; a lone '[' has width 1.
func (lx *lexer) longBracket() (width int, ok bool) {
	width = 1
	for lx.at(width) == '=' {
		width++
	}
	if lx.at(width) == '[' {
		return width + 1, true
	}
	return width, false
}

// bracket reads a long string or the token '['.
func (lx *lexer) bracket(l *lexeme) {
	width, ok := lx.longBracket()
	switch {
	case ok:
		start := lx.off
		l.token = tokString
		l.value = lx.long(width, "string")
		l.text = lx.src[start:lx.off]
	case width == 1:
		l.token = '['
		lx.off++
	default:
		near := lx.src[lx.off : lx.off+width]
		lx.off += width
		lx.fail("invalid long string delimiter", near)
	}
}

// long reads a long string or comment, which opens with a bracket of the given width, and returns its contents.
func (lx *lexer) long(width int, what string) string {
	firstLine := lx.line
	lx.off += width
	if isNewline(lx.at(0)) {
		lx.newline() // the first one does not count
	}
	start := lx.off // of what is not yet in buf
	lx.buf = lx.buf[:0]
	copied := false
	for lx.off < len(lx.src) {
		switch c := lx.src[lx.off]; {
		case c == ']':
			n := 1
			for n < width-1 && lx.at(n) == '=' {
				n++
			}
			if n < width-1 || lx.at(n) != ']' {
				lx.off += n
				continue
			}
			s := lx.src[start:lx.off]
			if copied {
				s = string(append(lx.buf, s...))
			}
			lx.off += width
			return s
		case isNewline(c):
			end := lx.off
			lx.newline()
			if lx.src[end:lx.off] != "\n" {
				copied = true
				lx.buf = append(append(lx.buf, lx.src[start:end]...), '\n')
				start = lx.off
			}
		default:
			lx.off++
		}
	}
	lx.fail(fmt.Sprintf("unfinished long %s (starting at line %d)", what, firstLine), eofText)
	panic("unreachable")
}

// comment skips the comment at off, and keeps it if asked to.
func (lx *lexer) comment() {
	start, pos := lx.off, lx.pos(lx.off)
	lx.off += 2
	width, long := 0, false
	if lx.at(0) == '[' {
		width, long = lx.longBracket()
	}
	if long {
		lx.long(width, "comment")
	} else {
		lx.lineComment = start
		lx.skipLine()
	}
	if lx.keep {
		lx.comments = append(lx.comments, Comment{pos, lx.pos(lx.off), lx.src[start:lx.off]})
	}
}

// shortString reads a string in quotes.
func (lx *lexer) shortString(l *lexeme, quote byte) {
	start := lx.off
	lx.off++
	from := lx.off // of what is not yet in buf
	lx.buf = append(lx.buf[:0], quote)
	for {
		if lx.off >= len(lx.src) {
			lx.fail("unfinished string", eofText)
		}
		switch c := lx.src[lx.off]; {
		case c == quote:
			l.token = tokString
			l.value = lx.src[from:lx.off]
			if from > start+1 {
				l.value = string(append(lx.buf, l.value...)[1:])
			}
			lx.off++
			l.text = lx.src[start:lx.off]
			return
		case isNewline(c):
			lx.fail("unfinished string", string(lx.buf)+lx.src[from:lx.off])
		case c == '\\':
			lx.buf = append(lx.buf, lx.src[from:lx.off]...)
			lx.escape()
			from = lx.off
		default:
			lx.off++
		}
	}
}

// escape appends the byte or bytes that an escape sequence in a string stands for to buf.
func (lx *lexer) escape() {
	start := lx.off
	lx.off++ // the backslash
	if lx.off >= len(lx.src) {
		lx.fail("unfinished string", eofText)
	}
	c := lx.src[lx.off]
	if isDigit(c) {
		lx.decimalEscape(start)
		return
	}
	switch c {
	case 'a':
		c = '\a'
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'v':
		c = '\v'
	case '\\', '"', '\'':
	case '\n', '\r':
		lx.newline()
		lx.buf = append(lx.buf, '\n')
		return
	case 'x':
		lx.off++
		v := lx.hexDigit(start)<<4 | lx.hexDigit(start)
		lx.buf = append(lx.buf, byte(v))
		return
	case 'z':
		for lx.off++; lx.off < len(lx.src) && isSpace(lx.src[lx.off]); {
			if isNewline(lx.src[lx.off]) {
				lx.newline()
			} else {
				lx.off++
			}
		}
		return
	case 'u':
		lx.off++
		lx.utf8Escape(start)
		return
	default:
		lx.failEscape("invalid escape sequence", start)
	}
	lx.off++
	lx.buf = append(lx.buf, c)
}

// failEscape raises an error about the escape sequence that begins at start and whose offending byte is the next.
func (lx *lexer) failEscape(message string, start int) {
	end := min(lx.off+1, len(lx.src))
	lx.fail(message, string(lx.buf)+lx.src[start:end])
}

// hexDigit reads one digit of the escape sequence that begins at start.
func (lx *lexer) hexDigit(start int) uint32 {
	c := lx.at(0)
	if !isHexDigit(c) {
		lx.failEscape("hexadecimal digit expected", start)
	}
	lx.off++
	return uint32(hexValue(c))
}

// decimalEscape reads up to three digits.
func (lx *lexer) decimalEscape(start int) {
	v := 0
	for n := 0; n < 3 && isDigit(lx.at(0)); n++ {
		v = v*10 + int(lx.src[lx.off]-'0')
		lx.off++
	}
	if v > 255 {
		lx.failEscape("decimal escape too large", start)
	}
	lx.buf = append(lx.buf, byte(v))
}

// utf8Escape reads "{XXX}" and appends the code point, which may have up to 31 bits, in UTF-8.
func (lx *lexer) utf8Escape(start int) {
	if lx.at(0) != '{' {
		lx.failEscape("missing '{'", start)
	}
	lx.off++
	v := lx.hexDigit(start)
	for isHexDigit(lx.at(0)) {
		if v > 0x7FFFFFFF>>4 {
			lx.failEscape("UTF-8 value too large", start)
		}
		v = v<<4 | uint32(hexValue(lx.src[lx.off]))
		lx.off++
	}
	if lx.at(0) != '}' {
		lx.failEscape("missing '}'", start)
	}
	lx.off++
	lx.buf = appendUTF8(lx.buf, v)
}

// appendUTF8 encodes v in up to six bytes, as the original definition of UTF-8 (RFC 2279) does. It accepts surrogates.
func appendUTF8(b []byte, v uint32) []byte {
	if v < 0x80 {
		return append(b, byte(v))
	}
	n := 1 // continuation bytes
	for n < 5 && v>>(5*n+6) != 0 {
		n++
	}
	b = append(b, byte(0xFF<<(7-n))|byte(v>>(6*n)))
	for n--; n >= 0; n-- {
		b = append(b, 0x80|byte(v>>(6*n))&0x3F)
	}
	return b
}

func isNewline(c byte) bool { return c == '\n' || c == '\r' }

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }

func isAlphanumeric(c byte) bool { return isLetter(c) || isDigit(c) }

func isHexDigit(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// hexValue is the value of a hexadecimal digit.
func hexValue(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
