// Package trace is the Lua module silly.trace: which request a task works on, across services.
package trace

import (
	"math/rand/v2"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/luahost"
)

// Module is silly.trace.
var Module = luahost.Module{Name: "silly.trace", Open: open}

// A trace is a root in the higher 48 bits, the first of which is 0 so that no trace is negative, and a node.
const (
	nodeBits = 16
	maxNode  = 1<<nodeBits - 1
	maxRoot  = 1<<47 - 1
)

// binding is the module's state in one host.
type binding struct {
	tasks *sched.Scheduler
	node  int64
	root  int64 // of the trace that was made last
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	// Roots are counted from a place of chance: no two of a host are the same, and those of two hosts hardly ever.
	b := &binding{tasks: sched.Of(env), root: rand.Int64N(maxRoot)}
	module := L.NewTable()
	for name, fn := range map[string]vm.Func{
		"setnode":   b.traceSetNode,
		"spawn":     b.traceSpawn,
		"attach":    b.traceAttach,
		"propagate": b.tracePropagate,
	} {
		module.RawSetString(name, b.tasks.Native("trace."+name, fn))
	}
	return module
}

// traceSetNode implements trace.setnode(node).
func (b *binding) traceSetNode(c vm.Call) int {
	node := c.Int(1)
	if node < 0 || node > maxNode {
		c.ArgError(1, "number from 0 to 65535 expected")
	}
	b.node = node
	return 0
}

// traceSpawn implements trace.spawn() -> previous trace.
func (b *binding) traceSpawn(c vm.Call) int {
	b.root = b.root%maxRoot + 1
	return b.attach(c, b.root<<nodeBits|b.node)
}

// traceAttach implements trace.attach(trace) -> previous trace.
func (b *binding) traceAttach(c vm.Call) int { return b.attach(c, c.Int(1)) }

// attach makes a trace that of the calling task.
func (b *binding) attach(c vm.Call, trace int64) int {
	t := b.tasks.Current()
	previous := t.Trace
	t.Trace = trace
	return c.Return(value.Int(previous))
}

// tracePropagate implements trace.propagate() -> trace for another service.
func (b *binding) tracePropagate(c vm.Call) int {
	return c.Return(value.Int(b.tasks.Current().Trace&^maxNode | b.node))
}
