package stdlib

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// number scans a numeral and rewrites those that gopher-lua reads as another number: hexadecimal
// floats, hexadecimal integers of 64 bits, decimal integers with zeros in front (octal to it), and
// what is beyond the largest float (not a number to it).
func (s *scanner) number() (token, error) {
	start := s.pos
	exponent := "eE"
	if s.peek(0) == '0' && s.peek(1)|0x20 == 'x' {
		exponent = "pP"
	}
	s.skip(func(b byte) bool {
		sign := (b == '+' || b == '-') && s.pos > start && strings.IndexByte(exponent, s.source[s.pos-1]) >= 0
		return isNameByte(b) || b == '.' || sign
	})
	text := string(s.source[start:s.pos])
	value, ok := parseNumber(text)
	if !ok {
		return token{}, s.errorAt(text, "malformed number")
	}
	isHex := exponent == "pP"
	switch {
	case math.IsInf(value, 1) && !s.last.endsOperand():
		// No numeral means infinity to the compiler. Behind an operand, where a numeral is an error,
		// the parentheses would be a call.
		s.replace(start, s.pos, "(1/0)")
	case isHex && (strings.ContainsAny(text, ".pP") || value >= 1<<63), !isHex && len(text) > 1 && text[0] == '0' && isDecimalDigit(text[1]):
		s.replace(start, s.pos, strconv.FormatFloat(value, 'g', -1, 64))
	}
	return token{tokenNumber, text}, nil
}

// quoted scans a string in quotes and rewrites the escapes \x, \u and \z, which gopher-lua does not
// know, by means of decimal ones.
func (s *scanner) quoted() (token, error) {
	start, quote := s.pos, s.source[s.pos]
	skipped := ""
	s.pos++
	for s.peek(0) != quote {
		switch {
		case s.pos == len(s.source):
			return token{}, s.errorAt(endOfFile, "unfinished string")
		case s.source[s.pos] == '\n', s.source[s.pos] == '\r':
			return token{}, s.errorAt(string(s.source[start:s.pos]), "unfinished string")
		case s.source[s.pos] != '\\':
			s.pos++
			continue
		}
		lines, message := s.escape()
		if message != "" {
			return token{}, s.errorAt(string(s.source[start:s.pos]), message)
		}
		skipped += lines
	}
	s.pos++
	if skipped != "" {
		s.replace(s.pos, s.pos, skipped)
	}
	return token{tokenString, string(s.source[start:s.pos])}, nil
}

// escape scans an escape sequence. It returns the line ends that it leaves out, which must stand
// behind the string instead, and what is wrong with the sequence; pos is then behind the fault.
func (s *scanner) escape() (lines, message string) {
	start := s.pos
	kind := s.peek(1)
	s.pos += min(2, len(s.source)-s.pos)
	switch kind {
	case 'a', 'b', 'f', 'n', 'r', 't', 'v', '\\', '"', '\'':
		return "", ""
	case '\n', '\r':
		s.pos--
		s.newline()
		return "", ""
	case 'x':
		return "", s.hexEscape(start)
	case 'u':
		return "", s.unicodeEscape(start)
	case 'z':
		begin := s.pos
		for s.pos < len(s.source) && strings.IndexByte(spaces, s.source[s.pos]) >= 0 {
			if b := s.source[s.pos]; b == '\n' || b == '\r' {
				s.newline()
				continue
			}
			s.pos++
		}
		lines = newlines(s.source[begin:s.pos])
		s.replace(start, s.pos, "")
		return lines, ""
	}
	if !isDecimalDigit(kind) {
		return "", "invalid escape sequence"
	}
	code := int(kind - '0')
	for digits := 1; digits < 3 && isDecimalDigit(s.peek(0)); digits++ {
		code = code*10 + int(s.peek(0)-'0')
		s.pos++
	}
	if code > 255 {
		return "", "decimal escape too large"
	}
	return "", ""
}

func (s *scanner) hexEscape(start int) (message string) {
	code := 0
	for range 2 {
		digit := s.peek(0)
		s.pos += min(1, len(s.source)-s.pos)
		if !isHexDigit(digit) {
			return "hexadecimal digit expected"
		}
		code = code<<4 | digitValue(digit)
	}
	s.replace(start, s.pos, decimalEscapes([]byte{byte(code)}))
	return ""
}

func (s *scanner) unicodeEscape(start int) (message string) {
	fail := func(message string) string {
		s.pos += min(1, len(s.source)-s.pos)
		return message
	}
	if s.peek(0) != '{' {
		return fail("missing '{' in \\u{xxxx}")
	}
	s.pos++
	if !isHexDigit(s.peek(0)) {
		return fail("hexadecimal digit expected")
	}
	code := 0
	for isHexDigit(s.peek(0)) {
		code = code<<4 | digitValue(s.peek(0))
		if code > maxUTF8 {
			return fail("UTF-8 value too large")
		}
		s.pos++
	}
	if s.peek(0) != '}' {
		return fail("missing '}' in \\u{xxxx}")
	}
	s.pos++
	s.replace(start, s.pos, decimalEscapes(appendUTF8(nil, uint32(code))))
	return ""
}

// decimalEscapes writes bytes with three digits each, so that a digit may follow.
func decimalEscapes(b []byte) string {
	var text strings.Builder
	for _, code := range b {
		fmt.Fprintf(&text, "\\%03d", code)
	}
	return text.String()
}
