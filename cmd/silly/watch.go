package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"silly/cmd/silly/internal/filewatch"
	"silly/luahost"
)

// How long a program that is replaced may go on computing, and its handlers, and how long it waits for requests on connections
// that it has just accepted.
const (
	replaceBusyGrace = 500 * time.Millisecond
	replaceGrace     = 2 * time.Second
	replaceLinger    = 100 * time.Millisecond
)

// watch is what --watch needs.
type watch struct {
	files   *filewatch.Watcher
	pages   *livereload // with --livereload, else nil
	started atomic.Bool // the program was started anew, and does not listen yet
}

// newWatch begins to watch. livereload is where browsers hear of changes, or "".
func newWatch(livereload string) (*watch, error) {
	w := &watch{}
	if livereload != "" {
		var err error
		if w.pages, err = newLivereload(livereload); err != nil {
			return nil, err
		}
	}
	w.files = filewatch.New(false)
	return w, nil
}

func (w *watch) close() {
	w.files.Close()
	if w.pages != nil {
		w.pages.close()
	}
}

// changed gets the files that have changed; without a watch, nothing.
func (w *watch) changed() <-chan []string {
	if w == nil {
		return nil
	}
	return w.files.Changed()
}

// listens says that the program listens: pages can be loaded again. Any goroutine may call it.
func (w *watch) listens() {
	if w.pages != nil && w.started.Swap(false) {
		w.pages.reload()
	}
}

// waitForChange says that the program does not run.
func (t *team) waitForChange() {
	fmt.Fprintln(t.stderr, "silly: waiting for a file to change")
}

// reload starts the program anew because files have changed, unless they do not compile.
func (t *team) reload(paths []string) {
	for _, path := range paths {
		if err := checkFile(path); err != nil {
			explain("silly", nil, err, t.stderr)
			if len(t.running) > 0 {
				fmt.Fprintln(t.stderr, "silly: the program goes on as it was")
			} else {
				t.waitForChange()
			}
			return
		}
	}
	fmt.Fprintf(t.stderr, "silly: %s changed, starting again\n", changedNames(paths))
	t.version++
	t.pausing, t.failed = 0, exitOK
	t.watch.started.Store(true)
	workers := t.workers()
	if len(workers) == 0 {
		t.startNew()
		return
	}
	for _, w := range workers {
		w.member.KeepAll()
	}
	go shutDown(workers, replaceBusyGrace, replaceGrace, replaceLinger)
}

// replaced goes on when a worker of an earlier version has ended: after the last one the new version starts.
func (t *team) replaced(w *worker) {
	time.AfterFunc(takeover, w.member.Release)
	if len(t.running) == 0 {
		t.startNew()
	}
}

// startNew starts the program as its files are now.
func (t *team) startNew() {
	if err := t.startAll(); err != nil {
		explain("silly", nil, err, t.stderr)
		t.waitForChange()
	}
}

// checkFile compiles a file of Lua code, and says what is wrong with it. Another file, or one that is gone, is right.
func checkFile(path string) error {
	if filepath.Ext(path) != ".lua" {
		return nil
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	_, err = luahost.Compile(source, shortName(path), 1)
	return err
}

// shortName is a path as a user would write it: relative to the current folder, if it is below that.
func shortName(path string) string {
	folder, err := os.Getwd()
	if err != nil {
		return path
	}
	if rest, ok := strings.CutPrefix(path, folder+string(filepath.Separator)); ok {
		return rest
	}
	return path
}

// changedNames names files that have changed.
func changedNames(paths []string) string {
	const named = 3
	names := make([]string, 0, named)
	for _, path := range paths[:min(named, len(paths))] {
		names = append(names, shortName(path))
	}
	text := strings.Join(names, ", ")
	if more := len(paths) - named; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// defaultLivereload is where browsers hear of changes.
const defaultLivereload = "127.0.0.1:35729"

// livereloadFlag is the value of --livereload: an address, or "".
type livereloadFlag string

// IsBoolFlag lets the flag stand alone.
func (*livereloadFlag) IsBoolFlag() bool { return true }

// Set implements flag.Value.
func (l *livereloadFlag) Set(text string) error {
	switch text {
	case "true":
		text = defaultLivereload
	case "false":
		text = ""
	default:
		if _, _, err := net.SplitHostPort(text); err != nil {
			return fmt.Errorf("it must be an address such as %s", defaultLivereload)
		}
	}
	*l = livereloadFlag(text)
	return nil
}

// String implements flag.Value.
func (l *livereloadFlag) String() string { return string(*l) }
