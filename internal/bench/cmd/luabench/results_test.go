//go:build linux

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"silly/internal/bench/report"
)

func samples(milliseconds ...int) []sample {
	var list []sample
	for _, ms := range milliseconds {
		list = append(list, sample{cpu: time.Duration(ms) * time.Millisecond, memory: 3 << 20})
	}
	return list
}

func TestTheTableHasRatiosAndTheirGeometricMeans(t *testing.T) {
	t.Parallel()
	r := newResults([]contender{{name: silly}, {name: gopherLua}, {name: reference}})
	r.programs = []program{
		{"fib", map[string][]sample{silly: samples(100, 900, 100), gopherLua: samples(400, 3600, 300), reference: samples(50, 90, 50)}},
		{"tak", map[string][]sample{silly: samples(100, 100, 100), gopherLua: samples(100, 100, 100), reference: samples(50, 50, 50)}},
		{"short", map[string][]sample{silly: samples(1, 1, 1), gopherLua: samples(1, 1, 1), reference: samples(0, 0, 0)}},
	}
	var out strings.Builder
	header, lines := r.table()
	report.PrintTable(&out, header, lines)
	const want = `
| program        | silly   | gopher-lua | lua5.4  | gopher-lua / silly | silly / lua5.4 | memory of silly | memory of gopher-lua | memory of lua5.4 |
|----------------|---------|------------|---------|--------------------|----------------|-----------------|----------------------|------------------|
| fib            | 100 ms  | 400 ms     | 50.0 ms | 4.00               | 2.00           | 3.00 MB         | 3.00 MB              | 3.00 MB          |
| tak            | 100 ms  | 100 ms     | 50.0 ms | 1.00               | 2.00           | 3.00 MB         | 3.00 MB              | 3.00 MB          |
| short          | 1.00 ms | 1.00 ms    | –       | –                  | –              | 3.00 MB         | 3.00 MB              | 3.00 MB          |
| geometric mean |         |            |         | 2.00               | 2.00           |                 |                      |                  |
`
	if got := "\n" + out.String(); got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
}

// TestProgramsMustPrintTheSame measures shell scripts.
func TestProgramsMustPrintTheSame(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := func(name, text string) contender {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return contender{name, path}
	}
	good, other := script("good", "echo 1"), script("other", "echo 2")
	for _, test := range []struct {
		second contender
		want   string
	}{
		{script("same", "echo 1"), ""}, {other, "other printed"}, {script("fails", "echo 1; exit 1"), "fails: exit status 1"},
		{script("warns", "echo 1; echo x >&2"), "x"}, {script("silent", ":"), "silent printed"},
	} {
		err := newResults([]contender{good, test.second}).measure(context.Background(), settings{rounds: 1}, "x", "x.lua", new(strings.Builder))
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.second.name, err, test.want)
		}
	}
}

func TestFlagsAreChecked(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-run", "("}, {"-rounds", "0"}, {"extra"}} {
		if _, err := parse(args, new(strings.Builder)); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
	if s, err := parse([]string{"-quick", "-rounds", "7"}, new(strings.Builder)); err != nil || s.rounds != 1 {
		t.Errorf("got %+v, %v", s, err)
	}
}
