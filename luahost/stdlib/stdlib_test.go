package stdlib

import (
	"os"
	"path/filepath"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"go.uber.org/goleak"
)

const testdata = "../../testdata/stdlib"

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// newState returns a state with room for the scripts and with the functions of this package.
func newState(t *testing.T) *lua.LState {
	t.Helper()
	L := lua.NewState(lua.Options{
		RegistrySize:        128,
		RegistryMaxSize:     4 << 20,
		RegistryGrowStep:    4 << 10,
		CallStackSize:       10_000,
		MinimizeStackMemory: true,
	})
	t.Cleanup(L.Close)
	Open(L)
	return L
}

// run runs a script of the testdata folder as a chunk of that name.
func run(t *testing.T, L *lua.LState, name string) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(testdata, name))
	if err != nil {
		t.Fatal(err)
	}
	runSource(t, L, "@"+name, string(source))
}

func runSource(t *testing.T, L *lua.LState, chunkname, source string) {
	t.Helper()
	proto, err := Compile([]byte(source), chunkname)
	if err != nil {
		t.Fatal(err)
	}
	L.Push(L.NewFunctionFromProto(proto))
	if err := L.PCall(0, 0, nil); err != nil {
		t.Fatal(err)
	}
}

// TestScripts runs the scripts of testdata/stdlib, which check the functions themselves.
func TestScripts(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob(filepath.Join(testdata, "*.lua"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		name := filepath.Base(script)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			L := newState(t)
			run(t, L, "check/check.lua")
			run(t, L, name)
		})
	}
}
