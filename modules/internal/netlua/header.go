package netlua

import (
	"net/http"
	"net/url"
	"strings"

	"silly/luahost"

	lua "github.com/yuin/gopher-lua"
)

// HeaderTable makes the Lua table of header fields: lower-case names; a field that is repeated becomes
// a table of its values.
func HeaderTable(L *lua.LState, header http.Header) *lua.LTable {
	t := L.CreateTable(0, len(header))
	for name, values := range header {
		setValues(L, t, strings.ToLower(name), values)
	}
	return t
}

// QueryTable makes the Lua table of a query string, decoded. Pairs that cannot be decoded are left
// out.
func QueryTable(L *lua.LState, u *url.URL) *lua.LTable {
	values := u.Query()
	t := L.CreateTable(0, len(values))
	for key, values := range values {
		setValues(L, t, key, values)
	}
	return t
}

func setValues(L *lua.LState, t *lua.LTable, key string, values []string) {
	if len(values) == 1 {
		t.RawSetString(key, lua.LString(values[0]))
		return
	}
	list := L.CreateTable(len(values), 0)
	for i, v := range values {
		list.RawSetInt(i+1, lua.LString(v))
	}
	t.RawSetString(key, list)
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
	t.ForEach(func(key, value lua.LValue) {
		name, ok := key.(lua.LString)
		if !ok {
			luahost.ArgumentError(L, n, "header names are strings, got "+key.Type().String())
		}
		canonical := http.CanonicalHeaderKey(string(name))
		list, ok := value.(*lua.LTable)
		if !ok {
			header[canonical] = append(header[canonical], headerValue(L, n, string(name), value))
			return
		}
		for i := 1; i <= list.Len(); i++ {
			header[canonical] = append(header[canonical], headerValue(L, n, string(name), list.RawGetInt(i)))
		}
	})
	return header
}

func headerValue(L *lua.LState, n int, name string, value lua.LValue) string {
	switch v := value.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return v.String()
	}
	luahost.ArgumentError(L, n, "header '"+name+"': string, number or list expected, got "+value.Type().String())
	return ""
}
