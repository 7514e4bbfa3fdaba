package luahost

import (
	"errors"
	"log/slog"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/lib"
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
)

// newEngine makes the VM of a host. All threads come from root, which runs no script code.
func (h *Host) newEngine() {
	h.root = lua.NewState(lua.Options{SkipOpenLibs: true, CallStackSize: 16, RegistrySize: 128, RegistryMaxSize: 1 << 16, IncludeGoStackTrace: true})
	h.engine = vm.New(h.root)
	h.engine.HandleThread = func(L *lua.LState) *vm.Thread { return h.sched.ThreadOf(L) }
	h.engine.MainHandle = func(*vm.Thread) (value.Value, bool) {
		t := h.sched.Current()
		return value.OfThread(t.Handle()), dutyOf(t).main
	}
	h.engine.HideMetatable = func(mt *lua.LTable) value.Value {
		if isClass(mt) {
			return value.GetString(mt, "__metatable")
		}
		return value.Nil
	}
	h.engine.OnGarbage = func() {
		h.fromCollector(func() { h.sched.Fork(h.engine.Finalizer().LFunction(), nil) })
	}
	h.engine.OnWarning = func(message string) { h.logf(slog.LevelWarn, "%s", message) }
	h.engine.OpenBase()
	lib.Open(h.engine)
}

// Global is a global variable. The caller holds the VM lock.
func (h *Host) Global(name string) lua.LValue {
	return value.Export(value.GetString(h.engine.Globals(), name))
}

// SetGlobal sets a global variable. The caller holds the VM lock.
func (h *Host) SetGlobal(name string, v lua.LValue) {
	value.Set(h.engine.Globals(), value.String(name), value.Import(v))
}

// compile makes a function of source whose first line is number line of what name stands for. The error is an *Error
// whose message begins with "name:line: ". The caller holds the VM lock.
func (h *Host) compile(source []byte, name string, line int) (*lua.LFunction, error) {
	p, err := h.proto(source, name, line)
	if err != nil {
		return nil, err
	}
	return h.engine.NewFunction(p, value.OfTable(h.engine.Globals())).LFunction(), nil
}

// failure is the error of a task whose function has failed. The caller holds the VM lock.
func (h *Host) failure(t *sched.Task, err error) *Error {
	if err == ErrClosed {
		return closedError
	}
	raised, ok := err.(*vm.Error)
	if !ok {
		failure := &Error{Message: err.Error(), Cause: errors.Unwrap(err), Trace: t.Trace}
		var abort *vm.Abort
		if errors.As(err, &abort) {
			failure.Traceback = frames(abort.Traceback)
		}
		if IsClosed(err) {
			return closedError
		}
		return failure
	}
	lv := value.Export(raised.Value)
	failure := &Error{Message: h.describe(t.Thread(), raised.Value), Value: lv, Traceback: frames(raised.Traceback), Trace: t.Trace}
	if ud, ok := lv.(*lua.LUserData); ok {
		failure.Cause, _ = ud.Value.(error)
	}
	if raised.Panic != nil {
		h.logf(slog.LevelError, "%s\n%s", raised.Error(), raised.Stack)
		failure.Cause = panicError{raised.Panic}
	}
	return failure
}

// describe is the text of a raised value.
func (h *Host) describe(th *vm.Thread, v value.Value) string {
	switch v.Kind() {
	case value.KindString, value.KindInt, value.KindFloat:
		return h.engine.Text(v)
	case value.KindUserData:
		if err, ok := v.LUserData().Value.(error); ok {
			return err.Error()
		}
	case value.KindTable:
		if text, ok := th.TryToString(v); ok {
			return text
		}
	}
	return "(error object is a " + v.TypeName() + " value)"
}
