package json

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/modules/internal/document"
)

// An encoder writes one JSON text. Its methods return what cannot be encoded, or "".
type encoder struct {
	buf    []byte
	indent string // of one level; "" is all in one line
	sort   bool   // the keys of objects
	poll   func() // ends the call if the host wants that
	depth  int
	path   document.Path // to what cannot be encoded, the innermost key first
}

func (e *encoder) value(v value.Value) (problem string) {
	switch v.Kind() {
	case value.KindNil:
		e.buf = append(e.buf, "null"...)
	case value.KindFalse:
		e.buf = append(e.buf, "false"...)
	case value.KindTrue:
		e.buf = append(e.buf, "true"...)
	case value.KindInt:
		e.buf = strconv.AppendInt(e.buf, v.AsInt(), 10)
	case value.KindFloat:
		return e.float(v.AsFloat())
	case value.KindString:
		return e.text(v.Str())
	case value.KindTable:
		return e.table(v.LTable())
	default:
		if !document.IsNull(v) {
			return "a " + v.TypeName() + " cannot be encoded"
		}
		e.buf = append(e.buf, "null"...)
	}
	return ""
}

// float writes a float so that it is one again when it is read.
func (e *encoder) float(f float64) (problem string) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "the number " + value.NumberText(value.Float(f)) + " cannot be encoded"
	}
	before := len(e.buf)
	e.buf = strconv.AppendFloat(e.buf, f, 'g', -1, 64)
	for _, c := range e.buf[before:] {
		if c == '.' || c == 'e' {
			return ""
		}
	}
	e.buf = append(e.buf, ".0"...)
	return ""
}

const hexDigits = "0123456789abcdef"

// special says which bytes of a string are escaped, or need a look; the others are written as they are.
var special = [256]bool{
	0x00: true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true,
	0x10: true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true,
	'"': true, '\\': true,
	0x80: true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true,
	0x90: true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true,
	0xa0: true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true,
	0xb0: true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true,
	0xc0: true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true,
	0xd0: true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true,
	0xe0: true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true,
	0xf0: true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true,
}

func (e *encoder) text(s string) (problem string) {
	buf := append(e.buf, '"')
	begin, i := 0, 0
	for {
		for i < len(s) && !special[s[i]] {
			i++
		}
		if i == len(s) {
			break
		}
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				return "a string that is not valid utf-8 cannot be encoded"
			}
			i += size
			continue
		}
		buf = append(buf, s[begin:i]...)
		switch c {
		case '"', '\\':
			buf = append(buf, '\\', c)
		case '\b':
			buf = append(buf, `\b`...)
		case '\f':
			buf = append(buf, `\f`...)
		case '\n':
			buf = append(buf, `\n`...)
		case '\r':
			buf = append(buf, `\r`...)
		case '\t':
			buf = append(buf, `\t`...)
		default:
			buf = append(buf, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		begin = i
	}
	buf = append(buf, s[begin:]...)
	e.buf = append(buf, '"')
	return ""
}

func (e *encoder) table(t *lua.LTable) (problem string) {
	if e.depth++; e.depth > document.MaxDepth {
		return fmt.Sprintf("more than %d tables in each other, or one that contains itself,", document.MaxDepth)
	}
	if len(e.buf) > document.MaxBytes {
		return fmt.Sprintf("a text of more than %d bytes is not made", document.MaxBytes)
	}
	e.poll()
	if document.IsArray(t) {
		problem = e.array(t)
	} else {
		problem = e.object(t)
	}
	e.depth--
	return problem
}

func (e *encoder) array(t *lua.LTable) (problem string) {
	e.buf = append(e.buf, '[')
	own := value.Owned(t)
	i := int64(1)
	for ; ; i++ {
		var v value.Value
		if own != nil && i <= int64(len(own.Arr)) {
			v = own.Arr[i-1]
		} else {
			v = value.Get(t, value.Int(i))
		}
		if v.IsNil() {
			break
		}
		e.item(i > 1)
		if problem := e.value(v); problem != "" {
			e.path = append(e.path, value.Int(i))
			return problem
		}
	}
	e.end(i > 1, ']')
	return ""
}

// item begins an item of an array or object.
func (e *encoder) item(follows bool) {
	if follows {
		e.buf = append(e.buf, ',')
	}
	e.newline(e.depth)
}

// end ends an array or object.
func (e *encoder) end(hasItems bool, bracket byte) {
	if hasItems {
		e.newline(e.depth - 1)
	}
	e.buf = append(e.buf, bracket)
}

func (e *encoder) newline(depth int) {
	if e.indent == "" {
		return
	}
	e.buf = append(e.buf, '\n')
	for range depth {
		e.buf = append(e.buf, e.indent...)
	}
}

func (e *encoder) object(t *lua.LTable) (problem string) {
	e.buf = append(e.buf, '{')
	before := len(e.buf)
	switch own := value.Owned(t); {
	case e.sort:
		problem = e.sorted(t)
	case own != nil:
		key, v, next := own.From(0)
		for ; !key.IsNil() && problem == ""; key, v, next = own.From(next) {
			problem = e.member(t, key, v, len(e.buf) > before)
		}
	default:
		key, v, _ := value.Next(t, value.Nil)
		for ; !key.IsNil() && problem == ""; key, v, _ = value.Next(t, key) {
			problem = e.member(t, key, v, len(e.buf) > before)
		}
	}
	if problem == "" {
		e.end(len(e.buf) > before, '}')
	}
	return problem
}

// member writes a key and a value of a table.
func (e *encoder) member(t *lua.LTable, key, v value.Value, follows bool) (problem string) {
	e.item(follows)
	switch {
	case key.IsString():
		if problem := e.text(key.Str()); problem != "" {
			return problem
		}
	case key.IsNumber():
		text := value.NumberText(key)
		if !value.GetString(t, text).IsNil() {
			return fmt.Sprintf("an object cannot have both the number %s and the string %q as keys", text, text)
		}
		e.buf = append(e.buf, '"')
		e.buf = append(e.buf, text...)
		e.buf = append(e.buf, '"')
	default:
		return "a table with a " + key.TypeName() + " as key cannot be encoded"
	}
	e.buf = append(e.buf, ':')
	if e.indent != "" {
		e.buf = append(e.buf, ' ')
	}
	if problem = e.value(v); problem != "" {
		e.path = append(e.path, key)
	}
	return problem
}

// sorted writes the entries of a table in the order of their keys as they are written.
func (e *encoder) sorted(t *lua.LTable) (problem string) {
	type entry struct {
		text   string
		key, v value.Value
	}
	var entries []entry
	key, v, _ := value.Next(t, value.Nil)
	for ; !key.IsNil(); key, v, _ = value.Next(t, key) {
		text := ""
		switch {
		case key.IsString():
			text = key.Str()
		case key.IsNumber():
			text = value.NumberText(key)
		}
		entries = append(entries, entry{text, key, v})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.text, b.text) })
	for i, en := range entries {
		if problem = e.member(t, en.key, en.v, i > 0); problem != "" {
			return problem
		}
	}
	return ""
}

// buffers are what texts are written into.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// keptBuffer is the size of the largest buffer that is kept for later use.
const keptBuffer = 4 << 20

// encode writes v into a buffer that is used again, and returns the text as a string of its own.
func (e *encoder) encode(v value.Value) (text, problem string) {
	buffer := buffers.Get().(*[]byte)
	e.buf = (*buffer)[:0]
	if problem = e.value(v); problem == "" {
		text = string(e.buf)
	}
	if cap(e.buf) <= keptBuffer {
		*buffer = e.buf
		buffers.Put(buffer)
	}
	return text, problem
}
