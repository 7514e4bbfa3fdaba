package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// logServer logs the path of each request.
const logServer = `
	local http, logger = require "silly.net.http", require "silly.logger"
	local server = assert(http.listen {addr = "127.0.0.1:0", handler = function(s)
		logger.info("request", s.path)
		s:respond(200, {})
		s:closewrite("served")
	end})
	io.stderr:write("listening on ", server.addr, "\n")
`

// awaitLine waits until a file has text. Nothing tells when it has.
func awaitLine(t *testing.T, path, text string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		if data, err := os.ReadFile(path); err == nil && strings.Contains(string(data), text) {
			return
		}
		time.Sleep(time.Millisecond)
	}
	data, err := os.ReadFile(path)
	t.Fatalf("no %q in %s (%v):\n%s", text, path, err, data)
}

// TestSignalReopensTheLog: after a rename and SIGUSR1 lines go to a new file, and the old one has all before.
func TestSignalReopensTheLog(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	logs := filepath.Join(folder, "logs")
	path, old := filepath.Join(logs, "app.log"), filepath.Join(folder, "old.log")
	if err := os.Mkdir(logs, 0o700); err != nil {
		t.Fatal(err)
	}
	p := start(t, logServer, "--logpath="+path)
	addr := listening(p)
	fetch(t, "http://"+addr+"/first")
	if err := os.Rename(path, old); err != nil {
		t.Fatal(err)
	}
	fetch(t, "http://"+addr+"/second") // still there
	p.Signal(syscall.SIGUSR1)
	awaitLine(t, path, "")
	fetch(t, "http://"+addr+"/third")
	awaitLine(t, path, "request /third\n")
	awaitLine(t, old, "request /first\n")
	awaitLine(t, old, "request /second\n")
	if data, err := os.ReadFile(old); err != nil || strings.Contains(string(data), "third") {
		t.Errorf("%v, the old file:\n%s", err, data)
	}

	// A file that cannot be opened changes nothing.
	moved := filepath.Join(folder, "moved")
	if err := os.Rename(logs, moved); err != nil {
		t.Fatal(err)
	}
	p.Signal(syscall.SIGUSR1)
	awaitLine(t, filepath.Join(moved, "app.log"), " E cannot log to "+path+": no such file or directory\n")
	fetch(t, "http://"+addr+"/fourth")
	awaitLine(t, filepath.Join(moved, "app.log"), "request /fourth\n")
	p.Stop()
}

// TestSignalWithoutALog: SIGUSR1 ends nobody.
func TestSignalWithoutALog(t *testing.T) {
	t.Parallel()
	p := start(t, logServer)
	addr := listening(p)
	p.Signal(syscall.SIGUSR1)
	if got := fetch(t, "http://"+addr+"/path"); got != "served" {
		t.Errorf("after the signal: %q", got)
	}
	p.Await("request /path\n")
	p.Stop()
}
