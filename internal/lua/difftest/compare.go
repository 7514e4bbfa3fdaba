package difftest

import (
	"regexp"
	"strings"
)

var (
	address = regexp.MustCompile(`(?: {5,}([a-z]+))?: (builtin: )?(0x[0-9a-fA-F]+|0x\?)( {5,})?`) // "%99s" fills up what is shorter
	place   = regexp.MustCompile(`[^\s"]*` + regexp.QuoteMeta(scriptName) + `:\d+`)
	divided = regexp.MustCompile(`p\.lua:\d+: attempt to (divide by zero|perform 'n%0')`)
	message = regexp.MustCompile(`p\.lua:\d+: [^"\n]*`)
)

// Normalize replaces what differs from run to run or from machine to machine in the output of a program: addresses, the
// sign of a NaN, and places in the file that runs it. The line of a division by zero goes, too: that of lua5.4 (5.4.4) is
// of an earlier instruction at times.
func Normalize(output string) string {
	output = address.ReplaceAllString(output, "$1: 0x?")
	output = divided.ReplaceAllString(output, "p.lua: attempt to $1")
	output = place.ReplaceAllString(output, "driver:0")
	return strings.ReplaceAll(output, "-nan", "nan")
}

// WithoutMessages replaces messages of errors that have a position, for an engine that does not word them as lua5.4 does yet.
func WithoutMessages(output string) string { return message.ReplaceAllString(output, "error message") }

// limits are what lua5.4 says where it gives up and the engine, as is documented, does not: it lets no coroutine yield from a
// callback of C code, and at most some two hundred coroutines resume one another.
var limits = []string{"attempt to yield across a C-call boundary", "C stack overflow"}

// Same reports whether the engine has done with a program what the reference has, as far as it can be compared: not where the
// reference has come to one of its limits.
func Same(reference, engine Result) bool {
	if reference.Err != nil || engine.Err != nil {
		return false
	}
	for _, limit := range limits {
		if strings.Contains(reference.Output, limit) {
			return true
		}
	}
	return Normalize(reference.Output) == Normalize(engine.Output)
}
