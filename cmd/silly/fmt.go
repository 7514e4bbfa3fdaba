package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"silly/cmd/silly/internal/files"
	"silly/cmd/silly/internal/report"
	"silly/internal/fileerror"
	"silly/internal/lua/format"
	"silly/internal/visible"

	"github.com/rogpeppe/go-internal/diff"
	"golang.org/x/term"
)

const fmtUsage = `Usage: silly fmt [flags] [path...]

Lays out Lua files in one style, and names those that it changed. A path is a file,
a folder (searched for .lua, without hidden folders and node_modules), or - for
standard input, which is written to standard output. Without a path it is the
current folder.

The program stays the same, and so do comments and single blank lines. What the
style is says docs/fmt.md.

Flags:
  --check   change nothing, name the files that would change
  --diff    change nothing, show what would change

Exit status:
  0  all files are as they should be now
  1  with --check or --diff, a file is not; or a file is not Lua
  2  wrong usage, a file that cannot be read or written, or no file at all

Examples:
  silly fmt
  silly fmt --check scripts/ server.lua
  silly fmt --diff server.lua
  silly fmt - < server.lua
`

// fmtFlags are the flags of silly fmt.
type fmtFlags struct {
	checks bool // change nothing, and name what would change
	diffs  bool // change nothing, and show what would change
}

func (f *fmtFlags) define(flags *flag.FlagSet) {
	flags.BoolVar(&f.checks, "check", false, "")
	flags.BoolVar(&f.diffs, "diff", false, "")
}

func (f *fmtFlags) check([]string) error { return nil }

// runFmt is the command silly fmt.
func runFmt(args []string, stdin io.Reader, stdout, stderr io.Writer, signals <-chan os.Signal) int {
	var f fmtFlags
	paths, status, done := parseCommand(&f, "fmt", fmtUsage, args, stdout, stderr)
	if done {
		return status
	}
	return interruptible(signals, func(writing sync.Locker) int {
		return f.format(paths, stdin, stdout, stderr, writing)
	})
}

// interruptible runs a command that a signal ends, but not while it holds the lock that it is given.
func interruptible(signals <-chan os.Signal, command func(busy sync.Locker) int) int {
	var busy sync.Mutex
	done := make(chan int, 1)
	go func() { done <- command(&busy) }()
	select {
	case status := <-done:
		return status
	case s := <-signals:
		busy.Lock() // for ever
		return signaled(s)
	}
}

// isLua reports whether a file of that name is looked for in folders.
func isLua(name string) bool { return strings.EqualFold(filepath.Ext(name), ".lua") }

// readLua reads the Lua files of a command line, and says what goes wrong in that, to stderr and to the caller.
func readLua(
	command string, paths []string, stdin io.Reader, stderr io.Writer, wanted func(name string) bool,
) (list []*files.File, problems []string) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	list, unread := files.Read(paths, stdin, wanted)
	for _, p := range unread {
		problems = append(problems, p.Error())
	}
	if len(list) == 0 && len(problems) == 0 {
		problems = append(problems, "no Lua file was found")
	}
	for _, p := range problems {
		fmt.Fprintln(stderr, report.Line(command+": "+p))
	}
	return list, problems
}

// format is the command without its signals. writing is held while files are written.
func (f *fmtFlags) format(paths []string, stdin io.Reader, stdout, stderr io.Writer, writing sync.Locker) (status int) {
	list, problems := readLua("silly fmt", paths, stdin, stderr, isLua)
	if len(problems) > 0 {
		status = exitUsage
	}
	color := isColorful(stdout)
	for _, file := range list {
		text, err := format.Source(file.Source, file.Name)
		if err != nil {
			fmt.Fprintln(stderr, report.Line(err.Error()))
			status = max(status, exitFailure)
			continue
		}
		same := bytes.Equal(text, file.Source)
		switch {
		case file.Path == "" && !f.checks && !f.diffs:
			if _, err := stdout.Write(text); err != nil {
				fmt.Fprintln(stderr, "silly fmt: standard output: "+fileerror.Reason(err))
				status = exitUsage
			}
		case same:
		case f.checks || f.diffs:
			status = max(status, exitFailure)
			f.show(file, text, stdout, color)
		default:
			writing.Lock()
			err := files.Replace(file.Path, file.Source, text)
			writing.Unlock()
			if err != nil {
				fmt.Fprintln(stderr, report.Line("silly fmt: "+file.Name+": "+fileerror.Reason(err)))
				status = exitUsage
				continue
			}
			fmt.Fprintln(stdout, report.Line(file.Name))
		}
	}
	return status
}

// show shows that a file would become text.
func (f *fmtFlags) show(file *files.File, text []byte, stdout io.Writer, color bool) {
	if !f.diffs {
		fmt.Fprintln(stdout, report.Line(file.Name))
		return
	}
	lines := diff.Diff("a/"+file.Name, file.Source, "b/"+file.Name, text)
	if !color {
		_, _ = stdout.Write(lines)
		return
	}
	for line := range strings.Lines(string(lines)) {
		line = visible.Text(strings.TrimSuffix(line, "\n"))
		switch {
		case strings.HasPrefix(line, "+"):
			line = "\x1b[32m" + line + "\x1b[0m"
		case strings.HasPrefix(line, "-"):
			line = "\x1b[31m" + line + "\x1b[0m"
		}
		fmt.Fprintln(stdout, line)
	}
}

// isColorful reports whether out is a terminal that shows colours.
func isColorful(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" && os.Getenv("NO_COLOR") == ""
}
