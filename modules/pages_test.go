package modules_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"silly/modules"
)

// TestModulesHavePages: every module that scripts require is named on a page of the reference, and the reference lists every
// page that there is.
func TestModulesHavePages(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../docs/*.md")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no pages (%v)", err)
	}
	var pages strings.Builder
	exist := map[string]bool{}
	for _, path := range paths {
		name := filepath.Base(path)
		exist[name] = true
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, "silly") {
			pages.Write(text)
		}
	}
	for _, m := range modules.Standard() {
		named := regexp.MustCompile(regexp.QuoteMeta(m.Name) + `\b`)
		if !m.Library && !named.MatchString(pages.String()) {
			t.Errorf("no page names %s", m.Name)
		}
	}
	list, err := os.ReadFile("../docs/README.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{"README.md": true}
	for _, link := range regexp.MustCompile(`\]\(([^)#/]+\.md)\)`).FindAllStringSubmatch(string(list), -1) {
		listed[link[1]] = true
	}
	for name := range exist {
		if !listed[name] {
			t.Errorf("docs/README.md does not list %s", name)
		}
	}
	for name := range listed {
		if !exist[name] {
			t.Errorf("docs/README.md lists %s, which is not there", name)
		}
	}
}
