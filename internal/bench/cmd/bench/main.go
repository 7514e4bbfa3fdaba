//go:build linux

// Command bench measures silly against the same servers in plain Go. See docs/performance.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"silly/internal/bench/report"
	"silly/internal/load"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if len(os.Args) > 1 && os.Args[1] == generatorCommand {
		err = runGenerator(ctx, os.Stdin, os.Stdout)
	} else {
		err = run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// settings are the flags.
type settings struct {
	run        *regexp.Regexp
	contenders []string
	rounds     int
	window     time.Duration
	quick      bool
	list       bool
	json       string
	profiles   string
	address    string
	pid        int
	require    bool
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	pattern := flags.String("run", "", "only the workloads whose names match `regexp`")
	only := flags.String("only", "silly,go", "which of `silly,go` to run")
	flags.IntVar(&s.rounds, "rounds", 5, "`number` of rounds; the figures are medians")
	flags.DurationVar(&s.window, "time", 2*time.Second, "`time` of one measurement")
	flags.BoolVar(&s.quick, "quick", false, "a short smoke test: one round, few connections, every byte compared")
	flags.BoolVar(&s.list, "list", false, "list the workloads and end")
	flags.StringVar(&s.json, "json", "", "write everything that was measured to `file`")
	flags.StringVar(&s.profiles, "cpuprofile", "", "write profiles of the servers to `folder`; what is measured then is slower")
	flags.StringVar(&s.address, "addr", "", "also measure the server at this `url`, which must do what the workload's script in internal/bench/scripts does")
	flags.IntVar(&s.pid, "pid", 0, "the process `id` of that server, to see its processor time and memory")
	flags.BoolVar(&s.require, "require", false, "fail when a target is missed")
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
	for name := range strings.SplitSeq(*only, ",") {
		switch name {
		case "silly":
			s.contenders = append(s.contenders, silly)
		case "go":
			s.contenders = append(s.contenders, plainGo)
		case "":
		default:
			return s, fmt.Errorf("-only: unknown contender %q", name)
		}
	}
	if s.address != "" {
		s.contenders = append(s.contenders, external)
	}
	if s.quick {
		s.rounds = 1
	}
	if s.rounds < 1 || s.window <= 0 || len(s.contenders) == 0 {
		return s, errors.New("there is nothing to measure")
	}
	return s, nil
}

// run is the program: it measures and prints the table.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	chosen := s.choose()
	if s.list {
		for _, w := range chosen {
			fmt.Fprintf(stdout, "%-12s %s\n", w.name, w.about)
		}
		return nil
	}
	if len(chosen) == 0 {
		return errors.New("-run matches no workload; -list lists them")
	}
	shop, err := newWorkshop(ctx, s.profiles)
	if err != nil {
		return err
	}
	defer shop.close()

	file := reportFile{Machine: report.ThisMachine(), Date: time.Now(), Command: append([]string{"bench"}, args...)}
	var lines [][]string
	missed := 0
	for _, w := range chosen {
		results, err := measure(ctx, shop, s, w, stderr)
		if err != nil {
			if ctx.Err() != nil {
				return errors.New("interrupted")
			}
			return fmt.Errorf("%s: %w", w.name, err)
		}
		entry, more := s.judge(w, results)
		lines = append(lines, more...)
		file.Workloads = append(file.Workloads, entry)
		for _, v := range entry.Verdicts[silly] {
			if !v.OK {
				missed++
			}
		}
	}
	fmt.Fprintf(stdout, "%s\n%s, %d rounds of %v each, medians; ratio: silly to plain Go, median (lowest–highest) of the rounds\n\n",
		file.Machine, file.Date.Format(time.DateOnly), s.rounds, chosen[0].spec.Window)
	report.PrintTable(stdout, header, lines)
	if err := file.write(s.json); err != nil {
		return err
	}
	if s.require && missed > 0 {
		return fmt.Errorf("%d targets missed", missed)
	}
	return nil
}

// choose returns the workloads that the flags ask for, as they ask for them.
func (s settings) choose() (chosen []workload) {
	for _, w := range workloads {
		w.spec.Window = s.window
		if w.spec.WarmUp == 0 {
			w.spec.WarmUp = max(s.window/5, 300*time.Millisecond)
		}
		if s.quick {
			w.quicken()
		}
		if s.run.MatchString(w.name) {
			chosen = append(chosen, w)
		}
	}
	return chosen
}

// judge compares the results of a workload with its targets. It returns the lines of the table as well.
func (s settings) judge(w workload, results map[string]rounds) (entry workloadReport, lines [][]string) {
	entry = workloadReport{Name: w.name, About: w.about, Spec: w.spec, Rounds: results, Verdicts: map[string][]verdict{}}
	for _, contender := range s.contenders {
		if len(results[contender]) == 0 {
			continue
		}
		more, verdicts := cells(w, contender, results[contender], results[plainGo])
		lines = append(lines, more...)
		entry.Verdicts[contender] = verdicts
	}
	return entry, lines
}

// write writes the report to a file, unless its name is empty.
func (f reportFile) write(name string) error {
	if name == "" {
		return nil
	}
	data, err := json.MarshalIndent(f, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(data, '\n'), 0o666)
}

// measure runs a workload: in each round, each contender once.
func measure(ctx context.Context, shop *workshop, s settings, w workload, progress io.Writer) (map[string]rounds, error) {
	results := make(map[string]rounds)
	for round := range s.rounds {
		for _, contender := range s.contenders {
			if contender == external && !strings.HasPrefix(s.address, w.scheme+"://") {
				continue
			}
			fmt.Fprintf(progress, "%-12s round %d of %d: %-10s", w.name, round+1, s.rounds, contender)
			result, err := measureOnce(ctx, shop, s, w, contender)
			if err != nil {
				fmt.Fprintln(progress)
				return nil, fmt.Errorf("%s: %w", contender, err)
			}
			results[contender] = append(results[contender], result)
			fmt.Fprintf(progress, " %s, CPU %s each, p99 %s, generator's CPU %.0f %%\n", w.throughput(rounds{result}),
				report.Duration(cpuEach(result)), report.Duration(float64(result.P99)), 100*result.GeneratorCPU.Seconds()/result.Seconds)
		}
	}
	return results, nil
}

func measureOnce(ctx context.Context, shop *workshop, s settings, w workload, contender string) (load.Result, error) {
	if w.spec.Kind == startup {
		command := []string{shop.program("empty")}
		if contender == silly {
			command = []string{shop.program("silly"), "-e", ""}
		}
		n := 40
		if s.quick {
			n = 5
		}
		return startupOnce(ctx, command, n)
	}
	spec := w.spec
	if contender == external {
		spec.URL, spec.PID = s.address, s.pid
		return generate(ctx, spec)
	}
	prefix := ""
	if shop.profiles != "" {
		prefix = filepath.Join(shop.profiles, w.name+"."+strings.ReplaceAll(contender, " ", "-"))
		spec.Profile = true
	}
	if w.cluster {
		return measurePair(ctx, shop, w, contender)
	}
	server, err := startServer(ctx, shop.command(contender, w, prefix))
	if err != nil {
		return load.Result{}, err
	}
	spec.URL = w.scheme + "://" + server.address + "/"
	spec.PID = server.cmd.Process.Pid
	result, err := generate(ctx, spec)
	if err == nil && spec.Profile {
		server.finish()
	} else {
		server.kill()
	}
	if output := server.output.String(); err == nil && output != "" {
		err = errors.New("the server printed an error")
	}
	if err != nil {
		return result, fmt.Errorf("%w\n%s", err, &server.output)
	}
	return result, nil
}

// measurePair measures two processes. They write no profiles.
func measurePair(ctx context.Context, shop *workshop, w workload, contender string) (load.Result, error) {
	node, err := freeAddress()
	if err != nil {
		return load.Result{}, err
	}
	first, second := shop.pair(contender, w, node)
	var servers [2]*server
	for i, command := range [...][]string{first, second} {
		if servers[i], err = startServer(ctx, command); err != nil {
			return load.Result{}, err
		}
		defer servers[i].kill()
	}
	spec := w.spec
	spec.Sender, spec.PID = w.scheme+"://"+servers[0].address+"/", servers[0].cmd.Process.Pid
	spec.URL, spec.Other = w.scheme+"://"+servers[1].address+"/", servers[1].cmd.Process.Pid
	result, err := generate(ctx, spec)
	for _, s := range servers {
		if output := s.output.String(); err == nil && output != "" {
			err = errors.New("the server printed an error")
		}
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, &s.output)
		}
	}
	return result, err
}
