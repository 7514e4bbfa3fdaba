package luahost

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// ErrClosed is the cause of the error that a run returns when the host was closed under it.
var ErrClosed = errors.New("luahost: host closed")

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
	// Tasks is what the tasks were doing when a run was ended because its context did.
	Tasks []TaskReport
}

// Error returns the message without the traceback.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// A Frame is one call of a traceback.
type Frame struct {
	Source   string // file of the function, "" for one written in Go
	Line     int    // line being executed, 0 where unknown
	Function string // "function 'name'", "main chunk", ...
}

// String returns the frame as a line of a traceback, without indentation.
func (f Frame) String() string {
	switch {
	case f.Source == "":
		return "[builtin]: in " + f.Function
	case f.Line == 0:
		return f.Source + " " + f.Function
	}
	return f.Source + ":" + strconv.Itoa(f.Line) + ": in " + f.Function
}

// maxFrames is how many calls a traceback shows of each end of a deep stack.
const maxFrames = 11

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

// A TaskReport describes one live task.
type TaskReport struct {
	Name      string // "main script" or "task N"
	Status    Status
	WaitsFor  string // such as "channel:pop"; "" when it does not wait
	Traceback []Frame
}

// String returns the report as text: a line for the task, then its traceback.
func (r TaskReport) String() string {
	what := "is " + r.Status.String()
	if r.WaitsFor != "" {
		what = "waits in " + r.WaitsFor
	}
	return r.Name + " " + what + "\n" + FormatTraceback(r.Traceback)
}

// Error says how many tasks wait; the tasks are in the field.
func (e *DeadlockError) Error() string {
	if e.Waiting == 1 {
		return "deadlock: 1 task waits for a wake-up that cannot come"
	}
	return fmt.Sprintf("deadlock: %d tasks wait for wake-ups that cannot come", e.Waiting)
}

// Traceback describes the calls that are active on a thread, and on the threads that resumed it,
// innermost first and without the first skip ones. Of a very deep stack it leaves out the middle. The
// caller holds the VM lock.
func Traceback(L *lua.LState, skip int) []Frame {
	var inner, outer []Frame // outer is a ring
	total := 0
	for ; L != nil; L = L.Parent {
		for cf := currentFrame(L); cf != nil; cf = cf.Parent {
			if skip > 0 {
				skip--
				continue
			}
			if isInternal(cf) {
				continue
			}
			f := frameOf(cf)
			switch {
			case len(inner) < maxFrames:
				inner = append(inner, f)
			case len(outer) < maxFrames:
				outer = append(outer, f)
			default:
				outer[total%maxFrames] = f
			}
			total++
		}
	}
	if dropped := total - len(inner) - len(outer); dropped > 0 {
		first := total % maxFrames
		outer = append(outer[first:len(outer):len(outer)], outer[:first]...)
		inner = append(inner, Frame{Source: "...", Function: fmt.Sprintf("(skipping %d levels)", dropped)})
	}
	return append(inner, outer...)
}

// isInternal reports whether a call is the host's own business: its Lua code, or a native function
// that another native function called.
func isInternal(cf *callFrame) bool {
	if cf.Fn.IsG {
		return cf.Parent != nil && cf.Parent.Fn.IsG
	}
	return cf.Fn.Proto.SourceName == internalChunk
}

// frameOf describes one call.
func frameOf(cf *callFrame) Frame {
	proto := cf.Fn.Proto
	name := calledName(cf)
	if cf.Fn.IsG {
		if native := nativeName(cf.Fn); native != "" {
			name = native
		}
		if name == "" {
			name = "?"
		}
		return Frame{Function: "function '" + name + "'"}
	}
	f := Frame{Source: proto.SourceName, Line: lineOf(cf)}
	switch {
	case proto.LineDefined == 0:
		f.Function = "main chunk"
	case name != "":
		f.Function = "function '" + name + "'"
	default:
		f.Function = fmt.Sprintf("function <%s:%d>", proto.SourceName, proto.LineDefined)
	}
	return f
}

// raiseWithTraceback is the Panic function of a task's thread: it runs when an error is raised that no
// pcall catches, while all frames are still there.
func raiseWithTraceback(L *lua.LState) {
	value := clarify(L, L.Get(-1))
	failure := &Error{Message: Describe(L, value), Value: value, Traceback: Traceback(L, 0)}
	if ud, ok := value.(*lua.LUserData); ok {
		if err, ok := ud.Value.(error); ok {
			failure.Cause = err
		}
	}
	if L.Context() != nil && L.Context().Err() != nil {
		failure.Cause = L.Context().Err()
	}
	panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: value, Cause: failure})
}

// Describe is the text of a raised value. It calls no script function: the stack may be full.
func Describe(L *lua.LState, value lua.LValue) string {
	switch v := value.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return v.String()
	case *lua.LUserData:
		if err, ok := v.Value.(error); ok {
			return err.Error()
		}
	case *lua.LTable:
		if mt, ok := v.Metatable.(*lua.LTable); ok {
			if text, ok := callToString(L, mt.RawGetString("__tostring"), v); ok {
				return text
			}
		}
	}
	return "(error object is a " + value.Type().String() + " value)"
}

// callToString calls a __tostring metamethod; ok is false when there is none or it fails.
func callToString(L *lua.LState, f lua.LValue, v lua.LValue) (text string, ok bool) {
	fn, isFunction := f.(*lua.LFunction)
	if !isFunction {
		return "", false
	}
	top := L.GetTop()
	err := L.CallByParam(lua.P{Fn: fn, NRet: 1, Protect: true}, v)
	if err != nil {
		return "", false
	}
	s, ok := L.Get(-1).(lua.LString)
	L.SetTop(top)
	return string(s), ok
}

// recovered makes the error of a task out of what its function panicked with.
func (h *Host) recovered(L *lua.LState, r any) *Error {
	apiError, ok := r.(*lua.ApiError)
	if !ok {
		return &Error{
			Message:   h.panicMessage(L, r),
			Traceback: Traceback(L, 0),
			Cause:     panicError{r},
		}
	}
	if failure, ok := apiError.Cause.(*Error); ok {
		return failure
	}
	return &Error{Message: Describe(L, apiError.Object), Value: apiError.Object, Traceback: Traceback(L, 0), Cause: apiError.Cause}
}

// stackOverflow is what gopher-lua panics with when the call stack is full.
const stackOverflow = "lua callstack overflow"

// panicMessage is what scripts are told of a Go panic. All but a full call stack are defects of the VM
// or a module: the log gets the Go stack.
func (h *Host) panicMessage(L *lua.LState, r any) string {
	if r == stackOverflow {
		return position(L) + "stack overflow"
	}
	h.logPanic("the VM", r)
	return position(L) + "internal error: " + fmt.Sprint(r)
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
