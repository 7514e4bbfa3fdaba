package vm

import (
	"math"

	"silly/internal/lua/value"
)

// baseNext implements next(t [, key]) -> key, value | nil.
func baseNext(c Call) int {
	t, after := c.Table(1), c.Arg(2)
	k, v, ok := value.Next(t, after)
	if after.IsFloat() && ok { // lua5.4 looks for the float, and an integer is the key
		_, whole := value.FloatToInt(after.AsFloat())
		ok = !whole
	}
	if !ok {
		c.RaiseValue(value.String("invalid key to 'next'"))
	}
	if k.IsNil() {
		return c.Return(k)
	}
	return c.Return2(k, v)
}

// ipairsStep is the iterator of ipairs.
func ipairsStep(c Call) int {
	i := value.Int(c.Int(2) + 1)
	t := c.Any(1)
	if t.IsTable() {
		if v := value.Get(t.LTable(), i); !v.IsNil() {
			return c.Return2(i, v)
		} else if value.Metatable(t.LTable()) == nil {
			return c.Return(value.Nil)
		}
	}
	return c.index(t, i, func(c Call, state any) int {
		v := c.Arg(1)
		if v.IsNil() {
			return c.Return(v)
		}
		return c.Return2(state.(value.Value), v)
	}, i)
}

// index is what a Func returns that goes on in k with t[key].
func (c Call) index(t, key value.Value, k Cont, state any) int {
	for range maxChain {
		var f value.Value
		if t.IsTable() {
			v := value.Get(t.LTable(), key)
			if f = evIndex.field(value.Metatable(t.LTable())); !v.IsNil() || f.IsNil() {
				c.Push(v)
				c.base, c.n = c.th.top-1, 1
				return k(c, state)
			}
		} else if f = c.th.vm.meta(t, &evIndex); f.IsNil() {
			c.th.plainError("attempt to index a " + c.th.vm.TypeNameOf(t) + " value")
		}
		if f.Callable() {
			return c.Then(k, state, f, t, key)
		}
		t = f
	}
	c.th.plainError("'__index' chain too long; possible loop")
	return 0
}

// basePCall implements pcall(f, ...) -> true, ... | false, err.
func basePCall(c Call) int {
	c.Any(1)
	return c.protect(value.Nil, 1)
}

// baseXPCall implements xpcall(f, handler, ...) -> true, ... | false, handler's result.
func baseXPCall(c Call) int {
	handler := c.Function(2)
	// The function stands right in front of its arguments.
	c.SetArg(2, c.Arg(1))
	return c.protect(handler, 2)
}

// Protect is what a Func returns that calls argument n, with the arguments behind it, as xpcall does with a handler.
func (c Call) Protect(handler value.Value, n int) int { return c.protect(handler, n) }

// protect is what a Func returns that calls argument n, with the arguments behind it, as pcall does.
func (c Call) protect(handler value.Value, n int) int {
	th := c.th
	fr := c.frame(protectedReturns, &protection{handler: handler, result: value.False})
	fr.catch = true
	fr.base = c.base + n - 1
	th.pending = pendingCall{fr.base, c.n - n, kindNative}
	return callPending
}

func protectedReturns(c Call, _ any) int { return c.prepend(value.True) }

// baseError implements error(message [, level]).
func baseError(c Call) int {
	v, level := c.Arg(1), c.OptInt(2, 1)
	if v.IsString() && level > 0 {
		v = value.String(c.th.Where(int(level)) + v.Str())
	}
	return c.Fail(v)
}

// OpenBase makes the functions global that need the insides of the VM, and the libraries coroutine and debug.
func (vm *VM) OpenBase() {
	set := func(t *value.Table, prefix string, fns map[string]Func) {
		for name, fn := range fns {
			t.Set(value.String(name), vm.NewNative(prefix+name, fn))
		}
	}
	globals := value.Own(vm.globals)
	set(globals, "", map[string]Func{
		"error": baseError, "getfenv": baseGetFEnv, "load": baseLoad, "loadstring": baseLoad,
		"setfenv": baseSetFEnv, "xpcall": baseXPCall,
	})
	globals.Set(value.String("next"), vm.next)
	globals.Set(value.String("pcall"), vm.pcall)
	globals.Set(value.String("_G"), value.OfTable(vm.globals))
	globals.Set(value.String("_VERSION"), value.String("Lua 5.4"))
	co := value.NewTable(0, 8)
	set(co, "coroutine.", map[string]Func{
		"close": coClose, "create": coCreate, "isyieldable": coIsYieldable, "resume": coResume,
		"running": coRunning, "status": coStatus, "wrap": coWrap, "yield": coYield,
	})
	globals.Set(value.String("coroutine"), co.Value())
	debug := value.NewTable(0, 16)
	set(debug, "debug.", map[string]Func{
		"gethook": debugGetHook, "getinfo": debugGetInfo, "getlocal": debugGetLocal, "getmetatable": debugGetMetatable, "getupvalue": debugGetUpvalue,
		"sethook": debugSetHook, "setlocal": debugSetLocal, "setmetatable": debugSetMetatable, "setupvalue": debugSetUpvalue,
		"traceback": debugTraceback, "upvalueid": debugUpvalueID, "upvaluejoin": debugUpvalueJoin,
	})
	globals.Set(value.String("debug"), debug.Value())
}

// The following are for Go functions that need an operation with its metamethods and do not mind keeping the Go stack.

// plainError raises an error of an operation that a Go function has made: it has no position.
func (th *Thread) plainError(message string) { th.raise(value.String(message)) }

// Index is t[key].
func (th *Thread) Index(t, key value.Value) value.Value {
	for range maxChain {
		var f value.Value
		if t.IsTable() {
			v := value.Get(t.LTable(), key)
			if f = evIndex.field(value.Metatable(t.LTable())); !v.IsNil() || f.IsNil() {
				return v
			}
		} else if f = th.vm.meta(t, &evIndex); f.IsNil() {
			th.plainError("attempt to index a " + th.vm.TypeNameOf(t) + " value")
		}
		if f.Callable() {
			return th.call1(f, t, key)
		}
		t = f
	}
	th.plainError("'__index' chain too long; possible loop")
	return value.Nil
}

// SetIndex is t[key] = v.
func (th *Thread) SetIndex(t, key, v value.Value) {
	for range maxChain {
		var f value.Value
		if t.IsTable() {
			f = evNewIndex.field(value.Metatable(t.LTable()))
			if f.IsNil() || !value.Get(t.LTable(), key).IsNil() {
				switch {
				case key.IsNil():
					th.plainError("table index is nil")
				case key.IsFloat() && math.IsNaN(key.AsFloat()):
					th.plainError("table index is NaN")
				}
				value.Set(t.LTable(), key, v)
				return
			}
		} else if f = th.vm.meta(t, &evNewIndex); f.IsNil() {
			th.plainError("attempt to index a " + th.vm.TypeNameOf(t) + " value")
		}
		if f.Callable() {
			th.call1(f, t, key, v)
			return
		}
		t = f
	}
	th.plainError("'__newindex' chain too long; possible loop")
}

// Length is #v.
func (th *Thread) Length(v value.Value) value.Value {
	if v.IsString() {
		return value.Int(int64(len(v.Str())))
	}
	if f := th.vm.meta(v, &evLen); !f.IsNil() {
		return th.call1(f, v, v)
	}
	if !v.IsTable() {
		th.plainError("attempt to get length of a " + th.vm.TypeNameOf(v) + " value")
	}
	return value.Int(value.Len(v.LTable()))
}

// Less is a < b.
func (th *Thread) Less(a, b value.Value) bool {
	switch {
	case a.IsNumber() && b.IsNumber():
		return value.LessNumber(a, b)
	case a.IsString() && b.IsString():
		return a.Str() < b.Str()
	}
	f := th.vm.meta(a, &evLt)
	if f.IsNil() {
		f = th.vm.meta(b, &evLt)
	}
	if f.IsNil() {
		th.plainError(th.vm.orderText(a, b))
	}
	return !th.call1(f, a, b).Falsy()
}

// Equal is a == b.
func (th *Thread) Equal(a, b value.Value) bool {
	if value.RawEqual(a, b) {
		return true
	}
	if k := a.Kind(); k != b.Kind() || k != value.KindTable && k != value.KindUserData {
		return false
	}
	f := th.vm.meta(a, &evEq)
	if f.IsNil() {
		f = th.vm.meta(b, &evEq)
	}
	return !f.IsNil() && !th.call1(f, a, b).Falsy()
}

// ToString is a value as tostring has it.
func (th *Thread) ToString(v value.Value) string {
	if f := th.vm.MetaField(v, "__tostring"); !f.IsNil() {
		s := th.call1(f, v)
		if !s.IsString() && !s.IsNumber() {
			th.runtimeError("'__tostring' must return a string")
		}
		return th.vm.Text(s)
	}
	return th.vm.Text(v)
}

// Text is ToString without __tostring.
func (vm *VM) Text(v value.Value) string {
	switch k := v.Kind(); k {
	case value.KindNil:
		return "nil"
	case value.KindFalse:
		return "false"
	case value.KindTrue:
		return "true"
	case value.KindInt, value.KindFloat:
		return value.NumberText(v)
	case value.KindString:
		return v.Str()
	default:
		return vm.TypeNameOf(v) + ": " + address(v)
	}
}
