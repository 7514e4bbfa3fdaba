package main

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestCheckExamplesOfTheFramework: what is found in the documentation of the framework are its own mistakes, which fail when
// they run.
func TestCheckExamplesOfTheFramework(t *testing.T) {
	t.Parallel()
	const folder = "../../../shared/docs/framework"
	if _, err := os.Stat(folder); err != nil {
		t.Skip("the documentation is not there: ", err)
	}
	mistakes := regexp.MustCompile(`: silly has no field '(sleep|time)'|: silly\.crypto\.cipher has no field 'aes_128_cbc_(en|de)crypt'`)
	var out, problems bytes.Buffer
	run([]string{"check", "--docs", folder}, strings.NewReader(""), &out, &problems, nil)
	if problems.Len() > 0 {
		t.Error(problems.String())
	}
	for line := range strings.Lines(out.String()) {
		if !mistakes.MatchString(line) {
			t.Error(line)
		}
	}
}

// TestSignalEndsCommandsThatWaitForInput: standard input may have no end.
func TestSignalEndsCommandsThatWaitForInput(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"fmt", "check"} {
		reader, writer := io.Pipe()
		signals := make(chan os.Signal, 1)
		status := make(chan int, 1)
		go func() { status <- run([]string{command, "-"}, reader, io.Discard, io.Discard, signals) }()
		if _, err := writer.Write([]byte("print(1)\n")); err != nil { // it is reading
			t.Fatal(err)
		}
		signals <- syscall.SIGTERM
		if got := <-status; got != exitSignaled+int(syscall.SIGTERM) {
			t.Errorf("%s: status %d, want %d", command, got, exitSignaled+int(syscall.SIGTERM))
		}
		writer.Close()
	}
}
