package luahost

import (
	"sync"
	"time"

	"silly/internal/lua/vm"
	"silly/internal/poll"
)

// maxBurst is how many times in a row the VM is handed from task to task before the lock is opened
// to tasks that come back from I/O. Long enough that a chain of channel hand-overs runs undisturbed,
// short enough (some tens of microseconds) that nobody notices the wait.
const maxBurst = 64

// A scheduler decides which task has the VM.
//
// Tasks made ready inside the VM (forked, woken, timer due) wait in one first-in-first-out queue.
// A task that gives the VM up hands it to the head of that queue: the lock stays locked and only its
// owner changes. When the queue is empty, or after maxBurst hand-overs, the lock is opened, and tasks
// that come back from I/O compete for it as for any mutex.
type scheduler struct {
	host *Host

	// vm is the VM lock. Its holder owns every Lua value and all fields below.
	vm sync.Mutex

	current *Task   // the task that runs
	running *runner // the goroutine that runs it
	ready   queue
	tasks   map[*Task]struct{} // live tasks
	idle    []*runner          // goroutines that wait for a task
	threads []*vm.Thread       // Lua threads that wait for a task
	burst   int
	turns   uint64 // how many times a task got the VM
	batches uint64 // the last number of runner.batch

	io       int // tasks that wait for I/O and will come back by themselves
	holds    int // open listeners and the like, which may start tasks
	handlers int // tasks that serve a request; a graceful stop waits for them

	lastTask     uint64
	timers       timers
	kick         chan struct{} // wakes the clock goroutine; capacity 1
	shuttingDown bool
	handlersDone chan struct{} // signaled when no handler is left during a graceful stop; capacity 1
	stopping     bool          // every task ends as soon as it has the VM
	failures     int           // uncaught errors outside the main script

	polling *poll.Poller // made when first needed

	settling bool // somebody will look whether the program has settled
	watchdog watchdog

	workers sync.WaitGroup // goroutines of the host
}

func (s *scheduler) init(h *Host) {
	s.host = h
	s.tasks = make(map[*Task]struct{})
	s.kick = make(chan struct{}, 1)
	s.handlersDone = make(chan struct{}, 1)
	s.timers.init()
	s.workers.Add(1)
	go s.clock()
}

// pass gives the VM up: to the head of the ready queue by direct hand-over, or to whoever takes the
// lock. The caller holds the VM lock and does not hold it afterwards.
func (s *scheduler) pass() {
	if t := s.pick(); t != nil {
		s.handOver(t)
	} else {
		s.open()
	}
}

// pick takes the VM from the task that had it and the next task from the ready queue. If there is none, or
// after maxBurst turns in a row, it returns nil, and the caller opens the lock. The caller holds the VM lock.
func (s *scheduler) pick() *Task {
	s.current, s.running = nil, nil
	if s.burst == maxBurst {
		return nil
	}
	t := s.ready.pop()
	if t == nil {
		s.burst = 0
		s.checkEnd()
		t = s.ready.pop() // the end of the program wakes tasks to end them
	}
	if t != nil {
		s.burst++
	}
	return t
}

// open gives up the VM lock after pick has returned nil. When tasks are still ready, somebody who waits for
// the lock gets it now and continues the queue when giving it up; when nobody waits, the clock goroutine does.
func (s *scheduler) open() {
	continues := s.burst == maxBurst
	s.burst = 0
	s.vm.Unlock()
	if continues {
		signal(s.kick)
	}
}

// handOver makes t the owner of the VM, on the goroutine on which it waits or on an idle one.
func (s *scheduler) handOver(t *Task) {
	r := t.runner
	if r == nil {
		r = s.idleRunner()
		r.task = t
	}
	r.wake <- struct{}{}
}

// release gives up the VM on behalf of the current task, which is about to wait on its goroutine, and then
// sends what was written to connections. The caller holds the VM lock.
func (s *scheduler) release(t *Task) {
	r := t.runner
	r.clean()
	r.quit()
	t.left = s.host.engine.Leave()
	s.pass()
	r.flush()
}

// park waits until the VM is handed to the task. The caller has queued the task or registered a
// waker, has set its status, and holds the VM lock; it holds it again afterwards.
func (s *scheduler) park(t *Task) {
	r := t.runner
	s.release(t)
	<-r.wake
	s.resumed(t)
}

// resumed is the first thing that happens when a task that waited on its goroutine has the VM again.
func (s *scheduler) resumed(t *Task) {
	s.begin(t)
	s.host.engine.Enter(t.left)
	s.mustGoOn(t)
}

// mustGoOn ends the task, whose native function is running, if it must not run any more.
func (s *scheduler) mustGoOn(t *Task) {
	if s.ends(t) {
		// Deferred calls run, variables are closed, and a script's pcall does not notice.
		panic(&vm.Abort{Reason: ErrClosed})
	}
}

// begin notes that t, on its goroutine, has the VM.
func (s *scheduler) begin(t *Task) {
	s.current, s.running = t, t.runner
	s.turns++
	t.status = Running
	t.waitsFor = ""
	if s.watchdog.parked {
		s.watchdog.parked = false
		signal(s.watchdog.wake)
	}
}

// ends reports whether a task must not run any more.
func (s *scheduler) ends(t *Task) bool { return s.stopping || t.killed }

// leaveForIO gives up the VM for an operation that ends by itself.
func (s *scheduler) leaveForIO(t *Task) {
	t.status = InIO
	s.io++
	s.release(t)
}

// returnFromIO takes the VM again after leaveForIO.
func (s *scheduler) returnFromIO(t *Task) {
	s.vm.Lock()
	s.io--
	s.resumed(t)
}

// makeReady puts a task at the end of the ready queue.
func (s *scheduler) makeReady(t *Task) {
	t.status = Ready
	s.ready.push(t)
}

// wakeAll makes every parked task ready, so that it can end. Tasks in I/O come back by themselves.
func (s *scheduler) wakeAll() {
	s.timers.clear()
	for t := range s.tasks {
		switch {
		case t.thread == nil:
			s.host.taskEnded(t, nil, closedError)
		case t.status == Waiting || t.status == Sleeping:
			s.makeReady(t)
		}
	}
	for _, r := range s.idle {
		r.wake <- struct{}{} // without a task
	}
	s.idle, s.threads = nil, nil
	signal(s.kick)
}

// signal makes sure that a receiver of a channel of capacity 1 wakes up.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// clock is the host's own goroutine. It makes ready what is due, and continues the ready queue after
// the lock was opened.
func (s *scheduler) clock() {
	defer s.workers.Done()
	defer s.timers.alarm.Stop()
	for {
		select {
		case <-s.timers.alarm.C:
		case <-s.kick:
		}
		s.vm.Lock()
		if s.stopping && len(s.tasks) == 0 {
			if s.polling != nil {
				_ = s.polling.Close()
			}
			s.pass()
			return
		}
		s.burst = 0
		s.fireDue(time.Now())
		s.pass()
	}
}

// fireDue makes ready what is due at now, in the order of the due times.
func (s *scheduler) fireDue(now time.Time) {
	for {
		tm := s.timers.popDue(now)
		if tm == nil {
			break
		}
		switch {
		case tm.sleeper != nil:
			s.makeReady(tm.sleeper)
			continue
		case tm.waiter != nil:
			tm.waiter.ring()
			continue
		}
		// The timer stays known until its task runs, so that it can still be cancelled.
		t := s.newTask(tm.fn, tm.arg)
		t.timer = tm
		tm.task = t
		s.makeReady(t)
	}
	s.timers.arm(now)
}

// queue is a first-in-first-out queue of tasks in a ring buffer.
type queue struct {
	ring []*Task
	head int
	n    int
}

func (q *queue) push(t *Task) {
	if q.n == len(q.ring) {
		grown := make([]*Task, max(16, 2*q.n))
		for i := range q.n {
			grown[i] = q.ring[(q.head+i)%len(q.ring)]
		}
		q.ring, q.head = grown, 0
	}
	q.ring[(q.head+q.n)%len(q.ring)] = t
	q.n++
}

// pop returns the head of the queue, or nil. Tasks that were cancelled while they waited for their
// first turn are dropped.
func (q *queue) pop() *Task {
	for q.n > 0 {
		t := q.ring[q.head]
		q.ring[q.head] = nil
		q.head = (q.head + 1) % len(q.ring)
		q.n--
		if t.status == Ready {
			return t
		}
	}
	return nil
}
