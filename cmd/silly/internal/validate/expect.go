package validate

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"silly/cmd/silly/internal/linediff"
	"silly/internal/lua/syntax"
	"silly/internal/markdown"
)

// Expected is the output that a block says it has.
type Expected struct {
	Line      int // index of the line with the marker among the lines of the block
	Unordered bool
	text      []string // without comment signs
	indent    string   // white space before the marker's comment
}

// Markers are the comments whose following lines are the expected output.
const (
	outputMarker    = "-- Output:"
	unorderedMarker = "-- Unordered output:"
)

// wildcard is a line that stands for any lines, also none. It has no meaning in unordered output.
const wildcard = "..."

// Expectation returns the output that the code in lines says it has. The last marker counts; a line of expected
// output is no marker, and neither is one in a long string or a long comment. Code that does not compile expects
// nothing.
func Expectation(lines []markdown.Line) (e Expected, ok bool) {
	comments := lineComments(lines)
	for i := 0; i < len(comments); i++ {
		marker := comments[i]
		if marker != outputMarker && marker != unorderedMarker {
			continue
		}
		line := lines[i].Text
		e = Expected{Line: i, Unordered: marker == unorderedMarker, indent: line[:strings.Index(line, marker)]}
		ok = true
		for ; i+1 < len(comments) && comments[i+1] != ""; i++ {
			e.text = append(e.text, strings.TrimPrefix(comments[i+1][len("--"):], " "))
		}
	}
	return e, ok
}

// nearMarker is a comment that was probably meant as a marker.
var nearMarker = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^--[-\s]*(unordered\s+)?output\s*:?$`)
})

// nearMarkers returns the indexes of lines that are no markers but look as if they were meant to be.
func nearMarkers(lines []markdown.Line) (near []int) {
	inOutput := false
	for i, comment := range lineComments(lines) {
		switch {
		case comment == "":
			inOutput = false
		case inOutput:
		case comment == outputMarker || comment == unorderedMarker:
			inOutput = true
		case nearMarker().MatchString(comment):
			near = append(near, i)
		}
	}
	return near
}

// lineComments returns for each line the comment that is all of it, without white space around it, and "" for other
// lines. A comment in long brackets is none. It returns nil for code that does not compile.
func lineComments(lines []markdown.Line) []string {
	chunk, err := syntax.Parse([]byte(text(lines)), "", syntax.Options{Comments: true})
	if err != nil {
		return nil
	}
	comments := make([]string, len(lines))
	for _, c := range chunk.Comments {
		i := c.Pos.Line - 1
		before := lines[i].Text[:c.Pos.Col-1]
		if strings.Trim(before, " \t") == "" && !isLong(c.Text) {
			comments[i] = strings.TrimRightFunc(c.Text, unicode.IsSpace)
		}
	}
	return comments
}

// isLong reports whether a comment is in long brackets.
func isLong(comment string) bool {
	bracket, ok := strings.CutPrefix(comment, "--[")
	return ok && strings.HasPrefix(strings.TrimLeft(bracket, "="), "[")
}

// Compare compares output with what is expected. White space around all of it and at the ends of lines
// does not count. The lines of diff begin with "-" when they are expected, with "+" when they were
// printed, with " " when both.
func (e Expected) Compare(output string) (diff []string, same bool) {
	want := normalLines(strings.Join(e.text, "\n"), e.Unordered)
	got := normalLines(output, e.Unordered)
	if e.Unordered {
		return linediff.Unordered(want, got)
	}
	if matchLines(want, got) {
		return nil, true
	}
	return linediff.Lines(want, got, isWildcard), false
}

// normalLines splits text into lines without the white space that does not count. Where lines have no order
// the indentation of the first one is kept, as another line may stand there the next time.
func normalLines(text string, unordered bool) []string {
	lines := strings.Split(newlines.Replace(text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRightFunc(line, unicode.IsSpace)
	}
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if len(lines) > 0 && !unordered {
		lines[0] = strings.TrimLeftFunc(lines[0], unicode.IsSpace)
	}
	return lines
}

// newlines makes all line ends of Markdown the same. A lone CR cannot stand within a line of a document.
var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

func isWildcard(line string) bool { return strings.TrimSpace(line) == wildcard }

// matchLines reports whether got is want, in which a wildcard stands for any lines.
func matchLines(want, got []string) bool {
	i, j := 0, 0
	star, from := -1, 0 // the last wildcard, and the line of got after those it stands for
	for j < len(got) {
		switch {
		case i < len(want) && isWildcard(want[i]):
			star, from = i, j
			i++
		case i < len(want) && want[i] == got[j]:
			i++
			j++
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	for i < len(want) && isWildcard(want[i]) {
		i++
	}
	return i == len(want)
}

// An Updated is a block whose expected output is to be replaced.
type Updated struct {
	Block  markdown.Block
	Output string
}

// Update returns source with the output of blocks as their expected output. Blocks that expect none are
// left alone, and so is everything else.
func Update(source []byte, blocks []Updated) []byte {
	blocks = slices.Clone(blocks)
	slices.SortFunc(blocks, func(a, b Updated) int { return a.Block.Line - b.Block.Line })
	out := make([]byte, 0, len(source))
	done := 0
	for _, b := range blocks {
		e, ok := Expectation(b.Block.Lines)
		if !ok {
			continue
		}
		marker, last := b.Block.Lines[e.Line], b.Block.Lines[e.Line+len(e.text)]
		if marker.Start < done {
			continue // given twice
		}
		out = append(out, source[done:marker.End]...)
		start := lineEndAt(source, marker.End) + marker.Prefix + e.indent + "--"
		for _, line := range normalLines(b.Output, e.Unordered) {
			out = append(out, start...)
			if line != "" {
				out = append(out, " "+line...)
			}
		}
		done = last.End
	}
	return append(out, source[done:]...)
}

// lineEndAt returns the line end at a position of source.
func lineEndAt(source []byte, at int) string {
	switch {
	case at+1 < len(source) && source[at] == '\r' && source[at+1] == '\n':
		return "\r\n"
	case at < len(source) && source[at] == '\r':
		return "\r"
	}
	return "\n"
}
