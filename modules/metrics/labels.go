package metrics

import (
	"slices"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// validName reports whether Prometheus takes a name of a metric.
func validName(name string) bool {
	for i := range len(name) {
		if c := name[i]; !nameByte(c, i > 0) && c != ':' {
			return false
		}
	}
	return name != ""
}

// validLabelName reports whether Prometheus takes a name of a label; those that begin with two underscores are its own.
func validLabelName(name string) bool {
	for i := range len(name) {
		if !nameByte(name[i], i > 0) {
			return false
		}
	}
	return name != "" && !strings.HasPrefix(name, "__")
}

// nameByte reports whether a byte may be in a name of a metric or a label: a digit only behind others.
func nameByte(c byte, behind bool) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || behind && '0' <= c && c <= '9'
}

// appendLabel appends name="value".
func appendLabel(out []byte, name, text string) []byte {
	out = append(out, name...)
	out = append(out, `="`...)
	out = appendEscaped(out, text, true)
	return append(out, '"')
}

// appendEscaped appends the text of a label's value or, without quotes, of a help. What is not UTF-8 is replaced: a
// reader would refuse all of the text otherwise.
func appendEscaped(out []byte, text string, quotes bool) []byte {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\ufffd")
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\\':
			out = append(out, `\\`...)
		case c == '\n':
			out = append(out, `\n`...)
		case c == '"' && quotes:
			out = append(out, `\"`...)
		default:
			out = append(out, c)
		}
	}
	return out
}

// splitLabels reads labels as appendLabel writes them, with commas between them, and returns their names, each of which
// is there once; ok is false for anything else.
func splitLabels(text string) (names []string, ok bool) {
	if text == "" {
		return nil, true
	}
	if !utf8.ValidString(text) {
		return nil, false
	}
	for {
		name, rest, found := strings.Cut(text, `="`)
		if !found || !validLabelName(name) || slices.Contains(names, name) {
			return nil, false
		}
		names = append(names, name)
		end := closingQuote(rest)
		if end < 0 {
			return nil, false
		}
		if text = rest[end+1:]; text == "" {
			return names, true
		}
		if text, ok = strings.CutPrefix(text, ","); !ok {
			return nil, false
		}
	}
}

// closingQuote is where a value ends that began in front of text, or -1 when it does not, or has an escape that there
// is not.
func closingQuote(text string) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i
		case '\n':
			return -1
		case '\\':
			i++
			if i == len(text) || text[i] != '\\' && text[i] != '"' && text[i] != 'n' {
				return -1
			}
		}
	}
	return -1
}

// maxLabelValue is how many bytes of a label's value count: values often come from strangers.
const maxLabelValue = 256

// labelKey is a label's value, the argument at, as a key of a cache: a string or an integer. What is longer than
// maxLabelValue is cut off.
func labelKey(c vm.Call, v value.Value, at int) value.Value {
	switch {
	case v.IsInt():
	case v.IsFloat():
		return value.String(value.NumberText(v))
	case !v.IsString():
		c.ArgError(at, "label value that is a string or a number expected, got "+v.TypeName())
	case len(v.Str()) > maxLabelValue:
		return value.String(beginning(v.Str()))
	}
	return v
}

// beginning is what counts of a longer text. A character is not cut in two.
func beginning(text string) string {
	end := maxLabelValue
	for end > maxLabelValue-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// labelsKey implements labels.key(cache, names, values) -> string.
func labelsKey(c vm.Call) int {
	cache, names, values := c.Table(1), c.Table(2), c.Table(3)
	n := value.Len(names)
	if value.Len(values) != n {
		c.Raise("%s expected, got %d", labelValues(n), value.Len(values))
	}
	valueAt := func(i int64) value.Value { return labelKey(c, value.Get(values, value.Int(i)), 3) }
	return c.Return(compose(c, cache, names, valueAt, always))
}

// always is room for everything.
func always() bool { return true }

// compose is the text of labels, which the cache keeps: a table in a table for each value but the last. valueAt is a
// label's value, from labelKey. Without room the cache gets nothing new, and nil stands for what it does not have; room is asked
// only for that.
func compose(c vm.Call, cache, names *lua.LTable, valueAt func(i int64) value.Value, room func() bool) value.Value {
	n := value.Len(names)
	for i := int64(1); i <= n; i++ {
		v := valueAt(i)
		found := value.Get(cache, v)
		switch {
		case i == n && found.IsString():
			return found
		case found.IsNil() && !room():
			return value.Nil
		case i == n:
			made := value.String(string(composed(c, names, n, valueAt))).Hashed()
			value.Set(cache, v, made)
			return made
		case found.IsNil():
			next := value.NewTable(0, 1)
			value.Set(cache, v, next.Value())
			found = next.Value()
		case !found.IsTable():
			c.Raise("the cache is one of other labels")
		}
		cache = found.LTable()
	}
	return value.String("")
}

// composed writes labels.
func composed(c vm.Call, names *lua.LTable, n int64, valueAt func(i int64) value.Value) []byte {
	var out []byte
	for i := int64(1); i <= n; i++ {
		if i > 1 {
			out = append(out, ',')
		}
		name := value.Get(names, value.Int(i))
		if !name.IsString() {
			c.Raise("name %d of the labels is a %s, not a string", i, name.TypeName())
		}
		v := valueAt(i)
		text := value.NumberText(v)
		if v.IsString() {
			text = v.Str()
		}
		out = appendLabel(out, name.Str(), text)
	}
	return out
}
