package luahost_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/internal/memnet"
	"silly/luahost"
	"silly/modules"

	lua "github.com/yuin/gopher-lua"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestCloseEndsTasksWhereverTheyWait closes a host whose tasks wait in every way there is. Close must
// end their goroutines (goleak looks for them), and pcall must not notice.
func TestCloseEndsTasksWhereverTheyWait(t *testing.T) {
	t.Parallel()
	var out luatest.Output
	waiting := make(chan struct{})
	h := luatest.NewHost(t, luahost.Options{Stdout: &out, Stderr: &out})
	h.Expose("ready", func() { close(waiting) })
	ended := make(chan error, 1)
	go func() {
		ended <- h.RunString(context.Background(), "wait.lua", `
			local task, time, channel = require "silly.task", require "silly.time", require "silly.sync.channel"
			local http, websocket = require "silly.net.http", require "silly.net.websocket"
			local function try(f, ...) pcall(f, ...) print("survived") end
			local server = http.listen {addr = ":8080", handler = function(stream)
				local sock = websocket.upgrade(stream)
				try(sock.read, sock)
			end}
			task.fork(function() try(task.wait) end)
			task.fork(function() try(time.sleep, 1e9) end)
			task.fork(function() try(channel.new().pop, channel.new()) end)
			task.fork(function() local s = websocket.connect("ws://localhost:8080") try(s.read, s) end)
			task.fork(function() try(coroutine.wrap(function() task.wait() end)) end)
			task.fork(function() table.sort({1, 2}, function() try(task.wait) end) end)
			time.after(1e9, print)
			time.sleep(20)
			ready()
			try(task.wait)
		`)
	}()
	<-waiting
	if err := h.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	if err := <-ended; !luahost.IsClosed(err) {
		t.Errorf("run returned %v, want ErrClosed", err)
	}
	if out.String() != "" {
		t.Errorf("a script went on after the close:\n%s", out.String())
	}
}

// TestContextEndsAnInterruptibleLoop ends a script that never waits.
func TestContextEndsAnInterruptibleLoop(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{
		"loop":      `while true do end`,
		"pcall":     `while true do pcall(function() while true do end end) end`,
		"coroutine": `coroutine.wrap(function() while true do end end)()`,
		"task":      `require("silly.task").fork(function() while true do end end)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := luatest.NewHost(t, luahost.Options{Interruptible: true, Stdout: io.Discard, Stderr: io.Discard})
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer cancel()
			err := h.RunString(ctx, "loop.lua", code)
			if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
				t.Errorf("run returned %v, want the context's error", err)
			}
		})
	}
}

// TestCloseReportsATaskThatNeverWaits gives up on a task that only a kill could end.
func TestCloseReportsATaskThatNeverWaits(t *testing.T) {
	t.Parallel()
	h, err := luahost.New(luahost.Options{Modules: modules.Standard()})
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	release := make(chan struct{})
	h.Expose("compute", func() { close(started); <-release })
	go h.RunString(context.Background(), "busy.lua", `compute()`)
	<-started
	if err := h.Close(); err != luahost.ErrBusy {
		t.Errorf("close returned %v, want ErrBusy", err)
	}
	close(release)
	if err := h.Close(); err != nil {
		t.Errorf("close after the task ended: %v", err)
	}
}

// TestGoPanicBecomesALuaError: a defect of a module reaches the script as an error and the log as a Go
// stack, and nothing else happens.
func TestGoPanicBecomesALuaError(t *testing.T) {
	t.Parallel()
	broken := luahost.Module{Name: "broken", Open: func(env *luahost.Env, L *lua.LState) lua.LValue {
		module := L.NewTable()
		env.Install(L, module, "broken", map[string]lua.LGFunction{
			"now":      func(*lua.LState) int { panic("kaput") },
			"waiting":  func(L *lua.LState) int { env.Block(L, "x", func(context.Context) { panic("kaput") }); return 0 },
			"nilcall":  func(L *lua.LState) int { var f func(); f(); return 0 },
			"bounds":   func(L *lua.LState) int { var s []int; return s[L.GetTop()] },
			"position": func(L *lua.LState) int { panic(errors.New("as an error")) },
		})
		return module
	}}
	var log luatest.Output
	h := luatest.NewHost(t, luahost.Options{Modules: append(modules.Standard(), broken), Stderr: &log, Stdout: io.Discard})
	h.Expose("exposed", func() { panic("kaput exposed") })
	err := h.RunString(context.Background(), "panic.lua", `
		local broken = require "broken"
		for _, name in ipairs {"now", "waiting", "nilcall", "bounds", "position"} do
			local ok, err = pcall(broken[name])
			assert(not ok and err:find("^panic.lua:4: internal error in broken." .. name), err)
			assert(not err:find("goroutine"), err)
		end
		local ok, err = pcall(exposed)
		assert(not ok and err:find("kaput exposed"), err)
		require("silly.time").sleep(1)
	`)
	if err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "host_test.go") {
		t.Errorf("the log has no Go stack:\n%s", log.String())
	}
}

// TestErrorsNameTheScriptsLine looks at the texts that a user reads most often.
func TestErrorsNameTheScriptsLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ code, message string }{
		"string":            {"error('boom')", "e.lua:1: boom"},
		"level 0":           {"error('boom', 0)", "boom"},
		"table":             {"error({})", "(error object is a table value)"},
		"table with string": {"error(setmetatable({}, {__tostring = function() return 'text' end}))", "text"},
		"nil":               {"error(nil)", "(error object is a nil value)"},
		"argument":          {"\nrequire('silly.time').sleep({})", "e.lua:2: bad argument #1 to 'sleep' (number expected, got table)"},
		"missing":           {"require('silly.task').fork()", "e.lua:1: bad argument #1 to 'fork' (function expected, got no value)"},
		"method":            {"require('silly.sync.channel').new():close():x()", "e.lua:1: "},
		"module":            {"require('silly.net.htp')", "e.lua:1: module 'silly.net.htp' not found"},
		"runaway recursion": {"local function f() return 1 + f() end f()", "stack overflow"},
		"through Go":        {"local function f() return (string.gsub('x', 'x', f)) end f()", "stack overflow"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := luatest.NewHost(t, luahost.Options{Stdout: io.Discard, Stderr: io.Discard})
			err := h.RunString(context.Background(), "e.lua", test.code)
			var failure *luahost.Error
			if !errors.As(err, &failure) {
				t.Fatalf("run returned %v, want a *luahost.Error", err)
			}
			if !strings.Contains(failure.Message, test.message) {
				t.Errorf("message %q, want one with %q", failure.Message, test.message)
			}
		})
	}
}

// TestRunawayRecursionThroughGoIsBounded recurses through everything that nests Go frames.
func TestRunawayRecursionThroughGoIsBounded(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{
		"pcall":     `local function f() return pcall(f) end f()`,
		"pcall 2":   `local function f() local ok, e = pcall(f) return ok end f()`,
		"index":     `local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) return (t[k]) end pcall(function() return t.a end)`,
		"sort":      `local function f() table.sort({1, 2}, f) return false end pcall(f)`,
		"gsub":      `local function f() return (string.gsub("x", "x", f)) end pcall(f)`,
		"tostring":  `local t = setmetatable({}, {}) getmetatable(t).__tostring = function(x) return tostring(x) end pcall(tostring, t)`,
		"coroutine": `local function f() coroutine.wrap(f)() end pcall(f)`,
		"require":   `local n = 0 package.preload.x = nil local function f() n = n + 1 package.preload["m" .. n] = f return require("m" .. n) end pcall(f)`,
	} {
		t.Run(name, func(t *testing.T) {
			// In a task, whose stack is smaller than the main script's: the same limits, less time.
			h := luatest.NewHost(t, luahost.Options{Stdout: io.Discard, Stderr: io.Discard})
			err := h.RunString(context.Background(), "deep.lua", `require("silly.task").fork(function() `+code+` finished = true end)`)
			if err != nil {
				t.Error(err)
			}
			if err := h.RunString(context.Background(), "check.lua", `assert(finished)`); err != nil {
				t.Error("the task did not survive its recursion")
			}
		})
	}
}

// TestHostsShareNothing runs many hosts side by side.
func TestHostsShareNothing(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			out, err := luatest.Run(t, fmt.Sprintf(`
				x = (x or 0) + %d
				local http = require "silly.net.http"
				local s = assert(http.listen {addr = ":8080", handler = function(stream)
					stream:respond(200, {}) stream:closewrite(tostring(x))
				end})
				print(assert(http.get("http://localhost:8080/")).body)
				s:close()
			`, i), luahost.Options{})
			if want := fmt.Sprintf("%d\n", i); err != nil || out != want {
				t.Errorf("host %d printed %q and returned %v, want %q", i, out, err, want)
			}
		})
	}
	wg.Wait()
}

// TestUncaughtErrorsOfTasksAreReported and do not end the program.
func TestUncaughtErrorsOfTasksAreReported(t *testing.T) {
	t.Parallel()
	var reported []string
	var out luatest.Output
	h := luatest.NewHost(t, luahost.Options{
		Stdout:  &out,
		OnError: func(err *luahost.Error) { reported = append(reported, err.Message) },
	})
	err := h.RunString(context.Background(), "tasks.lua", `
		local task, time = require "silly.task", require "silly.time"
		task.fork(function() error("one") end)
		time.after(1, function() error("two") end)
		time.sleep(10)
		print("still here")
	`)
	if err != nil || out.String() != "still here\n" {
		t.Errorf("run returned %v and printed %q", err, out.String())
	}
	if got := strings.Join(reported, "; "); got != "tasks.lua:3: one; tasks.lua:4: two" || h.Failures() != 2 {
		t.Errorf("reported %q, %d failures", got, h.Failures())
	}
}

// TestProgramEndsWhenNothingIsLeft pins what keeps a program alive.
func TestProgramEndsWhenNothingIsLeft(t *testing.T) {
	t.Parallel()
	const head = `local task, time, http = require "silly.task", require "silly.time", require "silly.net.http"
		local function listen() return http.listen {addr = ":0", handler = function() end} end `
	tests := map[string]struct{ code, want string }{
		"nothing":                 {``, "<nil>"},
		"a task":                  {`task.fork(function() time.sleep(5) print "t" end)`, "<nil>t"},
		"a timer":                 {`time.after(5, function() print "t" end)`, "<nil>t"},
		"a cancelled timer":       {`time.cancel(time.after(1e9, print))`, "<nil>"},
		"a closed listener":       {`listen():close()`, "<nil>"},
		"a listener":              {`listen()`, "context deadline exceeded"},
		"a deadlock in main":      {`task.wait()`, "deadlock: 1 task waits for a wake-up that cannot come"},
		"a deadlock elsewhere":    {`task.fork(task.wait) task.fork(task.wait)`, "deadlock: 2 tasks wait for wake-ups that cannot come"},
		"a waiter and a timer":    {`local t = task.fork(function() task.wait() print "t" end) time.after(5, function() task.wakeup(t) end)`, "<nil>t"},
		"a waiter and a listener": {`listen() task.wait()`, "context deadline exceeded"},
		"exit in a task":          {`task.fork(function() require "silly".exit(7) end) time.sleep(1e9)`, "exit status 7"},
		"exit inside pcall":       {`pcall(function() require "silly".exit(7) end) print "no"`, "exit status 7"},
		"exit in a coroutine":     {`coroutine.wrap(function() require "silly".exit(7) end)() print "no"`, "exit status 7"},
		"an error ends it":        {`time.after(1e9, print) error("x", 0)`, "x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out luatest.Output
			h := luatest.NewHost(t, luahost.Options{Stdout: &out, Stderr: &out})
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			err := h.RunString(ctx, "end.lua", head+test.code)
			if got := strings.TrimSpace(fmt.Sprint(err) + out.String()); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestShutdownLetsHandlersFinish stops a server while a request and a WebSocket are being served.
func TestShutdownLetsHandlersFinish(t *testing.T) {
	t.Parallel()
	network := memnet.New()
	var out luatest.Output
	server := luatest.NewHost(t, luahost.Options{Stdout: &out, Stderr: &out, Network: network})
	serving := make(chan struct{}, 2)
	server.Expose("serving", func() { serving <- struct{}{} })
	listening := make(chan struct{})
	server.Expose("listening", func() { close(listening) })
	ended := make(chan error, 1)
	go func() {
		ended <- server.RunString(context.Background(), "server.lua", `
			local http, time, task = require "silly.net.http", require "silly.time", require "silly.task"
			local websocket = require "silly.net.websocket"
			http.listen {addr = ":80", handler = function(stream)
				serving()
				if stream.path == "/ws" then
					local sock = websocket.upgrade(stream)
					print("server read", select(2, sock:read()))
					return
				end
				time.sleep(50)
				stream:respond(200, {})
				stream:closewrite("finished")
			end}
			listening()
			task.wait()
		`)
	}()
	<-listening
	var wg sync.WaitGroup
	wg.Go(func() {
		got, err := luatest.Run(t, `
			local sock = assert(require("silly.net.websocket").connect("ws://localhost/ws"))
			local data, typ = sock:read()
			print(typ, data:byte(1) * 256 + data:byte(2))
		`, luahost.Options{Network: network})
		if got != "close\t1001\n" || err != nil {
			t.Errorf("the WebSocket client printed %q and returned %v", got, err)
		}
	})
	wg.Go(func() {
		got, err := luatest.Run(t, `print(require("silly.net.http").get("http://localhost/").body)`, luahost.Options{Network: network})
		if got != "finished\n" || err != nil {
			t.Errorf("the HTTP client printed %q and returned %v", got, err)
		}
	})
	<-serving
	<-serving
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	server.Shutdown(ctx)
	if err := <-ended; err != nil {
		t.Errorf("run returned %v", err)
	}
	if got := out.String(); got != "server read\tclose\n" {
		t.Errorf("the server printed %q", got)
	}
	wg.Wait()
}

// TestRequestsThatArriveDuringAShutdown may end one after the other, each as the last one.
func TestRequestsThatArriveDuringAShutdown(t *testing.T) {
	t.Parallel()
	h := luatest.NewHost(t, luahost.Options{Stdout: io.Discard, Stderr: io.Discard})
	served := 0
	request := func() {
		done := make(chan struct{})
		h.Do(func(L *lua.LState) {
			h.Env().Serve(L.NewFunction(func(*lua.LState) int { return 0 }), nil, func(*luahost.Error) { close(done) })
		})
		<-done
		served++
	}
	h.Do(func(*lua.LState) {
		h.Env().Track(true, func() { request(); request(); request() }, func() {})
	})
	h.Shutdown(t.Context())
	if served != 3 {
		t.Errorf("%d requests were served, want 3", served)
	}
}

// TestRunFuncEndsItsTaskWithItsContext wherever it waits, and the host goes on.
func TestRunFuncEndsItsTaskWithItsContext(t *testing.T) {
	t.Parallel()
	h := luatest.NewHost(t, luahost.Options{Stdout: io.Discard, Stderr: io.Discard})
	if err := h.RunString(t.Context(), "define.lua", `
		local time, channel = require "silly.time", require "silly.sync.channel"
		function pops() pcall(function() channel.new():pop() end) survived = true end
		function sleeps() pcall(time.sleep, 1e9) survived = true end
		function yields() while true do time.sleep(0) end end
	`); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pops", "sleeps", "yields"} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		if _, err := h.RunFunc(ctx, name); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s returned %v", name, err)
		}
		cancel()
	}
	if err := h.RunString(t.Context(), "after.lua", `assert(not survived)`); err != nil {
		t.Errorf("the host is not as before: %v", err)
	}
}

// TestRunFile covers arguments, the module path, and files that cannot be used.
func TestRunFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) string {
		path := folder + "/" + name
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("mod.lua", "local name = ... return {name = name}")
	if err := os.Mkdir(folder+"/pkg", 0o700); err != nil {
		t.Fatal(err)
	}
	write("pkg/init.lua", "return 'package'")
	write("pkg/bad.lua", "x = = 1")
	main := write("main.lua", `
		assert(select("#", ...) == 2 and ... == "one" and arg[2] == "two" and arg[0]:find("main.lua$"))
		assert(require("mod").name == "mod" and require("pkg") == "package" and require("mod") == require("mod"))
		local ok, err = pcall(require, "pkg.bad")
		assert(not ok and err:find("pkg/bad.lua"), err)
	`)
	var out luatest.Output
	h := luatest.NewHost(t, luahost.Options{Stdout: &out, Stderr: &out})
	if err := h.RunFile(context.Background(), main, "one", "two"); err != nil {
		t.Error(err)
	}
	err := h.RunFile(context.Background(), folder+"/none.lua")
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if err := h.RunFile(context.Background(), folder); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a folder: %v", err)
	}
}

// TestSettle: a run ends when only listeners and waiting tasks are left, and another goes on with them.
func TestSettle(t *testing.T) {
	t.Parallel()
	h := luatest.NewHost(t, luahost.Options{Modules: modules.Standard(), Network: memnet.New(), Settle: 5 * time.Millisecond})
	run := func(code string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := h.RunString(ctx, "part.lua", code); err != nil {
			t.Fatalf("%s: %v", code, err)
		}
	}
	run(`
		http, task, channel = require "silly.net.http", require "silly.task", require "silly.sync.channel"
		server = http.listen {addr = ":80", handler = function(stream) got = stream.path end}
		inbox = channel.new()
		task.fork(function() while true do last = inbox:pop() end end)
	`)
	run(`
		assert(http.get("http://localhost/a"))
		assert(got == "/a")
		require("silly.time").sleep(20) -- longer than it takes to settle
		inbox:push("mail")
	`)
	run(`assert(last == "mail") server:close()`)
	deadlock := h.Deadlock()
	if deadlock == nil || len(deadlock.Tasks) != 1 || deadlock.Tasks[0].WaitsFor != "channel:pop" {
		t.Errorf("deadlock: %+v, want the task that waits in channel:pop", deadlock)
	}
	run(`server = http.listen {addr = ":80", handler = print}`)
	if deadlock := h.Deadlock(); deadlock != nil {
		t.Errorf("deadlock beside a listener: %v", deadlock)
	}
	// What the main script itself waits for cannot come.
	err := h.RunString(t.Context(), "main.lua", `server:close() inbox = channel.new() inbox:pop()`)
	if !errors.As(err, &deadlock) {
		t.Errorf("got %v, want a deadlock", err)
	}
}

// TestInterruptSaysWhatTasksDid: an endless loop is found at its line, beside the tasks that wait.
func TestInterruptSaysWhatTasksDid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ code, want string }{
		"a loop": {"require('silly.task').fork(function()\nlocal n = 0\nwhile true do n = n + 1 end end)\nrequire('silly.time').sleep(1e6)",
			"task 2 RUN x.lua:3; main script SLEEP x.lua:4; "},
		"a loop that catches errors": {"local function f()\nwhile true do end end\nwhile true do pcall(f) end",
			"main script RUN x.lua:2; "},
		"waiting": {"local c = require('silly.sync.channel').new()\nrequire('silly.time').after(1e6, print)\nc:pop()",
			"main script WAIT x.lua:3; "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := luatest.NewHost(t, luahost.Options{Modules: modules.Standard(), Interruptible: true})
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			err := h.RunString(ctx, "x.lua", c.code)
			var failure *luahost.Error
			if !errors.As(err, &failure) || !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("got %v", err)
			}
			var got strings.Builder
			for _, r := range failure.Tasks {
				for _, f := range r.Traceback {
					if f.Source != "" {
						fmt.Fprintf(&got, "%s %s %s:%d; ", r.Name, r.Status, f.Source, f.Line)
						break
					}
				}
			}
			if got.String() != c.want {
				t.Errorf("got  %s\nwant %s", got.String(), c.want)
			}
		})
	}
}

// TestRunLines: every line number counts from where the code begins.
func TestRunLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ code, want string }{
		{"error('x')", "page.md:100: x"},
		{"\nlocal function f()\n\terror('x')\nend\nf()", "page.md:102: x"},
		{"\n\nlocal = 1", "page.md:102: <name> expected near '='"},
		{"local t\n\nt.x = 1", "page.md:102: attempt to index a nil value (local 't')"},
		{"error(debug.traceback('here'):match('page[^\\n]*'), 0)", "page.md:100: in main chunk"},
	} {
		h := luatest.NewHost(t, luahost.Options{})
		if err := h.RunLines(t.Context(), "page.md", 100, c.code); err == nil || err.Error() != c.want {
			t.Errorf("%q: %v, want %s", c.code, err, c.want)
		}
	}
}
