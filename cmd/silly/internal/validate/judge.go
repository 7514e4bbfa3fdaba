package validate

import (
	"fmt"
	"strconv"
	"strings"

	"silly/cmd/silly/internal/results"
	"silly/cmd/silly/internal/workers"
)

// judge makes the result of an outcome.
func (b *Block) judge(o outcome, options Options) {
	b.result.Status = results.Passed
	b.result.Output = string(o.Output)
	b.result.Truncated = o.Truncated
	b.result.Duration = o.Duration
	if o.Ending == notReached {
		if b.before.result.Status == results.Passed {
			b.fail(&results.Failure{Line: b.Line, Message: "the block that it continues has ended the program"})
			return
		}
		b.result.Status, b.result.Reason = results.Skipped, "the block that it continues has not passed"
		return
	}
	if failure := b.verdict(o, options); failure != nil {
		b.fail(failure)
		return
	}
	b.compare(o, options)
}

// fail makes the block a failed one.
func (b *Block) fail(f *results.Failure) {
	if f.File == "" {
		f.File = b.Document.Name
	}
	if f.File == b.Document.Name {
		f.Source = b.sourceLine(f.Line)
	}
	b.result.Status, b.result.Failure = results.Failed, f
}

// verdict says why the ending is not the one that the block's words ask for, or nil.
func (b *Block) verdict(o outcome, options Options) *results.Failure {
	here := func(format string, args ...any) *results.Failure {
		return &results.Failure{Line: b.Line, Message: fmt.Sprintf(format, args...), Tasks: o.Tasks}
	}
	timeout := options.Timeout
	if b.Words.Timeout > 0 {
		timeout = b.Words.Timeout
	}
	switch o.Ending {
	case outOfTime:
		f := here("still busy after %v", timeout)
		f.Line = b.lineIn(o.Tasks)
		return f
	case waitsForEver:
		f := here("it waits for ever: nothing is left that could happen")
		f.Line = b.lineIn(o.Tasks)
		return f
	case unresponsive:
		return here("still busy after %v, in a call that cannot be interrupted", timeout)
	case outOfMemory:
		return here("took more than %d MiB of memory", workers.MaxMemory>>20)
	case crashed:
		return here("the process that ran it has died: %s", messages(o.Errors))
	case badLuaPattern:
		return here("word 'fails': %s", messages(o.Errors))
	}

	w := b.Words
	switch {
	case w.SyntaxError:
		if o.Ending != notCompiled {
			return here("it compiles, which the word 'syntax_error' says it must not")
		}
		return nil
	case o.Ending == notCompiled:
		return b.raised(o)
	case w.Fails:
		switch {
		case o.Ending != raised:
			return here("it raises no error, which the word 'fails' says it must")
		case w.FailsPattern != "" && !o.Matched:
			f := b.raised(o)
			f.Message += "\nwhich does not match the pattern " + strconv.Quote(w.FailsPattern)
			return f
		}
		return nil
	case o.Ending == raised:
		return b.raised(o)
	case o.Ending == deadlocked:
		f := here("%s", messages(o.Errors))
		f.Line = b.lineIn(o.Tasks)
		return f
	case w.HasExit && o.Ending != exited:
		return here("it does not end with silly.exit(%d)", w.Exit)
	case o.Ending == exited && o.ExitStatus != w.Exit:
		return here("it ends with silly.exit(%d)", o.ExitStatus)
	}
	return nil
}

// raised is the failure of a block with errors.
func (b *Block) raised(o outcome) *results.Failure {
	first := o.Errors[0]
	f := &results.Failure{Message: first.Message, Traceback: first.Traceback}
	if line, rest, ok := b.cutPlace(first.Message); ok {
		f.Line, f.Message = line, rest
	} else {
		f.Line = b.lineIn(first.Traceback)
	}
	for _, e := range o.Errors[1:] {
		f.Message += "\nand " + e.Message
	}
	return f
}

func messages(errors []luaError) string {
	var all []string
	for _, e := range errors {
		all = append(all, e.Message)
	}
	return strings.Join(all, "\n")
}

// cutPlace takes "document:line: " off the front of a message.
func (b *Block) cutPlace(message string) (line int, rest string, ok bool) {
	rest, ok = strings.CutPrefix(message, b.Document.Name+":")
	if !ok {
		return 0, message, false
	}
	number, rest, ok := strings.Cut(rest, ": ")
	line, err := strconv.Atoi(number)
	if !ok || err != nil {
		return 0, message, false
	}
	return line, rest, true
}

// lineIn is the first line of the block that lines of a traceback name, or that of the fence.
func (b *Block) lineIn(traceback []string) int {
	for _, text := range traceback {
		for frame := range strings.SplitSeq(text, "\n") {
			if line, _, ok := b.cutPlace(frame); ok && line > b.Line && line <= b.Line+len(b.Lines) {
				return line
			}
		}
	}
	return b.Line
}

// sourceLine is the text of a line of the document that belongs to the block.
func (b *Block) sourceLine(line int) string {
	if i := line - b.Line - 1; i >= 0 && i < len(b.Lines) {
		return b.Lines[i].Text
	}
	return ""
}

// compare compares what the block has printed with what it says.
func (b *Block) compare(o outcome, options Options) {
	expected, ok := Expectation(b.Lines)
	if !ok || b.Words.NoRun || b.Words.SyntaxError {
		return
	}
	diff, same := expected.Compare(string(o.Stdout))
	switch {
	case same:
	case options.Update && b.Document.Path != "" && !o.Incomplete:
		b.differ, b.update = true, string(o.Stdout)
		b.result.Reason = "expected output updated"
	default:
		b.fail(&results.Failure{Line: b.Line + 1 + expected.Line, Message: "it prints something else than it says", Diff: diff})
	}
}
