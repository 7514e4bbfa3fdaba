package luahost

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"silly/internal/lua/value"
	"silly/internal/spelling"

	lua "github.com/yuin/gopher-lua"
)

// Fields reads the named options in a table argument. A value of the wrong type raises an argument
// error that names the option.
type Fields struct {
	L     *lua.LState
	Arg   int         // number of the argument, for messages
	Table *lua.LTable // nil when the argument was absent: every option has its default
}

// CheckFields returns the options in argument n, a table.
func CheckFields(L *lua.LState, n int) Fields { return Fields{L, n, CheckTable(L, n)} }

// OptFields returns the options in argument n, which may be absent.
func OptFields(L *lua.LState, n int) Fields { return Fields{L, n, OptTable(L, n)} }

// Only raises an error when there is an option that is not among the known ones: it is most likely
// mistyped.
func (f Fields) Only(known ...string) {
	if f.Table == nil {
		return
	}
	f.Table.ForEach(func(key, _ lua.LValue) {
		name, ok := key.(lua.LString)
		if ok && slices.Contains(known, string(name)) {
			return
		}
		hint := "known are " + strings.Join(known, ", ")
		for _, k := range known {
			if ok && spelling.Distance(k, string(name)) <= 2 {
				hint = "did you mean '" + k + "'?"
			}
		}
		ArgumentError(f.L, f.Arg, fmt.Sprintf("unknown option '%s', %s", text(f.L, key), hint))
	})
}

// Get returns an option as it is, LNil when absent.
func (f Fields) Get(name string) lua.LValue {
	if f.Table == nil {
		return lua.LNil
	}
	return f.Table.RawGetString(name)
}

// Has reports whether the option is given.
func (f Fields) Has(name string) bool { return f.Get(name) != lua.LNil }

// Wrong raises the error for an option of the wrong type.
func (f Fields) Wrong(name, expected string) {
	ArgumentError(f.L, f.Arg, fmt.Sprintf("field '%s': %s expected, got %s", name, expected, TypeName(f.L, f.Get(name))))
}

// String returns a string option.
func (f Fields) String(name, otherwise string) string {
	switch v := f.Get(name).(type) {
	case *lua.LNilType:
		return otherwise
	case lua.LString:
		return string(v)
	}
	f.Wrong(name, "string")
	return ""
}

// Bool returns a boolean option.
func (f Fields) Bool(name string, otherwise bool) bool {
	switch v := f.Get(name).(type) {
	case *lua.LNilType:
		return otherwise
	case lua.LBool:
		return bool(v)
	}
	f.Wrong(name, "boolean")
	return false
}

// Integer returns a whole number that is not negative.
func (f Fields) Integer(name string, otherwise int64) int64 {
	v := f.Get(name)
	if v == lua.LNil {
		return otherwise
	}
	if v.Type() != lua.LTNumber {
		f.Wrong(name, "integer")
	}
	n, ok := value.ToInt(value.Import(v))
	if !ok || n < 0 {
		ArgumentError(f.L, f.Arg, fmt.Sprintf("field '%s': integer of at least 0 expected, got %s", name, text(f.L, v)))
	}
	return n
}

// Milliseconds returns a time in milliseconds.
func (f Fields) Milliseconds(name string, otherwise time.Duration) time.Duration {
	v := f.Get(name)
	if v == lua.LNil {
		return otherwise
	}
	if v.Type() != lua.LTNumber {
		f.Wrong(name, "number of milliseconds")
	}
	n, _ := value.ToFloat(value.Import(v))
	expected := ""
	switch {
	case !isFinite(n):
		expected = "finite number"
	case n < 0:
		expected = "milliseconds of at least 0"
	}
	if expected != "" {
		ArgumentError(f.L, f.Arg, fmt.Sprintf("field '%s': %s expected, got %s", name, expected, text(f.L, v)))
	}
	return time.Duration(min(n, maxMilliseconds) * float64(time.Millisecond))
}

// Function returns a function option, nil when absent.
func (f Fields) Function(name string) *lua.LFunction {
	switch v := f.Get(name).(type) {
	case *lua.LNilType:
		return nil
	case *lua.LFunction:
		return v
	}
	f.Wrong(name, "function")
	return nil
}

// Strings returns a list of strings, nil when absent.
func (f Fields) Strings(name string) []string {
	v := f.Get(name)
	if v == lua.LNil {
		return nil
	}
	list, ok := v.(*lua.LTable)
	if !ok {
		f.Wrong(name, "list of strings")
	}
	return stringList(f.L, f.Arg, "field '"+name+"': ", list)
}

// OptStrings returns argument n, a list of strings, nil when absent.
func OptStrings(L *lua.LState, n int) []string {
	list := OptTable(L, n)
	if list == nil {
		return nil
	}
	return stringList(L, n, "", list)
}

// stringList reads a list in argument n; what begins the message when it is not one of strings.
func stringList(L *lua.LState, n int, what string, list *lua.LTable) []string {
	values := make([]string, 0, list.Len())
	for i := 1; i <= list.Len(); i++ {
		s, ok := list.RawGetInt(i).(lua.LString)
		if !ok {
			ArgumentError(L, n, fmt.Sprintf("%sitem %d: string expected, got %s", what, i, TypeName(L, list.RawGetInt(i))))
		}
		values = append(values, string(s))
	}
	return values
}

// Tables returns a list of tables as options of their own, nil when absent.
func (f Fields) Tables(name string) []Fields {
	v := f.Get(name)
	if v == lua.LNil {
		return nil
	}
	list, ok := v.(*lua.LTable)
	if !ok {
		f.Wrong(name, "list of tables")
	}
	tables := make([]Fields, 0, list.Len())
	for i := 1; i <= list.Len(); i++ {
		t, ok := list.RawGetInt(i).(*lua.LTable)
		if !ok {
			ArgumentError(f.L, f.Arg, fmt.Sprintf("field '%s': item %d: table expected, got %s", name, i, TypeName(f.L, list.RawGetInt(i))))
		}
		tables = append(tables, Fields{f.L, f.Arg, t})
	}
	return tables
}
