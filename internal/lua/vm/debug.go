package vm

import (
	"strings"

	"silly/internal/lua/value"
)

// An active call is what a level of the library debug means: a frame, or a native function that runs.
type active struct {
	fr     *Frame // nil for a native function that runs
	native value.Value
}

// level finds the active call at a level of a thread. In the thread that makes the call c itself, level 0 is the function
// that c calls.
func (c Call) level(th *Thread, level int64) (active, bool) {
	if level < 0 || level > maxFrames+1 {
		return active{}, false
	}
	if fn := th.runningNative(); th == c.th && c.kind != kindCall || th == c.th && fn == nil {
		if level == 0 {
			return active{native: th.stack[c.ret]}, true
		}
		level--
	} else if fn != nil {
		if level == 0 {
			return active{native: value.OfFunction(fn)}, true
		}
		level--
	}
	for fr := th.frame; fr != &th.bottom; fr = fr.prev {
		if level == 0 {
			return active{fr: fr}, true
		}
		level--
	}
	return active{}, false
}

// threadArg is the thread that a function of the library debug is about, and how many arguments it takes.
func (c Call) threadArg() (*Thread, int) {
	if c.Arg(1).Kind() == value.KindThread {
		return c.Coroutine(1), 1
	}
	return c.th, 0
}

// debugGetHook implements debug.gethook([thread]) -> nil: no thread has a hook.
func debugGetHook(c Call) int {
	c.threadArg()
	return c.Return(value.Nil)
}

// debugSetHook implements debug.sethook([thread]) of the kind that turns hooks off. Setting one is an error, so that nobody waits
// for its calls.
func debugSetHook(c Call) int {
	if _, n := c.threadArg(); !c.Arg(n + 1).IsNil() {
		c.Raise("hooks are not supported")
	}
	return 0
}

// debugTraceback implements debug.traceback([thread,] [message [, level]]) -> string.
func debugTraceback(c Call) int {
	th, n := c.threadArg()
	message := c.Arg(n + 1)
	if !message.IsNil() && !message.IsString() && !message.IsNumber() {
		return c.Return(message)
	}
	level := int64(1)
	if th != c.th {
		level = 0
	}
	level = c.OptInt(n+2, level)
	if th == c.th && (c.kind != kindCall || th.runningNative() == nil) {
		level-- // the function that c calls has no place in the list
	}
	text := FormatTraceback(th.Traceback(int(max(0, min(level, 2*maxFrames)))))
	if !message.IsNil() {
		text = c.Str(n+1) + "\n" + text
	}
	return c.Return(value.String(text))
}

// debugGetInfo implements debug.getinfo([thread,] f [, what]) -> table.
func debugGetInfo(c Call) int {
	th, n := c.threadArg()
	what := shown(c.OptStr(n+2, "flnSrtu"))
	if strings.HasPrefix(what, ">") {
		c.ArgError(n+2, "invalid option '>'")
	}
	a := active{native: c.Arg(n + 1)}
	fromStack := !a.native.Callable()
	if fromStack {
		var ok bool
		if a, ok = c.level(th, int64(int32(c.Int(n+1)))); !ok { // a C int
			return c.Return(value.Nil)
		}
	}
	if strings.Trim(what, "SlnrutLf") != "" {
		c.ArgError(n+2, "invalid option")
	}
	f := a.native
	if a.fr != nil {
		f = a.fr.function()
	}
	var fn *Function
	if f.IsFunction() {
		fn = functionOf(f)
	}
	t := value.NewTable(0, 16)
	set := func(name string, v value.Value) { t.Set(value.String(name), v) }
	for _, option := range what {
		switch option {
		case 'S':
			fn.describeSource(set)
		case 'l':
			set("currentline", value.Int(int64(a.line())))
		case 'u':
			fn.describeParameters(set)
		case 'n':
			kind, name := a.fr.calledAs()
			if a.fr == nil && fromStack && (th != c.th || c.kind == kindCall) {
				kind, name = th.frame.calls()
			}
			set("namewhat", value.String(kind))
			if kind != "" {
				set("name", value.String(name))
			}
		case 'r':
			set("ftransfer", value.Int(0))
			set("ntransfer", value.Int(0))
		case 't':
			set("istailcall", value.Bool(a.fr != nil && a.fr.tail))
		case 'L':
			if fn != nil {
				set("activelines", fn.activeLines())
			}
		case 'f':
			set("func", f)
		}
	}
	return c.Return(t.Value())
}

// line is the line that is being executed, or -1.
func (a active) line() int {
	if a.fr == nil || a.fr.fn == nil {
		return -1
	}
	return a.fr.line()
}

// calledAs is what the caller of a frame calls its function, as far as that is known; nil is a frame of which nothing is.
func (fr *Frame) calledAs() (kind, name string) {
	if fr == nil || fr.tail || fr.kind != kindCall && fr.kind != kindMeta && fr.kind != kindClose {
		return "", ""
	}
	return fr.prev.calls()
}

// describeSource sets the fields of option S for a function; nil is one that is native.
func (fn *Function) describeSource(set func(name string, v value.Value)) {
	source, short, kind, first, last := "=[C]", "[C]", "C", -1, -1
	if fn != nil {
		source, short, kind, first, last = fn.Proto.Source, fn.Proto.Chunk, "Lua", fn.Proto.Line, fn.Proto.LastLine
		if first == 0 {
			kind, last = "main", 0
		}
	}
	set("source", value.String(source))
	set("short_src", value.String(short))
	set("what", value.String(kind))
	set("linedefined", value.Int(int64(first)))
	set("lastlinedefined", value.Int(int64(last)))
}

// describeParameters sets the fields of option u for a function; nil is one that is native.
func (fn *Function) describeParameters(set func(name string, v value.Value)) {
	ups, params, vararg := 0, 0, true
	if fn != nil {
		ups, params, vararg = len(fn.Upvals), fn.Proto.NumParams, fn.Proto.IsVararg
	}
	set("nups", value.Int(int64(ups)))
	set("nparams", value.Int(int64(params)))
	set("isvararg", value.Bool(vararg))
}

// activeLines is the set of lines of a function that have code.
func (fn *Function) activeLines() value.Value {
	lines := value.NewTable(0, 0)
	for _, line := range fn.Proto.Lines {
		lines.SetInt(int64(line), value.True)
	}
	return lines.Value()
}

// local is the register and the name of local variable n of a Lua function that runs, or "".
func (fr *Frame) local(n int) (reg int, name string) {
	p := fr.fn.Proto
	pc := fr.lf.Pc - 1
	for _, l := range p.Locals {
		if l.From <= pc && (pc < l.Until || l.Until == 0) {
			if n--; n == 0 {
				return fr.base + l.Reg, l.Name
			}
		}
	}
	return 0, ""
}

// endOf is the end of the registers of a frame that are in use.
func (th *Thread) endOf(fr *Frame) int {
	if fr != th.frame {
		return fr.next.ret
	}
	if th.runningNative() != nil {
		return fr.base + fr.fn.Proto.Code[fr.lf.Pc-1].A()
	}
	return fr.base + fr.fn.Proto.MaxStack
}

// localAt is local variable n of an active call: a negative n counts the variable arguments.
func (c Call) localAt(th *Thread, a active, n int64) (at int, name string) {
	fr := a.fr
	switch {
	case fr == nil || fr.fn == nil:
		return 0, ""
	case n < 0:
		if -n > int64(fr.lf.NArgs) {
			return 0, ""
		}
		return fr.ret + fr.fn.Proto.NumParams + int(-n), "(vararg)"
	case n > maxFrames:
		return 0, ""
	}
	if at, name = fr.local(int(n)); name == "" && n > 0 && fr.base+int(n)-1 < th.endOf(fr) {
		return fr.base + int(n) - 1, "(temporary)"
	}
	return at, name
}

// debugGetLocal implements debug.getlocal([thread,] f, local) -> name, value.
func debugGetLocal(c Call) int {
	th, n := c.threadArg()
	i := c.Int(n + 2)
	if f := c.Arg(n + 1); f.Callable() {
		if f.IsFunction() && i > 0 && int(i) <= functionOf(f).Proto.NumParams {
			return c.Return(value.String(functionOf(f).Proto.Locals[i-1].Name))
		}
		return c.Return(value.Nil)
	}
	a, ok := c.level(th, c.Int(n+1))
	if !ok {
		c.ArgError(n+1, "level out of range")
	}
	at, name := c.localAt(th, a, i)
	if name == "" {
		return c.Return(value.Nil)
	}
	return c.Return2(value.String(name), th.stack[at])
}

// debugSetLocal implements debug.setlocal([thread,] level, local, value) -> name.
func debugSetLocal(c Call) int {
	th, n := c.threadArg()
	a, ok := c.level(th, c.Int(n+1))
	if !ok {
		c.ArgError(n+1, "level out of range")
	}
	at, name := c.localAt(th, a, c.Int(n+2))
	if name == "" {
		return c.Return(value.Nil)
	}
	th.stack[at] = c.Any(n + 3)
	return c.Return(value.String(name))
}

// upvalueArg is upvalue argument 2 of the function argument 1, or nil.
func (c Call) upvalueArg(f, n int) **Upval {
	v, i := c.Function(f), c.Int(n)
	if !v.IsFunction() {
		return nil
	}
	if fn := functionOf(v); i >= 1 && i <= int64(len(fn.Upvals)) {
		return &fn.Upvals[i-1]
	}
	return nil
}

// debugGetUpvalue implements debug.getupvalue(f, up) -> name, value.
func debugGetUpvalue(c Call) int {
	u := c.upvalueArg(1, 2)
	if u == nil {
		return 0
	}
	name := functionOf(c.Arg(1)).Proto.Upvals[c.Int(2)-1].Name
	return c.Return2(value.String(name), *(*u).v)
}

// debugSetUpvalue implements debug.setupvalue(f, up, value) -> name.
func debugSetUpvalue(c Call) int {
	v := c.Any(3)
	u := c.upvalueArg(1, 2)
	if u == nil {
		return 0
	}
	*(*u).v = v
	return c.Return(value.String(functionOf(c.Arg(1)).Proto.Upvals[c.Int(2)-1].Name))
}

// debugUpvalueID implements debug.upvalueid(f, n) -> id.
func debugUpvalueID(c Call) int {
	u := c.upvalueArg(1, 2)
	if u == nil {
		return c.Return(value.Nil)
	}
	return c.Return(c.th.vm.identity(*u))
}

// debugUpvalueJoin implements debug.upvaluejoin(f1, n1, f2, n2).
func debugUpvalueJoin(c Call) int {
	to := c.upvalueArg(1, 2)
	if to == nil {
		c.ArgError(2, "invalid upvalue index")
	}
	from := c.upvalueArg(3, 4)
	if from == nil {
		c.ArgError(4, "invalid upvalue index")
	}
	*to = *from
	return 0
}

// debugGetMetatable implements debug.getmetatable(value) -> table.
func debugGetMetatable(c Call) int {
	if mt := c.th.vm.metatable(c.Any(1)); mt != nil {
		if hide := c.th.vm.HideMetatable; hide != nil {
			if v := hide(mt); !v.IsNil() {
				return c.Return(v)
			}
		}
		return c.Return(value.OfTable(mt))
	}
	return c.Return(value.Nil)
}

// debugSetMetatable implements debug.setmetatable(value, table) -> value.
func debugSetMetatable(c Call) int {
	v, mt := c.Arg(1), c.Arg(2)
	if c.n < 2 || !mt.IsNil() && !mt.IsTable() {
		c.TypeError(2, "nil or table")
	}
	c.th.vm.setAnyMetatable(v, mt)
	return c.Return(v)
}
