package wspeers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// testCoverage looks at the page that silly test --coverage makes.
func testCoverage(t *testing.T, browser context.Context) {
	folder := t.TempDir()
	page := filepath.Join(folder, "coverage.html")
	for name, text := range map[string]string{
		"calc.lua": `local M = {}
function M.add(a, b) return a + b end
-- <b>no tag</b>
function M.never()
	return 1
end
return M
`,
		"calc_test.lua": `local calc = require "calc"
require("silly.test")("adds", function(t)
	for i = 1, 3 do t:equal(calc.add(i, 1), i + 1) end
end)
`} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if output, err := exec.Command(silly, "test", "--coverage="+page, folder).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	p := openTab(t, browser, "file://"+page)
	var rows []string
	p.eval(&rows, `return [...document.querySelectorAll(".source tr")].map(row => {
		const color = getComputedStyle(row).backgroundColor
		return row.className + "|" + [...row.cells].map(cell => cell.textContent.trim()).join("|") + "|" + (color == "rgba(0, 0, 0, 0)" ? "plain" : "coloured")
	})`)
	want := []string{
		"ran|1|1×|local M = {}|coloured", "ran|2|3×|function M.add(a, b) return a + b end|coloured",
		"|3||-- <b>no tag</b>|plain", "ran|4|1×|function M.never()|coloured",
		"missed|5|never|return 1|coloured", "|6||end|plain", "ran|7|1×|return M|coloured",
	}
	if len(rows) != len(want) {
		t.Fatalf("rows %q", rows)
	}
	for i, row := range rows {
		if row != want[i] {
			t.Errorf("row %d is %q, want %q", i+1, row, want[i])
		}
	}
	var shares []float64
	p.eval(&shares, `return [...document.querySelectorAll("meter")].map(m => m.value)`)
	if got := fmt.Sprint(shares); got != "[80 50 80 50]" {
		t.Errorf("meters show %s", got)
	}
	var reached bool
	p.eval(&reached, `const link = document.querySelector(".files a")
		link.click()
		return location.hash == "#file0" && document.querySelector(location.hash) != null`)
	if !reached {
		t.Error("the link to the file leads nowhere")
	}
}
