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
	for _, item := range split(strings.NewReplacer("[", ",[", "]", "").Replace(list), ",") {
		item, optional := strings.CutPrefix(item, "[")
		item = strings.TrimSpace(item)
		optional = optional || len(all) > 0 && all[len(all)-1].optional
		switch {
		case item == "":
			// The comma of the next item stands behind the bracket: it is optional.
			continue
		case item == "...":
			vararg = true
			continue
		}
		words := split(item, "|")
		name := identifier(words[0])
		for slices.ContainsFunc(all, func(p param) bool { return p.name == name }) {
			name += "_"
		}
		all = append(all, param{name, words, optional || bracketed(list, item)})
	}
	return all, vararg
}

// bracketed reports whether an item of a list stands within brackets.
func bracketed(list, item string) bool {
	i := strings.LastIndex(list, item)
	return i >= 0 && strings.Count(list[:i], "[") > strings.Count(list[:i], "]")
}

// results takes a list of results apart: "a, b | nil, err [, c]".
func results(list string) (all []result) {
	alternatives := split(list, "|")
	for _, alternative := range alternatives {
		items := split(strings.NewReplacer("[", "", "]", "").Replace(alternative), ",")
		for i, item := range items {
			for len(all) <= i {
				all = append(all, result{name: identifier(item)})
			}
			all[i].optional = all[i].optional || bracketed(alternative, item)
			if item == "nil" {
				all[i].optional = true
			} else if !slices.Contains(all[i].words, item) {
				all[i].words = append(all[i].words, item)
			}
			if all[i].name == "" || all[i].name == "nil_" {
				all[i].name = identifier(item)
			}
		}
		for i := len(items); i < len(all); i++ {
			all[i].optional = true
		}
	}
	for i := range all { // those that the first alternatives do not have
		for _, alternative := range alternatives {
			if len(split(alternative, ",")) <= i {
				all[i].optional = true
			}
		}
	}
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
