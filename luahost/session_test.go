package luahost_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"silly/internal/lua/syntax"
	"silly/internal/lua/vm"
	"silly/internal/luatest"
	"silly/luahost"
	"silly/modules"
)

// runPiece runs a piece of code in a session and returns its results as tostring has them.
func runPiece(ctx context.Context, t *testing.T, s *luahost.Session, code string) (string, error) {
	t.Helper()
	chunk, err := syntax.Parse([]byte(code), "piece", syntax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	results := make(chan string, 1)
	err = s.Run(ctx, chunk, func(c vm.Call) int {
		var texts []string
		for i := range c.Len() {
			texts = append(texts, c.Thread().ToString(c.Any(i+1)))
		}
		results <- strings.Join(texts, " ")
		return 0
	})
	if err != nil {
		return "", err
	}
	return <-results, nil
}

// newSession begins a session in a host of its own.
func newSession(t *testing.T) (*luahost.Host, *luahost.Session) {
	t.Helper()
	var out luatest.Output
	h, err := luahost.New(luahost.Options{Modules: modules.Standard(), Stdout: &out, Stderr: &out})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	s, err := h.Begin("piece", "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	return h, s
}

func TestSessionKeepsVariables(t *testing.T) {
	t.Parallel()
	h, s := newSession(t)
	if _, err := h.Begin("other"); err == nil {
		t.Error("two sessions at a time")
	}
	for _, piece := range [][2]string{
		{"local n, s = 1, arg[2] function get() return n end return n, s", "1 b"},
		{"n = n + 1 return get(), n, _G.n", "2 2 nil"},
		{"local n = 10 local function set(v) n = v end set(11) return n, get()", "11 2"},
		{"set(12) return n, get()", "12 2"},
		{"local a <const> = 5 local b <close> = nil", ""},
		{"return a, b", "5 nil"},
		{"for i = 1, 2 do local inner = i end return inner", "nil"},
		{strings.Repeat("local x ", 190) + " x = 3", ""},
		{"return x", "3"},
		{"local _ENV = {} y = 1", ""},
		{"return y, type(print)", "nil function"},
		{"require 'silly.task'.fork(function() later = get() end) require 'silly.time'.sleep(1) return later", "2"},
	} {
		if got, err := runPiece(context.Background(), t, s, piece[0]); err != nil || got != piece[1] {
			t.Errorf("%s: got %q, %v, want %q", piece[0], got, err, piece[1])
		}
	}
	var failure *luahost.Error
	_, err := runPiece(context.Background(), t, s, "local n = 1\nlocal new = 2 error 'fails'")
	if !errors.As(err, &failure) || failure.Message != "piece:2: fails" || len(failure.Traceback) != 2 {
		t.Errorf("error %v", err)
	}
	if got, err := runPiece(context.Background(), t, s, "return n, new"); got != "12 nil" || err != nil {
		t.Errorf("after an error: %s, %v", got, err)
	}
	_, err = runPiece(context.Background(), t, s, "local a = 1 "+strings.Repeat("local x ", 200))
	if err == nil || !strings.Contains(err.Error(), "too many local variables") {
		t.Errorf("201 locals: %v", err)
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	_, s := newSession(t)
	for _, code := range []string{"while true do end", "require 'silly.task'.wait()", "require 'silly.time'.sleep(1e9)"} {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		_, err := runPiece(ctx, t, s, code)
		cancel()
		var failure *luahost.Error
		if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &failure) || len(failure.Traceback) == 0 {
			t.Errorf("%s: %v", code, err)
		}
	}
	if _, err := runPiece(context.Background(), t, s, "require 'silly'.exit(3)"); !luahost.IsClosed(err) {
		t.Errorf("exit: %v", err)
	}
	<-s.Done()
	var exit *luahost.ExitError
	if !errors.As(s.Err(), &exit) || exit.Status != 3 {
		t.Errorf("the session ended with %v", s.Err())
	}
	_, s = newSession(t)
	s.End()
	<-s.Done()
	if _, err := runPiece(context.Background(), t, s, "return 1"); s.Err() != nil || !luahost.IsClosed(err) {
		t.Errorf("%v, %v", s.Err(), err)
	}
}
