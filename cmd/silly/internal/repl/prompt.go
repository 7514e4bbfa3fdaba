// Package repl is the prompt: it reads Lua from a terminal, runs it, and prints what it returns.
package repl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"silly/cmd/silly/internal/layout"
	"silly/internal/fileerror"
	"silly/internal/lua/syntax"
	"silly/internal/lua/vm"
	"silly/internal/visible"
	"silly/luahost"
)

// A Prompt reads inputs and runs them in a host.
type Prompt struct {
	Console *Console
	History *History
	Version string              // what the greeting says
	Modules []string            // that come with the host
	Report  func(*luahost.Host) // writes what its tasks are doing

	host    *luahost.Host
	session *luahost.Session

	mu     sync.Mutex
	cancel context.CancelFunc // of the input that runs, or nil
	early  bool               // Interrupt was called for an input that does not run yet

	search searching
}

// A searching is a search in the history with Ctrl-R.
type searching struct {
	text  string // that entries must contain
	at    int    // the entry that is shown
	shown string
}

// chunkName is where inputs come from, in messages.
const chunkName = "prompt"

const (
	firstPrompt = "> "
	nextPrompt  = ">> "
)

// Run runs a script, if path is not empty, and then reads until the person leaves or the session ends; args are the
// arguments of the script. The error is that of luahost.Session.Err.
func (p *Prompt) Run(host *luahost.Host, path string, args []string) error {
	name := path
	if name == "" {
		name = chunkName
	}
	session, err := host.Begin(name, args...)
	if err != nil {
		return err
	}
	p.host, p.session = host, session
	p.Console.onQuit = func() { p.Report(host) }
	p.Console.editor.History = p.History
	p.Console.editor.AutoCompleteCallback = p.key
	defer p.Console.Close()
	fmt.Fprintf(p.Console, "%s\nLua 5.4. :help tells more, Ctrl-D leaves.\n", p.Version)
	if path != "" {
		p.run(func(ctx context.Context) error { return session.RunFile(ctx, path) })
	}
	for p.next() {
	}
	session.End()
	<-session.Done()
	return session.Err()
}

// Interrupt ends the input that runs, and reports whether there is one. Any goroutine may call it.
func (p *Prompt) Interrupt() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.cancel != nil:
		p.cancel()
		p.Console.Interrupt()
	case p.Console.Editing():
		return p.Console.DropLine()
	default:
		p.early = true
	}
	return true
}

// next reads an input and does what it says. It returns false when the prompt is to be left.
func (p *Prompt) next() bool {
	input, err := p.read()
	select {
	case <-p.session.Done():
		return false
	default:
	}
	switch {
	case errors.Is(err, errInterrupted):
		return true
	case err != nil:
		if errors.Is(err, io.EOF) {
			fmt.Fprintln(p.Console)
		}
		return false
	case strings.TrimSpace(input) == "":
		return true
	}
	if err := p.History.Keep(input); err != nil {
		p.warn("the history is not kept: " + fileerror.Reason(err))
		p.History.path = ""
	}
	if isCommand(input) {
		return p.command(strings.TrimSpace(input))
	}
	p.eval(input)
	return true
}

// read reads lines until they are an input that is complete, or one that never will be.
func (p *Prompt) read() (input string, err error) {
	prompt := firstPrompt
	for {
		p.forgetInterrupt()
		line, err := p.Console.Edit(prompt, p.session.Done())
		switch {
		case errors.Is(err, io.EOF) && input != "": // Ctrl-D leaves the input first
			fmt.Fprintln(p.Console)
			return "", errInterrupted
		case err != nil:
			return "", err
		}
		input += line + "\n"
		if isCommand(input) || !incomplete(input) {
			return input, nil
		}
		prompt = nextPrompt
	}
}

// forgetInterrupt forgets that an input was interrupted which has not run.
func (p *Prompt) forgetInterrupt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.early = false
}

// isCommand reports whether an input is a command rather than Lua.
func isCommand(input string) bool {
	return len(input) > 1 && input[0] == ':' && input[1] != ':'
}

// parse reads an input: expressions, whose values are its results, or statements.
func parse(input string) (*syntax.Chunk, error) {
	const keyword = "return "
	expressions, asExpressions := syntax.Parse([]byte(keyword+input), chunkName, syntax.Options{})
	if asExpressions == nil {
		return expressions, nil
	}
	statements, err := syntax.Parse([]byte(input), chunkName, syntax.Options{})
	if err == nil {
		return statements, nil
	}
	var a, b *syntax.Error
	if !errors.As(err, &a) || !errors.As(asExpressions, &b) || a.Incomplete() {
		return nil, err
	}
	if b.Pos.Line == 1 {
		b.Pos.Col -= int32(len(keyword))
	}
	if b.Incomplete() || b.Pos.Line > a.Pos.Line || b.Pos.Line == a.Pos.Line && b.Pos.Col > a.Pos.Col {
		return nil, b // it has got further
	}
	return nil, a
}

// incomplete reports whether more lines may make an input valid.
func incomplete(input string) bool {
	_, err := parse(input)
	var failure *syntax.Error
	return errors.As(err, &failure) && failure.Incomplete()
}

// eval runs an input and prints what it returns.
func (p *Prompt) eval(input string) {
	chunk, err := parse(input)
	if err != nil {
		p.warn(err.Error())
		return
	}
	width, _ := p.Console.Size()
	text := make(chan string, 1)
	if p.run(func(ctx context.Context) error {
		return p.session.Run(ctx, chunk, func(c vm.Call) int {
			text <- layout.Values(c, width)
			return 0
		})
	}) {
		_, _ = io.WriteString(p.Console, <-text)
	}
}

// run runs something that Interrupt ends, shows its error, and reports whether there was none.
func (p *Prompt) run(f func(ctx context.Context) error) bool {
	ctx, cancel := context.WithCancel(context.Background())
	p.mu.Lock()
	p.cancel = cancel
	if p.early {
		cancel()
	}
	p.mu.Unlock()
	err := f(ctx)
	p.mu.Lock()
	p.cancel = nil
	p.mu.Unlock()
	cancel()
	var failure *luahost.Error
	switch {
	case err == nil:
		return true
	case luahost.IsClosed(err): // the session has ended
	case errors.As(err, &failure):
		p.warn(failure.Details())
	default:
		p.warn(err.Error())
	}
	return false
}

// warn shows a message.
func (p *Prompt) warn(message string) { fmt.Fprintln(p.Console, visible.Text(message)) }
