package hive_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/luahost"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestWorkersComputeBesideTheProgram: one that computes without end neither holds up the program nor keeps it from ending.
func TestWorkersComputeBesideTheProgram(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{
		"in its function": `hive.invoke(hive.spawn "return function() print 'computing' while true do end end")`,
		"in its code":     `hive.spawn "print 'computing' while true do end"`,
		"in a long call":  `hive.invoke(hive.spawn "return function() print 'computing' return ('x'):rep(1e8):find(('.-'):rep(30) .. 'y') end")`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read, write := io.Pipe()
			defer read.Close()
			h := luatest.NewHost(t, luahost.Options{Stdout: write}) // which closes it, and fails if that takes long
			ended := make(chan error, 1)
			go func() {
				ended <- h.RunString(context.Background(), "main", `
					local hive, task, silly, time = require "silly.hive", require "silly.task", require "silly", require "silly.time"
					task.fork(function() `+code+` end)
					while not computing do time.sleep(1) end
					silly.exit(3)`)
			}()
			if _, err := read.Read(make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
			h.Expose("computing", true)
			err := <-ended
			var exit *luahost.ExitError
			if !errors.As(err, &exit) || exit.Status != 3 {
				t.Errorf("the program ended with %v", err)
			}
		})
	}
}

// TestLostWorkersClose: the host of a worker goes when the script has lost it.
func TestLostWorkersClose(t *testing.T) {
	h := luatest.NewHost(t, luahost.Options{})
	before := runtime.NumGoroutine()
	if err := h.RunString(context.Background(), "main", `
		local hive = require "silly.hive"
		for _ = 1, 20 do hive.invoke(hive.spawn "return function() end") end
		hive.limit(0, 1)
		hive.prune()`); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for runtime.NumGoroutine() > before+5 {
		if time.Now().After(deadline) {
			buffer := make([]byte, 1<<20)
			t.Fatalf("goroutines stay:\n%s", strings.TrimSpace(string(buffer[:runtime.Stack(buffer, true)])))
		}
		runtime.GC()
		runtime.Gosched()
	}
}
