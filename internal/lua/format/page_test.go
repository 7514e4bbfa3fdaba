package format_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"silly/internal/lua/format"
)

// TestExampleOfThePage: the first block of Lua in docs/fmt.md becomes the second.
func TestExampleOfThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "fmt.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```lua\n")
	if len(blocks) != 3 {
		t.Fatalf("%d blocks, want 2", len(blocks)-1)
	}
	source, _, _ := strings.Cut(blocks[1], "```")
	want, _, _ := strings.Cut(blocks[2], "```")
	got, err := format.Source([]byte(source), "page")
	if err != nil || string(got) != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, got, want)
	}
}

// TestTimeIsLinear: large and deep sources of strangers take no more time than their size asks for.
func TestTimeIsLinear(t *testing.T) {
	t.Parallel()
	const size = 1 << 16
	deep := strings.Repeat("f(function() return {", 25) + "1" + strings.Repeat("} end)", 25) + " "
	for name, source := range map[string]string{
		"operators": "x = 1" + strings.Repeat(" + 1", size/4),
		"calls":     "x" + strings.Repeat("{}", size/2),
		"table":     "x = {" + strings.Repeat(strings.Repeat("{1,", 90)+strings.Repeat("}", 90)+",", size/400) + "}",
		"flat":      "x = {" + strings.Repeat("1,", size/2) + "}",
		"fill":      "x = {\n" + strings.Repeat("1,", size/2) + "}",
		"nested":    strings.Repeat(deep, size/len(deep)),
		"unary":     strings.Repeat("x = "+strings.Repeat("- ", 150)+"1\n", size/300),
		"semicolon": strings.Repeat(";", size),
		"comments":  strings.Repeat("--[[]]", size/6),
		"lines":     strings.Repeat("\n", size),
		"arguments": "f(" + strings.Repeat("g(1),", size/5) + "1)",
	} {
		begin := time.Now()
		_, err := format.Source([]byte(source), "x")
		if took := time.Since(begin); took > 30*time.Second || err != nil {
			t.Errorf("%s took %v, %v", name, took, err)
		}
	}
}
