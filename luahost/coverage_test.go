package luahost_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"silly/internal/lua/difftest"
	"silly/luahost"
)

// covered is a script whose lines say at their ends how often they run, "-" being never, and nothing where no statement begins.
const covered = `local M = {} -- 1
function M.used(n) -- 1
	if n > 2 then -- 5
		return "many" -- 3
	elseif n == 2 then -- 2
		return "two" -- -
	else
		for i = 1, n do -- 2
			M.count = -- 2
				(M.count or 0) + i
		end
	end
end
function M:never() -- 1
	return self -- -
end
local inner = function() local x = 1 return x end -- 1
for _ = 1, 5 do M.used(1 + _ % 2 * 2) end -- 5
for i = 1, 0 do inner() end ; inner() -- 1
goto done -- 1
print "skipped" -- -
::done::
return M -- 1
`

func TestCoverage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "covered.lua")
	source := covered
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	coverage := &luahost.Coverage{Wants: func(name string) bool { return name == path }}
	for range 2 {
		h, err := luahost.New(luahost.Options{Coverage: coverage})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.RunString(context.Background(), "main", fmt.Sprintf("dofile(%q)", path)); err != nil {
			t.Fatal(err)
		}
		h.Close()
	}
	files := coverage.Files()
	if len(files) != 1 || files[0].Name != path {
		t.Fatalf("files %v, want only %s", files, path)
	}
	got := map[int]int{}
	for _, l := range files[0].Lines {
		got[l.Line] = l.Count
	}
	want := map[int]int{}
	for i, line := range bytes.Split([]byte(source), []byte("\n")) {
		if _, mark, ok := bytes.Cut(line, []byte(" -- ")); ok {
			n := 0
			if string(mark) != "-" {
				fmt.Sscan(string(mark), &n)
			}
			want[i+1] = 2 * n
		}
	}
	for line := range max(len(got), 40) {
		g, gok := got[line]
		if w, wok := want[line]; g != w || gok != wok {
			t.Errorf("line %d: counted %d (%v), want %d (%v)", line, g, gok, w, wok)
		}
	}
	functions := fmt.Sprint(files[0].Functions)
	if want := "[{M.used 2 10} {M:never 14 0} {inner 17 2}]"; functions != want {
		t.Errorf("functions %s, want %s", functions, want)
	}
}

// TestCoverageChangesNothing runs random programs with and without it.
func TestCoverageChangesNothing(t *testing.T) {
	run := func(code string, coverage *luahost.Coverage) string {
		var out bytes.Buffer
		h, err := luahost.New(luahost.Options{Stdout: &out, Coverage: coverage})
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		err = h.RunString(context.Background(), "program.lua", code)
		var failure *luahost.Error
		if errors.As(err, &failure) {
			fmt.Fprintln(&out, failure.Message, luahost.FormatTraceback(failure.Traceback))
		}
		return difftest.Normalize(out.String())
	}
	for seed := range uint64(300) {
		code := difftest.Program(seed, 40)
		coverage := new(luahost.Coverage)
		plain, counted := run(code, nil), run(code, coverage)
		if plain != counted {
			t.Fatalf("program of seed %d prints\n%s\nwith coverage, and\n%s\nwithout", seed, counted, plain)
		}
		if len(coverage.Files()) != 1 {
			t.Fatalf("seed %d: %d files were counted", seed, len(coverage.Files()))
		}
	}
}
