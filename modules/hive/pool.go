package hive

import (
	"context"
	"sync"
	"time"
)

// How many threads a pool has if the script says nothing, and how long one waits for something to do.
const (
	defaultMin = 0
	defaultMax = 32
	idleTime   = time.Minute
)

// A pool is a number of goroutines that do what must not be done in the VM. Its methods may be called from any goroutine.
type pool struct {
	background func(f func())
	jobs       chan func()

	mu       sync.Mutex
	min, max int
	threads  int
	prunes   int           // how many times prune was called
	changed  chan struct{} // closed when min, max or prunes change; a new one is made then
}

func newPool(background func(f func())) *pool {
	return &pool{background: background, jobs: make(chan func()), min: defaultMin, max: defaultMax, changed: make(chan struct{})}
}

// run waits until a thread does f and has done it, unless ctx ends before it begins. It returns false then.
func (p *pool) run(ctx context.Context, f func()) bool {
	done := make(chan struct{})
	job := func() {
		defer close(done)
		f()
	}
	if !p.hand(ctx, job) {
		return false
	}
	<-done
	return true
}

// hand gives a job to a thread that waits for one, or to a new one if there may be more.
func (p *pool) hand(ctx context.Context, job func()) bool {
	for {
		select {
		case p.jobs <- job:
			return true
		default:
		}
		started, changed := p.start(ctx, job)
		if started {
			return true
		}
		select {
		case p.jobs <- job:
			return true
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// start starts a thread with its first job, if there may be one more.
func (p *pool) start(ctx context.Context, job func()) (started bool, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.threads >= p.max {
		return false, p.changed
	}
	p.threads++
	p.background(func() { p.thread(ctx, job) })
	return true, nil
}

// thread does jobs until there are too many threads, or nothing to do.
func (p *pool) thread(ctx context.Context, job func()) {
	for job != nil {
		job()
		job = p.next(ctx)
	}
}

// next waits for a job. It returns nil when the thread ends, which is not counted any more then.
func (p *pool) next(ctx context.Context) func() {
	idle := time.NewTimer(idleTime)
	defer idle.Stop()
	begin := p.pruned()
	for idled := false; ; {
		ends, changed := p.leave(idled, begin)
		if ends {
			return nil
		}
		select {
		case job := <-p.jobs:
			return job
		case <-changed:
		case <-idle.C:
			idled = true
		case <-ctx.Done():
			p.mu.Lock()
			p.threads--
			p.mu.Unlock()
			return nil
		}
	}
}

// leave reports whether a thread ends that has nothing to do since prune was called begin times: because there are too many
// threads, or more than have to stay and it has idled or was pruned.
func (p *pool) leave(idled bool, begin int) (ends bool, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.threads > p.max || (idled || p.prunes > begin) && p.threads > p.min {
		p.threads--
		return true, nil
	}
	return false, p.changed
}

// limit sets how many threads stay, and how many there may be.
func (p *pool) limit(least, most int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.min, p.max = least, most
	p.change()
}

// prune ends the threads that have nothing to do, but for those that stay.
func (p *pool) prune() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.prunes++
	p.change()
}

// pruned is how many times prune was called.
func (p *pool) pruned() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.prunes
}

// change tells those who wait. p.mu is held.
func (p *pool) change() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// count is the number of threads.
func (p *pool) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.threads
}
