package main

import (
	"io"
	"os"
	"os/signal"
	"strings"

	"golang.org/x/term"

	"silly/cmd/silly/internal/repl"
	"silly/internal/fileerror"
	"silly/internal/visible"
	"silly/luahost"
	"silly/modules"
)

const replUsage = `Usage: silly repl [flags] [script.lua [arguments]]

Reads Lua from the terminal, runs it, and prints the values of expressions. With a
script, that runs first, and its globals are there. silly without arguments is the
same without one.

Tasks and servers run on while one types. Ctrl-C ends the input that waits or
computes, Ctrl-D leaves; Tab completes, Up goes through earlier inputs, which are
kept in silly/history of $XDG_STATE_HOME (default ~/.local/state). :help tells more,
and :doc NAME shows the reference.

The flags are those of silly, but for -e, --workers and --watch: see silly --help.

When standard input is no terminal, it is a program to run, as silly - has it.

Exit status:
  0    the prompt was left
  2    wrong usage
  n    silly.exit(n)
  143  SIGTERM, 129 SIGHUP

Examples:
  silly
  silly repl server.lua --port=8080
  silly repl --watchdog=off
`

// runRepl is the command silly repl.
func runRepl(args []string, stdin io.Reader, stdout, stderr io.Writer, signals <-chan os.Signal) int {
	return runFlags("silly repl", replUsage, args, stdin, stdout, stderr, signals)
}

// terminals are standard input and output, if a person can edit lines with them.
func terminals(stdin io.Reader, stdout io.Writer) (in, out *os.File, ok bool) {
	in, isFile := stdin.(*os.File)
	out, isFileToo := stdout.(*os.File)
	return in, out, isFile && isFileToo && term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(out.Fd()))
}

// runPrompt runs the prompt until it is left.
func runPrompt(p program, in, out *os.File, signals <-chan os.Signal) int {
	console := repl.NewConsole(in, out)
	defer console.Close()
	p.prompt = &repl.Prompt{Console: console, Version: versionLine()}
	p.prompt.Report = func(host *luahost.Host) { writeTasks(console, host) }
	for _, m := range modules.Standard() {
		p.prompt.Modules = append(p.prompt.Modules, m.Name)
	}
	if signal.Ignored(os.Interrupt) { // it was started beside a shell, say; Ctrl-C is a key of the prompt nonetheless
		interrupts := make(chan os.Signal, 1)
		signal.Notify(interrupts, os.Interrupt)
		defer func() {
			signal.Stop(interrupts)
			close(interrupts)
		}()
		go func() {
			for range interrupts {
				p.prompt.Interrupt()
			}
		}()
	}
	var err error
	path := repl.HistoryPath()
	if p.prompt.History, err = repl.OpenHistory(path); err != nil {
		message := "silly: cannot keep the history in " + path + ": " + fileerror.Reason(err)
		_, _ = io.WriteString(console, visible.Text(message)+"\n")
	}
	return runProgram(p, console, console, console, signals)
}

// writeTasks writes what the tasks of a host are doing, and what is open.
func writeTasks(w io.Writer, host *luahost.Host) {
	var b strings.Builder
	if s, ok := host.Snapshot(reportPatience); ok {
		writeSnapshot(&b, s)
	} else {
		b.WriteString("a native function holds the VM: tasks cannot be listed\n")
	}
	_, _ = io.WriteString(w, b.String())
}
