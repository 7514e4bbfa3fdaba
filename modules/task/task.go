// Package task is the Lua module silly.task: start tasks, let them wait and wake them.
package task

import (
	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/luahost"
)

// Module is silly.task.
var Module = luahost.Module{Name: "silly.task", Open: open}

type binding struct {
	env   *luahost.Env
	tasks *sched.Scheduler
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := binding{env, sched.Of(env)}
	module := L.NewTable()
	env.Install(L, module, "task", map[string]lua.LGFunction{
		"running":    b.taskRunning,
		"status":     b.taskStatus,
		"readycount": b.taskReadyCount,
		"inspect":    b.taskInspect,
	})
	for name, fn := range map[string]vm.Func{"fork": b.taskFork, "wait": b.taskWait, "wakeup": b.taskWakeup} {
		module.RawSetString(name, b.tasks.Native("task."+name, fn))
	}
	return module
}

// taskFork implements task.fork(f [, ud]) -> thread.
func (b binding) taskFork(c vm.Call) int {
	fn := c.Function(1).LFunction()
	var arg lua.LValue
	if c.Len() > 1 {
		arg = value.Hold(c.Arg(2))
	}
	return c.Return(value.OfThread(b.tasks.Fork(fn, arg).Handle()))
}

// taskRunning implements task.running() -> thread.
func (b binding) taskRunning(L *lua.LState) int {
	L.Push(b.tasks.Current().Handle())
	return 1
}

// taskWait implements task.wait() -> value. It suspends until task.wakeup.
func (b binding) taskWait(c vm.Call) int {
	return b.tasks.ParkCall(c, "task.wait", waited)
}

// waited is the rest of task.wait.
func waited(c vm.Call, t *sched.Task) int {
	held, _ := t.TakeWakeup()
	return c.Return(value.Import(held))
}

// taskWakeup implements task.wakeup(thread [, value]).
func (b binding) taskWakeup(c vm.Call) int {
	if c.Arg(1).Kind() != value.KindThread {
		c.TypeError(1, "thread")
	}
	status := sched.Ended
	if t := b.tasks.TaskOf(c.Arg(1).LState()); t != nil {
		if b.tasks.Wake(t, value.Hold(c.Arg(2)), nil) {
			return 0
		}
		status = t.Status()
	}
	c.Raise("BUG: task.wakeup of a task that does not wait (its status is %s)", status)
	return 0
}

// taskStatus implements task.status(thread) -> string | nil.
func (b binding) taskStatus(L *lua.LState) int {
	t := b.tasks.TaskOf(luahost.CheckThread(L, 1))
	if t == nil {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LString(t.Status().String()))
	return 1
}

// taskReadyCount implements task.readycount() -> integer.
func (b binding) taskReadyCount(L *lua.LState) int {
	n := 0
	for t := range b.tasks.Each {
		if t.Status() == sched.Ready {
			n++
		}
	}
	L.Push(lua.LNumber(n))
	return 1
}

// taskInspect implements task.inspect() -> {[thread] = {status = string, traceback = string}}.
func (b binding) taskInspect(L *lua.LState) int {
	result := L.NewTable()
	for i, report := range b.env.Report() {
		t := b.tasks.Tasks()[i]
		entry := L.CreateTable(0, 2)
		entry.RawSetString("status", lua.LString(report.Status))
		entry.RawSetString("traceback", lua.LString(luahost.FormatTraceback(report.Traceback)))
		result.RawSet(t.Handle(), entry)
	}
	L.Push(result)
	return 1
}
