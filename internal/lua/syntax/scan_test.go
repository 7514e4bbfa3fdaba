package syntax

import (
	"strings"
	"testing"
)

// withoutSpace is a text without white space.
func withoutSpace(text string) string { return strings.Join(strings.Fields(text), "") }

// TestScanKeepsEverything: the tokens and comments are the source, and so are the ends of lines between them.
func TestScanKeepsEverything(t *testing.T) {
	t.Parallel()
	for _, source := range append(snippets, "--[[a\nb]] --[==x\nx --c\n\r\n\n= --[=[ ]] ]=] 1", "\uFEFF#!x\ny = 1") {
		header, tokens, err := Scan([]byte(source), "x")
		if err != nil {
			t.Errorf("%q: %v", source, err)
			continue
		}
		var b strings.Builder
		b.WriteString(header)
		lines := 1 + strings.Count(header, "\n")
		for _, token := range tokens {
			for _, c := range token.Comments {
				b.WriteString(c.Text)
				lines += c.Lines + countLines(c.Text)
			}
			b.WriteString(token.Text)
			if lines += token.Lines; lines != token.Line {
				t.Errorf("%q: %q is in line %d, but behind %d ends of lines", source, token.Text, token.Line, lines-1)
			}
			lines += countLines(token.Text)
		}
		if got, want := withoutSpace(b.String()), withoutSpace(source); got != want {
			t.Errorf("%q: the tokens are %q", source, got)
		}
	}
	for source, long := range map[string]bool{"--[[a]]": true, "--[=[a]]]=]": true, "--[a]": false, "--[=a]": false, "--": false} {
		_, tokens, err := Scan([]byte(source), "x")
		if err != nil || len(tokens) != 1 || tokens[0].Comments[0].Long != long {
			t.Errorf("%q: %v, %v", source, tokens, err)
		}
	}
}
