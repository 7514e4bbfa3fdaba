package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestValidateWithoutPermission: a folder and a file that may not be read are named, and what can be read is
// validated. Root may read everything, so that the command then runs as somebody else.
func TestValidateWithoutPermission(t *testing.T) {
	t.Parallel()
	folder, err := os.MkdirTemp("", "silly-validate")
	if err != nil {
		t.Fatal(err)
	}
	docs := filepath.Join(folder, "docs")
	closed := filepath.Join(docs, "closed")
	t.Cleanup(func() {
		_ = os.Chmod(closed, 0o700)
		_ = os.RemoveAll(folder)
	})
	for path, mode := range map[string]os.FileMode{
		filepath.Join(docs, "good.md"):   0o644,
		filepath.Join(docs, "secret.md"): 0,
		filepath.Join(closed, "deep.md"): 0o644,
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("```lua validate\nprint(1)\n```\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	silly := filepath.Join(folder, "silly")
	linkFile(t, executable, silly)
	for _, path := range []string{folder, docs} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(silly, "validate", "docs")
	cmd.Dir = folder
	cmd.Env = []string{"GORACE=atexit_sleep_ms=0"}
	if os.Getuid() == 0 {
		const nobody = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	output, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	for _, want := range []string{"docs/closed: permission denied", "docs/secret.md: permission denied", "1 passed, 0 failed"} {
		if !strings.Contains(string(output), want) {
			t.Errorf("the output does not say %q:\n%s", want, output)
		}
	}
	if got := cmd.ProcessState.ExitCode(); got != exitUsage {
		t.Errorf("status %d, want %d", got, exitUsage)
	}
}

// linkFile gives a file another name. A copy could not be run while another test's process that was forked
// meanwhile has it open for writing.
func linkFile(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Link(from, to); err != nil {
		t.Skip("the test binary is on another file system: ", err)
	}
}

// BenchmarkValidate runs 1,000 small blocks in one run, as a user does: a third prints and compares, a third
// forks tasks, a third is a server with its client.
func BenchmarkValidate(b *testing.B) {
	const blocks = 1000
	folder := b.TempDir()
	for i := range 20 {
		var page strings.Builder
		for n := range blocks / 20 {
			fmt.Fprintf(&page, "# Part %d\n\n```lua validate\n%s```\n\n", n, smallBlocks[n%len(smallBlocks)])
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("page%02d.md", i)), []byte(page.String()), 0o666); err != nil {
			b.Fatal(err)
		}
	}
	silly := filepath.Join(b.TempDir(), "silly")
	if output, err := exec.Command("go", "build", "-o", silly, ".").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, output)
	}
	for b.Loop() {
		output, err := exec.Command(silly, "validate", folder).CombinedOutput()
		if err != nil || !strings.Contains(string(output), "1000 passed") {
			b.Fatalf("%v\n%s", err, output)
		}
	}
	b.ReportMetric(blocks*float64(b.N)/b.Elapsed().Seconds(), "blocks/s")
}

var smallBlocks = []string{
	"for i = 1, 3 do print(i) end\n-- Output:\n-- 1\n-- 2\n-- 3\n",
	`local task, channel = require "silly.task", require "silly.sync.channel"
local ch = channel.new()
for i = 1, 10 do task.fork(function() ch:push(i) end) end
for i = 1, 10 do assert(ch:pop() == i) end
`,
	`local http = require "silly.net.http"
local server = http.listen {addr = ":8080", handler = function(stream)
	stream:respond(200, {})
	stream:closewrite("hello")
end}
assert(http.get("http://localhost:8080/").body == "hello")
server:close()
`,
}
