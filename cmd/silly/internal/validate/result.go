package validate

import "time"

// Status says what became of a block.
type Status uint8

// What can become of a block.
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

// A Result is what became of one block.
type Result struct {
	File    string // as the user named it, with forward slashes
	Line    int    // of the opening fence
	Heading string // the nearest heading above, "" for none
	Status  Status
	Reason  string // why it was skipped; may be empty
	// Failure says why it failed; nil otherwise.
	Failure *Failure
	// Output is what the block printed, to standard output and standard error, at most MaxOutput bytes.
	Output    string
	Truncated bool // it printed more
	Duration  time.Duration
}

// A Failure says why a block failed.
type Failure struct {
	// File and Line are the place: in most cases in the Markdown file, which then is File of the Result.
	File string
	Line int
	// Message is in lower case and says what was wrong, without the place. It may have several lines.
	Message string
	// Source is the text of the line at fault, "" where unknown.
	Source string
	// Traceback has the calls that were active, one "file:line: in ..." each, innermost first.
	Traceback []string
	// Diff compares expected and real output, one line each with "-", "+" or " " in front; nil when the
	// output was not compared or as expected.
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
	// Errors are problems beside blocks, such as files that cannot be read.
	Errors []string
	// Warnings do not make a run fail.
	Warnings []Warning
}

// A Warning is about a line of a document that looks as if it were for silly validate, and is not.
type Warning struct {
	File    string // as the user named it, with forward slashes
	Line    int
	Message string
}
