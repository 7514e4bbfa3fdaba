// Package markdown finds the fenced code blocks of a CommonMark document, with the place of each of their
// lines in the source. It knows no programming language.
package markdown

import (
	"bytes"
	"sort"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// A Block is a fenced code block (CommonMark 0.31 section 4.5).
type Block struct {
	// Line is the number of the line with the opening fence; the first line of the source is 1.
	Line int
	// Closed tells that there is a closing fence. Otherwise the block goes on to the end of the quote, the
	// list item or the document it is in.
	Closed bool
	// Info is the info string as it stands in the source, without white space around it. Backslashes and
	// entities are not resolved.
	Info string
	// Comment is the text X of an HTML comment <!-- silly: X --> that stands directly before the fence.
	Comment    string
	HasComment bool
	// Heading is the text of the nearest heading above, without markup.
	Heading string
	// Lines are the lines between the fences. Line i is line Block.Line+1+i of the source.
	Lines []Line
}

// A Line is a line of a block.
type Line struct {
	// Text has neither the line end nor the prefix. It is source[Start:End].
	Text       string
	Start, End int
	// Prefix is what stands before Text on the line: quote markers and the indentation of lists, of admonitions
	// and of the fence. A tab that belongs to the indentation by a part of its width belongs to Text.
	Prefix string
}

// maxDepth limits how deep containers nest, because goldmark walks the tree by recursion and the work for
// a line grows with the square of the depth. Markers of deeper quotes and lists are text.
const maxDepth = 256

// Parse returns the fenced code blocks of a document, and what only looks like one, in the order of their lines.
// Lines end with LF, CR LF or CR; a byte order mark at the start is no part of the text, and front matter has no
// blocks. Admonitions and tabs of MkDocs are containers, as quotes are.
func Parse(source []byte) (blocks []Block, strays []Stray) {
	f := newFinder(source)
	f.blankFrontMatter()
	reader := text.NewReader(f.normal)
	f.walk(f.parser().Parse(reader, parser.WithContext(f.context)))
	return f.blocks, f.strays
}

// A finder collects the blocks of one document.
type finder struct {
	source []byte
	lines  []span // of source
	// normal is source without byte order mark and with LF at the end of all lines, because goldmark knows
	// LF only. Its line i begins at starts[i] and is line i of source.
	normal []byte
	starts []int

	context parser.Context
	fences  map[ast.Node]*fence
	heading ast.Node // the last heading passed by walk
	text    string   // of heading, once known
	blocks  []Block
	strays  []Stray
}

// A span is a range of bytes.
type span struct{ start, end int }

// A fence is what the parser noted about a fenced code block. Offsets are those of normal.
type fence struct {
	line   int // index
	indent int // columns before the opening fence, which are removed from each line
	info   string
	lines  []int // where the text of each line starts
	closed bool
}

var byteOrderMark = []byte("\xef\xbb\xbf")

func newFinder(source []byte) *finder {
	f := &finder{source: source, context: parser.NewContext(), fences: map[ast.Node]*fence{}}
	start := 0
	if bytes.HasPrefix(source, byteOrderMark) {
		start = len(byteOrderMark)
	}
	copied := bytes.IndexByte(source, '\r') >= 0
	if copied {
		f.normal = make([]byte, 0, len(source))
	} else {
		f.normal = source[start:]
	}
	for at, offset := start, 0; at < len(source); {
		end, next := lineEnd(source, at)
		f.lines = append(f.lines, span{at, end})
		f.starts = append(f.starts, offset)
		if copied {
			f.normal = append(f.normal, source[at:end]...)
			if next > end {
				f.normal = append(f.normal, '\n')
			}
		}
		offset += end - at + 1
		at = next
	}
	return f
}

// lineEnd returns where the text of the line at a position ends and where the next line starts.
func lineEnd(source []byte, at int) (end, next int) {
	i := bytes.IndexAny(source[at:], "\r\n")
	if i < 0 {
		return len(source), len(source)
	}
	end = at + i
	if source[end] == '\r' && end+1 < len(source) && source[end+1] == '\n' {
		return end, end + 2
	}
	return end, end + 1
}

// lineAt returns the index of the line with an offset of normal.
func (f *finder) lineAt(offset int) int {
	return sort.Search(len(f.starts), func(i int) bool { return f.starts[i] > offset }) - 1
}

// parser returns a parser for blocks. Inline markup stays unparsed: only that of headings is of interest,
// and parsing it all costs time that an author of nested brackets can make very long.
func (f *finder) parser() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(limited{parser.NewListParser()}, 300),
			util.Prioritized(limited{admonitionParser{}}, 350),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(fenceParser{parser.NewFencedCodeBlockParser(), f}, 700),
			util.Prioritized(limited{parser.NewBlockquoteParser()}, 800),
			util.Prioritized(parser.NewHTMLBlockParser(), 900),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithParagraphTransformers(
			util.Prioritized(references{parser.LinkReferenceParagraphTransformer}, 100),
		),
	)
}

// limited is a parser for containers that keeps maxDepth.
type limited struct{ parser.BlockParser }

func (p limited) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	if len(pc.OpenedBlocks()) >= maxDepth {
		return nil, parser.NoChildren
	}
	return p.BlockParser.Open(parent, reader, pc)
}

// references finds link references in paragraphs of at most maxReferences lines: its work grows with the
// square of the lines. They matter for headings only.
type references struct{ parser.ParagraphTransformer }

const maxReferences = 200

func (r references) Transform(node *ast.Paragraph, reader text.Reader, pc parser.Context) {
	if node.Lines().Len() <= maxReferences {
		r.ParagraphTransformer.Transform(node, reader, pc)
	}
}

// fenceParser is the parser for fenced code blocks that notes what goldmark's nodes do not tell: whether the
// fence was closed, and where lines start when a tab is cut in two.
type fenceParser struct {
	parser.BlockParser
	finder *finder
}

func (p fenceParser) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	node, state := p.BlockParser.Open(parent, reader, pc)
	if node != nil {
		rest := line[pc.BlockOffset():]
		info := bytes.TrimLeft(rest, string(rest[0]))
		p.finder.fences[node] = &fence{
			line:   p.finder.lineAt(segment.Start),
			indent: pc.BlockIndent(),
			info:   strings.Trim(string(info), " \t\n\v\f"),
		}
	}
	return node, state
}

func (p fenceParser) Continue(node ast.Node, reader text.Reader, pc parser.Context) parser.State {
	_, segment := reader.PeekLine()
	column := reader.LineOffset()
	state := p.BlockParser.Continue(node, reader, pc)
	fence := p.finder.fences[node]
	if state&parser.Continue == 0 {
		fence.closed = true
		return state
	}
	fence.lines = append(fence.lines, p.finder.lineStart(segment, column, fence.indent))
	return state
}

// lineStart returns where the text of a line of code starts: after at most indent columns of white space.
// column is that of the segment with its padding, which is what is left of a tab before it.
func (f *finder) lineStart(segment text.Segment, column, indent int) int {
	start, left := segment.Start, indent
	switch {
	case segment.Padding > left:
		return start - 1 // the tab
	case segment.Padding > 0:
		left -= segment.Padding
		column += segment.Padding
	}
	for ; left > 0 && start < segment.Stop; start++ {
		width := 1
		switch f.normal[start] {
		case ' ':
		case '\t':
			width = util.TabWidth(column)
		default:
			return start
		}
		if width > left {
			return start
		}
		left -= width
		column += width
	}
	return start
}

// walk visits the blocks of the document in their order. It does not recurse.
func (f *finder) walk(root ast.Node) {
	for n := root; n != nil; n = following(n) {
		if n.Kind() == ast.KindHeading {
			f.heading, f.text = n, ""
		}
		if fence := f.fences[n]; fence != nil {
			f.add(n, fence)
		}
		f.straysIn(n)
	}
}

// following returns the node after n in the order of the document.
func following(n ast.Node) ast.Node {
	if child := n.FirstChild(); child != nil && child.Type() == ast.TypeBlock {
		return child
	}
	for ; n != nil; n = n.Parent() {
		if next := n.NextSibling(); next != nil {
			return next
		}
	}
	return nil
}

func (f *finder) add(n ast.Node, fence *fence) {
	b := Block{
		Line:    fence.line + 1,
		Closed:  fence.closed,
		Info:    fence.info,
		Heading: f.headingText(),
		Lines:   make([]Line, len(fence.lines)),
	}
	b.Comment, b.HasComment = f.comment(n.PreviousSibling())
	for i, start := range fence.lines {
		at := fence.line + 1 + i
		line := f.lines[at]
		start = min(line.start+start-f.starts[at], line.end)
		b.Lines[i] = Line{
			Text:   string(f.source[start:line.end]),
			Start:  start,
			End:    line.end,
			Prefix: string(f.source[line.start:start]),
		}
	}
	f.blocks = append(f.blocks, b)
}

// comment returns the text of the comment for silly with which node ends, the one before a fence.
func (f *finder) comment(node ast.Node) (string, bool) {
	html, ok := node.(*ast.HTMLBlock)
	if !ok {
		return "", false
	}
	var all strings.Builder
	for _, s := range allLines(html) {
		all.Write(s.Value(f.normal))
	}
	inner, ok := strings.CutSuffix(strings.TrimSpace(all.String()), "-->")
	if !ok || strings.HasSuffix(inner, "<!-") {
		return "", false
	}
	start := strings.LastIndex(inner, "<!--")
	if start < 0 || strings.Contains(inner[start:], "-->") {
		return "", false
	}
	inner, ok = strings.CutPrefix(strings.TrimSpace(inner[start+len("<!--"):]), "silly:")
	return strings.TrimSpace(inner), ok
}
