package check

import (
	"strings"
	"sync"

	"silly/cmd/silly/internal/api"
)

// A hosted is what scripts find in a host.
type hosted struct {
	globals map[string]bool
	modules map[string]module
}

// A module has the signatures of its functions by their names. A field that is no function, or that the reference
// does not describe, has an empty one.
type module map[string]string

// known is what the hosts of this program have.
var known = sync.OnceValue(func() *hosted {
	k := &hosted{api.Known().Globals, make(map[string]module)}
	for name, members := range api.Known().Modules {
		k.modules[name] = make(module)
		for field, m := range members {
			if field != "" { // the module itself is a function
				k.modules[name][field] = m.Signature
			}
		}
	}
	return k
})

// arguments returns how many arguments a function with such a signature takes: at least min, and at most max; -1 is any
// number. A signature with several forms, separated by "; ", takes what one of them takes.
func arguments(signature string) (atLeast, atMost int) {
	atLeast = -1
	for form := range strings.SplitSeq(signature, "; ") {
		low, high := argumentsOf(form)
		if atLeast < 0 || low < atLeast {
			atLeast = low
		}
		if high < 0 || atMost >= 0 && high > atMost {
			atMost = high
		}
	}
	return atLeast, atMost
}

// argumentsOf is arguments for one form, such as "post(url [, header [, body]]) -> response | nil, err".
func argumentsOf(form string) (atLeast, atMost int) {
	_, rest, _ := strings.Cut(form, "(")
	list, _, _ := strings.Cut(rest, ")")
	var required, all strings.Builder
	optional, fields := 0, 0 // brackets and braces around a character
	for _, c := range list {
		switch c {
		case '[':
			optional++
		case ']':
			optional--
		case '{':
			fields++
		case '}':
			fields--
			c = 'x' // a table is one argument
		}
		if fields > 0 || c == '[' || c == ']' {
			continue
		}
		all.WriteRune(c)
		if optional == 0 {
			required.WriteRune(c)
		}
	}
	if strings.Contains(list, "...") {
		names := required.String()
		if strings.Contains(names, "...") {
			return count(names) - 1, -1
		}
		return count(names), -1
	}
	return count(required.String()), count(all.String())
}

// count is how many names a list has.
func count(list string) int {
	if strings.TrimSpace(list) == "" {
		return 0
	}
	return strings.Count(list, ",") + 1
}

// failing reports whether a function with such a signature returns nil and an error when it fails.
func failing(signature string) bool { return strings.Contains(signature, "| nil, err") }
