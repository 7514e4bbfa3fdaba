package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"silly/internal/testterminal"
)

// startInTerminal runs a command in a terminal of 120 columns.
func startInTerminal(t *testing.T, args ...string) *testterminal.Terminal {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(sillyLink(t, executable), args...)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "TERM=xterm")
	return testterminal.Start(t, cmd, 120, 40)
}

// awaitShown waits until a line of the terminal has all the parts.
func awaitShown(term *testterminal.Terminal, parts ...string) {
	term.AwaitThat(strings.Join(parts, " ... "), func(lines []string) bool {
		return slices.ContainsFunc(lines, func(line string) bool {
			return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) })
		})
	})
}

// waiting is code that waits until a file is there.
func waiting(gate string) string {
	return "local time, fs = require 'silly.time', require 'silly.fs'\nwhile not fs.stat([[" + gate + "]]) do time.sleep(5) end\n"
}

// TestProgressOfTests: while tests run, a line says how many have; it gives way to failures and to the summary.
func TestProgressOfTests(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	gate := filepath.Join(folder, "gate")
	code := `local test = require "silly.test"
test("first", function(t) t:fail("because") end)
test("second", print)
test.realtime("third", function() ` + waiting(gate) + ` end)`
	path := filepath.Join(folder, "a_test.lua")
	if err := os.WriteFile(path, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	term := startInTerminal(t, "test", path)
	awaitShown(term, "2/3, 1 failed  ")
	awaitShown(term, "FAIL", "first")
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	awaitShown(term, "2 passed, 1 failed, 0 skipped")
	if status := term.Status(); status != exitFailure {
		t.Errorf("status %d, want %d", status, exitFailure)
	}
	for _, line := range term.Lines() {
		if strings.Contains(line, "2/3") {
			t.Errorf("the progress is still there:\n%s", strings.Join(term.Lines(), "\n"))
		}
	}
}

// TestProgressOfExamples is the same for silly validate.
func TestProgressOfExamples(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	gate := filepath.Join(folder, "gate")
	text := "```lua validate\nprint 'one'\n```\n\n```lua validate realtime timeout=1m\n" + waiting(gate) + "```\n"
	path := filepath.Join(folder, "page.md")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	term := startInTerminal(t, "validate", path)
	awaitShown(term, "1/2  ")
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	awaitShown(term, "2 passed, 0 failed, 0 skipped")
	if status := term.Status(); status != exitOK {
		t.Errorf("status %d", status)
	}
}

// TestProgressOfBench: a line says how it goes, and Ctrl-C shows what was measured until then.
func TestProgressOfBench(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	scenario := filepath.Join(folder, "scenario.lua")
	if err := os.WriteFile(scenario, []byte("return function() require('silly.time').sleep(1) end"), 0o600); err != nil {
		t.Fatal(err)
	}
	term := startInTerminal(t, "bench", "--warmup", "0s", "-d", "1h", "--script", scenario, "http://127.0.0.1/")
	awaitShown(term, " of 1h0m0s, ", "/s")
	term.Type("\x03")
	awaitShown(term, "operations")
	awaitShown(term, "latency", "p50")
	if status := term.Status(); status != 130 {
		t.Errorf("status %d, want 130", status)
	}
}
