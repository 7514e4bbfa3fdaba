// Package api knows what scripts find in a host: globals, the fields of modules and the methods of objects, with the
// signatures that the pages in docs/ give.
package api

import (
	_ "embed"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// table has a line "global NAME" for each global variable, "MODULE FIELD" for each field of a module, and
// "CLASS:METHOD" for each method of an object, with "(?)" behind the name of a function, or its signature if
// the reference has one. Behind it a line "MODULE FIELD{} N OPTION ..." has the options that
// argument N may have. TestTable makes it from a host and from the pages.
//
//go:embed api.txt
var table string

// An API is what scripts find.
type API struct {
	Globals map[string]bool
	Modules map[string]Members
	Classes map[string]Members // methods by the ID of a class
}

// Members are fields or methods by their names.
type Members map[string]Member

// A Member is a field or a method.
type Member struct {
	Function bool
	// Signature begins with the name: "get(url [, header]) -> response | nil, err"; "" if the reference has none.
	// Several forms are separated by "; ".
	Signature string
	// Options are the names that its page has for the fields of a table of options, which is argument OptionsAt, counted
	// from 1; 0 is none.
	Options   []string
	OptionsAt int
}

// unknown stands behind the name of a function without a signature.
const unknown = "(?)"

// Known is what the hosts of this program have.
var Known = sync.OnceValue(func() *API {
	a := &API{make(map[string]bool), make(map[string]Members), make(map[string]Members)}
	for line := range strings.Lines(table) {
		owner, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		members := a.Modules
		if class, ok := strings.CutSuffix(owner, ":"); ok {
			owner, members = class, a.Classes
		}
		if owner == "global" {
			a.Globals[rest] = true
			continue
		}
		if members[owner] == nil {
			members[owner] = make(Members)
		}
		if rest == "" {
			continue
		}
		if name, options, ok := strings.Cut(rest, "{} "); ok {
			m, list := members[owner][name], strings.Fields(options)
			m.OptionsAt, _ = strconv.Atoi(list[0])
			m.Options = list[1:]
			members[owner][name] = m
			continue
		}
		name, _, function := strings.Cut(rest, "(")
		m := Member{Function: function}
		if function && rest != name+unknown {
			m.Signature = rest
		}
		members[owner][name] = m
	}
	return a
})

// ModuleNames are the names of the modules of silly, sorted.
func (a *API) ModuleNames() []string { return slices.Sorted(maps.Keys(a.Modules)) }
