package architecture

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A room is a row of the table: packages, and what they may import of ours.
type room struct {
	name    string
	imports []string
	used    map[string]bool
}

// rooms are the rows of the tables of a page.
func rooms(t *testing.T, page string) []*room {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| .* \\| ?(.*) ?\\|$")
	code := regexp.MustCompile("`([^`]+)`")
	var all []*room
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		r := &room{name: m[1], used: make(map[string]bool)}
		for _, name := range code.FindAllStringSubmatch(m[2], -1) {
			r.imports = append(r.imports, name[1])
		}
		all = append(all, r)
	}
	return all
}

// covers reports whether a pattern, such as internal/bench/..., stands for a package.
func covers(pattern, pkg string) bool {
	if below, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == below || strings.HasPrefix(pkg, below+"/")
	}
	return pattern == pkg
}

// checkImports returns what is wrong with the imports of packages, each with its path and those of what it imports.
func checkImports(rooms []*room, packages map[string][]string) (problems []string) {
	for pkg, imports := range packages {
		i := slices.IndexFunc(rooms, func(r *room) bool { return covers(r.name, pkg) })
		if i < 0 {
			problems = append(problems, pkg+" has no row in the table")
			continue
		}
		r := rooms[i]
		r.used[r.name] = true
		for _, imported := range imports {
			j := slices.IndexFunc(r.imports, func(allowed string) bool { return covers(allowed, imported) })
			if j < 0 {
				problems = append(problems, fmt.Sprintf("%s imports %s, which its row does not allow", pkg, imported))
				continue
			}
			r.used[r.imports[j]] = true
		}
	}
	for _, r := range rooms {
		for _, name := range append(r.imports, r.name) {
			if !r.used[name] {
				problems = append(problems, fmt.Sprintf("the row of %s names %s, which is not there", r.name, name))
			}
		}
	}
	slices.Sort(problems)
	return problems
}

// TestImportsAreThoseOfThePage: what ARCHITECTURE.md says about the imports is what go list finds.
func TestImportsAreThoseOfThePage(t *testing.T) {
	t.Parallel()
	list := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...")
	list.Dir = "../.."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := make(map[string][]string)
	for line := range strings.Lines(string(out)) {
		var ours []string
		for _, path := range strings.Fields(line) {
			if name, ok := strings.CutPrefix(path, "silly/"); ok {
				ours = append(ours, name)
			}
		}
		packages[ours[0]] = ours[1:]
	}
	for _, problem := range checkImports(rooms(t, "../../ARCHITECTURE.md"), packages) {
		t.Error(problem)
	}
}

// TestCheckImportsFindsWhatIsWrong keeps the test above honest.
func TestCheckImportsFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	table := func() []*room {
		return []*room{
			{name: "a", imports: []string{"b/..."}, used: map[string]bool{}},
			{name: "b/...", used: map[string]bool{}},
		}
	}
	for _, c := range []struct {
		packages map[string][]string
		want     string
	}{
		{map[string][]string{"a": {"b/c"}, "b/c": nil}, "[]"},
		{map[string][]string{"a": {"b"}, "b": {"a"}}, "[b imports a, which its row does not allow]"},
		{map[string][]string{"a": nil, "b": nil}, "[the row of a names b/..., which is not there]"},
		{map[string][]string{"a": {"b/c"}, "b/c": nil, "bc": nil}, "[bc has no row in the table]"},
	} {
		if got := fmt.Sprint(checkImports(table(), c.packages)); got != c.want {
			t.Errorf("%v: got %s, want %s", c.packages, got, c.want)
		}
	}
}
