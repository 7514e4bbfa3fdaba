package results

import (
	"bytes"
	"strings"
)

// An Output keeps the beginning of what is written to it.
type Output struct {
	bytes.Buffer
	Max       int  // bytes that are kept
	Truncated bool // there was more
}

// Add adds what is written.
func (o *Output) Add(p []byte) {
	if room := max(o.Max-o.Len(), 0); len(p) > room {
		p, o.Truncated = p[:room], true
	}
	o.Buffer.Write(p)
}

// Task describes a task for Failure.Tasks: it waits in something, or if that is "", it is in a status; calls are its traceback.
func Task(name, waitsFor, status string, calls []string) string {
	line := name + " is " + status
	if waitsFor != "" {
		line = name + " waits in " + waitsFor
	}
	return strings.Join(append([]string{line}, calls...), "\n")
}
