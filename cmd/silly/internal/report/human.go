package report

import (
	"fmt"
	"strings"

	"silly/cmd/silly/internal/results"
)

// human is the format for people.
type human struct {
	out     *output
	style   style
	options Options

	total, done, failed int
	progress            bool // there is a progress line to wipe
}

func newHuman(out *output, o Options) *human {
	if o.Width <= 0 {
		o.Width = 80
	}
	return &human{out: out, style: style{o.Color}, options: o}
}

// wipe goes back to the start of the line and erases it (ECMA-48: CR, EL).
const wipe = "\r\x1b[K"

func (h *human) Begin(total int) {
	h.total = total
	h.show("", "")
}

// More implements Progressing.
func (h *human) More(n int) {
	h.total += n
	h.show("", "")
}

func (h *human) Result(r results.Result) {
	h.done++
	var text string
	switch r.Status {
	case results.Failed:
		h.failed++
		text = h.style.red("FAIL") + " " + name(r) + "\n" + describe(r, h.style) + "\n"
	case results.Skipped:
		if h.options.Verbose {
			text = h.style.yellow("skip") + " " + name(r) + because(r) + "\n"
		}
	default:
		if h.options.Verbose || r.Reason != "" && !h.options.Quiet {
			text = h.style.green("ok") + "   " + name(r) + h.style.dim(" ("+short(r.Duration)+")") + because(r) + "\n"
		}
		if h.options.Verbose {
			text += printed(r, h.style)
		}
	}
	h.show(text, name(r))
}

func because(r results.Result) string {
	if r.Reason == "" {
		return ""
	}
	return ": " + oneLine(r.Reason)
}

// show writes text in place of the progress line, and that line anew below.
func (h *human) show(text, last string) {
	if !h.options.Terminal || h.options.Quiet {
		h.out.write(text)
		return
	}
	var line string
	if h.done < h.total {
		line = fmt.Sprintf("%d/%d", h.done, h.total)
		if h.failed > 0 {
			line += fmt.Sprintf(", %d failed", h.failed)
		}
		if last != "" {
			line += "  " + strings.ReplaceAll(last, "\t", " ")
		}
		// A full line would make some terminals go on to the next one.
		line = cut(line, h.options.Width-1)
	}
	if h.progress {
		text = wipe + text
	}
	h.progress = line != ""
	h.out.write(text + line)
}

func (h *human) End(s results.Summary) error {
	var b strings.Builder
	if h.progress {
		b.WriteString(wipe)
	}
	problem := func(label, message string) {
		for i, text := range lines(message) {
			if i == 0 {
				text = label + " " + text
			} else {
				text = "    " + text
			}
			b.WriteString(text + "\n")
		}
	}
	for _, w := range s.Warnings {
		problem(h.style.yellow("warning:"), w.String())
	}
	for _, e := range s.Errors {
		problem(h.style.red("error:"), e)
	}
	if !h.options.Quiet || !clean(s) {
		text := summaryLine(s)
		if clean(s) {
			text = h.style.green(text)
		} else {
			text = h.style.red(text)
		}
		b.WriteString(text + "\n")
	}
	h.out.write(b.String())
	return h.out.err
}
