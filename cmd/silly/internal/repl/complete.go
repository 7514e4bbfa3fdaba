package repl

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/cmd/silly/internal/layout"
	"silly/cmd/silly/internal/reference"
	"silly/internal/lua/value"
	"silly/luahost"
)

const (
	// lookPatience is how long completion waits for a native function that computes.
	lookPatience = 500 * time.Millisecond
	// maxCandidates is how many keys of a table are candidates, and how many files.
	maxCandidates = 5000
	// maxParents is how many tables are asked for a field, by __index.
	maxParents = 10
)

// A completion is what may stand in the place of the text from a byte of the line on, up to the cursor.
type completion struct {
	from       int
	candidates []string // sorted
}

// complete finds what may stand before the cursor, at the end of text.
func (p *Prompt) complete(text string) completion {
	if strings.HasPrefix(text, ":") {
		return p.completeCommand(text)
	}
	if from, ok := requireArgument(text); ok {
		return completion{from, starting(p.moduleNames(text[from:]), text[from:])}
	}
	from, indexes := lastName(text)
	prefix := text[from:]
	if !indexes {
		if prefix == "" {
			return completion{from: from}
		}
		return completion{from, starting(append(p.variables(), layout.Keywords[:]...), prefix)}
	}
	path, ok := pathBefore(text[:from-1])
	if !ok {
		return completion{from: from}
	}
	return completion{from, starting(p.fields(path, text[from-1] == ':'), prefix)}
}

// isNamePart reports whether a byte may be part of a name.
func isNamePart(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// lastName is where the name begins that a text ends with, and whether a dot or a colon stands before it.
func lastName(text string) (from int, indexes bool) {
	from = len(text)
	for from > 0 && isNamePart(text[from-1]) {
		from--
	}
	indexes = from > 0 && (text[from-1] == '.' || text[from-1] == ':') && !strings.HasSuffix(text[:from], "..")
	return from, indexes
}

// pathBefore are the names of the expression "a.b.c" that a text ends with.
func pathBefore(text string) (path []string, ok bool) {
	for {
		from, indexes := lastName(text)
		if !layout.IsName(text[from:]) {
			return nil, false
		}
		path = append(path, text[from:])
		if !indexes {
			slices.Reverse(path)
			return path, true
		}
		text = text[:from-1]
	}
}

// requireArgument is where the name begins that a text requires and does not finish.
func requireArgument(text string) (from int, ok bool) {
	from = strings.LastIndexAny(text, `"'`) + 1
	if from == 0 || text[from:] != "" && !isModuleName(text[from:]) {
		return 0, false
	}
	before := strings.TrimRight(strings.TrimSuffix(strings.TrimRight(text[:from-1], " \t"), "("), " \t")
	name, ok := strings.CutSuffix(before, "require")
	return from, ok && (name == "" || !isNamePart(name[len(name)-1]))
}

// starting are the names that begin with a prefix, sorted, each once.
func starting(names []string, prefix string) []string {
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, prefix) })
	slices.Sort(names)
	return slices.Compact(names)
}

// completeCommand completes a command, or what :doc is asked for.
func (p *Prompt) completeCommand(text string) completion {
	name, ok := strings.CutPrefix(text, ":doc ")
	if ok {
		return completion{len(text) - len(name), starting(slices.Clone(reference.Names()), name)}
	}
	var names []string
	for _, c := range commands() {
		names = append(names, ":"+c.name)
	}
	return completion{0, starting(names, text)}
}

// look is what f finds in the session; nothing if a native function computes.
func look[T any](p *Prompt, f func(v luahost.View) T) (found T) {
	result := make(chan T, 1)
	if p.session.Look(lookPatience, func(v luahost.View) { result <- f(v) }) {
		found = <-result
	}
	return found
}

// variables are the names of the globals and locals.
func (p *Prompt) variables() []string {
	return look(p, func(v luahost.View) []string {
		return slices.AppendSeq(keysOf(value.OfTable(v.Globals), false), maps.Keys(v.Locals))
	})
}

// fields are the names that can stand behind a dot, or behind a colon, after the value of a path.
func (p *Prompt) fields(path []string, methods bool) []string {
	return look(p, func(v luahost.View) (names []string) {
		x, ok := v.Locals[path[0]]
		if !ok {
			x = value.GetString(v.Globals, path[0])
		}
		for _, name := range path[1:] {
			x = field(v, x, name)
		}
		for _, t := range tables(v, x) {
			names = append(names, keysOf(value.OfTable(t), methods)...)
		}
		return names
	})
}

// field is x.name, without running any code. The caller holds the VM lock.
func field(v luahost.View, x value.Value, name string) value.Value {
	for _, t := range tables(v, x) {
		if found := value.GetString(t, name); !found.IsNil() {
			return found
		}
	}
	return value.Nil
}

// tables are those in which the fields of a value are looked for: itself, what its metatables say, and the methods of
// its class.
func tables(v luahost.View, x value.Value) (all []*lua.LTable) {
	if x.IsString() {
		x = value.GetString(v.Globals, "string")
	}
	for range maxParents {
		if !x.IsTable() {
			break
		}
		t := x.LTable()
		all = append(all, t)
		if methods := luahost.Methods(t); methods != nil {
			return append(all, methods)
		}
		meta := value.Metatable(t)
		if meta == nil {
			break
		}
		x = value.GetString(meta, "__index")
	}
	return all
}

// keysOf are the names among the keys of a table; with functions only those of functions.
func keysOf(t value.Value, functions bool) []string {
	names := stringKeys(t, layout.IsName)
	if functions {
		names = slices.DeleteFunc(names, func(name string) bool { return !value.GetString(t.LTable(), name).Callable() })
	}
	return names
}

// stringKeys are the strings among the keys of a table that are wanted.
func stringKeys(t value.Value, wanted func(string) bool) (names []string) {
	k, _, ok := value.Next(t.LTable(), value.Nil)
	for i := 0; ok && !k.IsNil() && i < maxCandidates; i++ {
		if k.IsString() && wanted(k.Str()) {
			names = append(names, strings.Clone(k.Str()))
		}
		k, _, ok = value.Next(t.LTable(), k)
	}
	return names
}

// moduleNames are the modules that can be required: those of silly, what is in package.preload and package.loaded,
// and files by package.path.
func (p *Prompt) moduleNames(prefix string) []string {
	type seen struct {
		names []string
		path  string
	}
	s := look(p, func(v luahost.View) (s seen) {
		lib := value.GetString(v.Globals, "package")
		for _, from := range []string{"preload", "loaded"} {
			if t := field(v, lib, from); t.IsTable() {
				s.names = append(s.names, stringKeys(t, isModuleName)...)
			}
		}
		if path := field(v, lib, "path"); path.IsString() {
			s.path = path.Str()
		}
		return s
	})
	names := slices.Concat(p.Modules, s.names)
	for template := range strings.SplitSeq(s.path, ";") {
		names = append(names, moduleFiles(template, prefix)...)
	}
	return names
}

// isModuleName reports whether a module of that name is likely to be required.
func isModuleName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r > 0x7f || !isNamePart(byte(r)) && r != '.' && r != '-'
	})
}

// moduleFiles are the modules in files of one folder, by a template of package.path such as "lib/?.lua".
func moduleFiles(template, prefix string) (names []string) {
	before, after, ok := strings.Cut(template, "?")
	if !ok || before != "" && !strings.HasSuffix(before, "/") || strings.Contains(after, "?") {
		return nil
	}
	parent := prefix[:strings.LastIndexByte(prefix, '.')+1]
	folder := filepath.Join(before, strings.ReplaceAll(parent, ".", "/"))
	dir, err := os.Open(folder)
	if err != nil {
		return nil
	}
	defer dir.Close()
	entries, _ := dir.ReadDir(maxCandidates)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if rest, nested := strings.CutPrefix(after, "/"); nested {
			if _, err := os.Stat(filepath.Join(folder, e.Name(), rest)); e.IsDir() && err == nil {
				names = append(names, parent+e.Name())
			}
			continue
		}
		name, ok := strings.CutSuffix(e.Name(), after)
		if ok && !e.IsDir() && isModuleName(name) && !strings.Contains(name, ".") {
			names = append(names, parent+name)
		}
	}
	return names
}

// common is the longest text that all names begin with.
func common(names []string) string {
	shared := names[0]
	for _, name := range names[1:] {
		for !strings.HasPrefix(name, shared) {
			shared = shared[:len(shared)-1]
		}
	}
	return shared
}

// columns lays names out in columns, for a terminal of a width.
func columns(names []string, width int) string {
	const most = 200
	more := len(names) - most
	names = names[:min(len(names), most)]
	widest := 0
	for _, name := range names {
		widest = max(widest, len(name)+2)
	}
	count := max(width/widest, 1)
	rows := (len(names) + count - 1) / count
	var b strings.Builder
	for row := range rows {
		for i := row; i < len(names); i += rows {
			b.WriteString(names[i])
			if i+rows < len(names) {
				b.WriteString(strings.Repeat(" ", widest-len(names[i])))
			}
		}
		b.WriteByte('\n')
	}
	if more > 0 {
		b.WriteString("... and more\n")
	}
	return b.String()
}
