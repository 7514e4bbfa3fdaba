//go:build linux

package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"silly/internal/bench/load"
)

// rounds are the results of one contender in one workload.
type rounds []load.Result

func (r rounds) median(value func(load.Result) float64) float64 {
	values := make([]float64, len(r))
	for i, result := range r {
		values[i] = value(result)
	}
	return quantile(values, 0.5)
}

// quantile returns the q quantile of values; the median of an even number is the mean of the two in the middle.
func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// A verdict says whether a contender reaches a target.
type verdict struct {
	Target string
	// Ratio is the median of the ratios of the rounds, or of the values when the target is absolute.
	Ratio, Lowest, Highest float64
	OK                     bool
	text                   string
}

// judge compares the rounds of a contender with those of the baseline that were run next to them.
func judge(t target, own, baseline rounds) verdict {
	values := make([]float64, len(own))
	for i := range own {
		values[i] = t.value(own[i])
		if !t.absolute {
			values[i] /= t.value(baseline[i])
		}
	}
	v := verdict{Ratio: quantile(values, 0.5), Lowest: slices.Min(values), Highest: slices.Max(values)}
	sign, limit := "≤", fmt.Sprintf("%.2f", t.limit)
	if v.OK = v.Ratio <= t.limit; t.atLeast {
		sign = "≥"
		v.OK = v.Ratio >= t.limit
	}
	v.text = fmt.Sprintf("%.2f (%.2f–%.2f)", v.Ratio, v.Lowest, v.Highest)
	if t.absolute {
		limit, v.text = memory(t.limit), memory(v.Ratio)
	}
	v.Target = fmt.Sprintf("%s %s %s", t.what, sign, limit)
	return v
}

// header is the first line of the table.
var header = []string{"work", "server", "throughput", "CPU each", "p50", "p99", "p99.9", "memory", "target", "ratio", ""}

// cells returns the lines of one contender in one workload.
func cells(w workload, contender string, own, baseline rounds) (lines [][]string, verdicts []verdict) {
	line := []string{w.name, contender, w.throughput(own), duration(own.median(cpuEach)),
		duration(own.median(func(r load.Result) float64 { return float64(r.P50) })),
		duration(own.median(func(r load.Result) float64 { return float64(r.P99) })),
		duration(own.median(func(r load.Result) float64 { return float64(r.P999) })),
		memory(own.median(func(r load.Result) float64 { return float64(r.RSS) })),
		"", "", ""}
	if w.spec.Kind == load.Idle {
		line[7] += ", " + memory(own.median(memoryEach)) + " each"
	}
	if contender == plainGo || len(own) != len(baseline) {
		return [][]string{line}, nil
	}
	for i, t := range w.targets {
		v := judge(t, own, baseline)
		verdicts = append(verdicts, v)
		if i > 0 {
			line = make([]string, len(header))
		}
		line[8], line[9] = v.Target, v.text
		if contender == silly {
			line[10] = map[bool]string{true: "ok", false: "MISSED"}[v.OK]
		}
		lines = append(lines, line)
	}
	return lines, verdicts
}

// throughput is in operations per second, and in bytes for large messages.
func (w workload) throughput(own rounds) string {
	if w.spec.Kind == load.Idle {
		return "–"
	}
	rate := own.median(perSecond)
	if w.spec.Size >= 64<<10 {
		return fmt.Sprintf("%.0f MB/s", rate*float64(w.spec.Size)/1e6)
	}
	return thousands(rate) + " " + w.each + "/s"
}

func thousands(v float64) string {
	s := fmt.Sprintf("%.0f", v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// duration writes nanoseconds with three digits, or a dash for none.
func duration(ns float64) string {
	if ns <= 0 || math.IsNaN(ns) {
		return "–"
	}
	unit, name := 1e3, "µs"
	if ns >= 1e6 {
		unit, name = 1e6, "ms"
	}
	return digits(ns/unit) + " " + name
}

func memory(bytes float64) string {
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

// printTable writes a table of Markdown whose columns are aligned.
func printTable(w io.Writer, lines [][]string) {
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

// A reportFile is what -json writes.
type reportFile struct {
	Machine   machine
	Date      time.Time
	Command   []string
	Workloads []workloadReport
}

type workloadReport struct {
	Name     string
	About    string
	Spec     load.Spec
	Rounds   map[string]rounds
	Verdicts map[string][]verdict
}
