package types

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"silly/cmd/silly/internal/reference"
)

// A field is an entry of a table that a page describes.
type field struct {
	name     string
	typ      string
	optional bool
	about    string
}

// options are the fields of the options that a section describes, with those of the sections that it links to for them.
func options(s reference.Section) (fields []field) {
	fields = optionTables(s.Text)
	for _, m := range anchor().FindAllStringSubmatch(s.Text, -1) {
		for _, other := range s.Page.Sections {
			if strings.EqualFold(other.Heading, m[1]) && other.Level <= s.Level {
				for _, f := range optionTables(introduction(other.Text)) {
					if !slices.ContainsFunc(fields, func(g field) bool { return g.name == f.name }) {
						fields = append(fields, f)
					}
				}
			}
		}
	}
	return fields
}

var (
	anchor   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[[^\]]*\]\(#([a-z]+)\)`) })
	numeric  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9][0-9 ]*`) })
	nameCell = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("`([a-z_.0-9]+)`") })
)

// introduction is a section without the sections below it.
func introduction(text string) string {
	if i := strings.Index(text, "\n## "); i >= 0 {
		return text[:i]
	}
	return text
}

// optionTables are the fields in the tables of options of a text.
func optionTables(text string) (fields []field) {
	for _, t := range tables(text) {
		first, second := t[0][0], ""
		if len(t[0]) > 1 {
			second = t[0][1]
		}
		isOptions := strings.HasPrefix(first, "option") || strings.HasPrefix(first, "field")
		if !isOptions || second != "default" && second != "type" {
			continue
		}
		for _, row := range t[1:] {
			if len(row) < 3 {
				continue
			}
			for _, m := range nameCell().FindAllStringSubmatch(row[0], -1) {
				if strings.Contains(m[1], ".") {
					continue
				}
				f := field{name: m[1], about: reference.WithoutLinks(row[2]), optional: row[1] != "required"}
				if second == "type" {
					f.typ, f.optional = typeName(row[1]), true
				} else {
					f.typ = optionType(m[1], row[1], row[2])
				}
				fields = append(fields, f)
			}
		}
	}
	return fields
}

// optionType is the type of an option, by its default, or else by its name.
func optionType(name, byDefault, meaning string) string {
	value := strings.Trim(byDefault, "`")
	boolean := strings.HasPrefix(byDefault, "`true`") || strings.HasPrefix(byDefault, "`false`") ||
		strings.HasPrefix(meaning, "`true` ")
	switch {
	case boolean && strings.Contains(meaning, "a table"):
		return "boolean|table"
	case boolean:
		return "boolean"
	case strings.HasPrefix(value, `{"`):
		return "string[]"
	case strings.HasPrefix(value, "{"):
		return "table"
	case strings.HasPrefix(value, `"`):
		return "string"
	case numeric().MatchString(value):
		return "integer"
	}
	switch name {
	case "addr", "bind", "proxy", "client_ca", "cwd", "hostname", "ciphers", "ca", "cert", "key", "servername":
		return "string"
	case "origins", "subprotocols", "search", "alpnprotos":
		return "string[]"
	case "header":
		return headers
	case "tls":
		return "table"
	case "certs":
		return "table[]"
	case "handler":
		return "fun(stream: silly.net.http.Stream)"
	case "accept":
		return "function"
	case "timeout", "backlog":
		return "integer"
	}
	return "any"
}

// typeName is a type as the pages write it: "string or nil".
func typeName(text string) string {
	text, optional := strings.CutSuffix(text, " or nil")
	switch text {
	case "string", "integer", "number", "boolean", "table", "function":
	case "socket":
		text = "silly.net.websocket.Socket"
	default:
		return "any"
	}
	if optional {
		text += "?"
	}
	return text
}

// tables are the tables of a text, as rows of cells; the first row has the heads.
func tables(text string) (all [][][]string) {
	var t [][]string
	for line := range strings.Lines(text + "\n\n") {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			if len(t) > 1 {
				all = append(all, append(t[:1:1], t[2:]...))
			}
			t = nil
			continue
		}
		t = append(t, reference.Cells(line))
	}
	return all
}

// objectFields are the fields of the objects that a page calls by a name: in its tables, and in headings of their own.
func objectFields(page *reference.Page, part, owner string) (fields []field) {
	within := ""
	for _, s := range page.Sections {
		if s.Level == 1 {
			within = s.Heading
		}
		if part != "" && part != within || s.Level == 1 {
			continue
		}
		for _, f := range s.Forms {
			if f.Signature == "" && f.Owner == owner {
				fields = append(fields, field{name: f.Name, typ: fieldType(f.Name)})
			}
		}
		for _, t := range tables(s.Text) {
			if len(t[0]) < 3 || t[0][0] != "field" || t[0][1] != "type" {
				continue
			}
			for _, row := range t[1:] {
				for _, m := range nameCell().FindAllStringSubmatch(row[0], -1) {
					name, ok := strings.CutPrefix(m[1], owner+".")
					if ok && len(row) > 2 && !strings.Contains(name, ".") {
						fields = append(fields, field{name: name, typ: objectType(name, row[1]), about: reference.WithoutLinks(row[2])})
					}
				}
			}
		}
	}
	return fields
}

// objectType is the type of a field that the page calls so; "table" may be an object.
func objectType(name, typ string) string {
	switch {
	case typ != "table":
	case name == "conn":
		return "silly.net.http.Connection"
	case name == "stream":
		return "silly.net.http.Stream|silly.net.http.ClientStream"
	}
	return typeName(typ)
}

// described are the fields of the table that a section calls by a word: `word` is `{name = type, ...}`, or a table
// "field of `word`".
func described(text, word string) (fields []field) {
	if _, rest, ok := strings.Cut(strings.ReplaceAll(text, "\n", " "), "`"+word+"` is `{"); ok {
		list, _, _ := strings.Cut(rest, "}`")
		for _, item := range split(list, ",") {
			name, typ, ok := strings.Cut(item, " = ")
			if !ok {
				return nil
			}
			fields = append(fields, field{name: name, typ: typeName(typ)})
		}
		return fields
	}
	for _, t := range tables(text) {
		if t[0][0] != "field of `"+word+"`" {
			continue
		}
		for _, row := range t[1:] {
			for _, m := range nameCell().FindAllStringSubmatch(row[0], -1) {
				fields = append(fields, field{name: m[1], typ: fieldType(m[1])})
			}
		}
	}
	return fields
}

// fieldType is the type of a field of which the page says no more than its name.
func fieldType(name string) string {
	switch name {
	case "addr", "remoteaddr", "localaddr", "name", "text", "type", "stdout", "stderr", "op", "path":
		return "string"
	case "fd", "pid", "size", "version", "dropped", "count", "age", "id":
		return "integer"
	case "mode", "code":
		return "integer?"
	case "signal":
		return "string?"
	case "mtime", "time":
		return "number?"
	case "ok":
		return "boolean"
	case "bytes":
		return "string"
	}
	if name == strings.ToUpper(name) {
		return "integer"
	}
	return "any"
}
