package sched

import (
	"sync"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/vm"
)

// An Owner is the Scheduler as the host has it that made it. If nothing else is said, the caller holds the VM lock.
type Owner struct{ *Scheduler }

// New makes a scheduler of an engine's tasks. All of its threads come from root. With woken, no goroutine waits for the
// kernel on behalf of connections that need no kernel, so that a bubble of testing/synctest sees that all wait.
func New(engine *vm.VM, root *lua.LState, hooks Hooks, woken bool) Owner {
	s := &Scheduler{engine: engine, root: root, hooks: hooks, woken: woken}
	s.tasks = make(map[*Task]struct{})
	s.kick = make(chan struct{}, 1)
	s.timers.init()
	s.workers.Add(1)
	go s.clock()
	return Owner{s}
}

// Stop makes every task end as soon as it has the VM, and forgets all timers. Tasks in I/O come back by themselves.
func (s Owner) Stop() {
	s.stopping = true
	s.timers.clear()
	for t := range s.tasks {
		switch {
		case t.thread == nil:
			s.end(t, nil, ErrClosed)
		case t.status == Waiting || t.status == Sleeping:
			s.makeReady(t)
		}
	}
	for _, w := range s.idle {
		w.wake <- struct{}{} // without a task
	}
	s.idle, s.threads = nil, nil
	signal(s.kick)
}

// Stopped reports whether Stop was called.
func (s Owner) Stopped() bool { return s.stopping }

// Wait waits for the goroutines of a scheduler that has been stopped. The caller does not hold the VM lock.
func (s Owner) Wait() { s.workers.Wait() }

// Pending reports whether something will happen by itself: a task comes back from I/O, or a timer is due.
func (s Owner) Pending() bool { return s.io > 0 || s.timers.pending() }

// Turns is how many times a task got the VM.
func (s Owner) Turns() uint64 { return s.turns }

// NotifyTurn has c, of capacity 1, signaled once, when a task gets the VM.
func (s Owner) NotifyTurn(c chan<- struct{}) { s.onTurn = c }

// Inspect runs f with the VM lock held, also in the midst of a task that computes, and closes the channel that it
// returns when f has run. That is at once, unless a native function computes that never looks up. f must not wait, nor
// run script functions. The caller must not hold the VM lock.
func (s Owner) Inspect(f func()) (done <-chan struct{}) {
	ran := make(chan struct{})
	var once sync.Once
	run := func() {
		once.Do(func() {
			f()
			close(ran)
		})
	}
	s.engine.Ask(run)
	go func() {
		s.mu.Lock()
		defer s.Unlock()
		run()
	}()
	return ran
}

// ThreadOf is the thread that runs the task behind a thread value, for the library coroutine; nil when the value stands
// for no task.
func (s Owner) ThreadOf(L *lua.LState) *vm.Thread {
	if !vm.IsHandle(L) {
		return nil
	}
	t := s.TaskOf(L)
	switch {
	case t == nil:
		return s.engine.DeadThread()
	case t.thread != nil:
		return t.thread
	}
	th := s.engine.NewThread() // the task has not begun
	th.MarkTask()
	return th
}

// NewTask makes a task that will run fn, when Start has been called.
func (s Owner) NewTask(fn *lua.LFunction, args ...lua.LValue) *Task {
	return s.newTask(fn, args...)
}

// Start puts a new task at the end of the ready queue.
func (s Owner) Start(t *Task) { s.makeReady(t) }

// Kill ends a task as soon as it has the VM; one that waits for nothing outside gets it now.
func (s Owner) Kill(t *Task) {
	t.killed = true
	switch {
	case t.status == Ended:
	case t.thread == nil:
		s.end(t, nil, ErrClosed)
	case t.status == Waiting:
		s.makeReady(t)
	case t.status == Sleeping:
		s.timers.remove(t.alarm)
		s.makeReady(t)
	}
}

// Len is the number of live tasks.
func (s Owner) Len() int { return len(s.tasks) }

// Timers is the number of functions that After will run.
func (s Owner) Timers() int { return len(s.timers.sessions) }
