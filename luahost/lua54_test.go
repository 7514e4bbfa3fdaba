package luahost_test

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/luahost"
)

// notOurs are the files of testdata/lua54 that only lua5.4 passes, and why.
var notOurs = map[string]string{
	"2.5.3_finalizer_cycles.lua": "Go's finalizers do not run for objects that refer to each other (docs/lua.md)",
}

// passed is what a file prints whose checks all hold.
var passed = regexp.MustCompile(`^ok [1-9][0-9]*\n$`)

// TestConformance runs each file of testdata/lua54 in a host, and in lua5.4 where that is installed.
func TestConformance(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/lua54/[0-9]*.lua")
	if err != nil || len(files) < 50 {
		t.Fatalf("only %d files: %v", len(files), err)
	}
	reference, _ := exec.LookPath("lua5.4")
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
			defer cancel()
			if reference != "" {
				out, err := exec.CommandContext(ctx, reference, file).CombinedOutput()
				if err != nil || !passed.Match(out) {
					t.Errorf("lua5.4: %v\n%s", err, out)
				}
			}
			if reason := notOurs[name]; reason != "" {
				t.Skip(reason)
			}
			var out, log luatest.Output // errors in finalizers are logged
			h := luatest.NewHost(t, luahost.Options{Stdout: &out, Stderr: &log, Stdin: new(bytes.Reader)})
			if err := h.RunFile(ctx, file); err != nil || !passed.MatchString(out.String()) {
				t.Errorf("silly: %v\n%s%s", err, out.String(), log.String())
			}
		})
	}
}

// TestConformanceTablesNameFiles: a file that is renamed or removed leaves no entry behind.
func TestConformanceTablesNameFiles(t *testing.T) {
	t.Parallel()
	for name := range notOurs {
		if files, _ := filepath.Glob("../testdata/lua54/" + name); len(files) != 1 {
			t.Errorf("there is no %s", name)
		}
	}
}
