// Package results is what became of what a command has run: examples of documentation, or tests.
package results

import (
	"fmt"
	"time"
)

// Status says what became of an example or test.
type Status uint8

// What can become of an example or test.
const (
	Passed Status = iota
	Failed
	Skipped
)

// String returns the status as a lower-case word.
func (s Status) String() string {
	switch s {
	case Passed:
		return "passed"
	case Failed:
		return "failed"
	}
	return "skipped"
}

// A Result is what became of one example or test.
type Result struct {
	File    string // as the user named it, with forward slashes
	Line    int    // of the opening fence, or of the call that names the test
	Heading string // the nearest heading above, or the name of the test; "" for none
	Status  Status
	Reason  string // why it was skipped; may be empty
	// Failure says why it failed; nil otherwise.
	Failure *Failure
	// Output is what it printed, to standard output and standard error, up to a limit.
	Output    string
	Truncated bool // it printed more
	Duration  time.Duration
}

// A Failure says why an example or test failed.
type Failure struct {
	// File and Line are the place: in most cases in File of the Result.
	File string
	Line int
	// Message is in lower case and says what was wrong, without the place. It may have several lines.
	Message string
	// Source is the text of the line at fault, "" where unknown.
	Source string
	// Traceback has the calls that were active, one "file:line: in ..." each, innermost first.
	Traceback []string
	// Diff compares what was expected and what there is, one line each with "-", "+" or " " in front; nil when
	// nothing was compared, or it was as expected.
	Diff []string
	// Tasks describes tasks that were running or waiting when the time was up, or that wait for ever: the
	// first line names the task and what it does, the others are its traceback.
	Tasks []string
}

// Count adds a result.
func (s *Summary) Count(r Result) {
	switch r.Status {
	case Passed:
		s.Passed++
	case Failed:
		s.Failed++
	case Skipped:
		s.Skipped++
	}
}

// A Summary counts results.
type Summary struct {
	Passed, Failed, Skipped int
	Duration                time.Duration // of the whole run
	// Errors are problems beside them, such as files that cannot be read.
	Errors []string
	// Warnings do not make a run fail.
	Warnings []Warning
}

// A Warning is about a line that looks as if it were to be run, and is not.
type Warning struct {
	File    string // as the user named it, with forward slashes
	Line    int
	Message string
}

// String is the warning for people who see no report.
func (w Warning) String() string { return fmt.Sprintf("%s:%d: %s", w.File, w.Line, w.Message) }
