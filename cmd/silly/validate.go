package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"silly/cmd/silly/internal/files"
	"silly/cmd/silly/internal/report"
	"silly/cmd/silly/internal/results"
	"silly/cmd/silly/internal/validate"
)

const validateUsage = `Usage: silly validate [flags] path...

Runs the Lua examples of Markdown files and says which fail and where. A path is a
file, a folder (searched for .md and .markdown, without hidden folders and
node_modules) or - for standard input.

An example is a fenced code block whose info string begins with lua and contains
the word validate:

  ` + "```" + `lua validate
  print("hello")
  -- Output:
  -- hello
  ` + "```" + `

It passes when it compiles and nothing in it raises an error, and when it prints
what it says. More words: no_run, ignore, fails="pattern", syntax_error, continue,
timeout=2s, exit=1, net, realtime. They may also stand in a comment before the fence:
<!-- silly: validate no_run -->. docs/validate.md explains them.

What looks like an example and is none, such as one in front matter, gets a warning,
which does not change the exit status.

Each example has a network of its own, in memory, and can read the files of its
document's folder. What else it tries is refused unless a flag allows it.

Which examples:
  --run regexp    only those whose file:line or heading matches
  --all-lua       plain lua blocks, too
  --list          list them and run nothing

How they run:
  -j n            run up to n at a time (default: number of processors)
  --timeout time  how long each may run, such as 500ms or 10s (default 5s)
  --fail-fast     stop after the first failure
  --update        write what examples print into their expected output
  --allow-net     other hosts can be reached, and blocks with the word net run
  --allow-fs      all files can be read and written
  --allow-os      commands can be run, and the environment be read

What is shown:
  --format f      human (default), github, junit, tap or json
  --report f=file write a report in format f to a file, too; may be repeated
  --quiet         failures and warnings only
  --verbose       every example, with its output

Exit status:
  0    all passed
  1    an example failed
  2    wrong usage, a file that cannot be read, or no example at all
  130  Ctrl-C ended the run (143: SIGTERM)

Examples:
  silly validate docs/ README.md
  silly validate --run 'chat\.md:57' --verbose docs/
  silly validate --format github --report junit=report.xml docs/
`

// validateWorkerCommand is the argument that makes the process a worker of silly validate.
const validateWorkerCommand = "validate-worker"

// validateFlags are the flags of silly validate.
type validateFlags struct {
	options validate.Options
	only    string
	list    bool
	report  reportFlags
}

func (v *validateFlags) define(flags *flag.FlagSet) {
	flags.StringVar(&v.only, "run", "", "")
	flags.BoolVar(&v.options.AllLua, "all-lua", false, "")
	flags.BoolVar(&v.list, "list", false, "")
	flags.IntVar(&v.options.Workers, "j", runtime.NumCPU(), "")
	flags.DurationVar(&v.options.Timeout, "timeout", validate.DefaultTimeout, "")
	flags.BoolVar(&v.options.FailFast, "fail-fast", false, "")
	flags.BoolVar(&v.options.Update, "update", false, "")
	flags.BoolVar(&v.options.Access.Net, "allow-net", false, "")
	flags.BoolVar(&v.options.Access.FS, "allow-fs", false, "")
	flags.BoolVar(&v.options.Access.OS, "allow-os", false, "")
	v.report.define(flags)
}

// check says what is wrong with the flags.
func (v *validateFlags) check(paths []string) error {
	switch {
	case len(paths) == 0:
		return errors.New("no path given")
	case v.options.Workers < 1:
		return errors.New("flag -j needs a number of at least 1")
	case v.options.Timeout <= 0:
		return errors.New("flag --timeout needs a time of more than 0, such as 10s")
	case v.options.Update && slices.Contains(paths, files.Stdin):
		return errors.New("--update cannot write to standard input")
	}
	var err error
	if v.options.Only, err = onlyFlag(v.only); err != nil {
		return err
	}
	return v.report.check()
}

// runValidate is the command silly validate.
func runValidate(args []string, stdin io.Reader, stdout, stderr io.Writer, signals <-chan os.Signal) int {
	var v validateFlags
	paths, status, done := parseCommand(&v, "validate", validateUsage, args, stdout, stderr)
	if done {
		return status
	}
	v.options.Worker = selfCommand(validateWorkerCommand)

	return untilSignal(signals, func(ctx context.Context) int { return v.validate(ctx, paths, stdin, stdout, stderr) })
}

// validate is the command without its signals: a signal ends ctx.
func (v *validateFlags) validate(ctx context.Context, paths []string, stdin io.Reader, stdout, stderr io.Writer) (status int) {
	documents, problems, ok := read(ctx, paths, stdin)
	if !ok {
		return exitFailure
	}
	blocks, warnings := validate.Find(documents, v.options)
	if len(blocks) > 0 && !v.list {
		return v.run(ctx, blocks, problems, warnings, stdout, stderr)
	}
	for _, p := range problems {
		fmt.Fprintln(stderr, report.Line("silly validate: "+p.Error()))
	}
	for _, w := range warnings {
		fmt.Fprintln(stderr, report.Line("silly validate: warning: "+w.String()))
	}
	if len(blocks) == 0 {
		what := "no block was found: none has the info string 'lua validate'"
		if v.only != "" {
			what = fmt.Sprintf("no block was found that matches --run %q", v.only)
		}
		fmt.Fprintf(stderr, "silly validate: %s\n", what)
		return exitUsage
	}
	for _, b := range blocks {
		fmt.Fprintln(stdout, report.Line(listLine(b)))
	}
	if len(problems) > 0 {
		return exitUsage
	}
	return exitOK
}

// run runs the blocks and reports.
func (v *validateFlags) run(ctx context.Context, blocks []*validate.Block, problems []error, warnings []results.Warning, stdout, stderr io.Writer) (status int) {
	reporters, closeReports, err := v.report.open(stdout)
	if err != nil {
		return misused(stderr, "silly validate", err.Error())
	}
	begin := time.Now()
	summary := results.Summary{Warnings: warnings}
	for _, p := range problems {
		summary.Errors = append(summary.Errors, p.Error())
	}
	for _, r := range reporters {
		r.Begin(len(blocks))
	}
	err = validate.Run(ctx, blocks, v.options, func(result results.Result) {
		summary.Count(result)
		for _, r := range reporters {
			r.Result(result)
		}
	})
	if err != nil {
		summary.Errors = append(summary.Errors, "blocks cannot be run: "+err.Error())
	}
	updated, files := 0, 0
	if ctx.Err() == nil {
		updated, files, err = validate.Rewrite(blocks)
		if err != nil {
			summary.Errors = append(summary.Errors, err.Error())
		}
	}
	summary.Duration = time.Since(begin)
	for _, err := range endReports(reporters, summary, closeReports) {
		summary.Errors = append(summary.Errors, err.Error())
		fmt.Fprintln(stderr, report.Line("silly validate: "+err.Error()))
	}
	if updated > 0 {
		fmt.Fprintf(stderr, "silly validate: updated the expected output of %s in %s\n", count(updated, "block"), count(files, "file"))
	}
	switch {
	case len(summary.Errors) > 0:
		return exitUsage
	case summary.Failed > 0:
		return exitFailure
	}
	return exitOK
}

// read reads the documents, and gives up when ctx ends: standard input may have no end.
func read(ctx context.Context, paths []string, stdin io.Reader) (documents []*validate.Document, problems []error, ok bool) {
	type result struct {
		documents []*validate.Document
		problems  []error
	}
	done := make(chan result, 1)
	go func() {
		documents, problems := files.Read(paths, stdin, validate.IsMarkdown)
		done <- result{documents, problems}
	}()
	select {
	case r := <-done:
		return r.documents, r.problems, true
	case <-ctx.Done():
		return nil, nil, false
	}
}

// listLine is a line of --list.
func listLine(b *validate.Block) string {
	line := b.ID()
	if b.Heading != "" {
		line += "  " + b.Heading
	}
	if b.Err != nil {
		line += "  (" + b.Err.Error() + ")"
	}
	return line
}
