// Package list is the Lua module silly.adt.list: a doubly linked list whose elements are found by their value.
package list

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/luahost"
)

// Module is silly.adt.list.
var Module = luahost.Module{Name: "silly.adt.list", Open: open}

// binding is the module's state in one host.
type binding struct {
	tasks *sched.Scheduler
	lists *luahost.Class[*list]
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{sched.Of(env), luahost.NewClass[*list](env, L, "list", nil)}
	for name, fn := range map[string]vm.Func{
		"pushback":  b.listPushBack,
		"pushfront": b.listPushFront,
		"popfront":  b.listPopFront,
		"popback":   b.listPopBack,
		"remove":    b.listRemove,
		"front":     b.listFront,
		"back":      b.listBack,
		"size":      b.listSize,
		"clear":     b.listClear,
		"values":    b.listValues,
	} {
		b.lists.Native(env, name, fn)
	}
	module := L.NewTable()
	module.RawSetString("new", b.tasks.Native("list.new", b.listNew))
	return module
}

// A list is a ring of nodes through ends, which has no value: its next is the first element, its prev the last.
type list struct {
	ends  node
	nodes *value.Table // by value
	size  int
}

// A node is an element. It is a userdata, so that it can be in a table.
type node struct {
	lua.LUserData
	v          value.Value
	prev, next *node
	removed    bool // prev is what stood before it then; see step
}

func newList() *list {
	l := &list{nodes: value.NewTable(0, 0)}
	l.ends.prev, l.ends.next = &l.ends, &l.ends
	return l
}

// find is the node of a value, or nil.
func (l *list) find(v value.Value) *node {
	if found := l.nodes.Get(v); !found.IsNil() {
		return found.LUserData().Value.(*node)
	}
	return nil
}

// insert puts a value that is not in the list behind a node.
func (l *list) insert(v value.Value, prev *node) {
	n := &node{v: v, prev: prev, next: prev.next}
	n.Value = n
	n.prev.next, n.next.prev = n, n
	l.nodes.Set(v, value.OfUserData(&n.LUserData))
	l.size++
}

// remove takes a node out and returns its value; nil of ends.
func (l *list) remove(n *node) value.Value {
	if n == &l.ends {
		return value.Nil
	}
	n.prev.next, n.next.prev = n.next, n.prev
	n.next, n.removed = nil, true
	l.nodes.Set(n.v, value.Nil)
	l.size--
	return n.v
}

// clear takes all nodes out.
func (l *list) clear() {
	for n := l.ends.next; n != &l.ends; n = l.ends.next {
		l.ends.next = n.next
		n.prev, n.next, n.removed = &l.ends, nil, true
	}
	l.ends.prev = &l.ends
	l.nodes, l.size = value.NewTable(0, 0), 0
}

// step is the node behind n, also when n was removed: then it is what follows on the nearest node before it that is left.
func step(n *node) *node {
	for n.removed {
		n = n.prev
	}
	return n.next
}

// listNew implements list.new() -> list.
func (b *binding) listNew(c vm.Call) int {
	return c.Return(value.OfTable(b.lists.NewBare(newList())))
}

// element is argument 2, which can be an element and is none yet.
func (l *list) element(c vm.Call) value.Value {
	v := c.Arg(2)
	switch {
	case v.IsNil():
		c.TypeError(2, "value")
	case v.IsFloat() && math.IsNaN(v.AsFloat()):
		c.ArgError(2, "value is NaN")
	case l.find(v) != nil:
		c.ArgError(2, "the value is in the list already")
	}
	return v
}

// listPushBack implements list:pushback(v).
func (b *binding) listPushBack(c vm.Call) int {
	l := b.lists.CheckCall(c, 1)
	l.insert(l.element(c), l.ends.prev)
	return 0
}

// listPushFront implements list:pushfront(v).
func (b *binding) listPushFront(c vm.Call) int {
	l := b.lists.CheckCall(c, 1)
	l.insert(l.element(c), &l.ends)
	return 0
}

// listPopFront implements list:popfront() -> v | nil.
func (b *binding) listPopFront(c vm.Call) int {
	l := b.lists.CheckCall(c, 1)
	return c.Return(l.remove(l.ends.next))
}

// listPopBack implements list:popback() -> v | nil.
func (b *binding) listPopBack(c vm.Call) int {
	l := b.lists.CheckCall(c, 1)
	return c.Return(l.remove(l.ends.prev))
}

// listRemove implements list:remove(v) -> v | nil, "removed".
func (b *binding) listRemove(c vm.Call) int {
	l := b.lists.CheckCall(c, 1)
	if n := l.find(c.Any(2)); n != nil {
		return c.Return(l.remove(n))
	}
	return c.Return2(value.Nil, value.String("removed"))
}

// listFront implements list:front() -> v | nil.
func (b *binding) listFront(c vm.Call) int { return c.Return(b.lists.CheckCall(c, 1).ends.next.v) }

// listBack implements list:back() -> v | nil.
func (b *binding) listBack(c vm.Call) int { return c.Return(b.lists.CheckCall(c, 1).ends.prev.v) }

// listSize implements list:size() -> integer.
func (b *binding) listSize(c vm.Call) int {
	return c.Return(value.Int(int64(b.lists.CheckCall(c, 1).size)))
}

// listClear implements list:clear().
func (b *binding) listClear(c vm.Call) int {
	b.lists.CheckCall(c, 1).clear()
	return 0
}

// listValues implements list:values() -> iterator. The list may change meanwhile.
func (b *binding) listValues(c vm.Call) int {
	l := b.lists.CheckCall(c, 1)
	at := &l.ends
	return c.Return(value.OfFunction(b.tasks.Native("list iterator", func(c vm.Call) int {
		if at != nil {
			if at = step(at); at == &l.ends {
				at = nil // it stays at the end
			}
		}
		if at == nil {
			return c.Return(value.Nil)
		}
		return c.Return(at.v)
	})))
}
