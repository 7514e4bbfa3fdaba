package luahost

import (
	"fmt"
	"runtime/debug"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/visible"
)

// function is Env.Function.
func (h *Host) function(name string, fn lua.LGFunction) *lua.LFunction {
	return h.engine.NewGuest(name, func(L *lua.LState) (n int) {
		defer func() {
			switch r := recover().(type) {
			case nil:
			case *lua.ApiError, *vm.Error, *vm.Abort:
				panic(r) // on its way to a pcall
			default:
				h.logPanic(name, r)
				Raise(L, "internal error in %s: %v", name, r)
			}
		}()
		return fn(L)
	})
}

// native makes a Lua function of one that works on the VM's own values. The caller holds the VM lock.
func (h *Host) native(name string, fn vm.Func) *lua.LFunction {
	return h.engine.NewNative(name, fn).LFunction()
}

// Raise raises a Lua error at the script's line. The caller holds the VM lock.
func Raise(L *lua.LState, format string, args ...any) {
	th := vm.ThreadOf(L)
	th.Raise(value.String(th.Position() + fmt.Sprintf(format, args...)))
}

// logPanic writes a Go panic with its stack to the script's standard error.
func (h *Host) logPanic(where string, r any) {
	h.Logf("internal error in %s: %v\n%s", where, r, debug.Stack())
}

// Logf writes a line to the script's standard error, with the program's name in front. What a terminal would obey is
// escaped: a message may have come from anywhere. It may be called from any goroutine.
func (h *Host) Logf(format string, args ...any) {
	text := visible.Text(fmt.Sprintf("silly: "+format+"\n", args...))
	h.stderrMu.Lock()
	defer h.stderrMu.Unlock()
	_, _ = h.options.Stderr.Write([]byte(text))
}

// reportError tells Options.OnError, or the log, of an error that no script caught. The caller holds the VM
// lock.
func (h *Host) reportError(failure *Error) {
	if h.options.OnError != nil {
		h.options.OnError(failure)
		return
	}
	h.LogError(failure)
}

// LogError writes an error with its traceback to the script's standard error.
func (h *Host) LogError(failure *Error) {
	if len(failure.Traceback) == 0 {
		h.Logf("%s", failure.Message)
		return
	}
	h.Logf("%s\n%s", failure.Message, FormatTraceback(failure.Traceback))
}
