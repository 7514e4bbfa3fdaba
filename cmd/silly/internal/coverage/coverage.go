// Package coverage shows which lines and functions of Lua files ran: as a table, in the format of lcov, and as a page.
package coverage

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"silly/internal/visible"
	"silly/luahost"
)

// A share is how many of some parts ran.
type share struct{ ran, all int }

// percent is the share in percent, rounded down so that 100 means all.
func (s share) percent() float64 {
	if s.all == 0 {
		return 100
	}
	return float64(s.ran*1000/s.all) / 10
}

// String is "87.5 % (7/8)".
func (s share) String() string { return fmt.Sprintf("%.1f %% (%d/%d)", s.percent(), s.ran, s.all) }

func (s share) plus(t share) share { return share{s.ran + t.ran, s.all + t.all} }

// lines is how many of a file's lines ran, of those on which a statement begins.
func lines(f luahost.FileCoverage) share {
	s := share{all: len(f.Lines)}
	for _, l := range f.Lines {
		if l.Count > 0 {
			s.ran++
		}
	}
	return s
}

// functions is how many of a file's functions were called.
func functions(f luahost.FileCoverage) share {
	s := share{all: len(f.Functions)}
	for _, fn := range f.Functions {
		if fn.Count > 0 {
			s.ran++
		}
	}
	return s
}

// Text writes a table: for each file, how many lines and functions ran, and which lines did not. Lines of the table are at most
// so many columns wide, where that is possible.
func Text(w io.Writer, files []luahost.FileCoverage, width int) error {
	const header = "coverage"
	wide := len(header)
	for _, f := range files {
		wide = max(wide, utf8.RuneCountInString(visible.Text(f.Name)))
	}
	var b strings.Builder
	row := func(name, lines, functions, missing string) {
		fmt.Fprintf(&b, "%s\n", strings.TrimRight(fmt.Sprintf("%-*s  %18s  %18s  %s", wide, name, lines, functions, missing), " "))
	}
	row(header, "lines", "functions", "lines that never ran")
	var allLines, allFunctions share
	for _, f := range files {
		l, fn := lines(f), functions(f)
		allLines, allFunctions = allLines.plus(l), allFunctions.plus(fn)
		row(visible.Text(f.Name), l.String(), fn.String(), cut(missing(f), width-wide-42))
	}
	row("all files", allLines.String(), allFunctions.String(), "")
	_, err := io.WriteString(w, b.String())
	return err
}

// missing names the lines that never ran: "3, 7-9", where between 7 and 9 no line ran.
func missing(f luahost.FileCoverage) string {
	var parts []string
	for i := 0; i < len(f.Lines); i++ {
		if f.Lines[i].Count > 0 {
			continue
		}
		from := f.Lines[i].Line
		for i+1 < len(f.Lines) && f.Lines[i+1].Count == 0 {
			i++
		}
		if to := f.Lines[i].Line; to > from {
			parts = append(parts, fmt.Sprintf("%d-%d", from, to))
		} else {
			parts = append(parts, fmt.Sprint(from))
		}
	}
	return strings.Join(parts, ", ")
}

// cut shortens a list of lines to so many columns, but not below 30.
func cut(text string, columns int) string {
	columns = max(columns, 30)
	if len(text) <= columns {
		return text
	}
	text = text[:columns-len(", ...")]
	if i := strings.LastIndex(text, ", "); i > 0 {
		text = text[:i]
	}
	return text + ", ..."
}

// LCOV writes the tracefile of lcov (its manual page geninfo, section "TRACEFILE FORMAT"), which many tools read.
func LCOV(w io.Writer, files []luahost.FileCoverage) error {
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "TN:\nSF:%s\n", oneLine(f.Name))
		names := make([]string, len(f.Functions))
		used := map[string]bool{}
		for i, fn := range f.Functions {
			names[i] = oneLine(fn.Name)
			if names[i] == "" || used[names[i]] { // names must differ
				names[i] = strings.TrimLeft(fmt.Sprintf("%s:%d", names[i], fn.Line), ":")
			}
			used[names[i]] = true
			fmt.Fprintf(&b, "FN:%d,%s\n", fn.Line, names[i])
		}
		for i, fn := range f.Functions {
			fmt.Fprintf(&b, "FNDA:%d,%s\n", fn.Count, names[i])
		}
		fn := functions(f)
		fmt.Fprintf(&b, "FNF:%d\nFNH:%d\n", fn.all, fn.ran)
		for _, l := range f.Lines {
			fmt.Fprintf(&b, "DA:%d,%d\n", l.Line, l.Count)
		}
		ln := lines(f)
		fmt.Fprintf(&b, "LF:%d\nLH:%d\nend_of_record\n", ln.all, ln.ran)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// oneLine is a name that ends no line and no field.
func oneLine(name string) string {
	return strings.NewReplacer("\n", "_", "\r", "_", ",", "_").Replace(name)
}
