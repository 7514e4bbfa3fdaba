package deps

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestEveryDependencyHasAReason compares go.mod with docs/design.md.
func TestEveryDependencyHasAReason(t *testing.T) {
	t.Parallel()
	gomod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	list, err := List(string(gomod), string(page))
	if err != nil {
		t.Errorf("docs/design.md and go.mod do not agree:\n%v", err)
	}
	if len(list) < 5 {
		t.Errorf("only %d dependencies", len(list))
	}
}

// TestNodePackageHasAReason: what npm installs for a test is in the table, too.
func TestNodePackageHasAReason(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../wspeers/testdata/node/package.json")
	if err != nil {
		t.Fatal(err)
	}
	var node struct{ Dependencies map[string]string }
	if err := json.Unmarshal(data, &node); err != nil || len(node.Dependencies) == 0 {
		t.Fatalf("%v in\n%s", err, data)
	}
	page, err := os.ReadFile("../../docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, version := range node.Dependencies {
		if row := "| " + name + " " + version + " (npm) | "; !strings.Contains(string(page), row) {
			t.Errorf("docs/design.md has no %q", row)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	const gomod = "module m\n\ngo 1.26.5\n\nrequire example.org/one v1.0.0\n\nrequire (\n\texample.org/two v1.2.0 // pinned\n" +
		"\texample.org/far v0.1.0 // indirect\n\texample.org/tools v0.3.0 // indirect\n)\n\ntool example.org/tools/cmd/check\n"
	const head = "# Design\n\n## Dependencies\n\n| module | reason |\n|---|---|\n"
	const one, two = "| example.org/one v1.0.0 | for this |\n", "| example.org/two v1.2.0, example.org/tools v0.3.0 | for that |\n"
	tests := []struct{ name, page, want string }{
		{"complete", head + one + two + "| other 8.0 (npm) | tests only |\n", ""},
		{"not one", head + two, "example.org/one v1.0.0: no reason is given"},
		{"another version", head + strings.Replace(one, "1.0.0", "1.0.1", 1) + two, "example.org/one v1.0.0: the page says v1.0.1"},
		{"gone", head + one + two + "| example.org/gone v1.0.0 | nobody knows |\n", "example.org/gone v1.0.0: a reason is given, but go.mod does not ask for it"},
		{"indirect", head + one + two + "| example.org/far v0.1.0 | why? |\n", "example.org/far v0.1.0: a reason is given, but go.mod does not ask for it"},
		{"no reason", head + "| example.org/one v1.0.0 | |\n" + two, "example.org/one v1.0.0: the reason is empty"},
		{"another section", head + one + "\n## More\n\n" + two, "example.org/two v1.2.0: no reason is given\nexample.org/tools v0.3.0: no reason is given"},
	}
	for _, test := range tests {
		list, err := List(gomod, test.page)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
		if test.want == "" && (len(list) != 3 || list[2] != Dependency{"example.org/tools", "v0.3.0", "for that"}) {
			t.Errorf("%s: got %v", test.name, list)
		}
	}
}
