package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"silly/cmd/silly/internal/results"
	"silly/internal/visible"
)

var update = flag.Bool("update", false, "write the golden files")

// sample has a result of each kind.
func sample() ([]results.Result, results.Summary) {
	rs := []results.Result{
		{File: "README.md", Line: 12, Heading: "Start", Output: "hello\n", Duration: 3 * time.Millisecond},
		{File: "docs/chat.md", Line: 20, Heading: "房间 #1", Reason: "expected output updated", Duration: 1500 * time.Millisecond},
		{File: "docs/chat.md", Line: 31, Status: results.Skipped, Reason: "needs the network, run with --allow-net"},
		{
			File: "docs/chat.md", Line: 57, Heading: "Broadcasting", Status: results.Failed, Duration: 12 * time.Millisecond,
			Failure: &results.Failure{
				File: "docs/chat.md", Line: 61,
				Message:   "attempt to index a non-table object(nil) with key 'send'",
				Source:    "\t\tpeer:send(\"hi\")",
				Traceback: []string{"docs/chat.md:61: in function 'broadcast'", "docs/chat.md:70: in main chunk"},
			},
			Output: "one\n\n  two\n",
		},
		{
			File: "docs/chat.md", Line: 80, Heading: "Output", Status: results.Failed,
			Failure: &results.Failure{Line: 84, Message: "it prints something else than it says", Diff: []string{" same", "-old", "+new"}},
		},
		{
			File: "docs/time.md", Line: 5, Heading: "Waiting", Status: results.Failed, Duration: 5 * time.Second,
			Failure: &results.Failure{
				Line: 5, Message: "still busy after 5s\nwith 2 tasks",
				Tasks: []string{"task 1 is running\n\tdocs/time.md:7: in main chunk", "task 2 waits in time.sleep\ndocs/time.md:9: in function <docs/time.md:8>"},
			},
			Output: "tick\ntick", Truncated: true,
		},
	}
	summary := results.Summary{Duration: 6520 * time.Millisecond, Errors: []string{"cannot open docs/secret: permission denied"},
		Warnings: []results.Warning{
			{File: "README.md", Line: 30, Message: "fence in HTML: not an example"},
			{File: "docs/none.md", Line: 3, Message: "fence in the front matter: not an example"},
		}}
	for _, r := range rs {
		summary.Count(r)
	}
	return rs, summary
}

// hostile is text that tries to break out of a report.
const hostile = "a\x1b[31m\r\n::error::x%0A,:\n \u00a0::c ##[d]##vso[e]\n# b \\# SKIP\nok 1\n  ...\n  ---\n]]><!--&\"'</failure>\x00\x7f\u009b\xff\ufeff\u202e\u2028\ufffe\t|end"

// hostileSample has hostile text wherever text is.
func hostileSample() ([]results.Result, results.Summary) {
	failed := results.Result{
		File: hostile, Line: 1, Heading: hostile, Status: results.Failed, Output: hostile, Truncated: true,
		Failure: &results.Failure{File: hostile, Line: 2, Message: hostile, Source: hostile, Traceback: []string{hostile}, Diff: []string{"-" + hostile, hostile}, Tasks: []string{hostile}},
	}
	skipped := results.Result{File: hostile, Line: 3, Heading: hostile, Status: results.Skipped, Reason: hostile}
	passed := results.Result{File: "", Heading: hostile, Reason: hostile, Output: hostile}
	empty := results.Result{Status: results.Failed}
	blank := results.Result{Status: results.Failed, Output: "\n", Failure: &results.Failure{Source: " \n", Diff: []string{""}, Traceback: []string{""}, Tasks: []string{""}}}
	return []results.Result{failed, skipped, passed, empty, blank}, results.Summary{Passed: 1, Failed: 3, Skipped: 1, Errors: []string{hostile},
		Warnings: []results.Warning{{File: hostile, Line: 1, Message: hostile}, {Line: 2, Message: "\n" + hostile}}}
}

// run returns the report of a run.
func run(t *testing.T, format string, o Options, rs []results.Result, s results.Summary) string {
	t.Helper()
	var b bytes.Buffer
	r, err := New(format, &b, o)
	if err != nil {
		t.Fatal(err)
	}
	if j, ok := r.(*junit); ok {
		j.hostname = "host"
		j.now = func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600)) }
	}
	r.Begin(len(rs))
	for _, result := range rs {
		r.Result(result)
	}
	if err := r.End(s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	rs, summary := sample()
	passed := rs[:3]
	good := results.Summary{Passed: 2, Skipped: 1, Duration: 310 * time.Millisecond}
	tests := []struct {
		name    string
		format  string
		options Options
		good    bool // only results that pass
	}{
		{"human", "human", Options{}, false},
		{"human-good", "human", Options{}, true},
		{"human-verbose", "human", Options{Verbose: true}, false},
		{"human-quiet", "human", Options{Quiet: true, Terminal: true}, false},
		{"human-quiet-good", "human", Options{Quiet: true, Terminal: true}, true},
		{"human-color", "human", Options{Color: true, Verbose: true}, false},
		{"human-terminal", "human", Options{Terminal: true, Width: 24}, false},
		{"github", "github", Options{}, false},
		{"github-good", "github", Options{}, true},
		{"junit", "junit", Options{}, false},
		{"junit-good", "junit", Options{}, true},
		{"tap", "tap", Options{}, false},
		{"tap-good", "tap", Options{}, true},
		{"json", "json", Options{}, false},
		{"json-good", "json", Options{}, true},
	}
	for _, test := range tests {
		for _, h := range []bool{false, true} {
			name, rs, summary := test.name, rs, summary
			switch {
			case h && test.good:
				continue
			case h:
				name += "-hostile"
				rs, summary = hostileSample()
			case test.good:
				rs, summary = passed, good
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				got := run(t, test.format, test.options, rs, summary)
				if test.format != "json" && !test.options.Color && !test.options.Terminal {
					checkVisible(t, got)
				}
				file := filepath.Join("testdata", name+".golden")
				if *update {
					if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("report is\n%s\nwant\n%s", got, want)
				}
			})
		}
	}
}

// checkVisible reports characters that a terminal would obey.
func checkVisible(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Error("report is not UTF-8")
	}
	for _, r := range text {
		if visible.Hidden(r) {
			t.Errorf("report has %U", r)
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	t.Parallel()
	_, err := New("xml", io.Discard, Options{})
	const want = "unknown format 'xml', known are human, github, junit, tap, json"
	if err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
	for _, format := range Formats {
		if _, err := New(format, io.Discard, Options{}); err != nil {
			t.Error(err)
		}
	}
}

type brokenWriter struct{ writes int }

var errBroken = errors.New("broken")

func (w *brokenWriter) Write([]byte) (int, error) {
	w.writes++
	return 0, errBroken
}

func TestEndReturnsTheErrorOfTheWriter(t *testing.T) {
	t.Parallel()
	for _, format := range Formats {
		w := &brokenWriter{}
		r, _ := New(format, w, Options{})
		rs, summary := sample()
		r.Begin(len(rs))
		for _, result := range rs {
			r.Result(result)
		}
		if err := r.End(summary); !errors.Is(err, errBroken) || w.writes != 1 {
			t.Errorf("%s: error is %v after %d writes", format, err, w.writes)
		}
	}
}

func TestProgressFitsTheTerminal(t *testing.T) {
	t.Parallel()
	for _, columns := range []int{0, 1, 2, 10, 24, 80} {
		var rs []results.Result
		for i := range 100 {
			rs = append(rs, results.Result{File: "docs/页面.md", Line: i, Heading: strings.Repeat("标题\t", 40)})
		}
		got := run(t, "human", Options{Terminal: true, Width: columns}, rs, results.Summary{Passed: 100})
		if columns == 0 {
			columns = 80
		}
		parts := strings.Split(strings.TrimSuffix(got, "100 passed, 0 failed, 0 skipped (0.00s)\n"), wipe)
		if columns > 1 && len(parts) != 101 {
			t.Errorf("%d columns: %d progress lines", columns, len(parts))
		}
		for _, part := range parts {
			used := 0
			for _, r := range part {
				used += width(r)
			}
			if used >= columns || strings.ContainsAny(part, "\n\t") {
				t.Errorf("%d columns: %q takes %d", columns, part, used)
			}
		}
		if last := parts[len(parts)-1]; last != "" {
			t.Errorf("%q stays on the terminal", last)
		}
	}
}

// TestReportsGiveNoCommands: what a document says is no command for the build server whose log has the report.
func TestReportsGiveNoCommands(t *testing.T) {
	t.Parallel()
	rs, summary := hostileSample()
	for _, format := range Formats {
		for _, options := range []Options{{}, {Verbose: true}, {Terminal: true, Color: true}} {
			text := run(t, format, options, rs, summary)
			for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
				if begins := strings.HasPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "::"); begins && format != "github" {
					t.Errorf("%s: a line begins a command: %q", format, line)
				}
				if strings.Contains(line, "##[") || strings.Contains(line, "##vso[") {
					t.Errorf("%s: a line has a command: %q", format, line)
				}
			}
		}
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a.md:1  goto ::b::":   "a.md:1  goto ::b::",
		"::error::":            `\x3a:error::`,
		"\t ::a\n::b":          "\t " + `\x3a:a\n::b`,
		"\r::a":                `\x0d::a`,
		"see ##[group] ##vso[": `see \x23#[group] \x23#vso[`,
		"## [a] #[b]":          "## [a] #[b]",
	} {
		if got := Line(text); got != want {
			t.Errorf("line of %q is %q, want %q", text, got, want)
		}
	}
}

func TestGitHubCommandsAreLines(t *testing.T) {
	t.Parallel()
	rs, summary := hostileSample()
	rows := strings.Split(strings.TrimSuffix(run(t, "github", Options{}, rs, summary), "\n"), "\n")
	command := regexp.MustCompile(`^::(?:error|warning)( file=([^:,]*)(,line=\d+)?,title=([^:,]+))?::(.+)$`)
	if len(rows) != 7 {
		t.Fatalf("%d lines: %q", len(rows), rows)
	}
	for _, row := range rows[:6] {
		if !command.MatchString(row) {
			t.Errorf("no command: %q", row)
		}
	}
	if rows[6] != "1 passed, 3 failed, 1 skipped, 2 warnings (0.00s)" {
		t.Errorf("last line is %q", rows[6])
	}
}

// TestJUnitHasWhatTheSchemasAskFor checks the facts of the two schemas: which elements and attributes there
// may and must be, their order and the form of their values.
func TestJUnitHasWhatTheSchemasAskFor(t *testing.T) {
	t.Parallel()
	number, decimal, filled := regexp.MustCompile(`^\d+$`), regexp.MustCompile(`^\d{1,3}(\.\d+)?$`), regexp.MustCompile(`\S`)
	any := regexp.MustCompile(``)
	attributes := map[string]map[string]*regexp.Regexp{
		"testsuites": {},
		"testsuite": {
			"id": number, "package": filled, "name": filled, "hostname": filled, "tests": number, "failures": number,
			"errors": number, "skipped": number, "time": decimal,
			"timestamp": regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`),
		},
		"properties": {}, "system-out": {}, "system-err": {},
		"testcase": {"name": filled, "classname": filled, "time": decimal},
		"failure":  {"message": any, "type": filled},
		"error":    {"message": any, "type": filled},
		"skipped":  {"message": any},
	}
	children := map[string]*regexp.Regexp{
		"testsuites": regexp.MustCompile(`^(testsuite )*$`),
		"testsuite":  regexp.MustCompile(`^properties (testcase )*system-out system-err $`),
		"testcase":   regexp.MustCompile(`^((skipped|error|failure) )?$`),
	}
	type element struct {
		XMLName  xml.Name
		Attrs    []xml.Attr `xml:",any,attr"`
		Children []element  `xml:",any"`
	}
	var check func(e element)
	check = func(e element) {
		name := e.XMLName.Local
		known, ok := attributes[name]
		if !ok {
			t.Errorf("element %s", name)
		}
		seen := map[string]string{}
		for _, a := range e.Attrs {
			seen[a.Name.Local] = a.Value
			if known[a.Name.Local] == nil {
				t.Errorf("attribute %s of %s", a.Name.Local, name)
			}
		}
		for a, form := range known {
			if value, ok := seen[a]; !form.MatchString(value) || !ok && form != any {
				t.Errorf("attribute %s of %s is %q", a, name, value)
			}
		}
		var names strings.Builder
		count := map[string]int{}
		for _, c := range e.Children {
			names.WriteString(c.XMLName.Local + " ")
			for _, g := range c.Children {
				count[g.XMLName.Local]++
			}
			check(c)
		}
		form := children[name]
		if form == nil {
			form = regexp.MustCompile(`^$`)
		}
		if !form.MatchString(names.String()) {
			t.Errorf("children of %s are %s", name, names.String())
		}
		if name != "testsuite" {
			return
		}
		for attribute, child := range map[string]string{"failures": "failure", "errors": "error", "skipped": "skipped"} {
			if seen[attribute] != strconv.Itoa(count[child]) {
				t.Errorf("%s of the suite is %s, has %d", attribute, seen[attribute], count[child])
			}
		}
		if tests := strings.Count(names.String(), "testcase "); seen["tests"] != strconv.Itoa(tests) {
			t.Errorf("tests of the suite is %s, has %d", seen["tests"], tests)
		}
	}
	for _, of := range []func() ([]results.Result, results.Summary){sample, hostileSample} {
		rs, summary := of()
		text := run(t, "junit", Options{}, rs, summary)
		var root element
		if err := xml.Unmarshal([]byte(text), &root); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if root.XMLName.Local != "testsuites" {
			t.Errorf("root is %s", root.XMLName.Local)
		}
		check(root)
	}
}

func TestJSONCanBeReadBack(t *testing.T) {
	t.Parallel()
	for _, of := range []func() ([]results.Result, results.Summary){sample, hostileSample} {
		rs, summary := of()
		decoder := json.NewDecoder(strings.NewReader(run(t, "json", Options{}, rs, summary)))
		decoder.DisallowUnknownFields()
		var got jsonReport
		if err := decoder.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if _, err := decoder.Token(); err != io.EOF {
			t.Errorf("after the object: %v", err)
		}
		if got.Version != 1 || len(got.Results) != len(rs) || got.Summary.Failed != summary.Failed || len(got.Summary.Errors) != 1 {
			t.Errorf("got %+v", got)
		}
		for i, r := range rs {
			valid := func(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
			g := got.Results[i]
			if g.File != valid(r.File) || g.Line != r.Line || g.Heading != valid(r.Heading) || g.Status != r.Status.String() ||
				g.Reason != valid(r.Reason) || g.Output != valid(r.Output) || g.Truncated != r.Truncated || g.Duration != r.Duration.Seconds() {
				t.Errorf("got %+v\nwant %+v", g, r)
			}
			if (g.Failure != nil) != (r.Status == results.Failed) {
				t.Errorf("failure of %+v is %v", r, g.Failure)
			}
			if f := r.Failure; f != nil && (g.Failure.Message != valid(f.Message) || g.Failure.Line != f.Line || len(g.Failure.Diff) != len(f.Diff)) {
				t.Errorf("got %+v\nwant %+v", g.Failure, f)
			}
		}
	}
}

func TestTAPFollowsItsGrammar(t *testing.T) {
	t.Parallel()
	point := regexp.MustCompile(`^(not )?ok (\d+) - (([^#\\]|\\[#\\])+?)( # SKIP( ([^#\\]|\\[#\\])+)?)?$`)
	key := regexp.MustCompile(`^  [a-z]+: ("([^"\\]|\\.)*"|fail|true|\d+|\|2-)$|^  at:$|^    (file: "([^"\\]|\\.)*"|line: \d+)$`)
	for _, of := range []func() ([]results.Result, results.Summary){sample, hostileSample} {
		rs, summary := of()
		text, ok := strings.CutSuffix(run(t, "tap", Options{}, rs, summary), fmt.Sprintf("\n1..%d\n", len(rs)))
		if !ok {
			t.Errorf("no plan at the end of\n%s", text)
		}
		rows := strings.Split(text, "\n")
		if rows[0] != "TAP version 14" {
			t.Errorf("first line is %q", rows[0])
		}
		points, inYAML, inBlock := 0, false, false
		for _, row := range rows[1:] {
			switch {
			case inYAML && row == "  ...":
				inYAML = false
			case inYAML && key.MatchString(row):
				inBlock = strings.HasSuffix(row, "|2-")
			case inYAML:
				if !inBlock || !strings.HasPrefix(row, "    ") {
					t.Errorf("no YAML: %q", row)
				}
			case row == "  ---":
				inYAML = true
			case strings.HasPrefix(row, "# "):
			default:
				m := point.FindStringSubmatch(row)
				if m == nil {
					t.Fatalf("no test point: %q", row)
				}
				status := rs[points].Status
				points++
				if m[2] != strconv.Itoa(points) || (m[1] != "") != (status == results.Failed) || (m[5] != "") != (status == results.Skipped) {
					t.Errorf("test point %d with status %s is %q", points, status, row)
				}
			}
		}
		if points != len(rs) || inYAML {
			t.Errorf("%d test points of %d, ends in YAML: %v", points, len(rs), inYAML)
		}
	}
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                          "",
		"a\tb\nç 界 \ufffd 👩\u200d🚀": "a\tb\nç 界 \ufffd 👩\u200d🚀",
		"\x1b[0m\x00\r\x7f":         `\x1b[0m\x00\x0d\x7f`,
		"\u0085\u009b\u202e\ufeff":  `\u0085\u009b\u202e\ufeff`,
		"\xef\xbf":                  `\xef\xbf`,
		"a\xffb\xf0\x90\x80c\ufffd": `a\xffb\xf0\x90\x80c` + "\ufffd",
	} {
		if got := visible.Text(text); got != want {
			t.Errorf("visible.Text(%q) is %q, want %q", text, got, want)
		}
	}
}

func FuzzReports(f *testing.F) {
	f.Add(hostile)
	f.Add("\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		rs := []results.Result{{
			File: text, Line: 1, Heading: text, Status: results.Failed, Output: text,
			Failure: &results.Failure{Message: text, Source: text, Tasks: []string{text}, Diff: []string{text}},
		}}
		for _, format := range Formats {
			report := run(t, format, Options{}, rs, results.Summary{Failed: 1, Errors: []string{text}})
			switch format {
			case "json":
				if !json.Valid([]byte(report)) {
					t.Errorf("no JSON: %q", report)
				}
				continue
			case "junit":
				if err := xml.Unmarshal([]byte(report), new(any)); err != nil {
					t.Errorf("%v: %q", err, report)
				}
			}
			checkVisible(t, report)
		}
	})
}
