package luahost

import (
	"errors"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/lib"
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// newEngine makes the VM of a host. All threads come from root, which runs no script code.
func (h *Host) newEngine() {
	h.root = lua.NewState(lua.Options{SkipOpenLibs: true, CallStackSize: 16, RegistrySize: 128, RegistryMaxSize: 1 << 16, IncludeGoStackTrace: true})
	h.engine = vm.New(h.root)
	h.engine.HandleThread = h.threadOfHandle
	h.engine.MainHandle = func(*vm.Thread) (value.Value, bool) {
		return value.OfThread(h.current.Handle()), h.current.main
	}
	h.engine.HideMetatable = func(mt *lua.LTable) value.Value {
		if isClass(mt) {
			return value.GetString(mt, "__metatable")
		}
		return value.Nil
	}
	h.engine.OnGarbage = func() {
		go h.Do(func(*lua.LState) { h.Fork(h.engine.Finalizer().LFunction(), nil) })
	}
	h.engine.OnWarning = func(message string) { h.Logf("warning: %s", message) }
	h.engine.OpenBase()
	lib.Open(h.engine)
}

// finalizeTime is how long the finalizers may take that run when a host is closed.
const finalizeTime = time.Second

// finalizeAll calls __gc of what is still there: the host is being closed. The caller holds the VM lock.
func (h *Host) finalizeAll() {
	if h.exits || !h.engine.HasFinalizers() {
		return
	}
	running := h.engine.Leave()
	defer h.engine.Enter(running)
	h.engine.ClearInterrupt()
	h.engine.Remaining()
	limit := time.AfterFunc(finalizeTime, h.interruptClosed)
	if _, err := h.engine.NewThread().Start(h.engine.Finalizer()); err != nil {
		h.Logf("%s", err)
	}
	limit.Stop()
	if h.ctx.Err() != nil {
		h.interruptClosed()
	}
}

// interruptClosed ends the Lua code that runs because the host is closed.
func (h *Host) interruptClosed() { h.engine.Interrupt(&vm.Abort{Reason: ErrClosed}) }

// threadOfHandle is the thread that runs the task behind a thread value, for the library coroutine; nil when the value
// stands for no task.
func (h *Host) threadOfHandle(L *lua.LState) *vm.Thread {
	if !isHandle(L) {
		return nil
	}
	t := (*handle)(handlePointer(L)).task
	switch {
	case t == nil:
		return h.engine.DeadThread()
	case t.thread != nil:
		return t.thread
	}
	th := h.engine.NewThread() // the task has not begun
	th.MarkTask()
	return th
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
	p, err := Compile(source, name, line)
	if err != nil {
		return nil, err
	}
	return h.engine.NewFunction(p, value.OfTable(h.engine.Globals())).LFunction(), nil
}

// takeThread is a thread for a task: an idle one, or a new one.
func (s *scheduler) takeThread() *vm.Thread {
	if n := len(s.threads); n > 0 {
		th := s.threads[n-1]
		s.threads[n-1] = nil
		s.threads = s.threads[:n-1]
		return th
	}
	th := s.host.engine.NewThread()
	th.MarkTask()
	return th
}

// maxIdleThreads is how many threads are kept for the next task.
const maxIdleThreads = 128

// giveThread takes a thread back whose task has returned.
func (s *scheduler) giveThread(th *vm.Thread) {
	if !s.stopping && len(s.threads) < maxIdleThreads {
		th.Reset()
		s.threads = append(s.threads, th)
	}
}

// failure is the error of a task whose function has failed. The caller holds the VM lock.
func (h *Host) failure(t *Task, err error) *Error {
	raised, ok := err.(*vm.Error)
	if !ok {
		failure := &Error{Message: err.Error(), Cause: errors.Unwrap(err)}
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
	failure := &Error{Message: h.describe(t.thread, raised.Value), Value: lv, Traceback: frames(raised.Traceback)}
	if ud, ok := lv.(*lua.LUserData); ok {
		failure.Cause, _ = ud.Value.(error)
	}
	if raised.Panic != nil {
		h.Logf("%s\n%s", raised.Error(), raised.Stack)
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

// frames are the calls of a traceback.
func frames(trace []vm.TraceFrame) []Frame {
	calls := make([]Frame, 0, len(trace))
	for _, fr := range trace {
		switch {
		case fr.Source == "":
			calls = append(calls, Frame{Source: "...", Function: fmt.Sprintf("...\t(skipping %d levels)", fr.Line)})
		case fr.Function == "?": // the host itself
		case fr.Line == 0:
			calls = append(calls, Frame{Function: fr.Function})
		default:
			calls = append(calls, Frame{Source: fr.Source, Line: fr.Line, Function: fr.Function})
		}
		if fr.Tail {
			calls = append(calls, Frame{Source: "...", Function: "(...tail calls...)"})
		}
	}
	return calls
}
