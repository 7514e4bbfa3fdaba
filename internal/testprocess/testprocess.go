// Package testprocess runs commands in tests and waits for what they print. It is used by tests only.
package testprocess

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Patience is how long one event may take, on a busy machine.
const Patience = 60 * time.Second

// A Process is a command that runs.
type Process struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd

	mu     sync.Mutex
	text   bytes.Buffer
	grown  chan struct{} // closed and replaced when text grows
	exited chan struct{}
}

// Start runs a command until the test ends at the latest.
func Start(t *testing.T, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{t: t, name: filepath.Base(cmd.Args[1]), cmd: cmd, grown: make(chan struct{}), exited: make(chan struct{})}
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	cmd.Stdout, cmd.Stderr = p, p
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(p.Kill)
	return p
}

// Write takes what the command prints to either stream.
func (p *Process) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.Write(data)
	close(p.grown)
	p.grown = make(chan struct{})
	return len(data), nil
}

// Output is what the command has printed so far.
func (p *Process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// Await waits until the process has printed text.
func (p *Process) Await(text string) {
	p.t.Helper()
	p.await(strconv.Quote(text), func(output string) bool { return strings.Contains(output, text) })
}

// AwaitMatches waits until what the process has printed matches a pattern n times, and returns the matches.
func (p *Process) AwaitMatches(pattern *regexp.Regexp, n int) (matches [][]string) {
	p.t.Helper()
	p.await(fmt.Sprintf("%d of %q", n, pattern), func(output string) bool {
		matches = pattern.FindAllStringSubmatch(output, -1)
		return len(matches) >= n
	})
	return matches
}

// await waits until what the process has printed is as done wants it.
func (p *Process) await(what string, done func(output string) bool) {
	p.t.Helper()
	deadline := time.After(Patience)
	for {
		p.mu.Lock()
		grown, output := p.grown, p.text.String()
		p.mu.Unlock()
		if done(output) {
			return
		}
		select {
		case <-grown:
		case <-p.exited:
			if !done(p.Output()) {
				p.t.Fatalf("%s ended (%v) without printing %s:\n%s", p.name, p.cmd.ProcessState, what, p.Output())
			}
			return
		case <-deadline:
			p.t.Fatalf("%s did not print %s:\n%s", p.name, what, p.Output())
		}
	}
}

// Status waits for the end of the process and returns its exit status.
func (p *Process) Status() int {
	p.t.Helper()
	select {
	case <-p.exited:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(Patience):
		p.t.Fatalf("%s does not end:\n%s", p.name, p.Output())
		return -1
	}
}

// Expect waits for the end of the process and checks its status and all that it printed.
func (p *Process) Expect(status int, output string) {
	p.t.Helper()
	if got := p.Status(); got != status || p.Output() != output {
		p.t.Errorf("%s: status %d, output:\n%s\nwant status %d, output:\n%s", p.name, got, p.Output(), status, output)
	}
}

// Signal sends a signal.
func (p *Process) Signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// Stop ends a server with SIGTERM and checks that it ends well.
func (p *Process) Stop() {
	p.t.Helper()
	p.Signal(syscall.SIGTERM)
	if got := p.Status(); got != 0 {
		p.t.Errorf("%s: status %d after SIGTERM, want 0:\n%s", p.name, got, p.Output())
	}
}

// Kill ends the process at once and waits for that.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
}
