package validate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Blocks run in worker processes: what a block does to the memory or to the process then ends a worker and
// not the run. A worker reads chains from its standard input and writes an outcome for each step to its
// standard output, all as JSON.

const (
	// maxMemory is how much memory a worker may take, in bytes.
	maxMemory = 512 << 20
	// memoryCheck is how often it is looked at.
	memoryCheck = 10 * time.Millisecond
	// statusMemory is the exit status of a worker that took more.
	statusMemory = 97
	// killAfter is how long after its time a step may go on before its worker is killed: calls into the
	// library, such as a search with an endless pattern, cannot be interrupted.
	killAfter = 2 * time.Second
	// maxCrash is how much of a dying worker's standard error is kept, in bytes.
	maxCrash = 8 << 10
)

// RunWorker is the worker: it runs the chains that it reads until the end of in. If that comes while one runs, the
// parent is gone, and so is the worker.
func RunWorker(in io.Reader, out io.Writer) error {
	// What one block leaves behind must not count against the next.
	debug.SetMemoryLimit(maxMemory * 3 / 4)
	go watchMemory()
	var busy atomic.Bool
	chains, ended := make(chan chain), make(chan error, 1)
	go func() {
		decoder := json.NewDecoder(bufio.NewReader(in))
		for {
			var c chain
			if err := decoder.Decode(&c); err != nil {
				if busy.Load() {
					killOwnGroup()
				}
				ended <- err
				return
			}
			busy.Store(true)
			chains <- c
		}
	}()
	encoder := json.NewEncoder(out)
	for {
		var c chain
		select {
		case err := <-ended:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		case c = <-chains:
		}
		// The parent may end the worker once it has the last outcome.
		outcomes := len(c.Steps)
		var failed error
		runChain(context.Background(), c, func(o outcome) {
			if outcomes--; outcomes == 0 {
				busy.Store(false)
			}
			if failed == nil {
				failed = encoder.Encode(o)
			}
		})
		if failed != nil {
			return failed
		}
	}
}

// watchMemory ends the process when it takes too much memory.
func watchMemory() {
	for {
		time.Sleep(memoryCheck)
		if used := memoryInUse(); used > maxMemory {
			if used < 2*maxMemory {
				runtime.GC() // much of it may be garbage
			}
			if memoryInUse() > maxMemory {
				os.Exit(statusMemory)
			}
		}
	}
}

// memoryInUse is what the process has taken from the system and not given back, in bytes.
func memoryInUse() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() + samples[1].Value.Uint64()
}

// A worker is the other end: a process that runs chains.
type worker struct {
	cmd      *exec.Cmd
	in       io.WriteCloser
	encoder  *json.Encoder
	outcomes chan outcome // closed at the end of the process's output
	crash    crashLog
	// keep makes the end of the run not kill the process.
	keep func() bool

	mu     sync.Mutex
	reaped bool // its number may be another's
}

// startWorker starts a process that calls RunWorker. It is killed when ctx ends.
func startWorker(ctx context.Context, command func() *exec.Cmd) (*worker, error) {
	w := &worker{cmd: command(), outcomes: make(chan outcome), crash: crashLog{text: limited{max: maxCrash}}}
	in, err := w.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.cmd.Stderr = &w.crash
	ownGroup(w.cmd)
	if err := w.cmd.Start(); err != nil {
		return nil, err
	}
	w.in, w.encoder = in, json.NewEncoder(in)
	w.keep = context.AfterFunc(ctx, w.kill)
	go func() {
		defer close(w.outcomes)
		decoder := json.NewDecoder(bufio.NewReader(out))
		for {
			var o outcome
			if decoder.Decode(&o) != nil {
				return
			}
			w.outcomes <- o
		}
	}()
	return w, nil
}

// run runs a chain and tells of the outcome of each step. It reports whether the worker can go on.
func (w *worker) run(ctx context.Context, c chain, done func(outcome)) (alive bool) {
	if w.encoder.Encode(c) != nil {
		done(w.died())
		return false
	}
	for i, s := range c.Steps {
		timer := time.NewTimer(s.Timeout + killAfter)
		var o outcome
		var ok bool
		select {
		case o, ok = <-w.outcomes:
			timer.Stop()
		case <-timer.C:
			w.end()
			done(outcome{Ending: unresponsive, Duration: s.Timeout + killAfter})
			return false
		case <-ctx.Done():
			timer.Stop()
			w.end()
			return false
		}
		if !ok {
			done(w.died())
			return false
		}
		done(o)
		if i == len(c.Steps)-1 {
			return true
		}
	}
	return true
}

// died says why the process ended by itself.
func (w *worker) died() outcome {
	w.end()
	if w.cmd.ProcessState.ExitCode() == statusMemory {
		return outcome{Ending: outOfMemory}
	}
	text := w.crash.String()
	if strings.Contains(text, "out of memory") {
		return outcome{Ending: outOfMemory}
	}
	return outcome{Ending: crashed, Errors: []luaError{{Message: strings.TrimSpace(w.cmd.ProcessState.String() + "\n" + text)}}}
}

// stop lets an idle worker end.
func (w *worker) stop() {
	_ = w.in.Close()
	for range w.outcomes {
	}
	w.wait()
}

// end kills the process and waits for its end.
func (w *worker) end() {
	w.kill()
	for range w.outcomes {
	}
	w.wait()
}

// wait waits for a process that ends, and kills what its blocks have left behind.
func (w *worker) wait() {
	w.keep()
	w.kill()
	w.mu.Lock()
	w.reaped = true
	w.mu.Unlock()
	_ = w.cmd.Wait()
}

// kill kills the process and those that it has started. Any goroutine may call it.
func (w *worker) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.reaped {
		killGroup(w.cmd.Process)
	}
}

// crashLog keeps the beginning of what a worker writes to its standard error.
type crashLog struct {
	mu   sync.Mutex
	text limited
}

func (c *crashLog) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.add(p)
	return len(p), nil
}

func (c *crashLog) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// runAll runs chains on n workers, started by command. done is told of each outcome, from any goroutine.
// It returns when all are done or ctx ends, with the reason why workers cannot be started.
func runAll(ctx context.Context, chains []chain, n int, command func() *exec.Cmd, done func(chain, step int, o outcome)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	go func() {
		defer close(next)
		for i := range chains {
			select {
			case next <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	var running sync.WaitGroup
	for range min(n, len(chains)) {
		running.Go(func() {
			var w *worker
			defer func() {
				if w != nil {
					w.stop()
				}
			}()
			for i := range next {
				if w == nil {
					var err error
					if w, err = startWorker(ctx, command); err != nil {
						cancel(err)
						return
					}
				}
				step := 0
				if !w.run(ctx, chains[i], func(o outcome) { done(i, step, o); step++ }) {
					w = nil
				}
				for ; step < len(chains[i].Steps) && ctx.Err() == nil; step++ {
					done(i, step, outcome{Ending: notReached})
				}
			}
		})
	}
	running.Wait()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}
