// Package types writes what the pages of docs/ say as definition files of the Lua language server
// (https://luals.github.io/wiki/annotations), so that editors complete, check and explain.
package types

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"silly/cmd/silly/internal/api"
	"silly/cmd/silly/internal/reference"
)

// Mark is in the second line of each file that this package makes: only such files are written over.
const Mark = "-- Made by silly types from the reference"

// A File is a definition file.
type File struct {
	Name string // such as "silly.net.http.lua"
	Text string
}

// Files are the definitions of all modules. unknown are words in the signatures that have no type.
func Files() (files []File, unknown []string) {
	for _, name := range api.Known().ModuleNames() {
		g := &generator{module: name, page: pageOf(name)}
		g.file()
		files = append(files, File{name + ".lua", g.out.String()})
		unknown = append(unknown, g.unknown...)
	}
	return files, unknown
}

// pageOf is the page about a module.
func pageOf(module string) *reference.Page {
	name := module
	for {
		for _, p := range reference.Pages() {
			if p.Name == name {
				return p
			}
		}
		i := strings.LastIndexByte(name, '.')
		if i < 0 {
			return &reference.Page{Name: module}
		}
		name = name[:i]
	}
}

// A generator writes the file of one module.
type generator struct {
	module  string
	page    *reference.Page
	out     strings.Builder
	unknown []string
}

func (g *generator) line(format string, args ...any) { fmt.Fprintf(&g.out, format+"\n", args...) }

// file writes the whole file.
func (g *generator) file() {
	g.line("---@meta %s", g.module)
	g.line("%s: docs/%s.md", Mark, g.page.Name)
	for _, c := range api.Classes() {
		if c.Page() == g.module || c.Page() == "silly.metrics" && g.module == "silly.metrics.prometheus" {
			g.class(c)
		}
	}
	members := api.Known().Modules[g.module]
	name := identifier(g.module[strings.LastIndexByte(g.module, '.')+1:])
	called, ok := members[""]
	if ok && len(members) == 1 { // the module is a function
		g.out.WriteByte('\n')
		g.function(g.module, name, called.Signature, "local function "+name)
		g.line("\nreturn %s", name)
		return
	}
	g.out.WriteByte('\n')
	g.about(introductionOf(g.page))
	g.line("---@class %s", g.module)
	g.fields(g.moduleFields(members, name))
	if len(members) == 0 {
		g.line("---@field [string] string")
	}
	if ok {
		g.line("---@overload %s", g.overload(g.module, name, parse(called.Signature)))
	}
	g.line("local %s = {}", name)
	for _, field := range slices.Sorted(maps.Keys(members)) {
		if m := members[field]; m.Function && field != "" {
			g.out.WriteByte('\n')
			g.function(g.module, field, m.Signature, "function "+name+"."+field)
		}
	}
	g.line("\nreturn %s", name)
}

// moduleFields are the fields of the module that are no functions.
func (g *generator) moduleFields(members api.Members, name string) (fields []field) {
	described := objectFields(g.page, "", name)
	for _, f := range slices.Sorted(maps.Keys(members)) {
		if members[f].Function {
			continue
		}
		found := field{name: f, typ: fieldType(f)}
		if i := slices.IndexFunc(described, func(d field) bool { return d.name == f }); i >= 0 && described[i].typ != "any" {
			found = described[i]
		} else if api.Known().Modules[g.module+"."+f] != nil {
			found.typ = g.module + "." + f
		}
		fields = append(fields, found)
	}
	return fields
}

// class writes a class of objects.
func (g *generator) class(c api.Class) {
	name := c.ID[len(c.Page())+1:]
	g.line("\n---@class %s", c.ID)
	g.fields(objectFields(g.page, c.Part, c.Owner))
	methods := api.Known().Classes[c.ID]
	if len(methods) == 0 {
		return
	}
	g.line("local %s = {}", name)
	for _, method := range slices.Sorted(maps.Keys(methods)) {
		g.out.WriteByte('\n')
		g.function(c.ID, method, methods[method].Signature, "function "+name+":"+method)
	}
}

// fields writes fields of a class, each once.
func (g *generator) fields(fields []field) {
	seen := make(map[string]bool)
	for _, f := range fields {
		if seen[f.name] {
			continue
		}
		seen[f.name] = true
		mark := ""
		if f.optional {
			mark = "?"
		}
		g.line("%s", strings.TrimRight(fmt.Sprintf("---@field %s%s %s %s", f.name, mark, f.typ, f.about), " "))
	}
}

// function writes a function, with what its section says. head is what stands before its parameters.
func (g *generator) function(where, name, signature, head string) {
	if signature == "" {
		g.line("---@return any ...")
		g.line("%s(...) end", head)
		return
	}
	forms := strings.Split(signature, "; ")
	first := parse(forms[0])
	section, found := g.section(where, name)
	class := ""
	if found {
		fields := options(section)
		last := len(first.params) - 1
		if last >= 0 && len(fields) > 0 && slices.Contains([]string{"opts", "conf"}, first.params[last].name) {
			class = where + "." + name + "." + first.params[last].name
			g.line("---@class %s", class)
			g.fields(fields)
			g.out.WriteByte('\n')
		}
		g.about(body(section))
	}
	var names []string
	for _, p := range first.params {
		mark, typ := "", g.union(where, name, p.words, false)
		if p.optional {
			mark = "?"
		}
		if class != "" && (p.name == "opts" || p.name == "conf") {
			typ = class
		}
		g.line("---@param %s%s %s", p.name, mark, typ)
		names = append(names, p.name)
	}
	if first.vararg {
		g.line("---@param ... any")
		names = append(names, "...")
	}
	for _, r := range first.returns {
		g.line("---@return %s", g.result(where, name, r))
	}
	for _, form := range forms[1:] {
		g.line("---@overload %s", g.overload(where, name, parse(form)))
	}
	g.line("%s(%s) end", head, strings.Join(names, ", "))
}

// result is a result with its name.
func (g *generator) result(where, function string, r result) string {
	if strings.HasPrefix(r.name, "results") {
		return "any ..."
	}
	typ := g.union(where, function, r.words, true)
	if typ == "" {
		typ = "nil"
	} else if r.optional && typ != "any" {
		if strings.ContainsAny(typ, "|(") {
			typ = "(" + typ + ")"
		}
		typ += "?"
	}
	return typ + " " + r.name
}

// overload is another way to call a function.
func (g *generator) overload(where, function string, f function) string {
	var params, returns []string
	if strings.Contains(where, ".") && api.Known().Classes[where] != nil {
		params = append(params, "self: "+where)
	}
	for _, p := range f.params {
		mark := ""
		if p.optional {
			mark = "?"
		}
		params = append(params, p.name+mark+": "+g.union(where, function, p.words, false))
	}
	if f.vararg {
		params = append(params, "...: any")
	}
	for _, r := range f.returns {
		typ, _, _ := strings.Cut(g.result(where, function, r), " ")
		returns = append(returns, typ)
	}
	text := "fun(" + strings.Join(params, ", ") + ")"
	if len(returns) > 0 {
		text += ": " + strings.Join(returns, ", ")
	}
	return text
}

// union is the type of what words stand for.
func (g *generator) union(where, function string, words []string, isResult bool) string {
	var types []string
	for _, word := range words {
		t, ok := typeOf(where, function, word, isResult)
		if t == "table" {
			t = g.shape(where, function, word)
		}
		if !ok {
			g.unknown = append(g.unknown, where+" "+function+": "+word)
		}
		if !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	if slices.Contains(types, "any") {
		return "any"
	}
	return strings.Join(types, "|")
}

// shape is the type of a table that is called by a word in the signature of a function, with its fields if the page
// names them.
func (g *generator) shape(where, function, word string) string {
	if list, ok := strings.CutPrefix(word, "{"); ok { // "{type, size}", "{{name, type}, ...}"
		list, several := strings.CutPrefix(strings.TrimSuffix(list, "}"), "{")
		list, _, _ = strings.Cut(list, "}")
		var fields []field
		for _, name := range split(list, ",") {
			fields = append(fields, field{name: name, typ: fieldType(name)})
		}
		text := literal(fields)
		if several {
			text += "[]"
		}
		return text
	}
	if section, ok := g.section(where, function); ok {
		if fields := described(section.Text, word); len(fields) > 0 {
			return literal(fields)
		}
	}
	if fields := objectFields(g.page, "", word); len(fields) > 0 {
		return literal(fields)
	}
	for _, s := range g.page.Sections { // in the section of another function
		if fields := described(introduction(s.Text), word); len(fields) > 0 && s.Level > 1 {
			return literal(fields)
		}
	}
	return "table"
}

// literal is a table with such fields as a type.
func literal(fields []field) string {
	var list []string
	for _, f := range fields {
		if strings.HasSuffix(f.typ, "?") {
			f.typ, f.optional = f.typ[:len(f.typ)-1], true
		}
		mark := ""
		if f.optional {
			mark = "?"
		}
		list = append(list, f.name+mark+": "+f.typ)
	}
	return "{ " + strings.Join(list, ", ") + " }"
}

// section is the one about a function or method.
func (g *generator) section(where, name string) (reference.Section, bool) {
	part := ""
	for _, s := range g.page.Sections {
		if s.Level == 1 {
			part = s.Heading
		}
		for _, f := range s.Forms {
			if f.Name != name || f.Signature == "" {
				continue
			}
			if where == g.module && !f.Method {
				return s, true
			}
			for _, c := range api.Classes() {
				if c.ID == where && f.Method && (f.Owner == c.Owner || f.Owner == "metric") && (c.Part == "" || c.Part == part) {
					return s, true
				}
			}
		}
	}
	return reference.Section{}, false
}

// about writes text as a comment.
func (g *generator) about(text string) {
	for line := range strings.Lines(strings.TrimSpace(reference.WithoutLinks(text))) {
		line = strings.TrimRight(line, " \t\n")
		if strings.HasPrefix(line, "```lua") {
			line = "```lua"
		}
		if line != "" && strings.Contains("@|-", line[:1]) {
			line = " " + line // no annotation, and no rule
		}
		g.line("---%s", line)
	}
}

// body is what a section says, without its heading.
func body(s reference.Section) string {
	_, text, _ := strings.Cut(s.Text, "\n")
	return text
}

// introductionOf is what a page says first: its first paragraph.
func introductionOf(p *reference.Page) string {
	_, text, _ := strings.Cut(p.Text, "\n")
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n\n")
	return text
}
