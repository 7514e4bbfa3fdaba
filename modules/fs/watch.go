package fs

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/luahost"
)

// maxEvents is how many events wait for a script.
const maxEvents = 1024

// A watcher collects what happens to a file.
type watcher struct {
	events chan luahost.FileEvent
	lost   atomic.Bool   // events were dropped
	ended  chan struct{} // closed by close
	once   sync.Once
	stop   func() error
	closer *luahost.Closer
}

func (b *binding) openWatchers(L *lua.LState) {
	b.watchers = luahost.NewClass[*watcher](b.env, L, "fs watcher", map[string]lua.LGFunction{
		"read":   b.watcherRead,
		"events": b.watcherEvents,
		"close":  b.watcherClose,
	})
	b.watchers.Closing("close")
}

// fsWatch implements fs.watch(path [, opts]) -> watcher | nil, err. It suspends.
func (b *binding) fsWatch(L *lua.LState) int {
	name := luahost.CheckString(L, 1)
	opts := luahost.OptFields(L, 2)
	opts.Only("recursive")
	recursive := opts.Bool("recursive", false)
	system, ok := b.env.System().(luahost.FileWatcher)
	if !ok {
		return luahost.PushError(L, failed(name, errNotHere))
	}
	w := &watcher{events: make(chan luahost.FileEvent, maxEvents), ended: make(chan struct{})}
	stop, err := luahost.Acquire(b.env, L, "fs.watch", func(context.Context) (func() error, error) {
		return system.WatchFile(name, recursive, w.note)
	}, func(stop func() error) { _ = stop() })
	if err != nil {
		return luahost.PushError(L, failed(name, err))
	}
	w.stop = stop
	w.closer = b.env.Track(false, nil, w.close)
	w.closer.Describe(func() []string { return []string{"watch of " + name} })
	L.Push(b.watchers.New(L, w))
	return 1
}

// note keeps an event for the script. Any goroutine may call it.
func (w *watcher) note(e luahost.FileEvent) {
	select {
	case w.events <- e:
	default:
		w.lost.Store(true)
	}
}

func (w *watcher) close() {
	w.once.Do(func() {
		close(w.ended)
		_ = w.stop()
	})
}

// watcherRead implements watcher:read([timeout]) -> {path, op} | nil, err. It suspends.
func (b *binding) watcherRead(L *lua.LState) int {
	w := b.watchers.Check(L, 1)
	timeout, limited := luahost.OptMilliseconds(L, 2)
	if !limited {
		timeout = -1
	}
	event, problem := b.next(L, w, timeout)
	if problem != "" {
		L.Push(lua.LNil)
		L.Push(lua.LString(problem))
		return 2
	}
	L.Push(eventTable(L, event))
	return 1
}

// next waits for an event; a negative timeout is none.
func (b *binding) next(L *lua.LState, w *watcher, timeout time.Duration) (event luahost.FileEvent, problem string) {
	b.env.Block(L, "watcher:read", func(ctx context.Context) {
		var late <-chan time.Time
		if timeout >= 0 {
			timer := time.NewTimer(timeout)
			defer timer.Stop()
			late = timer.C
		}
		if w.lost.Swap(false) {
			event.Op = "lost"
			return
		}
		select {
		case event = <-w.events:
			return
		default:
		}
		select {
		case event = <-w.events:
		case <-w.ended:
			problem = "watcher closed"
		case <-late:
			problem = "timeout"
		case <-ctx.Done():
		}
	})
	return event, problem
}

func eventTable(L *lua.LState, e luahost.FileEvent) *lua.LTable {
	t := L.CreateTable(0, 2)
	t.RawSetString("op", lua.LString(e.Op))
	if e.Path != "" {
		t.RawSetString("path", lua.LString(e.Path))
	}
	return t
}

// watcherEvents implements watcher:events() -> iterator of {path, op}, until the watcher is closed. The iterator suspends.
func (b *binding) watcherEvents(L *lua.LState) int {
	w := b.watchers.Check(L, 1)
	L.Push(b.env.Function(L, "watcher:events", func(L *lua.LState) int {
		event, problem := b.next(L, w, -1)
		if problem != "" {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(eventTable(L, event))
		return 1
	}))
	return 1
}

// watcherClose implements watcher:close() and __close.
func (b *binding) watcherClose(L *lua.LState) int {
	w := b.watchers.Check(L, 1)
	w.closer.Forget()
	b.env.Background(w.close)
	return 0
}
