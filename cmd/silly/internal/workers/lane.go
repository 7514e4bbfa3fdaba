package workers

import (
	"context"
	"errors"
	"os/exec"
	"sync"
	"time"
)

// A Lane does one job after the other, on a worker that it starts anew when one has crashed.
type Lane[Job, Event any] struct {
	command func() *exec.Cmd
	worker  *worker[Job, Event]
}

// Do has a job done and tells of its events until tell reports the last one. limit says how long the worker may take until the
// next event. The error is that of ctx, or says why no worker can be started.
func (l *Lane[Job, Event]) Do(ctx context.Context, j Job, limit func() time.Duration, tell func(Event) (last bool)) (*Crash, error) {
	if l.worker == nil {
		w, err := start[Job, Event](ctx, l.command)
		if err != nil {
			return nil, err
		}
		l.worker = w
	}
	_ = l.worker.encoder.Encode(j) // next tells whether the worker lives
	for {
		e, crash, err := l.worker.next(ctx, limit())
		if crash != nil || err != nil {
			l.worker = nil
			return crash, err
		}
		if tell(e) {
			return nil, nil
		}
	}
}

// Each calls do for the numbers below count, on up to lanes goroutines, each of which has a lane with workers that command makes.
// It returns when all calls have, with the first error of one; after that, and after the end of ctx, none begins.
func Each[Job, Event any](ctx context.Context, lanes, count int, command func() *exec.Cmd, do func(ctx context.Context, l *Lane[Job, Event], i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	go func() {
		defer close(next)
		for i := range count {
			select {
			case next <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	var running sync.WaitGroup
	for range min(lanes, count) {
		running.Go(func() {
			l := &Lane[Job, Event]{command: command}
			defer func() {
				if l.worker != nil {
					l.worker.stop()
				}
			}()
			for i := range next {
				if err := do(ctx, l, i); err != nil {
					cancel(err)
					return
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
