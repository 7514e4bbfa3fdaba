package markdown

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// describe writes blocks as text, one line for the block and one for each of its lines.
func describe(blocks []Block) string {
	var b strings.Builder
	for _, block := range blocks {
		fmt.Fprintf(&b, "%d %q", block.Line, block.Info)
		if block.HasComment {
			fmt.Fprintf(&b, " comment=%q", block.Comment)
		}
		if block.Heading != "" {
			fmt.Fprintf(&b, " heading=%q", block.Heading)
		}
		if !block.Closed {
			b.WriteString(" open")
		}
		b.WriteByte('\n')
		for _, line := range block.Lines {
			fmt.Fprintf(&b, "%q+%q\n", line.Prefix, line.Text)
		}
	}
	return b.String()
}

// lines joins lines, each with an end.
func lines(l ...string) string { return strings.Join(l, "\n") + "\n" }

// blocksCases are those of TestBlocks.
var blocksCases = []struct{ name, source, want string }{
	{"nothing", "", ""},
	{"only a byte order mark", "\ufeff", ""},
	{"plain", lines("```lua", "a()", "", "\tb()", "```", "after"), lines(`1 "lua"`, `""+"a()"`, `""+""`, `""+"\tb()"`)},
	{"tildes", lines("~~~ lua `a` ~~~", "```", "~~~"), lines("1 \"lua `a` ~~~\"", "\"\"+\"```\"")},
	{"backtick in the info of backticks", lines("``` lua `a`", "x"), ""},
	{"longer fence", lines("`````lua", "```", "````", "``````"), lines(`1 "lua"`, "\"\"+\"```\"", "\"\"+\"````\"")},
	{"two are no fence", lines("``", "x", "``"), ""},
	{"empty block", lines("```lua", "```"), lines(`1 "lua"`)},
	{"empty block, never closed", "```lua", lines(`1 "lua" open`)},
	{"no end of line at the end", "```lua\na\n```", lines(`1 "lua"`, `""+"a"`)},
	{"never closed", lines("```lua", "a", "``"), lines(`1 "lua" open`, `""+"a"`, "\"\"+\"``\"")},
	{"indented fences", lines("   ```lua", "   a", "     b", " c", "  ```"), lines(`1 "lua"`, `"   "+"a"`, `"   "+"  b"`, `" "+"c"`)},
	{"a fence indented by four is code", lines("    ```lua", "    a", "    ```"), ""},
	{"a closing fence indented by four is text", lines("```lua", "    ```", "```"), lines(`1 "lua"`, "\"\"+\"    ```\"")},
	{"directly after a paragraph", lines("text", "```lua", "a", "```"), lines(`2 "lua"`, `""+"a"`)},
	{"raw info", lines("```lua fails=\"a\\\"b\" &quot; \\\\", "```"), lines(`1 "lua fails=\"a\\\"b\" &quot; \\\\"`)},
	{"tabs in the info", lines("```\tlua\tvalidate\t", "```"), lines(`1 "lua\tvalidate"`)},
	{"CR LF", "# H\r\n\r\n```lua\r\na\r\n\r\nb\r\n```\r\n", lines(`3 "lua" heading="H"`, `""+"a"`, `""+""`, `""+"b"`)},
	{"CR", "# H\r\r```lua\ra\r\rb\r```\r", lines(`3 "lua" heading="H"`, `""+"a"`, `""+""`, `""+"b"`)},
	{"mixed line ends", "```lua\r\na\rb\nc\r\r\nd\n\r```", lines(`1 "lua"`, `""+"a"`, `""+"b"`, `""+"c"`, `""+""`, `""+"d"`, `""+""`)},
	{"byte order mark", "\ufeff```lua\na\n```", lines(`1 "lua"`, `""+"a"`)},
	{"byte order mark and CR LF", "\ufeff```lua\r\na\r\n```", lines(`1 "lua"`, `""+"a"`)},
	{"not UTF-8, NUL", "```lua\xff\n\x00\xfe\n```", lines(`1 "lua\xff"`, `""+"\x00\xfe"`)},
	{"list", lines("- a", "", "  ```lua", "  x", "", "    y", "  ```", "", "1. ~~~lua", "   z", "   ~~~"),
		lines(`3 "lua"`, `"  "+"x"`, `""+""`, `"  "+"  y"`, `9 "lua"`, `"   "+"z"`)},
	{"list with CR LF", "- a\r\n-\r\n  ```lua\r\n  x\r\n\r\n  y\r\n  ```\r\n", lines(`3 "lua"`, `"  "+"x"`, `""+""`, `"  "+"y"`)},
	{"quote", lines("> ```lua", "> a", ">", ">b", "> ```"), lines(`1 "lua"`, `"> "+"a"`, `">"+""`, `">"+"b"`)},
	{"a quote ends the fence in it", lines("> ```lua", "> a", "b", "```"), lines(`1 "lua" open`, `"> "+"a"`, `4 "" open`)},
	{"a list item ends the fence in it", lines("- ```lua", "  a", "- b"), lines(`1 "lua" open`, `"  "+"a"`)},
	{"list in quote", lines("> 1. > - ```lua", ">    >   a", ">    >", ">    >     b", ">    >   ```"),
		lines(`1 "lua"`, `">    >   "+"a"`, `">    >"+""`, `">    >   "+"  b"`)},
	{"tab as the indentation of a list", lines("-\t```lua", "\ta", "\t\tb", "\t```"), lines(`1 "lua"`, `"\t"+"a"`, `"\t"+"\tb"`)},
	{"part of a tab as indentation", lines("- ```lua", "\ta", "  b", "  ```"), lines(`1 "lua"`, `""+"\ta"`, `"  "+"b"`)},
	{"tab after a quote marker", lines(">\t```lua", ">\ta", ">\t", ">\t\tb", ">\t```"),
		lines(`1 "lua"`, `">\t"+"a"`, `">\t"+""`, `">\t"+"\tb"`)},
	{"part of a tab after a quote marker", lines("> ```lua", ">\ta", "> ```"), lines(`1 "lua"`, `">"+"\ta"`)},
	{"narrow tab before a fence", lines(">  \t```lua", ">  \ta", ">  \t\tb", ">  \t```"), lines(`1 "lua"`, `">  \t"+"a"`, `">  \t"+"\tb"`)},
	{"tab before a fence in a list", lines("- a", "", "\t```lua", "\tb", "\t```"), lines(`3 "lua"`, `"\t"+"b"`)},
	{"white space lines", lines("- ```lua", "     ", "", "  ```"), lines(`1 "lua"`, `"     "+""`, `""+""`)},
	{"HTML block hides a fence", lines("<div>", "```lua", "```", "</div>"), ""},
	{"a comment hides a fence", lines("<!--", "```lua", "```", "-->"), ""},
	{"admonition", lines("::: tip", "```lua", "a", "```", ":::"), lines(`2 "lua"`, `""+"a"`)},

	{"admonition of MkDocs", lines("!!! note", "", "    Text.", "", "    ```lua", "    a", "", "      b", "    ```", "", "```lua", "c", "```"),
		lines(`5 "lua"`, `"    "+"a"`, `""+""`, `"    "+"  b"`, `11 "lua"`, `""+"c"`)},
	{"collapsible", lines("text", "???+ tip inline \"Title\"", "    ```lua", "    a", "    ```", "```lua", "c", "```"),
		lines(`3 "lua"`, `"    "+"a"`, `6 "lua"`, `""+"c"`)},
	{"tabs of MkDocs", lines("=== \"A\"", "", "    ```lua", "    a", "    ```", "", "===! \"B\"", "", "    ```lua", "    b", "    ```"),
		lines(`3 "lua"`, `"    "+"a"`, `9 "lua"`, `"    "+"b"`)},
	{"admonition in a tab", lines("=== 'A'", "\t!!! note \"\"", "", "\t\t```lua", "\t\ta", "\t\t\tb", "\t\t```"),
		lines(`4 "lua"`, `"\t\t"+"a"`, `"\t\t"+"\tb"`)},
	{"admonition in a list", lines("1. a", "", "    ??? note", "", "        ```lua", "        a", "        ```"),
		lines(`5 "lua"`, `"        "+"a"`)},
	{"admonition in a quote", lines("> !!! note", ">     ```lua", ">     a", ">     ```"), lines(`2 "lua"`, `">     "+"a"`)},
	{"list in an admonition", lines("!!! note", "    - a", "", "      ```lua", "      b", "      ```"), lines(`4 "lua"`, `"      "+"b"`)},
	{"comment in an admonition", lines("!!! note", "    <!-- silly: a -->", "    ```lua", "    ```"), lines(`3 "lua" comment="a"`)},
	{"an admonition ends the fence in it", lines("!!! note", "    ```lua", "    a", "b"), lines(`2 "lua" open`, `"    "+"a"`)},
	{"indented code in an admonition", lines("!!! note", "", "        ```lua", "        a", "        ```"), ""},
	{"no admonition", lines("!!!", "", "    ```lua", "    ```", "", "=== a", "", "    ```lua", "    ```"), ""},
	{"admonition with CR LF", "!!! note\r\n\r\n    ```lua\r\n    a\r\n    ```\r\n", lines(`3 "lua"`, `"    "+"a"`)},

	{"front matter", lines("---", "a: |", "  ```lua", "  b", "---", "```lua", "c", "```"), lines(`6 "lua"`, `""+"c"`)},
	{"front matter with dots", lines("---  ", "# x", "", "a:", "~~~", "... ", "```lua", "c", "```"), lines(`7 "lua"`, `""+"c"`)},
	{"front matter in TOML", lines("+++", "[a]", "b = 1", "```lua", "+++", "```lua", "c", "```"), lines(`6 "lua"`, `""+"c"`)},
	{"front matter, byte order mark and CR LF", "\ufeff---\r\na: b\r\n```\r\n---\r\n```lua\r\nc\r\n```", lines(`5 "lua"`, `""+"c"`)},
	{"two lines across the page", lines("---", "", "```lua", "a", "```", "", "---"), lines(`3 "lua"`, `""+"a"`)},
	{"front matter that does not end", lines("---", "a: b", "```lua", "a", "```"), lines(`3 "lua"`, `""+"a"`)},
	{"front matter that is not at the start", lines("", "---", "a: b", "```lua", "a", "```", "---"), lines(`4 "lua"`, `""+"a"`)},

	{"heading", lines("```a", "```", "# One *two* `three` [four](x) &amp; \\* <b>five</b> ![six](y) ##", "```b", "```"),
		lines(`1 "a"`, `4 "b" heading="One two three four & * five six"`)},
	{"setext heading", lines("One", "*two*", "===", "", "```a", "```", "Three", "---", "```b", "```"),
		lines(`5 "a" heading="One two"`, `9 "b" heading="Three"`)},
	{"reference in a heading", lines("# See [the page][p]", "```a", "```", "", "[p]: http://x"), lines(`2 "a" heading="See the page"`)},
	{"heading that looks like a list", lines("# 1. One", "```a", "```"), lines(`2 "a" heading="1. One"`)},
	{"empty heading", lines("# One", "#", "```a", "```"), lines(`3 "a"`)},
	{"heading in a quote", lines("# One", "> ## Two", "", "```a", "```"), lines(`4 "a" heading="Two"`)},
	{"no heading in a block", lines("# One", "```a", "# Two", "```", "```b", "```"),
		lines(`2 "a" heading="One"`, `""+"# Two"`, `5 "b" heading="One"`)},
	{"front matter is no heading", lines("---", "title: x", "# y", "tags:", "  - z", "---", "```a", "```", "One", "---", "```b", "```"),
		lines(`7 "a"`, `11 "b" heading="One"`)},

	{"comment", lines("<!-- silly: no_run -->", "```lua", "```"), lines(`2 "lua" comment="no_run"`)},
	{"comment without blanks", lines("<!--silly:no_run-->", "```lua", "```"), lines(`2 "lua" comment="no_run"`)},
	{"empty comment", lines("<!-- silly: -->", "```lua", "```"), lines(`2 "lua" comment=""`)},
	{"comment before blank lines", lines("<!-- silly: no_run -->", "", " ", "```lua", "```"), lines(`4 "lua" comment="no_run"`)},
	{"comment of several lines", lines("<!-- silly:", "a", "  b", "-->", "```lua", "```"), lines(`5 "lua" comment="a\n  b"`)},
	{"comment after a paragraph", lines("text", "<!-- silly: a -->", "```lua", "```"), lines(`3 "lua" comment="a"`)},
	{"comment in a quote in a list", lines("- > <!-- silly: a", "  > b -->", "  >", "  > ```lua", "  > ```"), lines(`4 "lua" comment="a\nb"`)},
	{"comment after HTML", lines("<details>", "<!-- silly: a -->", "", "```lua", "```"), lines(`4 "lua" comment="a"`)},
	{"two comments in a line", lines("<!-- a --><!-- silly: b -->", "```lua", "```"), lines(`2 "lua" comment="b"`)},
	{"comment and CR LF", "<!-- silly: a\r\nb -->\r\n\r\n```lua\r\n```\r\n", lines(`4 "lua" comment="a\nb"`)},
	{"another comment", lines("<!-- a: b -->", "```lua", "```"), lines(`2 "lua"`)},
	{"another comment between", lines("<!-- silly: a -->", "<!-- b -->", "```lua", "```"), lines(`3 "lua"`)},
	{"text after the comment", lines("<!-- silly: a --> text", "```lua", "```"), lines(`2 "lua"`)},
	{"text between", lines("<!-- silly: a -->", "text", "```lua", "```"), lines(`3 "lua"`)},
	{"link reference between", lines("<!-- silly: a -->", "[x]: y", "", "```lua", "```"), lines(`4 "lua"`)},
	{"comment for the first block only", lines("<!-- silly: a -->", "```lua", "```", "```lua", "```"), lines(`2 "lua" comment="a"`, `4 "lua"`)},
	{"comment outside of the list", lines("<!-- silly: a -->", "- ```lua", "  ```"), lines(`2 "lua"`)},
	{"comment that does not end", lines("> <!-- silly: a", "", "```lua", "```"), lines(`3 "lua"`)},
	{"hardly a comment", lines("<!--->", "```lua", "```", "<!-->", "```lua", "```"), lines(`2 "lua"`, `5 "lua"`)},
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	tests := blocksCases
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			source := []byte(test.source)
			blocks, _ := Parse(source)
			if got := describe(blocks); got != test.want {
				t.Errorf("blocks of\n%s\nare\n%s\nwant\n%s", test.source, got, test.want)
			}
			check(t, source, blocks)
		})
	}
}

func TestStrays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, source string
		want         []Stray
	}{
		{"none", lines("# H", "", "```lua", "```", "    text", "", "    code"), nil},
		{"within a block", lines("````", "```lua", "", "    ```lua", "````"), nil},
		{"without an info string", lines("    ```", "", "<p>", "```"), nil},
		{"inline code", lines("```lua validate``` says so"), nil},
		{"indented code", lines("# H", "", "    ```lua a", "    ```", "    ~~~ b"), []Stray{{3, InIndentedCode, "lua a", "H"}, {5, InIndentedCode, "b", "H"}}},
		{"indented code in a list", lines("- a", "", "      - ```lua", "        ```"), []Stray{{3, InIndentedCode, "lua", ""}}},
		{"behind a paragraph", lines("text", "    ```lua", "    a", "    ```"), []Stray{{2, InParagraph, "lua", ""}}},
		{"HTML", lines("<div>", "```lua", "```", "</div>"), []Stray{{2, InHTML, "lua", ""}}},
		{"comment", "a\r\n\r\n<!--\r\n```lua\r\n```\r\n-->\r\n", []Stray{{4, InHTML, "lua", ""}}},
		{"front matter", lines("---", "a: |", "  ```lua", "  ```", "---"), []Stray{{3, InFrontMatter, "lua", ""}}},
		{"comment without a fence", lines("<!-- silly: a -->", "text", "", "> <!-- silly: b -->", "", "```lua", "```"),
			[]Stray{{1, LoneComment, "a", ""}, {4, LoneComment, "b", ""}}},
		{"comment before indented code", lines("# H", "<!-- silly: a -->", "", "    ```lua", "    ```"),
			[]Stray{{2, LoneComment, "a", "H"}, {4, InIndentedCode, "lua", "H"}}},
		{"comment at the end", "<!-- silly: a -->", []Stray{{1, LoneComment, "a", ""}}},
	}
	for _, test := range tests {
		if _, got := Parse([]byte(test.source)); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

// check reports what may not be, whatever the source is.
func check(t *testing.T, source []byte, blocks []Block) {
	t.Helper()
	rows := sourceLines(source)
	last := 0
	for _, b := range blocks {
		if b.Line <= last {
			t.Errorf("block in line %d comes after line %d", b.Line, last)
		}
		last = b.Line + len(b.Lines)
		if last > len(rows) {
			t.Fatalf("block in line %d has %d lines, the source has %d", b.Line, len(b.Lines), len(rows))
		}
		if fence := rows[b.Line-1]; !strings.Contains(fence, "```") && !strings.Contains(fence, "~~~") {
			t.Errorf("line %d is no fence: %q", b.Line, fence)
		} else if !strings.Contains(fence, b.Info) {
			t.Errorf("line %d is %q, info %q", b.Line, fence, b.Info)
		}
		for i, l := range b.Lines {
			if l.Start < 0 || l.End < l.Start || l.End > len(source) {
				t.Fatalf("line %d of the block in line %d has range %d to %d of %d", i, b.Line, l.Start, l.End, len(source))
			}
			if got := string(source[l.Start:l.End]); got != l.Text {
				t.Errorf("line %d of the block in line %d is %q, at its range is %q", i, b.Line, l.Text, got)
			}
			if strings.ContainsAny(l.Text, "\r\n") {
				t.Errorf("line end in %q", l.Text)
			}
			if want := rows[b.Line+i]; l.Prefix+l.Text != want {
				t.Errorf("line %d of the source is %q, block has %q and %q", b.Line+1+i, want, l.Prefix, l.Text)
			}
			if strings.Trim(l.Prefix, "> \t") != "" {
				t.Errorf("prefix %q in line %d", l.Prefix, b.Line+1+i)
			}
		}
	}
}

// sourceLines returns the lines of a source without their ends and without the byte order mark.
func sourceLines(source []byte) []string {
	s := strings.TrimPrefix(string(source), "\ufeff")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Split(strings.ReplaceAll(s, "\r", "\n"), "\n")
}

func TestBlocksOfLargeDocuments(t *testing.T) {
	t.Parallel()
	parts := map[string]string{
		"blocks":         "# Heading *a*\n\ntext `b` [c](d)\n\n```lua validate\nlocal a = 1\nprint(a)\n```\n\n",
		"document":       "# Heading *a*\n\n" + strings.Repeat("Some `words` of a [text](x).\n", 20) + "\n```lua validate\nlocal a = 1\nprint(a)\n```\n\n",
		"CR LF":          "# Heading\r\n\r\n```lua\r\nlocal a = 1\r\n```\r\n",
		"text":           "some words of text ",
		"lines":          "a\n",
		"blank lines":    "\n",
		"brackets":       "[",
		"backticks":      "`",
		"backtick lines": "```\n",
		"quote markers":  ">",
		"list markers":   "- ",
		"nested quotes":  strings.Repeat("> ", 300) + "a\n",
		"nested lists":   strings.Repeat("- ", 200) + "a\n",
		"quotes, blanks": "> > > > a\n\n",
		"references":     "[a]: b\n",
		"headings":       "# [a] *b*\n```\n```\n",
		"comments":       "<!-- silly: a -->\n```\n```\n",
		"open comment":   "<!-- silly: ",
		"tabs":           "\t",
		"CR":             "\r",
		"NUL":            "\x00",
		"not UTF-8":      "\xff\n",
		"numbers":        "1. a\n",
		"HTML":           "<div>\n",
		"admonitions":    "!!! a\n",
		"admonitions, 2": "!!! a\n\n    ```\n    b\n",
	}
	for name, part := range parts {
		t.Run(name, func(t *testing.T) {
			size := 1 << 18
			if name == "document" {
				size = 10 << 20
			}
			source := []byte("```lua\n```\n" + strings.Repeat(part, size/len(part)))
			// Work that grows with the square of the size would not end within the time limit of all tests.
			if blocks, _ := Parse(source); len(blocks) == 0 {
				t.Error("no blocks")
			}
		})
	}
}

func TestBlockBelowTheDepthLimitIsFound(t *testing.T) {
	t.Parallel()
	quotes := strings.Repeat("> ", 100)
	got, _ := Parse([]byte(quotes + "```lua\n" + quotes + "a\n" + quotes + "```\n"))
	want := []Line{{Text: "a", Start: 407, End: 408, Prefix: quotes}}
	if len(got) != 1 || !got[0].Closed || !slices.Equal(got[0].Lines, want) {
		t.Errorf("blocks are\n%s", describe(got))
	}
}

func TestBlocksLeaveTheSourceAlone(t *testing.T) {
	t.Parallel()
	source := []byte("\ufeff# a\x00\r\n> ```lua\r\n> b\xff\r\n> ```\r\n")
	before := bytes.Clone(source)
	Parse(source)
	if !bytes.Equal(source, before) {
		t.Errorf("source is %q, was %q", source, before)
	}
}

func FuzzBlocks(f *testing.F) {
	for _, seed := range []string{
		"# H\n\n```lua validate\na()\n```\n",
		"> - ~~~lua\n>   a\n>\n>\tb\n> - c\n",
		"\ufeff<!-- silly: a\r\nb -->\r\n```lua\r\n\ta\r\n```",
		"-\t```\n\t\ta\n \t b\n\t```\n",
		"a\n===\n1) ```\n    \r\r   \x00\xff\n",
		">\t\t```\n>\t```\n> \t ~~~\n>\t \ta\n",
		"!!! a\n\t???+ b\n \t  ~~~\n        x\n=== \"c\"\n    ```\n",
		"---\na: b\n---\n* * ```\n      x\n\n    ```\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		if len(source) > 1<<14 {
			t.Skip()
		}
		blocks, strays := Parse(source)
		check(t, source, blocks)
		for _, s := range strays {
			if s.Line < 1 || s.Line > len(sourceLines(source)) {
				t.Errorf("%+v is in no line", s)
			}
		}
	})
}
