package difftest

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// driver is the Lua code that runs programs and prints what they print.
//
//go:embed driver.lua
var driver string

const (
	// scriptName is the name of the file that a process runs.
	scriptName = "difftest-programs.lua"
	// timeLimit is how long one process may take.
	timeLimit = 10 * time.Second
	// outputLimit is how many bytes one process may print.
	outputLimit = 16 << 20
)

// Errors of programs that have no output to compare.
var (
	ErrTimeout = errors.New("time limit exceeded")
	ErrOutput  = errors.New("output limit exceeded")
	ErrCrash   = errors.New("the process ended before the program did")
)

// A Runner runs a program under the name p.lua and returns what it prints, which includes the message of an error that ended
// it. The error says that the program could not be run to its end.
type Runner interface {
	Run(source string) (output string, err error)
}

// A Command is a Runner that starts a process for each program, or for many with RunAll: the command line with the name of a
// Lua file at its end.
type Command struct {
	Line        []string
	TimeLimit   time.Duration // zero is 10 seconds
	InCoroutine bool          // run programs in a coroutine, for an engine whose main chunk is in one already
}

// NewCommand returns a Command for a command line whose words are separated by spaces.
func NewCommand(line string) *Command { return &Command{Line: strings.Fields(line)} }

// A Result is the outcome of one program.
type Result struct {
	Output string
	Err    error
}

// Run runs one program in a process of its own.
func (c *Command) Run(source string) (string, error) {
	text, err := c.execute([]string{source})
	r, complete := results(text, 1)
	if complete == 1 {
		return r[0].Output, nil
	}
	if err == nil {
		err = ErrCrash
	}
	return text, err
}

// RunAll runs programs in one process. Those that the process did not get to, since one before them crashed or took too long,
// are run in processes of their own.
func (c *Command) RunAll(sources []string) []Result {
	text, _ := c.execute(sources)
	list, _ := results(text, len(sources))
	for i := range list {
		if list[i].Err != nil {
			list[i].Output, list[i].Err = c.Run(sources[i])
		}
	}
	return list
}

// execute runs the driver with programs and returns everything that the process printed.
func (c *Command) execute(sources []string) (string, error) {
	dir, err := os.MkdirTemp("", "difftest")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, scriptName)
	if err := os.WriteFile(file, []byte(script(c.InCoroutine, sources)), 0o600); err != nil {
		return "", err
	}
	limit := c.TimeLimit
	if limit == 0 {
		limit = timeLimit
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Line[0], append(c.Line[1:len(c.Line):len(c.Line)], file)...)
	out := &limitedBuffer{stop: cancel}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	text := out.String()
	switch {
	case out.full:
		return text, ErrOutput
	case ctx.Err() != nil:
		return text, ErrTimeout
	case err != nil:
		return text, fmt.Errorf("%w: %v", ErrCrash, err)
	}
	return text, nil
}

// script is a Lua file that runs programs one after the other.
func script(inCoroutine bool, sources []string) string {
	var b strings.Builder
	// The driver is a chunk of its own, so that messages that blame its lines are the same for every file.
	fmt.Fprintf(&b, "local run = load([===[\n%s]===], '=driver')(%t)\n", driver, inCoroutine)
	for i, s := range sources {
		level := "="
		for strings.Contains(s, "]"+level) {
			level += "="
		}
		fmt.Fprintf(&b, "run(%d, [%s[\n%s]%s])\n", i, level, s, level)
	}
	return b.String()
}

// results finds the outputs of n programs in what a process printed, and counts those that are complete.
func results(text string, n int) ([]Result, int) {
	list := make([]Result, n)
	for i := range list {
		list[i].Err = ErrCrash
	}
	complete, current := 0, -1
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if index, ok := strings.CutPrefix(line, "#begin "); ok {
			current = -1
			if i, err := strconv.Atoi(index); err == nil && i >= 0 && i < n {
				current, lines = i, nil
			}
			continue
		}
		if current < 0 {
			continue
		}
		if rest, ok := strings.CutPrefix(line, "|"); ok {
			lines = append(lines, rest)
		} else if line == fmt.Sprint("#end ", current) {
			list[current] = Result{Output: strings.Join(lines, "\n") + "\n"}
			complete++
			current = -1
		}
	}
	return list, complete
}

// A limitedBuffer keeps what fits and calls stop when there is more.
type limitedBuffer struct {
	bytes.Buffer
	full bool
	stop func()
}

func (b *limitedBuffer) Write(data []byte) (int, error) {
	if b.Len()+len(data) > outputLimit {
		if !b.full {
			b.full = true
			b.stop()
		}
		return len(data), nil
	}
	return b.Buffer.Write(data)
}
