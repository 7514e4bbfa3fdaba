package ws

import (
	"strings"

	"silly/internal/httpfield"
)

// extension is one element of a Sec-WebSocket-Extensions field (RFC 6455 section 9.1).
type extension struct {
	name   string
	params []extensionParam
}

// extensionParam is a parameter of an extension. Its value is that of a token or of a quoted string.
type extensionParam struct {
	name, value string
	hasValue    bool
}

// parseExtensions parses the lines of a Sec-WebSocket-Extensions field, which count as one list. It
// returns false when they do not conform to the grammar, on which RFC 6455 section 9.1 makes the
// handshake fail.
func parseExtensions(lines []string) (list []extension, ok bool) {
	for _, line := range lines {
		s := fieldScanner{line}
		for {
			// Empty elements are allowed in a list (RFC 9110 section 5.6.1.2).
			for s.accept(',') {
			}
			if s.atEnd() {
				break
			}
			element, ok := s.extension()
			if !ok {
				return nil, false
			}
			list = append(list, element)
			if !s.atEnd() && !s.accept(',') {
				return nil, false
			}
		}
	}
	return list, len(lines) == 0 || len(list) > 0
}

// fieldScanner takes the parts of a field value off its front.
type fieldScanner struct{ rest string }

func (s *fieldScanner) skipSpace() { s.rest = strings.TrimLeft(s.rest, " \t") }

func (s *fieldScanner) atEnd() bool {
	s.skipSpace()
	return s.rest == ""
}

// accept takes delimiter if it comes next.
func (s *fieldScanner) accept(delimiter byte) bool {
	s.skipSpace()
	if s.rest == "" || s.rest[0] != delimiter {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// token takes a token, or returns "" when none comes next.
func (s *fieldScanner) token() string {
	s.skipSpace()
	n := 0
	for n < len(s.rest) && httpfield.IsTokenByte(s.rest[n]) {
		n++
	}
	token := s.rest[:n]
	s.rest = s.rest[n:]
	return token
}

// quoted takes a quoted string and returns its content (RFC 9110 section 5.6.4).
func (s *fieldScanner) quoted() (content string, ok bool) {
	if !s.accept('"') {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(s.rest); i++ {
		switch c := s.rest[i]; c {
		case '"':
			s.rest = s.rest[i+1:]
			return b.String(), true
		case '\\':
			if i++; i == len(s.rest) {
				return "", false
			}
			b.WriteByte(s.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// extension takes one element: a token and its parameters.
func (s *fieldScanner) extension() (e extension, ok bool) {
	e.name = s.token()
	if e.name == "" {
		return e, false
	}
	for s.accept(';') {
		p := extensionParam{name: s.token()}
		if p.name == "" {
			return e, false
		}
		if s.accept('=') {
			p.hasValue = true
			p.value = s.token()
			if p.value == "" {
				// RFC 6455 section 9.1: after unescaping, a quoted value is a token too.
				if p.value, ok = s.quoted(); !ok || !httpfield.ValidName(p.value) {
					return e, false
				}
			}
		}
		e.params = append(e.params, p)
	}
	return e, true
}
