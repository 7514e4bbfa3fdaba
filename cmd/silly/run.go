package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"silly/cmd/silly/internal/bundle"
	"silly/cmd/silly/internal/repl"
	"silly/cmd/silly/internal/suite"
	"silly/cmd/silly/internal/validate"
	"silly/internal/fileerror"
	"silly/internal/visible"
	"silly/luahost"
	"silly/luahost/hostlog"
	"silly/modules/silly"
)

// Exit statuses, for scripts that run silly. A script chooses its own with silly.exit.
const (
	exitOK       = 0
	exitFailure  = 1   // an error that nobody caught, a deadlock, a script that cannot be read
	exitUsage    = 2   // the command line is wrong
	exitSignaled = 128 // plus the signal's number
)

const usage = `Usage: silly [flags] script.lua [arguments]
       silly [flags] -e 'code' [arguments]
       silly [flags] - [arguments]
       silly [flags]
       silly command [flags] ...

Runs a Lua script. It may require silly.net.http, silly.net.websocket, silly.task,
silly.encoding.json and some forty modules more (docs/README.md lists them), and is
written as plain blocking code: a call that has to wait lets other tasks run
meanwhile.

Flags before the script are silly's; everything after it is the script's, as ...
and in the table arg. "-" reads the script from standard input. Without a
script silly is a prompt, if standard input and output are a terminal, and as with
"-" otherwise.

Commands, of which each has a --help of its own:
  silly init       makes a project to begin with
  silly repl       a prompt, after a script if one is named
  silly test       runs tests, in virtual time, with coverage
  silly validate   runs the Lua examples of Markdown files
  silly check      finds mistakes in Lua files
  silly fmt        lays Lua files out in one style
  silly types      describes the modules to editors
  silly build      makes an executable of a script
  silly bench      loads a server, and measures
(To run a script of such a name, write ./test.)

Flags:
  -e code                  run code instead of a file
  --watchdog=DURATION|off  tell when a task computes for longer than this without
                           letting others run (default 1s; such as 200ms, 5s)
  --workers=N|auto         run the script N times, each in a VM of its own, to use more
                           than one processor (auto: one for each); they share the
                           addresses on which they listen, and silly.worker.id tells
                           a script which one it is
  --restart=yes|no         whether a worker that fails starts again (default yes)
  --watch                  start the script anew when a file that it has read changes;
                           addresses stay open meanwhile
  --livereload[=ADDRESS]   with --watch: pages with <script src="http://ADDRESS/livereload.js">
                           reload then (default 127.0.0.1:35729)
  --nats=URL[,URL...]      carry the messages of silly.topic to other processes over
                           NATS, such as nats://127.0.0.1:4222
  --nats-creds=FILE        credentials for the NATS server, as nsc makes them
  --nats-ca=FILE           certificates that its certificate must lead to
  --nats-cert=FILE         certificate to show to it, with its key in --nats-key=FILE
  --cluster=HOST:PORT      carry them between silly processes: listen for others here
  --join=HOST:PORT         ask this one for the others; may be given several times
  --cluster-secret=FILE, --cluster-ca=FILE, --cluster-cert=FILE, --cluster-key=FILE
                           what the nodes of a cluster show to each other; needed as
                           soon as another machine is in it
  --data=DIR               where topic.keep keeps messages, so that they outlive the program;
                           without it in memory
  --logpath=FILE           log to the end of a file instead of standard error; SIGUSR1
                           opens it anew
  --loglevel=LEVEL         log from debug, info, warn or error on (default info)
  --logformat=text|json    how a line of the log looks (default text)
  --version                print the version and end
  --help                   print this text and end

The three flags for the log may also stand among the arguments of the script.

The program ends when the script has returned, no task can run again, and nothing
listens or waits for a timer. Ctrl-C (SIGINT), SIGTERM and SIGHUP stop it
gracefully; a second one ends it at once. SIGQUIT (Ctrl-\) shows what it is doing,
and it goes on.

Exit status:
  0    the program ended by itself, or it was a server that a signal stopped
  1    an error that no pcall caught, a deadlock, or a script that cannot be read
  2    wrong usage
  n    silly.exit(n)
  130  Ctrl-C ended a script that serves nothing, or a second Ctrl-C a server
       (143: SIGTERM, 129: SIGHUP, 141: nobody reads its output any more)

Examples:
  silly
  silly scripts/echo_server.lua 127.0.0.1:8080
  silly --watchdog=200ms scripts/chat_server.lua
  silly --workers=auto scripts/echo_server.lua 127.0.0.1:8080
  silly --watch --livereload server.lua
  silly -e 'print(require("silly").version)'
  echo 'print(...)' | silly - one two
`

// defaultWatchdog is how long a task may compute before a line says so.
const defaultWatchdog = time.Second

// watchdogFlag is the value of --watchdog; 0 is off.
type watchdogFlag time.Duration

// Set implements flag.Value.
func (w *watchdogFlag) Set(text string) error {
	if text == "off" {
		*w = 0
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 10*time.Millisecond {
		return errors.New("it must be off, or a time of at least 10ms such as 500ms or 2s")
	}
	*w = watchdogFlag(d)
	return nil
}

// String implements flag.Value.
func (w *watchdogFlag) String() string { return time.Duration(*w).String() }

// maxWorkers is how many workers a program may have at most.
const maxWorkers = 1024

// workersFlag is the value of --workers.
type workersFlag int

// Set implements flag.Value.
func (w *workersFlag) Set(text string) error {
	if text == "auto" {
		*w = workersFlag(runtime.GOMAXPROCS(0))
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxWorkers {
		return fmt.Errorf("it must be auto, or a number from 1 to %d", maxWorkers)
	}
	*w = workersFlag(n)
	return nil
}

// String implements flag.Value.
func (w *workersFlag) String() string { return strconv.Itoa(int(*w)) }

// restartFlag is the value of --restart.
type restartFlag bool

// Set implements flag.Value.
func (r *restartFlag) Set(text string) error {
	switch text {
	case "yes", "no":
		*r = text == "yes"
		return nil
	}
	return errors.New("it must be yes or no")
}

// String implements flag.Value.
func (r *restartFlag) String() string { return strconv.FormatBool(bool(*r)) }

// run is the command. signals delivers those that main asks for.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer, signals <-chan os.Signal) int {
	if bundle.Is() {
		return runBundle(args, stdin, stdout, stderr, signals)
	}
	if len(args) > 0 {
		switch args[0] {
		case "validate":
			return runValidate(args[1:], stdin, stdout, stderr, signals)
		case "repl":
			return runRepl(args[1:], stdin, stdout, stderr, signals)
		case "bench":
			return runBench(args[1:], stdout, stderr, signals)
		case "build":
			return runBuild(args[1:], stdout, stderr, signals)
		case "init":
			return runInit(args[1:], stdout, stderr)
		case "types":
			return runTypes(args[1:], stdout, stderr)
		case "check":
			return runCheck(args[1:], stdin, stdout, stderr, signals)
		case "fmt":
			return runFmt(args[1:], stdin, stdout, stderr, signals)
		case validateWorkerCommand:
			return runWorker(validateWorkerCommand, validate.RunWorker, stdin, stdout, stderr, signals)
		case "test":
			return runTest(args[1:], stdin, stdout, stderr, signals)
		case testWorkerCommand:
			return runWorker(testWorkerCommand, suite.RunWorker, stdin, stdout, stderr, signals)
		}
	}
	return runScript(args, stdin, stdout, stderr, signals)
}

// runScript is the command without a subcommand.
func runScript(args []string, stdin io.Reader, stdout, stderr io.Writer, signals <-chan os.Signal) int {
	return runFlags("silly", usage, args, stdin, stdout, stderr, signals)
}

// runFlags runs what the command line of silly, or of silly repl, asks for.
func runFlags(
	command, usage string, args []string, stdin io.Reader, stdout, stderr io.Writer, signals <-chan os.Signal,
) int {
	p, version, err := parseProgram(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return exitOK
	case err != nil:
		return misused(stderr, command, err.Error())
	case version:
		fmt.Fprintln(stdout, versionLine())
		return exitOK
	}
	in, out, person := terminals(stdin, stdout)
	scripted, asked := p.inline || len(p.arguments) > 0, command != "silly"
	prompt := person && (asked || !scripted)
	if asked && scripted && !person {
		return misused(stderr, command, "standard input and output must be a terminal")
	}
	if !scripted && !prompt {
		p.arguments = []string{"-"}
	}
	switch {
	case prompt && (p.inline || p.workers > 0 || p.watch):
		return misused(stderr, command, "a prompt cannot have -e, --workers or --watch")
	case p.watch && (p.inline || p.arguments[0] == "-"):
		return misused(stderr, command, "--watch needs a script in a file")
	case p.livereload != "" && !p.watch:
		return misused(stderr, command, "--livereload goes with --watch")
	}
	if err := p.prepare(); err != nil {
		return misused(stderr, command, err.Error())
	}
	if prompt {
		return runPrompt(p, in, out, signals)
	}
	return runProgram(p, stdin, stdout, stderr, signals)
}

// prepare reads the settings among the arguments of the script, and says what is wrong with the flags.
func (p *program) prepare() error {
	own := p.arguments
	if !p.inline && len(own) > 0 {
		own = own[1:]
	}
	maps.Copy(p.settings, luahost.Settings(own))
	return p.messaging.check()
}

// parseProgram reads the flags. version says that only the version is wanted.
func parseProgram(args []string) (p program, version bool, err error) {
	flags := flag.NewFlagSet("silly", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	code := flags.String("e", "", "")
	flags.BoolVar(&version, "version", false, "")
	watchdog, workers, restart := watchdogFlag(defaultWatchdog), workersFlag(0), restartFlag(true)
	flags.Var(&watchdog, "watchdog", "")
	flags.Var(&workers, "workers", "")
	flags.Var(&restart, "restart", "")
	watches := flags.Bool("watch", false, "")
	var livereload livereloadFlag
	flags.Var(&livereload, "livereload", "")
	messages := messagingFlags(flags)
	settings := make(map[string]string)
	for _, name := range logSettings {
		flags.Func(name, "", func(text string) error {
			settings[name] = text
			return nil
		})
	}
	if err := flags.Parse(args); err != nil {
		return program{}, false, err
	}
	inline := false
	flags.Visit(func(f *flag.Flag) { inline = inline || f.Name == "e" })
	return program{
		inline: inline, code: *code, arguments: flags.Args(), settings: settings,
		watchdog: time.Duration(watchdog), workers: int(workers), restart: bool(restart),
		watch: *watches, livereload: string(livereload), messaging: *messages,
	}, version, nil
}

// A program is what the command line asks to run.
type program struct {
	inline    bool // code is what -e gave
	code      string
	arguments []string // with the script's path first, or "-", unless inline
	watchdog  time.Duration
	workers   int  // 0 is one host that nobody starts again
	restart   bool // workers that fail start again
	watch     bool // it starts anew when its files change
	// livereload is where browsers hear of that, "" for nowhere.
	livereload string
	messaging  messaging
	settings   map[string]string // of the command line; those of the log count
	bundle     *bundle.Bundle    // of which the executable was made; or nil
	prompt     *repl.Prompt      // reads the program from a person, after the script if there is one; or nil
}

// logSettings are the settings of the log, in the order in which they are made.
var logSettings = [...]string{"logformat", "loglevel", "logpath"}

// configureLog does what the command line says about the log, and returns the exit status if it cannot.
func configureLog(log *hostlog.Log, settings map[string]string, stderr io.Writer) int {
	for _, name := range logSettings {
		text, ok := settings[name]
		if !ok {
			continue
		}
		switch _, err := log.Set(name, text); {
		case err == nil:
		case name == "logpath":
			fmt.Fprintf(stderr, "silly: %s\n", visible.Text(cannotLog(text, err)))
			return exitFailure
		default:
			return misused(stderr, "silly", visible.Text(err.Error()))
		}
	}
	return exitOK
}

// cannotLog says why a file cannot be the log.
func cannotLog(path string, err error) string {
	return "cannot log to " + path + ": " + fileerror.Reason(err)
}

// runProgram runs a program until it ends, by itself or because of a signal.
func runProgram(p program, stdin io.Reader, stdout, stderr io.Writer, signals <-chan os.Signal) int {
	t, status := newTeam(p, stdin, stdout, stderr)
	if status != exitOK {
		return status
	}
	defer t.close()
	if err := t.start(); err != nil {
		return explain("silly", nil, err, stderr)
	}
	return t.wait(signals)
}

// explain prints why the program of a host ended and returns the exit status. name is at the beginning of the line.
func explain(name string, host *luahost.Host, err error, stderr io.Writer) int {
	var exit *luahost.ExitError
	var deadlock *luahost.DeadlockError
	var failure *luahost.Error
	switch {
	case err == nil:
		if host.Failures() > 0 {
			return exitFailure
		}
		return exitOK
	case errors.As(err, &exit):
		return exit.Status & 0xff
	case errors.As(err, &deadlock):
		fmt.Fprintf(stderr, "%s: %v\n", name, deadlock)
		for _, t := range deadlock.Tasks {
			fmt.Fprintf(stderr, "%v\n", t)
		}
	case errors.As(err, &failure):
		fmt.Fprintf(stderr, "%s: %s\n", name, visible.Text(failure.Details()))
	default:
		fmt.Fprintf(stderr, "%s: %s\n", name, visible.Text(err.Error()))
	}
	return exitFailure
}

// logEnding logs why the program ended, if the log is not where explain prints it.
func logEnding(host *luahost.Host, err error) {
	log := host.Env().Log()
	var exit *luahost.ExitError
	if err == nil || errors.As(err, &exit) || log.Path() == "" {
		return
	}
	var failure *luahost.Error
	if errors.As(err, &failure) {
		host.LogError(failure)
		return
	}
	log.Write(slog.LevelError, 0, "", err.Error())
}

// misused prints what is wrong with the command line of command.
func misused(stderr io.Writer, command, problem string) int {
	// Package flag's own words, for people who do not know Go.
	if name, ok := strings.CutPrefix(problem, "flag provided but not defined: "); ok {
		problem = "unknown flag " + name
	}
	if name, ok := strings.CutPrefix(problem, "flag needs an argument: "); ok {
		problem = "flag " + name + " needs a value"
	}
	if value, rest, ok := strings.Cut(strings.TrimPrefix(problem, "invalid value "), " for flag "); ok {
		name, why, _ := strings.Cut(rest, ": ")
		problem = "flag " + name + ": bad value " + value + ": " + why
	}
	if problem == "flag -e needs a value" {
		problem = "flag -e needs the code to run"
	}
	fmt.Fprintf(stderr, "%s: %s\nRun '%s --help' for usage.\n", command, problem, command)
	return exitUsage
}

// versionLine is what --version prints.
func versionLine() string {
	version, commit := silly.Version()
	return fmt.Sprintf("silly %s (commit %s, %s %s/%s)", version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
