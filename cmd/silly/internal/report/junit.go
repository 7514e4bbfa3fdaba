package report

import (
	"encoding/xml"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"silly/cmd/silly/internal/results"
	"silly/internal/visible"
)

// junit is the XML of Ant's JUnit task. There are two schemas for it that tools go by, that of Windy Road
// (github.com/windyroad/JUnit-Schema) and that of the xunit plugin of Jenkins (junit-10.xsd). The report is
// valid for both: all attributes and elements that the first one wants are there, in its order, and a test
// case has no output of its own.
type junit struct {
	out      *output
	hostname string
	now      func() time.Time

	began   time.Time
	results []results.Result
}

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	ID         int         `xml:"id,attr"`
	Package    string      `xml:"package,attr"`
	Name       string      `xml:"name,attr"`
	Timestamp  string      `xml:"timestamp,attr"`
	Hostname   string      `xml:"hostname,attr"`
	Tests      int         `xml:"tests,attr"`
	Failures   int         `xml:"failures,attr"`
	Errors     int         `xml:"errors,attr"`
	Skipped    int         `xml:"skipped,attr"`
	Time       string      `xml:"time,attr"`
	Properties struct{}    `xml:"properties"`
	Cases      []junitCase `xml:"testcase"`
	SystemOut  junitText   `xml:"system-out"`
	SystemErr  junitText   `xml:"system-err"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	Classname string        `xml:"classname,attr"`
	Time      string        `xml:"time,attr"`
	Skipped   *junitSkipped `xml:"skipped"`
	Error     *junitProblem `xml:"error"`
	Failure   *junitProblem `xml:"failure"`
}

type junitSkipped struct {
	Message string `xml:"message,attr,omitempty"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",cdata"`
}

// junitText is text whose lines stay lines: outside of CDATA line ends are written as references.
type junitText struct {
	Text string `xml:",cdata"`
}

// junitPackage is the package of all suites.
const junitPackage = "silly.validate"

func newJUnit(out *output) *junit {
	hostname, err := os.Hostname()
	if err != nil || hostname == "" {
		hostname = "localhost" // what the schema asks for
	}
	return &junit{out: out, hostname: hostname, now: time.Now}
}

func (j *junit) Begin(int) { j.began = j.now() }

func (j *junit) Result(r results.Result) { j.results = append(j.results, r) }

func (j *junit) End(s results.Summary) error {
	var all junitSuites
	warnings := map[string]string{} // by file
	for _, w := range s.Warnings {
		warnings[w.File] += visible.Text("warning: "+w.String()) + "\n"
	}
	for _, results := range byFile(j.results) {
		suite := j.suite(len(all.Suites), results[0].File)
		var took time.Duration
		var printed strings.Builder
		for _, r := range results {
			took += r.Duration
			suite.add(r)
			if r.Output != "" {
				fmt.Fprintf(&printed, "%s\n%s\n", name(r), strings.TrimSuffix(visible.Text(r.Output), "\n"))
				if r.Truncated {
					printed.WriteString("[it printed more]\n")
				}
			}
		}
		suite.Time = seconds(took)
		suite.SystemOut.Text = printed.String()
		suite.SystemErr.Text = warnings[results[0].File]
		delete(warnings, results[0].File)
		all.Suites = append(all.Suites, suite)
	}
	if len(s.Errors) > 0 || len(warnings) > 0 {
		suite := j.suite(len(all.Suites), junitPackage)
		suite.Time = seconds(0)
		for i, e := range s.Errors {
			suite.Tests++
			suite.Errors++
			suite.Cases = append(suite.Cases, junitCase{
				Name:      fmt.Sprintf("error %d", i+1),
				Classname: junitPackage,
				Time:      seconds(0),
				Error:     &junitProblem{Message: oneLine(e), Type: "error", Text: visible.Text(e)},
			})
		}
		for _, file := range slices.Sorted(maps.Keys(warnings)) {
			suite.SystemErr.Text += warnings[file]
		}
		all.Suites = append(all.Suites, suite)
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	j.out.write(xml.Header + string(text) + "\n")
	return j.out.err
}

// suite begins a suite without cases.
func (j *junit) suite(id int, name string) junitSuite {
	return junitSuite{
		ID:        id,
		Package:   junitPackage,
		Name:      token(name),
		Timestamp: j.began.UTC().Format("2006-01-02T15:04:05"), // the schema allows no zone
		Hostname:  token(j.hostname),
	}
}

func (s *junitSuite) add(r results.Result) {
	c := junitCase{Name: fmt.Sprintf("line %d", r.Line), Classname: token(r.File), Time: seconds(r.Duration)}
	if r.Heading != "" {
		c.Name += ": " + oneLine(r.Heading)
	}
	s.Tests++
	switch r.Status {
	case results.Failed:
		s.Failures++
		r.Failure = failure(r)
		file, line := place(r)
		c.Failure = &junitProblem{
			Message: oneLine(at(file, line) + r.Failure.Message),
			Type:    "failure",
			Text:    "\n" + describe(r, style{}),
		}
	case results.Skipped:
		s.Skipped++
		c.Skipped = &junitSkipped{oneLine(r.Reason)}
	}
	s.Cases = append(s.Cases, c)
}

// token makes text one that the schema takes as a name: not empty, on one line.
func token(text string) string {
	if text = strings.TrimSpace(oneLine(text)); text == "" {
		return "-"
	}
	return text
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", max(d, 0).Seconds()) }
