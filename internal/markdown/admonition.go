package markdown

import (
	"regexp"
	"sync"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// admonitionHead is the first line of an admonition, a collapsible one or a tab of MkDocs: what belongs to it follows,
// indented. CommonMark takes that for indented code.
var admonitionHead = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:(?:!!!|\?\?\?\+?)[ \t]*[\w"'-]|===[+!]*[ \t]+["'])`)
})

// admonitionIndent is how many columns the contents of an admonition are indented.
const admonitionIndent = 4

var kindAdmonition = ast.NewNodeKind("Admonition")

// An admonition is a container: its children are the blocks in it.
type admonition struct{ ast.BaseBlock }

func (a *admonition) Kind() ast.NodeKind { return kindAdmonition }

func (a *admonition) Dump(source []byte, level int) { ast.DumpHelper(a, source, level, nil, nil) }

// admonitionParser is the parser for admonitions.
type admonitionParser struct{}

func (admonitionParser) Trigger() []byte { return []byte{'!', '?', '='} }

func (admonitionParser) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, _ := reader.PeekLine()
	if at := pc.BlockOffset(); at < 0 || !admonitionHead().Match(line[at:]) {
		return nil, parser.NoChildren
	}
	reader.AdvanceToEOL()
	return &admonition{}, parser.NoChildren // the next line may have the first one
}

func (admonitionParser) Continue(node ast.Node, reader text.Reader, pc parser.Context) parser.State {
	line, segment := reader.PeekLine()
	if util.IsBlank(line) {
		reader.AdvanceToEOL()
		return parser.Continue | parser.HasChildren
	}
	pos, padding := util.IndentPositionPadding(line, reader.LineOffset(), segment.Padding, admonitionIndent)
	if pos < 0 {
		return parser.Close
	}
	reader.AdvanceAndSetPadding(pos, padding)
	return parser.Continue | parser.HasChildren
}

func (admonitionParser) Close(ast.Node, text.Reader, parser.Context) {}

func (admonitionParser) CanInterruptParagraph() bool { return true }

func (admonitionParser) CanAcceptIndentedLine() bool { return false }
