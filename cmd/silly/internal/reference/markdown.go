package reference

import (
	"regexp"
	"strings"
	"sync"
)

var link = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`) })

// WithoutLinks is a text of a page with the words of its links only.
func WithoutLinks(text string) string { return link().ReplaceAllString(text, "$1") }

// Cells are those of a line of a table.
func Cells(line string) (cells []string) {
	line = strings.ReplaceAll(strings.Trim(strings.TrimSpace(line), "|"), `\|`, "\x00")
	for cell := range strings.SplitSeq(line, "|") {
		cells = append(cells, strings.TrimSpace(strings.ReplaceAll(cell, "\x00", "|")))
	}
	return cells
}

// Fence is the run of backquotes with which a line opens a block of code, or "". The line that is the same run closes the block.
func Fence(line string) string {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "```") {
		return ""
	}
	return line[:len(line)-len(strings.TrimLeft(line, "`"))]
}
