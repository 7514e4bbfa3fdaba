package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	_ "embed"

	"silly/cmd/silly/internal/ownnet"
	"silly/cmd/silly/internal/results"
	"silly/cmd/silly/internal/workers"
	"silly/internal/lua/vm"
	"silly/internal/virtualtime"
	"silly/luahost"
	"silly/modules"
)

// A job is a file whose tests a worker runs.
type job struct {
	Name     string // as it stands in messages
	Path     string
	Only     string // a regular expression, "" for none
	Timeout  time.Duration
	Shuffled bool
	Seed     uint64
	Coverage bool
	List     bool
	Net      bool  // tests in real time reach other hosts
	Done     []int // tests that have run, by their numbers
}

// The kinds of events, in the order in which they come.
const (
	foundTests = "found"    // Index is how many tests are going to run
	begun      = "begun"    // the test of number Index, with its name and line in Result
	ended      = "ended"    // a test, or a part of it, with a Result
	finished   = "finished" // the test of number Index: nothing more comes of it
	over       = "over"     // nothing more happens with the file
)

// An event is what a worker tells.
type event struct {
	Kind     string
	Index    int                    `json:",omitempty"`
	Realtime bool                   `json:",omitempty"`
	Result   results.Result         `json:",omitzero"`
	Coverage []luahost.FileCoverage `json:",omitempty"`
	Loaded   []string               `json:",omitempty"`
}

// RunWorker is the worker: it runs the files that it reads of until the end of in.
func RunWorker(in io.Reader, out io.Writer) error {
	return workers.Serve(in, out, func(j job, tell func(event, bool)) {
		r := &runner{job: j, source: vm.ChunkName("@" + j.Path), system: &recorder{}}
		r.tell = func(e event) { tell(e, e.Kind == over) }
		if j.Only != "" {
			r.only = regexp.MustCompile(j.Only)
		}
		r.done = slices.Clone(j.Done)
		if j.Coverage {
			r.coverage = &luahost.Coverage{Wants: func(name string) bool { return name != driverName && !IsTest(name) }}
		}
		r.run()
		e := event{Kind: over, Loaded: r.system.names()}
		if j.Coverage {
			e.Coverage = cleaned(r.coverage.Files())
		}
		r.tell(e)
	})
}

// cleaned is what was counted with one name for each file: "./a.lua" is "a.lua".
func cleaned(counted []luahost.FileCoverage) []luahost.FileCoverage {
	for i := range counted {
		counted[i].Name = filepath.Clean(counted[i].Name)
	}
	return luahost.MergeCoverage(counted)
}

// driverName is the name of the main script of a host, which loads the test file.
const driverName = "silly.test"

//go:embed test.lua
var driver string

// A runner runs the tests of a file, in one host after the other.
type runner struct {
	job      job
	source   string // the name of the file in tracebacks
	only     *regexp.Regexp
	tell     func(event)
	coverage *luahost.Coverage
	system   *recorder

	tests []found // of the file, once it was loaded
	done  []int   // the numbers of those that have run
}

// A found test is one that the file has registered.
type found struct {
	name     string
	line     int
	realtime bool
}

// run runs the tests in virtual time, and then those that want real time.
func (r *runner) run() {
	for _, realtime := range []bool{false, true} {
		for r.tests == nil || len(r.left(realtime)) > 0 {
			before := len(r.done)
			if s := r.session(realtime); s.broken || r.tests == nil {
				return
			}
			if len(r.done) == before { // it did not even begin with the next one
				break
			}
		}
	}
}

// left are the numbers of the tests that have not run yet, of one clock, in the order in which they are to run.
func (r *runner) left(realtime bool) []int {
	var left []int
	for i, t := range r.tests {
		if t.realtime == realtime && !slices.Contains(r.done, i+1) && r.wants(t) {
			left = append(left, i+1)
		}
	}
	if r.job.Shuffled {
		// The same order whatever has run already.
		ranks := rand.New(rand.NewPCG(r.job.Seed, 0)).Perm(len(r.tests))
		slices.SortFunc(left, func(a, b int) int { return ranks[a-1] - ranks[b-1] })
	}
	return left
}

// wants reports whether a test is among those that are to run.
func (r *runner) wants(t found) bool {
	return r.only == nil || r.only.MatchString(t.name) || r.only.MatchString(fmt.Sprintf("%s:%d", r.job.Name, t.line))
}

// session runs what is left of one clock in a host.
func (r *runner) session(realtime bool) *session {
	s := &session{runner: r, realtime: realtime, first: r.tests == nil, output: results.Output{Max: MaxOutput}}
	s.watch = virtualtime.NewWatch(s.overdue)
	defer s.watch.Stop()
	if realtime {
		s.run()
		return s
	}
	if err := virtualtime.Run(s.run); err != nil && s.test != nil {
		s.lost(err) // a goroutine of ours is stuck
	}
	return s
}

var errTimeout = errors.New("timeout")

// run makes the host, and runs the tests in it until one has spoilt it.
func (s *session) run() {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	if !s.realtime {
		var stop func()
		ctx, stop = context.WithTimeoutCause(ctx, virtualtime.Forever, errForever)
		defer stop()
	}
	s.cancel = cancel
	var system luahost.System = s.runner.system
	if !s.realtime {
		system = virtualSystem{s.runner.system}
	}
	host, err := luahost.New(luahost.Options{
		Modules: append(withoutTest(modules.Standard()), luahost.Module{Name: "silly.test.native", Open: s.open}),
		Network: ownnet.New(s.realtime && s.runner.job.Net, s.refusal()), System: system,
		Stdin: strings.NewReader(""), Stdout: s, Stderr: s,
		OnError: s.taskFailed, Origins: true, Synctest: !s.realtime, Coverage: s.runner.coverage,
	})
	if err != nil {
		panic(err) // the modules are ours
	}
	defer host.Close()
	s.host.Store(host)
	s.watch.Begin(s.runner.job.Timeout)
	s.stopped(host.RunString(ctx, driverName, driver), context.Cause(ctx))
	s.host.Store(nil)
}

// refusal is the error of connections to other hosts.
func (s *session) refusal() error {
	if s.realtime {
		return errors.New("network is unreachable: only the test's own network exists without --allow-net")
	}
	return errors.New("network is unreachable: a test in virtual time has a network of its own (test.realtime with --allow-net reaches others)")
}

var errForever = errors.New("nothing will ever happen")

// withoutTest leaves out the module that says that it is there only here.
func withoutTest(all []luahost.Module) []luahost.Module {
	return slices.DeleteFunc(slices.Clone(all), func(m luahost.Module) bool { return m.Name == driverName })
}

// overdue is told that a test takes more than its time, from outside of the bubble.
func (s *session) overdue() {
	host := s.host.Load()
	if host == nil {
		return
	}
	s.late.Store(true)
	if s.realtime {
		s.cancel(errTimeout)
	} else {
		host.Interrupt(errTimeout)
	}
}
