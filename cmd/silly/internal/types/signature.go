package types

import (
	"slices"
	"strings"
)

// A function is a signature taken apart.
type function struct {
	params  []param
	vararg  bool
	returns []result
}

// A param is a parameter.
type param struct {
	name     string // as Lua can have it
	words    []string
	optional bool
}

// A result is what stands at one place of a list of results.
type result struct {
	name     string
	words    []string // what it may be
	optional bool     // it may be absent
}

// parse takes one form of a signature apart, such as "get(url [, header]) -> response | nil, err".
func parse(form string) (f function) {
	_, rest, _ := strings.Cut(form, "(")
	arguments, rest, _ := strings.Cut(rest, ")")
	f.params, f.vararg = params(arguments)
	if _, list, ok := strings.Cut(rest, "-> "); ok {
		f.returns = results(list)
	}
	return f
}

// params takes a list of parameters apart: "a, b | c [, d [, ...]]".
func params(list string) (all []param, vararg bool) {
	for _, i := range items(list) {
		if i.text == "..." {
			vararg = true
			continue
		}
		words := split(i.text, "|")
		name := identifier(words[0])
		for slices.ContainsFunc(all, func(p param) bool { return p.name == name }) {
			name += "_"
		}
		all = append(all, param{name, words, i.optional})
	}
	return all, vararg
}

// results takes a list of results apart: "a, b | nil, err [, c]".
func results(list string) (all []result) {
	alternatives := split(list, "|")
	for _, alternative := range alternatives {
		for n, i := range items(alternative) {
			if len(all) <= n {
				all = append(all, result{name: identifier(i.text)})
			}
			r := &all[n]
			r.optional = r.optional || i.optional || i.text == "nil"
			if i.text != "nil" && !slices.Contains(r.words, i.text) {
				r.words = append(r.words, i.text)
			}
			if r.name == "nil_" {
				r.name = identifier(i.text)
			}
		}
	}
	for n := range all {
		for _, alternative := range alternatives {
			all[n].optional = all[n].optional || len(items(alternative)) <= n
		}
	}
	return all
}

// An item is one of a list; what stands within brackets is optional.
type item struct {
	text     string
	optional bool
}

// items are those of a list with commas, outside of braces.
func items(list string) (all []item) {
	var text strings.Builder
	brackets, braces := 0, 0
	optional := false
	add := func() {
		if t := strings.TrimSpace(text.String()); t != "" {
			all = append(all, item{t, optional})
		}
		text.Reset()
	}
	for _, c := range list {
		switch {
		case c == '[' && braces == 0:
			brackets++
		case c == ']' && braces == 0:
			brackets--
		case c == ',' && braces == 0:
			add()
		default:
			braces += map[rune]int{'{': 1, '}': -1}[c]
			if strings.TrimSpace(text.String()) == "" {
				optional = brackets > 0
			}
			text.WriteRune(c)
		}
	}
	add()
	return all
}

// split splits a list at a separator, outside of braces, and drops the blanks around its items, and empty items.
func split(list, separator string) (items []string) {
	depth, from := 0, 0
	add := func(item string) {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	for i, c := range list {
		switch {
		case c == '{':
			depth++
		case c == '}':
			depth--
		case depth == 0 && string(c) == separator:
			add(list[from:i])
			from = i + len(separator)
		}
	}
	add(list[from:])
	return items
}

// identifier is the name that a word becomes.
func identifier(word string) string {
	switch {
	case strings.HasPrefix(word, "{"):
		return "fields"
	case word == "true":
		return "ok"
	case word == "...":
		return "results"
	}
	name := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '_'
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_':
			return r
		}
		return -1
	}, word)
	switch name {
	case "function", "end", "nil", "false":
		name += "_"
	}
	return name
}
