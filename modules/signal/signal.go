// Package signal is the Lua module silly.signal: functions for the signals of the process.
package signal

import (
	"os"
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"

	"silly/luahost"
)

// Module is silly.signal.
var Module = luahost.Module{Name: "silly.signal", Open: open}

// binding is the module's state in one host.
type binding struct {
	env      *luahost.Env
	handlers map[string]*handler
	defaults map[string]*lua.LFunction // what scripts get for signals that they do not handle
	keeper   *luahost.Closer           // nil while nothing is handled
}

// A handler is what a script does about a signal.
type handler struct {
	env     *luahost.Env
	name    lua.LString
	fn      *lua.LFunction
	pending atomic.Bool // the signal has come, and no task has been made for it yet
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env, handlers: make(map[string]*handler), defaults: make(map[string]*lua.LFunction)}
	return env.Function(L, "signal", b.signal)
}

// signal implements signal(name, f) -> the function before | nil.
func (b *binding) signal(L *lua.LState) int {
	name, fn := luahost.CheckString(L, 1), luahost.CheckFunction(L, 2)
	sig := byName(name)
	system, ok := b.env.System().(luahost.Signals)
	if sig == nil || !ok {
		L.Push(lua.LNil)
		return 1
	}
	before := b.defaultOf(L, name)
	standard := fn == before
	if h := b.handlers[name]; h != nil {
		before = h.fn
	}
	if !b.handle(system, sig, name, fn, standard) {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(before)
	return 1
}

// handle makes fn the function of a signal, unless it is the standard one. It returns false if that is not possible.
func (b *binding) handle(system luahost.Signals, sig os.Signal, name string, fn *lua.LFunction, standard bool) bool {
	if standard {
		delete(b.handlers, name)
		if len(b.handlers) == 0 && b.keeper != nil {
			b.keeper.Forget()
			b.keeper = nil
		}
		return system.HandleSignal(sig, nil)
	}
	h := &handler{env: b.env, name: lua.LString(name), fn: fn}
	if !system.HandleSignal(sig, h.deliver) {
		return false
	}
	b.handlers[name] = h
	if b.keeper == nil {
		b.keeper = b.env.Track(false, nil, func() {})
		b.keeper.Wakes()
	}
	return true
}

// deliver starts a task for the signal, as soon as somebody has the VM to spare. It returns false while the one before still
// waits for that. Any goroutine may call it.
func (h *handler) deliver() bool {
	if h.pending.Swap(true) {
		return false
	}
	go h.env.Do(func(*lua.LState) {
		h.pending.Store(false)
		h.env.Fork(h.fn, h.name, nil)
	})
	return true
}

// defaultOf is the function that stands for what happens when no script handles a signal.
func (b *binding) defaultOf(L *lua.LState, name string) *lua.LFunction {
	fn := b.defaults[name]
	if fn == nil {
		fn = b.env.Function(L, "signal.default", func(*lua.LState) int {
			if name == reopens {
				_ = b.env.Log().Reopen()
				return 0
			}
			b.env.Exit(0)
			return 0
		})
		b.defaults[name] = fn
	}
	return fn
}

// reopens is the signal that has the log file opened anew.
const reopens = "SIGUSR1"
