package syntax

import "strings"

// A Kind says what a Token is.
type Kind uint8

// The kinds of tokens.
const (
	KindSymbol Kind = iota // an operator or a bracket
	KindKeyword
	KindName
	KindNumber
	KindString
	KindEnd // of the source
)

// A Token is a token as it stands in the source, with the comments before it. All tokens of a source, with white space
// between, are the source: what lays out source text anew works on them.
type Token struct {
	Kind     Kind
	Text     string
	Line     int // in which it begins
	Lines    int // ends of lines between it and what stands before it: a comment or a token
	Comments []TokenComment
}

// A TokenComment is a comment before a token.
type TokenComment struct {
	Text  string
	Lines int // ends of lines between it and what stands before it
	Long  bool
}

// Scan returns the tokens of a file, the end of the source as the last one, and what stands before them: a byte order
// mark and a first line that begins with '#'. The error, if any, is an *Error.
func Scan(source []byte, name string) (header string, tokens []Token, err error) {
	lx := lexer{name: name, src: string(source), line: 1, keep: true}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *Error:
			tokens, err = nil, e
		default:
			panic(e)
		}
	}()
	lx.skipHeader()
	header = lx.src[:lx.off]
	for {
		begin := lx.off
		lx.comments = lx.comments[:0]
		var l lexeme
		lx.next(&l)
		t := Token{Kind: l.token.kind(), Line: int(l.pos.Line)}
		switch {
		case l.token >= tokName || t.Kind == KindNumber:
			t.Text = l.text
		case t.Kind != KindEnd:
			t.Text = l.token.text()
		}
		gap := lx.src[begin : lx.off-len(t.Text)]
		for _, c := range lx.comments {
			at := strings.Index(gap, "--") // before it is only white space
			long := strings.HasPrefix(c.Text, "--[") && strings.HasSuffix(c.Text, "]") && isLong(c.Text)
			t.Comments = append(t.Comments, TokenComment{Text: c.Text, Lines: countLines(gap[:at]), Long: long})
			gap = gap[at+len(c.Text):]
		}
		t.Lines = countLines(gap)
		tokens = append(tokens, t)
		if t.Kind == KindEnd {
			return header, tokens, nil
		}
	}
}

// isLong reports whether a comment is a long one: "--[==[ … ]==]".
func isLong(comment string) bool {
	lx := lexer{src: comment[len("--"):]}
	_, ok := lx.longBracket()
	return ok
}

func (t token) kind() Kind {
	switch {
	case t >= tokAnd && t <= tokWhile:
		return KindKeyword
	case t == tokName:
		return KindName
	case t == tokString:
		return KindString
	case t == tokInteger, t == tokFloat:
		return KindNumber
	case t == tokEOF:
		return KindEnd
	}
	return KindSymbol
}

// countLines counts the ends of lines in white space.
func countLines(space string) (n int) {
	for i := 0; i < len(space); i++ {
		if isNewline(space[i]) {
			n++
			if i+1 < len(space) && isNewline(space[i+1]) && space[i+1] != space[i] {
				i++
			}
		}
	}
	return n
}
