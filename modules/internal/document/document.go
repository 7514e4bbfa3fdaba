// Package document has what the modules for documents share: which Lua tables are arrays, and what stands for null.
package document

import (
	"cmp"
	"fmt"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
)

// MaxDepth is how deep arrays and objects may lie in each other, in both directions.
const MaxDepth = 1000

// What is encoded has limits, because tables that lie in each other several times are written each time: JSON of bytes, the trees
// that libraries write of values.
const (
	MaxBytes  = 256 << 20
	MaxValues = 4_000_000
)

// TooManyValues is the problem with more than MaxValues.
var TooManyValues = fmt.Sprintf("more than %d values are not encoded", MaxValues)

// Null is the Go value of json.null.
type Null struct{}

// IsNull reports whether v is json.null.
func IsNull(v value.Value) bool {
	return v.Kind() == value.KindUserData && v.LUserData().Value == any(Null{})
}

// IsArray reports whether a table has a first element or is empty, unless its metatable says otherwise.
func IsArray(t *lua.LTable) bool {
	if meta, ok := t.Metatable.(*lua.LTable); ok {
		if kind := value.GetString(meta, "__jsontype"); kind.IsString() {
			return kind.Str() == "array"
		}
	}
	if own := value.Owned(t); own != nil {
		if len(own.Arr) > 0 {
			return !own.Arr[0].IsNil()
		}
		key, _, _ := own.From(0)
		return key.IsNil()
	}
	if !value.Get(t, value.Int(1)).IsNil() {
		return true
	}
	key, _, _ := value.Next(t, value.Nil)
	return key.IsNil()
}

// Elements are those of an array, up to the first nil.
func Elements(t *lua.LTable) []value.Value {
	all := make([]value.Value, 0, value.Len(t))
	for i := int64(1); ; i++ {
		v := value.Get(t, value.Int(i))
		if v.IsNil() {
			return all
		}
		all = append(all, v)
	}
}

// Keys are those of a table in a fixed order: numbers, then strings, then the others, which no document can have as keys.
func Keys(t *lua.LTable) []value.Value {
	var keys []value.Value
	for key, _, ok := value.Next(t, value.Nil); ok && !key.IsNil(); key, _, ok = value.Next(t, key) {
		keys = append(keys, key)
	}
	rank := func(v value.Value) int {
		switch {
		case v.IsNumber():
			return 0
		case v.IsString():
			return 1
		}
		return 2
	}
	slices.SortStableFunc(keys, func(a, b value.Value) int {
		if c := cmp.Compare(rank(a), rank(b)); c != 0 {
			return c
		}
		switch {
		case a.IsNumber():
			x, _ := value.ToFloat(a)
			y, _ := value.ToFloat(b)
			return cmp.Compare(x, y)
		case a.IsString():
			return cmp.Compare(a.Str(), b.Str())
		}
		return 0
	})
	return keys
}

// A Path is how a place in a value is reached, for messages: the innermost key first.
type Path []value.Value

// String is such as " at .users[1].name"; "" for the value itself.
func (p Path) String() string {
	if len(p) == 0 {
		return ""
	}
	text := " at "
	for i, key := range slices.Backward(p) {
		if len(p)-i > 8 {
			return text + "..."
		}
		if key.IsString() {
			text += "." + fmt.Sprintf("%.40s", key.Str())
		} else {
			text += "[" + value.NumberText(key) + "]"
		}
	}
	return text
}
