package luahost

import (
	"fmt"
	"runtime/debug"

	lua "github.com/yuin/gopher-lua"
)

// Install puts native functions into a table. name is what scripts call the table, for messages.
// The caller holds the VM lock.
func (h *Host) Install(L *lua.LState, table *lua.LTable, name string, functions map[string]lua.LGFunction) {
	for key, fn := range functions {
		table.RawSetString(key, h.Function(L, name+"."+key, fn))
	}
}

// Function makes a Lua function of a native one. A Go panic in it, which is a defect of the module,
// becomes a Lua error, and the host's log gets the Go stack. The caller holds the VM lock.
func (h *Host) Function(L *lua.LState, name string, fn lua.LGFunction) *lua.LFunction {
	// The name is an upvalue: that is where messages and tracebacks find it.
	return L.NewClosure(func(L *lua.LState) (n int) {
		defer func() {
			if r := recover(); r != nil {
				if _, ok := r.(*lua.ApiError); ok {
					panic(r) // a Lua error on its way to a pcall
				}
				h.logPanic(name, r)
				Raise(L, "internal error in %s: %v", name, r)
			}
		}()
		return fn(L)
	}, lua.LString(name))
}

// nativeName is the name that Function gave to a native function, "" for any other.
func nativeName(fn *lua.LFunction) string {
	if !fn.IsG || len(fn.Upvalues) != 1 {
		return ""
	}
	name, _ := fn.Upvalues[0].Value().(lua.LString)
	return string(name)
}

// Raise raises a Lua error at the script's line. The caller holds the VM lock.
func Raise(L *lua.LState, format string, args ...any) {
	L.Error(lua.LString(position(L)+fmt.Sprintf(format, args...)), 0)
}

// position is "file:line: " of the innermost call of the script's own code, "" when there is none.
func position(L *lua.LState) string {
	for ; L != nil; L = L.Parent {
		for cf := currentFrame(L); cf != nil; cf = cf.Parent {
			if proto := cf.Fn.Proto; !cf.Fn.IsG && proto.SourceName != internalChunk {
				return fmt.Sprintf("%s:%d: ", proto.SourceName, lineOf(cf))
			}
		}
	}
	return ""
}

// logPanic writes a Go panic with its stack to the script's standard error.
func (h *Host) logPanic(where string, r any) {
	h.Logf("internal error in %s: %v\n%s", where, r, debug.Stack())
}

// Logf writes a line to the script's standard error, with the program's name in front. It may be
// called from any goroutine.
func (h *Host) Logf(format string, args ...any) {
	text := fmt.Sprintf("silly: "+format+"\n", args...)
	h.stderrMu.Lock()
	defer h.stderrMu.Unlock()
	_, _ = h.options.Stderr.Write([]byte(text))
}

// ReportError tells Options.OnError, or the log, of an error that no script caught. The caller holds the VM
// lock.
func (h *Host) ReportError(failure *Error) {
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
