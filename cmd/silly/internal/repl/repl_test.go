package repl

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "history")
	h, err := OpenHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 * maxHistory {
		if err := h.Keep(fmt.Sprintf("x = %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Keep(strings.Repeat("x", maxHistoryFile)); err != nil {
		t.Fatal(err)
	}
	if h.Len() > 2*maxHistory {
		t.Errorf("%d entries in memory", h.Len())
	}
	last := fmt.Sprintf("x = %d", 3*maxHistory-1)
	if h, err = OpenHistory(path); err != nil || h.Len() != maxHistory || h.At(0) != last {
		t.Fatalf("%d entries, %v", h.Len(), err)
	}
	long := strings.Repeat("y", maxHistoryFile/20)
	for i := range 40 {
		if err := h.Keep(fmt.Sprint(i, long)); err != nil {
			t.Fatal(err)
		}
	}
	if h, err = OpenHistory(path); err != nil || h.Len() > 11 || h.At(0) != "39"+long {
		t.Errorf("%d entries, %v", h.Len(), err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > maxHistoryFile || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// TestHistoryOfOthers: what else is in the file is not shown as it is, and what cannot be the file is an error.
func TestHistoryOfOthers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(path, []byte("x = 1\n\n\x1b[31mred\n\\\\n\\n\\\nlast"), 0o644); err != nil {
		t.Fatal(err)
	}
	h, err := OpenHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%q", h.entries); got != `["x = 1" "\\n\n\\" "last"]` {
		t.Errorf("entries %s", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if h, err := OpenHistory(t.TempDir()); err == nil || h == nil || h.Keep("x") != nil {
		t.Errorf("a folder is a history: %v", err)
	}
}

func FuzzHistory(f *testing.F) {
	for _, entry := range []string{"", "x", "a\nb", `\n`, `\\n`, "\\", "\\\n\\"} {
		f.Add(entry)
	}
	f.Fuzz(func(t *testing.T, entry string) {
		line := escape(entry)
		if strings.Contains(line, "\n") || unescape(line) != entry {
			t.Errorf("%q becomes %q and then %q", entry, line, unescape(line))
		}
		unescape(entry)
	})
}

// FuzzKeyboard: whatever a terminal sends, in whatever pieces, the editor gets characters that it can take.
func FuzzKeyboard(f *testing.F) {
	for _, keys := range []string{
		"abc\r", "\x03", pasteBegins + "a\tb\x03\r\n\x1b[A" + pasteEnds + "\t", "é\xff\xc3", pasteBegins, "\x1b[A\x1b",
	} {
		f.Add([]byte(keys), uint8(3))
	}
	f.Fuzz(func(t *testing.T, keys []byte, piece uint8) {
		k := &keyboard{console: &Console{onQuit: func() {}, onSuspend: func() {}}}
		for rest := keys; len(rest) > 0; {
			n := min(len(rest), int(piece)+1)
			k.raw = append(k.raw, rest[:n]...)
			rest = rest[n:]
			k.translate()
		}
		if got := string(k.keys); !utf8.ValidString(got) || strings.ContainsAny(got, "\ufffd\x1c") {
			t.Errorf("%q becomes %q", keys, k.keys)
		}
		if len(k.raw) >= utf8.UTFMax && !strings.HasPrefix(string(k.raw), pasteBegins) {
			t.Errorf("%q: %q stays", keys, k.raw)
		}
	})
}

func TestIncomplete(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]bool{
		"": false, "x": false, "f(": true, "1 +": true, "x =": true, "if": true, "goto": true, "[[a": true, "--[[": true,
		`"a`: false, "x = = 1": false, "f(\n)": false, "function f()": true, "function f() end": false, "return": false,
		"{1,": true, "a.b": false, "a.": true, "local": true, "end": false, "break": false, "1 + + 2": false,
	} {
		if got := incomplete(input + "\n"); got != want {
			t.Errorf("incomplete(%q) is %v", input, got)
		}
	}
}

// TestRender lays out what the pages of docs/ use.
func TestRender(t *testing.T) {
	t.Parallel()
	text := "# Title of `it`\n\nOne **bold** [link](to.md) and\nmore `a | b`.\n" +
		"- item that is longer than one line of this narrow terminal\n1. first\n\n" +
		"| a | b |\n|---|---|\n| `x \\| y` | words that go on over several lines here |\n\n" +
		"```lua\n\tx = 1\n# y\n```\nend\n\n````markdown\n```lua\n# z\n```\n````\n# last\n"
	want := []string{
		"Title of it", "", "One bold link and more a | b.",
		"- item that is longer than one line", "  of this narrow terminal", "1. first", "",
		"a      b", "x | y  words that go on over several", "       lines here", "",
		"  |     x = 1", "  | # y", "end", "",
		"  | ```lua", "  | # z", "  | ```", "last",
	}
	if got := render(text, 40, false); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
