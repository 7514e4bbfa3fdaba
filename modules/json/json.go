// Package json is the Lua module silly.encoding.json: RFC 8259, straight between Lua values and bytes.
package json

import (
	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/luahost"
)

// Module is silly.encoding.json.
var Module = luahost.Module{Name: "silly.encoding.json", Open: open}

// maxDepth is how deep arrays and objects may lie in each other, in both directions.
const maxDepth = 1000

// binding is the module's state in one host.
type binding struct {
	null value.Value // json.null
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	null := L.NewUserData()
	meta := L.NewTable()
	meta.RawSetString("__name", lua.LString("json.null"))
	meta.RawSetString("__metatable", lua.LFalse)
	meta.RawSetString("__tostring", env.Function(L, "json.null", func(L *lua.LState) int {
		L.Push(lua.LString("null"))
		return 1
	}))
	null.Metatable = meta
	b := &binding{null: value.Import(null)}
	module := L.NewTable()
	module.RawSetString("null", null)
	env.Install(L, module, "json", map[string]lua.LGFunction{"encode": b.jsonEncode, "decode": b.jsonDecode})
	return module
}

// jsonEncode implements json.encode(value [, opts]) -> string. What cannot be encoded raises.
func (b *binding) jsonEncode(L *lua.LState) int {
	call := vm.CallOf(L)
	opts := luahost.OptFields(L, 2)
	opts.Only("indent", "sort")
	e := encoder{null: b.null, indent: opts.String("indent", ""), sort: opts.Bool("sort", false), poll: call.Poll}
	text, problem := e.encode(call.Arg(1))
	if problem != "" {
		luahost.ArgumentError(L, 1, problem+e.where())
	}
	L.Push(lua.LString(text))
	return 1
}

// jsonDecode implements json.decode(text [, opts]) -> value, position behind it | nil, err.
func (b *binding) jsonDecode(L *lua.LState) int {
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
