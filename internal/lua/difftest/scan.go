package difftest

import "strings"

// A token is a piece of source: a name, keyword, number, string, or symbol. Comments are dropped.
type token struct {
	text string
	line int
}

// scan splits source into tokens. What is wrong becomes a token like any other.
func scan(source string) []token {
	var tokens []token
	line := 1
	for i := 0; i < len(source); {
		start := i
		c := source[i]
		switch {
		case c == '\n':
			line++
			i++
			continue
		case c == ' ' || c == '\t' || c == '\r':
			i++
			continue
		case strings.HasPrefix(source[i:], "--"):
			i += 2
			if end := longEnd(source, i); end > 0 {
				i = end
			} else {
				for i < len(source) && source[i] != '\n' {
					i++
				}
			}
			line += strings.Count(source[start:i], "\n")
			continue
		case c == '"' || c == '\'':
			i++
			for i < len(source) && source[i] != c && source[i] != '\n' {
				if source[i] == '\\' {
					i++
					if i < len(source) && source[i] == 'z' {
						for i+1 < len(source) && strings.IndexByte(" \n\t", source[i+1]) >= 0 {
							i++
						}
					}
				}
				i++
			}
			i = min(i+1, len(source))
		case c == '[' && longEnd(source, i) > 0:
			i = longEnd(source, i)
		case isDigit(c) || c == '.' && i+1 < len(source) && isDigit(source[i+1]):
			for i < len(source) && (isWord(source[i]) || source[i] == '.' ||
				(source[i] == '+' || source[i] == '-') && exponent(source[start:i])) {
				i++
			}
		case isWord(c):
			for i < len(source) && isWord(source[i]) {
				i++
			}
		default:
			i++
			for _, s := range []string{"...", "..", "::", "==", "~=", "<=", ">=", "//", "<<", ">>"} {
				if strings.HasPrefix(source[start:], s) {
					i = start + len(s)
					break
				}
			}
		}
		tokens = append(tokens, token{source[start:i], line})
		line += strings.Count(source[start:i], "\n")
	}
	return tokens
}

// exponent reports whether a sign may follow s, the beginning of a number.
func exponent(s string) bool {
	last := s[len(s)-1]
	if strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X") {
		return last == 'p' || last == 'P'
	}
	return last == 'e' || last == 'E'
}

// longEnd returns where the long bracket that opens at i ends, 0 if none opens there, and the end of source if it never ends.
func longEnd(source string, i int) int {
	if i >= len(source) || source[i] != '[' {
		return 0
	}
	j := i + 1
	for j < len(source) && source[j] == '=' {
		j++
	}
	if j >= len(source) || source[j] != '[' {
		return 0
	}
	closing := "]" + source[i+1:j] + "]"
	if end := strings.Index(source[j+1:], closing); end >= 0 {
		return j + 1 + end + len(closing)
	}
	return len(source)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return c == '_' || isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
