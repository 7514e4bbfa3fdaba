//go:build linux

package main

import (
	"fmt"
	"slices"
	"time"

	"silly/internal/bench/report"
	"silly/internal/load"
)

// rounds are the results of one contender in one workload.
type rounds []load.Result

func (r rounds) median(value func(load.Result) float64) float64 {
	values := make([]float64, len(r))
	for i, result := range r {
		values[i] = value(result)
	}
	return report.Quantile(values, 0.5)
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
	v := verdict{Ratio: report.Quantile(values, 0.5), Lowest: slices.Min(values), Highest: slices.Max(values)}
	sign, limit := "≤", fmt.Sprintf("%.2f", t.limit)
	if v.OK = v.Ratio <= t.limit; t.atLeast {
		sign = "≥"
		v.OK = v.Ratio >= t.limit
	}
	v.text = fmt.Sprintf("%.2f (%.2f–%.2f)", v.Ratio, v.Lowest, v.Highest)
	if t.absolute {
		limit, v.text = report.Memory(t.limit), report.Memory(v.Ratio)
	}
	v.Target = fmt.Sprintf("%s %s %s", t.what, sign, limit)
	return v
}

// header is the first line of the table.
var header = []string{"work", "server", "throughput", "CPU each", "p50", "p99", "p99.9", "memory", "target", "ratio", ""}

// cells returns the lines of one contender in one workload.
func cells(w workload, contender string, own, baseline rounds) (lines [][]string, verdicts []verdict) {
	line := []string{w.name, contender, w.throughput(own), report.Duration(own.median(cpuEach)),
		report.Duration(own.median(func(r load.Result) float64 { return float64(r.P50) })),
		report.Duration(own.median(func(r load.Result) float64 { return float64(r.P99) })),
		report.Duration(own.median(func(r load.Result) float64 { return float64(r.P999) })),
		report.Memory(own.median(func(r load.Result) float64 { return float64(r.RSS) })),
		"", "", ""}
	if w.spec.Kind == load.Idle {
		line[7] += ", " + report.Memory(own.median(memoryEach)) + " each"
	}
	if contender == plainGo || len(own) != len(baseline) || len(w.targets) == 0 {
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
	return report.Thousands(rate) + " " + w.each + "/s"
}

// A reportFile is what -json writes.
type reportFile struct {
	Machine   report.Machine
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
