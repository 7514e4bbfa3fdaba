package luahost

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// noTraceback keeps gopher-lua from making a traceback of its own for every error that a pcall catches:
// its cost grows with the square of the depth.
const noTraceback = "-"

// maxNesting is how deep protected calls and resumes may be nested in a task, as in the reference
// implementation. Each level takes Go stack, of which there is less than of Lua's.
const maxNesting = 200

// nest enters one more level of the current task, or raises an error. The caller takes it back with
// nesting--.
func (h *Host) nest(L *lua.LState) *Task {
	t := h.current
	if t.nesting >= maxNesting {
		Raise(L, "stack overflow (protected calls and coroutines are nested too deeply)")
	}
	t.nesting++
	return t
}

// baseError implements error(message [, level]). gopher-lua's own gives the position of level 1 whatever
// the level is.
func (h *Host) baseError(L *lua.LState) int {
	level := OptInteger(L, 2, 1)
	message, ok := L.Get(1).(lua.LString)
	if !ok || level <= 0 {
		L.Error(L.Get(1), 0)
		return 0
	}
	cf := currentFrame(L)
	for ; level > 0 && cf != nil; level-- {
		cf = cf.Parent
	}
	if cf != nil && !cf.Fn.IsG {
		message = lua.LString(fmt.Sprintf("%s:%d: %s", cf.Fn.Proto.SourceName, lineOf(cf), message))
	}
	L.Error(message, 0)
	return 0
}

// basePCall implements pcall(f, ...) -> true, ... | false, err.
func (h *Host) basePCall(L *lua.LState) int {
	if L.GetTop() == 0 {
		ArgumentError(L, 1, "value expected")
	}
	return h.protected(L, h.pcallGuard, 2, nil)
}

// baseXPCall implements xpcall(f, handler, ...) -> true, ... | false, handler's result.
func (h *Host) baseXPCall(L *lua.LState) int {
	handler := CheckFunction(L, 2)
	return h.Protect(L, 3, func(L *lua.LState, value lua.LValue) lua.LValue {
		L.Push(handler)
		L.Push(value)
		L.Call(1, 1)
		result := L.Get(-1)
		L.Pop(1)
		return result
	})
}

// Protect calls the value in argument 1 of the running native function, with the arguments from
// firstArg on, and leaves on the stack what pcall returns; it returns their number. When an error is
// raised, onError is called before the stack is unwound, on the thread that raised it, and makes the
// value that is reported. The caller holds the VM lock.
func (h *Host) Protect(L *lua.LState, firstArg int, onError func(*lua.LState, lua.LValue) lua.LValue) int {
	if L.GetTop() == 0 {
		ArgumentError(L, 1, "value expected")
	}
	return h.protected(L, h.newGuard(L, onError), firstArg, onError)
}

// newGuard makes the function through which protected calls go: it takes the function to call and its
// arguments. gopher-lua's own error handlers leave upvalues of the unwound frames open, to be
// overwritten by whatever runs next; in Panic, the frames are intact and the upvalues are closed.
func (h *Host) newGuard(L *lua.LState, onError func(*lua.LState, lua.LValue) lua.LValue) *lua.LFunction {
	return L.NewFunction(func(L *lua.LState) int {
		plain := L.Panic
		L.Panic = func(raising *lua.LState) {
			value := clarify(raising, raising.Get(-1))
			if onError != nil {
				handling := L.Panic
				L.Panic = plain // an error in the handler is not handled again
				defer func() { L.Panic = handling }()
				value = onError(raising, value)
			}
			panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: value, StackTrace: noTraceback})
		}
		defer func() {
			r := recover()
			if r == nil {
				return
			}
			apiError, ok := r.(*lua.ApiError)
			if !ok {
				apiError = &lua.ApiError{Type: lua.ApiErrorPanic, Object: lua.LString(h.panicMessage(L, r))}
			}
			if apiError.StackTrace == "" {
				apiError.StackTrace = noTraceback
			}
			panic(apiError)
		}()
		L.Call(L.GetTop()-1, lua.MultRet)
		return L.GetTop()
	})
}

// protected calls argument 1 through a guard.
func (h *Host) protected(L *lua.LState, guard *lua.LFunction, firstArg int, onError func(*lua.LState, lua.LValue) lua.LValue) int {
	t := h.nest(L)
	defer func() { t.nesting-- }()
	top := L.GetTop()
	L.Push(guard)
	L.Push(L.Get(1))
	for i := firstArg; i <= top; i++ {
		L.Push(L.Get(i))
	}
	err := L.PCall(1+max(top-firstArg+1, 0), lua.MultRet, nil)
	if err == nil {
		L.Insert(lua.LTrue, top+1)
		return L.GetTop() - top
	}
	apiError, ok := err.(*lua.ApiError)
	if !ok {
		L.Push(lua.LFalse)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	value := apiError.Object
	if apiError.Type == lua.ApiErrorPanic && onError != nil {
		value = onError(L, value) // there was no Panic to call it
	}
	L.Push(lua.LFalse)
	L.Push(value)
	return 2
}
