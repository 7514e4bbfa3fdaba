package validate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"silly/cmd/silly/internal/ownnet"
	"silly/cmd/silly/internal/results"
	"silly/internal/virtualtime"
	"silly/luahost"
	"silly/modules"
)

const (
	// DefaultTimeout is how long a block may run.
	DefaultTimeout = 5 * time.Second
	// MaxOutput is how much of a block's output is shown, in bytes.
	MaxOutput = 8 << 10
	// maxCompared is how much of it is compared with what was expected.
	maxCompared = 1 << 20
	// settleTime is how long nothing must have happened before a server is taken for over.
	settleTime = 20 * time.Millisecond
	// maxErrors is how many errors of tasks are kept of one block.
	maxErrors = 10
)

// A chain is a block and those that continue it: they share a host.
type chain struct {
	Name   string // of the document, as it stands in messages
	Folder string
	Access Access
	Real   bool // the real network instead of one of its own
	// Virtual says that the clock jumps when everybody waits.
	Virtual bool
	Steps   []step
}

// A step is one block as it is run. Code begins on the line after Line.
type step struct {
	Line        int
	Code        []byte // as bytes, because it need not be UTF-8
	CompileOnly bool
	Timeout     time.Duration
	Pattern     string // what an error's message is matched with; "" for nothing
}

// An ending says how the run of a step ended.
type ending string

const (
	endedWell     ending = "well"
	notCompiled   ending = "not compiled"
	raised        ending = "raised"
	deadlocked    ending = "deadlocked"
	exited        ending = "exited"
	outOfTime     ending = "out of time"
	outOfMemory   ending = "out of memory"
	crashed       ending = "crashed"
	notReached    ending = "not reached" // the host ended in a step before
	unresponsive  ending = "unresponsive"
	waitsForEver  ending = "waits for ever"
	badLuaPattern ending = "bad pattern"
)

// An outcome is what happened when a step ran.
type outcome struct {
	Ending     ending
	Errors     []luaError // of the compiler, the main script, tasks
	ExitStatus int
	Tasks      []string // a report of tasks, one string with lines for each
	Matched    bool     // one of Errors matches Pattern
	Stdout     []byte   // at most maxCompared bytes
	Output     []byte   // standard output and error together, at most MaxOutput bytes
	Truncated  bool     // there was more output
	Incomplete bool     // there was more standard output
	Duration   time.Duration
}

// A luaError is an error of a script.
type luaError struct {
	Message   string
	Traceback []string
}

// runChain runs the steps of a chain one after the other, each at most once, and tells of each outcome.
func runChain(ctx context.Context, c chain, done func(outcome)) {
	if c.Virtual && runVirtual(ctx, c, done) {
		return
	}
	c.Virtual = false
	r := &runner{chain: c}
	r.run(ctx, done)
}

// virtualTime is how long a chain may take in virtual time before it is taken for one that waits by looking at the clock.
const virtualTime = time.Second

// runVirtual runs a chain in virtual time. It returns false, and has told of nothing, if the first step takes long: that may want
// real time.
func runVirtual(ctx context.Context, c chain, done func(outcome)) bool {
	r := &runner{chain: c}
	r.watch = virtualtime.NewWatch(func() {
		r.late.Store(true)
		if h := r.current.Load(); h != nil {
			h.Interrupt(errLate)
		}
	})
	defer r.watch.Stop()
	told, discarded := false, false
	// What is left of a host that does not close, of which Run tells, stays with the worker as it would in real time.
	_ = virtualtime.Run(func() {
		r.run(context.WithoutCancel(ctx), func(o outcome) {
			if discarded = discarded || !told && r.late.Load(); !discarded {
				told = true
				done(o)
			}
		})
	})
	return !discarded
}

// errLate ends what computes for too long in virtual time.
var errLate = errors.New("still busy")

// run makes the host and runs the steps.
func (r *runner) run(ctx context.Context, done func(outcome)) {
	c := r.chain
	var network luahost.Network = luahost.SystemNetwork{}
	if !c.Real {
		network = ownnet.New(c.Access.Net, errNeedsNet)
	}
	system := newSandbox(c.Folder, c.Access)
	defer system.Close()
	host, err := luahost.New(luahost.Options{
		Modules:  modules.Standard(),
		Network:  network,
		System:   system,
		Stdin:    strings.NewReader(""),
		Stdout:   outputWriter{r, true},
		Stderr:   outputWriter{r, false},
		OnError:  r.taskFailed,
		Settle:   settleTime,
		Synctest: c.Virtual,
	})
	if err != nil {
		panic(err) // the modules are ours
	}
	defer host.Close()
	r.host = host
	r.current.Store(host)
	defer r.current.Store(nil)
	for i, s := range c.Steps {
		done(r.step(ctx, s, i == len(c.Steps)-1))
	}
}

// A runner runs the steps of one chain.
type runner struct {
	chain chain
	host  *luahost.Host
	ended bool // the host can run nothing more

	// In virtual time.
	watch   *virtualtime.Watch
	current atomic.Pointer[luahost.Host] // host, for the watch
	late    atomic.Bool                  // a step has taken longer than it may
	cancel  func()                       // ends the step

	mu     sync.Mutex // what tasks write may come from any goroutine
	stdout results.Output
	output results.Output
	errors []luaError
}

// step runs one step.
func (r *runner) step(ctx context.Context, s step, last bool) (o outcome) {
	if _, err := luahost.Compile(s.Code, r.chain.Name, s.Line+1); err != nil {
		return r.match(s, outcome{Ending: notCompiled, Errors: []luaError{{Message: err.Error()}}})
	}
	switch {
	case s.CompileOnly:
		return outcome{Ending: endedWell}
	case r.ended:
		return outcome{Ending: notReached}
	}
	r.begin()
	limit := s.Timeout
	if r.chain.Virtual {
		r.watch.Begin(r.patience(s))
		defer r.watch.End()
		limit = virtualtime.Forever
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r.cancel = cancel
	err := r.host.RunLines(ctx, r.chain.Name, s.Line+1, string(s.Code))
	if err == nil && last {
		if deadlock := r.host.Deadlock(); deadlock != nil {
			err = deadlock
		}
	}
	o = r.end(err)
	return r.match(s, o)
}

// patience is how long a step may take in virtual time by the real clock.
func (r *runner) patience(s step) time.Duration {
	if s.Line == r.chain.Steps[0].Line {
		return min(virtualTime, s.Timeout)
	}
	return s.Timeout
}

// begin empties what was collected.
func (r *runner) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stdout, r.output, r.errors = results.Output{Max: maxCompared}, results.Output{Max: MaxOutput}, nil
}

// end makes an outcome of the error of a run and of what was collected.
func (r *runner) end(err error) outcome {
	r.mu.Lock()
	o := outcome{
		Ending: endedWell, Errors: r.errors,
		Stdout: bytes.Clone(r.stdout.Bytes()), Incomplete: r.stdout.Truncated,
		Output: bytes.Clone(r.output.Bytes()), Truncated: r.output.Truncated,
	}
	r.mu.Unlock()
	if len(o.Errors) > 0 {
		o.Ending = raised
	}
	r.ended = err != nil
	var exit *luahost.ExitError
	var deadlock *luahost.DeadlockError
	var failure *luahost.Error
	switch {
	case err == nil:
	case errors.As(err, &exit):
		if o.Ending == endedWell {
			o.Ending = exited
		}
		o.ExitStatus = exit.Status
	case errors.As(err, &deadlock):
		o.Ending, o.Tasks = deadlocked, describeTasks(deadlock.Tasks)
		o.Errors = append([]luaError{{Message: deadlock.Error()}}, o.Errors...)
	case r.late.Load():
		o.Ending, o.Errors = outOfTime, nil
		if errors.As(err, &failure) {
			o.Tasks = describeTasks(failure.Tasks)
			if len(failure.Tasks) == 0 {
				o.Tasks = describeTasks([]luahost.TaskReport{{Name: "main script", Status: luahost.Running, Traceback: failure.Traceback}})
			}
		}
	case errors.Is(err, context.DeadlineExceeded) && errors.As(err, &failure):
		o.Ending, o.Tasks = outOfTime, describeTasks(failure.Tasks)
		if r.chain.Virtual {
			o.Ending = waitsForEver
		}
	case errors.As(err, &failure):
		o.Ending = raised
		o.Errors = append([]luaError{describeError(failure)}, o.Errors...)
	default:
		o.Ending = raised
		o.Errors = append([]luaError{{Message: err.Error()}}, o.Errors...)
	}
	return o
}

// match looks for the step's pattern in the errors.
func (r *runner) match(s step, o outcome) outcome {
	if s.Pattern == "" {
		return o
	}
	h, err := luahost.New(luahost.Options{Interruptible: true}) // the script may have changed its own string.find
	if err != nil {
		panic(err)
	}
	defer h.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, e := range o.Errors {
		found, err := h.RunFunc(ctx, "string.find", e.Message, s.Pattern)
		if err != nil {
			o.Ending = badLuaPattern
			o.Errors = []luaError{{Message: strings.TrimSpace(err.Error())}}
			return o
		}
		o.Matched = o.Matched || len(found) > 0 && found[0] != nil
	}
	return o
}

// taskFailed is told of the errors that no script caught.
func (r *runner) taskFailed(failure *luahost.Error) {
	if errors.Is(failure.Cause, errLate) {
		r.cancel()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.errors) < maxErrors {
		r.errors = append(r.errors, describeError(failure))
	}
}

func describeError(failure *luahost.Error) luaError {
	e := luaError{Message: failure.Message}
	for _, f := range failure.Traceback {
		e.Traceback = append(e.Traceback, f.String())
	}
	return e
}

func describeTasks(reports []luahost.TaskReport) []string {
	var tasks []string
	for _, t := range reports {
		if len(tasks) == maxErrors {
			tasks = append(tasks, fmt.Sprintf("and %d more", len(reports)-len(tasks)))
			break
		}
		tasks = append(tasks, describeTask(t))
	}
	return tasks
}

func describeTask(t luahost.TaskReport) string {
	var calls []string
	for _, f := range t.Traceback {
		calls = append(calls, f.String())
	}
	return results.Task(t.Name, t.WaitsFor, describeStatus(t.Status), calls)
}

func describeStatus(s luahost.Status) string {
	switch s {
	case luahost.Running:
		return "running"
	case luahost.Ready:
		return "ready to run"
	case luahost.Sleeping:
		return "sleeping"
	}
	return "waiting"
}

// outputWriter collects what a block writes to standard output or error.
type outputWriter struct {
	r      *runner
	stdout bool
}

var _ io.Writer = outputWriter{}

func (w outputWriter) Write(p []byte) (int, error) {
	w.r.mu.Lock()
	defer w.r.mu.Unlock()
	if w.stdout {
		w.r.stdout.Add(p)
	}
	w.r.output.Add(p)
	return len(p), nil
}
