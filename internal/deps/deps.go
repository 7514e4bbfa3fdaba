// Package deps lists what this module depends on, with the reasons that docs/design.md gives.
package deps

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Dependency is a module that go.mod asks for, or whose command it names as a tool.
type Dependency struct{ Module, Version, Reason string }

// List returns the direct dependencies of a go.mod in its order, with the reasons in the table "Dependencies" of a page. The
// error names each dependency without a reason, each reason without a dependency, and each version that differs.
func List(gomod, page string) (list []Dependency, err error) {
	reasons := table(page)
	var problems []error
	for _, d := range direct(gomod) {
		i := slices.IndexFunc(reasons, func(r Dependency) bool { return r.Module == d.Module })
		if i < 0 {
			problems = append(problems, fmt.Errorf("%s %s: no reason is given", d.Module, d.Version))
			continue
		}
		r := reasons[i]
		reasons = slices.Delete(reasons, i, i+1)
		if r.Version != d.Version {
			problems = append(problems, fmt.Errorf("%s %s: the page says %s", d.Module, d.Version, r.Version))
		}
		if r.Reason == "" {
			problems = append(problems, fmt.Errorf("%s %s: the reason is empty", d.Module, d.Version))
		}
		d.Reason = r.Reason
		list = append(list, d)
	}
	for _, r := range reasons {
		problems = append(problems, fmt.Errorf("%s %s: a reason is given, but go.mod does not ask for it", r.Module, r.Version))
	}
	return list, errors.Join(problems...)
}

// direct returns what a go.mod requires for the module itself, and the modules of its tools.
func direct(gomod string) []Dependency {
	var required []Dependency
	var tools []string
	indirect := map[string]bool{}
	block := ""
	for line := range strings.Lines(gomod) {
		code, comment, _ := strings.Cut(line, "//")
		words := strings.Fields(code)
		if len(words) == 2 && words[1] == "(" {
			block = words[0]
			continue
		}
		if len(words) == 1 && words[0] == ")" {
			block = ""
			continue
		}
		kind := block
		if kind == "" && len(words) > 0 {
			kind, words = words[0], words[1:]
		}
		switch {
		case kind == "require" && len(words) == 2:
			required = append(required, Dependency{Module: words[0], Version: words[1]})
			indirect[words[0]] = strings.TrimSpace(comment) == "indirect"
		case kind == "tool" && len(words) == 1:
			tools = append(tools, words[0])
		}
	}
	return slices.DeleteFunc(required, func(d Dependency) bool {
		isTool := slices.ContainsFunc(tools, func(tool string) bool { return strings.HasPrefix(tool+"/", d.Module+"/") })
		return indirect[d.Module] && !isTool
	})
}

// goModule is a module with its version in the first column of the table; what has no such version is no Go module.
var goModule = regexp.MustCompile(`([^\s,]+) (v\d[^\s,]*)`)

// table reads the rows below the heading "Dependencies". A row may name several modules.
func table(page string) (rows []Dependency) {
	_, section, _ := strings.Cut(page, "\n## Dependencies\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		columns := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(columns) < 2 {
			continue
		}
		for _, m := range goModule.FindAllStringSubmatch(columns[0], -1) {
			rows = append(rows, Dependency{m[1], m[2], strings.TrimSpace(strings.Join(columns[1:], "|"))})
		}
	}
	return rows
}
