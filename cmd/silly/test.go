package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"time"

	"silly/cmd/silly/internal/files"
	"silly/cmd/silly/internal/report"
	"silly/cmd/silly/internal/results"
	"silly/cmd/silly/internal/suite"
)

const testUsage = `Usage: silly test [flags] [path...]

Runs the tests of files whose names end in _test.lua, and says which fail and where.
A path is a file or a folder (searched without hidden folders and node_modules).
Without a path it is the current folder.

  local test = require "silly.test"
  test("adding", function(t)
    t:equal(1 + 1, 2)
  end)

docs/test.md explains it all: subtests, tables of cases, describe and it.

Each file runs in a program of its own, on a network of its own, which is in memory.
Time is virtual: when everybody waits, the clock jumps to the first timer, so that a
test of a timeout of 30 seconds takes none; test.realtime makes a test that wants the
real clock. A test fails also when it leaves a task, a timer or a socket behind.

Which tests:
  --run regexp    only those whose name or file:line matches
  --list          list them and run nothing

How they run:
  -j n            run up to n files at a time (default: number of processors)
  --timeout time  how long a test may take, such as 500ms or 1m, in real time
                  (default 10s)
  --fail-fast     stop after the first failure
  --seed n        run in a random order that the number decides; random picks one
  --allow-net     test.realtime reaches other hosts; other tests never do
  --watch         run again when a file changes, those tests that have loaded it

Coverage:
  --coverage[=f]  count which lines and functions run of the files that are no tests,
                  and print a table; f is a file to write: .html for a page to look
                  at, .info for lcov, else text; may be repeated

What is shown:
  --format f      human (default), github, junit, tap or json
  --report f=file write a report in format f to a file, too; may be repeated
  --quiet         failures and warnings only
  --verbose       every test, with its output

Exit status:
  0    all passed
  1    a test failed
  2    wrong usage, a file that cannot be read, or no test at all
  130  Ctrl-C ended the run (143: SIGTERM)

Examples:
  silly test
  silly test --run 'login|chat_test.lua:57' --verbose tests/
  silly test --seed random --coverage=coverage.html --coverage=lcov.info
  silly test --watch
`

// testWorkerCommand is the argument that makes the process a worker of silly test.
const testWorkerCommand = "test-worker"

// testFlags are the flags of silly test.
type testFlags struct {
	options  suite.Options
	only     string
	seed     seedFlag
	watch    bool
	coverage coverageFlag
	report   reportFlags
}

func (f *testFlags) define(flags *flag.FlagSet) {
	flags.StringVar(&f.only, "run", "", "")
	flags.BoolVar(&f.options.List, "list", false, "")
	flags.IntVar(&f.options.Workers, "j", runtime.NumCPU(), "")
	flags.DurationVar(&f.options.Timeout, "timeout", suite.DefaultTimeout, "")
	flags.BoolVar(&f.options.FailFast, "fail-fast", false, "")
	flags.Var(&f.seed, "seed", "")
	flags.BoolVar(&f.options.Net, "allow-net", false, "")
	flags.BoolVar(&f.watch, "watch", false, "")
	flags.Var(&f.coverage, "coverage", "")
	f.report.define(flags)
}

// check says what is wrong with the flags.
func (f *testFlags) check(paths []string) error {
	var err error
	switch {
	case f.options.Workers < 1:
		return errors.New("flag -j needs a number of at least 1")
	case f.options.Timeout <= 0:
		return errors.New("flag --timeout needs a time of more than 0, such as 10s")
	case slices.Contains(paths, files.Stdin):
		return errors.New("tests are in files, not on standard input")
	case f.options.List && f.coverage.on:
		return errors.New("--list runs nothing that --coverage could count")
	case f.watch && (f.options.List || f.report.format != "human"):
		return errors.New("--watch goes with --format human and without --list")
	}
	if f.options.Only, err = onlyFlag(f.only); err != nil {
		return err
	}
	f.options.Shuffled, f.options.Seed = f.seed.set, f.seed.value
	f.options.Coverage = f.coverage.on
	return f.report.check()
}

// seedFlag is the value of --seed.
type seedFlag struct {
	set   bool
	value uint64
}

// Set implements flag.Value.
func (s *seedFlag) Set(text string) error {
	s.set = true
	if text == "random" {
		s.value = uint64(rand.Uint32())
		return nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return errors.New("it must be a number, or random")
	}
	s.value = n
	return nil
}

// String implements flag.Value.
func (s *seedFlag) String() string { return strconv.FormatUint(s.value, 10) }

// runTest is the command silly test.
func runTest(args []string, stdin io.Reader, stdout, stderr io.Writer, signals <-chan os.Signal) int {
	var f testFlags
	paths, status, done := parseCommand(&f, "test", testUsage, args, stdout, stderr)
	if done {
		return status
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	f.options.Worker = selfCommand(testWorkerCommand)
	return untilSignal(signals, func(ctx context.Context) int {
		if f.watch {
			return f.watchAll(ctx, paths, stdout, stderr)
		}
		status, _ := f.test(ctx, paths, nil, stdout, stderr)
		return status
	})
}

// test runs the tests once, those of the files that wanted names if it is not nil, and says what each file has loaded.
func (f *testFlags) test(ctx context.Context, paths []string, wanted func(file *files.File) bool, stdout, stderr io.Writer) (status int, loaded map[string][]string) {
	all, problems := files.Read(paths, nil, suite.IsTest)
	if wanted != nil {
		all = slices.DeleteFunc(all, func(file *files.File) bool { return !wanted(file) })
	}
	if len(all) == 0 && len(problems) == 0 {
		fmt.Fprintln(stderr, "silly test: no file whose name ends in _test.lua was found")
		return exitUsage, nil
	}
	if f.options.Shuffled {
		rand.New(rand.NewPCG(f.options.Seed, 1)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	reporters, closeReports, err := f.report.open(stdout)
	if err != nil {
		return misused(stderr, "silly test", err.Error()), nil
	}
	if f.options.List {
		reporters = nil
	}
	r := &testRun{reporters: reporters, list: f.options.List, out: stdout}
	for _, p := range problems {
		r.summary.Errors = append(r.summary.Errors, p.Error())
	}
	begin := time.Now()
	for _, one := range reporters {
		one.Begin(0)
	}
	outcome, err := suite.Run(ctx, all, f.options, r)
	if err != nil && ctx.Err() == nil {
		r.summary.Errors = append(r.summary.Errors, "tests cannot be run: "+err.Error())
	}
	r.summary.Warnings = outcome.Warnings
	if r.told == 0 && len(r.summary.Errors) == 0 && ctx.Err() == nil {
		what := "no test was found"
		if f.only != "" {
			what += fmt.Sprintf(" that matches --run %q", f.only)
		}
		r.summary.Errors = append(r.summary.Errors, what)
	}
	r.summary.Duration = time.Since(begin)
	for _, err := range endReports(reporters, r.summary, closeReports) {
		r.summary.Errors = append(r.summary.Errors, err.Error())
		fmt.Fprintln(stderr, report.Line("silly test: "+err.Error()))
	}
	f.after(r, outcome, all, stdout, stderr)
	switch {
	case len(r.summary.Errors) > 0:
		return exitUsage, outcome.Loaded
	case r.summary.Failed > 0:
		return exitFailure, outcome.Loaded
	}
	return exitOK, outcome.Loaded
}

// after tells what is not in a report: the seed, coverage, and without reports the errors.
func (f *testFlags) after(r *testRun, outcome suite.Outcome, all []*files.File, stdout, stderr io.Writer) {
	if f.options.List {
		for _, e := range r.summary.Errors {
			fmt.Fprintln(stderr, report.Line("silly test: "+e))
		}
		return
	}
	if f.options.Shuffled && f.report.format == "human" && !f.report.quiet {
		fmt.Fprintf(stdout, "in the order of --seed %d\n", f.options.Seed)
	}
	if f.coverage.on {
		if err := f.coverage.write(outcome.Coverage, stdout, f.report); err != nil {
			r.summary.Errors = append(r.summary.Errors, err.Error())
			fmt.Fprintln(stderr, report.Line("silly test: "+err.Error()))
		}
	}
}

// A testRun hears of a run of tests.
type testRun struct {
	reporters []report.Reporter
	summary   results.Summary
	list      bool
	out       io.Writer
	told      int
}

// Found implements suite.Teller.
func (r *testRun) Found(n int) {
	for _, one := range r.reporters {
		if p, ok := one.(report.Progressing); ok {
			p.More(n)
		}
	}
}

// Result implements suite.Teller.
func (r *testRun) Result(result results.Result) {
	r.told++
	if r.list && result.Status != results.Failed {
		fmt.Fprintln(r.out, report.Line(fmt.Sprintf("%s:%d  %s", result.File, result.Line, result.Heading)))
		return
	}
	if r.list {
		f := result.Failure
		r.summary.Errors = append(r.summary.Errors, fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message))
		return
	}
	r.summary.Count(result)
	for _, one := range r.reporters {
		one.Result(result)
	}
}
