//go:build linux

// Command luabench measures the programs of testdata/luabench with silly, with plain gopher-lua and with lua5.4. See
// docs/performance.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"silly/internal/bench/report"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "luabench:", err)
		os.Exit(1)
	}
}

// settings are the flags.
type settings struct {
	run     *regexp.Regexp
	rounds  int
	quick   bool
	scripts string
	lua     string
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("luabench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	pattern := flags.String("run", "", "only the programs whose names match `regexp`")
	flags.IntVar(&s.rounds, "rounds", 5, "`number` of rounds; the figures are medians")
	flags.BoolVar(&s.quick, "quick", false, "a short smoke test: one round of next to no work")
	flags.StringVar(&s.scripts, "scripts", filepath.Join("testdata", "luabench"), "`folder` of the programs")
	flags.StringVar(&s.lua, "lua", "lua5.4", "the `command` of the reference; it is left out if there is none")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	var err error
	if s.run, err = regexp.Compile(*pattern); err != nil {
		return s, err
	}
	if s.quick {
		s.rounds = 1
	}
	if s.rounds < 1 {
		return s, errors.New("there is nothing to measure")
	}
	return s, nil
}

// The contenders.
const (
	silly     = "silly"
	gopherLua = "gopher-lua"
	reference = "lua5.4"
)

// A contender is a program that runs a Lua file.
type contender struct{ name, path string }

// contenders builds those that are ours into a folder.
func contenders(ctx context.Context, s settings, dir string, stderr io.Writer) ([]contender, error) {
	list := []contender{{silly, filepath.Join(dir, "silly")}, {gopherLua, filepath.Join(dir, "gopherlua")}}
	for i, pkg := range []string{"silly/cmd/silly", "silly/internal/bench/gopherlua"} {
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", list[i].path, pkg).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("building %s: %w\n%s", pkg, err, out)
		}
	}
	path, err := exec.LookPath(s.lua)
	if err != nil {
		fmt.Fprintf(stderr, "there is no %s\n", s.lua)
		return list, nil
	}
	return append(list, contender{reference, path}), nil
}

// run is the program: it measures and prints the table.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(s.scripts, "*.lua"))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "luabench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	list, err := contenders(ctx, s, dir, stderr)
	if err != nil {
		return err
	}
	results := newResults(list)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".lua")
		if !s.run.MatchString(name) {
			continue
		}
		if err := results.measure(ctx, s, name, file, stderr); err != nil {
			if ctx.Err() != nil {
				return errors.New("interrupted")
			}
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if len(results.programs) == 0 {
		return errors.New("-run matches no program")
	}
	fmt.Fprintf(stdout, "%s\n%s, %d rounds, medians; user CPU and peak resident size\n\n",
		report.ThisMachine(), time.Now().Format(time.DateOnly), s.rounds)
	header, lines := results.table()
	report.PrintTable(stdout, header, lines)
	return nil
}
