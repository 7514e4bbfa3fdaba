// Package toml is the Lua module silly.encoding.toml: TOML 1.0.
package toml

import (
	"errors"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"github.com/pelletier/go-toml/v2"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/luahost"
	"silly/modules/internal/document"
)

// Module is silly.encoding.toml.
var Module = luahost.Module{Name: "silly.encoding.toml", Open: open}

const (
	// maxText is the most that is decoded, in bytes: the parser takes a second for it at the worst.
	maxText = 512 << 10
	// inlineText is what is decoded without letting others run.
	inlineText = 8 << 10
)

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	module := L.NewTable()
	env.Install(L, module, "toml", map[string]lua.LGFunction{
		"encode": tomlEncode,
		"decode": func(L *lua.LState) int { return tomlDecode(env, L) },
	})
	return module
}

// tomlDecode implements toml.decode(text) -> table | nil, err. It suspends for long texts.
func tomlDecode(env *luahost.Env, L *lua.LState) int {
	text := luahost.CheckString(L, 1)
	if len(text) > maxText {
		return luahost.PushError(L, fmt.Errorf("text is longer than %d bytes", maxText))
	}
	var tree map[string]any
	var err error
	env.Compute(L, len(text) > inlineText, "toml.decode", func() { err = toml.Unmarshal([]byte(text), &tree) })
	if err != nil {
		return luahost.PushError(L, problem(err))
	}
	L.Push(value.Hold(fromTree(tree)))
	return 1
}

// problem is an error of the parser with its place.
func problem(err error) error {
	var at *toml.DecodeError
	if !errors.As(err, &at) {
		return err
	}
	line, column := at.Position()
	text := at.Error()
	if len(text) > 6 && text[:6] == "toml: " {
		text = text[6:]
	}
	return fmt.Errorf("line %d, column %d: %s", line, column, text)
}

// fromTree makes a Lua value of a decoded one. Dates and times are text, as TOML writes them.
func fromTree(node any) value.Value {
	switch node := node.(type) {
	case map[string]any:
		t := value.NewTable(0, len(node))
		for key, item := range node {
			t.Set(value.String(key), fromTree(item))
		}
		return t.Value()
	case []any:
		t := value.NewTable(len(node), 0)
		for i, item := range node {
			t.SetInt(int64(i+1), fromTree(item))
		}
		return t.Value()
	case string:
		return value.String(node)
	case int64:
		return value.Int(node)
	case float64:
		return value.Float(node)
	case bool:
		return value.Bool(node)
	case time.Time:
		return value.String(node.Format(time.RFC3339Nano))
	case fmt.Stringer: // a local date or time
		return value.String(node.String())
	}
	return value.Nil
}

// tomlEncode implements toml.encode(table) -> string. What cannot be encoded raises.
func tomlEncode(L *lua.LState) int {
	call := vm.CallOf(L)
	e := encoder{poll: call.Poll}
	root, what := e.table(call.Table(1), false)
	if what != "" {
		luahost.ArgumentError(L, 1, what+e.path.String())
	}
	text, err := toml.Marshal(root)
	if err != nil {
		luahost.ArgumentError(L, 1, err.Error())
	}
	L.Push(lua.LString(text))
	return 1
}

// An encoder makes the tree of a Lua value that package toml writes. Its methods return what cannot be encoded, or "".
type encoder struct {
	poll  func() // ends the call if the host wants that
	depth int
	count int // of values
	path  document.Path
}

func (e *encoder) value(v value.Value) (node any, problem string) {
	if e.count++; e.count > document.MaxValues {
		return nil, document.TooManyValues
	}
	switch v.Kind() {
	case value.KindFalse, value.KindTrue:
		return v.Kind() == value.KindTrue, ""
	case value.KindInt:
		return v.AsInt(), ""
	case value.KindFloat:
		return v.AsFloat(), ""
	case value.KindString:
		if !utf8.ValidString(v.Str()) {
			return nil, "a string that is not valid utf-8 cannot be encoded"
		}
		return v.Str(), ""
	case value.KindTable:
		return e.table(v.LTable(), true)
	}
	if document.IsNull(v) {
		return nil, "null cannot be encoded"
	}
	return nil, "a " + v.TypeName() + " cannot be encoded"
}

// table makes a map, or a list if it may be one.
func (e *encoder) table(t *lua.LTable, list bool) (node any, problem string) {
	if e.depth++; e.depth > document.MaxDepth {
		return nil, fmt.Sprintf("more than %d tables in each other, or one that contains itself,", document.MaxDepth)
	}
	defer func() { e.depth-- }()
	e.poll()
	if list && document.IsArray(t) {
		all := []any{}
		for i, v := range document.Elements(t) {
			item, problem := e.value(v)
			if problem != "" {
				e.path = append(e.path, value.Int(int64(i+1)))
				return nil, problem
			}
			all = append(all, item)
		}
		return all, ""
	}
	fields := make(map[string]any)
	for _, key := range document.Keys(t) {
		name, ok := keyText(key)
		if !ok {
			return nil, "a " + key.TypeName() + " as key cannot be encoded"
		}
		item, problem := e.value(value.Get(t, key))
		if problem != "" {
			e.path = append(e.path, key)
			return nil, problem
		}
		fields[name] = item
	}
	return fields, ""
}

// keyText is a key as text: a string, or a number.
func keyText(key value.Value) (text string, ok bool) {
	switch {
	case key.IsString():
		return key.Str(), utf8.ValidString(key.Str())
	case key.IsFloat() && math.IsInf(key.AsFloat(), 0):
		return "", false
	case key.IsNumber():
		return value.NumberText(key), true
	}
	return "", false
}
