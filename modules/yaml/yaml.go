// Package yaml is the Lua module silly.encoding.yaml: YAML 1.2's data, as package yaml reads it.
package yaml

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"go.yaml.in/yaml/v3"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/luahost"
)

// Module is silly.encoding.yaml.
var Module = luahost.Module{Name: "silly.encoding.yaml", Open: open}

const (
	// maxText is the most that is decoded, in bytes.
	maxText = 16 << 20
	// inlineText is what is decoded without letting others run.
	inlineText = 16 << 10
)

// binding is the module's state in one host.
type binding struct{ env *luahost.Env }

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := binding{env}
	module := L.NewTable()
	env.Install(L, module, "yaml", map[string]lua.LGFunction{
		"encode":    yamlEncode,
		"decode":    b.yamlDecode,
		"decodeall": b.yamlDecodeAll,
	})
	return module
}

// yamlDecode implements yaml.decode(text [, opts]) -> value | nil, err. It suspends for long texts.
func (b binding) yamlDecode(L *lua.LState) int {
	values, err := b.decode(L, "yaml.decode")
	switch {
	case err != nil:
		return luahost.PushError(L, err)
	case len(values) > 1:
		return luahost.PushError(L, fmt.Errorf("%d documents, and one is expected", len(values)))
	case len(values) == 0:
		L.Push(lua.LNil)
		return 1
	}
	L.Push(value.Hold(values[0]))
	return 1
}

// yamlDecodeAll implements yaml.decodeall(text [, opts]) -> list | nil, err. It suspends for long texts.
func (b binding) yamlDecodeAll(L *lua.LState) int {
	values, err := b.decode(L, "yaml.decodeall")
	if err != nil {
		return luahost.PushError(L, err)
	}
	list := value.NewTable(len(values), 0)
	for i, v := range values {
		list.SetInt(int64(i+1), v)
	}
	L.Push(value.Hold(list.Value()))
	return 1
}

// decode decodes the documents of argument 1.
func (b binding) decode(L *lua.LState, waitsFor string) ([]value.Value, error) {
	text := luahost.CheckString(L, 1)
	opts := luahost.OptFields(L, 2)
	opts.Only("null")
	null := value.Nil
	if opts.Has("null") {
		null = value.Import(opts.Get("null"))
	}
	if len(text) > maxText {
		return nil, fmt.Errorf("text is longer than %d bytes", maxText)
	}
	var documents []*yaml.Node
	var err error
	b.env.Compute(L, len(text) > inlineText, waitsFor, func() { documents, err = parse(text) })
	if err != nil {
		return nil, err
	}
	values := make([]value.Value, len(documents))
	for i, document := range documents {
		d := decoder{null: null, poll: vm.CallOf(L).Poll, made: make(map[*yaml.Node]value.Value)}
		if values[i], err = d.value(document); err != nil {
			return nil, err
		}
	}
	return values, nil
}
