// Package task is the Lua module silly.task: start tasks, let them wait and wake them.
package task

import (
	"silly/luahost"

	lua "github.com/yuin/gopher-lua"
)

// Module is silly.task.
var Module = luahost.Module{Name: "silly.task", Open: open}

type binding struct{ host *luahost.Host }

func open(h *luahost.Host, L *lua.LState) lua.LValue {
	b := binding{h}
	module := L.NewTable()
	h.Install(L, module, "task", map[string]lua.LGFunction{
		"fork":       b.taskFork,
		"running":    b.taskRunning,
		"wait":       b.taskWait,
		"wakeup":     b.taskWakeup,
		"status":     b.taskStatus,
		"readycount": b.taskReadyCount,
		"inspect":    b.taskInspect,
	})
	return module
}

// taskFork implements task.fork(f [, ud]) -> thread.
func (b binding) taskFork(L *lua.LState) int {
	fn := luahost.CheckFunction(L, 1)
	var arg lua.LValue
	if L.GetTop() > 1 {
		arg = luahost.Argument(L, 2)
	}
	L.Push(b.host.Fork(fn, arg).Handle())
	return 1
}

// taskRunning implements task.running() -> thread.
func (b binding) taskRunning(L *lua.LState) int {
	L.Push(b.host.Current().Handle())
	return 1
}

// taskWait implements task.wait() -> value. It suspends until task.wakeup.
func (b binding) taskWait(L *lua.LState) int {
	return b.host.ParkThen(L, "task.wait", waited{})
}

// waited is the rest of task.wait.
type waited struct{}

func (waited) Continue(L *lua.LState, t *luahost.Task) int {
	value, _ := t.WakeUp()
	L.Push(value)
	return 1
}

// taskWakeup implements task.wakeup(thread [, value]).
func (b binding) taskWakeup(L *lua.LState) int {
	thread := luahost.CheckThread(L, 1)
	status := luahost.Ended
	if t := b.host.TaskOf(thread); t != nil {
		if b.host.Wake(t, luahost.Argument(L, 2), nil) {
			return 0
		}
		status = t.Status()
	}
	luahost.Raise(L, "BUG: task.wakeup of a task that does not wait (its status is %s)", status)
	return 0
}

// taskStatus implements task.status(thread) -> string | nil.
func (b binding) taskStatus(L *lua.LState) int {
	t := b.host.TaskOf(luahost.CheckThread(L, 1))
	if t == nil {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LString(t.Status().String()))
	return 1
}

// taskReadyCount implements task.readycount() -> integer.
func (b binding) taskReadyCount(L *lua.LState) int {
	L.Push(lua.LNumber(b.host.ReadyCount()))
	return 1
}

// taskInspect implements task.inspect() -> {[thread] = {status = string, traceback = string}}.
func (b binding) taskInspect(L *lua.LState) int {
	result := L.NewTable()
	for i, report := range b.host.Report() {
		t := b.host.Tasks()[i]
		entry := L.CreateTable(0, 2)
		entry.RawSetString("status", lua.LString(report.Status.String()))
		entry.RawSetString("traceback", lua.LString(luahost.FormatTraceback(report.Traceback)))
		result.RawSet(t.Handle(), entry)
	}
	L.Push(result)
	return 1
}
