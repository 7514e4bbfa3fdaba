// Package reference finds things in the pages of docs/: the functions, methods and fields that their headings name.
package reference

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"silly/docs"
	"silly/internal/spelling"
)

// A Page is one file of docs/.
type Page struct {
	Name     string // without .md: "silly.net.http"
	Text     string
	Sections []Section
}

// A Section is a heading and what follows it, up to the next one of its level or above.
type Section struct {
	Page    *Page
	Level   int    // 1 for #
	Heading string // without the signs
	Text    string // with the heading
	Forms   []Form
}

// A Form is one way to call a function or method, or a field, as a heading has it.
type Form struct {
	Owner  string // what stands before the name: "http", "sock"; "" if the module itself is called
	Name   string // "" for a value that is called itself
	Method bool   // it is called with a colon
	// Signature begins with the name: "read([timeout]) -> data, type | nil, err". That of a field is empty.
	Signature string
}

// String is the form as a script has it: "http.get", "sock:read".
func (f Form) String() string {
	switch {
	case f.Owner == "" || f.Name == "":
		return f.Owner + f.Name
	case f.Method:
		return f.Owner + ":" + f.Name
	}
	return f.Owner + "." + f.Name
}

// Pages are all pages, in the order of their names.
var Pages = sync.OnceValue(func() []*Page {
	entries, err := docs.Pages.ReadDir(".")
	if err != nil {
		panic(err) // they are in the binary
	}
	var pages []*Page
	for _, e := range entries {
		text, err := docs.Pages.ReadFile(e.Name())
		if err != nil {
			panic(err)
		}
		pages = append(pages, Parse(strings.TrimSuffix(e.Name(), ".md"), string(text)))
	}
	return pages
})

// Parse reads a page.
func Parse(name, text string) *Page {
	p := &Page{Name: name, Text: text}
	type place struct{ level, from int }
	var places []place
	at, fence := 0, ""
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		switch {
		case fence != "":
			if trimmed == fence {
				fence = ""
			}
		case Fence(line) != "":
			fence = Fence(line)
		case strings.HasPrefix(line, "#"):
			heading := strings.TrimLeft(line, "#")
			places = append(places, place{len(line) - len(heading), at})
			p.Sections = append(p.Sections, Section{
				Page: p, Level: len(line) - len(heading), Heading: strings.TrimSpace(heading), Forms: forms(heading),
			})
		}
		at += len(line)
	}
	for i := range p.Sections {
		end := len(text)
		for _, next := range places[i+1:] {
			if next.level <= places[i].level {
				end = next.from
				break
			}
		}
		p.Sections[i].Text = text[places[i].from:end]
	}
	return p
}

// What a heading consists of: a call with its results, or a field.
var (
	call = sync.OnceValue(func() *regexp.Regexp {
		const next = `[a-z0-9_]+[.:][A-Za-z0-9_]+\(.*`
		return regexp.MustCompile(`^(?:([a-z0-9_]+)([.:]))?([A-Za-z0-9_]+)(\([^()]*\)(?: -> [^(]*?)?)(?:, (` + next + `)|$)`)
	})
	field = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([a-z0-9_]+)\.([A-Za-z0-9_]+)(?:, (.*)|$)`)
	})
)

// forms are those of a heading; nothing if it is a sentence.
func forms(heading string) (list []Form) {
	for rest := strings.TrimSpace(heading); rest != ""; {
		if m := call().FindStringSubmatch(rest); m != nil {
			list = append(list, Form{Owner: m[1], Name: m[3], Method: m[2] == ":", Signature: m[3] + m[4]})
			rest = m[5]
			continue
		}
		m := field().FindStringSubmatch(rest)
		if m == nil {
			break
		}
		list = append(list, Form{Owner: m[1], Name: m[2]})
		rest = m[3]
	}
	return list
}

// Find returns the sections about a name: of a module ("silly.net.http", "http"), a page ("command"), a function
// ("http.get", "silly.net.http.get") or a method ("sock:read"). There may be several, on different pages.
func Find(name string) (found []Section) {
	name, _, _ = strings.Cut(strings.TrimSpace(name), "(")
	if p := page(name); p != nil {
		return []Section{{Page: p, Level: 1, Heading: p.Name, Text: p.Text}}
	}
	for _, p := range Pages() {
		for _, s := range p.Sections {
			if slices.ContainsFunc(s.Forms, func(f Form) bool { return f.matches(p, name) }) {
				found = append(found, s)
			}
		}
	}
	return found
}

// page is the page about a module, or of a name.
func page(name string) *Page {
	var last *Page
	for _, p := range Pages() {
		switch {
		case p.Name == name:
			return p
		case strings.HasPrefix(p.Name, "silly.") && strings.TrimPrefix(path.Ext(p.Name), ".") == name:
			last = p
		case strings.HasPrefix(name, p.Name+".") && (p.Name == "silly.compress" || p.Name == "silly.metrics"):
			last = p // one page for several modules
		}
	}
	return last
}

// matches reports whether a name stands for the form on a page.
func (f Form) matches(p *Page, name string) bool {
	if f.Owner == "" {
		return false
	}
	return name == f.String() || !f.Method && p.Name != f.Owner && f.Name != "" &&
		strings.HasSuffix(p.Name, f.Owner) && name == p.Name+"."+f.Name
}

// Names are all names that Find knows, sorted.
var Names = sync.OnceValue(func() []string {
	var names []string
	for _, p := range Pages() {
		names = append(names, p.Name)
		for _, s := range p.Sections {
			for _, f := range s.Forms {
				if f.Owner != "" {
					names = append(names, f.String())
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
})

// Similar are names that may have been meant; the likeliest first.
func Similar(name string) (names []string) {
	const most, slip = 6, 2
	last := func(name string) string { return name[strings.LastIndexAny(name, ".:")+1:] }
	distances := make(map[string]int)
	for _, n := range Names() {
		whole, part := spelling.Distance(name, n), spelling.Distance(last(name), last(n))
		switch {
		case whole <= slip && whole < len(name):
			distances[n] = whole
		case part == 0, part <= slip && part < len(last(name))/2:
			distances[n] = slip + 1 + part
		case len(name) >= 3 && strings.Contains(n, name):
			distances[n] = 3 * slip
		default:
			continue
		}
		names = append(names, n)
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(distances[a], distances[b]) })
	return names[:min(len(names), most)]
}
