// Package json is the Lua module silly.encoding.json: RFC 8259, straight between Lua values and bytes.
package json

import (
	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/luahost"
	"silly/modules/internal/document"
)

// Module is silly.encoding.json.
var Module = luahost.Module{Name: "silly.encoding.json", Open: open}

// Encode is what json.encode(v) returns; problem says what of v cannot be encoded, and where. It calls poll now and then.
func Encode(v value.Value, poll func()) (text, problem string) {
	e := encoder{poll: poll}
	if text, problem = e.encode(v); problem != "" {
		problem += e.path.String()
	}
	return text, problem
}

// Decode is json.decode(text). It calls poll now and then.
func Decode(text string, poll func()) (value.Value, error) {
	d := decoder{src: text, poll: poll}
	return d.document()
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	null := L.NewUserData()
	null.Value = document.Null{}
	meta := L.NewTable()
	meta.RawSetString("__name", lua.LString("json.null"))
	meta.RawSetString("__metatable", lua.LFalse)
	meta.RawSetString("__tostring", env.Function(L, "json.null", func(L *lua.LState) int {
		L.Push(lua.LString("null"))
		return 1
	}))
	null.Metatable = meta
	module := L.NewTable()
	module.RawSetString("null", null)
	env.Install(L, module, "json", map[string]lua.LGFunction{"encode": jsonEncode, "decode": jsonDecode})
	return module
}

// jsonEncode implements json.encode(value [, opts]) -> string. What cannot be encoded raises.
func jsonEncode(L *lua.LState) int {
	call := vm.CallOf(L)
	opts := luahost.OptFields(L, 2)
	opts.Only("indent", "sort")
	e := encoder{indent: opts.String("indent", ""), sort: opts.Bool("sort", false), poll: call.Poll}
	text, problem := e.encode(call.Arg(1))
	if problem != "" {
		luahost.ArgumentError(L, 1, problem+e.path.String())
	}
	L.Push(lua.LString(text))
	return 1
}

// jsonDecode implements json.decode(text [, opts]) -> value, position behind it | nil, err.
func jsonDecode(L *lua.LState) int {
	text := luahost.CheckString(L, 1)
	opts := luahost.OptFields(L, 2)
	opts.Only("null", "bigint")
	d := decoder{src: text, poll: vm.CallOf(L).Poll}
	if opts.Has("null") {
		d.null = value.Import(opts.Get("null"))
	}
	switch bigint := opts.String("bigint", "float"); bigint {
	case "float":
	case "string":
		d.bigAsString = true
	default:
		luahost.ArgumentError(L, 2, "field 'bigint': 'float' or 'string' expected, got '"+bigint+"'")
	}
	v, err := d.document()
	if err != nil {
		return luahost.PushError(L, err)
	}
	L.Push(value.Hold(v))
	L.Push(lua.LNumber(len(text) + 1))
	return 2
}
