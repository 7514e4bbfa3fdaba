// Package wspeers tests the Lua module silly.net.websocket against WebSocket implementations of others: a
// browser (headless Chromium) and the npm package ws. Both talk to scripts that run in processes of their
// own. The tests are skipped where a browser, Node.js or npm is missing, unless CI_PEERS=1 says that they
// must be there.
package wspeers

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long one event may take, on a busy machine.
const patience = 60 * time.Second

// silly is the file name of the command that the tests run.
var silly string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "wspeers")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	silly = filepath.Join(dir, "silly")
	args := []string{"build", "-o", silly}
	if builtWithRace() {
		args = append(args, "-race")
	}
	if output, err := exec.Command("go", append(args, "silly/cmd/silly")...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build silly/cmd/silly: %v\n%s", err, output)
		return 1
	}
	return m.Run()
}

// builtWithRace reports whether this test has the race detector; the command then gets it as well.
func builtWithRace() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, setting := range info.Settings {
		if setting.Key == "-race" {
			return setting.Value == "true"
		}
	}
	return false
}

// missing skips the test because something is not installed, or fails it where it has to be.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI_PEERS") == "1" {
		t.Fatalf("CI_PEERS=1, but "+format, args...)
	}
	t.Skipf(format, args...)
}

// process is a command that runs.
type process struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd

	mu     sync.Mutex
	text   bytes.Buffer
	grown  chan struct{} // closed and replaced when text grows
	exited chan struct{}
}

// startScript runs a Lua script.
func startScript(t *testing.T, script string, args ...string) *process {
	t.Helper()
	return start(t, exec.Command(silly, append([]string{script}, args...)...))
}

// start runs a command until the test ends at the latest.
func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, name: filepath.Base(cmd.Args[1]), cmd: cmd, grown: make(chan struct{}), exited: make(chan struct{})}
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	cmd.Stdout, cmd.Stderr = p, p
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-p.exited
	})
	return p
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
				p.t.Fatalf("%s ended without printing %q:\n%s", p.name, text, p.output())
			}
			return
		case <-deadline:
			p.t.Fatalf("%s did not print %q:\n%s", p.name, text, p.output())
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
		p.t.Fatalf("%s does not end:\n%s", p.name, p.output())
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
		p.t.Errorf("%s: status %d after SIGTERM, want 0:\n%s", p.name, got, p.output())
	}
}

// lines splits what a process printed.
func lines(output string) []string { return strings.Split(strings.TrimSuffix(output, "\n"), "\n") }

// compare checks lines that a peer printed.
func compare(t *testing.T, who string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "(nothing)", "(nothing)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("line %d of %s:\n got %s\nwant %s\nall of it:\n%s", i+1, who, g, w, strings.Join(got, "\n"))
			return
		}
	}
}

// startEcho runs testdata/echo_server.lua, with TLS as well when certificate is not empty, and returns its
// URLs.
func startEcho(t *testing.T, certificate, key string) (server *process, plain, secure string) {
	t.Helper()
	var args []string
	if certificate != "" {
		args = []string{writeFile(t, "cert.pem", certificate), writeFile(t, "key.pem", key)}
	}
	server = startScript(t, filepath.Join("testdata", "echo_server.lua"), args...)
	server.await("ready\n")
	printed := lines(server.output())
	plain = printed[0]
	if certificate != "" {
		secure = printed[1]
	}
	return server, plain, secure
}

// said returns what startEcho's server printed after its URLs.
func said(server *process) []string {
	_, rest, _ := strings.Cut(server.output(), "ready\n")
	return lines(rest)
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// limited is a context for the whole of a test.
func limited(t *testing.T, limit time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}
