package topic

import (
	"fmt"

	"silly/luahost"
	"silly/luahost/backplane"

	lua "github.com/yuin/gopher-lua"
)

// readHeader reads opts.header, a table of strings by name; numbers will do for strings.
func readHeader(L *lua.LState, opts luahost.Fields) (header map[string]string, err error) {
	table, ok := opts.Get("header").(*lua.LTable)
	if !ok {
		if opts.Has("header") {
			opts.Wrong("header", "table")
		}
		return nil, nil
	}
	size := 0
	header = make(map[string]string)
	table.ForEach(func(key, v lua.LValue) {
		name, ok := key.(lua.LString)
		if !ok || name == "" {
			luahost.ArgumentError(L, opts.Arg, "field 'header': names are strings")
		}
		text, ok := v.(lua.LString)
		if number, isNumber := v.(lua.LNumber); isNumber {
			text, ok = lua.LString(number.String()), true
		}
		if !ok {
			luahost.ArgumentError(L, opts.Arg, fmt.Sprintf("field 'header': '%s' is a %s, not a string", string(name), v.Type()))
		}
		size += len(name) + len(text)
		header[string(name)] = string(text)
	})
	if len(header) > backplane.MaxHeader || size > backplane.MaxHeaderBytes {
		return nil, fmt.Errorf("a header has at most %d fields and %d bytes, this one has %d and %d", backplane.MaxHeader, backplane.MaxHeaderBytes, len(header), size)
	}
	return header, nil
}
