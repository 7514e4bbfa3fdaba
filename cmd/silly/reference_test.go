package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var updateReference = flag.Bool("update-compatibility", false, "write what docs/compatibility.md has to say about the framework's examples")

const (
	reference     = "../../../shared/docs/framework/reference" // the framework's documentation
	compatibility = "../../docs/compatibility.md"
)

// A referencePage is what became of the examples of one page.
type referencePage struct {
	examples int
	failed   map[int]string // line of the fence to the first line of the message
}

// runReference validates the framework's documentation.
func runReference(t *testing.T) map[string]*referencePage {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(sillyLink(t, executable), "validate", "--timeout=10s", "--format=json", reference)
	output, err := cmd.Output() // the exit status says that some fail
	var report struct {
		Results []struct {
			File, Status string
			Line         int
			Failure      struct{ Message string }
		}
	}
	if e := json.Unmarshal(output, &report); e != nil {
		t.Fatalf("%v, %v", err, e)
	}
	pages := map[string]*referencePage{}
	for _, r := range report.Results {
		name, err := filepath.Rel(reference, r.File)
		if err != nil {
			t.Fatal(err)
		}
		if pages[name] == nil {
			pages[name] = &referencePage{failed: map[int]string{}}
		}
		pages[name].examples++
		if r.Status != "passed" {
			pages[name].failed[r.Line], _, _ = strings.Cut(r.Failure.Message, "\n")
		}
	}
	return pages
}

// The two tables of the page.
const (
	pagesHead = "| page | examples | pass |\n|---|---|---|\n"
	whyHead   = "| example | why it does not pass |\n|---|---|\n"
)

// rows returns the cells of the table that begins with head, and where in text its rows stand.
func rows(t *testing.T, text, head string) (cells [][]string, begin, end int) {
	t.Helper()
	begin = strings.Index(text, head)
	if begin < 0 {
		t.Fatalf("%s has no table with the head\n%s", compatibility, head)
	}
	begin += len(head)
	end = begin
	for _, line := range strings.SplitAfter(text[begin:], "\n") {
		if !strings.HasPrefix(line, "|") {
			break
		}
		end += len(line)
		row := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		cells = append(cells, row)
	}
	return cells, begin, end
}

// TestReference: exactly those examples of the framework's documentation fail that docs/compatibility.md names, each with
// its reason. A row of it is about one example (page:line) or about all of a page.
func TestReference(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(reference); os.IsNotExist(err) {
		t.Skipf("the framework's documentation is not there: %s", reference)
	}
	content, err := os.ReadFile(compatibility)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	pages := runReference(t)
	reasons := map[string]string{}
	why, begin, end := rows(t, text, whyHead)
	for _, row := range why {
		if strings.HasPrefix(row[1], "? ") {
			t.Errorf("%s gives no reason for %s", compatibility, row[0])
			continue
		}
		reasons[strings.Trim(row[0], "`")] = row[1]
	}
	want := text[:begin] + whyTable(pages, reasons) + text[end:]
	_, begin, end = rows(t, want, pagesHead)
	want = want[:begin] + pagesTable(pages) + want[end:]
	if want == text {
		return
	}
	if *updateReference {
		if err := os.WriteFile(compatibility, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s does not say what is true (go test ./cmd/silly -run TestReference -update-compatibility writes it):\n%s",
		compatibility, changedLines(text, want))
}

// pagesTable is the rows of the first table.
func pagesTable(pages map[string]*referencePage) string {
	var b strings.Builder
	examples, passed := 0, 0
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		p := pages[name]
		fmt.Fprintf(&b, "| `%s` | %d | %d |\n", name, p.examples, p.examples-len(p.failed))
		examples, passed = examples+p.examples, passed+p.examples-len(p.failed)
	}
	fmt.Fprintf(&b, "| all | %d | %d |\n", examples, passed)
	return b.String()
}

// whyTable is the rows of the second table. An example without a reason gets its message.
func whyTable(pages map[string]*referencePage, reasons map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		p := pages[name]
		if reason := reasons[name]; reason != "" && len(p.failed) == p.examples {
			fmt.Fprintf(&b, "| `%s` | %s |\n", name, reason)
			continue
		}
		for _, line := range slices.Sorted(maps.Keys(p.failed)) {
			key := name + ":" + strconv.Itoa(line)
			reason := reasons[key]
			if reason == "" {
				reason = "? " + p.failed[line]
			}
			fmt.Fprintf(&b, "| `%s` | %s |\n", key, reason)
		}
	}
	return b.String()
}

// changedLines shows the lines that only one of two texts has.
func changedLines(got, want string) string {
	var b strings.Builder
	has, wanted := strings.Split(got, "\n"), strings.Split(want, "\n")
	for _, line := range has {
		if !slices.Contains(wanted, line) {
			b.WriteString("- " + line + "\n")
		}
	}
	for _, line := range wanted {
		if !slices.Contains(has, line) {
			b.WriteString("+ " + line + "\n")
		}
	}
	return b.String()
}
