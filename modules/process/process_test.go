//go:build unix

package process_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/luahost"
	"silly/modules"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestProcessesEndWithTheProgram: those that were started, and those that tasks wait for.
func TestProcessesEndWithTheProgram(t *testing.T) {
	t.Parallel()
	var out luatest.Output
	h, err := luahost.New(luahost.Options{Modules: modules.Standard(), Stdout: &out})
	if err != nil {
		t.Fatal(err)
	}
	err = h.RunString(context.Background(), "main", `
		local process, task, silly = require "silly.process", require "silly.task", require "silly"
		local p = process.start {"sh", "-c", "sleep 1000 & echo $!; wait"}
		print(p.pid, p:readline())
		task.fork(function() process.run {"sleep", "1000"} end)
		task.fork(function() p:read() end)
		require "silly.time".sleep(1)
		silly.exit(0)`)
	var exit *luahost.ExitError
	if !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	for _, field := range strings.Fields(out.String()) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		awaitEnd(t, pid)
	}
}

// awaitEnd waits until a process has gone; who has adopted it may have to wait for it.
func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); syscall.Kill(pid, 0) == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d goes on", pid)
		}
	}
}
