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
	// Sender is the URL of another process of the server, to which the first client of Broadcast connects; "" is URL.
	Sender string
	// Connections is how many are open, or for Connect are being opened, at the same time.
	Connections int
	InFlight    int // messages that each connection of Echo has under way
	Size        int // bytes of a message, at least minSize
	// WarmUp passes before Window, in which everything is counted. Idle has no window: connections are
	// idle for the time WarmUp before their memory is measured.
	WarmUp, Window time.Duration
	// PID is the process of the server, or 0 when its use of processor and memory cannot be seen.
	PID int
	// Other is a second process of the server, 0 if there is none.
	Other int
	// Profile asks the server for profiles: see package profile.
	Profile bool
	// Full compares every byte of an echo, not only the first and the last.
	Full bool

	// Any takes any answer of any server: the next message for a message of Echo, whatever it says, and any response for a request.
	// What goes wrong is counted, and the connection opened anew. Only Echo and HTTP know it.
	Any bool
	// Request is what HTTP sends with Any: a method, fields and a body.
	Request Request
	// Insecure says that certificates are not looked at.
	Insecure bool
	// Progress is told each second how many operations there have been in the window; nil is nobody.
	Progress func(elapsed time.Duration, operations int64) `json:"-"`
}

// A Request is what is sent again and again.
type Request struct {
	Method string   // "" is GET
	Header []string // lines "name: value"
	Body   string
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

	// With Spec.Any.
	P90, Max  time.Duration
	Received  int64            // bytes of responses and messages
	Statuses  map[int]int64    // responses, by their status
	Errors    map[string]int64 // what went wrong, by its text
	Histogram []Bucket         // in the order of their times
}

// patience is how long a server may take for what takes milliseconds when nothing is wrong.
const patience = 30 * time.Second

// errEnd ends the workers when the window is over.
var errEnd = errors.New("the window is over")

// A generator is one run of a Spec.
type generator struct {
	Spec
	target  target
	sender  target // of Broadcast
	ctx     context.Context
	end     context.CancelCauseFunc
	workers sync.WaitGroup

	operations atomic.Int64
	measuring  atomic.Bool
	latency    histogram
	any        anyCounts
}

// Run does what spec says. An answer that is wrong or does not come is an error: there is no result then.
func Run(ctx context.Context, spec Spec) (Result, error) {
	target, err := parseTarget(spec.URL)
	if err != nil {
		return Result{}, err
	}
	target.insecure = spec.Insecure || !spec.Any // else it is only the server's speed that is in question
	if spec.Any {
		target.header = spec.Request.Header
	}
	if spec.Size < minSize && !spec.Any && (spec.Kind == Echo || spec.Kind == Broadcast) {
		return Result{}, fmt.Errorf("a message needs at least %d bytes", minSize)
	}
	g := &generator{Spec: spec, target: target, sender: target}
	if spec.Sender != "" {
		if g.sender, err = parseTarget(spec.Sender); err != nil {
			return Result{}, err
		}
	}
	g.ctx, g.end = context.WithCancelCause(ctx)
	defer g.workers.Wait()
	defer g.end(errEnd)

	var before usage
	if before, err = g.usage(); err != nil {
		return Result{}, err
	}
	switch {
	case spec.Any:
		err = g.anyServer()
	case spec.Kind == Idle:
		return g.idle(before)
	default:
		err = g.begin()
	}
	if err != nil {
		return Result{}, err
	}
	result, err := g.window()
	result.RSSBefore = before.rss
	return result, err
}

// begin opens the connections of a server that must answer as expected, and starts the workers.
func (g *generator) begin() error {
	switch g.Kind {
	case Echo:
		return g.echo()
	case Broadcast:
		return g.broadcast()
	case HTTP:
		return g.http()
	case Connect:
		g.connect()
		return nil
	}
	return fmt.Errorf("unknown kind of work %q", g.Kind)
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

// window measures while the workers work.
func (g *generator) window() (Result, error) {
	if err := g.sleep(g.WarmUp); err != nil {
		return Result{}, err
	}
	if err := g.profile(true); err != nil {
		return Result{}, err
	}
	first, err := g.snapshot()
	if err != nil {
		return Result{}, err
	}
	g.measuring.Store(true)
	if err := g.pass(first); err != nil {
		return Result{}, err
	}
	last, err := g.snapshot()
	if err != nil {
		return Result{}, err
	}
	g.measuring.Store(false)
	if err := g.profile(false); err != nil {
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
	if g.Any {
		g.any.fill(&result, &g.latency)
		return result, nil
	}
	if result.Operations == 0 {
		return result, fmt.Errorf("the server did nothing for %v", g.Window)
	}
	return result, nil
}

// pass lets the window pass, and tells how it goes. With Any, the end of the context ends the window early.
func (g *generator) pass(first snapshot) error {
	end := time.After(g.Window)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-g.ctx.Done():
			if g.Any && errors.Is(context.Cause(g.ctx), context.Canceled) {
				return nil
			}
			return context.Cause(g.ctx)
		case <-end:
			return nil
		case now := <-tick.C:
			if g.Progress != nil {
				g.Progress(now.Sub(first.at), g.operations.Load()-first.operations)
			}
		}
	}
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
	s.server, err = g.usage()
	return s, err
}

// usage is what the processes of the server have taken.
func (g *generator) usage() (sum usage, err error) {
	for _, pid := range []int{g.PID, g.Other} {
		if pid == 0 {
			continue
		}
		u, err := usageOf(pid)
		if err != nil {
			return sum, err
		}
		sum.cpu += u.cpu
		sum.rss += u.rss
	}
	return sum, nil
}
