package luahost

import (
	lua "github.com/yuin/gopher-lua"
)

// internalChunk names Lua code of the host itself; tracebacks leave it out.
const internalChunk = "[silly]"

// yieldSource makes coroutine.yield out of the raw one. gopher-lua panics when a coroutine that ended
// in `return coroutine.yield(x)` is resumed, because such a tail call leaves no frame to come back to;
// called from here, the raw yield always has one.
const yieldSource = `local raw = ...
local function pass(...) return ... end
return function(...) return pass(raw(...)) end`

// openCoroutine replaces the coroutine library by one that cannot corrupt the VM. The script's own
// coroutines stay gopher-lua's: cheap, collected as garbage, and run on the goroutine of the task that
// resumes them, so that a native function may block inside them.
func (h *Host) openCoroutine(L *lua.LState) {
	lib := L.GetGlobal("coroutine").(*lua.LTable)
	c := &coroutines{
		host:   h,
		create: lib.RawGetString("create").(*lua.LFunction).GFunction,
		resume: lib.RawGetString("resume").(*lua.LFunction).GFunction,
		wrap:   lib.RawGetString("wrap").(*lua.LFunction).GFunction,
		yield:  lib.RawGetString("yield").(*lua.LFunction).GFunction,
	}
	h.Install(L, lib, "coroutine", map[string]lua.LGFunction{
		"close":       c.coClose,
		"create":      c.coCreate,
		"isyieldable": c.coIsYieldable,
		"resume":      c.coResume,
		"running":     c.coRunning,
		"status":      c.coStatus,
		"wrap":        c.coWrap,
	})
	proto, err := compile([]byte(yieldSource), internalChunk)
	if err != nil {
		panic(err)
	}
	L.Push(L.NewFunctionFromProto(proto))
	L.Push(L.NewFunction(c.rawYield))
	L.Call(1, 1)
	lib.RawSetString("yield", L.Get(-1))
	L.Pop(1)
}

// coroutines holds gopher-lua's own functions.
type coroutines struct {
	host                        *Host
	create, resume, wrap, yield lua.LGFunction
}

// coCreate implements coroutine.create(f) -> thread.
func (c *coroutines) coCreate(L *lua.LState) int {
	CheckFunction(L, 1)
	return c.create(L)
}

// coResume implements coroutine.resume(thread, ...) -> true, ... | false, err.
func (c *coroutines) coResume(L *lua.LState) int {
	th := CheckThread(L, 1)
	if reason := c.refusal(th); reason != "" {
		L.Push(lua.LFalse)
		L.Push(lua.LString(reason))
		return 2
	}
	t := c.host.nest(L)
	defer func() { t.nesting-- }()
	return c.resume(L)
}

// refusal says why th cannot be resumed, or "".
func (c *coroutines) refusal(th *lua.LState) string {
	switch {
	case isHandle(th):
		return "cannot resume a task"
	case th.Dead:
		return "cannot resume dead coroutine"
	case th.Parent != nil: // set from resume to yield: it runs, or waits inside a native function
		return "cannot resume non-suspended coroutine"
	}
	return ""
}

// coWrap implements coroutine.wrap(f) -> function.
func (c *coroutines) coWrap(L *lua.LState) int {
	CheckFunction(L, 1)
	c.wrap(L)
	th := L.Get(-1).(*lua.LFunction).Upvalues[0].Value().(*lua.LState)
	L.Push(L.NewFunction(func(L *lua.LState) int {
		if reason := c.refusal(th); reason != "" {
			Raise(L, "%s", reason)
		}
		t := c.host.nest(L)
		returned := false
		defer func() {
			t.nesting--
			if returned {
				return
			}
			// An error left the coroutine: gopher-lua forgets to say that it is over.
			th.Dead = true
			th.Parent = nil
			L.G.CurrentThread = L
		}()
		L.Insert(th, 1)
		n := c.resume(L)
		returned = true
		return n
	}))
	return 1
}

// rawYield suspends the coroutine that calls it, or raises an error where that is not possible.
func (c *coroutines) rawYield(L *lua.LState) int {
	if L.Parent == nil {
		Raise(L, "attempt to yield from outside a coroutine")
	}
	for cf := currentFrame(L); cf.Parent != nil; cf = cf.Parent {
		if !calledByInstruction(cf) {
			Raise(L, "attempt to yield across %s", boundary(cf))
		}
	}
	return c.yield(L)
}

// boundary names what stands between a frame and the coroutine's own main loop.
func boundary(cf *callFrame) string {
	if !cf.Parent.Fn.IsG {
		return "a metamethod or an iterator"
	}
	native := cf.Parent
	for native.Parent != nil && native.Parent.Fn.IsG { // the one that the script called
		native = native.Parent
	}
	if name := calledName(native); name != "" {
		return "a call of '" + name + "'"
	}
	return "a call of a built-in function"
}

// coStatus implements coroutine.status(thread) -> "running" | "suspended" | "normal" | "dead".
func (c *coroutines) coStatus(L *lua.LState) int {
	L.Push(lua.LString(c.statusOf(L, CheckThread(L, 1))))
	return 1
}

func (c *coroutines) statusOf(L, th *lua.LState) string {
	if isHandle(th) {
		t := c.host.TaskOf(th)
		switch {
		case t == nil:
			return "dead"
		case t != c.host.current:
			return "suspended"
		case L.Parent != nil:
			return "normal"
		}
		return "running"
	}
	switch {
	case th.Dead:
		return "dead"
	case th == L:
		return "running"
	case th.Parent != nil:
		return "normal"
	}
	return "suspended"
}

// coRunning implements coroutine.running() -> thread, ismain.
func (c *coroutines) coRunning(L *lua.LState) int {
	if L.Parent != nil {
		L.Push(L)
	} else {
		L.Push(c.host.current.Handle())
	}
	L.Push(lua.LFalse)
	return 2
}

// coIsYieldable implements coroutine.isyieldable() -> boolean.
func (c *coroutines) coIsYieldable(L *lua.LState) int {
	L.Push(lua.LBool(L.Parent != nil))
	return 1
}

// coClose implements coroutine.close(thread) -> true.
func (c *coroutines) coClose(L *lua.LState) int {
	th := CheckThread(L, 1)
	if isHandle(th) || th.Parent != nil {
		Raise(L, "cannot close a %s coroutine", c.statusOf(L, th))
	}
	th.Dead = true
	L.Push(lua.LTrue)
	return 1
}
