// Package luatest runs Lua test scripts, each in a host of its own. It is used by tests only.
package luatest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"silly/internal/memnet"
	"silly/internal/testcert"
	"silly/internal/virtualtime"
	"silly/luahost"
	"silly/modules"
)

// prelude is what test scripts have beside the standard library.
const prelude = `
local function show(v)
	if type(v) == "string" then return string.format("%q", v) end
	return tostring(v)
end
-- eq(got, want [, what]) raises at the caller's line unless both are the same.
function eq(got, want, what)
	if got ~= want then
		error((what and what .. ": " or "") .. "got " .. show(got) .. ", want " .. show(want), 2)
	end
end
-- fails(pattern, f, ...) raises unless f(...) raises an error that matches pattern.
function fails(pattern, f, ...)
	local ok, err = pcall(f, ...)
	if ok then error("no error, want one that matches " .. show(pattern), 2) end
	if not string.find(tostring(err), pattern) then
		error("error " .. show(tostring(err)) .. " does not match " .. show(pattern), 2)
	end
end
-- eventually(f) waits until f() is true: for what other goroutines finish in their own time.
function eventually(f)
	for _ = 1, 10000 do
		if f() then return end
		require("silly.time").sleep(1)
	end
	error("it did not happen", 2)
end
-- certificate(name, ...) is a certificate for 127.0.0.1 and the names that is its own authority, and its key.
-- list(...) is its arguments as one string, for order and results.
function list(...)
	local out = {}
	for i = 1, select("#", ...) do out[i] = tostring((select(i, ...))) end
	return table.concat(out, " ")
end
`

// limit is how long one script may take. It only ends scripts that hang.
const limit = 2 * time.Minute

// Output collects what a script writes. Any goroutine may use it.
type Output struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.Write(p)
}

// String returns what was written.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.String()
}

// NewHost makes a host with the standard modules on an in-memory network, which the test closes.
// Options that are set are kept.
func NewHost(t testing.TB, options luahost.Options) *luahost.Host {
	t.Helper()
	h := open(t, options)
	t.Cleanup(func() { shut(t, h) })
	return h
}

func open(t testing.TB, options luahost.Options) *luahost.Host {
	t.Helper()
	if options.Modules == nil {
		options.Modules = modules.Standard()
	}
	if options.Network == nil {
		options.Network = memnet.New()
	}
	h, err := luahost.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func shut(t testing.TB, h *luahost.Host) {
	if err := h.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// Run runs code as a main script and returns what it printed and the error of the run.
func Run(t testing.TB, code string, options luahost.Options) (output string, err error) {
	t.Helper()
	var out Output
	if options.Stdout == nil {
		options.Stdout = &out
	}
	if options.Stderr == nil {
		options.Stderr = &out
	}
	h := open(t, options)
	defer shut(t, h)
	h.Expose("certificate", func(names ...string) (certificate, key string) { return testcert.New(t, names...) })
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := h.RunString(ctx, "prelude.lua", prelude); err != nil {
		t.Fatal(err)
	}
	err = h.RunString(ctx, "test.lua", code)
	if h.Failures() > 0 && err == nil {
		err = errors.New("an error in a task was not caught")
	}
	return out.String(), err
}

// Scripts runs every script that matches pattern as a subtest, in parallel. A script fails by raising
// an error.
func Scripts(t *testing.T, pattern string, options luahost.Options) {
	each(t, pattern, func(t *testing.T, file, code string) { check(t, file, code, options) })
}

// VirtualScripts is Scripts in virtual time, without the scripts of some names.
func VirtualScripts(t *testing.T, pattern string, options luahost.Options, without ...string) {
	options.Synctest = true
	each(t, pattern, func(t *testing.T, file, code string) {
		if slices.Contains(without, filepath.Base(file)) {
			t.Skip("it needs real time")
		}
		if err := virtualtime.Run(func() { check(t, file, code, options) }); err != nil {
			t.Error(err)
		}
	})
}

// check runs the code of a file.
func check(t *testing.T, file, code string, options luahost.Options) {
	output, err := Run(t, code, options)
	if err != nil {
		t.Errorf("%s: %v\n%s%s", file, err, traceback(err), output)
	}
}

// each calls f for every script that matches pattern, in a subtest of its own.
func each(t *testing.T, pattern string, f func(t *testing.T, file, code string)) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no script matches %s (%v)", pattern, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".lua"), func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			f(t, file, string(source))
		})
	}
}

func traceback(err error) string {
	var failure *luahost.Error
	if errors.As(err, &failure) {
		return luahost.FormatTraceback(failure.Traceback) + "\n"
	}
	var deadlock *luahost.DeadlockError
	if errors.As(err, &deadlock) {
		var b strings.Builder
		for _, task := range deadlock.Tasks {
			b.WriteString(task.String() + "\n")
		}
		return b.String()
	}
	return ""
}
