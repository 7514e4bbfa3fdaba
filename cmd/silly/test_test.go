package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"silly/cmd/silly/internal/suite"
	"silly/internal/luatest"
	"silly/internal/markdown"
	"silly/luahost"
	"silly/modules/test"
)

// sillyOutput runs the command, and returns what it prints.
func sillyOutput(t *testing.T, args ...string) (string, error) {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(sillyLink(t, executable), args...)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// TestSuite runs the runner's own tests, which are in Lua, in order and shuffled.
func TestSuite(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"test", "../../testdata/suite"},
		{"test", "--seed", "random", "../../testdata/suite/api_test.lua"},
	} {
		if output, err := sillyOutput(t, args...); err != nil {
			t.Errorf("%s: %v\n%s", strings.Join(args, " "), err, output)
		}
	}
}

// TestTestPages: the examples of the pages about tests pass.
func TestTestPages(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	count := 0
	for _, page := range []string{"../../docs/test.md", "../../docs/silly.test.md"} {
		source, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		blocks, _ := markdown.Parse(source)
		for _, b := range blocks {
			if b.Info != "lua test" {
				continue
			}
			count++
			var code strings.Builder
			for _, line := range b.Lines {
				code.WriteString(line.Text + "\n")
			}
			name := strings.TrimSuffix(filepath.Base(page), ".md") + string(rune('a'+count)) + "_test.lua"
			if err := os.WriteFile(filepath.Join(folder, name), []byte(code.String()), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	if count < 5 {
		t.Fatalf("only %d examples", count)
	}
	if output, err := sillyOutput(t, "test", folder); err != nil || strings.Contains(output, "no test") {
		t.Errorf("%v\n%s", err, output)
	}
}

// TestTestModule: the module has the same functions in test files and elsewhere, and the globals are those that silly check knows.
func TestTestModule(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fields_test.lua")
	const names = `
local all = {}
for name in pairs(require "silly.test") do all[#all + 1] = name end
table.sort(all)
print(table.concat(all, " "))
`
	const globals = `
local before = {}
for name in pairs(_G) do before[#before + 1] = name end
table.sort(before)
print(table.concat(before, " "))
`
	plain, err := luatest.Run(t, names+globals, luahost.Options{})
	if err != nil {
		t.Fatal(err)
	}
	code := "require('silly.test')('fields', function(t)" + names + globals + " t:fail() end)"
	if err := os.WriteFile(path, []byte(code), 0o666); err != nil {
		t.Fatal(err)
	}
	output, _ := sillyOutput(t, "test", path)
	var printed []string
	for line := range strings.Lines(output) {
		if text, ok := strings.CutPrefix(line, "    | "); ok {
			printed = append(printed, strings.TrimSpace(text))
		}
	}
	if len(printed) != 2 {
		t.Fatal(output)
	}
	fields, known, _ := strings.Cut(plain, "\n")
	if printed[0] != fields || fields != strings.Join(test.Fields, " ") {
		t.Errorf("fields %q in test files, %q elsewhere, want %q", printed[0], fields, test.Fields)
	}
	var more []string
	for _, name := range strings.Fields(printed[1]) {
		if !slices.Contains(strings.Fields(known), name) {
			more = append(more, name)
		}
	}
	if !slices.Equal(more, suite.Globals) {
		t.Errorf("more globals %q, want %q", more, suite.Globals)
	}
}
