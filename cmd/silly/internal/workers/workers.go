package workers

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// maxCrash is how much of a dying worker's standard error is kept, in bytes.
const maxCrash = 8 << 10

// A Crash says how a worker came to its end before its job did.
type Crash struct {
	Memory       bool   // it took more than MaxMemory
	Unresponsive bool   // it said nothing for longer than allowed
	Text         string // of the system and of its standard error, in other cases
}

// A worker is a process that does jobs. One goroutine at a time uses it.
type worker[Job, Event any] struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	encoder *json.Encoder
	events  chan Event // closed at the end of the process's output
	crash   crashLog
	// keep makes the end of the run not kill the process.
	keep func() bool

	mu     sync.Mutex
	reaped bool // its number may be another's
}

// start starts a process that calls Serve. It is killed when ctx ends.
func start[Job, Event any](ctx context.Context, command func() *exec.Cmd) (*worker[Job, Event], error) {
	w := &worker[Job, Event]{cmd: command(), events: make(chan Event)}
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
		defer close(w.events)
		decoder := json.NewDecoder(bufio.NewReader(out))
		for {
			var e Event
			if decoder.Decode(&e) != nil {
				return
			}
			w.events <- e
		}
	}()
	return w, nil
}

// next waits for the next event of the job. It returns a Crash when there will be none, because the worker has died or has been
// killed after it said nothing for limit, or ctx's error. Then the worker is gone.
func (w *worker[Job, Event]) next(ctx context.Context, limit time.Duration) (e Event, crash *Crash, err error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case e, ok := <-w.events:
		if !ok {
			return e, w.died(), nil
		}
		return e, nil, nil
	case <-timer.C:
		w.end()
		return e, &Crash{Unresponsive: true}, nil
	case <-ctx.Done():
		w.end()
		return e, nil, ctx.Err()
	}
}

// died says why the process ended by itself.
func (w *worker[Job, Event]) died() *Crash {
	w.end()
	text := w.crash.String()
	if w.cmd.ProcessState.ExitCode() == statusMemory || strings.Contains(text, "out of memory") {
		return &Crash{Memory: true}
	}
	return &Crash{Text: strings.TrimSpace(w.cmd.ProcessState.String() + "\n" + text)}
}

// stop lets an idle worker end.
func (w *worker[Job, Event]) stop() {
	_ = w.in.Close()
	w.drain()
	w.wait()
}

// end kills the process and waits for its end.
func (w *worker[Job, Event]) end() {
	w.kill()
	w.drain()
	w.wait()
}

func (w *worker[Job, Event]) drain() {
	for range w.events {
	}
}

// wait waits for a process that ends, and kills what its jobs have left behind.
func (w *worker[Job, Event]) wait() {
	w.keep()
	w.kill()
	w.mu.Lock()
	w.reaped = true
	w.mu.Unlock()
	_ = w.cmd.Wait()
}

// kill kills the process and those that it has started. Any goroutine may call it.
func (w *worker[Job, Event]) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.reaped {
		killGroup(w.cmd.Process)
	}
}

// crashLog keeps the beginning of what a worker writes to its standard error.
type crashLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (c *crashLog) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.Write(p[:min(len(p), maxCrash-c.text.Len())])
	return len(p), nil
}

func (c *crashLog) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}
