//go:build linux

// Package load drives a server with many connections and measures how it copes. It speaks WebSocket frames
// and HTTP itself, and lines over TCP: frames are masked before the measurement, answers are checked but not copied. It belongs
// in a process of its own, so that its processor time is not that of the server.
package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Kinds of work.
const (
	Echo      = "echo"      // messages that come back: of WebSocket, or lines over TCP
	Broadcast = "broadcast" // messages of one WebSocket client that all clients get
	HTTP      = "http"      // requests on connections that stay open
	Connect   = "connect"   // connections that are upgraded and closed
	Idle      = "idle"      // such connections that do nothing
)

// A Spec says what to do.
type Spec struct {
	Kind string
	URL  string // ws, wss, http or tcp
	// Connections is how many are open, or for Connect are being opened, at the same time.
	Connections int
	InFlight    int // messages that each connection of Echo has under way
	Size        int // bytes of a message, at least minSize
	// WarmUp passes before Window, in which everything is counted. Idle has no window: connections are
	// idle for the time WarmUp before their memory is measured.
	WarmUp, Window time.Duration
	// PID is the process of the server, or 0 when its use of processor and memory cannot be seen.
	PID int
	// Profile asks the server for profiles: see package profile.
	Profile bool
	// Full compares every byte of an echo, not only the first and the last.
	Full bool
}

// A Result is what the window showed. For Idle, Operations are the connections and Seconds the time that it
// took to open them.
type Result struct {
	Operations   int64
	Seconds      float64
	P50          time.Duration
	P99          time.Duration
	P999         time.Duration
	CPU          time.Duration // user and system time of the server
	GeneratorCPU time.Duration // the same of this process
	RSS          int64         // bytes that the server has resident at the end
	RSSBefore    int64         // the same before the first connection
}

// patience is how long a server may take for what takes milliseconds when nothing is wrong.
const patience = 30 * time.Second

// errEnd ends the workers when the window is over.
var errEnd = errors.New("the window is over")

// A generator is one run of a Spec.
type generator struct {
	Spec
	target  target
	ctx     context.Context
	end     context.CancelCauseFunc
	workers sync.WaitGroup

	operations atomic.Int64
	measuring  atomic.Bool
	latency    histogram
}

// Run does what spec says. An answer that is wrong or does not come is an error: there is no result then.
func Run(ctx context.Context, spec Spec) (Result, error) {
	target, err := parseTarget(spec.URL)
	if err != nil {
		return Result{}, err
	}
	if spec.Size < minSize && (spec.Kind == Echo || spec.Kind == Broadcast) {
		return Result{}, fmt.Errorf("a message needs at least %d bytes", minSize)
	}
	g := &generator{Spec: spec, target: target}
	g.ctx, g.end = context.WithCancelCause(ctx)
	defer g.workers.Wait()
	defer g.end(errEnd)

	var before usage
	if spec.PID != 0 {
		if before, err = usageOf(spec.PID); err != nil {
			return Result{}, err
		}
	}
	switch spec.Kind {
	case Echo:
		err = g.echo()
	case Broadcast:
		err = g.broadcast()
	case HTTP:
		err = g.http()
	case Connect:
		g.connect()
	case Idle:
		return g.idle(before)
	default:
		err = fmt.Errorf("unknown kind of work %q", spec.Kind)
	}
	if err != nil {
		return Result{}, err
	}
	result, err := g.window()
	result.RSSBefore = before.rss
	return result, err
}

// work runs f as a worker. Its error ends the run.
func (g *generator) work(f func() error) {
	g.workers.Go(func() {
		if err := f(); err != nil {
			g.end(err)
		}
	})
}

// sleep waits and returns the error of a worker that has failed meanwhile.
func (g *generator) sleep(d time.Duration) error {
	select {
	case <-g.ctx.Done():
		return context.Cause(g.ctx)
	case <-time.After(d):
		return nil
	}
}

// done counts one operation and how long it took.
func (g *generator) done(d time.Duration) {
	g.operations.Add(1)
	if g.measuring.Load() {
		g.latency.add(d)
	}
}

// signal asks the server for profiles, when it is one that can.
func (g *generator) signal(s syscall.Signal) error {
	if !g.Profile {
		return nil
	}
	return syscall.Kill(g.PID, s)
}

// window measures while the workers work.
func (g *generator) window() (Result, error) {
	if err := g.sleep(g.WarmUp); err != nil {
		return Result{}, err
	}
	if err := g.signal(syscall.SIGUSR1); err != nil {
		return Result{}, err
	}
	first, err := g.snapshot()
	if err != nil {
		return Result{}, err
	}
	g.measuring.Store(true)
	if err := g.sleep(g.Window); err != nil {
		return Result{}, err
	}
	last, err := g.snapshot()
	if err != nil {
		return Result{}, err
	}
	g.measuring.Store(false)
	if err := g.signal(syscall.SIGUSR2); err != nil {
		return Result{}, err
	}
	result := Result{
		Operations:   last.operations - first.operations,
		Seconds:      last.at.Sub(first.at).Seconds(),
		P50:          g.latency.quantile(0.50),
		P99:          g.latency.quantile(0.99),
		P999:         g.latency.quantile(0.999),
		CPU:          last.server.cpu - first.server.cpu,
		GeneratorCPU: last.generator - first.generator,
		RSS:          last.server.rss,
	}
	if result.Operations == 0 {
		return result, fmt.Errorf("the server did nothing for %v", g.Window)
	}
	return result, nil
}

// A snapshot is what is counted, at one moment.
type snapshot struct {
	at         time.Time
	operations int64
	server     usage
	generator  time.Duration
}

func (g *generator) snapshot() (snapshot, error) {
	s := snapshot{at: time.Now(), operations: g.operations.Load(), generator: cpuTime(0)}
	var err error
	if g.PID != 0 {
		s.server, err = usageOf(g.PID)
	}
	return s, err
}
