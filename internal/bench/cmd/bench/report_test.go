//go:build linux

package main

import (
	"strings"
	"testing"
	"time"

	"silly/internal/bench/report"
	"silly/internal/load"
)

func roundsOf(cpus ...int) rounds {
	var r rounds
	for _, c := range cpus {
		r = append(r, load.Result{Operations: 10, Seconds: 2, CPU: time.Duration(c) * 10 * time.Microsecond, P50: time.Millisecond, P99: 2 * time.Millisecond})
	}
	return r
}

func TestRatiosAreMediansOfTheRounds(t *testing.T) {
	own, baseline := roundsOf(30, 11, 12), roundsOf(10, 10, 10)
	for limit, ok := range map[float64]bool{1.1: false, 1.2: true} {
		v := judge(cpu(limit, "msg"), own, baseline)
		if v.Ratio < 1.199 || v.Ratio > 1.201 || v.Lowest > 1.101 || v.Highest < 2.999 || v.OK != ok {
			t.Errorf("limit %v: %+v", limit, v)
		}
	}
	if v := judge(throughput(0.9, "msg"), own, baseline); !v.OK || v.Target != "msg/s ≥ 0.90" {
		t.Errorf("equal throughput: %+v", v)
	}
}

func TestTheTableNamesMissedTargets(t *testing.T) {
	w := workloads[0]
	lines, _ := cells(w, silly, roundsOf(20), roundsOf(10))
	more, _ := cells(w, plainGo, roundsOf(10), roundsOf(10))
	var out strings.Builder
	report.PrintTable(&out, header, append(lines, more...))
	const want = `
| work      | server   | throughput | CPU each | p50     | p99     | p99.9 | memory | target         | ratio            |        |
|-----------|----------|------------|----------|---------|---------|-------|--------|----------------|------------------|--------|
| echo-64x1 | silly    | 5 msg/s    | 20.0 µs  | 1.00 ms | 2.00 ms | –     | –      | CPU/msg ≤ 1.10 | 2.00 (2.00–2.00) | MISSED |
| echo-64x1 | plain Go | 5 msg/s    | 10.0 µs  | 1.00 ms | 2.00 ms | –     | –      |                |                  |        |
`
	if got := "\n" + out.String(); got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
}

func TestFlagsAreChecked(t *testing.T) {
	for _, args := range [][]string{{"-run", "("}, {"-only", "java"}, {"-only", ""}, {"-rounds", "0"}, {"extra"}} {
		if _, err := parse(args, new(strings.Builder)); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
	s, err := parse([]string{"-addr", "ws://127.0.0.1:1", "-only", "go", "-quick"}, new(strings.Builder))
	if err != nil || len(s.contenders) != 2 || s.rounds != 1 {
		t.Errorf("got %+v, %v", s, err)
	}
}
