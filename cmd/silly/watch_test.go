//go:build unix

package main

import (
	"bufio"
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
)

// A watched is a program that runs with --watch, in a folder of its own.
type watched struct {
	*testprocess.Process
	t      *testing.T
	folder string
}

// startWatched runs app.lua of the files.
func startWatched(t *testing.T, files map[string]string, flags ...string) *watched {
	t.Helper()
	w := &watched{t: t, folder: t.TempDir()}
	for name, text := range files {
		w.write(name, text)
	}
	w.Process = startCommand(t, append(append([]string{"--watch"}, flags...), filepath.Join(w.folder, "app.lua"))...)
	return w
}

// write puts a file in the place of another one, as editors do.
func (w *watched) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.folder, name)
	if err := os.WriteFile(path+"~", []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		w.t.Fatal(err)
	}
}

// listening waits until the program has listened n times, and returns its address.
func (w *watched) listening(n int) string {
	w.t.Helper()
	return w.AwaitMatches(regexp.MustCompile(`listens on (\S+)\n`), n)[0][1]
}

const watchedServer = `
	package.path = (arg[0]:gsub("app.lua$", "?.lua"))
	local greeting = require "greeting"
	local server = assert(require "silly.net.http".listen {addr = "127.0.0.1:0", handler = function(stream)
		local file = assert(io.open((arg[0]:gsub("app.lua$", "page.html"))))
		local body = greeting .. " " .. file:read "a"
		file:close()
		stream:respond(200, {["content-length"] = #body, connection = "close"})
		stream:closewrite(body)
	end})
	io.write("listens on ", server.addr, "\n")`

// TestWatchStartsAgain: a changed module or page is served soon, and no connection is refused meanwhile.
func TestWatchStartsAgain(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{"alone": nil, "with workers": {"--workers=2"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := startWatched(t, map[string]string{"app.lua": watchedServer, "greeting.lua": `return "hello"`, "page.html": "one"}, flags...)
			each := max(1, 2*len(flags))
			address := w.listening(each)
			if got := ask(t, address, "/"); got != "hello one" {
				t.Fatalf("got %q", got)
			}
			for range each { // with workers, each has read the page
				ask(t, address, "/")
			}
			w.write("greeting.lua", `return "hi"`)
			awaitAnswer(t, address, "hi one")
			w.listening(2 * each)
			awaitAnswer(t, address, "hi one")
			w.write("page.html", "two")
			w.listening(3 * each)
			awaitAnswer(t, address, "hi two")
			w.AwaitMatches(regexp.MustCompile(`silly: \S*greeting.lua changed, starting again\n`), 1)
			w.AwaitMatches(regexp.MustCompile(`silly: \S*page.html changed, starting again\n`), 1)
			w.Signal(syscall.SIGTERM)
			if got := w.Status(); got != 0 {
				t.Errorf("status %d\n%s", got, w.Output())
			}
		})
	}
}

// awaitAnswer asks until the answer is want; every request is answered.
func awaitAnswer(t *testing.T, address, want string) {
	t.Helper()
	for begin := time.Now(); ask(t, address, "/") != want; {
		if time.Since(begin) > patience {
			t.Fatalf("the answer never is %q", want)
		}
	}
}

// TestWatchKeepsWhatRuns: a file that does not compile changes nothing, and a program that has failed waits for the next one.
func TestWatchKeepsWhatRuns(t *testing.T) {
	t.Parallel()
	w := startWatched(t, map[string]string{"app.lua": watchedServer, "greeting.lua": `return "hello"`, "page.html": "one"})
	address := w.listening(1)
	w.write("greeting.lua", "return (\n")
	w.AwaitMatches(regexp.MustCompile(`silly: \S*greeting.lua:2: unexpected symbol near <eof>\nsilly: the program goes on as it was\n`), 1)
	if got := ask(t, address, "/"); got != "hello one" {
		t.Errorf("got %q", got)
	}
	w.write("greeting.lua", `error "boom"`)
	w.AwaitMatches(regexp.MustCompile(`(?s)silly: \S*greeting.lua:1: boom\nstack traceback:\n.*silly: waiting for a file to change\n`), 1)
	w.write("greeting.lua", `return "better"`)
	w.listening(2)
	if got := ask(t, address, "/"); got != "better one" {
		t.Errorf("got %q", got)
	}
	w.write("app.lua", `print "done"`)
	w.Await("done\nsilly: waiting for a file to change\n")
	w.write("app.lua", `require "silly".exit(7)`)
	w.Await("silly: the program has ended with status 7\nsilly: waiting for a file to change\n")
	w.Signal(syscall.SIGTERM)
	if got := w.Status(); got != 143 {
		t.Errorf("status %d\n%s", got, w.Output())
	}
}

// TestWatchBegins: with a script that does not compile, and with one that is not there.
func TestWatchBegins(t *testing.T) {
	t.Parallel()
	w := startWatched(t, map[string]string{"app.lua": "x = = 1"})
	w.Await("app.lua:1: unexpected symbol near '='\nsilly: waiting for a file to change\n")
	w.write("app.lua", `print "hello"`)
	w.Await("hello\n")
	missing := startWatched(t, nil)
	missing.Await("app.lua: no such file or directory\nsilly: waiting for a file to change\n")
	missing.write("app.lua", `print "there"`)
	missing.Await("there\n")
}

// TestWatchIgnoresWhatTheProgramWrites: else it would never come to rest.
func TestWatchIgnoresWhatTheProgramWrites(t *testing.T) {
	t.Parallel()
	w := startWatched(t, map[string]string{"count": "0", "app.lua": `
		local path = arg[0]:gsub("app.lua$", "count")
		local file = assert(io.open(path))
		local n = file:read "n" + 1
		file:close()
		file = assert(io.open(path, "w"))
		file:write(n)
		file:close()
		io.write("run ", n, "\n")
		require "silly.time".sleep(400) -- longer than a change takes to be noticed
		print "still here"`})
	w.Await("still here\n")
	w.write("app.lua", `print "the end"`)
	w.Await("the end\n")
	if strings.Contains(w.Output(), "run 2") || strings.Contains(w.Output(), "count changed") {
		t.Errorf("it ran again:\n%s", w.Output())
	}
}

// TestLivereload: a page hears of the new program when that listens.
func TestLivereload(t *testing.T) {
	t.Parallel()
	w := startWatched(t, map[string]string{"app.lua": watchedServer, "greeting.lua": `return "hello"`, "page.html": "one"}, "--livereload=127.0.0.1:0")
	address := w.listening(1)
	base := strings.TrimSuffix(w.AwaitMatches(regexp.MustCompile(`silly: livereload: (\S+)\n`), 1)[0][1], "/livereload.js")
	for path, want := range map[string]string{"/livereload.js": `new EventSource(new URL("/events", document.currentScript.src))`, "/other": "404"} {
		r, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s: %q, %v", path, body, err)
		}
	}
	r, err := http.Get(base + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	events := bufio.NewScanner(r.Body)
	events.Scan() // retry
	w.write("greeting.lua", `return "new"`)
	for events.Text() != "data: reload" {
		if !events.Scan() {
			t.Fatalf("no event: %v", events.Err())
		}
	}
	if got := ask(t, address, "/"); got != "new one" {
		t.Errorf("at the event the answer is %q", got)
	}
}

// TestWatchUsage: what does not go together.
func TestWatchUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, want string }{
		{"--watch -e x", "--watch needs a script in a file"},
		{"--watch -", "--watch needs a script in a file"},
		{"--livereload x.lua", "--livereload goes with --watch"},
		{"--watch --livereload=x x.lua", "it must be an address such as 127.0.0.1:35729"},
		{"--watch", "--watch needs a script in a file"},
	} {
		var out, errs strings.Builder
		if status := run(strings.Fields(c.args), nil, &out, &errs, nil); status != exitUsage || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%s: status %d, %q", c.args, status, errs.String())
		}
	}
}
