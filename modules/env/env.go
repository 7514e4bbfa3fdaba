// Package env is the Lua module silly.env: the settings of a program, from its command line and from files.
package env

import (
	"fmt"
	"log/slog"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/fileerror"
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/luahost"
)

// Module is silly.env.
var Module = luahost.Module{Name: "silly.env", Open: open}

// binding is the module's state in one host.
type binding struct {
	env      *luahost.Env
	tasks    *sched.Scheduler
	settings *value.Table // by key
	pcall    value.Value
	globals  value.Value
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env, tasks: sched.Of(env), settings: value.NewTable(0, 0)}
	b.pcall = value.OfFunction(b.tasks.Native("env.load", func(c vm.Call) int { return c.Protect(value.Nil, 1) }))
	b.globals = value.OfTable(vm.ThreadOf(L).VM().Globals())
	for key, text := range luahost.Settings(env.Arguments()) {
		b.settings.Set(value.String(key), value.String(text))
	}
	env.KeepSettings(func(key string) (string, bool) {
		v := b.settings.Get(value.String(key))
		if !v.IsString() {
			return "", false
		}
		return v.Str(), true
	})
	module := L.NewTable()
	for name, fn := range map[string]vm.Func{"get": b.envGet, "set": b.envSet, "load": b.envLoad} {
		module.RawSetString(name, b.tasks.Native("env."+name, fn))
	}
	return module
}

// envGet implements env.get(key) -> value | nil.
func (b *binding) envGet(c vm.Call) int { return c.Return(b.settings.Get(value.String(c.Str(1)))) }

// envSet implements env.set(key, value).
func (b *binding) envSet(c vm.Call) int {
	b.set(c.Str(1), c.Any(2))
	return 0
}

// set makes v the value of a key, and of the log if that is what the key is about.
func (b *binding) set(key string, v value.Value) {
	b.settings.Set(value.String(key), v)
	log := b.env.Log()
	switch {
	case v.IsString():
		if _, err := log.Set(key, v.Str()); err != nil {
			problem := err.Error()
			if key == "logpath" {
				problem = fmt.Sprintf("cannot log to %s: %s", v.Str(), fileerror.Reason(err))
			}
			log.Write(slog.LevelError, b.tasks.Current().Trace, "", problem)
		}
	case v.IsNil() && key == "logpath":
		_ = log.Open("")
	}
}

// envLoad implements env.load(file) -> nil | err. What the file sets counts only where nothing is set yet.
func (b *binding) envLoad(c vm.Call) int {
	l := newLoad(b)
	name := c.Str(1)
	if isDotenv(name) {
		if err := l.readDotenv(name); err != nil {
			return c.Return(value.String(err.Error()))
		}
		return l.finish(c)
	}
	chunk, err := l.compile(c.VM(), name)
	if err != nil {
		return c.Return(value.String(err.Error()))
	}
	return c.Then(loaded, l, b.pcall, chunk)
}

// loaded is the rest of envLoad for a file in Lua. c has the results of pcall.
func loaded(c vm.Call, state any) int {
	if c.Arg(1).Falsy() {
		return c.Return(value.String(luahost.Describe(c.Thread().LState(), value.Export(c.Arg(2)))))
	}
	return state.(*load).finish(c)
}

// finish takes over what a file has set.
func (l *load) finish(c vm.Call) int {
	if err := l.flatten(c, "", l.variables.Value(), 0); err != nil {
		return c.Return(value.String(err.Error()))
	}
	for _, s := range l.flat {
		if l.b.settings.Get(value.String(s.key)).IsNil() {
			l.b.set(s.key, s.v)
		}
	}
	return c.Return(value.Nil)
}
