// Package check finds mistakes in Lua source by looking at its syntax tree: names that nobody defines, locals that
// nobody uses, code that is never reached, and misuse of the modules of silly.
//
// A file is walked once (walk.go), which tells what its names stand for (scope.go) and notes what can be judged only
// when all of it, and all files of the run, have been seen. Rather than to say something wrong, a rule says nothing.
package check

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"silly/internal/lua/compile"
	"silly/internal/lua/syntax"
)

// A Code is the stable name of a rule.
type Code string

// The rules.
const (
	Syntax            Code = "syntax"
	UndefinedGlobal   Code = "undefined-global"
	UnusedLocal       Code = "unused-local"
	ShadowedLocal     Code = "shadowed-local"
	Unreachable       Code = "unreachable"
	Arity             Code = "arity"
	UnknownField      Code = "unknown-field"
	UnusedResult      Code = "unused-result"
	SuspiciousCompare Code = "suspicious-compare"
	UnknownCode       Code = "unknown-code"
)

// Codes are all rules, in the order of the documentation.
func Codes() []Code {
	return []Code{
		Syntax, UndefinedGlobal, UnusedLocal, ShadowedLocal, Unreachable, Arity, UnknownField, UnusedResult,
		SuspiciousCompare, UnknownCode,
	}
}

// A Source is a file, or a part of one.
type Source struct {
	Name      string // as messages show it
	Text      []byte
	Folder    string // where files that it requires are looked for
	FirstLine int    // the line of the file in which the text begins; 0 is a whole file
	Columns   []int  // what stands before each line of a part, in bytes; nil is nothing
	// Example says that the text is there to be read, and that it need not be a whole program. Only what goes wrong when
	// it runs is a mistake then, and a global is one if its name looks like a misspelt one.
	Example bool
	Globals []string // global variables that it has besides
}

// A Diagnostic is one thing that was found.
type Diagnostic struct {
	File    string
	Line    int
	Column  int // in bytes, from 1
	Code    Code
	Message string
}

// Options say what is known beside the sources.
type Options struct {
	Globals []string // global variables that something else defines
	// Find returns the file that a script in a folder gets when it requires a module; nil if there is none. A nil Find
	// finds none.
	Find func(folder, module string) *Source
}

// Run checks sources that belong together: a global variable that one of them assigns, or a file that it requires, is
// defined for all. The diagnostics are in the order of the sources and of their lines.
func Run(sources []Source, o Options) (found []Diagnostic) {
	r := newRun()
	for _, name := range o.Globals {
		r.defined[name] = true
	}
	var all []*file
	byName := make(map[string]*file)
	for i := range sources {
		all = append(all, r.read(&sources[i]))
		byName[sources[i].Name] = all[i]
	}
	for i := 0; i < len(all); i++ { // all grows
		f := all[i]
		for _, name := range f.requires {
			var source *Source
			if o.Find != nil {
				source = o.Find(f.source.Folder, name)
			}
			if source == nil {
				f.opaque = true // it may define globals
				continue
			}
			if byName[source.Name] == nil {
				all = append(all, r.read(source))
				byName[source.Name] = all[len(all)-1]
			}
			f.needs = append(f.needs, byName[source.Name])
		}
	}
	spread(all)
	for _, f := range all[:len(sources)] {
		f.finish()
		found = append(found, f.sorted()...)
	}
	return found
}

// Requires finds the modules that a source requires and that are not silly's own. computed are the lines in which it requires what
// its text does not say.
func Requires(source Source) (modules []string, computed []int) {
	f := newRun().read(&source)
	return f.requires, f.computed
}

// spread makes files opaque that require opaque ones.
func spread(all []*file) {
	for again := true; again; {
		again = false
		for _, f := range all {
			if !f.opaque && slices.ContainsFunc(f.needs, func(n *file) bool { return n.opaque }) {
				f.opaque, again = true, true
			}
		}
	}
}

// A run is what the files of a run share.
type run struct {
	defined  map[string]bool // global variables that are assigned
	replaced map[string]bool // "module field" that are assigned
	fields   map[string]bool // names of fields, other than of modules, that are assigned or read
	dynamic  bool            // somebody makes globals in ways that cannot be followed
}

func newRun() *run {
	return &run{defined: make(map[string]bool), replaced: make(map[string]bool), fields: make(map[string]bool)}
}

// A file is one source while it is checked.
type file struct {
	*run
	source *Source
	walker
	needs []*file // that it requires
	found []Diagnostic

	names   map[string]bool   // that an undefined global may have been meant to be
	guesses map[string]string // what meant says about names
}

// careless are the rules about code that runs as it is. They say nothing about examples.
var careless = [...]Code{UnusedLocal, ShadowedLocal, Unreachable, UnusedResult}

// add notes a diagnostic.
func (f *file) add(code Code, pos syntax.Pos, message string, arguments ...any) {
	if f.source.Example && slices.Contains(careless[:], code) {
		return
	}
	line, column := int(pos.Line), max(int(pos.Col), 1) // errors of the compiler may have no column
	if i := line - max(f.source.FirstLine, 1); i >= 0 && i < len(f.source.Columns) {
		column += f.source.Columns[i]
	}
	f.found = append(f.found, Diagnostic{f.source.Name, line, column, code, fmt.Sprintf(message, arguments...)})
}

// read parses and walks a source.
func (r *run) read(source *Source) *file {
	f := &file{run: r, source: source}
	options := syntax.Options{Comments: true, File: source.FirstLine == 0, FirstLine: source.FirstLine}
	chunk, err := syntax.Parse(source.Text, source.Name, options)
	if err == nil {
		_, err = compile.Source(source.Text, source.Name, "@"+source.Name, options)
	}
	var failure *syntax.Error
	if errors.As(err, &failure) {
		message := strings.TrimPrefix(failure.Error(), fmt.Sprintf("%s:%d: ", failure.Name, failure.Pos.Line))
		f.add(Syntax, failure.Pos, "%s", message)
		return f
	}
	f.ignored(chunk)
	f.walk(f, chunk)
	return f
}

// sorted returns what was found, and not ignored, in the order of the source.
func (f *file) sorted() []Diagnostic {
	list := slices.DeleteFunc(f.found, func(d Diagnostic) bool { return f.ignore[ignoring{d.Line, d.Code}] })
	slices.SortStableFunc(list, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Code, b.Code))
	})
	return list
}

// ignoring is a rule that does not count in a line.
type ignoring struct {
	line int
	code Code
}

// ignored reads the comments "-- silly: ignore CODE, CODE": behind code for its line, on lines of their own for the
// next line of code.
func (f *file) ignored(chunk *syntax.Chunk) {
	f.ignore = make(map[ignoring]bool)
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(f.source.Text)), "\n")
	first := max(f.source.FirstLine, 1)
	next := make([]int, len(lines)+1) // the line at or behind each that is more than comments
	for i := range next {
		next[i] = i
	}
	for _, c := range slices.Backward(chunk.Comments) {
		i := int(c.Pos.Line) - first
		if i >= len(lines) || !strings.HasPrefix(strings.TrimSpace(lines[i]), "--") {
			continue
		}
		behind := min(int(c.End.Line)-first+1, len(lines))
		for ; i < behind; i++ {
			next[i] = next[behind]
		}
	}
	for _, c := range chunk.Comments {
		list, ok := strings.CutPrefix(strings.TrimSpace(strings.TrimLeft(c.Text, "-")), "silly: ignore")
		if !ok {
			continue
		}
		line := next[min(int(c.Pos.Line)-first, len(lines))] + first
		for _, word := range strings.FieldsFunc(list, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' }) {
			if code := Code(word); slices.Contains(Codes(), code) {
				f.ignore[ignoring{line, code}] = true
			} else {
				f.add(UnknownCode, c.Pos, "there is no rule %q", word)
			}
		}
		if strings.TrimSpace(list) == "" {
			f.add(UnknownCode, c.Pos, "the comment names no rule to ignore")
		}
	}
}
