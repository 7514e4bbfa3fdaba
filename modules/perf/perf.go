// Package perf is the Lua module silly.perf: where a program spends its time.
package perf

import (
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/luahost"
)

// Module is silly.perf.
var Module = luahost.Module{Name: "silly.perf", Open: open}

// binding is the module's state in one host.
type binding struct {
	tasks  *sched.Scheduler
	start  time.Time
	totals map[string]*total
	names  []string // of totals, in the order of their first sections
	// open has the sections of each thread that has any. Its keys are weak: a thread may end without stopping them.
	open *value.Table
}

// total is what the sections of a name took.
type total struct {
	time  time.Duration
	calls int64
}

// sections are those of a thread that were started and not stopped, by name. They are a userdata, so that they can be in a
// table.
type sections struct {
	lua.LUserData
	byName map[string]*section
}

// A section is measured by its task's time. Where it ends in another task than it began, because that resumed the coroutine,
// the time of day counts.
type section struct {
	before time.Duration // until it was paused
	paused bool
	task   uint64
	since  time.Duration // of the task
	wall   time.Time
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{tasks: sched.Of(env), start: time.Now(), totals: make(map[string]*total), open: value.NewTable(0, 0)}
	weak := value.NewTable(0, 1)
	weak.Set(value.String("__mode"), value.String("k"))
	value.SetMetatable(b.open.Value().LTable(), weak.Value().LTable())
	module := L.NewTable()
	for name, fn := range map[string]vm.Func{
		"hrtime": b.perfHRTime,
		"start":  b.perfStart,
		"stop":   b.perfStop,
		"yield":  b.perfYield,
		"resume": b.perfResume,
		"dump":   b.perfDump,
	} {
		module.RawSetString(name, b.tasks.Native("perf."+name, fn))
	}
	return module
}

// perfHRTime implements perf.hrtime() -> integer, nanoseconds on a clock that is never set.
func (b *binding) perfHRTime(c vm.Call) int {
	return c.Return(value.Int(time.Since(b.start).Nanoseconds()))
}

// thread is the value that stands for the running thread.
func (b *binding) thread(c vm.Call) value.Value {
	if t := b.tasks.Current(); c.Thread() == t.Thread() {
		return value.OfThread(t.Handle())
	}
	return c.Thread().Value()
}

// of are the sections of a thread, nil when it has none.
func (b *binding) of(thread value.Value) *sections {
	if found := value.Get(b.open.Value().LTable(), thread); !found.IsNil() {
		return found.LUserData().Value.(*sections)
	}
	return nil
}

// perfStart implements perf.start(name).
func (b *binding) perfStart(c vm.Call) int {
	name := c.Str(1)
	thread := b.thread(c)
	s := b.of(thread)
	if s == nil {
		s = &sections{byName: make(map[string]*section)}
		s.Value = s
		value.Set(b.open.Value().LTable(), thread, value.OfUserData(&s.LUserData))
	}
	if s.byName[name] != nil {
		c.Raise("section '%s' has been started already", name)
	}
	began := new(section)
	s.byName[name] = began
	b.resume(began)
	return 0
}

// perfStop implements perf.stop(name).
func (b *binding) perfStop(c vm.Call) int {
	name := c.Str(1)
	thread := b.thread(c)
	s := b.of(thread)
	if s == nil || s.byName[name] == nil {
		c.Raise("section '%s' has not been started", name)
	}
	ended := s.byName[name]
	b.pause(ended)
	delete(s.byName, name)
	if len(s.byName) == 0 {
		value.Set(b.open.Value().LTable(), thread, value.Nil)
	}
	t := b.totals[name]
	if t == nil {
		t = new(total)
		b.totals[name] = t
		b.names = append(b.names, name)
	}
	t.time += ended.before
	t.calls++
	return 0
}

// resume lets the time of a section run.
func (b *binding) resume(s *section) {
	s.paused = false
	s.task, s.wall = b.tasks.Current().ID(), time.Now()
	s.since = b.tasks.Elapsed()
}

// pause stops the time of a section.
func (b *binding) pause(s *section) {
	if s.paused {
		return
	}
	s.paused = true
	if s.task == b.tasks.Current().ID() {
		s.before += b.tasks.Elapsed() - s.since
	} else {
		s.before += time.Since(s.wall)
	}
}

// perfYield implements perf.yield().
func (b *binding) perfYield(c vm.Call) int {
	if s := b.of(b.thread(c)); s != nil {
		for _, running := range s.byName {
			b.pause(running)
		}
	}
	return 0
}

// perfResume implements perf.resume(thread).
func (b *binding) perfResume(c vm.Call) int {
	thread := c.Arg(1)
	if thread.Kind() != value.KindThread {
		c.TypeError(1, "thread")
	}
	if s := b.of(thread); s != nil {
		for _, paused := range s.byName {
			if paused.paused {
				b.resume(paused)
			}
		}
	}
	return 0
}

// perfDump implements perf.dump([name]) -> {time = integer, call = integer} | nil, or such a table for each name.
func (b *binding) perfDump(c vm.Call) int {
	if !c.Arg(1).IsNil() {
		t := b.totals[c.Str(1)]
		if t == nil {
			return c.Return(value.Nil)
		}
		return c.Return(t.table())
	}
	all := value.NewTable(0, len(b.names))
	for _, name := range b.names {
		all.Set(value.String(name), b.totals[name].table())
	}
	return c.Return(all.Value())
}

// table is what scripts see of a total.
func (t *total) table() value.Value {
	fields := value.NewTable(0, 2)
	fields.Set(value.String("time"), value.Int(t.time.Nanoseconds()))
	fields.Set(value.String("call"), value.Int(t.calls))
	return fields.Value()
}
