package luahost_test

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/luatest"
	"silly/luahost"
)

// TestModulesShareAValue: those of one host have the same, and another host has its own.
func TestModulesShareAValue(t *testing.T) {
	t.Parallel()
	type first struct{}
	type second struct{}
	module := func(name string, key any) luahost.Module {
		return luahost.Module{Name: name, Open: func(env *luahost.Env, L *lua.LState) lua.LValue {
			return env.Shared(key, func() any { return L.NewTable() }).(*lua.LTable)
		}}
	}
	modules := []luahost.Module{module("one", first{}), module("other", first{}), module("another", second{})}
	var tables []lua.LValue
	for range 2 {
		h := luatest.NewHost(t, luahost.Options{Modules: modules})
		if err := h.RunString(t.Context(), "test.lua", `
			shared = require "one"
			assert(shared == require "other")
			assert(shared ~= require "another")`); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, h.Global("shared"))
	}
	if tables[0] == tables[1] || tables[0].Type() != lua.LTTable {
		t.Errorf("two hosts have %v and %v", tables[0], tables[1])
	}
}
