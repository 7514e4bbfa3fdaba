// Package hostlog is the log of a host: one level and one destination for what its scripts and the host itself log.
package hostlog

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"time"

	"os"
)

// The formats of a destination.
const (
	Text = "text" // see textHandler
	JSON = "json" // that of slog.JSONHandler
)

// A Log decides what is logged, and where to. Any goroutine may call its methods.
type Log struct {
	*destination
	worker int // what lines say; 0 is nothing
	shared bool
}

// A destination is what logs share.
type destination struct {
	level slog.LevelVar
	open  func(name string) (io.WriteCloser, error)

	mu      sync.Mutex
	stderr  io.Writer
	own     slog.Handler // instead of one that writes to stderr; nil for none
	format  string
	path    string         // of the file; "" is stderr
	file    io.WriteCloser // nil is stderr
	handler slog.Handler   // of what the fields above say
}

// New makes a log that writes to stderr, or to handler if that is not nil, what has level info or above. openFile opens a file
// as os.OpenFile does.
func New(stderr io.Writer, handler slog.Handler, openFile func(name string, flag int, perm os.FileMode) (*os.File, error)) *Log {
	l := &destination{stderr: stderr, own: handler, format: Text}
	l.open = func(name string) (io.WriteCloser, error) {
		// Opening must not wait, as it would for the reader of a named pipe.
		return openFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND|syscall.O_NONBLOCK, 0o644)
	}
	l.rebuild()
	return &Log{destination: l}
}

// Share returns a log with the level and the destination of l, for another host: one that changes them changes them for
// both. Lines say which worker they are of, if worker is not 0. Closing it has no effect.
func (l *Log) Share(worker int) *Log {
	return &Log{destination: l.destination, worker: worker, shared: true}
}

// Enabled reports whether something of a level is logged.
func (l *destination) Enabled(level slog.Level) bool { return level >= l.level.Level() }

// Level is the lowest level that is logged.
func (l *destination) Level() slog.Level { return l.level.Level() }

// SetLevel sets the lowest level that is logged.
func (l *destination) SetLevel(level slog.Level) { l.level.Set(level) }

// Write logs a message, if its level is enabled. trace is that of the request it is about, 0 for none; source is where in a
// script it comes from, such as "app.lua:12", "" for nowhere.
func (l *Log) Write(level slog.Level, trace int64, source, message string) {
	if !l.Enabled(level) {
		return
	}
	record := slog.NewRecord(time.Now(), level, message, 0)
	record.AddAttrs(slog.String(traceKey, formatTrace(trace)))
	if l.worker > 0 {
		record.AddAttrs(slog.Int(workerKey, l.worker))
	}
	if source != "" {
		record.AddAttrs(slog.String(sourceKey, source))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.handler.Handle(context.Background(), record); err != nil && l.file != nil {
		// The disk is full, say: the line is not lost.
		_ = newTextHandler(l.stderr).Handle(context.Background(), record)
	}
}

// Open makes a file the destination: what is logged is added at its end. An empty path is the destination of New.
func (l *destination) Open(path string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.openLocked(path)
}

func (l *destination) openLocked(path string) error {
	var file io.WriteCloser
	if path != "" {
		var err error
		if file, err = l.open(path); err != nil {
			return err
		}
	}
	if l.file != nil {
		_ = l.file.Close()
	}
	l.path, l.file = path, file
	l.rebuild()
	return nil
}

// Reopen opens the file anew, by its name: what was moved away gets no more lines. If that fails, the log stays where it is.
func (l *destination) Reopen() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.path == "" {
		return nil
	}
	return l.openLocked(l.path)
}

// Path is that of the file, "" if there is none.
func (l *destination) Path() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.path
}

// SetFormat sets how lines look in a file and on stderr: Text or JSON.
func (l *destination) SetFormat(format string) error {
	if format != Text && format != JSON {
		return fmt.Errorf("unknown format '%s' of the log: %s or %s expected", format, Text, JSON)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.format = format
	l.rebuild()
	return nil
}

// Set sets what a name of the command line stands for: "logpath", "loglevel" or "logformat". ok is false for other names.
func (l *destination) Set(name, text string) (ok bool, err error) {
	switch name {
	case "logpath":
		return true, l.Open(text)
	case "logformat":
		return true, l.SetFormat(text)
	case "loglevel":
		level, ok := ParseLevel(text)
		if !ok {
			return true, fmt.Errorf("unknown level '%s' of the log: debug, info, warn or error expected", text)
		}
		l.SetLevel(level)
		return true, nil
	}
	return false, nil
}

// levels have the names of levels, in the order of the numbers that scripts know them by.
var levels = [...]struct {
	name  string
	level slog.Level
}{{"debug", slog.LevelDebug}, {"info", slog.LevelInfo}, {"warn", slog.LevelWarn}, {"error", slog.LevelError}}

// ParseLevel is the level of a name such as "debug", or of a number of Number.
func ParseLevel(text string) (slog.Level, bool) {
	for i, l := range levels {
		if strings.EqualFold(text, l.name) || text == string(rune('0'+i)) {
			return l.level, true
		}
	}
	return 0, false
}

// Number is the number that scripts know a level by: from 0 for debug to 3 for error.
func Number(level slog.Level) int {
	for i := len(levels) - 1; i > 0; i-- {
		if level >= levels[i].level {
			return i
		}
	}
	return 0
}

// LevelOf is the level of a number of Number.
func LevelOf(number int) slog.Level { return levels[number].level }

// Close closes the file. What comes later goes where it went before there was one.
func (l *Log) Close() {
	if !l.shared {
		_ = l.Open("")
	}
}

// rebuild makes the handler. The caller holds the lock, or is the only one.
func (l *destination) rebuild() {
	w := l.stderr
	switch {
	case l.file != nil:
		w = l.file
	case l.own != nil:
		l.handler = l.own
		return
	}
	if l.format == JSON {
		l.handler = slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})
	} else {
		l.handler = newTextHandler(w)
	}
}
