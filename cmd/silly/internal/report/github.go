package report

import (
	"fmt"
	"strings"

	"silly/cmd/silly/internal/results"
	"silly/internal/visible"
)

// github is the format of workflow commands of GitHub Actions, which make annotations.
type github struct {
	out   *output
	quiet bool
}

// Escapes of workflow commands, as in the package command of actions/toolkit.
var (
	commandData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func (g *github) Begin(int) {}

func (g *github) Result(r results.Result) {
	if r.Status != results.Failed {
		return
	}
	r.Failure = failure(r)
	file, line := place(r)
	var b strings.Builder
	b.WriteString("::error file=" + commandProperty.Replace(oneLine(file)))
	if line > 0 {
		fmt.Fprintf(&b, ",line=%d", line)
	}
	title := oneLine(fmt.Sprintf("%s:%d", r.File, r.Line))
	if r.Heading != "" {
		title = oneLine(r.Heading)
	}
	b.WriteString(",title=" + commandProperty.Replace(title) + "::")
	b.WriteString(commandData.Replace(strings.TrimSpace(describe(r, style{}))) + "\n")
	g.out.write(b.String())
}

func (g *github) End(s results.Summary) error {
	var b strings.Builder
	for _, w := range s.Warnings {
		fmt.Fprintf(&b, "::warning file=%s,line=%d,title=silly validate::%s\n",
			commandProperty.Replace(oneLine(w.File)), w.Line, commandData.Replace(visible.Text(w.Message)))
	}
	for _, e := range s.Errors {
		b.WriteString("::error::" + commandData.Replace(visible.Text(e)) + "\n")
	}
	if !g.quiet || !clean(s) {
		b.WriteString(summaryLine(s) + "\n")
	}
	g.out.write(b.String())
	return g.out.err
}
