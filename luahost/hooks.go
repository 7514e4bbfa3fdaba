package luahost

import (
	"errors"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/sched"
)

// hooks are what the host does when its scheduler tells it something.
type hooks struct{ *Host }

// Idle implements sched.Hooks.
func (h hooks) Idle() {
	h.cleanUp()
	h.checkEnd()
}

// Panicked implements sched.Hooks.
func (h hooks) Panicked(where string, value any) { h.logPanic(where, value) }

// TaskEnded implements sched.Hooks.
func (h hooks) TaskEnded(t *sched.Task, results []lua.LValue, err error) {
	var failure *Error
	if err != nil {
		failure = h.failure(t, err)
	}
	delete(h.awaits, t)
	d := dutyOf(t)
	interrupted := h.interrupted.Load()
	switch {
	case d.done != nil:
		d.done(results, failure)
	case failure != nil && failure != closedError && interrupted == nil:
		h.failures++
		h.reportError(failure)
	}
	if failure != nil && interrupted != nil && errors.Is(failure, interrupted.Cause) {
		h.stopped = append(h.stopped, TaskReport{Name: taskName(t), Status: Running, Traceback: failure.Traceback})
	}
	if d.handler {
		h.handlers--
		if h.shuttingDown && h.handlers == 0 {
			select {
			case h.handlersDone <- struct{}{}:
			default:
			}
		}
	}
}
