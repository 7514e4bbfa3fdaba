package modules_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/luahost"
)

// TestDocumentation runs the examples of README.md and docs/ that are marked "lua validate", each in a host
// of its own on an in-memory network, and compares what they print with their "-- Output:" comment.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	for _, page := range append(pages, "../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		line := 1
		for i, part := range strings.Split(string(text), "```") {
			start := line
			line += strings.Count(part, "\n")
			code, ok := strings.CutPrefix(part, "lua validate\n")
			if i%2 == 0 || !ok {
				continue
			}
			examples++
			t.Run(fmt.Sprintf("%s:%d", filepath.Base(page), start), func(t *testing.T) {
				t.Parallel()
				checkExample(t, code)
			})
		}
	}
	if examples < 20 {
		t.Errorf("only %d examples were found", examples)
	}
}

func checkExample(t *testing.T, code string) {
	var out, log luatest.Output
	h := luatest.NewHost(t, luahost.Options{Stdout: &out, Stderr: &log})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err := h.RunString(ctx, "example.lua", code)
	var exit *luahost.ExitError
	if errors.As(err, &exit) && exit.Status == 0 {
		err = nil
	}
	if err != nil || h.Failures() > 0 {
		t.Errorf("the example ended with %v\n%s", err, log.String())
	}
	_, comment, ok := strings.Cut(code, "-- Output:\n")
	if !ok {
		return
	}
	var want []string
	for _, line := range strings.Split(strings.TrimSpace(comment), "\n") {
		want = append(want, strings.TrimPrefix(strings.TrimPrefix(line, "--"), " "))
	}
	if got := strings.TrimSpace(out.String()); got != strings.TrimSpace(strings.Join(want, "\n")) {
		t.Errorf("the example printed\n%s\nand says that it prints\n%s", got, strings.Join(want, "\n"))
	}
}
