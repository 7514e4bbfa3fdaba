// Package report writes the results of silly validate and silly test in the formats that people and build servers read.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"silly/cmd/silly/internal/results"
	"silly/internal/visible"
)

// A Reporter writes the results of a run. It is for one goroutine.
type Reporter interface {
	// Begin starts the report of a run of so many blocks.
	Begin(total int)
	// Result adds a result. They come in the order in which they are to be shown.
	Result(results.Result)
	// End ends the report. Its error is the first one that writing has met.
	End(results.Summary) error
}

// Progressing is what a Reporter can be besides that shows how far the run has come.
type Progressing interface {
	// More says that the run has n more blocks than was known.
	More(n int)
}

// Options are about formats for people; the others ignore them.
type Options struct {
	Color    bool // mark with ANSI colours
	Terminal bool // show progress on a line that is rewritten
	Width    int  // columns of the terminal, 0 for 80
	Quiet    bool // failures and warnings only
	Verbose  bool // also blocks that pass, with their output, and those that were skipped
}

// Formats are the names that New knows.
var Formats = []string{"human", "github", "junit", "tap", "json"}

// New returns a reporter that writes a format to w.
func New(format string, w io.Writer, o Options) (Reporter, error) {
	out := &output{w: w, disarm: disarm}
	switch format {
	case "human":
		return newHuman(out, o), nil
	case "github":
		out.disarm = disarmBrackets // its lines are commands
		return &github{out: out, quiet: o.Quiet}, nil
	case "junit":
		return newJUnit(out), nil
	case "tap":
		return &tap{out: out}, nil
	case "json":
		out.disarm = disarmJSON
		return newJSON(out), nil
	}
	return nil, fmt.Errorf("unknown format '%s', known are %s", format, strings.Join(Formats, ", "))
}

// output is a writer that remembers its first error and writes nothing after it. What is written at a time begins at
// the start of a line.
type output struct {
	w      io.Writer
	disarm func(string) string
	err    error
}

func (o *output) write(s string) {
	if o.err == nil && s != "" {
		_, o.err = io.WriteString(o.w, o.disarm(s))
	}
}

// name returns where a block is and its heading, on one line.
func name(r results.Result) string {
	n := fmt.Sprintf("%s:%d", r.File, r.Line)
	if r.Heading != "" {
		n += "  " + r.Heading
	}
	return oneLine(n)
}

// place returns file and line of a failure.
func place(r results.Result) (file string, line int) {
	file = r.Failure.File
	if file == "" {
		file = r.File
	}
	return file, r.Failure.Line
}

// at returns a place as the prefix of a message.
func at(file string, line int) string {
	if line <= 0 {
		return file + ": "
	}
	return fmt.Sprintf("%s:%d: ", file, line)
}

// failure returns why a block failed; a failed result without a reason has an empty one.
func failure(r results.Result) *results.Failure {
	if r.Failure == nil {
		return &results.Failure{File: r.File, Line: r.Line, Message: "failed"}
	}
	return r.Failure
}

// describe returns all that is known about a failed block below its name: several lines, each indented by
// four columns and ended.
func describe(r results.Result, s style) string {
	var b strings.Builder
	f := failure(r)
	r.Failure = f
	file, line := place(r)
	const indent = "    "
	for i, text := range lines(at(file, line) + f.Message) {
		if i > 0 {
			b.WriteString(indent)
		}
		b.WriteString(indent + text + "\n")
	}
	if source := strings.TrimRight(visible.Text(f.Source), " \t\n"); source != "" {
		source, _, _ = strings.Cut(source, "\n")
		number := fmt.Sprint(max(f.Line, 0))
		code := strings.TrimLeft(source, " \t")
		blank := source[:len(source)-len(code)]
		b.WriteString(indent + s.dim(number+" | ") + source + "\n")
		b.WriteString(indent + s.dim(strings.Repeat(" ", len(number))+" | ") + blank + s.red("^") + "\n")
	}
	if len(f.Diff) > 0 {
		b.WriteString(indent + "expected (-) and got (+):\n")
		for _, text := range f.Diff {
			text = oneLine(text)
			switch {
			case strings.HasPrefix(text, "-"):
				text = s.red(text)
			case strings.HasPrefix(text, "+"):
				text = s.green(text)
			}
			b.WriteString(indent + indent + text + "\n")
		}
	}
	if len(f.Traceback) > 0 {
		b.WriteString(indent + "traceback:\n")
		for _, call := range f.Traceback {
			b.WriteString(indent + indent + s.dim(oneLine(call)) + "\n")
		}
	}
	if len(f.Tasks) > 0 {
		b.WriteString(indent + "tasks:\n")
		for _, task := range f.Tasks {
			for i, text := range lines(task) {
				if i > 0 {
					text = indent + s.dim(strings.TrimLeft(text, " \t"))
				}
				b.WriteString(indent + indent + text + "\n")
			}
		}
	}
	if r.Output != "" || r.Truncated {
		b.WriteString(indent + "output:\n")
		b.WriteString(printed(r, s))
	}
	return b.String()
}

// printed returns the output of a block, each line marked as such.
func printed(r results.Result, s style) string {
	var b strings.Builder
	if r.Output != "" {
		for _, text := range lines(r.Output) {
			b.WriteString("    " + s.dim("| ") + text + "\n")
		}
	}
	if r.Truncated {
		b.WriteString("    " + s.dim("[it printed more]") + "\n")
	}
	return b.String()
}

// lines splits text into lines that are safe to show.
func lines(text string) []string {
	return strings.Split(strings.TrimSuffix(visible.Text(text), "\n"), "\n")
}

// summaryLine counts what became of the blocks.
func summaryLine(s results.Summary) string {
	warnings := ""
	switch n := len(s.Warnings); n {
	case 0:
	case 1:
		warnings = ", 1 warning"
	default:
		warnings = fmt.Sprintf(", %d warnings", n)
	}
	return fmt.Sprintf("%d passed, %d failed, %d skipped%s (%.2fs)", s.Passed, s.Failed, s.Skipped, warnings, s.Duration.Seconds())
}

// clean tells that nothing is wrong.
func clean(s results.Summary) bool { return s.Failed == 0 && len(s.Errors) == 0 }

// short formats a duration for people.
func short(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%dms", d.Milliseconds())
	}
	return fmt.Sprintf("%.2fs", d.Seconds())
}

// byFile groups results by their files, in the order in which the files come first.
func byFile(all []results.Result) [][]results.Result {
	var groups [][]results.Result
	index := map[string]int{}
	for _, r := range all {
		i, ok := index[r.File]
		if !ok {
			i = len(groups)
			index[r.File] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], r)
	}
	return slices.Clip(groups)
}
