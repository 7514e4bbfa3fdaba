// Package sched runs the tasks of one host: Lua threads that take turns on one VM.
//
// One lock, the VM lock, says whose turn it is. Its holder owns every Lua value and the state of the scheduler; nothing
// that can wait runs while it is held. Goroutines, the workers, run the tasks one after the other: a task needs one only
// while it runs, and while it waits with Go frames on the stack.
//
// Functions of this package are called with the VM lock held unless their comment says otherwise.
package sched

import (
	"errors"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/fifo"
	"silly/internal/lua/vm"
	"silly/internal/netmeter"
	"silly/internal/poll"
)

// ErrClosed is the error of a task that was ended because its host was closed.
var ErrClosed = errors.New("luahost: host closed")

// maxBurst is how many times in a row the VM is handed from task to task before the lock is opened
// to tasks that come back from I/O. Long enough that a chain of channel hand-overs runs undisturbed,
// short enough (some tens of microseconds) that nobody notices the wait.
const maxBurst = 64

// Hooks are what a scheduler tells its owner, with the VM lock held.
type Hooks interface {
	// TaskEnded says that a task has ended, with the results of its function if it wants them. err is nil, what its
	// thread has returned, or ErrClosed.
	TaskEnded(t *Task, results []lua.LValue, err error)
	// Idle says that no task is ready.
	Idle()
	// Panicked says that there was a Go panic, which is a defect. It may be called without the VM lock.
	Panicked(where string, value any)
}

// A Scheduler decides which task has the VM.
//
// Tasks made ready inside the VM (forked, woken, timer due) wait in one first-in-first-out queue.
// A task that gives the VM up hands it to the head of that queue: the lock stays locked and only its
// owner changes. When the queue is empty, or after maxBurst hand-overs, the lock is opened, and tasks
// that come back from I/O compete for it as for any mutex.
type Scheduler struct {
	engine *vm.VM
	root   *lua.LState // of the engine
	hooks  Hooks

	// mu is the VM lock. Its holder owns all fields below.
	mu sync.Mutex

	current *Task   // the task that runs
	running *worker // the goroutine that runs it
	ready   fifo.Queue[*Task]
	tasks   map[*Task]struct{} // live tasks
	idle    []*worker          // goroutines that wait for a task
	threads []*vm.Thread       // Lua threads that wait for a task
	burst   int
	turns   uint64          // how many times a task got the VM
	onTurn  chan<- struct{} // is signaled when a task gets the VM; nil for none
	batches uint64          // the last number of worker.batch

	io       int // tasks that wait for I/O and will come back by themselves
	lastTask uint64
	origins  origins
	timers   timers
	kick     chan struct{} // wakes the clock goroutine; capacity 1
	stopping bool          // every task ends as soon as it has the VM

	polling *poll.Poller // made when first needed
	woken   bool         // without the kernel's help

	meter netmeter.Meter // of the host's connections; it has a lock of its own

	workers sync.WaitGroup // goroutines of the host
}

// Lock takes the VM lock, for a goroutine that is not a task. Only its caller must not hold it.
func (s *Scheduler) Lock() { s.mu.Lock() }

// Unlock gives the VM up: to the head of the ready queue by direct hand-over, or to whoever takes the lock.
func (s *Scheduler) Unlock() {
	if t := s.next(); t != nil {
		s.handoff(t)
	} else {
		s.unlock()
	}
}

// next takes the VM from the task that had it and the next task from the ready queue. If there is none, or
// after maxBurst turns in a row, it returns nil, and the caller unlocks.
func (s *Scheduler) next() *Task {
	s.current, s.running = nil, nil
	if s.burst == maxBurst {
		return nil
	}
	t := s.popReady()
	if t == nil {
		s.burst = 0
		s.hooks.Idle()
		t = s.popReady() // the end of the program wakes tasks to end them
	}
	if t != nil {
		s.burst++
	}
	return t
}

// popReady returns the head of the ready queue, or nil. Tasks that were cancelled while they waited for their
// first turn are dropped.
func (s *Scheduler) popReady() *Task {
	for {
		t, ok := s.ready.Pop()
		if !ok || t.status == Ready {
			return t
		}
	}
}

// unlock gives up the VM lock after next has returned nil. When tasks are still ready, somebody who waits for
// the lock gets it now and continues the queue when giving it up; when nobody waits, the clock goroutine does.
func (s *Scheduler) unlock() {
	continues := s.burst == maxBurst
	s.burst = 0
	s.mu.Unlock()
	if continues {
		signal(s.kick)
	}
}

// handoff makes t the owner of the VM, on the goroutine on which it waits or on an idle one.
func (s *Scheduler) handoff(t *Task) {
	w := t.worker
	if w == nil {
		w = s.idleWorker()
		w.task = t
	}
	w.wake <- struct{}{}
}

// yieldAndFlush gives up the VM on behalf of the current task, which is about to wait on its goroutine, and then
// sends what was written to connections.
func (s *Scheduler) yieldAndFlush(t *Task) {
	w := t.worker
	w.beforeFlush()
	w.handOffPolling()
	t.left = s.engine.Leave()
	t.stopWatch()
	s.Unlock()
	w.flush()
}

// park waits until the VM is handed to the task. The caller has queued the task or registered a
// waker, and has set its status.
func (s *Scheduler) park(t *Task) {
	w := t.worker
	s.yieldAndFlush(t)
	<-w.wake
	s.resumed(t)
}

// resumed is the first thing that happens when a task that waited on its goroutine has the VM again.
func (s *Scheduler) resumed(t *Task) {
	s.begin(t)
	s.engine.Enter(t.left)
	s.EndIfStopped(t)
}

// EndIfStopped ends the task, whose native function is running, if it must not run any more: it does not return then.
// Deferred calls run, variables are closed, and a script's pcall does not notice.
func (s *Scheduler) EndIfStopped(t *Task) {
	if s.mustEnd(t) {
		panic(&vm.Abort{Reason: ErrClosed})
	}
}

// begin notes that t, on its goroutine, has the VM.
func (s *Scheduler) begin(t *Task) {
	s.current, s.running = t, t.worker
	s.turns++
	t.status = Running
	t.waitsFor = ""
	t.startWatch()
	if s.onTurn != nil {
		signal(s.onTurn)
		s.onTurn = nil
	}
}

// mustEnd reports whether a task must not run any more.
func (s *Scheduler) mustEnd(t *Task) bool { return s.stopping || t.killed }

// enterIO gives up the VM for an operation that ends by itself.
func (s *Scheduler) enterIO(t *Task) {
	t.status = InIO
	s.io++
	s.yieldAndFlush(t)
}

// exitIO takes the VM again after enterIO.
func (s *Scheduler) exitIO(t *Task) {
	s.mu.Lock()
	s.io--
	s.resumed(t)
}

// makeReady puts a task at the end of the ready queue.
func (s *Scheduler) makeReady(t *Task) {
	t.status = Ready
	s.ready.Push(t)
}

// Background runs f on a goroutine that Wait waits for. Any goroutine may call it, as long as the host has not been
// closed.
func (s *Scheduler) Background(f func()) { s.workers.Go(f) }

// signal makes sure that a receiver of a channel of capacity 1 wakes up.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// clock is the scheduler's own goroutine. It makes ready what is due, and continues the ready queue after
// the lock was opened.
func (s *Scheduler) clock() {
	defer s.workers.Done()
	defer s.timers.alarm.Stop()
	for {
		select {
		case <-s.timers.alarm.C:
		case <-s.kick:
		}
		s.mu.Lock()
		if s.stopping && len(s.tasks) == 0 {
			if s.polling != nil {
				_ = s.polling.Close()
			}
			s.Unlock()
			return
		}
		s.burst = 0
		s.fireDue(time.Now())
		s.Unlock()
	}
}

// Of is the scheduler behind a *luahost.Env, for modules that wait for more than a goroutine or another task: package
// luahost, which names no type of this package, sets it.
var Of func(env any) *Scheduler
