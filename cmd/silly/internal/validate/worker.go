package validate

import (
	"context"
	"io"
	"os/exec"
	"time"

	"silly/cmd/silly/internal/workers"
)

// killAfter is how long after its time a step may go on before its worker is killed: calls into the library, such as a search
// with an endless pattern, cannot be interrupted.
const killAfter = 2 * time.Second

// RunWorker is the worker: it runs the chains that it reads until the end of in.
func RunWorker(in io.Reader, out io.Writer) error {
	return workers.Serve(in, out, func(c chain, tell func(outcome, bool)) {
		told := 0
		runChain(context.Background(), c, func(o outcome) {
			told++
			tell(o, told == len(c.Steps))
		})
	})
}

// runAll runs chains on n workers, started by command. done is told of each outcome, from any goroutine.
// It returns when all are done or ctx ends, with the reason why workers cannot be started.
func runAll(ctx context.Context, chains []chain, n int, command func() *exec.Cmd, done func(chain, step int, o outcome)) error {
	return workers.Each(ctx, n, len(chains), command, func(ctx context.Context, l *workers.Lane[chain, outcome], i int) error {
		steps := chains[i].Steps
		step, since := 0, time.Now() // the clock of a worker may be virtual
		limit := func() time.Duration { return steps[step].Timeout + virtualTime + killAfter }
		crash, err := l.Do(ctx, chains[i], limit, func(o outcome) (last bool) {
			now := time.Now()
			o.Duration, since = now.Sub(since), now
			done(i, step, o)
			step++
			return step == len(steps)
		})
		if err != nil {
			return err
		}
		if crash == nil {
			return nil
		}
		o := crashOutcome(crash)
		o.Duration = time.Since(since)
		done(i, step, o)
		for step++; step < len(steps) && ctx.Err() == nil; step++ {
			done(i, step, outcome{Ending: notReached})
		}
		return nil
	})
}

// crashOutcome is the outcome of a step in which its worker crashed.
func crashOutcome(c *workers.Crash) outcome {
	switch {
	case c.Memory:
		return outcome{Ending: outOfMemory}
	case c.Unresponsive:
		return outcome{Ending: unresponsive}
	}
	return outcome{Ending: crashed, Errors: []luaError{{Message: c.Text}}}
}
