// Package httpfield checks HTTP header fields before they are sent (RFC 9110 section 5).
package httpfield

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A Field is a header field with one value.
type Field struct{ Name, Value string }

// Check says why a field cannot be sent: its name is not a token (RFC 9110 section 5.6.2), or its value
// has a byte that would break the message apart or that section 5.5 forbids.
func Check(name, value string) error {
	if !ValidName(name) {
		return fmt.Errorf("bad header name %q", name)
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return fmt.Errorf("bad value of header %q: byte %#02x is not allowed", name, c)
		}
	}
	return nil
}

// ValidName reports whether name is a token.
func ValidName(name string) bool {
	if name == "" {
		return false
	}
	for i := range len(name) {
		if !IsTokenByte(name[i]) {
			return false
		}
	}
	return true
}

// IsTokenByte reports whether c may stand in a token.
func IsTokenByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	switch c {
	case '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~':
		return true
	}
	return false
}

// HasToken reports whether a field value that is a list (RFC 9110 section 5.6.1) has a token, in any case.
func HasToken(value, token string) bool {
	for item := range strings.SplitSeq(value, ",") {
		if strings.EqualFold(strings.Trim(item, " \t"), token) {
			return true
		}
	}
	return false
}

// Append appends one header line.
func Append(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}

// AppendAll appends a line for each value of header, in the order of the names.
func AppendAll(dst []byte, header http.Header) []byte {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range header[name] {
			dst = Append(dst, name, value)
		}
	}
	return dst
}
