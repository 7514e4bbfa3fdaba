package json

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"silly/internal/lua/value"
	"silly/modules/internal/document"
)

// A decoder reads one JSON text (RFC 8259).
type decoder struct {
	src         string
	at          int
	depth       int
	null        value.Value // what null becomes
	bigAsString bool        // integers above 64 bits become strings, not floats
	poll        func()      // ends the call if the host wants that
	values      []value.Value
	keys        [64]value.Value // of objects; they tend to come again
	scratch     []byte          // of strings with escapes
}

// A syntaxError says what is wrong with a text, and where.
type syntaxError struct {
	problem string
	offset  int // in bytes, from 0
}

func (e *syntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.problem, e.offset+1) }

func (d *decoder) fail(problem string) error { return &syntaxError{problem, d.at} }

// unexpected says what is at the place where something else should be.
func (d *decoder) unexpected(expected string) error {
	if d.at >= len(d.src) {
		return d.fail(expected + " expected, but the text ends")
	}
	r, _ := utf8.DecodeRuneInString(d.src[d.at:])
	return d.fail(fmt.Sprintf("%s expected, got %q", expected, r))
}

// document reads the whole text.
func (d *decoder) document() (value.Value, error) {
	d.space()
	v, err := d.value()
	if err != nil {
		return value.Nil, err
	}
	if d.space(); d.at < len(d.src) {
		return value.Nil, d.unexpected("end of the text")
	}
	return v, nil
}

func (d *decoder) space() {
	for d.at < len(d.src) {
		switch d.src[d.at] {
		case ' ', '\n', '\r', '\t':
			d.at++
		default:
			return
		}
	}
}

// next is the byte at hand, 0 at the end.
func (d *decoder) next() byte {
	if d.at < len(d.src) {
		return d.src[d.at]
	}
	return 0
}

func (d *decoder) value() (value.Value, error) {
	switch c := d.next(); {
	case c == '"':
		d.at++
		s, piece, err := d.text()
		if err != nil {
			return value.Nil, err
		}
		if piece {
			s = strings.Clone(s) // else it would keep the whole text
		}
		return value.String(s), nil
	case c == '{':
		return d.nested(d.object)
	case c == '[':
		return d.nested(d.array)
	case c == '-' || '0' <= c && c <= '9':
		return d.number()
	case c == 't':
		return value.True, d.word("true")
	case c == 'f':
		return value.False, d.word("false")
	case c == 'n':
		return d.null, d.word("null")
	}
	return value.Nil, d.unexpected("value")
}

func (d *decoder) word(word string) error {
	if !strings.HasPrefix(d.src[d.at:], word) {
		return d.unexpected("value")
	}
	d.at += len(word)
	return nil
}

// nested reads an array or object, whose first byte is at hand.
func (d *decoder) nested(read func() (value.Value, error)) (value.Value, error) {
	if d.depth++; d.depth > document.MaxDepth {
		return value.Nil, d.fail(fmt.Sprintf("more than %d arrays and objects in each other", document.MaxDepth))
	}
	d.at++
	d.space()
	v, err := read()
	d.depth--
	return v, err
}

func (d *decoder) array() (value.Value, error) {
	first := len(d.values)
	if d.next() == ']' {
		d.at++
		return value.NewTable(0, 0).Value(), nil
	}
	holes := false
	for {
		v, err := d.value()
		if err != nil {
			return value.Nil, err
		}
		holes = holes || v.IsNil()
		d.values = append(d.values, v)
		d.space()
		switch d.next() {
		case ',':
			d.at++
			d.space()
		case ']':
			d.at++
			return d.newArray(first, holes), nil
		default:
			return value.Nil, d.unexpected("',' or ']'")
		}
	}
}

// newArray makes a table of the values from first on.
func (d *decoder) newArray(first int, holes bool) value.Value {
	d.poll()
	vs := d.values[first:]
	t := value.NewTable(len(vs), 0)
	if holes {
		for i, v := range vs {
			if !v.IsNil() {
				t.SetInt(int64(i)+1, v)
			}
		}
	} else {
		t.SetElements(0, vs)
	}
	d.values = d.values[:first]
	return t.Value()
}

func (d *decoder) object() (value.Value, error) {
	first := len(d.values)
	if d.next() == '}' {
		d.at++
		return value.NewTable(0, 0).Value(), nil
	}
	for {
		if d.next() != '"' {
			return value.Nil, d.unexpected("string as key")
		}
		d.at++
		s, _, err := d.text()
		if err != nil {
			return value.Nil, err
		}
		key := d.key(s)
		d.space()
		if d.next() != ':' {
			return value.Nil, d.unexpected("':'")
		}
		d.at++
		d.space()
		v, err := d.value()
		if err != nil {
			return value.Nil, err
		}
		d.values = append(d.values, key, v)
		d.space()
		switch d.next() {
		case ',':
			d.at++
			d.space()
		case '}':
			d.at++
			return d.newObject(first), nil
		default:
			return value.Nil, d.unexpected("',' or '}'")
		}
	}
}

// newObject makes a table of the keys and values from first on. Of two values of a key the last one counts.
func (d *decoder) newObject(first int) value.Value {
	d.poll()
	pairs := d.values[first:]
	t := value.NewTable(0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		t.Set(pairs[i], pairs[i+1])
	}
	d.values = d.values[:first]
	return t.Value()
}

// key is the string value of a key. Those that come again are made once.
func (d *decoder) key(s string) value.Value {
	if len(s) == 0 || len(s) > 32 {
		return value.String(strings.Clone(s))
	}
	slot := &d.keys[(int(s[0])*7+int(s[len(s)-1])*3+len(s))%len(d.keys)]
	if slot.IsNil() || slot.Str() != s {
		*slot = value.String(strings.Clone(s)).Hashed()
	}
	return *slot
}

// text reads the rest of a string, behind its first quote, and reports whether it is a piece of the text.
func (d *decoder) text() (s string, piece bool, err error) {
	begin, ascii := d.at, true
	for ; d.at < len(d.src); d.at++ {
		switch c := d.src[d.at]; {
		case c == '"':
			s := d.src[begin:d.at]
			if !ascii && !utf8.ValidString(s) {
				return "", false, d.fail("string is not valid utf-8")
			}
			d.at++
			return s, true, nil
		case c == '\\':
			s, err = d.escapedText(begin)
			return s, false, err
		case c < ' ':
			return "", false, d.fail(fmt.Sprintf("control character %q in a string", rune(c)))
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", false, d.fail("the text ends in a string")
}

// escapedText is text of a string that has an escape, which is at hand.
func (d *decoder) escapedText(begin int) (string, error) {
	out := append(d.scratch[:0], d.src[begin:d.at]...)
	for d.at < len(d.src) {
		switch c := d.src[d.at]; {
		case c == '"':
			d.scratch = out
			if !utf8.Valid(out) {
				return "", d.fail("string is not valid utf-8")
			}
			d.at++
			return string(out), nil
		case c < ' ':
			return "", d.fail(fmt.Sprintf("control character %q in a string", rune(c)))
		case c != '\\':
			out = append(out, c)
			d.at++
		default:
			var err error
			if out, err = d.escape(out); err != nil {
				return "", err
			}
		}
	}
	return "", d.fail("the text ends in a string")
}

// escape appends what an escape stands for.
func (d *decoder) escape(out []byte) ([]byte, error) {
	d.at++
	c := d.next()
	if c == 'u' {
		r, err := d.hex()
		if err != nil {
			return nil, err
		}
		if utf16.IsSurrogate(r) && strings.HasPrefix(d.src[d.at:], `\u`) {
			before := d.at
			d.at++
			low, err := d.hex()
			if err != nil {
				return nil, err
			}
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return utf8.AppendRune(out, pair), nil
			}
			d.at = before // half of a pair stands alone: U+FFFD
		}
		return utf8.AppendRune(out, r), nil
	}
	const names, bytes = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	i := strings.IndexByte(names, c)
	if i < 0 || d.at >= len(d.src) {
		return nil, d.unexpected("escape")
	}
	d.at++
	return append(out, bytes[i]), nil
}

// hex reads the rest of \uXXXX; the u is at hand.
func (d *decoder) hex() (rune, error) {
	d.at++
	if len(d.src)-d.at < 4 {
		d.at = len(d.src)
		return 0, d.unexpected("four hexadecimal digits")
	}
	var r rune
	for range 4 {
		c := d.src[d.at]
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, d.unexpected("hexadecimal digit")
		}
		d.at++
	}
	return r, nil
}

// digits skips digits, and reports how many there were.
func (d *decoder) digits() (n int) {
	for d.at < len(d.src) && d.src[d.at]-'0' <= 9 {
		d.at++
		n++
	}
	return n
}

func (d *decoder) number() (value.Value, error) {
	begin := d.at
	if d.next() == '-' {
		d.at++
	}
	switch d.next() {
	case '0':
		d.at++
	default:
		if d.digits() == 0 {
			return value.Nil, d.unexpected("digit")
		}
	}
	integer := true
	if d.next() == '.' {
		integer = false
		d.at++
		if d.digits() == 0 {
			return value.Nil, d.unexpected("digit")
		}
	}
	if c := d.next(); c == 'e' || c == 'E' {
		integer = false
		d.at++
		if c := d.next(); c == '+' || c == '-' {
			d.at++
		}
		if d.digits() == 0 {
			return value.Nil, d.unexpected("digit")
		}
	}
	s := d.src[begin:d.at]
	if integer && s != "-0" {
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return value.Int(i), nil
		}
		if d.bigAsString {
			return value.String(strings.Clone(s)), nil
		}
	}
	f, _ := strconv.ParseFloat(s, 64)
	if math.IsInf(f, 0) {
		return value.Nil, &syntaxError{"number is too large", begin}
	}
	return value.Float(f), nil
}
