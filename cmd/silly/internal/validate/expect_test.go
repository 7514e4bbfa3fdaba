package validate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"silly/internal/markdown"
)

// code makes the lines of a block of text.
func code(text string) []markdown.Line {
	var lines []markdown.Line
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, markdown.Line{Text: line})
	}
	return lines
}

func TestExpectation(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, code string
		ok         bool
		line       int
		unordered  bool
		text       []string
	}{
		{"no code", "", false, 0, false, nil},
		{"no comment", "print('Output:')", false, 0, false, nil},
		{"not at the start of the comment", "-- The Output: a", false, 0, false, nil},
		{"after code", "print(1) -- Output: 1", false, 0, false, nil},
		{"long comment", "--[[ Output:\na ]]", false, 0, false, nil},
		{"long comment with a level", "--[==[Output:\na ]==]", false, 0, false, nil},
		{"lines", "print()\n-- Output:\n-- a\n--\n--   b\n--c", true, 1, false, []string{"a", "", "  b", "c"}},
		{"indented", "do\n\t -- Output:\n\t-- a\nend", true, 1, false, []string{"a"}},
		{"nothing", "-- Output:", true, 0, false, nil},
		{"white space behind it", "-- Output: \t \n-- a", true, 0, false, []string{"a"}},
		{"text after the colon", "-- Output: a b \n-- c", false, 0, false, nil},
		{"text after the colon of unordered output", "-- Unordered output: a", false, 0, false, nil},
		{"prose before the marker", "-- Output: depends\n\n-- Output:\n-- c", true, 2, false, []string{"c"}},
		{"other case", "-- output:\n-- a", false, 0, false, nil},
		{"no space", "--Output:\n-- a", false, 0, false, nil},
		{"two spaces", "--  Output:\n-- a", false, 0, false, nil},
		{"no colon", "-- Output\n-- a", false, 0, false, nil},
		{"space before the colon", "-- Output :\n-- a", false, 0, false, nil},
		{"three dashes", "--- Output:\n-- a", false, 0, false, nil},
		{"in a long string", "s = [[\n-- Output:\n-- a\n]]", false, 0, false, nil},
		{"in a long comment", "--[[\n-- Output:\n-- a\n]]", false, 0, false, nil},
		{"in a string that goes on", "s = 'a\\\n-- Output:\\\n-- a'", false, 0, false, nil},
		{"behind a long string", "s = [[\n]]\n-- Output:\n-- a", true, 2, false, []string{"a"}},
		{"on the last line of a long string", "s = [[\n]] -- Output:\n-- a", false, 0, false, nil},
		{"code that does not compile", "f(\n-- Output:\n-- a", false, 0, false, nil},
		{"unordered", "-- Unordered output:\n-- a", true, 0, true, []string{"a"}},
		{"ends at code", "-- Output:\n-- a\nprint()\n-- b", true, 0, false, []string{"a"}},
		{"ends at an empty line", "-- Output:\n-- a\n\n-- b", true, 0, false, []string{"a"}},
		{"ends at a long comment", "-- Output:\n-- [[a\n--[[b]]", true, 0, false, []string{"[[a"}},
		{"a bracket is no long comment", "-- Output:\n--[a", true, 0, false, []string{"[a"}},
		{"the last marker counts", "-- Output:\n-- a\n\n-- Unordered output:\n-- b", true, 3, true, []string{"b"}},
		{"output that looks like a marker", "-- Output:\n-- a\n-- Output:\n-- b", true, 0, false, []string{"a", "Output:", "b"}},
		{"comments before it", "-- prints a\n-- Output:\n-- a", true, 1, false, []string{"a"}},
		{"not UTF-8", "-- Output:\n-- \xfe", true, 0, false, []string{"\xfe"}},
	}
	for _, test := range tests {
		e, ok := Expectation(code(test.code))
		if ok != test.ok || e.Line != test.line || e.Unordered != test.unordered || !slices.Equal(e.text, test.text) {
			t.Errorf("%s: got %v, line %d, unordered %v, %q", test.name, ok, e.Line, e.Unordered, e.text)
		}
	}
}

func TestNearMarkers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		code string
		want []int
	}{
		{"-- Output:\n-- a\n-- output:", nil},
		{"-- output:\n--OUTPUT:\n--  Output :\n--- Output:\n-- Output\n-- unordered  Output:", []int{0, 1, 2, 3, 4, 5}},
		{"-- Output: 1\n-- The output:\n-- Outputs:\n-- Output.\nprint 'output:'", nil},
		{"s = [[\n-- output:\n]] --[[output:]]", nil},
		{"f() -- output:", nil},
		{"-- Output:\n-- a\nf()\n-- output:", []int{3}},
	}
	for _, test := range tests {
		if got := nearMarkers(code(test.code)); !slices.Equal(got, test.want) {
			t.Errorf("%q: got %v, want %v", test.code, got, test.want)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want, output string
		diff               string // lines joined by "|", "" for no difference
	}{
		{"same", "a|b", "a\nb\n", ""},
		{"nothing", "", " \n\n", ""},
		{"space around", "|a|  b||", "\n\n  a  \n  b \t\n\n", ""},
		{"CR LF", "a|b", "a\r\nb\r\n", ""},
		{"indentation counts", "a|  b", "a\n b", " a|-  b|+ b"},
		{"nothing printed", "a", "", "-a"},
		{"nothing expected", "", "a\n", "+a"},
		{"changed", "a|b|c", "a\nx\nc", " a|-b|+x| c"},
		{"added at the end", "a", "a\nb\nc", " a|+b|+c"},
		{"missing in the middle", "a|b|c", "a\nc", " a|-b| c"},
		{"empty line differs", "a||b", "a\nb", " a|-| b"},
		{"equal lines far away", "1|2|3|4|5|6|x|7|8|9|10|11|12", "1\n2\n3\n4\n5\n6\ny\n7\n8\n9\n10\n11\n12",
			" [3 equal lines left out]| 4| 5| 6|-x|+y| 7| 8| 9| [3 equal lines left out]"},

		{"any lines", "a|...|d", "a\nb\nc\nd", ""},
		{"no lines", "a|...|d", "a\nd", ""},
		{"only any lines", "...", "a\nb", ""},
		{"any lines, none printed", "...|...", "", ""},
		{"any lines at the ends", "...|b|...", "a\nb\nc", ""},
		{"any lines twice", "a|...|x|...|x|y", "a\nx\n1\nx\n2\nx\ny", ""},
		{"dots within a line", "a...", "abc", "-a...|+abc"},
		{"indented dots", "a|  ...|b", "a\nx\nb", ""},
		{"missing after any lines", "a|...|d", "a\nb\nc", " a| ...|-d"},
		{"changed after any lines", "a|...|d|e", "a\nb\nd\nf", " a| ...| d|-e|+f"},

		{"unordered", "unordered|a|b|b", "b\na\nb", ""},
		{"unordered, the first is indented", "unordered|a|  b", "  b\na", ""},
		{"unordered, missing and more", "unordered|a|b|b|c", "d\nc\nb\na\nd\na", " a| b|-b| c|+d|+d|+a"},
		{"unordered dots are dots", "unordered|...", "a", "-...|+a"},
	}
	for _, test := range tests {
		text := "-- Output:\n"
		want, unordered := strings.CutPrefix(test.want, "unordered|")
		if unordered {
			text = "-- Unordered output:\n"
		}
		e, ok := Expectation(code(text + "-- " + strings.ReplaceAll(want, "|", "\n-- ")))
		if !ok {
			t.Fatalf("%s: no expectation", test.name)
		}
		diff, same := e.Compare(test.output)
		if got := strings.Join(diff, "|"); got != test.diff || same != (test.diff == "") {
			t.Errorf("%s: got %v, diff %s, want %s", test.name, same, got, test.diff)
		}
	}
}

func TestDiffOfLongOutputIsBounded(t *testing.T) {
	t.Parallel()
	e, _ := Expectation(code("-- Output:\n-- first\n-- a\n-- last"))
	var alternating strings.Builder
	for i := range 500_000 {
		fmt.Fprintf(&alternating, "%d\n", i%2)
	}
	for name, output := range map[string]string{
		"lines":       "first\n" + strings.Repeat("x\n", 500_000) + "last\n",
		"line":        "first\n" + strings.Repeat("é", 500_000) + "\nlast",
		"empty lines": "first\n" + strings.Repeat("\n", 1<<20) + "last",
		"alternating": alternating.String(),
	} {
		diff, same := e.Compare(output)
		size := len(strings.Join(diff, "\n"))
		if same || len(diff) > 100 || size > 10_000 {
			t.Errorf("%s: %v, %d lines with %d bytes", name, same, len(diff), size)
		}
	}
	_, same := Expected{text: slices.Repeat([]string{"a", "..."}, 1000)}.Compare(strings.Repeat("a\n", 200_000) + "b")
	if !same {
		t.Error("any lines do not match")
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, source, output, want string }{
		{"changed", "a\n\n```lua\nf()\n-- Output:\n-- old\n```\nb\n", "new\n", "a\n\n```lua\nf()\n-- Output:\n-- new\n```\nb\n"},
		{"more lines", "```lua\n-- Output:\n-- old\n```", "\na\n\n  b  \n\n", "```lua\n-- Output:\n-- a\n--\n--   b\n```"},
		{"fewer lines", "```lua\n-- Output:\n--1\n--2\n--3\n\nf()\n```", "a", "```lua\n-- Output:\n-- a\n\nf()\n```"},
		{"nothing printed", "```lua\n-- Output:\n-- old\n```", "", "```lua\n-- Output:\n```"},
		{"nothing expected", "```lua\n-- Output:  \n```", "a", "```lua\n-- Output:  \n-- a\n```"},
		{"no marker", "```lua\n-- old\n```", "a", "```lua\n-- old\n```"},
		{"prose", "```lua\n-- Output: old\n-- er\n```", "a b", "```lua\n-- Output: old\n-- er\n```"},
		{"prose and a marker", "```lua\n-- Output: x\n\n-- Output:\n-- old\n```", "a", "```lua\n-- Output: x\n\n-- Output:\n-- a\n```"},
		{"in a long string", "```lua\ns = [[\n-- Output:\n-- old\n]]\n```", "a", "```lua\ns = [[\n-- Output:\n-- old\n]]\n```"},
		{"unordered, indented", "```lua\n-- Unordered output:\n-- old\n```", "  a", "```lua\n-- Unordered output:\n--   a\n```"},
		{"CR LF, byte order mark", "\ufeffa\r\n```lua\r\n-- Output:\r\n-- old\r\n```\r\n", "a\r\nb\r\n", "\ufeffa\r\n```lua\r\n-- Output:\r\n-- a\r\n-- b\r\n```\r\n"},
		{"CR", "```lua\r-- Output:\r-- old\r```\r", "a\nb", "```lua\r-- Output:\r-- a\r-- b\r```\r"},
		{"list in a quote", "> 1. ```lua\n>    \t-- Output:\n>     -- old\n>    ```\n", "a\nb", "> 1. ```lua\n>    \t-- Output:\n>    \t-- a\n>    \t-- b\n>    ```\n"},
		{"end of file", "```lua\n-- Output:", "a", "```lua\n-- Output:\n-- a"},
		{"white space at line ends stays", "a  \n```lua  \nf()  \n-- Output:\t\n-- old  \nf() \n```  \nb  \n", "new", "a  \n```lua  \nf()  \n-- Output:\t\n-- new\nf() \n```  \nb  \n"},
		{"not UTF-8", "\xff\n```lua\n-- Output:\n-- \xfe\n```\n\x00", "\xfd\x00", "\xff\n```lua\n-- Output:\n-- \xfd\x00\n```\n\x00"},
	}
	for _, test := range tests {
		blocks, _ := markdown.Parse([]byte(test.source))
		if len(blocks) != 1 {
			t.Fatalf("%s: %d blocks", test.name, len(blocks))
		}
		got := Update([]byte(test.source), []Updated{{blocks[0], test.output}, {blocks[0], test.output}})
		if string(got) != test.want {
			t.Errorf("%s: got\n%q\nwant\n%q", test.name, got, test.want)
		}
		checkUpdated(t, got, 0, test.output)
	}
}

func TestUpdateOfSeveralBlocks(t *testing.T) {
	t.Parallel()
	var source, want strings.Builder
	for i := range 10 {
		fmt.Fprintf(&source, "# %d\n```lua\n-- Output:\n-- old\n```\n", i)
		text := "old"
		if i%3 == 0 {
			text = fmt.Sprintf("%d\n-- new", i)
		}
		fmt.Fprintf(&want, "# %d\n```lua\n-- Output:\n-- %s\n```\n", i, text)
	}
	var updated []Updated
	blocks, _ := markdown.Parse([]byte(source.String()))
	for i, b := range blocks {
		if i%3 == 0 {
			updated = append(updated, Updated{b, fmt.Sprintf("%d\nnew\n", i)})
		}
	}
	slices.Reverse(updated)
	if got := string(Update([]byte(source.String()), updated)); got != want.String() {
		t.Errorf("got\n%s\nwant\n%s", got, want.String())
	}
}

// checkUpdated reports when the block with an index does not have the output, or an update would change it.
func checkUpdated(t *testing.T, source []byte, index int, output string) {
	t.Helper()
	blocks, _ := markdown.Parse(source)
	if index >= len(blocks) {
		t.Fatalf("%d blocks in %q", len(blocks), source)
	}
	e, ok := Expectation(blocks[index].Lines)
	if !ok {
		return
	}
	if diff, same := e.Compare(output); !same {
		t.Errorf("expected output of %q is not that in %q: %q", output, source, diff)
	}
	if again := Update(source, []Updated{{blocks[index], output}}); !bytes.Equal(again, source) {
		t.Errorf("second update changes\n%q to\n%q", source, again)
	}
}

func FuzzUpdate(f *testing.F) {
	f.Add("a\nb\n", "", uint8(0))
	f.Add("\r\n...\n\n  [[x]]\r", "\n-- old", uint8(1))
	f.Add("Output: a\n```\n~~~\n", " old\n-- more", uint8(6))
	f.Add("\x00\xff\u00a0\n--\n\t-- unordered output:", "\n\n--[[", uint8(13))
	f.Fuzz(func(t *testing.T, output, old string, shape uint8) {
		end := []string{"\n", "\r\n", "\r"}[shape%3]
		prefix := []string{"", "> ", "  ", "> \t"}[shape/3%4]
		marker := []string{"-- Output:", "  -- Unordered output:"}[shape/12%2]
		old = newlines.Replace(old)
		if strings.Contains(old, "`") {
			t.Skip()
		}
		opening := strings.Replace(strings.Replace(prefix, "  ", "- ", 1), "\t", "   ", 1)
		before := "# a" + end + end + opening + "```lua validate" + end
		after := end + prefix + "```" + end + "```lua" + end + "```" + end
		body := "f()\n" + marker + old + "\nf()"
		source := []byte(before + prefix + strings.ReplaceAll(body, "\n", end+prefix) + after)
		blocks, _ := markdown.Parse(source)
		if len(blocks) != 2 || len(blocks[0].Lines) != strings.Count(body, "\n")+1 {
			t.Fatalf("%d blocks in %q", len(blocks), source)
		}
		got := Update(source, []Updated{{blocks[0], output}})
		if !bytes.HasPrefix(got, []byte(before)) || !bytes.HasSuffix(got, []byte(after)) {
			t.Errorf("%q became %q", source, got)
		}
		if blocks, _ := markdown.Parse(got); len(blocks) != 2 {
			t.Errorf("%d blocks in %q", len(blocks), got)
		}
		checkUpdated(t, got, 0, output)
	})
}
