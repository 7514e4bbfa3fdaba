package markdown

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// maxHeading limits the bytes of a heading that are looked at: the time for inline markup can grow faster
// than its length.
const maxHeading = 512

// headingParser parses inline markup: all it is given is one paragraph.
var headingParser = parser.NewParser(
	parser.WithBlockParsers(util.Prioritized(parser.NewParagraphParser(), 100)),
	parser.WithInlineParsers(parser.DefaultInlineParsers()...),
)

// headingText returns the text of the last heading without its markup.
func (f *finder) headingText() string {
	if f.heading == nil || f.text != "" {
		return f.text
	}
	var raw strings.Builder
	for i := range f.heading.Lines().Len() {
		segment := f.heading.Lines().At(i)
		raw.Write(segment.Value(f.normal))
		if raw.Len() > maxHeading {
			break
		}
	}
	source := []byte(strings.ToValidUTF8(raw.String()[:min(raw.Len(), maxHeading)], "\uFFFD"))
	if !bytes.ContainsAny(source, "\\`*_[<&") {
		f.text = strings.Join(strings.Fields(string(source)), " ")
		return f.text
	}
	// The context knows the link references of the document.
	document := headingParser.Parse(text.NewReader(source), parser.WithContext(f.context))
	var plain strings.Builder
	appendText(&plain, document, source)
	f.text = strings.Join(strings.Fields(plain.String()), " ")
	return f.text
}

// appendText appends the text below n. HTML tags have none.
func appendText(b *strings.Builder, n ast.Node, source []byte) {
	switch n := n.(type) {
	case *ast.Text:
		value := n.Value(source)
		if !n.IsRaw() {
			value = util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(value)))
		}
		b.Write(value)
		if n.SoftLineBreak() || n.HardLineBreak() {
			b.WriteByte(' ')
		}
		return
	case *ast.String:
		b.Write(n.Value)
		return
	case *ast.AutoLink:
		b.Write(n.Label(source))
		return
	}
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		appendText(b, child, source)
	}
}
