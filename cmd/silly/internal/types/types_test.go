package types

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"silly/cmd/silly/internal/api"
	"silly/internal/lua/format"
	"silly/internal/lua/syntax"
)

// defined are the functions of a definition file: "silly.net.http get", "silly.net.http.Stream:respond". The module's
// table is what the file returns, and other tables are classes of its annotations.
func defined(t *testing.T, f File) (all []string) {
	t.Helper()
	chunk, err := syntax.Parse([]byte(f.Text), f.Name, syntax.Options{File: true})
	if err != nil {
		t.Fatal(err)
	}
	module := strings.TrimSuffix(f.Name, ".lua")
	stmts := chunk.Main.Body.Stmts
	returned := stmts[len(stmts)-1].(*syntax.Return).Values[0].(*syntax.NameExpr).Name
	owner := map[string]string{returned: module + " "}
	table := regexp.MustCompile(`---@class (\S+)\n(?:---@(?:field|overload) .*\n)*local (\w+) = \{\}`)
	for _, class := range table.FindAllStringSubmatch(f.Text, -1) {
		if class[2] != returned {
			owner[class[2]] = class[1] + ":"
		}
	}
	if strings.Contains(f.Text, "---@overload") && strings.Contains(f.Text, "\nlocal "+returned+" = {}") {
		if m := regexp.MustCompile(`---@class (\S+)\n(?:---@field .*\n)*---@overload`).FindStringSubmatch(f.Text); m != nil {
			all = append(all, m[1]+" ")
		}
	}
	for _, s := range stmts {
		switch s := s.(type) {
		case *syntax.LocalFunction:
			if s.Name.Text == returned {
				all = append(all, module+" ")
			}
		case *syntax.FunctionStmt:
			target := s.Target.(*syntax.Index)
			table := target.X.(*syntax.NameExpr).Name
			if owner[table] == "" || strings.HasSuffix(owner[table], ":") != s.Method {
				t.Errorf("%s: %s is no class, or its functions are no methods", f.Name, table)
			}
			all = append(all, owner[table]+target.Key.(*syntax.String).Value)
		}
	}
	return all
}

// TestEveryFunctionIsDefined, and nothing else. What functions there are a host says: see api.TestTable.
func TestEveryFunctionIsDefined(t *testing.T) {
	t.Parallel()
	files, unknown := Files()
	for _, use := range unknown {
		t.Errorf("words.go does not know what this is: %s", use)
	}
	var got, want []string
	for _, f := range files {
		got = append(got, defined(t, f)...)
	}
	for name, members := range api.Known().Modules {
		for field, m := range members {
			if m.Function {
				want = append(want, name+" "+field)
			}
			text := files[slices.IndexFunc(files, func(f File) bool { return f.Name == name+".lua" })].Text
			if !m.Function && !regexp.MustCompile(`(?m)^---@field `+field+`\?? \S`).MatchString(text) {
				t.Errorf("%s.%s is not defined", name, field)
			}
		}
	}
	for class, members := range api.Known().Classes {
		for method := range members {
			want = append(want, class+":"+method)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	for _, name := range got {
		if !slices.Contains(want, name) {
			t.Errorf("%s is defined, but not there", name)
		}
	}
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("%s is not defined", name)
		}
	}
	if len(slices.Compact(got)) != len(want) || len(want) < 200 {
		t.Errorf("%d definitions of %d functions", len(got), len(want))
	}
}

// TestAnnotations: each is one that LuaLS knows, in its syntax, about the parameters that the function has, and with
// types that are defined.
func TestAnnotations(t *testing.T) {
	t.Parallel()
	files, _ := Files()
	var all strings.Builder
	for _, f := range files {
		all.WriteString(f.Text)
	}
	const typ = `(?:[\w.|()?\[\]{}:, ]|<string, [^>]*>)+`
	patterns := []*regexp.Regexp{
		regexp.MustCompile(`^---@meta [\w.]+$`),
		regexp.MustCompile(`^---@class [\w.]+$`),
		regexp.MustCompile(`^---@field (?:\w+\??|\[string\]) ` + typ + `( .*)?$`),
		regexp.MustCompile(`^---@param (?:\w+\??|\.\.\.) ` + typ + `$`),
		regexp.MustCompile(`^---@return ` + typ + `(?: \w+| \.\.\.)$`),
		regexp.MustCompile(`^---@overload fun\(` + typ + `\)(?:: ` + typ + `)?$`),
	}
	for _, f := range files {
		var params []string
		for line := range strings.Lines(f.Text) {
			line = strings.TrimSuffix(line, "\n")
			known := func(p *regexp.Regexp) bool { return p.MatchString(line) }
			if strings.HasPrefix(line, "---@") && !slices.ContainsFunc(patterns, known) {
				t.Errorf("%s: %s", f.Name, line)
			}
			if rest, ok := strings.CutPrefix(line, "---@param "); ok {
				name, _, _ := strings.Cut(rest, " ")
				params = append(params, strings.TrimSuffix(name, "?"))
			}
			if m := regexp.MustCompile(`^(?:local )?function .*\((.*)\) end$`).FindStringSubmatch(line); m != nil {
				if list := strings.Join(params, ", "); list != m[1] && m[1] != "..." {
					t.Errorf("%s: parameters %s are annotated as %s", f.Name, m[1], list)
				}
				params = nil
			}
			if !strings.HasPrefix(line, "---@") || strings.HasPrefix(line, "---@meta") {
				continue
			}
			annotation, _, _ := strings.Cut(strings.TrimPrefix(line, "---@field "), " `")
			for _, name := range regexp.MustCompile(`\bsilly(?:\.\w+)+`).FindAllString(annotation, 1) {
				if !strings.Contains(all.String(), "---@class "+name+"\n") {
					t.Errorf("%s: %s has the type %s, which is not defined", f.Name, line, name)
				}
			}
		}
	}
}

// TestFilesAreFormatted as silly fmt has it.
func TestFilesAreFormatted(t *testing.T) {
	t.Parallel()
	files, _ := Files()
	for _, f := range files {
		text, err := format.Source([]byte(f.Text), f.Name)
		if err != nil {
			t.Error(err)
		} else if string(text) != f.Text {
			t.Errorf("%s is not formatted", f.Name)
		}
	}
}

// TestSignatures takes signatures apart as the pages write them.
func TestSignatures(t *testing.T) {
	t.Parallel()
	for form, want := range map[string][2]string{
		"f()":                                 {"", ""},
		"f(a, b)":                             {"a b", ""},
		"f([a [, b]])":                        {"a? b?", ""},
		"f(name, help [, labelnames [, b]])":  {"name help labelnames? b?", ""},
		"f(a | b, ...)":                       {"a=a/b ...", ""},
		"f({a, b}) -> c":                      {"fields={a, b}", "c"},
		"f() -> a, b | nil, err, c":           {"", "a? b=b/err c?"},
		"f() -> true | false, err [, reason]": {"", "ok=true/false err? reason?"},
		"f() -> {{a, b}, ...} | nil, err":     {"", "fields={{a, b}, ...}? err?"},
		"f() -> a | nil":                      {"", "a?"},
		"f(new tree, end) -> string | table":  {"new_tree=new tree end_=end", "string=string/table"},
	} {
		f := parse(form)
		var params, results []string
		show := func(name string, words []string, optional bool) string {
			text := name
			if words[0] != name || len(words) > 1 {
				text += "=" + strings.Join(words, "/")
			}
			if optional {
				text += "?"
			}
			return text
		}
		for _, p := range f.params {
			params = append(params, show(p.name, p.words, p.optional))
		}
		if f.vararg {
			params = append(params, "...")
		}
		for _, r := range f.returns {
			results = append(results, show(r.name, r.words, r.optional))
		}
		if got := [2]string{strings.Join(params, " "), strings.Join(results, " ")}; got != want {
			t.Errorf("%s: got %q, want %q", form, got, want)
		}
	}
}
