package vm

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/code"
	"silly/internal/lua/value"
)

// line is the line that a Lua function executes.
func (fr *Frame) line() int {
	p := fr.fn.Proto
	if pc := fr.lf.Pc - 1; pc >= 0 && pc < len(p.Lines) {
		return int(p.Lines[pc])
	}
	return p.Line
}

// caller is the frame of a call that is so many levels above the running native function, or nil.
func (th *Thread) caller(level int) *Frame {
	fr := th.frame
	for ; level > 1 && fr != &th.bottom; level-- {
		fr = fr.prev
	}
	if fr == &th.bottom {
		return nil
	}
	return fr
}

// Where is the position "name:line: " of the function at a level: 1 has called the running native function, 2 has called
// that one. It is empty where there is none or no Lua function.
func (th *Thread) Where(level int) string {
	if level < 1 {
		return ""
	}
	fr := th.caller(level)
	if fr == nil || fr.fn == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", fr.fn.Proto.Chunk, fr.line())
}

// Position is the position "name:line: " of the innermost Lua function, in the thread or in those that have resumed it.
func (th *Thread) Position() string {
	for ; th != nil; th = th.resumer {
		for fr := th.frame; fr != &th.bottom; fr = fr.prev {
			if fr.fn != nil {
				return fmt.Sprintf("%s:%d: ", fr.fn.Proto.Chunk, fr.line())
			}
		}
	}
	return ""
}

// runtimeError raises an error about the running instruction.
func (th *Thread) runtimeError(message string) {
	th.raise(value.String(th.Where(1) + message))
}

// operandText names where a value of the running instruction came from: " (local 'x')".
func (th *Thread) operandText(slot int) string {
	fr := th.frame
	if fr.fn == nil || slot < 0 || slot > 255 {
		return ""
	}
	o, ok := fr.fn.Proto.Operand(fr.lf.Pc-1, uint8(slot))
	if !ok {
		return ""
	}
	return " (" + o.KindName() + " '" + shown(o.Name) + "')"
}

// shown is a name in a message: it ends before a zero byte, as it does in lua5.4.
func shown(name string) string {
	name, _, _ = strings.Cut(name, "\x00")
	return name
}

// typeError raises an error because an operation does not suit a value.
func (th *Thread) typeError(what string, v value.Value, slot int) {
	th.runtimeError("attempt to " + what + " a " + th.vm.TypeNameOf(v) + " value" + th.operandText(slot))
}

// indexError raises an error because t cannot be indexed; it is what the instruction indexes if slot is 0.
func (th *Thread) indexError(t value.Value, slot int) { th.typeError("index", t, slot) }

// arithError raises an error because an operation does not suit its operands.
func (th *Thread) arithError(op value.ArithOp, x, y value.Value) {
	what := "perform arithmetic on"
	switch {
	case op.Bitwise():
		if x.IsNumber() && y.IsNumber() {
			slot := 2
			if _, ok := value.ToInt(x); !ok {
				slot = 1
			}
			if op == value.OpBNot {
				slot = 0
			}
			th.runtimeError("number" + th.operandText(slot) + " has no integer representation")
		}
		what = "perform bitwise operation on"
	case x.IsNumber() && y.IsNumber():
		th.runtimeError(divisionText(op))
	}
	v, slot := x, 1
	if x.IsNumber() {
		v, slot = y, 2
	}
	if op == value.OpBNot || op == value.OpUnm {
		slot = 0
	}
	th.typeError(what, v, slot)
}

// divisionText says that an integer is divided by zero.
func divisionText(op value.ArithOp) string {
	if op == value.OpMod {
		return "attempt to perform 'n%0'"
	}
	return "attempt to divide by zero"
}

// compareError raises an error because two values have no order.
func (th *Thread) compareError(a, b value.Value) { th.runtimeError(th.vm.orderText(a, b)) }

// orderText says that two values have no order.
func (vm *VM) orderText(a, b value.Value) string {
	x, y := vm.TypeNameOf(a), vm.TypeNameOf(b)
	if x == y {
		return "attempt to compare two " + x + " values"
	}
	return "attempt to compare " + x + " with " + y
}

// callError raises an error because a value cannot be called.
func (th *Thread) callError(v value.Value, idx int) {
	extra := ""
	if kind, name := th.frame.calls(); kind != "" {
		extra = " (" + kind + " '" + name + "')"
	}
	th.runtimeError("attempt to call a " + th.vm.TypeNameOf(v) + " value" + extra)
}

// calls says what a Lua function calls at the moment: "local", "f", or "metamethod", "add".
func (fr *Frame) calls() (kind, name string) {
	if fr.fn == nil {
		return "", ""
	}
	p := fr.fn.Proto
	pc := fr.lf.Pc - 1
	if pc < 0 {
		return "", ""
	}
	event := ""
	switch op := p.Code[pc].Op(); op {
	case code.Call, code.TailCall:
		if o, ok := p.Operand(pc, 0); ok {
			return o.KindName(), shown(o.Name)
		}
		return "", ""
	case code.TForCall:
		return "for iterator", "for iterator"
	case code.GetTabUp, code.GetField, code.GetI, code.GetTable, code.Self:
		event = "index"
	case code.SetTabUp, code.SetField, code.SetI, code.SetTable:
		event = "newindex"
	case code.Unm:
		event = "unm"
	case code.BNot:
		event = "bnot"
	case code.Len:
		event = "len"
	case code.Concat:
		event = "concat"
	case code.EQ, code.NEQ, code.EQK, code.NEQK:
		event = "eq"
	case code.LT, code.NLT, code.LTK, code.NLTK, code.GTK, code.NGTK:
		event = "lt"
	case code.LE, code.NLE, code.LEK, code.NLEK, code.GEK, code.NGEK:
		event = "le"
	case code.Close, code.Jmp, code.Return, code.Return0, code.Return1:
		event = "close"
	default:
		switch {
		case op >= code.Add && op <= code.Shr:
			event = value.Events[op-code.Add][2:]
		case op >= code.AddK && op <= code.ShrK:
			event = value.Events[op-code.AddK][2:]
		default:
			return "", ""
		}
	}
	return "metamethod", event
}

// TypeNameOf is the type of a value as messages name it: by __name of its metatable, if there is one.
func (vm *VM) TypeNameOf(v value.Value) string {
	if v.IsTable() || v.Kind() == value.KindUserData {
		if name := vm.meta(v, &evName); name.IsString() {
			return shown(name.Str())
		}
	}
	return v.TypeName()
}

// A TraceFrame is one call in a traceback.
type TraceFrame struct {
	Source   string // as messages show it; "[C]" for a Go function
	Line     int    // 0 for a Go function
	Function string // such as "function 'f'", "local 'g'", "main chunk"
	Tail     bool   // calls that were replaced by tail calls stood behind it
}

// firstTrace and lastTrace are how many calls a long traceback has of either end, as in lua5.4.
const (
	firstTrace = 10
	lastTrace  = 11
)

// Traceback lists the calls of a thread, the innermost first, without the first skip ones. A long list lacks its middle,
// which is a TraceFrame with nothing but a number in Line.
func (th *Thread) Traceback(skip int) []TraceFrame {
	type call struct {
		fr *Frame         // of a Lua function or a waiting native one
		fn *lua.LFunction // a running native one
	}
	var calls []call
	if fn := th.runningNative(); fn != nil {
		calls = append(calls, call{fn: fn})
	}
	for fr := th.frame; fr != &th.bottom; fr = fr.prev {
		calls = append(calls, call{fr: fr})
	}
	if th.resumer == nil && th.runs() {
		calls = append(calls, call{}) // the Go code that runs the thread
	}
	if skip >= len(calls) {
		return nil
	}
	if skip > 0 {
		calls = calls[skip:]
	}
	var frames []TraceFrame
	for i := 0; i < len(calls); i++ {
		if n := len(calls); i == firstTrace && n > firstTrace+lastTrace+1 {
			frames = append(frames, TraceFrame{Line: n - firstTrace - lastTrace - 1})
			i = n - lastTrace
		}
		c := calls[i]
		if c.fr != nil && c.fr.fn != nil {
			frames = append(frames, TraceFrame{
				Source: c.fr.fn.Proto.Chunk, Line: c.fr.line(), Function: th.functionText(c.fr), Tail: c.fr.tail,
			})
			continue
		}
		fn := c.fn
		if c.fr != nil {
			fn = c.fr.lf.Fn
		}
		frames = append(frames, TraceFrame{Source: "[C]", Function: th.nativeText(fn)})
	}
	return frames
}

// runs reports whether the thread runs, or has resumed a coroutine that does.
func (th *Thread) runs() bool {
	for in := th.vm.running; in != nil; in = in.resumer {
		if in == th {
			return true
		}
	}
	return false
}

// runningNative is the native function that the innermost Lua function is calling, or nil.
func (th *Thread) runningNative() *lua.LFunction {
	fr := th.frame
	if fr.fn == nil || fr.lf.Pc < 1 {
		return nil
	}
	i := fr.fn.Proto.Code[fr.lf.Pc-1]
	if op := i.Op(); op != code.Call && op != code.TailCall {
		return nil
	}
	v := th.stack[fr.base+i.A()]
	if k := v.Kind(); k != value.KindNative && k != value.KindForeign {
		return nil
	}
	return v.LFunction()
}

// functionText names the function of a frame.
func (th *Thread) functionText(fr *Frame) string {
	p := fr.fn.Proto
	if name := th.vm.globalName(&fr.fn.LFunction); name != "" {
		return "function '" + name + "'"
	}
	if !fr.tail && (fr.kind == kindCall || fr.kind == kindMeta || fr.kind == kindClose) {
		if kind, name := fr.prev.calls(); kind != "" {
			return kind + " '" + name + "'"
		}
	}
	if p.Line == 0 {
		return "main chunk"
	}
	return fmt.Sprintf("function <%s:%d>", p.Chunk, p.Line)
}

// nativeText names a Go function.
func (th *Thread) nativeText(fn *lua.LFunction) string {
	if fn == nil {
		return "?"
	}
	if name := th.vm.globalName(fn); name != "" {
		return "function '" + name + "'"
	}
	if name := FunctionName(fn); name != "" {
		return "function '" + name + "'"
	}
	return "?"
}

// globalName is the name by which a function is known in a loaded module, or "".
func (vm *VM) globalName(fn *lua.LFunction) string {
	if vm.Loaded == nil {
		return ""
	}
	best := ""
	for k, v, ok := value.Next(vm.Loaded, value.Nil); ok && !k.IsNil(); k, v, ok = value.Next(vm.Loaded, k) {
		if !k.IsString() || !v.IsTable() {
			continue
		}
		t := v.LTable()
		for name, f, ok := value.Next(t, value.Nil); ok && !name.IsNil(); name, f, ok = value.Next(t, name) {
			if !name.IsString() || !f.Callable() || f.LFunction() != fn {
				continue
			}
			if k.Str() == "_G" {
				return shown(name.Str())
			}
			if full := k.Str() + "." + name.Str(); best == "" || full < best {
				best = full
			}
		}
	}
	return best
}

// FormatTraceback is a traceback as text, with its heading.
func FormatTraceback(frames []TraceFrame) string {
	var b strings.Builder
	b.WriteString("stack traceback:")
	for _, fr := range frames {
		switch {
		case fr.Source == "":
			fmt.Fprintf(&b, "\n\t...\t(skipping %d levels)", fr.Line)
			continue
		case fr.Line > 0:
			fmt.Fprintf(&b, "\n\t%s:%d: in %s", fr.Source, fr.Line, fr.Function)
		default:
			fmt.Fprintf(&b, "\n\t%s: in %s", fr.Source, fr.Function)
		}
		if fr.Tail {
			b.WriteString("\n\t(...tail calls...)")
		}
	}
	return b.String()
}
