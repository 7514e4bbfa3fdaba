//go:build linux

package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Quantile returns the q quantile of values; the median of an even number is the mean of the two in the middle.
func Quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// Thousands writes a number without a fraction, with commas.
func Thousands(v float64) string {
	s := fmt.Sprintf("%.0f", v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Duration writes nanoseconds with three digits, or a dash for none.
func Duration(ns float64) string {
	if ns <= 0 || math.IsNaN(ns) {
		return "–"
	}
	unit, name := 1e3, "µs"
	if ns >= 1e6 {
		unit, name = 1e6, "ms"
	}
	return digits(ns/unit) + " " + name
}

// Memory writes bytes with three digits, or a dash for none.
func Memory(bytes float64) string {
	if bytes == 0 {
		return "–"
	}
	if math.Abs(bytes) < 1<<20 {
		return digits(bytes/(1<<10)) + " KB"
	}
	return digits(bytes/(1<<20)) + " MB"
}

func digits(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// PrintTable writes a table of Markdown whose columns are aligned.
func PrintTable(w io.Writer, header []string, lines [][]string) {
	lines = slices.Insert(slices.Clone(lines), 0, header)
	widths := make([]int, len(header))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for n, line := range lines {
		for i, cell := range line {
			fmt.Fprintf(w, "| %-*s ", widths[i], cell)
		}
		fmt.Fprintln(w, "|")
		if n == 0 {
			for _, width := range widths {
				fmt.Fprintf(w, "|%s", strings.Repeat("-", width+2))
			}
			fmt.Fprintln(w, "|")
		}
	}
}
