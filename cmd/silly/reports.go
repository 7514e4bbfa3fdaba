package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"silly/cmd/silly/internal/report"
	"silly/cmd/silly/internal/results"

	"golang.org/x/term"
)

// reportFlags say how the results of a run are shown.
type reportFlags struct {
	format  string
	reports []string // format=file
	quiet   bool
	verbose bool
}

func (r *reportFlags) define(flags *flag.FlagSet) {
	flags.StringVar(&r.format, "format", "human", "")
	flags.Func("report", "", func(s string) error { r.reports = append(r.reports, s); return nil })
	flags.BoolVar(&r.quiet, "quiet", false, "")
	flags.BoolVar(&r.verbose, "verbose", false, "")
}

// check says what is wrong with the flags.
func (r *reportFlags) check() error {
	if r.quiet && r.verbose {
		return errors.New("--quiet and --verbose contradict each other")
	}
	return nil
}

// onlyFlag is the value of --run.
func onlyFlag(text string) (*regexp.Regexp, error) {
	if text == "" {
		return nil, nil
	}
	only, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("flag --run: %v", err)
	}
	return only, nil
}

// reportTime is how long reports may take after a signal: nobody may read what they go to.
const reportTime = 2 * time.Second

// untilSignal runs a command, whose context a signal ends, and returns the exit status.
func untilSignal(signals <-chan os.Signal, command func(ctx context.Context) int) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan int, 1)
	go func() { done <- command(ctx) }()
	select {
	case status := <-done:
		return status
	case s := <-signals:
		cancel()
		select {
		case <-done: // the reports have an end
		case <-signals:
		case <-time.After(reportTime):
		}
		return signaled(s)
	}
}

// open makes the main report and those that go to files.
func (r *reportFlags) open(stdout io.Writer) (list []report.Reporter, closeFiles func() error, err error) {
	var files []*os.File
	closeFiles = func() error {
		var errs []error
		for _, f := range files {
			errs = append(errs, f.Close())
		}
		return errors.Join(errs...)
	}
	options := report.Options{Quiet: r.quiet, Verbose: r.verbose}
	if f, ok := stdout.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		options.Terminal = os.Getenv("TERM") != "dumb"
		options.Color = options.Terminal && os.Getenv("NO_COLOR") == ""
		options.Width, _, _ = term.GetSize(int(f.Fd()))
	}
	main, err := report.New(r.format, stdout, options)
	if err != nil {
		return nil, closeFiles, fmt.Errorf("flag --format: %v", err)
	}
	list = append(list, main)
	for _, asked := range r.reports {
		format, path, ok := strings.Cut(asked, "=")
		if !ok || path == "" {
			return nil, closeFiles, fmt.Errorf("flag --report needs format=file, such as junit=report.xml, got %q", asked)
		}
		// The format first: a wrong one must not empty a file.
		if _, err := report.New(format, io.Discard, report.Options{}); err != nil {
			return nil, closeFiles, fmt.Errorf("flag --report: %v", err)
		}
		f, err := os.Create(path)
		if err != nil {
			_ = closeFiles()
			return nil, closeFiles, fmt.Errorf("flag --report: %v", err)
		}
		files = append(files, f)
		more, _ := report.New(format, f, report.Options{Verbose: r.verbose, Quiet: r.quiet})
		list = append(list, more)
	}
	return list, closeFiles, nil
}

// endReports ends the reports, and returns what goes wrong in that.
func endReports(reporters []report.Reporter, summary results.Summary, closeReports func() error) (failures []error) {
	for _, r := range reporters {
		if err := r.End(summary); err != nil {
			failures = append(failures, err)
		}
	}
	if err := closeReports(); err != nil {
		failures = append(failures, err)
	}
	return failures
}

// count is "1 block" or "2 blocks".
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
