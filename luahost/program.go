package luahost

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/code"
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
)

// RunFile runs a script file as the main script and waits until the program ends: the script has
// returned, no task can ever run again, and no listener or timer is open. require looks for modules in
// the script's folder first. args are the script's `...` and, with the path as index 0, the table arg.
//
// The error is nil at the natural end, else an *Error (the main script failed, or could not be read
// or compiled), a *DeadlockError, an *ExitError (silly.exit), or, when ctx ended first, an *Error
// whose cause is the context's. Uncaught errors of other tasks go to Options.OnError and do not end
// the program; [Host.Failures] counts them. After anything but nil or a compile error the host can
// only be closed. One program runs at a time.
func (h *Host) RunFile(ctx context.Context, path string, args ...string) error {
	source, err := readScript(path)
	if err != nil {
		return err
	}
	return h.RunSource(ctx, path, source, args...)
}

// readScript reads the file of a script.
func readScript(path string) ([]byte, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{Message: describePathError("cannot open", path, err), Cause: err}
	}
	return source, nil
}

// RunSource is RunFile for a file that has been read already.
func (h *Host) RunSource(ctx context.Context, path string, source []byte, args ...string) error {
	return h.run(ctx, path, filepath.Dir(path), source, 1, args)
}

// RunString runs code as the main script, like RunFile. name stands in error messages and tracebacks,
// and modules are looked for in the current folder.
func (h *Host) RunString(ctx context.Context, name, code string, args ...string) error {
	return h.run(ctx, name, ".", []byte(code), 1, args)
}

// RunLines is RunString for code that is a part of what name stands for and begins at its line of that
// number: lines in messages and tracebacks count from there.
func (h *Host) RunLines(ctx context.Context, name string, line int, code string, args ...string) error {
	return h.run(ctx, name, ".", []byte(code), line, args)
}

// RunReader runs what r delivers as the main script, like RunString.
func (h *Host) RunReader(ctx context.Context, name string, r io.Reader, args ...string) error {
	source, err := io.ReadAll(r)
	if err != nil {
		return &Error{Message: describePathError("cannot read", name, err), Cause: err}
	}
	return h.run(ctx, name, ".", source, 1, args)
}

// RunFunc runs a global function, or one in a table ("handlers.start"), as a new task, waits for it
// and returns its results: nil, bool, float64 and string as such, everything else as a lua.LValue that
// only Do may look into. Arguments are converted as by Expose. The error is an *Error. It may run
// beside a program.
func (h *Host) RunFunc(ctx context.Context, name string, args ...any) ([]any, error) {
	type outcome struct {
		results []any
		err     *Error
	}
	ended := make(chan outcome, 1)
	var missing error
	var started *sched.Task
	ran := h.Do(func(L *lua.LState) {
		fn, ok := h.lookUp(name).(*lua.LFunction)
		if !ok {
			missing = &Error{Message: fmt.Sprintf("%s is a %s, not a function", name, h.lookUp(name).Type())}
			return
		}
		values := make([]lua.LValue, len(args))
		for i, arg := range args {
			values[i] = h.toLua(L, "an argument", arg)
		}
		t := h.sched.NewTask(fn, values...)
		t.WantsResults = true
		t.Owner = &duty{done: func(results []lua.LValue, err *Error) { ended <- outcome{toGo(results), err} }}
		started = t
		h.sched.Start(t)
	})
	if !ran {
		return nil, closedError
	}
	if missing != nil {
		return nil, missing
	}
	select {
	case o := <-ended:
		if o.err != nil {
			return nil, o.err
		}
		return o.results, nil
	case <-ctx.Done():
		// The task may be computing, and hold the VM.
		abort := &vm.Abort{Reason: ctx.Err(), Concerns: func() bool { return h.sched.Current() == started }}
		h.engine.Interrupt(abort)
		h.Do(func(*lua.LState) { h.sched.Kill(started) })
		h.engine.TakeBack(abort)
		return nil, &Error{Message: name + ": " + ctx.Err().Error(), Cause: ctx.Err()}
	}
}

// Failures is the number of errors that no script caught in tasks other than the main script.
func (h *Host) Failures() int {
	h.sched.Lock()
	defer h.sched.Unlock()
	return h.failures
}

func (h *Host) run(ctx context.Context, name, folder string, source []byte, line int, args []string) error {
	proto, err := h.proto(source, name, line)
	if err != nil {
		return err
	}
	p := &program{done: make(chan struct{})}
	busy := false
	ran := h.Do(func(L *lua.LState) {
		if h.program != nil {
			busy = true
			return
		}
		h.program = p
		h.setScriptPath(folder)
		h.setArguments(L, name, args)
		p.main = h.scriptTask(proto)
		p.main.Owner = &duty{main: true, done: func(_ []lua.LValue, err *Error) {
			if err != nil && err != closedError {
				h.finish(err)
				h.stop()
			}
		}}
		h.sched.Start(p.main)
	})
	if !ran {
		return closedError
	}
	if busy {
		return errBusyHost
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		h.interrupt(ctx.Err())
		<-p.done
	}
	return p.err
}

var errBusyHost = &Error{Message: "luahost: a program is running already"}

// setArguments makes args those of the program, also in the table arg. The caller holds the VM lock.
func (h *Host) setArguments(L *lua.LState, name string, args []string) {
	h.arguments = args
	table := L.CreateTable(len(args), 1)
	for i, arg := range args {
		table.RawSetInt(i+1, lua.LString(arg))
	}
	table.RawSetInt(0, lua.LString(name))
	h.SetGlobal("arg", table)
}

// scriptTask makes the task that runs a script with the arguments of the program. The caller holds the VM lock.
func (h *Host) scriptTask(proto *code.Proto) *sched.Task {
	args := make([]lua.LValue, len(h.arguments))
	for i, arg := range h.arguments {
		args[i] = lua.LString(arg)
	}
	return h.sched.NewTask(h.engine.NewFunction(proto, value.OfTable(h.engine.Globals())).LFunction(), args...)
}

// interruptGrace is how long the tasks may go on when the program's context has ended, so that the VM is
// free to say what they do.
const interruptGrace = 50 * time.Millisecond

// interrupt ends the program because its context ended.
func (h *Host) interrupt(cause error) {
	why := &Error{Message: cause.Error(), Cause: cause}
	h.interrupted.Store(why)
	reports := make(chan []TaskReport, 1)
	go func() {
		h.sched.Lock()
		defer h.sched.Unlock()
		reports <- append(h.stopped, h.reportSome()...)
	}()
	select {
	case why.Tasks = <-reports:
		h.cancel()
	case <-time.After(interruptGrace):
		h.cancel()
		h.engine.Interrupt(&vm.Abort{Reason: cause}) // the VM gives the lock up only now
		why.Tasks = <-reports
	}
	h.end(nil)
}

// checkEnd ends the program when nothing can ever happen in it again. The caller holds the VM lock,
// and no task is ready or running.
func (h *Host) checkEnd() {
	if h.program == nil || h.program.session || h.sched.Pending() {
		return
	}
	if h.holds == 0 && h.sched.Len() == 0 {
		h.finish(nil)
		return
	}
	open := h.canWake()
	if settle := h.options.Settle; settle > 0 && (open || h.program.main.Status() == sched.Ended) {
		h.settleLater(settle)
		return
	}
	if open {
		return
	}
	h.finish(&DeadlockError{Waiting: h.sched.Len(), Tasks: h.reportSome()})
	h.stop()
}

// canWake reports whether something from outside may wake a task. The caller holds the VM lock.
func (h *Host) canWake() bool { return h.holds+h.wakers > 0 || h.serves() }

// settleLater ends the program if nothing happens for a while. The caller holds the VM lock.
func (h *Host) settleLater(quiet time.Duration) {
	if h.settling {
		return
	}
	h.settling = true
	p, turns, activity := h.program, h.sched.Turns(), h.networkActivity()
	time.AfterFunc(quiet, func() {
		h.sched.Lock()
		defer h.sched.Unlock() // which comes back here when it was too early
		h.settling = false
		if h.program != p || h.sched.Pending() {
			return
		}
		if h.sched.Turns() == turns && h.networkActivity() == activity {
			h.finish(nil)
		}
	})
}

// networkActivity is a number that changes when something happens on the network.
func (h *Host) networkActivity() uint64 {
	if a, ok := h.network.(Activity); ok {
		return a.Activity()
	}
	return 0
}

// Deadlock describes tasks that wait for each other for ever, or returns nil: after a run that ended
// because of Options.Settle.
func (h *Host) Deadlock() *DeadlockError {
	h.sched.Lock()
	defer h.sched.Unlock()
	if h.sched.Stopped() || h.program != nil || h.sched.Pending() || h.canWake() || h.sched.Len() == 0 {
		return nil
	}
	return &DeadlockError{Waiting: h.sched.Len(), Tasks: h.reportSome()}
}
