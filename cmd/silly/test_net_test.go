package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// TestTestReachesOthers: with --allow-net tests in real time do, and no others.
func TestTestReachesOthers(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("outside")) }))
	defer server.Close()
	path := filepath.Join(t.TempDir(), "net_test.lua")
	code := `local test, http = require "silly.test", require "silly.net.http"
local url = "` + server.URL + `"
test.realtime("real", function(t) t:equal(t:ok(http.get(url)).body, "outside") end)
test("virtual", function(t) t:equal(http.get(url), nil) end)`
	if err := os.WriteFile(path, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	if output, err := sillyOutput(t, "test", "--allow-net", path); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	if output, err := sillyOutput(t, "test", path); err == nil {
		t.Errorf("without the flag:\n%s", output)
	}
}
