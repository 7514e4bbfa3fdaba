// Package suite runs test files of Lua, each in hosts of its own and in processes that are not the caller's.
package suite

import (
	"context"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"

	"silly/cmd/silly/internal/files"
	"silly/cmd/silly/internal/results"
	"silly/cmd/silly/internal/workers"
	"silly/luahost"
)

const (
	// DefaultTimeout is how long a test may take, in real time.
	DefaultTimeout = 10 * time.Second
	// MaxOutput is how much of what a test prints is shown, in bytes.
	MaxOutput = 8 << 10
	// killAfter is how long after its time a test may go on before its worker is killed: some calls cannot be interrupted.
	killAfter = 2 * time.Second
)

// Options say which tests run, and how.
type Options struct {
	Only    *regexp.Regexp // over "file:line" and the names of tests; nil for all
	Timeout time.Duration  // of each test, in real time
	Workers int            // processes that run files
	// Worker makes the command of a process that calls RunWorker.
	Worker   func() *exec.Cmd
	FailFast bool // nothing after the first failure
	// Shuffled says that tests run in an order that Seed decides.
	Shuffled bool
	Seed     uint64
	// Coverage has Run collect what runs of the files that are no tests.
	Coverage bool
	Net      bool // tests in real time reach other hosts
	List     bool // tests are told and do not run
}

// IsTest reports whether a file of that name has tests.
func IsTest(name string) bool { return strings.HasSuffix(name, "_test.lua") }

// Globals are the names of the global variables that test files have besides those of Lua.
var Globals = []string{"after_each", "before_each", "describe", "it", "pending", "setup", "teardown"}

// A Teller hears of a run. Its calls come one after the other.
type Teller interface {
	// Found says that there are so many more tests.
	Found(n int)
	// Result is what became of a test, or of a file that could not be run, in the order of the files.
	Result(results.Result)
}

// An Outcome is what a run has to tell in the end.
type Outcome struct {
	Coverage []luahost.FileCoverage
	// Loaded are the names of the files that each test file has loaded, itself included.
	Loaded   map[string][]string
	Warnings []results.Warning
}

// Run runs the tests of files, in their order, and tells of each result. The error says why nothing could be run.
func Run(ctx context.Context, tests []*files.File, o Options, to Teller) (Outcome, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	q := &queue{ctx: ctx, cancel: cancel, options: o, to: to, waiting: make([][]results.Result, len(tests)), over: make([]bool, len(tests))}
	q.outcome.Loaded = make(map[string][]string)
	err := workers.Each(ctx, o.Workers, len(tests), o.Worker, func(ctx context.Context, l *workers.Lane[job, event], i int) error {
		f := &file{queue: q, index: i, job: o.job(tests[i])}
		err := f.run(ctx, l)
		q.ended(f)
		return err
	})
	return q.outcome, err
}

// job is what a worker has to do with a file.
func (o Options) job(f *files.File) job {
	j := job{Name: f.Name, Path: f.Path, Timeout: o.Timeout, Shuffled: o.Shuffled, Seed: o.Seed, Coverage: o.Coverage, List: o.List, Net: o.Net}
	if o.Only != nil {
		j.Only = o.Only.String()
	}
	return j
}

// A queue brings the results of files that run side by side into the order of the files.
type queue struct {
	ctx     context.Context
	cancel  func()
	options Options

	mu      sync.Mutex
	to      Teller
	next    int // the first file that is not over
	waiting [][]results.Result
	over    []bool
	outcome Outcome
}

// tell tells of a result of file i, when it is its turn.
func (q *queue) tell(i int, r results.Result) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting[i] = append(q.waiting[i], r)
	q.advance()
}

func (q *queue) found(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.to.Found(n)
}

func (q *queue) warn(w results.Warning) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.outcome.Warnings = append(q.outcome.Warnings, w)
}

// ended is called when a file is over.
func (q *queue) ended(f *file) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.over[f.index] = true
	q.outcome.Coverage = luahost.MergeCoverage(append(q.outcome.Coverage, f.coverage...))
	q.outcome.Loaded[f.job.Name] = f.loaded
	q.advance()
}

// advance tells what can be told. q.mu is held.
func (q *queue) advance() {
	for q.next < len(q.over) {
		for _, r := range q.waiting[q.next] {
			if q.ctx.Err() != nil {
				return
			}
			q.to.Result(r)
			if q.options.FailFast && r.Status == results.Failed {
				q.cancel()
			}
		}
		q.waiting[q.next] = nil
		if !q.over[q.next] {
			return
		}
		q.next++
	}
}

// A file is a test file that runs.
type file struct {
	queue    *queue
	index    int
	job      job
	coverage []luahost.FileCoverage
	loaded   []string

	running *event          // the test that has begun and not ended
	since   time.Time       // when it began, or its last part ended: in a worker time may be virtual
	told    bool            // the tests were counted
	last    *results.Result // of the test that has begun last in this worker, or of a part of it that failed
}

// run has the tests of the file run, by one worker after the other when they crash.
func (f *file) run(ctx context.Context, l *workers.Lane[job, event]) error {
	for {
		f.running, f.last = nil, nil
		limit := func() time.Duration { return f.job.Timeout + killAfter }
		crash, err := l.Do(ctx, f.job, limit, f.hear)
		if err != nil || crash == nil {
			return err
		}
		if f.job.Coverage {
			f.queue.warn(results.Warning{File: f.job.Name, Line: 1, Message: "a process that ran its tests has died: what they ran is missing from the coverage"})
		}
		r := results.Result{File: f.job.Name, Line: 1, Status: results.Failed}
		message := f.describe(crash)
		switch {
		case f.running != nil:
			r.Line, r.Heading = f.running.Result.Line, f.running.Result.Heading
			f.job.Done = append(f.job.Done, f.running.Index)
		case f.last == nil: // it cannot even be loaded
		case f.last.Status == results.Failed: // the end of its program went wrong, too
			continue
		default:
			r.Line, r.Heading = f.last.Line, f.last.Heading
			message = "after its end: " + message
		}
		r.Failure = &results.Failure{File: r.File, Line: r.Line, Message: message}
		f.queue.tell(f.index, r)
		if f.running == nil && f.last == nil {
			return nil
		}
	}
}

// describe says how a worker has crashed.
func (f *file) describe(c *workers.Crash) string {
	switch {
	case c.Memory:
		return "it took more than " + megabytes(workers.MaxMemory) + " of memory"
	case c.Unresponsive:
		text := "still busy after " + f.job.Timeout.String() + ", in a call that cannot be interrupted"
		if f.running == nil || !f.running.Realtime {
			text += "\n(what waits for something outside of the program, such as a file that is a pipe, needs test.realtime)"
		}
		return text
	}
	return "the process that ran it has died: " + c.Text
}

// hear takes what a worker tells.
func (f *file) hear(e event) (last bool) {
	switch e.Kind {
	case foundTests:
		if !f.told {
			f.told = true
			f.queue.found(e.Index)
			if e.Index == 0 && f.job.Only == "" {
				f.queue.warn(results.Warning{File: f.job.Name, Line: 1, Message: "no test: it calls neither test(name, f) nor it(name, f)"})
			}
		}
	case begun:
		f.last = nil
		f.running, f.since = &e, time.Now()
	case ended:
		if f.running != nil && (f.last == nil || f.last.Status != results.Failed) {
			f.last = &e.Result
		}
		if f.running != nil {
			now := time.Now()
			e.Result.Duration, f.since = now.Sub(f.since), now
		}
		f.queue.tell(f.index, e.Result)
	case finished:
		f.job.Done = append(f.job.Done, e.Index)
		f.running = nil
	case over:
		f.coverage = luahost.MergeCoverage(append(f.coverage, e.Coverage...))
		f.loaded = e.Loaded
		return true
	}
	return false
}
