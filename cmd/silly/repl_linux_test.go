package main

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"silly/internal/testterminal"
)

// startPrompt runs silly in a terminal, with a folder for state of its own, or that of another session.
func startPrompt(t *testing.T, state string, args ...string) *testterminal.Terminal {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(sillyLink(t, executable), args...)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "XDG_STATE_HOME="+state)
	term := testterminal.Start(t, cmd, 80, 24)
	term.Await("Lua 5.4. :help tells more, Ctrl-D leaves.", ">")
	return term
}

// startPromptAfter is startPrompt for a prompt that comes after the output of a script, which begins with lines.
func startPromptAfter(t *testing.T, args []string, lines ...string) *testterminal.Terminal {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(sillyLink(t, executable), args...)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "XDG_STATE_HOME="+t.TempDir())
	term := testterminal.Start(t, cmd, 200, 24)
	term.AwaitThat(strings.Join(lines, "\n"), func(all []string) bool {
		return len(all) > len(lines)+2 && all[len(all)-1] == ">" && slices.Equal(all[2:len(lines)+2], lines)
	})
	return term
}

// say types a line and waits for the lines that come of it, and the next prompt.
func say(t *testing.T, term *testterminal.Terminal, line string, want ...string) {
	t.Helper()
	term.Type(line + "\r")
	term.Await(append(append([]string{strings.TrimRight("> "+line, " ")}, want...), ">")...)
}

// leave leaves the prompt with Ctrl-D.
func leave(t *testing.T, term *testterminal.Terminal) {
	t.Helper()
	term.Type("\x04")
	if status := term.Status(); status != 0 {
		t.Errorf("status %d, want 0", status)
	}
}

func TestPromptPrintsValues(t *testing.T) {
	t.Parallel()
	term := startPrompt(t, t.TempDir())
	say(t, term, "1 + 1", "2")
	say(t, term, "1.0, 'a\\n\"', nil, true", `1.0     "a\n\"" nil     true`)
	say(t, term, "print 'no value'", "no value")
	say(t, term, "x = {1, 2, name = 'y', ['a b'] = {}}")
	say(t, term, "x", `{1, 2, ["a b"] = {}, name = "y"}`)
	say(t, term, "x.self = x; x.f = print")
	say(t, term, "x", `{1, 2, ["a b"] = {}, f = <function print>, name = "y", self = <cycle>}`)
	say(t, term, `'\27[31m\u{202e}\xff'`, `"\x1b[31m\u{202e}\xff"`)
	say(t, term, `("x"):rep(1e6):sub(1, 3000) ~= nil`, "true")
	say(t, term, "setmetatable({}, {__tostring = function() return 'mine\\27' end})", `<mine\x1b>`)
	say(t, term, "setmetatable({}, {__tostring = function() error 'no' end})", `<table>`)
	say(t, term, "setmetatable({}, {__index = function() error 'no' end, __name = 'C'})", `<C> {}`)
	say(t, term, "return 5", "5")
	say(t, term, "-- nothing")
	say(t, term, "")
	term.Type("{{1, 2}, ('word '):rep(10), list = {('word '):rep(10), 'b'}}\r")
	const words = `"word word word word word word word word word word "`
	term.Await("{", "  {1, 2},", "  "+words+",", "  list = {"+words+`, "b"}`, "}", ">")
	say(t, term, "t = {} for i = 1, 300 do t[i] = i end")
	term.Type("t\r")
	term.AwaitThat("the first hundred", func(lines []string) bool {
		return strings.HasSuffix(strings.Join(lines, "\n"), " 99, 100, ... 200 more\n}\n>")
	})
	say(t, term, "d = {} for i = 1, 50 do d = {d} end")
	say(t, term, "d", "{{{{{{{...}}}}}}}")
	leave(t, term)
}

func TestPromptReadsUntilComplete(t *testing.T) {
	t.Parallel()
	term := startPrompt(t, t.TempDir())
	term.Type("function f(n)\r")
	term.Await("> function f(n)", ">>")
	term.Type("\treturn n * 2\r") // a tab at the beginning is one
	term.Await(">>  return n * 2", ">>")
	term.Type("end\r")
	term.Await(">> end", ">")
	say(t, term, "f(21)", "42")
	term.Type("1 +\r2\r")
	term.Await(">> 2", "3", ">")
	term.Type("[[a\rb]]\r")
	term.Await(">> b]]", `"a\nb"`, ">")
	term.Type("f(\r\x03")
	term.Await("> f(", ">> ^C", ">")
	term.Type("f(\r\x04")
	term.Await("> f(", ">>", ">")
	say(t, term, "x = = 1", "prompt:1: unexpected symbol near '='")
	say(t, term, "1 + + 2", "prompt:1: unexpected symbol near '+'")
	say(t, term, `"abc`, `prompt:1: unfinished string near '"abc'`)
	term.Type("1 +")
	term.Await("> 1 +")
	term.Type("\x1a") // there is no shell to which it could go back
	term.Await("> 1 +", "> 1 +")
	term.Type(" 1\r")
	term.Await("> 1 +", "> 1 + 1", "2", ">")
	say(t, term, "break", "prompt:2: break outside loop at line 1")
	// A paste of several lines, with tabs; nothing in it is a key.
	term.Type("\x1b[200~for i = 1, 2 do\n\tprint('a\tb', i)\x03\nend\n\x1b[201~")
	term.Await("> for i = 1, 2 do", ">>  print('a b', i)", ">> end", "a       b       1", "a       b       2", ">")
	leave(t, term)
}

func TestPromptKeepsLocals(t *testing.T) {
	t.Parallel()
	term := startPrompt(t, t.TempDir())
	say(t, term, "local n, k <const> = 0, 'fixed'")
	say(t, term, "local function inc() n = n + 1 return n end")
	say(t, term, "inc(), inc()", "1       2")
	say(t, term, "n = 10")
	say(t, term, "inc(), n, k, _G.n", `11      11      "fixed" nil`)
	say(t, term, "local n = 'new'")
	say(t, term, "n, inc()", `"new"   12`)
	say(t, term, "do local n = 'inner' end")
	say(t, term, "n", `"new"`)
	say(t, term, "local n = 1 error 'fails'", "prompt:1: fails", "stack traceback:", "        [C]: in function 'error'",
		"        prompt:1: in main chunk")
	say(t, term, "n", `"new"`)
	say(t, term, "local c <close> = setmetatable({}, {__close = function() print 'closed' end})", "closed")
	say(t, term, "c", "nil")
	say(t, term, "goto over local skipped = 1 ::over::")
	say(t, term, "skipped", "nil")
	say(t, term, "local r = 5 return r + 1", "6")
	say(t, term, "r", "5")
	leave(t, term)
}

// TestPromptOutputAboveTheLine: a server answers while a line is edited, and its output leaves the line whole.
func TestPromptOutputAboveTheLine(t *testing.T) {
	t.Parallel()
	term := startPrompt(t, t.TempDir())
	term.Type("\x1b[200~local http = require 'silly.net.http'\nlocal hits = 0\n" +
		"server = http.listen {addr = '127.0.0.1:0', handler = function(stream)\n\thits = hits + 1\n" +
		"\tif stream.path == '/part' then io.write 'part ' else print('served ' .. stream.path) end\n" +
		"\tstream:respond(200)\n\tstream:closewrite(tostring(hits))\nend}\nserver.addr\n\x1b[201~")
	var address string
	term.AwaitThat("the address", func(lines []string) bool {
		found := regexp.MustCompile(`(?m)^"(127\.0\.0\.1:\d+)"\n>$`).FindStringSubmatch(strings.Join(lines, "\n"))
		if found != nil {
			address = found[1]
		}
		return found != nil
	})
	get := func(path string) {
		t.Helper()
		response, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}
	term.Type("hits + 1000 -- and more than one line of the terminal, so that what is edited goes on")
	term.Type(strings.Repeat("\x1b[D", 30))
	edited := []string{"> hits + 1000 -- and more than one line of the terminal, so that what is edited", "goes on"}
	term.Await(edited...)
	get("/one")
	term.Await(append([]string{"served /one"}, edited...)...)
	get("/two")
	term.Await(append([]string{"served /one", "served /two"}, edited...)...)
	get("/part") // what is no line yet comes when the line has been edited
	get("/three")
	term.Await(append([]string{"served /one", "served /two", "part served /three"}, edited...)...)
	get("/part")
	term.Type("!!\r")
	term.Await("> hits + 1000 -- and more than one line of the terminal, !!so that what is edite",
		"d goes on", "part 1005", ">")
	say(t, term, "server:close()")
	leave(t, term)
}

func TestPromptInterrupts(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	term := startPrompt(t, t.TempDir())
	say(t, term, "task, time = require 'silly.task', require 'silly.time'")
	say(t, term, "tcp = require 'silly.net.tcp'")
	for _, input := range []string{
		"print 'go' while true do end",
		"print 'go' while true do pcall(error) end",
		"print 'go' time.sleep(1e9)",
		"print 'go' task.wait()",
		"print 'go' tcp.connect('" + silent.Addr().String() + "'):read(1)",
		"print 'go' io.read()",
		"print 'go' for _ in (\"x\"):rep(1e8):gmatch('.') do end",
		"print 'go' return setmetatable({}, {__tostring = function() while true do end end})",
	} {
		term.Type(input + "\r")
		term.Await("go", "")
		term.Type("\x03")
		term.AwaitThat("interrupted "+input, func(lines []string) bool {
			text := strings.Join(lines, "\n")
			text = text[strings.LastIndex(text, "\ngo"):]
			return strings.Contains(text, "interrupted\n") && strings.HasSuffix(text, "\n>")
		})
	}
	say(t, term, "'still ' .. 'there'", `"still there"`)
	// A task that computes for ever keeps inputs from running: Ctrl-C ends both.
	term.Type("task.fork(function() print 'begun' while true do end end)\r")
	term.AwaitThat("begun", func(lines []string) bool {
		return slices.Contains(lines, "begun") && slices.Contains(lines, "<thread>") && lines[len(lines)-1] == ">"
	})
	term.Type("1 + 1\r")
	term.Await("> 1 + 1", "")
	term.AwaitEditing(false)
	term.Type("\x03")
	term.AwaitThat("the task is interrupted", func(lines []string) bool {
		text := strings.Join(lines, "\n")
		return strings.Contains(text, " E interrupted\n") && strings.HasSuffix(text, "\ninterrupted\n>")
	})
	say(t, term, "1 + 2", "3")
	term.Type("local closed <close> = setmetatable({}, {__close = function() print 'closed' end}) " +
		"print 'go' time.sleep(1e9)\r")
	term.AwaitThat("go", func(lines []string) bool { return lines[len(lines)-1] == "go" || lines[len(lines)-2] == "go" })
	term.Type("\x03")
	term.AwaitThat("closed", func(lines []string) bool {
		text := strings.Join(lines, "\n")
		return strings.Contains(text, "\n^Cclosed\n") && strings.HasSuffix(text, "\n>")
	})
	term.Type("print 'go' return io.read()\r")
	term.Await("go", "")
	term.Type("typed\r")
	term.Await("go", "typed", `"typed"`, ">")
	leave(t, term)
}

func TestPromptCompletes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"own/init.lua", "own/part.lua", "single.lua"} {
		if err := os.MkdirAll(filepath.Join(dir, "own"), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("return {}"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	script := filepath.Join(dir, "start.lua")
	text := "C = setmetatable({}, {__index = {method = print, value = 1}}) x = {y = {deep = 1}}"
	if err := os.WriteFile(script, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	term := startPrompt(t, t.TempDir(), "repl", script)
	say(t, term, "local buffer = require 'silly.adt.buffer'.new()")
	say(t, term, "stream = require 'silly.net.http'")
	for typed, want := range map[string]string{
		"collectg":                `collectgarbage`,
		"string.rev":              `string.reverse`,
		"1 + x.y.d":               `1 + x.y.deep`,
		"('a'):up":                `('a'):up`,
		"buffer:readal":           `buffer:readall`,
		"C:m":                     `C:method`,
		"C:v":                     `C:v`,
		"C.v":                     `C.value`,
		`require "silly.net.webs`: `require "silly.net.websocket`,
		`require("own.p`:          `require("own.part`,
		"require 'sing":           "require 'single",
		"require 'ow":             "require 'own",
		"whi":                     "while",
		"a..stri":                 "a..string",
		":he":                     ":help",
		":doc websocket.con":      ":doc websocket.connect",
		"nothing.at.all.x":        "nothing.at.all.x",
		"_VERSION:rever":          "_VERSION:reverse",
	} {
		term.Type(typed + "\t?")
		term.Await("> " + want + "?")
		term.Type("\x03")
		term.Await("> "+want+"?^C", ">")
	}
	term.Type("table.un\t\x03")
	term.Await("> table.unpack^C", ">")
	term.Type("buffer:read\t")
	term.Await("read     readall", "> buffer:read")
	term.Type("\x15") // the line is empty again
	leave(t, term)
}

func TestPromptKeepsHistory(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	one := startPrompt(t, state)
	two := startPrompt(t, state)
	say(t, one, "'from one'", `"from one"`)
	say(t, two, "'from two'", `"from two"`)
	say(t, one, " 'secret'", `"secret"`)
	one.Type("do\r print 'a\\\\b'\rend\r")
	one.Await(">> end", `a\b`, ">")
	leave(t, one)
	say(t, two, "'the last'", `"the last"`)
	leave(t, two)
	path := filepath.Join(state, "silly", "history")
	text, err := os.ReadFile(path)
	if want := "'from one'\n'from two'\ndo\\n print 'a\\\\\\\\b'\\nend\n'the last'\n"; err != nil || string(text) != want {
		t.Errorf("history %q, want %q, %v", text, want, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	three := startPrompt(t, state)
	three.Type("\x1b[A")
	three.Await("> 'the last'")
	three.Type("\x1b[A")
	three.Await(`> do↵ print 'a\\b'↵end`)
	three.Type("\r")
	three.Await(`> do↵ print 'a\\b'↵end`, `a\b`, ">")
	three.Type("from\x12")
	three.Await("> 'from two'")
	three.Type("\x12")
	three.Await("> 'from one'")
	three.Type("\r")
	three.Await(`"from one"`, ">")
	leave(t, three)
}

func TestPromptShowsTheReference(t *testing.T) {
	t.Parallel()
	term := startPrompt(t, t.TempDir())
	say(t, term, ":doc mutex:lock", "(silly.sync.mutex)", "mutex:lock(key) -> lock", "",
		"The lock of key, which is any value but nil and NaN. Suspends while another",
		"task holds it; tasks get it in the order in which they asked. The task that",
		"holds it may lock it again, and releases it as many times. When another task",
		"wakes a waiting one with task.wakeup, lock returns nil, and the task has no",
		"lock.", "", "A key that nobody holds takes no memory.")
	say(t, term, ":doc mutex.lok", "nothing is known of mutex.lok. Did you mean mutex:lock?")
	term.Type(":doc silly.net.http\r")
	term.Await("-- space goes on, q ends --")
	before := len(term.Lines())
	term.Type(" ")
	term.AwaitThat("the second page", func(lines []string) bool {
		return len(lines) > before+18 && len(lines) <= before+23 && strings.HasPrefix(lines[len(lines)-1], "--")
	})
	term.Type("q")
	term.Await(">")
	say(t, term, ":nonsense", "there is no command :nonsense; :help lists them")
	term.Type(":help\r")
	term.Await("Ctrl-C ends the input that runs, or drops the edited one; Ctrl-\\ is :tasks.", ">")
	say(t, term, "require 'silly.time'.after(1e9, print)", "1")
	say(t, term, ":tasks", "tasks: 0", "timers: 1", "open: 0")
	term.Type("\x1c")
	term.Await("timers: 1", "open: 0", ">")
	term.Type(":quit\r")
	if status := term.Status(); status != 0 {
		t.Errorf("status %d, want 0", status)
	}
}

func TestPromptRunsAScriptFirst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := filepath.Join(dir, "first.lua")
	text := "local module = require 'beside'\nprint('script', module, ..., arg[2] .. arg[0] == 'b" + script + "')\n" +
		"answer = 42\nlocal hidden = 1\nfunction fails() error 'later' end\nerror 'now'\n"
	for name, text := range map[string]string{"first.lua": text, "beside.lua": "return 'beside'"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	term := startPromptAfter(t, []string{"repl", "--loglevel=error", script, "a", "b"},
		"script  beside  a       true", script+":6: now", "stack traceback:")
	say(t, term, "answer, hidden", "42      nil")
	term.Type("fails()\r")
	term.AwaitThat("traceback", func(lines []string) bool {
		text := strings.Join(lines, "\n")
		return strings.Contains(text, script+":5: in function 'fails'\n") && strings.HasSuffix(text, "\n>")
	})
	term.Type("require 'silly.task'.fork(function() error 'in a task' end)\r")
	term.AwaitThat("an error in the log", func(lines []string) bool {
		text := strings.Join(lines, "\n")
		logged := strings.Contains(text, " E prompt:1: in a task\n")
		return logged && slices.Contains(lines, "<thread>") && lines[len(lines)-1] == ">"
	})
	term.Type("require 'silly'.exit(7)\r")
	if status := term.Status(); status != 7 {
		t.Errorf("status %d, want 7", status)
	}
}

// TestPromptGivesTheTerminalBack, whatever ends it.
func TestPromptGivesTheTerminalBack(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]struct {
		keys   string
		signal os.Signal
		status int
	}{
		"Ctrl-D":  {"\x04", nil, 0},
		"exit":    {"require 'silly'.exit(3)\r", nil, 3},
		"later":   {"require 'silly.time'.after(1, function() require 'silly'.exit(4) end)\r", nil, 4},
		"SIGTERM": {"half a line", syscall.SIGTERM, 143},
		"SIGHUP":  {"while true do end\r", syscall.SIGHUP, 129},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			term := startPrompt(t, t.TempDir())
			term.Type(end.keys)
			if end.signal != nil {
				term.Await(strings.Split("> "+end.keys, "\r")...)
				term.Signal(end.signal)
			}
			if status := term.Status(); status != end.status {
				t.Errorf("status %d, want %d", status, end.status)
			}
			if !term.Cooked() {
				t.Error("the terminal was not given back")
			}
		})
	}
}

// TestPromptKnowsWideCharacters: the cursor is where one sees it, also behind characters that take two columns.
func TestPromptKnowsWideCharacters(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	term := startPrompt(t, state)
	term.Type("'房间和水'")
	term.Await("> '房间和水'")
	term.Type("\x1b[D\x1b[D\x7f") // the cursor is before 水, and 和 goes
	term.Await("> '房间水'")
	term.Type("\x1b[D\x1b[3~x\x06y\x1bOD\x02\x02\x04") // 间 goes, then x and y come
	term.AwaitThat("two letters", func(lines []string) bool { return lines[len(lines)-1] == "> '房水y'" })
	term.Type("\r")
	term.Await("> '房水y'", `"房水y"`, ">")
	term.Type("'房间'\x1b[D\x1b[D\x04") // Ctrl-D takes what is at the cursor
	term.Await("> '房'")
	term.Type("x\r")
	term.Await("> '房x'", `"房x"`, ">")
	say(t, term, "#'房间'", "6")
	term.Type("\x1b[200~print '房间\t和'\x1b[201~\r")
	term.Await("> print '房间 和'", "房间    和", ">")
	leave(t, term)
	again := startPrompt(t, state)
	again.Type("\x1b[A\x1b[A\x1b[1;5D\x1b[1;5Dx")
	again.Await("> x#'房间'")
	again.Type("\x08\r")
	again.Await("> #'房间'", "6", ">")
	leave(t, again)
}

// TestPromptStops: Ctrl-Z leads to the shell, and fg back to the line.
func TestPromptStops(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bash, "--norc", "--noprofile", "-i")
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "XDG_STATE_HOME="+t.TempDir(), "HISTFILE=",
		"PS1=$ ", "INPUTRC=/dev/null", "LC_ALL=C")
	term := testterminal.Start(t, cmd, 200, 24)
	last := func(want string) {
		t.Helper()
		term.AwaitThat(want, func(lines []string) bool { return lines[len(lines)-1] == want })
	}
	last("$")
	term.Type(sillyLink(t, executable) + "\r")
	last(">")
	term.Type("1 +")
	last("> 1 +")
	term.Type("\x1a")
	term.AwaitThat("Stopped", func(lines []string) bool {
		return strings.Contains(strings.Join(lines, "\n"), "Stopped") && lines[len(lines)-1] == "$"
	})
	term.Type("fg\r")
	last("> 1 +")
	term.Type(" 41\r")
	term.Await("> 1 + 41", "42", ">")
	term.Type("\x04")
	last("$")
	term.Type("exit\r")
	if status := term.Status(); status != 0 {
		t.Errorf("status %d, want 0", status)
	}
}

// TestPromptKnowsTheWidth of the terminal also when that changes while a line is edited.
func TestPromptKnowsTheWidth(t *testing.T) {
	t.Parallel()
	term := startPrompt(t, t.TempDir())
	say(t, term, "require 'silly.signal' ('SIGUSR2', function() print 'a signal' end)", "<function signal.default>")
	long := "'" + strings.Repeat("x", 100) + "'"
	term.Type(long)
	term.Await("> "+long[:78], long[78:])
	term.Resize(120)
	term.Signal(syscall.SIGUSR2)
	term.Await("a signal", "> "+long)
	term.Type("\x15")
	leave(t, term)
}

// TestPromptIgnoresThatSIGINTWasIgnored: a shell starts what runs beside it so.
func TestPromptIgnoresThatSIGINTWasIgnored(t *testing.T) {
	t.Parallel()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", `trap "" INT; exec "$0"`, sillyLink(t, executable))
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "XDG_STATE_HOME="+t.TempDir())
	term := testterminal.Start(t, cmd, 80, 24)
	term.Await("Lua 5.4. :help tells more, Ctrl-D leaves.", ">")
	term.Type("print 'go' while true do end\r")
	term.Await("go", "")
	term.Type("\x03")
	term.Await("^Cinterrupted", "stack traceback:", "        prompt:1: in main chunk", ">")
	leave(t, term)
}

// TestPromptOnADumbTerminal uses no escape sequences.
func TestPromptOnADumbTerminal(t *testing.T) {
	t.Parallel()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(sillyLink(t, executable))
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "TERM=dumb", "XDG_STATE_HOME="+t.TempDir())
	term := testterminal.Start(t, cmd, 80, 24)
	term.Await("Lua 5.4. :help tells more, Ctrl-D leaves.", ">")
	say(t, term, "1 + 2", "3")
	term.Type("f(\r")
	term.Await("> f(", ">>")
	term.Type("\x03")
	term.Await("> f(", ">> ^C", ">")
	say(t, term, "io.write 'a\\n' return nil", "a", "nil")
	term.Type("print 'go' while true do end\r")
	term.Await("go", "")
	term.Type("\x03")
	term.Await("stack traceback:", "        prompt:1: in main chunk", ">")
	say(t, term, ":doc lock:unlock x", "nothing is known of lock:unlock x. Did you mean lock:unlock?")
	term.Type(":doc silly.net.http\r")
	term.AwaitThat("the whole page", func(lines []string) bool { return len(lines) > 300 && lines[len(lines)-1] == ">" })
	if term.Escapes() > 0 {
		t.Errorf("%d escape sequences", term.Escapes())
	}
	leave(t, term)
}
