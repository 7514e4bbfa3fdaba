// Package wspeers tests the Lua module silly.net.websocket against WebSocket implementations of others: a
// browser (headless Chromium) and the npm package ws. Both talk to scripts that run in processes of their
// own. The tests are skipped where a browser, Node.js or npm is missing, unless CI_PEERS=1 says that they
// must be there.
package wspeers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"silly/internal/testprocess"
)

const patience = testprocess.Patience

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

// startScript runs a Lua script.
func startScript(t *testing.T, script string, args ...string) *testprocess.Process {
	t.Helper()
	return testprocess.Start(t, exec.Command(silly, append([]string{script}, args...)...))
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
func startEcho(t *testing.T, certificate, key string) (server *testprocess.Process, plain, secure string) {
	t.Helper()
	var args []string
	if certificate != "" {
		args = []string{writeFile(t, "cert.pem", certificate), writeFile(t, "key.pem", key)}
	}
	server = startScript(t, filepath.Join("testdata", "echo_server.lua"), args...)
	server.Await("ready\n")
	printed := lines(server.Output())
	plain = printed[0]
	if certificate != "" {
		secure = printed[1]
	}
	return server, plain, secure
}

// said returns what startEcho's server printed after its URLs.
func said(server *testprocess.Process) []string {
	_, rest, _ := strings.Cut(server.Output(), "ready\n")
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
