package luahost

import (
	"runtime"
	"sync"
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"
)

// WhenUnreachable has f called, with the VM lock held, some time after the garbage collector has found that nothing refers to
// object. f must not wait, nor lead to the object. It is not called once the host has stopped.
func WhenUnreachable[T any](env *Env, object *T, f func()) {
	runtime.AddCleanup(object, env.host.fromCollector, f)
}

// unreachable is what the collector has left to do to a host that nothing outside may wake.
type unreachable struct {
	some atomic.Bool // todo is not empty

	mu   sync.Mutex
	todo []func()
}

// fromCollector has f called with the VM lock held. The goroutines of the collector call it.
func (h *Host) fromCollector(f func()) {
	if !h.options.Synctest {
		go h.Do(func(*lua.LState) { f() })
		return
	}
	u := &h.unreachable
	u.mu.Lock()
	defer u.mu.Unlock()
	u.todo = append(u.todo, f)
	u.some.Store(true)
}

// cleanUp does what the collector has left. The caller holds the VM lock.
func (h *Host) cleanUp() {
	u := &h.unreachable
	if !u.some.Load() || h.sched.Stopped() {
		return
	}
	u.mu.Lock()
	todo := u.todo
	u.todo = nil
	u.some.Store(false)
	u.mu.Unlock()
	for _, f := range todo {
		f()
	}
}
