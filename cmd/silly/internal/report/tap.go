package report

import (
	"fmt"
	"strings"

	"silly/cmd/silly/internal/results"
	"silly/internal/visible"
)

// tap is version 14 of the Test Anything Protocol (testanything.org/tap-version-14-specification.html).
type tap struct {
	out  *output
	done int
}

// tapText escapes what the protocol gives a meaning in descriptions.
var tapText = strings.NewReplacer(`\`, `\\`, "#", `\#`)

func (t *tap) Begin(int) { t.out.write("TAP version 14\n") }

func (t *tap) Result(r results.Result) {
	t.done++
	var b strings.Builder
	if r.Status == results.Failed {
		b.WriteString("not ")
	}
	fmt.Fprintf(&b, "ok %d - %s", t.done, tapText.Replace(name(r)))
	if r.Status == results.Skipped {
		b.WriteString(" # SKIP")
		if r.Reason != "" {
			b.WriteString(" " + tapText.Replace(oneLine(r.Reason)))
		}
	}
	b.WriteByte('\n')
	if r.Status == results.Failed {
		diagnose(&b, r)
	}
	t.out.write(b.String())
}

// diagnose writes the YAML diagnostic block of a failed block.
func diagnose(b *strings.Builder, r results.Result) {
	f := failure(r)
	r.Failure = f
	file, line := place(r)
	b.WriteString("  ---\n")
	scalar(b, "message", f.Message)
	b.WriteString("  severity: fail\n  at:\n    file: " + quoted(file) + "\n")
	fmt.Fprintf(b, "    line: %d\n", line)
	scalar(b, "source", f.Source)
	block(b, "diff", strings.Join(f.Diff, "\n"))
	block(b, "traceback", strings.Join(f.Traceback, "\n"))
	block(b, "tasks", strings.Join(f.Tasks, "\n"))
	block(b, "output", r.Output)
	if r.Truncated {
		b.WriteString("  truncated: true\n")
	}
	b.WriteString("  ...\n")
}

// scalar writes a key with a text, unless that is empty.
func scalar(b *strings.Builder, key, text string) {
	if text != "" {
		b.WriteString("  " + key + ": " + quoted(text) + "\n")
	}
}

// quoted returns text as a double-quoted scalar (YAML 1.2 section 7.3.1).
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(visible.Text(text)) + `"`
}

// block writes a key with lines as a literal block scalar (YAML 1.2 section 8.1.2), unless there are none.
// The indentation is given, because the first line may begin with a space.
func block(b *strings.Builder, key, text string) {
	text = strings.TrimRight(visible.Text(text), "\n")
	if text == "" {
		return
	}
	b.WriteString("  " + key + ": |2-\n")
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString("    " + line + "\n")
	}
}

// End writes the plan, which may stand at the end: a run that stops at a failure has fewer results than
// it began with. Nothing comes after it.
func (t *tap) End(s results.Summary) error {
	var b strings.Builder
	for _, w := range s.Warnings {
		for _, text := range lines("warning: " + w.String()) {
			b.WriteString("# " + text + "\n")
		}
	}
	for _, e := range s.Errors {
		for _, text := range lines(e) {
			b.WriteString("# " + text + "\n")
		}
	}
	fmt.Fprintf(&b, "# %s\n1..%d\n", summaryLine(s), t.done)
	t.out.write(b.String())
	return t.out.err
}
