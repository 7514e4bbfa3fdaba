package luahost_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"silly/luahost"
)

// TestTracebackShowsWhatIsLeftOut: calls replaced by tail calls, and the middle of a deep stack, in Lua's words.
func TestTracebackShowsWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	h, err := luahost.New(luahost.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	err = h.RunString(context.Background(), "t.lua", `
local function fail() error("x") end
local function tail() return fail() end
local function deep(n) if n == 0 then tail() end deep(n - 1) return 1 end
deep(30)`)
	var failure *luahost.Error
	if !errors.As(err, &failure) {
		t.Fatalf("got %v, want an *Error", err)
	}
	lines := strings.Split(luahost.FormatTraceback(failure.Traceback), "\n")
	for _, want := range []string{"\tt.lua:2: in function <t.lua:2>", "\t(...tail calls...)", "\t...\t(skipping 13 levels)", "\tt.lua:5: in main chunk"} {
		found := false
		for _, line := range lines {
			found = found || line == want
		}
		if !found {
			t.Errorf("no line %q in\n%s", want, strings.Join(lines, "\n"))
		}
	}
}
