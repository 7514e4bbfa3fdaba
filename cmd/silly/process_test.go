package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"silly/internal/testprocess"
)

const patience = testprocess.Patience

// start runs code in a process of its own.
func start(t *testing.T, code string, args ...string) *testprocess.Process {
	t.Helper()
	script := filepath.Join(t.TempDir(), "script.lua")
	if err := os.WriteFile(script, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	return startCommand(t, append([]string{script}, args...)...)
}

// startCommand runs silly with arguments.
func startCommand(t *testing.T, args ...string) *testprocess.Process {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return testprocess.Start(t, exec.Command(sillyLink(t, executable), args...))
}

// sillyLink is a name under which the test binary behaves as the silly command (see testscript.Main).
func sillyLink(t *testing.T, executable string) string {
	link := filepath.Join(t.TempDir(), "silly")
	if err := os.Symlink(executable, link); err != nil {
		t.Fatal(err)
	}
	return link
}
