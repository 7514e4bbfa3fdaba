// Package mutex is the Lua module silly.sync.mutex: locks by key, held by tasks.
package mutex

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/luahost"
)

// Module is silly.sync.mutex.
var Module = luahost.Module{Name: "silly.sync.mutex", Open: open}

// binding is the module's state in one host.
type binding struct {
	env     *luahost.Env
	mutexes *luahost.Class[*mutex]
	proxies *luahost.Class[*proxy]
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env}
	b.mutexes = luahost.NewClass[*mutex](env, L, "mutex", map[string]lua.LGFunction{"lock": b.mutexLock})
	b.proxies = luahost.NewClass[*proxy](env, L, "mutex lock", map[string]lua.LGFunction{"unlock": b.proxyUnlock})
	b.proxies.Closing("unlock")
	module := L.NewTable()
	env.Install(L, module, "mutex", map[string]lua.LGFunction{"new": b.mutexNew})
	return module
}

// mutex has a lock for each key that a task holds or waits for.
type mutex struct{ locks *value.Table }

// A lock is held by one task, perhaps several times.
type lock struct {
	owner   uint64 // see luahost.Env.TaskID
	depth   int    // how many times the owner holds it
	waiting []*waiter
}

// A waiter is a task that waits for a lock, first in, first out.
type waiter struct {
	task    uint64
	wake    luahost.Wake
	granted bool
}

// A proxy is one acquisition of a lock.
type proxy struct {
	mutex    *mutex
	key      value.Value
	lock     *lock
	released bool
}

// mutexNew implements mutex.new() -> mutex.
func (b *binding) mutexNew(L *lua.LState) int {
	L.Push(b.mutexes.New(L, &mutex{locks: value.NewTable(0, 0)}))
	return 1
}

// mutexLock implements mutex:lock(key) -> proxy. It suspends while another task holds the lock of the key.
func (b *binding) mutexLock(L *lua.LState) int {
	m := b.mutexes.Check(L, 1)
	key := vm.CallOf(L).Arg(2) // as it is: a table that Go code gets hold of is slower afterwards
	if key.IsNil() || key.IsFloat() && math.IsNaN(key.AsFloat()) {
		luahost.TypeError(L, 2, "key")
	}
	k := m.lockOf(L, key)
	p := &proxy{mutex: m, key: key, lock: k}
	me := b.env.TaskID()
	if k.depth == 0 || k.owner == me {
		k.owner = me
		k.depth++
		L.Push(b.proxies.New(L, p))
		return 1
	}
	w := &waiter{task: me}
	k.waiting = append(k.waiting, w)
	return b.env.Suspend(L, "mutex:lock", func(wake luahost.Wake) { w.wake = wake }, func(L *lua.LState, _ lua.LValue) int {
		if !w.granted { // somebody else has woken the task
			k.leave(w)
			L.Push(lua.LNil)
			return 1
		}
		L.Push(b.proxies.New(L, p))
		return 1
	})
}

// lockOf is the lock of a key. One that nobody holds is made anew.
func (m *mutex) lockOf(L *lua.LState, key value.Value) *lock {
	if held := m.locks.Get(key); !held.IsNil() {
		return held.LUserData().Value.(*lock)
	}
	k := new(lock)
	ud := L.NewUserData()
	ud.Value = k
	m.locks.Set(key, value.Import(ud))
	return k
}

// leave takes a waiter out of the line.
func (k *lock) leave(w *waiter) {
	for i, other := range k.waiting {
		if other == w {
			k.waiting = append(k.waiting[:i], k.waiting[i+1:]...)
			return
		}
	}
}

// proxyUnlock implements proxy:unlock() and __close. The second time it has no effect.
func (b *binding) proxyUnlock(L *lua.LState) int {
	p := b.proxies.Check(L, 1)
	if p.released {
		return 0
	}
	p.released = true
	k := p.lock
	if k.depth--; k.depth > 0 {
		return 0
	}
	for len(k.waiting) > 0 {
		w := k.waiting[0]
		k.waiting = k.waiting[1:]
		if w.wake(lua.LNil) {
			w.granted = true
			k.owner, k.depth = w.task, 1
			return 0
		}
	}
	p.mutex.locks.Set(p.key, value.Nil)
	return 0
}
