package report

import (
	"bytes"
	"encoding/json"

	"silly/cmd/silly/internal/results"
)

// jsonVersion is the version of the format. It changes when a field changes its meaning or goes.
const jsonVersion = 1

// jsonReport is one object for the whole run. Durations are seconds.
type jsonReport struct {
	out *output

	Version int          `json:"version"`
	Results []jsonResult `json:"results"`
	Summary jsonSummary  `json:"summary"`
}

type jsonResult struct {
	File      string       `json:"file"`
	Line      int          `json:"line"`
	Heading   string       `json:"heading"`
	Status    string       `json:"status"`
	Reason    string       `json:"reason"`
	Failure   *jsonFailure `json:"failure"`
	Output    string       `json:"output"`
	Truncated bool         `json:"truncated"`
	Duration  float64      `json:"duration"`
}

type jsonFailure struct {
	File      string   `json:"file"`
	Line      int      `json:"line"`
	Message   string   `json:"message"`
	Source    string   `json:"source"`
	Traceback []string `json:"traceback"`
	Diff      []string `json:"diff"`
	Tasks     []string `json:"tasks"`
}

type jsonSummary struct {
	Passed   int           `json:"passed"`
	Failed   int           `json:"failed"`
	Skipped  int           `json:"skipped"`
	Duration float64       `json:"duration"`
	Errors   []string      `json:"errors"`
	Warnings []jsonWarning `json:"warnings"`
}

type jsonWarning struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Message string `json:"message"`
}

func newJSON(out *output) *jsonReport {
	return &jsonReport{out: out, Version: jsonVersion, Results: []jsonResult{}}
}

func (j *jsonReport) Begin(int) {}

func (j *jsonReport) Result(r results.Result) {
	result := jsonResult{
		File:      r.File,
		Line:      r.Line,
		Heading:   r.Heading,
		Status:    r.Status.String(),
		Reason:    r.Reason,
		Output:    r.Output,
		Truncated: r.Truncated,
		Duration:  r.Duration.Seconds(),
	}
	if r.Status == results.Failed {
		f := failure(r)
		r.Failure = f
		file, line := place(r)
		result.Failure = &jsonFailure{
			File:      file,
			Line:      line,
			Message:   f.Message,
			Source:    f.Source,
			Traceback: list(f.Traceback),
			Diff:      list(f.Diff),
			Tasks:     list(f.Tasks),
		}
	}
	j.Results = append(j.Results, result)
}

// list makes an empty array of what would be null.
func list(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

func (j *jsonReport) End(s results.Summary) error {
	warnings := []jsonWarning{}
	for _, w := range s.Warnings {
		warnings = append(warnings, jsonWarning(w))
	}
	j.Summary = jsonSummary{s.Passed, s.Failed, s.Skipped, s.Duration.Seconds(), list(s.Errors), warnings}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(j); err != nil {
		return err
	}
	j.out.write(b.String())
	return j.out.err
}
