package netlua

import (
	"strings"

	"silly/internal/lua/value"
)

// QueryTable makes a table of a query string, parsed as the URL standard says for
// application/x-www-form-urlencoded (https://url.spec.whatwg.org/#urlencoded-parsing); a repeated name has a list of
// its values. Names and values stay bytes: Lua's strings are, and a replacement character would lose what was sent.
func QueryTable(query string) *value.Table {
	t := value.NewTable(0, 0)
	var repeated map[string]*value.Table
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, text, _ := strings.Cut(pair, "=")
		name = decodeForm(name)
		key, val := value.String(name), value.String(decodeForm(text))
		first := t.Get(key)
		if first.IsNil() {
			t.Set(key, val)
			continue
		}
		list := repeated[name]
		if list == nil {
			if repeated == nil {
				repeated = make(map[string]*value.Table)
			}
			list = value.NewTable(2, 0)
			list.SetInt(1, first)
			t.Set(key, list.Value())
			repeated[name] = list
		}
		list.SetInt(list.Len()+1, val)
	}
	return t
}

// decodeForm decodes "+" and percent escapes. A "%" that begins no escape stays.
func decodeForm(s string) string {
	if !strings.ContainsAny(s, "+%") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			b.WriteByte(' ')
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// unhex returns the value of a hexadecimal digit.
func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}
