package vm

import (
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
)

// A Func is a Go function written for this VM. It finds its arguments in c, pushes its results and returns how many they
// are, or what a method of c returned that says so. It runs with the VM lock held.
type Func func(c Call) int

// A Native is a Go function as a Lua value.
type Native struct {
	lua.LFunction
	fn   Func
	name string
}

// NewNative makes a function. Its name, such as "string.rep", is for messages.
func (vm *VM) NewNative(name string, fn Func) value.Value {
	n := &Native{fn: fn, name: name}
	n.IsG = true
	n.Env = vm.globals
	n.Upvalues = value.NativeMark
	n.GFunction = callNativeFromGo
	return value.OfFunction(&n.LFunction)
}

// A Call is one call of a Func: where its arguments lie, and who wants its results.
type Call struct {
	th   *Thread
	base int // of the arguments in th.stack
	n    int
	ret  int // where the function lies and its results go
	want int
	kind frameKind
	// foreign says that the function has gopher-lua's signature.
	foreign bool
}

// What a Func returns in place of a number of results.
const (
	suspended   = -1 // the task waits; nothing runs until it is resumed
	callPending = -2 // the VM shall make the call th.pending
	failing     = -4 // vm.raised is raised
	switched    = -3 // vm.running is another thread, whose frame shall get the values th.pending
)

// Thread is the thread that makes the call.
func (c Call) Thread() *Thread { return c.th }

// VM is the VM that makes the call.
func (c Call) VM() *VM { return c.th.vm }

// Len is the number of arguments.
func (c Call) Len() int { return c.n }

// Arg is argument n, counted from 1, or nil.
func (c Call) Arg(n int) value.Value {
	if n > c.n {
		return value.Nil
	}
	return c.th.stack[c.base+n-1]
}

// SetArg sets argument n, which must be there.
func (c Call) SetArg(n int, v value.Value) { c.th.stack[c.base+n-1] = v }

// Push pushes a result.
func (c Call) Push(v value.Value) {
	th := c.th
	if th.top == len(th.stack) {
		th.grow(th.top + 1)
	}
	th.stack[th.top] = v
	th.top++
}

// Return is what a Func returns whose only result is v.
func (c Call) Return(v value.Value) int {
	c.Push(v)
	return 1
}

// Return2 is what a Func returns whose results are v and w.
func (c Call) Return2(v, w value.Value) int {
	c.Push(v)
	c.Push(w)
	return 2
}

// ReturnArgs is what a Func returns whose results are its arguments from number n on.
func (c Call) ReturnArgs(n int) int {
	c.th.top = c.base + c.n
	return max(0, c.n-n+1)
}

// Room makes sure that n more results fit onto the stack, or raises the error "stack overflow" with a message.
func (c Call) Room(n int, message string) {
	if n > maxStack-c.th.top-stackSlack {
		c.Raise("stack overflow (%s)", message)
	}
	c.th.need(c.th.top + n)
}

// Call calls f and returns its first result. It keeps the Go stack: what f calls cannot yield, and the task keeps its
// goroutine while it waits in there. Use Then where a function may be called often or may wait.
func (c Call) Call(f value.Value, args ...value.Value) value.Value {
	return c.th.call1(f, args...)
}

// A Cont is the rest of a Func after a call that it has made with Then: c has the results as its arguments. It pushes the
// results of the Func and returns how many they are, or calls again.
type Cont func(c Call, state any) int

// Then is what a Func returns in order to call f and go on in k when f has returned; k gets all its results. f may yield
// and wait. What c has on the stack is lost.
func (c Call) Then(k Cont, state any, f value.Value, args ...value.Value) int {
	th := c.th
	fr := c.frame(k, state)
	idx := c.base // the arguments are not needed any more
	th.need(idx + len(args) + 1)
	fr.base = idx
	th.stack[idx] = f
	copy(th.stack[idx+1:], args)
	th.top = idx + 1 + len(args)
	th.pending = pendingCall{idx, len(args), kindNative}
	return callPending
}

// TailCall is what a Func returns whose results are those of f.
func (c Call) TailCall(f value.Value, args ...value.Value) int {
	return c.Then(func(c Call, _ any) int { return c.ReturnArgs(1) }, nil, f, args...)
}

// Suspend is what a Func returns whose task waits: nothing of the task runs until somebody calls VM.Resume. Then k goes on
// with what Resume was given. It must not be called unless CanSuspend.
func (c Call) Suspend(k Cont, state any) int {
	fr := c.frame(k, state)
	fr.base = c.th.top
	return suspended
}

// CanSuspend reports whether the task can wait in this call without keeping a goroutine: no Go function that does not go on
// with Then is active in it.
func (c Call) CanSuspend() bool { return c.th.vm.depth == 1 }

// frame pushes the frame of a Func that waits for something.
func (c Call) frame(k Cont, state any) *Frame {
	th := c.th
	fr := th.pushFrame()
	fr.fn = nil
	if fr.lf.Fn = c.function(); fr.lf.Fn == nil {
		fr.lf.Fn = unknown
	}
	fr.k, fr.state = k, state
	fr.ret, fr.want, fr.kind = c.ret, c.want, c.kind
	fr.catch = false
	return fr
}

// unknown stands for a Go function that is not known any more.
var unknown = &lua.LFunction{IsG: true}

// function is the function that is called, if it is still known.
func (c Call) function() *lua.LFunction {
	if v := c.th.stack[c.ret]; v.Callable() {
		return v.LFunction()
	}
	return nil
}

// calledAs is what the Lua function that made the call calls the called one: "method", "read", say. It is empty where
// nothing is known.
func (c Call) calledAs() (kind, name string) {
	if c.kind == kindCall || c.kind == kindMeta || c.kind == kindClose {
		return c.th.frame.calls()
	}
	return "", ""
}

// name is the name of the called function in messages.
func (c Call) name() string {
	if _, name := c.calledAs(); name != "" {
		return name
	}
	if fn := c.function(); fn != nil {
		if name := FunctionName(fn); name != "" {
			if c.foreign {
				name = name[strings.LastIndexAny(name, ".:")+1:]
			}
			return name
		}
	}
	return "?"
}

// Name is what messages call the function, "?" where that is unknown.
func (c Call) Name() string { return c.name() }

// Raise raises an error with the position of the Lua function that made the call; of one further up if a function with
// gopher-lua's signature was called by another Go function.
func (c Call) Raise(format string, args ...any) {
	message := format
	if len(args) > 0 {
		message = fmt.Sprintf(format, args...)
	}
	where := c.th.Where(1)
	if c.foreign {
		where = c.th.Position()
	}
	c.th.raise(value.String(where + message))
}

// Fail is what a Func returns that raises a value as an error: it costs less than RaiseValue.
func (c Call) Fail(v value.Value) int {
	c.th.vm.raised = v
	return failing
}

// RaiseValue raises a value as an error.
func (c Call) RaiseValue(v value.Value) { c.th.raise(v) }

// ArgError raises an error about argument n.
func (c Call) ArgError(n int, problem string) {
	if kind, _ := c.calledAs(); kind == "method" {
		n--
		if n == 0 {
			c.Raise("calling '%s' on bad self (%s)", c.name(), problem)
		}
	}
	c.Raise("bad argument #%d to '%s' (%s)", n, c.name(), problem)
}

// TypeError raises an error because argument n is not what is expected.
func (c Call) TypeError(n int, expected string) {
	got := "no value"
	if n <= c.n {
		got = c.th.vm.ArgumentType(c.Arg(n))
	}
	c.ArgError(n, expected+" expected, got "+got)
}

// ArgumentType is the type of an argument as messages name it: by __name of its metatable, whatever its type is.
func (vm *VM) ArgumentType(v value.Value) string {
	if name := vm.meta(v, &evName); name.IsString() {
		return shown(name.Str())
	}
	return v.TypeName()
}

// Any is argument n, which must be there but may be nil.
func (c Call) Any(n int) value.Value {
	if n > c.n {
		c.ArgError(n, "value expected")
	}
	return c.Arg(n)
}

// Table is argument n, a table.
func (c Call) Table(n int) *lua.LTable {
	v := c.Arg(n)
	if !v.IsTable() {
		c.TypeError(n, "table")
	}
	return v.LTable()
}

// Function is argument n, a function.
func (c Call) Function(n int) value.Value {
	v := c.Arg(n)
	if !v.Callable() {
		c.TypeError(n, "function")
	}
	return v
}

// Str is argument n, a string or a number.
func (c Call) Str(n int) string {
	v := c.Arg(n)
	switch {
	case v.IsString():
		return v.Str()
	case v.IsNumber():
		return value.NumberText(v)
	}
	c.TypeError(n, "string")
	return ""
}

// OptStr is Str with a default for nil or an absent argument.
func (c Call) OptStr(n int, otherwise string) string {
	if c.Arg(n).IsNil() {
		return otherwise
	}
	return c.Str(n)
}

// Int is argument n, a number with an integer representation or a string that reads as one.
func (c Call) Int(n int) int64 {
	v := c.Arg(n)
	if v.IsInt() {
		return v.AsInt()
	}
	i, ok := value.ToInt(v)
	if !ok {
		if _, isNumber := value.ToNumber(v); isNumber {
			c.ArgError(n, "number has no integer representation")
		}
		c.TypeError(n, "number")
	}
	return i
}

// OptInt is Int with a default for nil or an absent argument.
func (c Call) OptInt(n int, otherwise int64) int64 {
	if c.Arg(n).IsNil() {
		return otherwise
	}
	return c.Int(n)
}

// Number is argument n, a number or a string that reads as one.
func (c Call) Number(n int) value.Value {
	v, ok := value.ToNumber(c.Arg(n))
	if !ok {
		c.TypeError(n, "number")
	}
	return v
}

// Float is Number as a float.
func (c Call) Float(n int) float64 {
	v := c.Number(n)
	if v.IsInt() {
		return float64(v.AsInt())
	}
	return v.AsFloat()
}

// SmallInt is Int cut to what an int32 has, for sizes and levels.
func (c Call) SmallInt(n int) int { return int(min(max(c.Int(n), math.MinInt32), math.MaxInt32)) }

// Poll ends the call if the host wants the VM to stop. Loops whose length a script chooses call it from time to time.
func (c Call) Poll() { c.th.vm.poll() }
