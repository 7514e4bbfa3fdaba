package compile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"silly/internal/lua/code"
	"silly/internal/lua/syntax"
)

// hardSources are texts that are easy to compile wrongly.
var hardSources = []string{
	"", "return", "return ...", "local a <const> = 1 return a", "local a <close> = nil goto x ::x::", "goto x; local a; ::x::", "::a:: goto a",
	"while true do local x = function() return x end break end", "repeat local x = f() until x", "repeat local x if y then goto continue end local z ::continue:: until x",
	"for i = 1, 10 do for k, v in next, {} do goto out end end ::out::", "local a, b, c = f() a, b, c = c, b, a", "a.b.c, d[e], f = f, d[e], a.b.c",
	"return {1, 2, f()}, {f(), g()}, {...}, {[1] = 2, x = 3, 4}", "return a and b or c and not d or (e == f)", "return a .. b .. c .. 1 .. 2.5",
	"return 1 + 2 * 3 // 4 % 5 ^ 6 & 7 | 8 ~ 9 << 10 >> 11", "return 1 // 0, 1 % 0, 0 / 0, 1 << 64, -0x8000000000000000", "return not nil == true, -'2', #'abc', ~1.0",
	"local function f(...) return f(...) end return f", "function a.b:c(...) return self, ... end", "_ENV = {} x = 1", "local _ENV <const> = {} return x",
	"local x <const> = 1 x = 2", "break", "goto nowhere", "::a:: ::a::", "do local a goto b end ::b:: local c", "if a then elseif b then return else end",
	"local a <close>, b <const> = c, d return a(b)", "return (f()), (...)", "f{}{}''[[]]", "return function() return function() return a, b, c end end",
}

// checkProto checks that a function is one that can run at all.
func checkProto(t *testing.T, p *code.Proto) {
	t.Helper()
	if len(p.Code) == 0 || len(p.Lines) != len(p.Code) {
		t.Errorf("%d instructions, %d lines", len(p.Code), len(p.Lines))
	}
	if p.MaxStack < 2 || p.MaxStack > maxRegisters || p.NumParams > p.MaxStack || len(p.Upvals) > maxUpvalues {
		t.Errorf("%d registers, %d parameters, %d upvalues", p.MaxStack, p.NumParams, len(p.Upvals))
	}
	for _, child := range p.Protos {
		checkProto(t, child)
	}
}

// FuzzCompile compiles any text: there is code or an error about a line, and no panic.
func FuzzCompile(f *testing.F) {
	for _, source := range hardSources {
		f.Add(source)
	}
	for _, pattern := range []string{"../../../testdata/luabench/*.lua", "../../../testdata/lua54/3*.lua"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			if len(source) < 4000 {
				f.Add(string(source))
			}
		}
	}
	f.Fuzz(func(t *testing.T, source string) {
		proto, err := Source([]byte(source), "x", "=x", syntax.Options{})
		if err == nil {
			checkProto(t, proto)
			return
		}
		var failure *syntax.Error
		if !errors.As(err, &failure) || proto != nil {
			t.Fatalf("%v with %v", err, proto)
		}
		if failure.Pos.Line < 1 || failure.Message == "" || failure.Name != "x" {
			t.Errorf("%+v", failure)
		}
	})
}
