package luahost_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/luatest"
	"silly/luahost"
)

// watched is a host with a watchdog, and what it has logged.
func watched(t *testing.T, limit time.Duration) (*luahost.Host, *luatest.Output) {
	t.Helper()
	var log luatest.Output
	h := luatest.NewHost(t, luahost.Options{Watchdog: limit, Stderr: &log})
	h.Expose("logged", func(what string, times int) bool { return strings.Count(log.String(), what) >= times })
	return h, &log
}

func TestWatchdogTellsWhereATaskComputes(t *testing.T) {
	t.Parallel()
	h, log := watched(t, 40*time.Millisecond)
	err := h.RunString(t.Context(), "busy.lua", `
		local task, time = require "silly.task", require "silly.time"
		time.sleep(300) -- the watchdog sleeps meanwhile
		local function compute(times)
			while not logged("has computed", times) do end
		end
		task.fork(function()
			compute(2)
		end)
		time.sleep(1)
		coroutine.wrap(function()
			compute(3)
		end)()`)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		" W task 2 has computed for ", " without waiting: nothing else runs meanwhile\n\tstack traceback:\n",
		"busy.lua:8: in function <busy.lua:7>", // the task
		" W main script has computed for ",
		"busy.lua:12: in function <busy.lua:11>", // the coroutine
		"busy.lua:11: in main chunk",             // who resumed it
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in the log:\n%s", want, log)
		}
	}
}

func TestWatchdogTellsOfNativeFunctions(t *testing.T) {
	t.Parallel()
	h, log := watched(t, 40*time.Millisecond)
	h.Expose("stuck", func() {
		for !strings.Contains(log.String(), "a native function has computed for ") {
			time.Sleep(time.Millisecond) // computes, as far as the host can tell
		}
	})
	if err := h.RunString(t.Context(), "native.lua", "stuck()"); err != nil {
		t.Fatal(err)
	}
}

// TestWatchdogIsSilentAboutTasksThatWait: many short turns are not a long one, and waiting is none.
func TestWatchdogIsSilentAboutTasksThatWait(t *testing.T) {
	t.Parallel()
	h, log := watched(t, time.Second)
	err := h.RunString(t.Context(), "fine.lua", `
		local task, time = require "silly.task", require "silly.time"
		for _ = 1, 3 do
			task.fork(function()
				local ends = time.monotonic() + 1500
				while time.monotonic() < ends do
					for _ = 1, 100 do end
					time.sleep(0)
				end
			end)
		end
		time.sleep(1600)`)
	if err != nil {
		t.Fatal(err)
	}
	if text := log.String(); text != "" {
		t.Errorf("logged:\n%s", text)
	}
}

// TestSnapshotOfATaskThatComputes: what the host is doing can be seen although no task gives up the VM.
func TestSnapshotOfATaskThatComputes(t *testing.T) {
	t.Parallel()
	h := luatest.NewHost(t, luahost.Options{})
	computing, ctx := make(chan struct{}), t.Context()
	seen := make(chan struct{})
	h.Expose("computing", func() { close(computing) })
	h.Expose("seen", func() bool { return isDone(seen) })
	ended := make(chan error, 1)
	go func() {
		ended <- h.RunString(ctx, "busy.lua", `
			local task, time, http = require "silly.task", require "silly.time", require "silly.net.http"
			server = http.listen {addr = "127.0.0.1:8080", handler = print}
			task.fork(function() task.wait() end)
			time.after(1e6, print)
			time.sleep(1)
			computing()
			while not seen() do end
			require "silly".exit()`)
	}()
	<-computing
	s, ok := h.Snapshot(luatestPatience)
	busy, computes := h.Busy(luatestPatience)
	serving := h.Serving()
	close(seen)
	if err := <-ended; !errors.As(err, new(*luahost.ExitError)) {
		t.Fatal(err)
	}
	if !ok || len(s.Tasks) != 2 || s.Tasks[0].Status != luahost.Running || s.Tasks[1].WaitsFor != "task.wait" || s.Timers != 1 {
		t.Errorf("snapshot: %v, %+v", ok, s)
	}
	if got := luahost.FormatTraceback(s.Tasks[0].Traceback); !strings.Contains(got, "busy.lua:8: in main chunk") {
		t.Errorf("the task computes at\n%s", got)
	}
	if len(s.Resources) != 1 || s.Resources[0] != "http server 127.0.0.1:8080 listens, 0 requests under way" {
		t.Errorf("resources: %q", s.Resources)
	}
	if !computes || busy.Name != "main script" || !serving {
		t.Errorf("busy: %v %+v, serving: %v", computes, busy, serving)
	}
}

// TestTimersThatHaveRunAreForgotten, and cancelling one has no effect, also from its own function.
func TestTimersThatHaveRunAreForgotten(t *testing.T) {
	t.Parallel()
	h := luatest.NewHost(t, luahost.Options{})
	err := h.RunString(t.Context(), "timers.lua", `
		local time = require "silly.time"
		ran = 0
		for _ = 1, 100 do
			local session
			session = time.after(1, function()
				time.cancel(session)
				time.sleep(1)
				time.cancel(session)
				ran = ran + 1
			end)
		end`)
	if err != nil {
		t.Fatal(err)
	}
	s, ok := h.Snapshot(luatestPatience)
	if !ok || s.Timers != 0 || len(s.Tasks) != 0 {
		t.Errorf("%d timers and %d tasks are left", s.Timers, len(s.Tasks))
	}
	h.Do(func(*lua.LState) {
		if got := h.Global("ran").String(); got != "100" {
			t.Errorf("%s functions have run", got)
		}
	})
}

// luatestPatience only ends tests that hang.
const luatestPatience = 20 * time.Second

func isDone(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestEndBusyEndsWhatComputesAndNothingElse: also what computes when variables are closed, and not the other tasks.
func TestEndBusyEndsWhatComputesAndNothingElse(t *testing.T) {
	t.Parallel()
	reason := errors.New("enough")
	failures := make(chan *luahost.Error, 10)
	h := luatest.NewHost(t, luahost.Options{OnError: func(err *luahost.Error) { failures <- err }})
	h.EndBusy(50*time.Millisecond, reason)
	ctx, cancel := context.WithTimeout(t.Context(), luatestPatience)
	defer cancel()
	err := h.RunString(ctx, "busy.lua", `
		local task, time = require "silly.task", require "silly.time"
		task.fork(function()
			local guard <close> = setmetatable({}, {__close = function() while true do end end})
			while true do pcall(function() while true do end end) end
		end)
		time.sleep(1)
		for _ = 1, 10 do time.sleep(1) end
		done = true`)
	if err != nil {
		t.Fatal(err)
	}
	if failure := <-failures; !errors.Is(failure, reason) || !strings.Contains(luahost.FormatTraceback(failure.Traceback), "busy.lua:") {
		t.Errorf("the task failed with %v, %v", failure, failure.Traceback)
	}
}
