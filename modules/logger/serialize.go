package logger

import (
	"math"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/luahost"
)

const (
	// maxDepth is how many tables in each other are written.
	maxDepth = 5
	// maxMessage is where a message is cut off, in bytes: tables that share parts could be written for ever.
	maxMessage = 1 << 20
)

// A writer writes values as messages of the log.
type writer struct {
	call vm.Call
	buf  []byte
}

// full reports whether nothing more is written.
func (w *writer) full() bool { return len(w.buf) > maxMessage }

// text is what was written, cut off if it is too much.
func (w *writer) text() string {
	if w.full() {
		return string(w.buf[:maxMessage]) + "..."
	}
	return string(w.buf)
}

// value writes a value at a depth of tables.
func (w *writer) value(v value.Value, depth int) {
	switch v.Kind() {
	case value.KindString:
		s := v.Str()
		w.buf = append(w.buf, s[:min(len(s), maxMessage+1)]...)
	case value.KindInt, value.KindFloat:
		w.buf = append(w.buf, value.NumberText(v)...)
	case value.KindNil:
		w.buf = append(w.buf, "nil"...)
	case value.KindFalse:
		w.buf = append(w.buf, "false"...)
	case value.KindTrue:
		w.buf = append(w.buf, "true"...)
	case value.KindTable:
		if luahost.ValueOf(value.Hold(v)) == nil {
			w.table(v, depth+1)
			return
		}
		fallthrough // a socket, say
	default:
		w.buf = append(w.buf, w.call.VM().Text(v)...)
	}
}

// table writes a table: {key=value, [1]=value}.
func (w *writer) table(v value.Value, depth int) {
	t := v.LTable()
	key, element, _ := value.Next(t, value.Nil)
	if depth > maxDepth && !key.IsNil() {
		w.buf = append(w.buf, "{...}"...)
		return
	}
	w.buf = append(w.buf, '{')
	for first := true; !key.IsNil() && !w.full(); key, element, _ = value.Next(t, key) {
		w.call.Poll()
		if !first {
			w.buf = append(w.buf, ", "...)
		}
		first = false
		if key.IsString() {
			w.value(key, depth)
		} else {
			w.buf = append(w.buf, '[')
			w.value(key, math.MaxInt-1) // of a table that is a key only that it is one
			w.buf = append(w.buf, ']')
		}
		w.buf = append(w.buf, '=')
		w.value(element, depth)
	}
	w.buf = append(w.buf, '}')
}

// arguments writes the arguments from number n on, with spaces between them.
func (w *writer) arguments(n int) {
	for i := n; i <= w.call.Len() && !w.full(); i++ {
		if i > n {
			w.buf = append(w.buf, ' ')
		}
		w.value(w.call.Arg(i), 0)
	}
}

// format writes argument 1 with the others in the places of "%s".
func (w *writer) format() {
	format := w.call.Str(1)
	argument := 1
	for i := 0; i < len(format) && !w.full(); i++ {
		c := format[i]
		if c != '%' {
			w.buf = append(w.buf, c)
			continue
		}
		i++
		switch {
		case i == len(format):
			w.call.Raise("%s", "invalid option '%' to 'format', only support '%s'")
		case format[i] == '%':
			w.buf = append(w.buf, '%')
		case format[i] == 's':
			argument++
			w.value(w.call.Any(argument), 0)
		default:
			w.call.Raise("invalid option '%%%s' to 'format', only support '%%s'", string(format[i]))
		}
	}
}
