package toml_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"silly/internal/luatest"
	"silly/luahost"
)

// TestPythonReadsIt: what is written is TOML for another parser, too.
func TestPythonReadsIt(t *testing.T) {
	t.Parallel()
	if exec.Command("python3", "-c", "import tomllib").Run() != nil {
		t.Skip("no python3 with tomllib")
	}
	h := luatest.NewHost(t, luahost.Options{Stdout: io.Discard})
	results, err := func() ([]any, error) {
		if err := h.RunString(t.Context(), "main", `
			local toml, json = require "silly.encoding.toml", require "silly.encoding.json"
			local v = {s = "a\"'\\\n\t\0☺", n = math.mininteger, f = -0.5, big = 1e300, list = {1, {2, {"x"}}}, t = {a = {b = {}}}, rows = {{x = 1}, {y = 2}}, ["odd key.\n"] = true}
			function both() return toml.encode(v), json.encode(v, {sort = true}) end`); err != nil {
			return nil, err
		}
		return h.RunFunc(t.Context(), "both")
	}()
	if err != nil {
		t.Fatal(err)
	}
	python := exec.Command("python3", "-c", "import tomllib, json, sys; json.dump(tomllib.loads(sys.stdin.read()), sys.stdout)")
	python.Stdin = strings.NewReader(results[0].(string))
	out, err := python.Output()
	if err != nil {
		t.Fatalf("python: %v\n%s", err, results[0])
	}
	var got, want any
	if err := errors.Join(json.Unmarshal(out, &got), json.Unmarshal([]byte(results[1].(string)), &want)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("python has %v, want %v", got, want)
	}
}
