// Package layout makes text of Lua values, for people: tables laid out in lines, bounded, and harmless to a terminal.
package layout

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/visible"
)

// How much of a value is shown.
const (
	maxDepth   = 6        // tables in each other
	maxEntries = 100      // of one table
	maxNodes   = 1000     // values, of all that one input returns
	maxBytes   = 64 << 10 // of their strings
	maxString  = 2000     // bytes of one string
	maxScanned = 10_000   // keys of one table that are looked at
	indent     = "  "     // of each level
)

// A layouter makes text of values. It runs in the task whose values they are.
type layouter struct {
	call  vm.Call
	width int // columns of the terminal
	nodes int // values so far
	bytes int // of their strings
	open  []value.Value
	exact bool // floats that differ have other texts
}

// A node is a value that was looked at.
type node struct {
	key     string // with " = ", if it has one
	text    string // of a value that is no table, or what stands before the braces
	table   bool
	entries []*node
}

// Values is the text of what a call has as its arguments: values beside each other if they fit into so many columns, or one below
// the other. It ends with a newline if there are any.
func Values(c vm.Call, width int) string {
	l := layouter{call: c, width: width}
	if c.Len() == 0 {
		return ""
	}
	texts := make([]string, c.Len())
	separator, total := "\t", 0
	for i := range texts {
		texts[i] = l.render(l.node(c.Any(i+1)), 0, 0)
		total += utf8.RuneCountInString(texts[i]) + len("        ")
		if strings.Contains(texts[i], "\n") {
			total = math.MaxInt32
		}
		if total > width {
			separator = "\n"
		}
	}
	return strings.Join(texts, separator) + "\n"
}

// Value is the text of one value, in so many columns. Floats have all their digits. c is a call of the task that has it.
func Value(c vm.Call, v value.Value, width int) string {
	l := layouter{call: c, width: width, exact: true}
	return l.render(l.node(v), 0, 0)
}

// node looks at a value.
func (l *layouter) node(v value.Value) *node {
	l.nodes++
	switch v.Kind() {
	case value.KindNil:
		return &node{text: "nil"}
	case value.KindFalse, value.KindTrue:
		return &node{text: strconv.FormatBool(v.Kind() == value.KindTrue)}
	case value.KindInt, value.KindFloat:
		return &node{text: l.number(v)}
	case value.KindString:
		return &node{text: l.quoted(v.Str())}
	case value.KindTable:
		return l.tableNode(v)
	case value.KindFunction, value.KindNative, value.KindForeign:
		return &node{text: function(v)}
	}
	return &node{text: "<" + l.described(v) + ">"}
}

// number is the text of a number.
func (l *layouter) number(v value.Value) string {
	text := value.NumberText(v)
	if !l.exact || !v.IsFloat() {
		return text
	}
	f := v.AsFloat()
	if same, err := strconv.ParseFloat(text, 64); err != nil || same == f {
		return text
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// described is what tostring makes of a value, or what it would make if that did not fail.
func (l *layouter) described(v value.Value) string {
	if text, ok := l.call.Thread().TryToString(v); ok {
		return l.cut(oneLine(visible.Text(text)))
	}
	return v.TypeName()
}

// function is a function as it is shown: where it is from.
func function(v value.Value) string {
	fn := v.LFunction()
	if v.Kind() == value.KindFunction {
		p := (*vm.Function)(v.P).Proto
		return "<function " + visible.Text(p.Chunk) + ":" + strconv.Itoa(p.Line) + ">"
	}
	if name := vm.FunctionName(fn); name != "" {
		return "<function " + visible.Text(name) + ">"
	}
	return "<function>"
}

// tableNode looks at a table.
func (l *layouter) tableNode(v value.Value) *node {
	n := &node{table: true}
	t := v.LTable()
	special := !l.call.VM().MetaField(v, "__tostring").IsNil()
	switch {
	case special:
		n.text = "<" + l.described(v) + ">"
	case !l.call.VM().MetaField(v, "__name").IsNil():
		if name := l.call.VM().MetaField(v, "__name"); name.IsString() {
			n.text = "<" + l.cut(oneLine(visible.Text(name.Str()))) + ">"
		}
	}
	first, _, _ := value.Next(t, value.Nil)
	switch {
	case special && (first.IsNil() || len(l.open) > 0):
		n.table = false
	case slices.Contains(l.open, v):
		n.table, n.text = false, "<cycle>"
	case first.IsNil():
	case len(l.open) >= maxDepth || l.full():
		n.entries = []*node{{text: "..."}}
	default:
		l.open = append(l.open, v)
		l.fill(n, v)
		l.open = l.open[:len(l.open)-1]
	}
	return n
}

// full reports whether nothing more is to be shown.
func (l *layouter) full() bool { return l.nodes >= maxNodes || l.bytes >= maxBytes }

// fill looks at the entries of a table.
func (l *layouter) fill(n *node, v value.Value) {
	t := v.LTable()
	length := value.Len(t)
	shown := int64(0)
	for ; shown < length && shown < maxEntries && !l.full(); shown++ {
		n.entries = append(n.entries, l.node(value.Get(t, value.Int(shown+1))))
	}
	if shown < length {
		n.entries = append(n.entries, &node{text: fmt.Sprintf("... %d more", length-shown)})
	}
	keys, all := otherKeys(t, length)
	slices.SortFunc(keys, CompareKeys)
	for i, k := range keys {
		if i == maxEntries || l.full() {
			all = false
			break
		}
		e := l.node(value.Get(t, k))
		e.key = l.key(k) + " = "
		n.entries = append(n.entries, e)
	}
	if !all {
		n.entries = append(n.entries, &node{text: "..."})
	}
}

// otherKeys are the keys of a table but those from 1 to length; all is false when there are too many to look at.
func otherKeys(t *lua.LTable, length int64) (keys []value.Value, all bool) {
	k, _, ok := value.Next(t, value.Nil)
	for range maxScanned {
		if !ok || k.IsNil() {
			return keys, true
		}
		if !k.IsInt() || k.AsInt() < 1 || k.AsInt() > length {
			keys = append(keys, k)
		}
		k, _, ok = value.Next(t, k)
	}
	return keys, false
}

// CompareKeys orders keys: numbers, strings, and then others as they come.
func CompareKeys(a, b value.Value) int {
	rank := func(v value.Value) int {
		switch {
		case v.IsNumber():
			return 0
		case v.IsString():
			return 1
		}
		return 2
	}
	switch {
	case rank(a) != rank(b):
		return cmp.Compare(rank(a), rank(b))
	case a.IsString():
		return cmp.Compare(a.Str(), b.Str())
	case a.IsNumber() && value.LessNumber(a, b):
		return -1
	case a.IsNumber() && value.LessNumber(b, a):
		return 1
	}
	return 0
}

// key is a key as a constructor has it.
func (l *layouter) key(k value.Value) string {
	if k.IsString() && IsName(k.Str()) {
		l.bytes += len(k.Str())
		return k.Str()
	}
	if k.IsTable() {
		return "[<table>]"
	}
	return "[" + l.node(k).text + "]"
}

// cut is a text, or its beginning.
func (l *layouter) cut(text string) string {
	most := max(min(maxString, maxBytes-l.bytes), 40)
	if len(text) <= most {
		l.bytes += len(text)
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	l.bytes += most
	return text[:most] + "..."
}

// oneLine is text with its newlines and tabs as escapes.
func oneLine(text string) string { return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(text) }

// quoted is a string as a Lua literal of one line; of a long one the beginning, and how long it is.
func (l *layouter) quoted(s string) string {
	most := max(min(maxString, maxBytes-l.bytes), 40)
	if len(s) <= most {
		l.bytes += len(s)
		return quote(s)
	}
	cut := most
	for cut > most-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
		cut--
	}
	l.bytes += cut
	return fmt.Sprintf("%s... (%d bytes)", quote(s[:cut]), len(s))
}

// quote is a string as a Lua literal that is harmless to a terminal.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == utf8.RuneError && size == 1, r < utf8.RuneSelf && visible.Hidden(r):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case visible.Hidden(r):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	b.WriteByte('"')
	return b.String()
}

// render is the text of a node whose first line begins at a column, and whose further lines are so many levels deep.
func (l *layouter) render(n *node, column, level int) string {
	if line, ok := n.line(l.width - column - 1); ok {
		return line
	}
	var b strings.Builder
	b.WriteString(n.opening())
	inner := strings.Repeat(indent, level+1)
	room := 0 // for more values in the line
	for i, e := range n.entries {
		line, short := e.line(l.width / 4)
		short = short && !e.table && e.key == ""
		switch {
		case short && i > 0 && room > len(line)+2:
			b.WriteString(" " + line)
			room -= 1 + utf8.RuneCountInString(line)
		default:
			b.WriteString("\n" + inner + e.key + l.render(e, len(inner)+utf8.RuneCountInString(e.key), level+1))
			room = 0
			if short {
				room = l.width - len(inner) - utf8.RuneCountInString(line) - 1
			}
		}
		if i < len(n.entries)-1 {
			b.WriteByte(',')
			room--
		}
	}
	b.WriteString("\n" + strings.Repeat(indent, level) + "}")
	return b.String()
}

// opening is what a table begins with.
func (n *node) opening() string {
	if n.text != "" {
		return n.text + " {"
	}
	return "{"
}

// line is a node in one line, without its key, if that is at most so many columns long, or if it is no table.
func (n *node) line(most int) (text string, ok bool) {
	if !n.table {
		return n.text, true
	}
	var b strings.Builder
	b.WriteString(n.opening())
	for i, e := range n.entries {
		if i > 0 {
			b.WriteString(", ")
		}
		line, ok := e.line(most)
		if !ok || b.Len() > most+len(n.text) && utf8.RuneCountInString(b.String()) > most {
			return "", false
		}
		b.WriteString(e.key + line)
	}
	b.WriteByte('}')
	if utf8.RuneCountInString(b.String()) > most {
		return "", false
	}
	return b.String(), true
}

// IsName reports whether a string can stand behind a dot.
func IsName(s string) bool {
	for i, c := range []byte(s) {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && !slices.Contains(Keywords[:], s)
}

// Keywords are those of Lua.
var Keywords = [...]string{
	"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil", "not",
	"or", "repeat", "return", "then", "true", "until", "while",
}
