package luahost

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
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

// reportError tells Options.OnError, or the log, of an error that no script caught. The caller holds the VM
// lock.
func (h *Host) reportError(failure *Error) {
	if h.options.OnError != nil {
		h.options.OnError(failure)
		return
	}
	h.LogError(failure)
}
