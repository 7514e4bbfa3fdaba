//go:build unix

package main

import (
	"strings"
	"syscall"
	"testing"
)

// TestScriptHandlesSignals: in a task each, which may wait, and a wait for one is no deadlock.
func TestScriptHandlesSignals(t *testing.T) {
	t.Parallel()
	p := start(t, `
		local signal, task, time, silly = require "silly.signal", require "silly.task", require "silly.time", require "silly"
		local main = task.running()
		signal("SIGUSR2", function(name)
			time.sleep(1)
			io.stderr:write("got ", name, "\n")
			task.wakeup(main)
		end)
		signal("SIGTERM", function(name)
			io.stderr:write("got ", name, "\n")
			silly.exit(3)
		end)
		signal("SIGHUP", function(name) error("from " .. name) end)
		io.stderr:write("ready\n")
		for n = 1, 2 do
			task.wait()
			io.stderr:write("woken ", n, "\n")
		end
		task.wait()`)
	p.Await("ready\n")
	p.Signal(syscall.SIGHUP)
	p.Await("script.lua:13: from SIGHUP\n")
	for _, want := range []string{"woken 1\n", "woken 2\n"} {
		p.Signal(syscall.SIGUSR2)
		p.Await(want)
	}
	p.Signal(syscall.SIGTERM)
	if got := p.Status(); got != 3 || !strings.HasSuffix(p.Output(), "got SIGTERM\n") {
		t.Errorf("status %d\n%s", got, p.Output())
	}
}

// TestSignalReturnsTheFunctionBefore: that of the program stands for what it does by itself.
func TestSignalReturnsTheFunctionBefore(t *testing.T) {
	t.Parallel()
	p := start(t, `
		local signal, time = require "silly.signal", require "silly.time"
		local function first() end
		local standard = signal("SIGTERM", first)
		assert(type(standard) == "function" and standard ~= first)
		assert(signal("SIGTERM", function() end) == first)
		assert(signal("SIGTERM", standard) ~= first)
		assert(signal("SIGTERM", standard) == standard)
		assert(type(signal("SIGUSR1", first)) == "function")
		for _, name in ipairs {"SIGKILL", "SIGSTOP", "SIGSEGV", "SIGURG", "SIGNOPE", "TERM", "sigterm", ""} do
			assert(signal(name, first) == nil, name)
		end
		io.stderr:write("ready\n")
		time.sleep(1e9)`)
	p.Await("ready\n")
	p.Signal(syscall.SIGTERM)
	if got := p.Status(); got != exitSignaled+int(syscall.SIGTERM) {
		t.Errorf("status %d\n%s", got, p.Output())
	}
	p = start(t, `require "silly.signal"("SIGTERM", function() end)`)
	if got := p.Status(); got != exitOK {
		t.Errorf("a program that does nothing but handle a signal: status %d\n%s", got, p.Output())
	}
}

// TestSignalHandlerThatCannotRun: a program that computes for ever can be ended although it handles a signal.
func TestSignalHandlerThatCannotRun(t *testing.T) {
	t.Parallel()
	p := start(t, `
		require "silly.signal"("SIGINT", function() io.stderr:write("handled\n") end)
		io.stderr:write("ready\n")
		while true do end`)
	p.Await("ready\n")
	p.Signal(syscall.SIGINT)
	p.Signal(syscall.SIGTERM)
	if got := p.Status(); got != exitSignaled+int(syscall.SIGTERM) || !strings.Contains(p.Output(), "script.lua:4: ") {
		t.Errorf("status %d\n%s", got, p.Output())
	}
}
