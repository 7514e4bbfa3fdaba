package markdown

import (
	"bytes"
	"regexp"
	"strings"
	"sync"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// A Stray is something that was probably meant for a block and belongs to none: a line that looks like an opening
// fence and opens nothing, or a comment <!-- silly: X --> with no fence behind it.
type Stray struct {
	Line    int
	Place   Place
	Info    string // the info string; of a comment X
	Heading string // as of a Block
}

// A Place is what a stray is in, instead of a block.
type Place uint8

// The places of strays.
const (
	InFrontMatter Place = iota
	InIndentedCode
	InHTML
	InParagraph
	LoneComment
)

// fenceLike is a line that looks like an opening fence, also behind the markers of lists and quotes.
var fenceLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("^[ \t]*(?:(?:[-*+>]|[0-9]{1,9}[.)])[ \t]+)*(?:`{3,}([^`]*)|~{3,}(.*))$")
})

// addStray notes a line that starts at an offset of normal and looks like a fence.
func (f *finder) addStray(offset int, line []byte, place Place) {
	match := fenceLike().FindSubmatch(bytes.TrimRight(line, "\n"))
	if match == nil {
		return
	}
	info := strings.Trim(string(match[1])+string(match[2]), " \t\n\v\f")
	if info != "" {
		f.strays = append(f.strays, Stray{f.lineAt(offset) + 1, place, info, f.headingText()})
	}
}

// straysIn notes what looks like a fence in a node without blocks.
func (f *finder) straysIn(n ast.Node) {
	var place Place
	switch n := n.(type) {
	case *ast.CodeBlock:
		place = InIndentedCode
	case *ast.Paragraph, *ast.TextBlock:
		place = InParagraph
	case *ast.HTMLBlock:
		place = InHTML
		if text, ok := f.comment(n); ok && f.fences[n.NextSibling()] == nil {
			line := f.lineAt(n.Lines().At(0).Start) + 1
			f.strays = append(f.strays, Stray{line, LoneComment, text, f.headingText()})
		}
	default:
		return
	}
	for _, s := range allLines(n) {
		f.addStray(s.Start, f.normal[s.Start:s.Stop], place)
	}
}

// allLines returns the lines of a block.
func allLines(n ast.Node) []text.Segment {
	segments := append([]text.Segment(nil), n.Lines().Sliced(0, n.Lines().Len())...)
	if html, ok := n.(*ast.HTMLBlock); ok && html.HasClosure() {
		segments = append(segments, html.ClosureLine)
	}
	return segments
}
