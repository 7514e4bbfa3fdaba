package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a silly command with a script.
type process struct {
	t   *testing.T
	cmd *exec.Cmd

	mu     sync.Mutex
	text   bytes.Buffer
	grown  chan struct{} // closed and replaced when text grows
	exited chan struct{}
	err    error
}

// start runs code in a process of its own.
func start(t *testing.T, code string, args ...string) *process {
	t.Helper()
	script := filepath.Join(t.TempDir(), "script.lua")
	if err := os.WriteFile(script, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	return startCommand(t, append([]string{script}, args...)...)
}

// startCommand runs silly with arguments.
func startCommand(t *testing.T, args ...string) *process {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, grown: make(chan struct{}), exited: make(chan struct{})}
	p.cmd = exec.Command(sillyLink(t, executable), args...)
	p.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.exited
	})
	return p
}

// sillyLink is a name under which the test binary behaves as the silly command (see testscript.Main).
func sillyLink(t *testing.T, executable string) string {
	link := filepath.Join(t.TempDir(), "silly")
	if err := os.Symlink(executable, link); err != nil {
		t.Fatal(err)
	}
	return link
}

func (p *process) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.Write(data)
	close(p.grown)
	p.grown = make(chan struct{})
	return len(data), nil
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

const patience = 30 * time.Second

// await waits until the process has printed text.
func (p *process) await(text string) {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		p.mu.Lock()
		grown, found := p.grown, strings.Contains(p.text.String(), text)
		p.mu.Unlock()
		if found {
			return
		}
		select {
		case <-grown:
		case <-p.exited:
			if !strings.Contains(p.output(), text) {
				p.t.Fatalf("the process ended (%v) without printing %q:\n%s", p.err, text, p.output())
			}
			return
		case <-deadline:
			p.t.Fatalf("the process did not print %q:\n%s", text, p.output())
		}
	}
}

// status waits for the end of the process and returns its exit status.
func (p *process) status() int {
	p.t.Helper()
	select {
	case <-p.exited:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatalf("the process does not end:\n%s", p.output())
		return -1
	}
}

// stop ends a server with SIGTERM and checks that it ends well.
func (p *process) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if got := p.status(); got != 0 {
		p.t.Errorf("status %d after SIGTERM, want 0:\n%s", got, p.output())
	}
}
