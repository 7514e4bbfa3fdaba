package code

import (
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// TestTrampoline: it is what gopher-lua compiles.
func TestTrampoline(t *testing.T) {
	t.Parallel()
	chunk, err := parse.Parse(strings.NewReader(`local boot = "boot" return boot(...)`), "trampoline")
	if err != nil {
		t.Fatal(err)
	}
	p, err := lua.Compile(chunk, "trampoline")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Code, trampoline) || p.NumUsedRegisters != trampolineRegisters || len(p.Constants) != 1 {
		t.Errorf("gopher-lua makes %#x with %d registers and constants %v", p.Code, p.NumUsedRegisters, p.Constants)
	}
	if len(trampolineConstants) != 1 || trampolineConstants[0] != lua.LValue(Boot) {
		t.Errorf("the constants are %v", trampolineConstants)
	}
}
