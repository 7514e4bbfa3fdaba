package luahost_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"silly/luahost"
	"silly/modules/task"
)

func tasks() []luahost.Module { return []luahost.Module{task.Module} }

// TestModulesPageIsTheExamples: the Go code of docs/modules.md is that of the examples, which are compiled and run, and the
// Lua code beside it is what they run.
func TestModulesPageIsTheExamples(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/modules.md")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := os.ReadFile("modules_example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```(?:go|lua)\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 8 {
		t.Fatalf("the page has %d blocks of code", len(blocks))
	}
	for _, block := range blocks {
		code := strings.ReplaceAll(block[1], "luahost_test.", "")
		if !strings.Contains(string(examples), code) {
			t.Errorf("modules_example_test.go does not have this code of the page:\n%s", block[1])
		}
	}
}
