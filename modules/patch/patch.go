// Package patch is the Lua module silly.patch: new functions in a running program that keep the variables of the old ones.
package patch

import (
	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/luahost"
)

// Module is silly.patch.
var Module = luahost.Module{Name: "silly.patch", Open: open}

// maxDepth is how deep functions may lie in the variables of others.
const maxDepth = 200

// A patch is one change of a program. It has no state: what join needs is in the trees.
type patch struct{}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	class := luahost.NewClass[patch](env, L, "patch", nil)
	class.Native(env, "collectupval", func(c vm.Call) int {
		class.CheckCall(c, 1)
		return collectUpval(c)
	})
	class.Native(env, "join", func(c vm.Call) int {
		class.CheckCall(c, 1)
		return join(c)
	})
	module := L.NewTable()
	env.Install(L, module, "patch", map[string]lua.LGFunction{
		"new": func(L *lua.LState) int {
			L.Push(class.New(L, patch{}))
			return 1
		},
	})
	return module
}

// collectUpval implements patch:collectupval(function | module) -> tree. The tree of a module has a node {val, upvals} for
// each of its functions, by name; that of a function is a node.
func collectUpval(c vm.Call) int {
	k := collector{c: c, seen: make(map[*vm.Upval]*value.Table)}
	v := c.Any(2)
	switch {
	case v.Callable():
		return c.Return(k.node(v, 0).Value())
	case !v.IsTable():
		c.TypeError(2, "function or table")
	}
	tree := value.NewTable(0, 0)
	t := v.LTable()
	for key, val, ok := value.Next(t, value.Nil); ok && !key.IsNil(); key, val, ok = value.Next(t, key) {
		if val.Callable() {
			tree.Set(key, k.node(val, 0).Value())
		}
	}
	return c.Return(tree.Value())
}

// A collector makes trees of functions. A variable that was met before has the same entry again: functions refer to themselves.
type collector struct {
	c    vm.Call
	seen map[*vm.Upval]*value.Table
}

func set(t *value.Table, name string, v value.Value) { t.Set(value.String(name), v) }

// node is {val = f, upvals = {...}}.
func (k collector) node(f value.Value, depth int) *value.Table {
	node := value.NewTable(0, 2)
	set(node, "val", f)
	set(node, "upvals", k.upvals(f, depth).Value())
	return node
}

// upvals are the entries of the variables of a function, by name.
func (k collector) upvals(f value.Value, depth int) *value.Table {
	if depth > maxDepth {
		k.c.Raise("functions lie too deep in the variables of others")
	}
	entries := value.NewTable(0, 0)
	for i, u := range vm.Upvalues(f) {
		entry, known := k.entry(u)
		set(entry, "idx", value.Int(int64(i+1)))
		entries.Set(value.String(u.Name()), entry.Value())
		if !known && u.Value().Callable() {
			set(entry, "upvals", k.upvals(u.Value(), depth+1).Value())
		}
	}
	return entries
}

// entry is that of a variable: {utype, val, upid}. An entry that is known is copied, because its place is another one in each
// function.
func (k collector) entry(u vm.Upvalue) (entry *value.Table, known bool) {
	entry = value.NewTable(0, 5)
	v := u.Value()
	set(entry, "utype", value.String(v.TypeName()))
	set(entry, "val", v)
	set(entry, "upid", k.c.VM().ID(u.Variable()))
	if before := k.seen[u.Variable()]; before != nil {
		if ups := before.Get(value.String("upvals")); !ups.IsNil() {
			set(entry, "upvals", ups)
		}
		return entry, true
	}
	k.seen[u.Variable()] = entry
	return entry, false
}
