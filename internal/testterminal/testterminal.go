// Package testterminal runs commands in a pseudo terminal, and knows what a person would see there. It is used by
// tests only.
package testterminal

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"silly/internal/testprocess"
)

// A Terminal is a pseudo terminal in which a command runs.
type Terminal struct {
	t   *testing.T
	cmd *exec.Cmd
	pty *os.File

	mu     sync.Mutex
	screen screen
	grown  chan struct{} // closed and replaced when the screen changes
	exited chan struct{}
}

// Start runs a command in a terminal of a size, until the test ends at the latest.
func Start(t *testing.T, cmd *exec.Cmd, columns, rows int) *Terminal {
	t.Helper()
	size := &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)}
	file, err := pty.StartWithSize(cmd, size)
	if err != nil {
		t.Fatal(err)
	}
	term := &Terminal{
		t: t, cmd: cmd, pty: file, screen: screen{columns: columns}, grown: make(chan struct{}), exited: make(chan struct{}),
	}
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, err := file.Read(buffer)
			term.mu.Lock()
			term.screen.write(buffer[:n])
			close(term.grown)
			term.grown = make(chan struct{})
			term.mu.Unlock()
			if err != nil { // the command and its children have ended
				break
			}
		}
		_ = cmd.Wait()
		close(term.exited)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-term.exited
		_ = file.Close()
	})
	return term
}

// Type is what a person types; "\r" is Enter.
func (term *Terminal) Type(keys string) {
	term.t.Helper()
	if _, err := term.pty.WriteString(keys); err != nil {
		term.t.Fatal(err)
	}
}

// Resize makes the terminal as wide as given. What it shows stays where it is.
func (term *Terminal) Resize(columns int) {
	term.t.Helper()
	term.mu.Lock()
	defer term.mu.Unlock()
	term.screen.columns = columns
	if err := pty.Setsize(term.pty, &pty.Winsize{Cols: uint16(columns), Rows: 24}); err != nil {
		term.t.Fatal(err)
	}
}

// Escapes is how many control sequences the program has written.
func (term *Terminal) Escapes() int {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.screen.escapes
}

// Lines are those of the screen, and those that have left it at the top, without the blanks at their ends; the last
// one is that of the cursor or below it.
func (term *Terminal) Lines() []string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.screen.text()
}

// Await waits until the last lines are as given.
func (term *Terminal) Await(last ...string) {
	term.t.Helper()
	want := strings.Join(last, "\n")
	term.AwaitThat(want, func(lines []string) bool {
		return len(lines) >= len(last) && strings.Join(lines[len(lines)-len(last):], "\n") == want
	})
}

// AwaitEditing waits until the program edits a line, as far as it says so by asking for marks around what is pasted,
// or does not.
func (term *Terminal) AwaitEditing(editing bool) {
	term.t.Helper()
	term.AwaitThat("editing", func([]string) bool {
		term.mu.Lock()
		defer term.mu.Unlock()
		return term.screen.pasting == editing
	})
}

// AwaitThat waits until the lines are as done wants them; what says how.
func (term *Terminal) AwaitThat(what string, done func(lines []string) bool) {
	term.t.Helper()
	deadline := time.After(testprocess.Patience)
	for {
		term.mu.Lock()
		grown, lines := term.grown, term.screen.text()
		term.mu.Unlock()
		if done(lines) {
			return
		}
		select {
		case <-grown:
		case <-term.exited:
			if !done(term.Lines()) {
				term.t.Fatalf("it ended (%v) without:\n%s\nbut:\n%s",
					term.cmd.ProcessState, what, strings.Join(term.Lines(), "\n"))
			}
			return
		case <-deadline:
			term.t.Fatalf("waited for:\n%s\nbut there is:\n%s", what, strings.Join(lines, "\n"))
		}
	}
}

// Status waits for the end of the command and returns its exit status.
func (term *Terminal) Status() int {
	term.t.Helper()
	select {
	case <-term.exited:
		return term.cmd.ProcessState.ExitCode()
	case <-time.After(testprocess.Patience):
		term.t.Fatalf("it does not end:\n%s", strings.Join(term.Lines(), "\n"))
		return -1
	}
}

// Signal sends a signal to the command.
func (term *Terminal) Signal(s os.Signal) {
	term.t.Helper()
	if err := term.cmd.Process.Signal(s); err != nil {
		term.t.Fatal(err)
	}
}
