package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// sleeper is a document whose block starts a command that runs for ever, names it in the file "pid", and waits for it.
const sleeper = "```lua validate timeout=1h\n" + `local command = io.popen("echo $$; exec sleep 100000")
local file = assert(io.open("pid.new", "w"))
file:write(command:read("l"), "\n")
file:close()
os.rename("pid.new", "pid")
command:read("a")
` + "```\n"

// validateSleeper runs silly validate on the document until its command runs, and returns that command's process number.
func validateSleeper(t *testing.T) (cmd *exec.Cmd, output *bytes.Buffer, child int) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a.md"), []byte(sleeper), 0o666); err != nil {
		t.Fatal(err)
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(sillyLink(t, executable), "validate", "--allow-fs", "--allow-os", "a.md")
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	output = new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	eventually(t, "the command runs", func() bool {
		data, err := os.ReadFile(filepath.Join(folder, "pid"))
		if err != nil {
			return false
		}
		_, err = fmt.Sscan(string(data), &child)
		return err == nil
	})
	t.Cleanup(func() {
		if runs(child) {
			_ = syscall.Kill(child, syscall.SIGKILL)
		}
	})
	return cmd, output, child
}

// eventually polls: other processes tell of nothing.
func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// runs reports whether a process is there and no zombie.
func runs(pid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(data), ") ")
	return !strings.HasPrefix(state, "Z") && !strings.HasPrefix(state, "X")
}

// needsProc skips a test that looks at processes that are not its children.
func needsProc(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("there is no /proc")
	}
}

// TestValidateEndsAtASignal: with its workers, with what its examples have started, and with the signal's status.
func TestValidateEndsAtASignal(t *testing.T) {
	t.Parallel()
	needsProc(t)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			cmd, output, child := validateSleeper(t)
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if got, want := cmd.ProcessState.ExitCode(), exitSignaled+int(signal); got != want {
				t.Errorf("status %d, want %d:\n%s", got, want, output)
			}
			eventually(t, "the example's command has ended", func() bool { return !runs(child) })
		})
	}
}

// TestValidateLeavesNothingBehind: when the command is killed its workers notice.
func TestValidateLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	needsProc(t)
	cmd, _, child := validateSleeper(t)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the example's command has ended", func() bool { return !runs(child) })
}

// TestSignalEndsValidateThatReads: standard input does not end.
func TestSignalEndsValidateThatReads(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close()
	signals := make(chan os.Signal, 2)
	signals <- syscall.SIGTERM
	var output bytes.Buffer
	if got := run([]string{"validate", "-"}, r, &output, &output, signals); got != exitSignaled+int(syscall.SIGTERM) {
		t.Errorf("status %d:\n%s", got, output.String())
	}
}

// TestSignalEndsValidateWhoseReportNobodyReads: a write to standard output waits for ever.
func TestSignalEndsValidateWhoseReportNobodyReads(t *testing.T) {
	t.Parallel()
	document := filepath.Join(t.TempDir(), "a.md")
	if err := os.WriteFile(document, []byte("```lua validate wrong\n```\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	writes, release := make(blockedWriter), make(chan struct{})
	defer close(release)
	signals := make(chan os.Signal, 2)
	go func() {
		writes <- release
		signals <- syscall.SIGINT
	}()
	if got := run([]string{"validate", document}, strings.NewReader(""), writes, new(bytes.Buffer), signals); got != exitSignaled+int(syscall.SIGINT) {
		t.Errorf("status %d", got)
	}
}

// blockedWriter is a writer whose calls wait for the channel that they are given.
type blockedWriter chan chan struct{}

func (w blockedWriter) Write(p []byte) (int, error) {
	<-<-w
	return len(p), nil
}
