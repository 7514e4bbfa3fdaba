// Command luafuzz compares a Lua engine with lua5.4 on random programs. It prints the programs for which they differ, made
// small, and exits with status 1 if there are more than -allow.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"silly/internal/lua/difftest"

	"golang.org/x/term"
)

// Exit statuses.
const (
	exitSame      = 0
	exitDifferent = 1
	exitUsage     = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("luafuzz", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var (
		count     = flags.Int("n", 2000, "number of programs, 0 for no end")
		seed      = flags.Uint64("seed", 0, "seed of the first program, 0 to take the clock")
		size      = flags.Int("size", 60, "statements in a program, roughly")
		engine    = flags.String("engine", "", "command that runs a Lua file (default: silly, built from this module)")
		reference = flags.String("reference", "lua5.4", "command that the engine is held against")
		parallel  = flags.Int("j", 2, "pairs of processes at a time")
		batch     = flags.Int("batch", 25, "programs in one process")
		reduce    = flags.Bool("reduce", true, "make programs that differ small")
		allow     = flags.Int("allow", 0, "exit with status 0 for up to this many differences, which are printed nonetheless")
		most      = flags.Int("max", 10, "stop after this many differences, 0 for no limit")
		out       = flags.String("out", "", "folder for programs that differ")
		only      = flags.String("only", "", "comma-separated productions to use, and no others")
		without   = flags.String("without", "", "comma-separated productions to leave out")
		messages  = flags.Bool("messages", true, "compare the texts of error messages")
		coroutine = flags.Bool("coroutine", false, "run the programs in a coroutine, on both")
		print     = flags.Bool("print", false, "print the program of the seed and do nothing else")
		list      = flags.Bool("productions", false, "list the productions and do nothing else")
	)
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	if *list {
		fmt.Fprintln(stdout, strings.Join(difftest.Productions(), "\n"))
		return exitSame
	}
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano()) / 1000 % 1e12
	}
	program := difftest.Options{Seed: *seed, Size: *size, Only: split(*only), Without: split(*without)}
	if err := program.Check(); err != nil {
		fmt.Fprintln(stderr, "luafuzz:", err)
		return exitUsage
	}
	if *print {
		fmt.Fprint(stdout, difftest.Generate(program))
		return exitSame
	}
	if *engine == "" {
		dir, err := os.MkdirTemp("", "luafuzz")
		if err == nil {
			defer os.RemoveAll(dir)
			*engine, err = build(ctx, dir)
		}
		if err != nil {
			fmt.Fprintln(stderr, "luafuzz:", err)
			return exitUsage
		}
	}
	search := &difftest.Search{
		Reference: difftest.NewCommand(*reference), Engine: difftest.NewCommand(*engine), Program: program,
		Count: *count, Batch: *batch, Parallel: *parallel, IgnoreMessages: !*messages, Reduce: *reduce,
	}
	search.Reference.InCoroutine, search.Engine.InCoroutine = *coroutine, *coroutine
	for _, c := range []*difftest.Command{search.Reference, search.Engine} {
		if _, err := c.Run("return 1"); err != nil {
			fmt.Fprintf(stderr, "luafuzz: %s does not run a Lua file: %v\n", strings.Join(c.Line, " "), err)
			return exitUsage
		}
	}
	fmt.Fprintf(stdout, "luafuzz -seed %d -size %d -n %d: %s against %s\n", *seed, *size, *count, *engine, *reference)
	if differences(ctx, search, *most, *out, stdout, stderr) > *allow {
		return exitDifferent
	}
	return exitSame
}

// build builds silly in a folder and returns the command that runs a Lua file.
func build(ctx context.Context, dir string) (command string, err error) {
	command = filepath.Join(dir, "silly")
	if output, err := exec.CommandContext(ctx, "go", "build", "-o", command, "silly/cmd/silly").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building silly: %v\n%s", err, output)
	}
	return command + " --watchdog=off", nil // a program that computes for long is no difference
}

// differences runs the search, reports what it finds, most of it at the most unless that is 0, and returns how much that is.
// It saves the programs in the folder out, unless that is "".
func differences(ctx context.Context, search *difftest.Search, most int, out string, stdout, stderr io.Writer) int {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	search.Failed = func(seed uint64, err error) {
		fmt.Fprintf(stdout, "the reference fails with -seed %d -n 1: %v\n", seed, err)
	}
	found := 0
	search.Found = func(d difftest.Difference) {
		if most > 0 && found >= most {
			return
		}
		found++
		report(stdout, d)
		if out != "" {
			if err := save(out, d); err != nil {
				fmt.Fprintln(stderr, "luafuzz:", err)
			}
		}
		if found == most {
			fmt.Fprintf(stdout, "stopped after %d differences\n", found)
			stop()
		}
	}
	if f, ok := stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		search.Progress = func(s difftest.Stats) { fmt.Fprintf(f, "\r%d programs, %d different ", s.Run, s.Different) }
		defer fmt.Fprintln(f)
	}
	start := time.Now()
	stats := search.Run(ctx)
	fmt.Fprintf(stdout, "%d programs in %.1f s: %d different, %d different only in a batch, %d skipped since the reference failed\n",
		stats.Run, time.Since(start).Seconds(), stats.Different, stats.Unconfirmed, stats.Skipped)
	return stats.Different
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// report prints a difference.
func report(w io.Writer, d difftest.Difference) {
	source := d.Source
	if rest, ok := difftest.WithoutPrelude(source); ok {
		source = "-- the prelude that -print shows\n" + rest
	}
	reference, engine := excerpts(outcome(d.Reference), outcome(d.Engine))
	fmt.Fprintf(w, "\ndifference with -seed %d -n 1\n--- program\n%s--- reference\n%s--- engine\n%s---\n", d.Seed, source, reference, engine)
}

// excerpts returns the parts of two outputs around their first difference.
func excerpts(a, b string) (string, string) {
	const before, after = 5, 20
	x, y := strings.SplitAfter(difftest.Normalize(a), "\n"), strings.SplitAfter(difftest.Normalize(b), "\n")
	same := 0
	for same < len(x) && same < len(y) && x[same] == y[same] {
		same++
	}
	part := func(lines []string) string {
		from, to := max(same-before, 0), min(same+after, len(lines))
		text := strings.Join(lines[min(from, to):to], "")
		if from > 0 {
			text = "…\n" + text
		}
		if to < len(lines) {
			text += "…\n"
		}
		return text
	}
	return part(x), part(y)
}

func outcome(r difftest.Result) string {
	text := r.Output
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	if r.Err != nil {
		text += "[" + r.Err.Error() + "]\n"
	}
	return text
}

// save writes the reduced program, the whole program and the outputs into a folder.
func save(dir string, d difftest.Difference) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for suffix, text := range map[string]string{
		".lua": d.Source, ".full.lua": d.Full, ".reference": outcome(d.Reference), ".engine": outcome(d.Engine),
	} {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(d.Seed)+suffix), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
