package vm

import (
	"runtime"
	"slices"
	"sync"
	"time"
	"weak"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
)

// A table whose metatable has __gc when it is set gets a finalizer of Go's (manual, section 2.5.3). When the collector finds
// that nothing refers to the table, it is put into a queue, and a task calls __gc. Go does not finalize objects that refer to
// themselves, directly or through others; those wait for the end of the program, as those that are still in use then.

// finalizers are the tables of a VM with __gc.
type finalizers struct {
	mu     sync.Mutex
	gone   []*value.Table // what nothing refers to; guarded by mu
	marked []weak.Pointer[value.Table]
	swept  int    // how many of marked were there after the last sweep
	last   uint64 // the number of the last mark
}

var evGC = newEvent("__gc", 30)

// mark gives a table a finalizer if its metatable has __gc.
func (vm *VM) mark(t *value.Table) {
	if t.Finalized > 0 || evGC.field(t.Meta).IsNil() {
		return
	}
	g := &vm.finalizers
	g.last++
	t.Finalized = g.last
	runtime.SetFinalizer(t, vm.finalize)
	if len(g.marked) >= 2*g.swept+64 {
		kept := g.marked[:0]
		for _, p := range g.marked {
			if p.Value() != nil {
				kept = append(kept, p)
			}
		}
		clear(g.marked[len(kept):])
		g.marked, g.swept = kept, len(kept)
	}
	g.marked = append(g.marked, weak.Make(t))
}

// finalize is the finalizer of tables. The Go runtime calls it on a goroutine of its own.
func (vm *VM) finalize(t *value.Table) {
	g := &vm.finalizers
	g.mu.Lock()
	g.gone = append(g.gone, t)
	first := len(g.gone) == 1
	g.mu.Unlock()
	if first && vm.OnGarbage != nil {
		vm.OnGarbage()
	}
}

// takeGone takes a table from the queue, or returns nil.
func (vm *VM) takeGone() *value.Table {
	g := &vm.finalizers
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.gone) == 0 {
		return nil
	}
	last := 0 // the table that was marked last comes first
	for i, t := range g.gone {
		if t.Finalized > g.gone[last].Finalized {
			last = i
		}
	}
	t := g.gone[last]
	g.gone = slices.Delete(g.gone, last, last+1)
	return t
}

// Finalizer is a function that calls __gc of all tables in the queue. Errors are warnings.
func (vm *VM) Finalizer() value.Value {
	return vm.NewNative("__gc", func(c Call) int { return vm.finalizeNext(c, nil) })
}

// finalizeNext calls the next __gc; state is what to return in the end.
func (vm *VM) finalizeNext(c Call, state any) int {
	if c.n >= 2 && c.Arg(1) == value.False {
		vm.warn("__gc", c.Arg(2))
	}
	for {
		t := vm.takeGone()
		if t == nil {
			if result, ok := state.(value.Value); ok {
				return c.Return(result)
			}
			return 0
		}
		t.Finalized = 0
		if f := evGC.field(value.Metatable(&t.LTable)); f.Callable() {
			return c.Then(vm.finalizeNext, state, vm.pcall, f, t.Value())
		}
	}
}

// warn passes an error to OnWarning that nobody can catch.
func (vm *VM) warn(where string, v value.Value) {
	if vm.OnWarning != nil {
		vm.OnWarning("error in " + where + " (" + vm.Text(v) + ")")
	}
}

// Remaining moves all tables with __gc that are still there into the queue, the last one first: the program ends.
func (vm *VM) Remaining() {
	g := &vm.finalizers
	for i := len(g.marked) - 1; i >= 0; i-- {
		if t := g.marked[i].Value(); t != nil && t.Finalized > 0 {
			runtime.SetFinalizer(t, nil)
			g.mu.Lock()
			g.gone = append(g.gone, t)
			g.mu.Unlock()
		}
	}
	g.marked, g.swept = nil, 0
}

// HasFinalizers reports whether there are tables with __gc.
func (vm *VM) HasFinalizers() bool {
	return len(vm.finalizers.marked) > 0 || len(vm.finalizers.gone) > 0
}

// collectWait is how long Collect waits for the finalizers of Go.
const collectWait = 100 * time.Millisecond

// Collect is what a Func returns that collects garbage, has __gc called for it, and returns result.
func (c Call) Collect(result value.Value) int {
	th := c.th
	clear(th.stack[th.top:])
	for up := th.resumer; up != nil; up = up.resumer {
		clear(up.stack[min(len(up.stack), max(up.used(), up.top)):])
	}
	if !c.th.vm.HasFinalizers() {
		runtime.GC()
		return c.Return(result)
	}
	// The runtime calls finalizers in turn: when that of last has run, those of the tables have. A mutex, because a goroutine
	// of the runtime must not touch a channel of a bubble (package testing/synctest).
	var done sync.Mutex
	done.Lock()
	release := sync.OnceFunc(done.Unlock)
	last := &struct{ p *int }{new(int)}
	runtime.SetFinalizer(last, func(any) { release() })
	last = nil
	runtime.GC()
	limit := time.AfterFunc(collectWait, release)
	done.Lock()
	limit.Stop()
	return th.vm.finalizeNext(Call{th, c.base, 0, c.ret, c.want, c.kind, false}, result)
}

// SetMetatable sets the metatable of a table; nil is none.
func (vm *VM) SetMetatable(t, mt *lua.LTable) {
	value.SetMetatable(t, mt)
	if mt != nil {
		if own := value.Owned(t); own != nil {
			vm.mark(own)
		}
	}
}
