package luahost_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"silly/internal/luatest"
	"silly/luahost"
)

// TestLogGetsEverything: what scripts and the host log goes to the handler of an embedding program.
func TestLogGetsEverything(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	h := luatest.NewHost(t, luahost.Options{Log: slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})})
	err := h.RunString(t.Context(), "log.lua", `
		local logger, task, trace = require "silly.logger", require "silly.task", require "silly.trace"
		logger.debug("no")
		trace.attach(0xab)
		logger.warn("from a script")
		task.fork(function() trace.attach(0xcd) error("from a task") end)
		require "silly".error("by silly.error")`)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	type line struct{ Level, Msg, Trace, Source string }
	var got []line
	for _, text := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		l.Msg, _, _ = strings.Cut(l.Msg, "\n") // without the traceback
		got = append(got, l)
	}
	want := []line{
		{"WARN", "from a script", "00000000000000ab", "log.lua:5"},
		{"ERROR", "by silly.error", "00000000000000ab", ""},
		{"ERROR", "log.lua:6: from a task", "00000000000000cd", ""},
	}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("line %d: got %v, want %v", i, got[i], want[i])
		}
	}
}
