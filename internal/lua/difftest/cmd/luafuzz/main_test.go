package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func command(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	if _, err := exec.LookPath("lua5.4"); err != nil {
		t.Skip("lua5.4 is not installed")
	}
	var out, errs bytes.Buffer
	status = run(t.Context(), args, &out, &errs)
	return status, out.String(), errs.String()
}

func TestEqualEnginesExitWithZero(t *testing.T) {
	t.Parallel()
	status, out, errs := command(t, "-n", "20", "-engine", "lua5.4", "-size", "20")
	if status != exitSame || !strings.Contains(out, "20 programs in") || !strings.Contains(out, "-seed ") || errs != "" {
		t.Errorf("%d\n%s%s", status, out, errs)
	}
}

func TestDifferentEnginesExitWithOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sabotage := filepath.Join(dir, "sabotage.lua")
	if err := os.WriteFile(sabotage, []byte("local f = select select = function(n, ...) if n == '#' and ... == 7 then return 0 end return f(n, ...) end\nstring.upper = string.lower\ndofile(arg[1])"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := command(t, "-n", "0", "-seed", "3", "-max", "1", "-engine", "lua5.4 "+sabotage, "-out", filepath.Join(dir, "found"))
	if status != exitDifferent || !strings.Contains(out, "difference with -seed ") || !strings.Contains(out, "--- reference") || errs != "" {
		t.Errorf("%d\n%s%s", status, out, errs)
	}
	status, out, _ = command(t, "-n", "0", "-seed", "3", "-max", "1", "-engine", "lua5.4 "+sabotage, "-reduce=false", "-allow", "1000")
	if status != exitSame || !strings.Contains(out, "difference with -seed ") {
		t.Errorf("with -allow: %d\n%s", status, out)
	}
	for _, suffix := range []string{".lua", ".full.lua", ".reference", ".engine"} {
		if found, _ := filepath.Glob(filepath.Join(dir, "found", "*"+suffix)); len(found) == 0 {
			t.Errorf("no file *%s in the folder", suffix)
		}
	}
}

func TestWrongUse(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-nonsense"}, {"-only", "nonsense"}, {"-engine", "false"}, {"-engine", "/no/such/command"}} {
		if status, _, errs := command(t, args...); status != exitUsage || errs == "" {
			t.Errorf("%v: %d %s", args, status, errs)
		}
	}
}

func TestPrintShowsTheProgram(t *testing.T) {
	t.Parallel()
	_, one, _ := command(t, "-print", "-seed", "5", "-size", "30")
	_, two, _ := command(t, "-print", "-seed", "5", "-size", "30")
	if one != two || !strings.Contains(one, "function show(...)") {
		t.Errorf("%s", one)
	}
	if _, list, _ := command(t, "-productions"); !strings.Contains(list, "tower\n") {
		t.Errorf("%s", list)
	}
}
