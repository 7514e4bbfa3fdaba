package coverage

import (
	_ "embed"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"

	"silly/luahost"
)

//go:embed style.css
var style string

// HTML writes a page with a table of the files, and below it the source of each, whose lines say how often they ran. read reads
// a file. The page needs nothing else.
func HTML(w io.Writer, files []luahost.FileCoverage, read func(name string) ([]byte, error)) error {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width\">\n<title>Coverage</title>\n<style>\n" + style + "</style>\n<h1>Coverage</h1>\n")
	b.WriteString("<table class=\"files\">\n<thead><tr><th>File<th>Lines<th>Functions</thead>\n<tbody>\n")
	var allLines, allFunctions share
	for i, f := range files {
		l, fn := lines(f), functions(f)
		allLines, allFunctions = allLines.plus(l), allFunctions.plus(fn)
		fmt.Fprintf(&b, "<tr><td><a href=\"#file%d\">%s</a>%s%s\n", i, html.EscapeString(f.Name), cell(l), cell(fn))
	}
	fmt.Fprintf(&b, "</tbody>\n<tfoot><tr><td>All files%s%s</tfoot>\n</table>\n", cell(allLines), cell(allFunctions))
	for i, f := range files {
		fmt.Fprintf(&b, "<section id=\"file%d\">\n<h2>%s</h2>\n", i, html.EscapeString(f.Name))
		source, err := read(f.Name)
		if err != nil {
			fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(err.Error()))
		} else {
			writeSource(&b, f, string(source))
		}
		writeFunctions(&b, f)
		b.WriteString("</section>\n")
	}
	b.WriteString("</html>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// cell is a share as a cell of a table, with a bar.
func cell(s share) string {
	return fmt.Sprintf("<td><meter min=\"0\" max=\"100\" low=\"60\" high=\"85\" optimum=\"100\" value=\"%.1f\"></meter> %s", s.percent(), s)
}

// writeSource writes the lines of a file with how often each ran.
func writeSource(b *strings.Builder, f luahost.FileCoverage, source string) {
	b.WriteString("<table class=\"source\">\n")
	all := strings.Split(strings.TrimSuffix(source, "\n"), "\n")
	for i, text := range all {
		class, count := "", ""
		at, ok := slices.BinarySearchFunc(f.Lines, i+1, func(l luahost.LineCoverage, line int) int { return l.Line - line })
		if ok {
			count = fmt.Sprintf("%d×", f.Lines[at].Count)
			class = " class=\"ran\""
			if f.Lines[at].Count == 0 {
				class, count = " class=\"missed\"", "never"
			}
		}
		fmt.Fprintf(b, "<tr%s><th>%d<td>%s<td><code>%s</code>\n", class, i+1, count, html.EscapeString(strings.TrimSuffix(text, "\r")))
	}
	b.WriteString("</table>\n")
}

// writeFunctions lists the functions that were never called.
func writeFunctions(b *strings.Builder, f luahost.FileCoverage) {
	var never []string
	for _, fn := range f.Functions {
		if fn.Count > 0 {
			continue
		}
		name := fn.Name
		if name == "" {
			name = "function"
		}
		never = append(never, fmt.Sprintf("%s (line %d)", html.EscapeString(name), fn.Line))
	}
	if never != nil {
		fmt.Fprintf(b, "<p class=\"never\">Never called: %s</p>\n", strings.Join(never, ", "))
	}
}
