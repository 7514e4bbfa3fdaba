//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"silly/internal/bench/report"
)

// A program is what was measured of one Lua program: for each contender a sample for each round.
type program struct {
	name    string
	samples map[string][]sample
}

// results are those of all programs.
type results struct {
	contenders []contender
	programs   []program
}

func newResults(list []contender) *results { return &results{contenders: list} }

// quickWork is the argument that makes a program do next to nothing.
const quickWork = "3"

// measure runs a program: in each round, each contender once. They must print the same.
func (r *results) measure(ctx context.Context, s settings, name, file string, progress io.Writer) error {
	args := []string{file}
	if s.quick {
		args = append(args, quickWork)
	}
	p := program{name, make(map[string][]sample)}
	want := ""
	for round := range s.rounds {
		fmt.Fprintf(progress, "%-14s round %d of %d:", name, round+1, s.rounds)
		for _, c := range r.contenders {
			one, err := measureOnce(ctx, c.path, args...)
			if err != nil {
				fmt.Fprintln(progress)
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if want == "" {
				want = one.output
			}
			if one.output != want || want == "" {
				fmt.Fprintln(progress)
				return fmt.Errorf("%s printed %q, %s %q", c.name, one.output, r.contenders[0].name, want)
			}
			fmt.Fprintf(progress, " %s %s", c.name, report.Duration(float64(one.cpu)))
			p.samples[c.name] = append(p.samples[c.name], one)
		}
		fmt.Fprintln(progress)
	}
	r.programs = append(r.programs, p)
	return nil
}

// median is that of all rounds.
func (p *program) median(contender string, value func(sample) float64) float64 {
	var values []float64
	for _, s := range p.samples[contender] {
		values = append(values, value(s))
	}
	return report.Quantile(values, 0.5)
}

// leastCPU is the time from which on times are compared; the kernel counts in ticks.
const leastCPU = 20 * time.Millisecond

// ratio is the median of the ratios of the rounds. It reports false if they are too short.
func (p *program) ratio(over, under string) (float64, bool) {
	var values []float64
	for i, s := range p.samples[over] {
		t := p.samples[under][i]
		if min(s.cpu, t.cpu) < leastCPU {
			return 0, false
		}
		values = append(values, s.cpu.Seconds()/t.cpu.Seconds())
	}
	return report.Quantile(values, 0.5), true
}

// table is what was measured, with the geometric means of the ratios in the last line.
func (r *results) table() (header []string, lines [][]string) {
	header = []string{"program"}
	for _, c := range r.contenders {
		header = append(header, c.name)
	}
	pairs := [][2]string{{gopherLua, silly}, {silly, reference}}[:len(r.contenders)-1]
	for _, pair := range pairs {
		header = append(header, pair[0]+" / "+pair[1])
	}
	for _, c := range r.contenders {
		header = append(header, "memory of "+c.name)
	}
	logs, counts := make([]float64, len(pairs)), make([]float64, len(pairs))
	for _, p := range r.programs {
		line := []string{p.name}
		for _, c := range r.contenders {
			line = append(line, report.Duration(p.median(c.name, func(s sample) float64 { return float64(s.cpu) })))
		}
		for i, pair := range pairs {
			ratio, ok := p.ratio(pair[0], pair[1])
			if !ok {
				line = append(line, "–")
				continue
			}
			logs[i] += math.Log(ratio)
			counts[i]++
			line = append(line, fmt.Sprintf("%.2f", ratio))
		}
		for _, c := range r.contenders {
			line = append(line, report.Memory(p.median(c.name, func(s sample) float64 { return float64(s.memory) })))
		}
		lines = append(lines, line)
	}
	mean := make([]string, len(header))
	mean[0] = "geometric mean"
	for i, sum := range logs {
		if counts[i] > 0 {
			mean[1+len(r.contenders)+i] = fmt.Sprintf("%.2f", math.Exp(sum/counts[i]))
		}
	}
	return header, append(lines, mean)
}
