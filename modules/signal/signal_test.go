package signal_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"testing"

	"silly/internal/luatest"
	"silly/luahost"
)

// A system hands out what a script wants to be called for signals.
type system struct {
	luahost.SystemAccess
	handlers chan func() bool
}

func (s system) HandleSignal(_ os.Signal, f func() bool) bool {
	s.handlers <- f
	return true
}

// TestOneSignalWaitsAtATime: while a script computes, its first signal waits, and the next is refused, so that it can end the
// program.
func TestOneSignalWaitsAtATime(t *testing.T) {
	handlers := make(chan func() bool, 1)
	read, write := io.Pipe()
	defer read.Close()
	lines := bufio.NewScanner(read)
	expect := func(want string) {
		t.Helper()
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("the script says %q, want %q", lines.Text(), want)
		}
	}
	h := luatest.NewHost(t, luahost.Options{System: system{handlers: handlers}, Stdout: write})
	ended := make(chan error, 1)
	go func() {
		ended <- h.RunString(context.Background(), "main", `
			local task = require "silly.task"
			local main, handled = task.running(), 0
			require "silly.signal"("SIGTERM", function()
				handled = handled + 1
				print("handled " .. handled)
				task.wakeup(main)
			end)
			print("computing") -- which takes until the test reads it
			task.wait()
			task.wait()`)
	}()
	deliver := <-handlers
	if !deliver() {
		t.Error("the first signal is refused")
	}
	if deliver() {
		t.Error("the second signal waits as well")
	}
	expect("computing")
	expect("handled 1")
	if !deliver() {
		t.Error("a signal is refused although its task has begun for the one before")
	}
	expect("handled 2")
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
