package luahost

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"silly/internal/lua/vm"
)

// finish ends the running program with err; the first call counts. The caller holds the VM lock.
func (h *Host) finish(err error) {
	p := h.program
	if p == nil {
		return
	}
	h.program = nil
	switch why := h.interrupted.Load(); {
	case why != nil:
		err = why // what the tasks make of it does not count
	case err == nil && h.ctx.Err() != nil:
		err = ErrClosed
	}
	p.err = err
	close(p.done)
}

// exit is Env.Exit.
func (h *Host) exit(status int) {
	h.finish(&ExitError{Status: status})
	h.exits = true
	h.stop()
	h.sched.EndIfStopped(h.sched.Current())
}

// Shutdown stops the program gracefully: resources are told (listeners stop accepting, WebSocket
// peers get a close frame), handlers that run may finish until ctx ends, then the program ends. Run
// then returns nil unless something failed before.
func (h *Host) Shutdown(ctx context.Context) { h.Retire(ctx, 0) }

// Retire is Shutdown of a program in whose place another one starts: it goes on for at least linger, for requests on
// connections that were accepted a moment ago.
func (h *Host) Retire(ctx context.Context, linger time.Duration) {
	h.sched.Lock()
	if h.sched.Stopped() || h.shuttingDown {
		h.sched.Unlock()
		return
	}
	h.shuttingDown = true
	var told []func()
	for c := range h.closers {
		if c.shutdown != nil {
			told = append(told, c.shutdown)
			c.shutdown = nil
		}
	}
	h.sched.Unlock()
	for _, f := range told {
		f()
	}
	if linger > 0 {
		select {
		case <-time.After(linger):
		case <-ctx.Done():
		case <-h.ctx.Done():
		}
	}
	for !h.idle() {
		select {
		case <-h.handlersDone: // perhaps those of before
			continue
		case <-ctx.Done():
		case <-h.ctx.Done():
		}
		break
	}
	h.end(nil)
}

// idle reports whether no handler runs.
func (h *Host) idle() bool {
	h.sched.Lock()
	defer h.sched.Unlock()
	return h.handlers == 0
}

// Serving reports whether something is open that keeps the program alive, such as a listener, or that a task waits for whoever
// may come. It looks also while a task computes.
func (h *Host) Serving() bool {
	serving := make(chan bool, 1)
	<-h.sched.Inspect(func() { serving <- h.holds > 0 || h.serves() })
	return <-serving
}

// serves reports whether a task waits for whoever may come. The caller holds the VM lock.
func (h *Host) serves() bool {
	for c := range h.closers {
		if c.serves != nil && c.serves() {
			return true
		}
	}
	return false
}

// end finishes the program with err from outside the VM.
func (h *Host) end(err error) {
	h.sched.Lock()
	h.finish(err)
	h.stop()
	h.sched.Unlock()
}

// closeGrace is how long Close waits for tasks that hold the VM or are stuck in an uninterruptible call.
const closeGrace = 5 * time.Second

// ErrBusy is what Close returns when a task could not be ended: it computes without ever waiting, and
// the host is not interruptible.
var ErrBusy = errors.New("luahost: a task did not end in time")

// Close ends all tasks, closes what scripts left open and frees the VM. It waits for the tasks'
// goroutines. Closing twice is harmless.
func (h *Host) Close() error {
	defer h.log.Close()
	h.cancel()
	done := make(chan struct{})
	h.interruptClosed()
	go func() {
		defer close(done)
		h.sched.Lock()
		h.finish(ErrClosed)
		h.stop()
		h.sched.Unlock()
		h.sched.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-time.After(closeGrace):
		return ErrBusy
	}
}

// stop makes every task end as soon as it has the VM, and closes all resources. The caller holds the
// VM lock.
func (h *Host) stop() {
	if h.sched.Stopped() {
		return
	}
	h.finalizeAll()
	h.cancel()
	for c := range h.closers {
		// A close may wait for its peer or take locks of its own: never under the VM lock.
		h.sched.Background(c.close)
	}
	clear(h.closers)
	h.holds, h.wakers = 0, 0
	h.sched.Stop()
}

// finalizeTime is how long the finalizers may take that run when a host is closed.
const finalizeTime = time.Second

// finalizeAll calls __gc of what is still there: the host is being closed. The caller holds the VM lock.
func (h *Host) finalizeAll() {
	if h.exits || !h.engine.HasFinalizers() {
		return
	}
	running := h.engine.Leave()
	defer h.engine.Enter(running)
	h.engine.ClearInterrupt()
	h.engine.Remaining()
	limit := time.AfterFunc(finalizeTime, h.interruptClosed)
	if _, err := h.engine.NewThread().Start(h.engine.Finalizer()); err != nil {
		h.logf(slog.LevelError, "%s", err)
	}
	limit.Stop()
	if h.ctx.Err() != nil {
		h.interruptClosed()
	}
}

// interruptClosed ends the Lua code that runs because the host is closed.
func (h *Host) interruptClosed() { h.engine.Interrupt(&vm.Abort{Reason: ErrClosed}) }
