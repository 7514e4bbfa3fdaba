package netlua

import (
	"net/http"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/httpfield"
	"silly/internal/lua/value"
	"silly/luahost"
)

// HeaderTable makes the Lua table of header fields: lower-case names; a field that is repeated becomes
// a table of its values. The table is for scripts: Go code that puts it into a table of gopher-lua's must use
// value.Export.
func HeaderTable(header http.Header) *value.Table {
	t := value.NewTable(0, len(header))
	for name, values := range header {
		setValues(t, strings.ToLower(name), values)
	}
	return t
}

func setValues(t *value.Table, key string, values []string) {
	if len(values) == 1 {
		t.Set(value.String(key), value.String(values[0]))
		return
	}
	list := value.NewTable(len(values), 0)
	for i, v := range values {
		list.SetInt(int64(i)+1, value.String(v))
	}
	t.Set(value.String(key), list.Value())
}

// OptHeader reads argument n, a table of header fields or nil: values are strings, numbers, or lists of
// them. The script's table is not modified.
func OptHeader(L *lua.LState, n int) http.Header {
	t := luahost.OptTable(L, n)
	if t == nil {
		return nil
	}
	return header(L, n, t)
}

// OptFields is OptHeader as a list, which is appended to fields.
func OptFields(L *lua.LState, n int, fields []httpfield.Field) []httpfield.Field {
	t := luahost.OptTable(L, n)
	if t == nil {
		return fields
	}
	eachField(L, n, t, func(name, value string) { fields = append(fields, httpfield.Field{Name: name, Value: value}) })
	return fields
}

// HeaderField reads an option that is such a table.
func HeaderField(opts luahost.Fields, name string) http.Header {
	switch v := opts.Get(name).(type) {
	case *lua.LNilType:
	case *lua.LTable:
		return header(opts.L, opts.Arg, v)
	default:
		opts.Wrong(name, "table")
	}
	return nil
}

// header reads a table of header fields in argument n.
func header(L *lua.LState, n int, t *lua.LTable) http.Header {
	header := make(http.Header)
	eachField(L, n, t, func(name, value string) {
		canonical := http.CanonicalHeaderKey(name)
		header[canonical] = append(header[canonical], value)
	})
	return header
}

// eachField calls f with the fields in a table of them in argument n.
func eachField(L *lua.LState, n int, t *lua.LTable, f func(name, value string)) {
	t.ForEach(func(key, value lua.LValue) {
		name, ok := key.(lua.LString)
		if !ok {
			luahost.ArgumentError(L, n, "header names are strings, got "+luahost.TypeName(L, key))
		}
		list, ok := value.(*lua.LTable)
		if !ok {
			f(string(name), headerValue(L, n, string(name), value))
			return
		}
		for i := 1; i <= list.Len(); i++ {
			f(string(name), headerValue(L, n, string(name), list.RawGetInt(i)))
		}
	})
}

func headerValue(L *lua.LState, n int, name string, lv lua.LValue) string {
	switch v := value.Import(lv); {
	case v.IsString():
		return v.Str()
	case v.IsNumber():
		return value.NumberText(v)
	}
	luahost.ArgumentError(L, n, "header '"+name+"': string, number or list expected, got "+luahost.TypeName(L, lv))
	return ""
}
