package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"silly/internal/testprocess"
)

// signalServer answers, computes without end for /busy, and prints a line for /print.
const signalServer = `
	local http = require "silly.net.http"
	local server = assert(http.listen {addr = "127.0.0.1:0", handler = function(s)
		if s.path == "/busy" then
			io.stderr:write("computing\n")
			while true do end -- here it computes
		end
		if s.path == "/print" then print("printed") io.write("written\n") end
		s:respond(200, {})
		s:closewrite("served")
	end})
	io.stderr:write("listening on ", server.addr, "\n")
`

// listening is the address that signalServer listens on.
func listening(p *testprocess.Process) string {
	p.Await("listening on ")
	_, addr, _ := strings.Cut(p.Output(), "listening on ")
	addr, _, _ = strings.Cut(addr, "\n")
	return addr
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestQuitReports: SIGQUIT shows what a program does, also while a task computes, and the program goes on.
func TestQuitReports(t *testing.T) {
	t.Parallel()
	p := start(t, signalServer)
	addr := listening(p)
	p.Signal(syscall.SIGQUIT)
	p.Await("adds the stacks of Go)\n")
	for _, want := range []string{"silly: report of ", "tasks: 0\n", "open: 1\n\thttp server " + addr + " listens, 0 requests under way\n", "memory: "} {
		if !strings.Contains(p.Output(), want) {
			t.Errorf("no %q in the report:\n%s", want, p.Output())
		}
	}
	if strings.Contains(p.Output(), "goroutine profile") {
		t.Errorf("one signal shows the stacks of Go:\n%s", p.Output())
	}
	p.Signal(syscall.SIGQUIT)
	p.Await("goroutine profile")
	if got := fetch(t, "http://"+addr+"/"); got != "served" {
		t.Errorf("after the reports: %q", got)
	}
	go func() { _, _ = http.Get("http://" + addr + "/busy") }()
	p.Await("computing\n")
	p.Signal(syscall.SIGQUIT)
	p.Await("is RUN\nstack traceback:\n\t")
	p.Await("script.lua:6: in function <")
	p.Await("in a request")
}

// TestHangupStops: SIGHUP stops as SIGTERM does, unless it was ignored from the beginning, as under nohup.
func TestHangupStops(t *testing.T) {
	t.Parallel()
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) // the tests may run under nohup, and a process inherits that
	p := start(t, signalServer)
	listening(p)
	p.Signal(syscall.SIGHUP)
	if got := p.Status(); got != 0 {
		t.Errorf("a server: status %d", got)
	}
	p = start(t, `io.stderr:write("up\n") require("silly.time").sleep(1e9)`)
	p.Await("up")
	p.Signal(syscall.SIGHUP)
	if got := p.Status(); got != exitSignaled+int(syscall.SIGHUP) {
		t.Errorf("a script that serves nothing: status %d", got)
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "script.lua")
	if err := os.WriteFile(script, []byte(signalServer), 0o600); err != nil {
		t.Fatal(err)
	}
	p = testprocess.Start(t, exec.Command("/bin/sh", "-c", `trap "" HUP; exec "$0" "$1"`, sillyLink(t, executable), script))
	addr := listening(p)
	p.Signal(syscall.SIGHUP)
	if got := fetch(t, "http://"+addr+"/"); got != "served" {
		t.Errorf("under nohup: %q", got)
	}
	p.Stop()
}

// TestForcedEndNamesTheLine: whatever ends a task that computes says where it was.
func TestForcedEndNamesTheLine(t *testing.T) {
	t.Parallel()
	p := start(t, signalServer)
	go func(addr string) { _, _ = http.Get("http://" + addr + "/busy") }(listening(p))
	p.Await("computing\n")
	p.Signal(syscall.SIGTERM)
	p.Status()
	if want := " E interrupted while it computed\n\tstack traceback:\n"; !strings.Contains(p.Output(), want) || !strings.Contains(p.Output(), "script.lua:6: in function <") {
		t.Errorf("after one signal:\n%s", p.Output())
	}

	p = start(t, signalServer)
	go func(addr string) { _, _ = http.Get("http://" + addr + "/busy") }(listening(p))
	p.Await("computing\n")
	p.Signal(syscall.SIGTERM)
	p.Signal(syscall.SIGINT)
	if got := p.Status(); got != exitSignaled+int(syscall.SIGINT) && got != exitSignaled+int(syscall.SIGTERM) {
		t.Errorf("after two signals: status %d", got)
	}
	if want := "was computing\nstack traceback:\n"; !strings.Contains(p.Output(), want) || !strings.Contains(p.Output(), "script.lua:6: in function <") {
		t.Errorf("after two signals:\n%s", p.Output())
	}
}

// withClosedOutput runs code with a standard output that nobody reads any more.
func withClosedOutput(t *testing.T, code string) (cmd *exec.Cmd, stderr *bufio.Reader) {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = reader.Close()
	defer writer.Close()
	cmd = exec.Command(sillyLink(t, executable), "-e", code)
	cmd.Stdout = writer
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _, _ = cmd.Process.Wait() })
	return cmd, bufio.NewReader(pipe)
}

// TestServerOutlivesItsOutput: a server goes on when nobody reads what it prints; a script that only prints ends.
func TestServerOutlivesItsOutput(t *testing.T) {
	t.Parallel()
	_, stderr := withClosedOutput(t, signalServer)
	line, err := stderr.ReadString('\n')
	addr, found := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !found {
		t.Fatalf("%q, %v", line, err)
	}
	for range 3 {
		if got := fetch(t, "http://"+addr+"/print"); got != "served" {
			t.Fatalf("got %q", got)
		}
	}

	cmd, stderr := withClosedOutput(t, `while true do print "more" end`)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	text, _ := io.ReadAll(stderr)
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("it prints for ever")
	}
	if got := cmd.ProcessState.ExitCode(); got != exitSignaled+int(syscall.SIGPIPE) || len(text) > 0 {
		t.Errorf("status %d, %q", got, text)
	}
}

// TestReapsOrphansAsProcess1: the processes that the system gives to process 1 do not stay as zombies, and the status of
// its own commands is not lost.
func TestReapsOrphansAsProcess1(t *testing.T) {
	t.Parallel()
	if err := exec.Command("unshare", "--fork", "--pid", "--mount-proc", "true").Run(); err != nil {
		t.Skipf("this needs the right to make a PID namespace: %v", err)
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "script.lua")
	code := `
		local time = require "silly.time"
		assert(require("silly").pid == 1)
		local function zombies()
			local n = 0
			local cat <close> = io.popen("cat /proc/[0-9]*/stat 2>/dev/null")
			for line in cat:lines() do
				if line:match("^%d+ %(.*%) Z 1 ") then n = n + 1 end
			end
			return n
		end
		local own = io.popen("exit 7") -- which nobody waits for yet
		for _ = 1, 20 do
			os.execute("(sleep 0.05 & sleep 0.05 & exit 0) & exit 3")
			local ok, how, status = os.execute("exit 4")
			assert(not ok and how == "exit" and status == 4, how)
		end
		local last
		for _ = 1, 400 do
			last = zombies()
			if last == 1 then break end
			time.sleep(10)
		end
		assert(last == 1, last) -- own
		local ok, how, status = own:close()
		assert(status == 7, status)
		print "reaped"`
	if err := os.WriteFile(script, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("unshare", "--fork", "--pid", "--mount-proc", sillyLink(t, executable), script).CombinedOutput()
	if err != nil || string(out) != "reaped\n" {
		t.Errorf("%v: %s", err, out)
	}
}

// TestStopsUnderFlood: clients that send without end do not keep a server from stopping.
func TestStopsUnderFlood(t *testing.T) {
	t.Parallel()
	p := start(t, signalServer)
	addr := listening(p)
	requests := strings.Repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1000)
	var attackers sync.WaitGroup
	defer attackers.Wait()
	for range 8 {
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		attackers.Go(func() { _, _ = io.Copy(io.Discard, nc) })
		attackers.Go(func() {
			defer nc.Close()
			var err error
			for err == nil {
				_, err = io.WriteString(nc, requests)
			}
		})
	}
	if got := fetch(t, "http://"+addr+"/"); got != "served" {
		t.Errorf("got %q", got)
	}
	p.Stop()
}
