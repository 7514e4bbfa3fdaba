package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be the silly command, in scripts and in the tests of the page.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"silly": main})
}

// update makes the tests write what they got into the files that they compare with.
var update = flag.Bool("update", false, "update golden files")

// TestCommand runs the scripts of the command line.
func TestCommand(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", "atexit_sleep_ms=0") // else each command takes a second more
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"waitfile": waitFile,
			"match":    match,
			"notimes":  noTimes,
			"status":   status,
			"unix2dos": unix2dos,
			"sigterm":  sigterm,
		},
	})
}

// unix2dos makes the lines of a file end with CR LF.
func unix2dos(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: unix2dos file")
	}
	text := strings.ReplaceAll(ts.ReadFile(args[0]), "\n", "\r\n")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o666))
}

// noTimes writes a file with a T in place of each duration.
func noTimes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: notimes file result")
	}
	text := durations.ReplaceAllString(ts.ReadFile(args[0]), "$1$3${5}T$2$4$6")
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o666))
}

// durations are those for people "(12ms)" and those in JUnit and JSON, with what stands before them; JUnit has
// the time of day and the name of the machine as well.
var durations = regexp.MustCompile(`(\()[\d.]+m?s(\))|((?:time|timestamp|hostname)=")[^"]*(")|("duration": )[\d.e-]+(,|\n)`)

// waitFile waits until a file has a whole line: a script in the background has come so far.
func waitFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfile file")
	}
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		data, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && strings.HasSuffix(string(data), "\n") {
			ts.Setenv("line", strings.TrimSpace(string(data)))
			return
		}
		time.Sleep(5 * time.Millisecond) // polls; there is no event for a file of another process
	}
	ts.Fatalf("%s was not written", args[0])
}

// sigterm sends SIGTERM to the command in the background that has the given argument.
func sigterm(ts *testscript.TestScript, neg bool, args []string) {
	for _, cmd := range ts.BackgroundCmds() {
		if slices.Contains(cmd.Args, args[0]) {
			ts.Check(cmd.Process.Signal(syscall.SIGTERM))
			return
		}
	}
	ts.Fatalf("no command in the background has the argument %s", args[0])
}

// status runs a command and checks its exit status; what it prints is matched by what follows.
func status(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if neg || err != nil || len(args) < 2 {
		ts.Fatalf("usage: status number command [args]")
	}
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("status %d, want %d\n%s%s", got, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// match looks for a text, not a pattern, in stdout or stderr: Lua messages are full of brackets.
func match(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: match stdout|stderr text")
	}
	text := ts.ReadFile(args[0])
	if found := regexp.MustCompile(regexp.QuoteMeta(args[1])).MatchString(text); found == neg {
		ts.Fatalf("%s %q in %s:\n%s", map[bool]string{true: "unwanted", false: "no"}[found], args[1], args[0], text)
	}
}

// TestSecondSignalEndsAtOnce runs the command in this process, with a script that does not stop.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	signals := make(chan os.Signal, 2)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	status := make(chan int, 1)
	go func() {
		defer writer.Close()
		status <- run([]string{"-e", `
			local http, time = require "silly.net.http", require "silly.time"
			local s = http.listen {addr = "127.0.0.1:0", handler = function(stream) print "handling" time.sleep(1e9) end}
			print "listening"
			http.get("http://" .. s.addr)
		`}, os.Stdin, writer, writer, signals)
	}()
	buffer := make([]byte, 256)
	for text := ""; !strings.Contains(text, "handling"); {
		n, err := reader.Read(buffer)
		if err != nil {
			t.Fatalf("the script printed only %q: %v", text, err)
		}
		text += string(buffer[:n])
	}
	signals <- syscall.SIGTERM
	signals <- os.Interrupt
	if got := <-status; got != exitSignaled+int(syscall.SIGINT) {
		t.Errorf("status %d, want %d", got, exitSignaled+int(syscall.SIGINT))
	}
	signal.Reset()
}
