package report

import (
	"regexp"
	"strings"
	"sync"
)

// Build servers take commands from the output of what they run: GitHub Actions from lines that begin with two colons
// behind white space, and, like Azure Pipelines and TeamCity, from ##word[ (in some versions anywhere in a line). A
// document must not give any, in whatever format the report is. They are compiled when they are needed: silly starts often.
var (
	colonCommand   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^([\pZ\s\x{85}]*):(:)`) })
	bracketCommand = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`#(#\w*\[)`) })
)

// disarm escapes what would begin a command, in text.
func disarm(text string) string {
	if strings.Contains(text, "::") {
		text = colonCommand().ReplaceAllString(text, `${1}\x3a${2}`)
	}
	return disarmBrackets(text)
}

// disarmBrackets is disarm for text whose lines are commands of our own.
func disarmBrackets(text string) string { return escapeBrackets(text, `\x23${1}`) }

// escapeBrackets puts something in the place of what begins commands with brackets.
func escapeBrackets(text, with string) string {
	if !strings.Contains(text, "##") {
		return text
	}
	return bracketCommand().ReplaceAllString(text, with)
}

// disarmJSON is disarm for JSON, where the escape changes nothing. No line begins with colons there.
func disarmJSON(text string) string { return escapeBrackets(text, `\u0023${1}`) }

// Line makes text a line that is safe to show: on a terminal, and in the log of a build server.
func Line(text string) string { return disarm(oneLine(text)) }
