package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"silly/internal/visible"
)

// A Finding is something at a place in a file that silly check found.
type Finding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Findings writes findings in a format: human, github or json. errors are what could not be looked at.
func Findings(out io.Writer, format string, options Options, list []Finding, errors []string) error {
	switch format {
	case "human":
		return humanFindings(out, style{options.Color}, list)
	case "github":
		return githubFindings(out, list, errors)
	case "json":
		return jsonFindings(out, list, errors)
	}
	return fmt.Errorf("bad format %q: it must be human, github or json", format)
}

// humanFindings writes a line for each finding, as compilers do.
func humanFindings(out io.Writer, s style, list []Finding) error {
	for _, f := range list {
		line := s.dim(Line(fmt.Sprintf("%s:%d:%d:", f.File, f.Line, f.Column))) + " " + Line(f.Message) +
			" " + s.yellow("("+f.Code+")")
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	return nil
}

// githubFindings writes workflow commands of GitHub Actions, which make annotations.
func githubFindings(out io.Writer, list []Finding, errors []string) error {
	var b bytes.Buffer
	for _, f := range list {
		fmt.Fprintf(&b, "::error file=%s,line=%d,col=%d,title=%s::%s\n", commandProperty.Replace(oneLine(f.File)),
			f.Line, f.Column, commandProperty.Replace(f.Code), commandData.Replace(visible.Text(f.Message)))
	}
	for _, e := range errors {
		b.WriteString("::error::" + commandData.Replace(visible.Text(e)) + "\n")
	}
	_, err := io.WriteString(out, disarmBrackets(b.String()))
	return err
}

// jsonFindings writes one object for the whole run.
func jsonFindings(out io.Writer, list []Finding, errors []string) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		Version  int       `json:"version"`
		Findings []Finding `json:"findings"`
		Errors   []string  `json:"errors"`
	}{jsonVersion, append([]Finding{}, list...), append([]string{}, errors...)})
	if err == nil {
		_, err = io.WriteString(out, disarmJSON(b.String()))
	}
	return err
}
