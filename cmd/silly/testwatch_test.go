//go:build unix

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestTestWatch: a change runs the tests again that it concerns, and no others; new files are found.
func TestTestWatch(t *testing.T) {
	t.Parallel()
	w := &watched{t: t, folder: t.TempDir()}
	w.write("m.lua", "return 1")
	w.write("m_test.lua", `require("silly.test")("m", function(t) t:equal(require "m", 1) end)`)
	w.write("other_test.lua", `require("silly.test")("other", print)`)
	w.Process = startCommand(t, "test", "--watch", "--verbose", w.folder)
	waits := regexp.MustCompile("waiting for a file to change\n")
	ran := func(n int) string { // what the run number n has printed
		t.Helper()
		all := w.AwaitMatches(waits, n)
		parts := strings.SplitAfter(w.Output(), all[0][0])
		return parts[n-1]
	}
	if got := ran(1); !strings.Contains(got, "2 passed, 0 failed") {
		t.Errorf("the first run:\n%s", got)
	}
	w.write("m.lua", "return 2")
	if got := ran(2); !strings.Contains(got, "0 passed, 1 failed") || !strings.Contains(got, "m.lua changed") {
		t.Errorf("after a change of m.lua:\n%s", got)
	}
	w.write("other_test.lua", `require("silly.test")("changed", print)`)
	if got := ran(3); !strings.Contains(got, "1 passed, 0 failed") || !strings.Contains(got, "changed") {
		t.Errorf("after a change of other_test.lua:\n%s", got)
	}
	w.write("new_test.lua", `require("silly.test")("new", print)`)
	if got := ran(4); !strings.Contains(got, "  new") || strings.Contains(got, "  m\n") {
		t.Errorf("after a new file:\n%s", got)
	}
	if err := os.Remove(filepath.Join(w.folder, "m_test.lua")); err != nil {
		t.Fatal(err)
	}
	w.Signal(syscall.SIGINT)
	if status := w.Status(); status != exitSignaled+int(syscall.SIGINT) {
		t.Errorf("status %d", status)
	}
}
