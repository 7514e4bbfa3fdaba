package luahost

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/internal/visible"
)

// ErrClosed is the cause of the error that a run returns when the host was closed under it.
var ErrClosed = sched.ErrClosed

// closedError marks a task that the host ended.
var closedError = &Error{Message: "the host was closed", Cause: ErrClosed}

// An Error is a Lua error that no script caught.
type Error struct {
	// Message is the error as text, in most cases with the script's position in front:
	// "chat.lua:12: attempt to …".
	Message string
	// Value is the raised value; nil when the error does not come from Lua. Only the holder of the VM
	// lock may look into a table.
	Value lua.LValue
	// Traceback lists the calls that were active, innermost first.
	Traceback []Frame
	// Cause is the Go error behind it, where there is one: the compiler's, an *os.PathError, a
	// context's error, or the value of a Go panic as an error.
	Cause error
	// Trace is that of the task (see the module silly.trace); 0 is none.
	Trace int64
	// Tasks is what the tasks were doing when a run was ended because its context did.
	Tasks []TaskReport
}

// Error returns the message without the traceback.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// A Frame is one call of a traceback.
type Frame struct {
	Source   string // file of the function, "" for one written in Go, "..." for calls that Function says are left out
	Line     int    // line being executed, 0 where unknown
	Function string // "function 'name'", "main chunk", ...
}

// String returns the frame as a line of a traceback, without indentation.
func (f Frame) String() string {
	switch {
	case f.Source == "":
		return "[C]: in " + f.Function
	case f.Line == 0:
		return f.Function
	}
	return f.Source + ":" + strconv.Itoa(f.Line) + ": in " + f.Function
}

// FormatTraceback returns frames as Lua shows them: a heading and a line for each.
func FormatTraceback(frames []Frame) string {
	var b strings.Builder
	b.WriteString("stack traceback:")
	for _, f := range frames {
		b.WriteString("\n\t")
		b.WriteString(f.String())
	}
	return b.String()
}

// An ExitError is what a run returns when the script called silly.exit.
type ExitError struct {
	Status int
}

// Error names the status.
func (e *ExitError) Error() string { return "exit status " + strconv.Itoa(e.Status) }

// A DeadlockError is what a run returns when tasks are left that wait for each other for ever.
type DeadlockError struct {
	Waiting int          // how many tasks wait
	Tasks   []TaskReport // a hundred of them at most
}

// Status says what a task is doing, in the words of the module silly.task.
type Status string

// The states of a live task.
const (
	Ready    Status = "READY"
	Running  Status = "RUN"
	Waiting  Status = "WAIT"  // for a wake-up by another task
	Sleeping Status = "SLEEP" // for a timer
	InIO     Status = "IO"    // for the outside world
)

// A TaskReport describes one live task.
type TaskReport struct {
	Name      string // "main script" or "task N"
	Status    Status
	WaitsFor  string // such as "channel:pop"; "" when it does not wait
	Trace     int64  // see the module silly.trace; 0 is none
	Traceback []Frame
}

// String returns the report as text for people: a line for the task, then its traceback. What a terminal would obey is
// escaped.
func (r TaskReport) String() string {
	what := "is " + string(r.Status)
	if r.WaitsFor != "" {
		what = "waits in " + r.WaitsFor
	}
	return visible.Text(r.Name + " " + what + "\n" + FormatTraceback(r.Traceback))
}

// Error says how many tasks wait; the tasks are in the field.
func (e *DeadlockError) Error() string {
	if e.Waiting == 1 {
		return "deadlock: 1 task waits for a wake-up that cannot come"
	}
	return fmt.Sprintf("deadlock: %d tasks wait for wake-ups that cannot come", e.Waiting)
}

// Traceback describes the calls that are active on a thread, innermost first and without the first skip ones. Of a very
// deep stack it leaves out the middle. The caller holds the VM lock.
func Traceback(L *lua.LState, skip int) []Frame {
	if L == nil || vm.IsHandle(L) {
		return nil
	}
	return frames(vm.ThreadOf(L).Traceback(skip))
}

// Describe is the text of a raised value.
func Describe(L *lua.LState, v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return string(v)
	case *lua.LUserData:
		if err, ok := v.Value.(error); ok {
			return err.Error()
		}
	case *lua.LTable:
		if text, ok := vm.ThreadOf(L).TryToString(value.Import(v)); ok {
			return text
		}
	default:
		if v.Type() == lua.LTNumber {
			return value.NumberText(value.Import(v))
		}
	}
	return "(error object is a " + v.Type().String() + " value)"
}

// panicError is the value of a Go panic as an error.
type panicError struct{ value any }

func (e panicError) Error() string { return fmt.Sprint("panic: ", e.value) }

func (e panicError) Unwrap() error {
	err, _ := e.value.(error)
	return err
}

// IsClosed reports whether err says that the host ended the task, rather than that something failed.
func IsClosed(err error) bool { return errors.Is(err, ErrClosed) }

// frames are the calls of a traceback.
func frames(trace []vm.TraceFrame) []Frame {
	calls := make([]Frame, 0, len(trace))
	for _, fr := range trace {
		switch {
		case fr.Source == "":
			calls = append(calls, Frame{Source: "...", Function: fmt.Sprintf("...\t(skipping %d levels)", fr.Line)})
		case fr.Function == "?", fr.Line == 0 && strings.Contains(fr.Function, resultsName): // the host itself
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
