package difftest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"
)

// A Search runs random programs on two engines and compares what they print.
type Search struct {
	Reference, Engine *Command
	Program           Options // the seed of the first program; the others follow it
	Count             int     // number of programs, 0 until the context is done
	Batch             int     // programs in one process
	Parallel          int     // pairs of processes at a time
	IgnoreMessages    bool    // do not compare the texts of error messages that have a position
	Reduce            bool    // make programs that differ small

	// Progress, if set, is called after each batch, by one goroutine at a time.
	Progress func(Stats)
	// Found is called for each difference, by one goroutine at a time.
	Found func(Difference)
	// Failed, if set, is called for each program that the reference does not run to its end, by one goroutine at a time.
	Failed func(seed uint64, err error)

	failed sync.Mutex // held while Failed runs
}

// Stats count programs.
type Stats struct {
	Run         int // compared
	Different   int
	Unconfirmed int // different in a batch, but not when run alone
	Skipped     int // those with which the reference itself fails, or that it does not run twice in the same way
}

// A Difference is a program for which the engines do not print the same.
type Difference struct {
	Seed      uint64
	Source    string // the reduced program
	Full      string // the program of the seed
	Reference Result // of Source
	Engine    Result
}

// Run searches until the programs are used up or the context is done.
func (s *Search) Run(ctx context.Context) Stats {
	var (
		mu    sync.Mutex
		next  int
		stats Stats
		wait  sync.WaitGroup
	)
	batch := max(s.Batch, 1)
	take := func() (from, n int) {
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() != nil || s.Count > 0 && next >= s.Count {
			return 0, 0
		}
		from, n = next, batch
		if s.Count > 0 {
			n = min(n, s.Count-next)
		}
		next += n
		return from, n
	}
	for range max(s.Parallel, 1) {
		wait.Go(func() {
			for {
				from, n := take()
				if n == 0 {
					return
				}
				s.batch(ctx, from, n, func(add Stats, found *Difference) {
					mu.Lock()
					defer mu.Unlock()
					stats.Run += add.Run
					stats.Different += add.Different
					stats.Unconfirmed += add.Unconfirmed
					stats.Skipped += add.Skipped
					if found != nil && s.Found != nil {
						s.Found(*found)
					}
					if s.Progress != nil {
						s.Progress(stats)
					}
				})
			}
		})
	}
	wait.Wait()
	return stats
}

// batch compares n programs.
func (s *Search) batch(ctx context.Context, from, n int, report func(Stats, *Difference)) {
	sources := make([]string, n)
	for i := range sources {
		o := s.Program
		o.Seed += uint64(from + i)
		sources[i] = Generate(o)
	}
	var reference, engine []Result
	var wait sync.WaitGroup
	wait.Go(func() { reference = s.Reference.RunAll(sources) })
	wait.Go(func() { engine = s.Engine.RunAll(sources) })
	wait.Wait()
	for i := range sources {
		if ctx.Err() != nil {
			return
		}
		switch {
		case reference[i].Err != nil:
			s.fail(s.Program.Seed+uint64(from+i), reference[i].Err)
			report(Stats{Skipped: 1}, nil)
		case s.same(reference[i], engine[i]):
			report(Stats{Run: 1}, nil)
		default:
			d := Difference{Seed: s.Program.Seed + uint64(from+i), Source: sources[i], Full: sources[i]}
			report(s.confirm(ctx, &d))
		}
	}
}

// ErrUnstable is why a program is skipped whose output is not the same each time the reference runs it.
var ErrUnstable = errors.New("the reference does not print the same twice")

func (s *Search) fail(seed uint64, err error) {
	if s.Failed != nil {
		s.failed.Lock()
		defer s.failed.Unlock()
		s.Failed(seed, err)
	}
}

// confirm runs a program alone and reduces it if it differs then, too.
func (s *Search) confirm(ctx context.Context, d *Difference) (Stats, *Difference) {
	d.Reference, d.Engine = s.alone(d.Source)
	again, err := s.Reference.Run(d.Source)
	if !s.same(d.Reference, Result{again, err}) {
		s.fail(d.Seed, ErrUnstable)
		return Stats{Skipped: 1}, nil
	}
	if s.same(d.Reference, d.Engine) {
		return Stats{Run: 1, Unconfirmed: 1}, nil
	}
	if s.Reduce {
		end := ending(d.Reference.Output)
		// What is left out may be what ended a loop.
		quick := &Search{Reference: s.Reference, Engine: s.Engine, IgnoreMessages: s.IgnoreMessages}
		quick.Reference = &Command{Line: s.Reference.Line, TimeLimit: time.Second, InCoroutine: s.Reference.InCoroutine}
		if !errors.Is(d.Engine.Err, ErrTimeout) {
			quick.Engine = &Command{Line: s.Engine.Line, TimeLimit: 5 * time.Second, InCoroutine: s.Engine.InCoroutine}
		}
		d.Source = Reduce(d.Source, func(source string) bool {
			if ctx.Err() != nil {
				return false
			}
			reference, engine := quick.alone(source)
			return reference.Err == nil && ending(reference.Output) <= end && !s.same(reference, engine)
		})
		d.Reference, d.Engine = s.alone(d.Source)
	}
	return Stats{Run: 1, Different: 1}, d
}

// ending tells how a program ended: 0 at its end, 1 with an error, 2 it does not compile. A reduced program must not do worse than
// the whole one did, since removing definitions leads to errors that have nothing to do with the difference.
func ending(output string) int {
	last := strings.TrimSuffix(output, "\n")
	last = last[strings.LastIndexByte(last, '\n')+1:]
	switch {
	case strings.HasPrefix(last, "load: "):
		return 2
	case strings.HasPrefix(last, "error: "):
		return 1
	}
	return 0
}

// alone runs a program in processes of its own.
func (s *Search) alone(source string) (reference, engine Result) {
	var wait sync.WaitGroup
	wait.Go(func() { reference.Output, reference.Err = s.Reference.Run(source) })
	wait.Go(func() { engine.Output, engine.Err = s.Engine.Run(source) })
	wait.Wait()
	return reference, engine
}

func (s *Search) same(a, b Result) bool {
	if s.IgnoreMessages {
		a.Output, b.Output = WithoutMessages(a.Output), WithoutMessages(b.Output)
	}
	return Same(a, b)
}
