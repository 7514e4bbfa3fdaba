//go:build unix

package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"silly/internal/testprocess"

	"github.com/gorilla/websocket"
)

// startWorkers runs code in a process of its own with flags before the script.
func startWorkers(t *testing.T, code string, flags ...string) *testprocess.Process {
	t.Helper()
	script := filepath.Join(t.TempDir(), "script.lua")
	if err := os.WriteFile(script, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	return startCommand(t, append(flags, script)...)
}

// workerServer answers with the number of the worker, and fails or ends when it is asked to.
const workerServer = `
	local silly, http, task, signal = require "silly", require "silly.net.http", require "silly.task", require "silly.signal"
	local logger, worker = require "silly.logger", require "silly.worker"
	assert(silly.worker.id == worker.id and worker.count == 2)
	local main, failure = task.running()
	local server = assert(http.listen {addr = "127.0.0.1:0", handler = function(stream)
		local body = tostring(worker.id)
		stream:respond(200, {["content-length"] = #body, connection = "close"})
		stream:closewrite(body)
		if stream.path == "/fail" then
			failure = "asked to fail"
			task.wakeup(main)
		elseif stream.path == "/exit" then
			silly.exit(7)
		end
	end})
	signal("SIGUSR2", function() logger.info("a signal") end)
	io.write("worker ", worker.id, " on ")
	io.write(server.addr, "\n")
	task.wait()
	error(failure)`

var workerLine = regexp.MustCompile(`worker ([12]) on (\S+)\n`)

// awaitWorkers waits until workers have said n times that they serve, and returns the address, which must be always the same.
func awaitWorkers(t *testing.T, p *testprocess.Process, n int) string {
	t.Helper()
	lines := p.AwaitMatches(workerLine, n)
	for _, line := range lines {
		if line[2] != lines[0][2] {
			t.Errorf("workers listen on %s and %s", lines[0][2], line[2])
		}
	}
	return lines[0][2]
}

// ask returns which worker has answered a request, on a connection of its own.
func ask(t *testing.T, address, path string) string {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	r, err := client.Get("http://" + address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestWorkersShareConnections: evenly, also when they are few; the log, the report and a signal are about all of them.
func TestWorkersShareConnections(t *testing.T) {
	t.Parallel()
	p := startWorkers(t, workerServer, "--workers=2")
	address := awaitWorkers(t, p, 2)
	counts := map[string]int{}
	for range 64 {
		counts[ask(t, address, "/")]++
	}
	if len(counts) != 2 || counts["1"] > 38 || counts["2"] > 38 {
		t.Errorf("64 connections were spread as %v", counts)
	}
	p.Signal(syscall.SIGUSR2)
	p.AwaitMatches(regexp.MustCompile(` 0000000000000000 w1 I \S+script.lua:\d+ a signal`), 1)
	p.AwaitMatches(regexp.MustCompile(` 0000000000000000 w2 I \S+script.lua:\d+ a signal`), 1)
	p.Signal(syscall.SIGQUIT)
	p.Await("worker 1 of 2:\ntasks: 1\n")
	p.Await("worker 2 of 2:\ntasks: 1\n")
	p.Signal(syscall.SIGTERM)
	if got := p.Status(); got != 0 {
		t.Errorf("status %d\n%s", got, p.Output())
	}
}

// TestFailedWorkerStartsAgain: after pauses that grow, at the same address; the other one goes on.
func TestFailedWorkerStartsAgain(t *testing.T) {
	t.Parallel()
	p := startWorkers(t, workerServer, "--workers=2")
	address := awaitWorkers(t, p, 2)
	for n, pause := range []string{"100ms", "200ms"} {
		for ask(t, address, "/") != "1" { // the next one is worker 2
		}
		if got := ask(t, address, "/fail"); got != "2" {
			t.Fatalf("worker %s failed, want 2", got)
		}
		p.AwaitMatches(regexp.MustCompile(`silly: worker 2: \S+script.lua:21: asked to fail\nstack traceback:\n`), n+1)
		p.Await("silly: worker 2 starts again in " + pause + "\n")
		if got := ask(t, address, "/"); got != "1" {
			t.Errorf("worker %s answers while worker 2 pauses", got)
		}
		awaitWorkers(t, p, n+3)
	}
	seen := map[string]bool{}
	for range 4 {
		seen[ask(t, address, "/")] = true
	}
	if !seen["1"] || !seen["2"] {
		t.Errorf("only %v answer", seen)
	}
	p.Signal(syscall.SIGINT)
	if got := p.Status(); got != 0 {
		t.Errorf("status %d\n%s", got, p.Output())
	}
}

// TestAllWorkersFail: connections wait for the one that starts first.
func TestAllWorkersFail(t *testing.T) {
	t.Parallel()
	p := startWorkers(t, strings.Replace(workerServer, "count == 2", "count == 1", 1), "--workers=1")
	address := awaitWorkers(t, p, 1)
	for n := range 2 {
		ask(t, address, "/fail")
		p.AwaitMatches(regexp.MustCompile("starts again in"), n+1)
		if got := ask(t, address, "/"); got != "1" {
			t.Errorf("%q answers", got)
		}
		awaitWorkers(t, p, n+2)
	}
	p.Signal(syscall.SIGTERM)
	if got := p.Status(); got != 0 {
		t.Errorf("status %d\n%s", got, p.Output())
	}
}

// TestWorkersEnd: what ends all of them, and with which status.
func TestWorkersEnd(t *testing.T) {
	t.Parallel()
	t.Run("exit", func(t *testing.T) {
		t.Parallel()
		p := startWorkers(t, workerServer, "--workers=2")
		ask(t, awaitWorkers(t, p, 2), "/exit")
		if got := p.Status(); got != 7 {
			t.Errorf("status %d\n%s", got, p.Output())
		}
	})
	t.Run("failure without restart", func(t *testing.T) {
		t.Parallel()
		p := startWorkers(t, workerServer, "--workers=2", "--restart=no")
		ask(t, awaitWorkers(t, p, 2), "/fail")
		if got := p.Status(); got != 1 || strings.Contains(p.Output(), "again") {
			t.Errorf("status %d\n%s", got, p.Output())
		}
	})
	for name, c := range map[string]struct {
		code   string
		status int
		want   string
	}{
		"all return":          {`io.write("a"); io.write("b\n")`, 0, "^ab\nab\nab\n$"},
		"a task has failed":   {`require "silly.task".fork(function() if require "silly.worker".id == 2 then error "no" end end)`, 1, "w2 E .*: no\n"},
		"it does not compile": {"x = = 1", 1, `^silly: \S+script.lua:1: unexpected symbol near '='\n$`},
		// Who does not read a subscription cannot be woken by a message.
		"a deadlock": {`local s = require "silly.topic".subscribe "x" require "silly.task".wait()`, 1, "deadlock: 1 task waits"},
		"no newline": {`io.write("x")`, 0, "^xxx$"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startWorkers(t, c.code, "--workers=3", "--restart=no")
			if got := p.Status(); got != c.status || !regexp.MustCompile(c.want).MatchString(p.Output()) {
				t.Errorf("status %d\n%s", got, p.Output())
			}
		})
	}
}

// TestLinesOfWorkersDoNotMix: however the pieces of a line are written.
func TestLinesOfWorkersDoNotMix(t *testing.T) {
	t.Parallel()
	p := startWorkers(t, `
		local id, time = require "silly.worker".id, require "silly.time"
		for _ = 1, 200 do
			for _ = 1, 10 do io.write(id); io.stderr:write(id) end
			io.write("\n")
			io.stderr:write("\n")
			time.sleep(0)
		end`, "--workers=4")
	if got := p.Status(); got != 0 {
		t.Fatalf("status %d\n%s", got, p.Output())
	}
	counts := map[string]int{}
	for line := range strings.Lines(p.Output()) {
		counts[line]++
	}
	for id := 1; id <= 4; id++ {
		if line := strings.Repeat(fmt.Sprint(id), 10) + "\n"; counts[line] != 400 {
			t.Errorf("%d lines %q, want 400", counts[line], line)
		}
	}
	if len(counts) != 4 {
		t.Errorf("%d different lines: %v", len(counts), counts)
	}
}

// TestWorkersReadStandardInput: the script once for all, or what the first one reads.
func TestWorkersReadStandardInput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, input, want string }{
		{"--workers=2 - x", `print(..., io.read())`, "x\tnil\nx\tnil\n"},
		{"--workers=2 -e print(io.read())", "line\n", "line|nil"},
	} {
		var out, errs strings.Builder
		status := run(strings.Fields(c.args), strings.NewReader(c.input), &out, &errs, nil)
		ok := out.String() == c.want
		if first, second, two := strings.Cut(c.want, "|"); two {
			ok = out.String() == first+"\n"+second+"\n" || out.String() == second+"\n"+first+"\n"
		}
		if status != 0 || errs.Len() > 0 || !ok {
			t.Errorf("%s: status %d, %q, %q", c.args, status, out.String(), errs.String())
		}
	}
}

// TestWorkersUsage: values that the flags do not take.
func TestWorkersUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ flag, want string }{
		{"--workers=0", "it must be auto, or a number from 1 to 1024"},
		{"--workers=1025", "it must be auto, or a number from 1 to 1024"},
		{"--workers=many", "it must be auto, or a number from 1 to 1024"},
		{"--restart=maybe", "it must be yes or no"},
	} {
		var out, errs strings.Builder
		if status := run([]string{c.flag, "-e", ""}, nil, &out, &errs, nil); status != exitUsage || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%s: status %d, %q", c.flag, status, errs.String())
		}
	}
	var out, errs strings.Builder
	if status := run([]string{"--workers=auto", "-e", "print(require 'silly.worker'.count > 0)"}, nil, &out, &errs, nil); status != 0 || !strings.Contains(out.String(), "true\n") {
		t.Errorf("--workers=auto: status %d, %q, %q", status, out.String(), errs.String())
	}
}

// TestTopicsReachAllWorkers: a message reaches the sockets that joined in each worker, but the one that it came from.
func TestTopicsReachAllWorkers(t *testing.T) {
	t.Parallel()
	p := startWorkers(t, `
		local http, websocket, topic = require "silly.net.http", require "silly.net.websocket", require "silly.topic"
		local id = require "silly.worker".id
		local server = assert(http.listen {addr = "127.0.0.1:0", handler = function(stream)
			local sock = assert(websocket.upgrade(stream))
			assert(topic.join("room", sock, {id = stream.query.name}))
			sock:write(tostring(id), "text")
			while true do
				local data, kind = sock:read()
				if not data or kind == "close" then break end
				if data == "count" then
					local ids = {}
					for _, m in ipairs(topic.members("room", 1000)) do ids[#ids + 1] = m.id end
					table.sort(ids)
					sock:write(topic.count("room", 1000) .. " " .. table.concat(ids, " "), "text")
				else
					assert(topic.publish("room", data, {except = sock}))
				end
			end
			sock:close()
		end})
		io.write("worker ", id, " on ")
		io.write(server.addr, "\n")`, "--workers=2")
	address := awaitWorkers(t, p, 2)
	var socks []*websocket.Conn
	seen := map[string]bool{}
	for _, name := range []string{"a", "b", "c", "d"} {
		c, _, err := websocket.DefaultDialer.Dial("ws://"+address+"/?name="+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		socks = append(socks, c)
		seen[readText(t, c)] = true
	}
	if len(seen) != 2 {
		t.Errorf("only workers %v have sockets", seen)
	}
	ask := func(i int, text string) {
		if err := socks[i].WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 3 {
		ask(0, fmt.Sprint("hello ", n))
		for i, c := range socks[1:] {
			if got := readText(t, c); got != fmt.Sprint("hello ", n) {
				t.Errorf("socket %d got %q", i+1, got)
			}
		}
	}
	ask(0, "count") // nothing came before the answer
	if got := readText(t, socks[0]); got != "4 a b c d" {
		t.Errorf("in the room are %q", got)
	}
	for _, c := range socks {
		_ = c.Close()
	}
	p.Signal(syscall.SIGTERM)
	if got := p.Status(); got != 0 {
		t.Errorf("status %d\n%s", got, p.Output())
	}
}

// readText reads one message.
func readText(t *testing.T, c *websocket.Conn) string {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	_, data, err := c.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
