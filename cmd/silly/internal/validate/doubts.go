package validate

import (
	"slices"
	"strconv"

	"silly/cmd/silly/internal/results"
	"silly/internal/markdown"
)

// doubts are the warnings of one document.
type doubts struct {
	document *Document
	options  Options
	list     []results.Warning
}

// doubtsAbout makes warnings of what only looks like an example.
func doubtsAbout(d *Document, strays []markdown.Stray, o Options) *doubts {
	found := &doubts{document: d, options: o}
	for _, s := range strays {
		if s.Place == markdown.LoneComment || LooksSelected(s.Info, o.AllLua) {
			found.add(s.Line, s.Heading, reasons[s.Place])
		}
	}
	return found
}

// reasons say why what looks like an example is none.
var reasons = map[markdown.Place]string{
	markdown.InFrontMatter:  "fence in the front matter: not an example",
	markdown.InIndentedCode: "fence in indented code: not an example",
	markdown.InHTML:         "fence in HTML: not an example",
	markdown.InParagraph:    "fence in a paragraph: not an example",
	markdown.LoneComment:    "comment 'silly:' without a fence behind it",
}

// add adds a warning of a line below a heading, unless only others are asked for.
func (d *doubts) add(line int, heading, message string) {
	if d.options.wants(d.document.Name+":"+strconv.Itoa(line), heading) {
		d.list = append(d.list, results.Warning{File: d.document.Name, Line: line, Message: message})
	}
}

// sorted returns the warnings in the order of their lines.
func (d *doubts) sorted() []results.Warning {
	slices.SortStableFunc(d.list, func(a, b results.Warning) int { return a.Line - b.Line })
	return d.list
}
