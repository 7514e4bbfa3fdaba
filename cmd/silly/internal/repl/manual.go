package repl

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"silly/cmd/silly/internal/reference"
)

// Escape sequences of the terminal.
const (
	bold   = "\x1b[1m"
	plain  = "\x1b[0m"
	dimmed = "\x1b[2m"
)

// A manual lays Markdown out for a terminal: as much of it as docs/ uses.
type manual struct {
	width  int
	styled bool
	lines  []string
}

var (
	numbered = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]+\. `) })
	code     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("`+([^`]+)`+") })
)

// render returns the lines of a text.
func render(text string, width int, styled bool) []string {
	m := &manual{width: min(width, 100) - 1, styled: styled}
	var paragraph, table []string
	fence := ""
	flush := func() {
		m.paragraph(paragraph)
		m.table(table)
		paragraph, table = nil, nil
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimSpace(line)
		switch {
		case fence != "":
			if trimmed == fence {
				fence = ""
			} else {
				m.lines = append(m.lines, m.style(dimmed, "  | ")+strings.ReplaceAll(line, "\t", "    "))
			}
		case reference.Fence(line) != "":
			flush()
			fence = reference.Fence(line)
		case trimmed == "":
			flush()
			if n := len(m.lines); n > 0 && m.lines[n-1] != "" {
				m.lines = append(m.lines, "")
			}
		case strings.HasPrefix(line, "#"):
			flush()
			m.lines = append(m.lines, m.style(bold, inline(strings.TrimSpace(strings.TrimLeft(line, "#")))))
		case strings.HasPrefix(line, "|"):
			table = append(table, line)
		case strings.HasPrefix(trimmed, "- "), numbered().MatchString(trimmed):
			flush()
			paragraph = append(paragraph, trimmed)
		default:
			paragraph = append(paragraph, trimmed)
		}
	}
	flush()
	for len(m.lines) > 0 && m.lines[len(m.lines)-1] == "" {
		m.lines = m.lines[:len(m.lines)-1]
	}
	return m.lines
}

// style is text in a style.
func (m *manual) style(sequence, text string) string {
	if !m.styled {
		return text
	}
	return sequence + text + plain
}

// inline is text without the signs of links, code and stress.
func inline(text string) string {
	text = code().ReplaceAllString(reference.WithoutLinks(text), "$1")
	return strings.NewReplacer("**", "", `\|`, "|").Replace(text)
}

// paragraph adds the lines of a paragraph or of an item of a list.
func (m *manual) paragraph(lines []string) {
	if len(lines) == 0 {
		return
	}
	text := inline(strings.Join(lines, " "))
	hang := ""
	if strings.HasPrefix(text, "- ") {
		hang = "  "
	}
	for i, line := range wrap(text, m.width-len(hang)) {
		if i > 0 {
			line = hang + line
		}
		m.lines = append(m.lines, line)
	}
}

// wrap breaks text into lines of at most so many columns, if its words allow that.
func wrap(text string, width int) (lines []string) {
	line, columns := "", 0
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case columns == 0:
		case columns+1+n > width:
			lines = append(lines, line)
			line, columns = "", 0
		default:
			line += " "
			columns++
		}
		line += word
		columns += n
	}
	return append(lines, line)
}

// table adds the rows of a table. The last column gets what the others leave.
func (m *manual) table(rows []string) {
	var cells [][]string
	for i, row := range rows {
		if i == 1 { // the line below the heads
			continue
		}
		var list []string
		for _, cell := range reference.Cells(row) {
			list = append(list, inline(cell))
		}
		cells = append(cells, list)
	}
	if len(cells) == 0 {
		return
	}
	count := len(cells[0])
	widths := make([]int, count)
	for _, row := range cells {
		for i, cell := range row[:min(len(row), count)] {
			widths[i] = max(widths[i], min(utf8.RuneCountInString(cell), m.width*2/5))
		}
	}
	left := m.width
	for _, w := range widths[:count-1] {
		left -= w + 2
	}
	widths[count-1] = max(left, m.width/3)
	for i, row := range cells {
		for _, line := range rowLines(row, widths) {
			if i == 0 {
				line = m.style(bold, line)
			}
			m.lines = append(m.lines, line)
		}
	}
}

// rowLines lays a row out.
func rowLines(row []string, widths []int) (lines []string) {
	var columns [][]string
	height := 0
	for i, w := range widths {
		var cell []string
		if i < len(row) {
			cell = wrap(row[i], w)
		}
		columns = append(columns, cell)
		height = max(height, len(cell))
	}
	for y := range height {
		var b strings.Builder
		for i, cell := range columns {
			text := ""
			if y < len(cell) {
				text = cell[y]
			}
			b.WriteString(text)
			if i < len(columns)-1 {
				b.WriteString(strings.Repeat(" ", max(widths[i]+2-utf8.RuneCountInString(text), 1)))
			}
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return lines
}
