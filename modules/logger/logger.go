// Package logger is the Lua module silly.logger: the log of the program.
package logger

import (
	"log/slog"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/luahost"
	"silly/luahost/hostlog"
)

// Module is silly.logger.
var Module = luahost.Module{Name: "silly.logger", Open: open}

// binding is the module's state in one host.
type binding struct {
	log    *hostlog.Log
	tasks  *sched.Scheduler
	module *lua.LTable
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	module := L.NewTable()
	b := &binding{env.Log(), sched.Of(env), module}
	for number, name := range []string{"debug", "info", "warn", "error"} {
		level := hostlog.LevelOf(number)
		module.RawSetString(strings.ToUpper(name), lua.LNumber(number))
		module.RawSetString(name, b.tasks.Native("logger."+name, b.logs(level)))
		module.RawSetString(name+"f", b.tasks.Native("logger."+name+"f", b.logsFormatted(level)))
	}
	module.RawSetString("getlevel", b.tasks.Native("logger.getlevel", b.loggerGetLevel))
	module.RawSetString("setlevel", b.tasks.Native("logger.setlevel", b.loggerSetLevel))
	return module
}

// logs makes logger.debug(...), info(...), warn(...) and error(...).
func (b *binding) logs(level slog.Level) vm.Func {
	return func(c vm.Call) int {
		b.checkDot(c)
		if b.log.Enabled(level) {
			w := writer{call: c}
			w.arguments(1)
			b.write(level, &w)
		}
		return 0
	}
}

// logsFormatted makes logger.debugf(format, ...), infof(format, ...), warnf(format, ...) and errorf(format, ...).
func (b *binding) logsFormatted(level slog.Level) vm.Func {
	return func(c vm.Call) int {
		b.checkDot(c)
		b.checkDot(c)
		if b.log.Enabled(level) {
			w := writer{call: c}
			w.format()
			b.write(level, &w)
		}
		return 0
	}
}

// checkDot raises an error if the function was called as a method.
func (b *binding) checkDot(c vm.Call) {
	if v := c.Arg(1); v.IsTable() && v.LTable() == b.module {
		c.Raise("%s is called with a dot, not with a colon", c.Name())
	}
}

// write logs a message.
func (b *binding) write(level slog.Level, w *writer) {
	source := strings.TrimSuffix(w.call.Thread().Where(1), ": ")
	b.log.Write(level, b.tasks.Current().Trace, source, w.text())
}

// loggerGetLevel implements logger.getlevel() -> integer.
func (b *binding) loggerGetLevel(c vm.Call) int {
	return c.Return(value.Int(int64(hostlog.Number(b.log.Level()))))
}

// loggerSetLevel implements logger.setlevel(level).
func (b *binding) loggerSetLevel(c vm.Call) int {
	level := c.Int(1)
	if level < 0 || level > 3 {
		c.ArgError(1, "level from 0 (logger.DEBUG) to 3 (logger.ERROR) expected")
	}
	b.log.SetLevel(hostlog.LevelOf(int(level)))
	return 0
}
