// Package luahost runs Lua programs: one VM, many tasks, plain blocking code.
//
// A [Host] embeds a VM with gopher-lua's Go API. Every task is a Lua thread, and one lock, the VM lock, says whose turn it
// is. Two rules keep this safe. Only the holder of the VM lock touches a Lua value, and nothing that can block runs while the
// lock is held. Native functions are called with the lock held; one that has to wait says so to its [Env]: [Env.Block] lets
// other tasks run while a Go function waits, [Env.Suspend] lets a task wait for another. Code on any other goroutine enters
// with [Host.Do].
package luahost

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/luahost/backplane"
	"silly/luahost/hostlog"
)

// Options says how a host is built. The zero value is a host with the real network, the process's
// standard streams and no modules beyond Lua's own libraries.
type Options struct {
	// Modules are what a script can require, beside files.
	Modules []Module
	// Network is where modules listen and dial; nil is the real network.
	Network Network
	// System is what scripts reach of the machine beside it: files, commands, the environment. Nil is
	// AllAccess, all that the process may reach.
	System System
	// Stdin, Stdout and Stderr are the script's standard streams; nil is the process's own.
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Log gets what scripts and the host log; nil is lines in Stderr.
	Log slog.Handler
	// SharedLog, if it is not nil, is what the host logs to instead: the log of another one, by [hostlog.Log.Share].
	SharedLog *hostlog.Log
	// Backplane carries the messages of silly.topic between hosts; nil is one of its own, which nobody else is on.
	Backplane backplane.Backplane
	// Worker says which of several hosts that run the same program this one is; the zero value is the only one.
	Worker Worker
	// OnError is told of each error that no script caught in a task other than the main script. It
	// runs with the VM lock held. Nil logs message and traceback.
	OnError func(*Error)
	// Interruptible has no effect any more.
	//
	// Deprecated: in every host an endless loop ends when the host closes or a run's context ends.
	Interruptible bool
	// Watchdog, if it is not 0, is how long a task may compute without letting others run before the log says
	// which one does, for how long, and where; and again after twice that time, four times, and so on.
	Watchdog time.Duration
	// Settle, if it is not 0, ends a run also when nothing happens any more unless somebody connects: only
	// listeners are left, and tasks that wait for another task, and for as long as Settle nothing went on, nor
	// on the network if that can tell (see Activity). What is left stays as it is, and another run can go on
	// with it; Deadlock says whether tasks wait for ever.
	Settle time.Duration
	// Origins makes the host remember where tasks, timers and resources were made, for [Env.Inventory].
	Origins bool
	// Coverage, if it is not nil, counts which lines and functions of files run. The code is slower then.
	Coverage *Coverage
	// Synctest says that the host is made, used and closed in a bubble of [testing/synctest], where time goes on when everybody
	// waits. Then nothing outside of the bubble wakes the host, and what the collector finds is looked at in the next turn of a
	// task. Its Network must be one in memory: sockets, child processes and watched files do not wait in the bubble's time.
	Synctest bool
}

// A Worker is one of several hosts that run the same program, to use more than one processor.
type Worker struct {
	ID    int // from 1 to Count
	Count int
}

// A Module is one entry of what a script can require.
type Module struct {
	// Name is what the script requires, such as "silly.net.http".
	Name string
	// Library makes it a global of its name, such as io, that is there without require.
	Library bool
	// Open makes the module's value, once per host: when it is first required, on the thread L of
	// the requiring task, or, for a library, when the host is made. It runs with the VM lock held.
	Open func(env *Env, L *lua.LState) lua.LValue
}

// A Host is one Lua program with its VM, tasks, timers and network. Hosts share no state. Its
// exported methods may be called from any goroutine unless their comment says otherwise.
type Host struct {
	options  Options
	sched    sched.Owner // its lock guards what follows, if no other comment does
	env      *Env
	network  Network
	system   System
	root     *lua.LState // never runs script code; new threads are made from it
	engine   *vm.VM
	modules  map[string]Module
	warnings bool // that scripts make are shown
	exits    bool // a script has ended the program: finalizers do not run
	// packageLib is the table package, whatever the script does to the global.
	packageLib *lua.LTable
	loading    map[string]*load      // modules being loaded, by name
	awaits     map[*sched.Task]*load // what tasks wait for in require

	// ctx ends when the host stops; blocking work that Go can cancel runs under it.
	ctx    context.Context
	cancel context.CancelFunc

	holds        int           // open listeners and the like, which may start tasks
	wakers       int           // what may start a task that wakes others, but does not keep the program alive
	handlers     int           // tasks that serve a request; a graceful stop waits for them
	shuttingDown bool          // a graceful stop has begun
	handlersDone chan struct{} // signaled when no handler is left during a graceful stop; capacity 1
	failures     int           // uncaught errors outside the main script
	settling     bool          // somebody will look whether the program has settled

	program     *program              // the program that Run waits for; nil between runs
	interrupted atomic.Pointer[Error] // why the program's context ended it
	stopped     []TaskReport          // the tasks that were computing when that happened
	closers     map[*Closer]struct{}
	tracked     uint64 // how many there have been
	exposed     exposed
	classes     []*lua.LTable // the metatables of the classes of modules
	shared      map[any]any   // the values of Env.Shared
	log         *hostlog.Log
	setting     func(key string) (text string, ok bool) // of Env.KeepSettings, or nil
	arguments   []string                                // of the program that runs

	unreachable unreachable // with Options.Synctest

	makeBackplane sync.Once
	alone         bool // the backplane is the host's own; valid after makeBackplane
}

// Do runs f with the VM lock held, from a goroutine that is not a task. f must not wait for
// anything and must not call script functions: start a task for that with [Host.Fork]. Do reports
// whether f ran; it does not once the host has stopped.
func (h *Host) Do(f func(L *lua.LState)) bool {
	h.sched.Lock()
	if h.sched.Stopped() {
		h.sched.Unlock()
		return false
	}
	defer h.sched.Unlock()
	f(h.root)
	return true
}

// Interrupt ends the Lua code that runs, or the next that does, as if the host were closed under it: pcall does not catch
// it. The task's error has reason as its cause and says where the task was.
func (h *Host) Interrupt(reason error) { h.engine.Interrupt(&vm.Abort{Reason: reason}) }

// A program is one run of a main script, or of a session, from its start to the end of all that it left behind.
type program struct {
	main    *sched.Task   // nil in a session
	session bool          // it ends when somebody says so
	done    chan struct{} // closed when the program has ended
	err     error         // valid after done
}
