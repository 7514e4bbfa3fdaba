package validate

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain lets the test binary be a worker.
func TestMain(m *testing.M) {
	if os.Getenv("SILLY_TEST_WORKER") != "" {
		if err := RunWorker(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// testWorker makes the command of a worker.
func testWorker() *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SILLY_TEST_WORKER=1", "GORACE=atexit_sleep_ms=0")
	return cmd
}

// outcomes runs blocks as one chain in this process.
func outcomes(t *testing.T, c chain) []outcome {
	t.Helper()
	if c.Name == "" {
		c.Name = "doc.md"
	}
	if c.Folder == "" {
		c.Folder = t.TempDir()
	}
	for i := range c.Steps {
		if c.Steps[i].Timeout == 0 {
			c.Steps[i].Timeout = 20 * time.Second
		}
	}
	var all []outcome
	runChain(t.Context(), c, func(o outcome) { all = append(all, o) })
	return all
}

func one(t *testing.T, code string, access Access) outcome {
	t.Helper()
	return outcomes(t, chain{Access: access, Steps: []step{{Line: 10, Code: []byte(code)}}})[0]
}

// TestEndings runs a block for each way in which one can end.
func TestEndings(t *testing.T) {
	t.Parallel()
	const server = `local http = require "silly.net.http"
		local server = http.listen {addr = ":8080", handler = function(stream) print(stream.path) stream:respond(200, {}) stream:closewrite() end}
	`
	for _, c := range []struct {
		name, code string
		timeout    time.Duration
		ending     ending
		stdout     string
		message    string // of the first error
		task       string // that some line of the task reports has
	}{
		{name: "nothing", code: "", ending: endedWell},
		{name: "output", code: "print(1, 'a')\nio.write('b')\nio.stderr:write('c')", ending: endedWell, stdout: "1\ta\nb"},
		{name: "syntax error", code: "print(1)\nlocal = 2", ending: notCompiled, message: "doc.md:12: "},
		{name: "error", code: "\nerror('boom')", ending: raised, message: "doc.md:12: boom"},
		{name: "error value", code: "error({})", ending: raised, message: "(error object is a table value)"},
		{name: "error in a task", code: "require('silly.task').fork(function()\nerror('boom') end)", ending: raised, message: "doc.md:12: boom"},
		{name: "error after a while", code: "require('silly.time').after(10, function() error('late') end)", ending: raised, message: "doc.md:11: late"},
		{name: "error in a handler", code: server + "local function f() error('h') end\n" +
			"require('silly.net.http').listen {addr = ':81', handler = f}\nprint(require('silly.net.http').get('http://localhost:81/').status)",
			ending: raised, stdout: "500\n", message: "doc.md:13: h"},
		{name: "a caught error", code: "print(pcall(error, 'x'))", ending: endedWell, stdout: "false\tx\n"},
		{name: "exit", code: "print(1) require('silly').exit(3) print(2)", ending: exited, stdout: "1\n"},
		{name: "exit in a task", code: "require('silly.task').fork(function() require('silly').exit(3) end)", ending: exited},
		{name: "deadlock", code: "require('silly.sync.channel').new():pop()", ending: deadlocked, task: "main script waits in channel:pop"},
		{name: "deadlock of a task", code: "require('silly.task').fork(function()\nrequire('silly.task').wait() end)", ending: deadlocked, task: "doc.md:12: in function"},
		{name: "a server settles", code: server + "print(require('silly.net.http').get('http://localhost:8080/x').status)", ending: endedWell, stdout: "/x\n200\n"},
		{name: "waiting beside a server settles", code: server + "local ch = require('silly.sync.channel').new()\nrequire('silly.task').fork(function() ch:pop() end)", ending: endedWell},
		{name: "a request that nobody waits for is served", ending: endedWell, stdout: "/slow\n",
			code: server + "local s = require('silly.net.http').request('GET', 'http://localhost:8080/slow') s:closewrite()"},
		{name: "a websocket", ending: endedWell, stdout: "got hi\nhi\n", code: `
			local websocket = require "silly.net.websocket"
			require("silly.net.http").listen {addr = ":8080", handler = function(stream)
				local sock = websocket.upgrade(stream)
				local data = sock:read()
				print("got " .. data)
				sock:write(data)
				sock:read()
				sock:close()
			end}
			local sock = websocket.connect("ws://localhost:8080")
			sock:write("hi")
			print((sock:read()))
			sock:close()`},
		{name: "a loop", code: "local n = 0\nwhile true do n = n + 1 end", timeout: 100 * time.Millisecond, ending: outOfTime, task: "doc.md:12: in main chunk"},
		{name: "a loop in a task", code: "require('silly.task').fork(function()\nwhile true do end end)", timeout: 100 * time.Millisecond, ending: outOfTime, task: "doc.md:12: in function"},
		{name: "sleeping", code: "\nrequire('silly.time').sleep(1e6)", timeout: 100 * time.Millisecond, ending: outOfTime, task: "main script is sleeping"},
		{name: "a timer", code: "require('silly.time').after(1e6, print)", timeout: 100 * time.Millisecond, ending: outOfTime},
		{name: "reading for ever", timeout: 200 * time.Millisecond, ending: outOfTime, task: "waits in sock:read", code: `
			local websocket = require "silly.net.websocket"
			require("silly.net.http").listen {addr = ":8080", handler = function(stream) websocket.upgrade(stream) end}
			websocket.connect("ws://localhost:8080"):read()`},
		{name: "printing for ever", code: "while true do print('x') end", timeout: 300 * time.Millisecond, ending: outOfTime, task: "doc.md:11: in main chunk"},
		{name: "forking for ever", code: "local task = require 'silly.task'\nlocal function f() task.fork(f) end\nf()", timeout: 300 * time.Millisecond, ending: outOfTime},
		{name: "endless recursion", code: "local function f() return 1 + f() end\nf()", ending: raised, message: "doc.md:11: stack overflow"},
		{name: "standard input is empty", code: "print(io.read('a') == '')", ending: endedWell, stdout: "true\n"},
		{name: "not UTF-8", code: "print('\xff')", ending: endedWell, stdout: "\xff\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := outcomes(t, chain{Steps: []step{{Line: 10, Code: []byte(c.code), Timeout: c.timeout}}})[0]
			if o.Ending != c.ending {
				t.Errorf("ended %s, want %s: %+v", o.Ending, c.ending, o)
			}
			if got := string(o.Stdout); c.ending != outOfTime && got != c.stdout {
				t.Errorf("printed %q, want %q", got, c.stdout)
			}
			if c.message != "" && (len(o.Errors) == 0 || !strings.HasPrefix(o.Errors[0].Message, c.message)) {
				t.Errorf("errors %+v, want %q", o.Errors, c.message)
			}
			if !strings.Contains(strings.Join(o.Tasks, "\n"), c.task) {
				t.Errorf("tasks %q, want %q", o.Tasks, c.task)
			}
			if len(o.Output) > MaxOutput || len(o.Stdout) > maxCompared {
				t.Errorf("%d and %d bytes were kept", len(o.Output), len(o.Stdout))
			}
		})
	}
}

// TestChains: blocks that continue share globals, servers and tasks, and only the last may deadlock.
func TestChains(t *testing.T) {
	t.Parallel()
	all := outcomes(t, chain{Steps: []step{
		{Line: 1, Code: []byte("http, channel = require 'silly.net.http', require 'silly.sync.channel'\nx = 1")},
		{Line: 4, Code: []byte("server = http.listen {addr = ':80', handler = function(s) s:respond(200, {}) s:closewrite('hello') end}")},
		{Line: 6, Code: []byte("inbox = channel.new()\nrequire('silly.task').fork(function() print(inbox:pop()) end)")},
		{Line: 9, Code: []byte("return return"), CompileOnly: true},
		{Line: 11, Code: []byte("inbox:push(http.get('http://localhost').body .. x)")},
		{Line: 13, Code: []byte("server:close() error('x')"), Pattern: "^doc.md:14: x$"},
		{Line: 15, Code: []byte("print('never')")},
	}})
	var got []string
	for _, o := range all {
		got = append(got, fmt.Sprintf("%s %s", o.Ending, o.Stdout))
	}
	if want := "well |well |well |not compiled |well hello1\n|raised |not reached "; strings.Join(got, "|") != want {
		t.Errorf("got  %q\nwant %q", strings.Join(got, "|"), want)
	}
	if !all[5].Matched {
		t.Error("the error does not match")
	}
	all = outcomes(t, chain{Steps: []step{
		{Line: 1, Code: []byte("inbox = require('silly.sync.channel').new()\nrequire('silly.task').fork(function() inbox:pop() end)")},
		{Line: 4, Code: []byte("print('here')")},
	}})
	if all[0].Ending != endedWell || all[1].Ending != deadlocked {
		t.Errorf("a task that waits for ever: %s, %s", all[0].Ending, all[1].Ending)
	}
}

// TestSandbox: what a block may reach, and what it is told when it may not.
func TestSandbox(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret.txt")
	for path, text := range map[string]string{
		filepath.Join(folder, "data.txt"):       "data",
		filepath.Join(folder, "mod.lua"):        "return 'module'",
		filepath.Join(folder, "sub", "deep.md"): "deep",
		outside:                                 "secret",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(folder, "link.txt")); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	u, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	go func() {
		for {
			_, from, err := u.ReadFrom(make([]byte, 100))
			if err != nil {
				return
			}
			_, _ = u.WriteTo([]byte("real"), from)
		}
	}()
	const udp = "udp = require 'silly.net.udp' function ask(a) local c, e = udp.connect(a) return c and c:sendto 'x' and c:recvfrom() or e end "
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 1000))
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal"))
			c.Close()
		}
	}()
	const needsFS = "not allowed outside the document's folder without --allow-fs"
	for _, c := range []struct {
		name, code string
		access     Access
		want       string
	}{
		{"a file of the folder", "print(io.open('data.txt'):read('a'))", Access{}, "data"},
		{"below the folder", "print(io.open('sub/deep.md'):read('a'))", Access{}, "deep"},
		{"its absolute name", "print(io.open(FOLDER .. '/data.txt'):read('a'))", Access{}, "data"},
		{"a module", "print((require('mod')))", Access{}, "module"},
		{"loadfile", "print(loadfile('mod.lua')())", Access{}, "module"},
		{"outside", "print(io.open(OUTSIDE))", Access{}, "nil	OUTSIDE: " + needsFS + "	0"},
		{"outside by dots", "print(io.open('../x'))", Access{}, "nil	../x: " + needsFS + "	0"},
		{"outside by a link", "print(io.open('link.txt'))", Access{}, "nil	link.txt: " + needsFS + "	0"},
		{"outside by dofile", "print(pcall(dofile, OUTSIDE))", Access{}, "false	cannot open OUTSIDE: " + needsFS},
		{"writing", "print(io.open('data.txt', 'w'))", Access{}, "nil	data.txt: writing is not allowed without --allow-fs	0"},
		{"appending", "print(io.open('data.txt', 'a+'))", Access{}, "nil	data.txt: writing is not allowed without --allow-fs	0"},
		{"io.output", "print(pcall(io.output, 'x'))", Access{}, "false	doc.md:2: x: writing is not allowed without --allow-fs"},
		{"removing", "print(os.remove('data.txt'))", Access{}, "nil	data.txt: writing is not allowed without --allow-fs	0"},
		{"renaming", "print(os.rename('data.txt', 'x'))", Access{}, "nil	data.txt: writing is not allowed without --allow-fs	0"},
		{"temporary file", "print(io.tmpfile())", Access{}, "nil	writing is not allowed without --allow-fs	0"},
		{"temporary name", "print(pcall(os.tmpname))", Access{}, "false	doc.md:2: unable to generate a unique filename: writing is not allowed without --allow-fs"},
		{"reading with --allow-fs", "print(io.open(OUTSIDE):read('a'), io.open('link.txt'):read('a'), io.open('data.txt'):read('a'))", Access{FS: true}, "secret	secret	data"},
		{"writing with --allow-fs", "local f = io.open('new.txt', 'w') f:write('n') f:close() print(io.open('new.txt'):read('a'), os.remove('new.txt'))", Access{FS: true}, "n	true"},
		{"a command", "print(os.execute('true'))", Access{}, "nil	commands are not allowed without --allow-os"},
		{"is there a shell", "print(os.execute())", Access{}, "false"},
		{"a command's output", "print(io.popen('echo x'))", Access{}, "nil	echo x: commands are not allowed without --allow-os	0"},
		{"the environment", "print(os.getenv('PATH'))", Access{}, "nil"},
		{"a command with --allow-os", "print(io.popen('cat data.txt'):read('a'), os.getenv('PATH') ~= nil)", Access{OS: true}, "data	true"},
		{"another host", "print(http.get('http://example.com/'))", Access{}, "nil	connect example.com:80: network is unreachable: only the block's own network exists without --allow-net"},
		{"another address", "print(http.get('http://192.0.2.1/'))", Access{}, "nil	connect 192.0.2.1:80: network is unreachable: only the block's own network exists without --allow-net"},
		{"another host's websocket", "print(require('silly.net.websocket').connect('wss://example.com/'))", Access{}, "nil	connect example.com:443: network is unreachable: only the block's own network exists without --allow-net"},
		{"nobody listens", "print(http.get('http://ADDRESS/'))", Access{}, "nil	connect ADDRESS: connection refused"},
		{"the real network", "print((assert(http.get('http://ADDRESS/'))).body)", Access{Net: true}, "real"},
		{"another address over UDP", udp + "print(ask '192.0.2.1:53')", Access{}, "network is unreachable: only the block's own network exists without --allow-net"},
		{"the real network over UDP", udp + "print(ask 'PACKETS')", Access{Net: true}, "real"},
		{"its own network over UDP", udp + "local s = udp.bind 'PACKETS' require('silly.task').fork(function() s:sendto('own', select(2, s:recvfrom())) end) print(ask 'PACKETS')", Access{Net: true}, "own"},
		{"any address of its own", "http.listen {addr = '192.0.2.7:99', handler = function(s) s:respond(200, {}) s:closewrite('own') end} print(http.get('http://192.0.2.7:99/').body)", Access{}, "own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code := fmt.Sprintf("local http, FOLDER, OUTSIDE = require 'silly.net.http', %q, %q\n", folder, outside) +
				strings.NewReplacer("ADDRESS", l.Addr().String(), "PACKETS", u.LocalAddr().String()).Replace(c.code)
			o := outcomes(t, chain{Folder: folder, Access: c.access, Steps: []step{{Code: []byte(code)}}})[0]
			want := strings.NewReplacer("OUTSIDE", outside, "ADDRESS", l.Addr().String()).Replace(c.want) + "\n"
			if got := string(o.Stdout); got != want || o.Ending != endedWell {
				t.Errorf("printed %q, want %q; %s %v", got, want, o.Ending, o.Errors)
			}
		})
	}
}

// TestRealNetwork: a block with the word net has the machine's own network.
func TestRealNetwork(t *testing.T) {
	t.Parallel()
	o := outcomes(t, chain{Real: true, Access: Access{Net: true}, Steps: []step{{Code: []byte(`
		local http = require "silly.net.http"
		local server = http.listen {addr = "127.0.0.1:0", handler = function(s) s:respond(200, {}) s:closewrite("x") end}
		print(http.get("http://" .. server.addr).body)
	`)}}})[0]
	if string(o.Stdout) != "x\n" || o.Ending != endedWell {
		t.Errorf("%+v", o)
	}
}

// TestWorkers: a block that takes the process down, or cannot be stopped, ends its worker and nothing else.
func TestWorkers(t *testing.T) {
	t.Parallel()
	codes := []struct {
		code   string
		ending ending
	}{
		{"print('fine')", endedWell},
		{"local t = {} while true do t[#t + 1] = ('x'):rep(1e6) .. #t end", outOfMemory},
		{"print('fine')", endedWell},
		{"local f = require('silly.task').fork local function g() f(g) f(g) end g()", ""}, // by memory or time
		{"while true do pcall(string.find, ('a'):rep(40), ('a*'):rep(40) .. 'b') end", outOfTime},
		{"print('fine')", endedWell},
		{"print('fine')", endedWell},
	}
	var chains []chain
	for _, c := range codes {
		chains = append(chains, chain{Name: "x.md", Folder: ".", Steps: []step{
			{Code: []byte(c.code), Timeout: 20 * time.Second}, {Code: []byte("print(2)"), Timeout: time.Second},
		}})
	}
	chains[3].Steps[0].Timeout = 500 * time.Millisecond
	chains[4].Steps[0].Timeout = 100 * time.Millisecond
	got := make([][]outcome, len(chains))
	err := runAll(context.Background(), chains, 1, testWorker, func(chain, step int, o outcome) {
		if step != len(got[chain]) {
			t.Errorf("step %d of chain %d comes too early", step, chain)
		}
		got[chain] = append(got[chain], o)
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range codes {
		second := endedWell
		if c.ending != endedWell {
			second = notReached
		}
		if len(got[i]) != 2 || (got[i][0].Ending != c.ending && c.ending != "") || got[i][1].Ending != second {
			t.Errorf("%s: %+v, want %s and %s", c.code, got[i], c.ending, second)
		}
	}
	chains[0].Steps[0].Timeout = time.Millisecond
	runAll(context.Background(), chains[:1], 1, func() *exec.Cmd { return exec.Command("sleep", "1000") }, func(_, step int, o outcome) {
		if step == 0 && o.Ending != unresponsive {
			t.Errorf("a worker that says nothing: %+v", o)
		}
	})
	err = runAll(context.Background(), chains[:1], 1, func() *exec.Cmd { return exec.Command("/no/such/file") }, func(int, int, outcome) {
		t.Error("an outcome without a worker")
	})
	if err == nil {
		t.Error("no error when workers cannot be started")
	}
	runAll(context.Background(), chains[:1], 1, func() *exec.Cmd { return exec.Command("sh", "-c", "echo oh no >&2; exit 3") }, func(_, step int, o outcome) {
		if step == 0 && (o.Ending != crashed || !strings.Contains(o.Errors[0].Message, "oh no")) {
			t.Errorf("a worker that dies: %+v", o)
		}
	})
}

// TestManyBlocksLeaveNothingBehind runs 1,000 blocks in this process and counts goroutines.
func TestManyBlocksLeaveNothingBehind(t *testing.T) {
	codes := []string{
		"print(1)",
		"local t = require 'silly.task' for i = 1, 5 do t.fork(function() end) end",
		"require('silly.net.http').listen {addr = ':80', handler = print} require('silly.task').fork(require('silly.task').wait)",
		"error('x')",
		"require('silly').exit(1)",
	}
	before := runtime.NumGoroutine()
	for i := range 1000 {
		one(t, codes[i%len(codes)], Access{})
	}
	for range 2000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(5 * time.Millisecond) // polls: nobody tells of a goroutine's end
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
