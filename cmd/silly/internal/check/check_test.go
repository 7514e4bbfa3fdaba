package check

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"silly/internal/lua/difftest"
)

// lines are the findings in sources as silly check shows them.
func lines(o Options, sources ...Source) string {
	var b strings.Builder
	for _, d := range Run(sources, o) {
		fmt.Fprintf(&b, "%s:%d:%d: %s (%s)\n", d.File, d.Line, d.Column, d.Message, d.Code)
	}
	return b.String()
}

// codes are the findings in a source, such as "2:7 unused-local".
func codes(source string, o Options) string {
	var list []string
	for _, d := range Run([]Source{{Name: "x", Text: []byte(source)}}, o) {
		list = append(list, fmt.Sprintf("%d:%d %s", d.Line, d.Column, d.Code))
	}
	return strings.Join(list, ", ")
}

// TestExamplesOfThePage: each rule has an example in docs/check.md, and what stands behind it is found.
func TestExamplesOfThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "check.md"))
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(page), "\n### ")[1:]
	if len(sections) != len(Codes()) {
		t.Errorf("%d sections, want %d", len(sections), len(Codes()))
	}
	for i, section := range sections {
		code, _, _ := strings.Cut(section, "\n")
		if code != string(Codes()[i]) {
			t.Errorf("section %d is %q, want %q", i, code, Codes()[i])
		}
		_, rest, _ := strings.Cut(section, "```lua\n")
		source, rest, _ := strings.Cut(rest, "```\n")
		_, rest, _ = strings.Cut(rest, "```\n")
		want, _, _ := strings.Cut(rest, "```")
		if got := lines(Options{}, Source{Name: "example.lua", Text: []byte(source)}); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", code, got, want)
		}
		if !strings.Contains(want, "("+code+")") || !strings.Contains(string(page), "[`"+code+"`](#"+code+")") {
			t.Errorf("%s: the example or the table does not have it", code)
		}
	}
	_, rest, _ := strings.Cut(string(page), "```lua\n")
	source, _, _ := strings.Cut(rest, "```")
	if got := codes(source, Options{}); got != "" {
		t.Errorf("the example of a comment: %s", got)
	}
}

// cases are sources and what is found in them.
var cases = map[string]string{
	// Globals.
	"x()":                                "1:1 undefined-global",
	"x = 1 print(x)":                     "",
	"function x() end x()":               "",
	"_G.x = 1 print(x)":                  "",
	"_ENV.x = 1 print(x)":                "",
	"rawset(_G, 'x', 1) print(x)":        "",
	"if x then x() end":                  "",
	"local u = x or table.unpack u()":    "",
	"print(type(x) == 'nil')":            "",
	"load('x = 1')() print(x)":           "",
	"local _ENV = {} print(x)":           "",
	"setmetatable(_G, {}) x()":           "",
	"require 'other' x()":                "",
	"require(... or 'a') x()":            "",
	"print(_G.x, _VERSION, arg, string)": "",
	"do local x = 1 print(x) end x()":    "1:29 undefined-global",
	// Locals.
	"local x":                    "1:7 unused-local",
	"local x = 1 x = 2":          "",
	"local x <const> = 1":        "1:7 unused-local",
	"local x <close> = nil":      "",
	"local _x = 1":               "",
	"local x = f and 1":          "1:7 unused-local",
	"local x = print()":          "",
	"local x, y = 1, 2 print(y)": "",
	"local function f() end":     "1:16 unused-local",
	"local function f(a) for i = 1, 2 do end end f()": "",
	"local x = 1 return function() return x end":      "",
	"local x repeat local y = 1 until y == x":         "",
	// Hiding.
	"local x if a then local x = 1 print(x) end return x":        "1:25 shadowed-local",
	"local x if a then local x = x print(x) end return x":        "",
	"local x if a then local x = 1 print(x) end x = 2 return x":  "",
	"local x = f if a then local x = 1 print(x) end return x, f": "",
	"local x = 9 if a then local x = 1 print(x) end return x":    "",
	"local x = 0 if a then local x = 1 print(x) end return x":    "1:29 shadowed-local",
	"local x = 0 local x = 1 return x":                           "1:7 unused-local",
	"local x return function() local x = 1 return x end, x":      "",
	"local x if a then local x = 1 print(x) end":                 "1:7 unused-local",
	// Reach.
	"do return end print(1)":                                      "1:15 unreachable",
	"do goto x end print(1) ::x::":                                "1:15 unreachable",
	"goto x ::x:: print(1)":                                       "",
	"while true do end print(1)":                                  "1:19 unreachable",
	"while true do if a then break end end print(1)":              "",
	"while true do for i = 1, 2 do break end end print(1)":        "1:45 unreachable",
	"while true do for i = 1, 2 do goto x end end print(1) ::x::": "",
	"if a then return 1 else error('x') end":                      "",
	"do if a then return 1 else error('x') end end print(1)":      "1:47 unreachable",
	"do if a then return 1 end end print(1)":                      "",
	"local error = print error('x') print(1)":                     "",
	"os.exit() print(1)":                                          "1:11 unreachable",
	"repeat break until a print(1)":                               "",
	// Modules.
	"require('silly.time').sleep()":                                       "1:23 arity",
	"require('silly.time').sleep(1, 2)":                                   "1:23 arity",
	"require('silly.time').sleep(f())":                                    "",
	"require('silly.time').sleep(1, f())":                                 "",
	"local t = require 'silly.time' t.now() t.nothing()":                  "1:42 unknown-field",
	"local t = require 'silly.time' if t.nothing then t.x = 1 t.x(1) end": "",
	"local t = require 'silly.time' t = f t.nothing()":                    "",
	// Objects and options.
	"local b = require 'silly.adt.buffer'.new() b:apend('x')":                               "1:46 unknown-field",
	"local b = require 'silly.adt.buffer'.new() b:size(1)":                                  "1:46 arity",
	"local b = require 'silly.adt.buffer'.new() b:append()":                                 "1:46 arity",
	"local b = require 'silly.adt.buffer'.new() b:append(f())":                              "",
	"local b = require 'silly.adt.buffer'.new() b.apend = f b:apend()":                      "",
	"local b = require 'silly.adt.buffer'.new() print(b.apend) b:apend()":                   "",
	"local b = require 'silly.adt.buffer'.new() b['a' .. 'b'] = f b:ab()":                   "",
	"local b = require 'silly.adt.buffer'.new() b = f() b:apend()":                          "",
	"local m = require 'silly.adt.buffer' m.new = f local b = m.new() b:apend()":            "",
	"local m = require 'silly.adt.buffer' local b = m.new() m = f b:apend()":                "",
	"local b = assert(require 'silly.net.http'.listen(f)) b:stop()":                         "1:56 unknown-field",
	"local assert = f local b = assert(require 'silly.net.http'.listen(f)) b:x()":           "",
	"local h = require 'silly.net.http' assert(h.listen {handler = function(s) s:x() end})": "1:77 unknown-field",
	"local m = require 'silly.sync.mutex'.new() local l = m:lock(1) l:free()":               "1:66 unknown-field",
	"local m = require 'silly.sync.mutex'.new() local l = m:lock(1) m = f l:free()":         "",
	"local test = require 'silly.test' test('x', function(t) t:equals(1, 1) end)":           "1:59 unknown-field",
	"local test = require 'silly.test' test.each('x', {}, function(t) t:ok() end)":          "1:68 arity",
	"local n = require 'silly.net' local s = n.close(1) s:x()":                              "",
	"require 'silly.encoding.json'.encode(f, {sorted = true})":                              "1:42 unknown-field",
	"require 'silly.encoding.json'.encode(f, {sort = true, [1] = 2, 3, [f()] = 4})":         "",
	"require 'silly.encoding.json'.encode({sorted = true})":                                 "",
	"local j = require 'silly.encoding.json' j = f j.encode(f, {sorted = true})":            "",

	"local t = require 'silly.errno' print(t.ANYTHING)":                            "",
	"local t = require 'silly.time' return function(t) return t.nothing end, t":    "",
	"local t = require 'silly.time' t.sleep = print t.sleep()":                     "",
	"local fs = require 'silly.fs' fs.read('x')":                                   "1:33 unused-result",
	"local fs = require 'silly.fs' local s = fs.stat('x')":                         "1:37 unused-result",
	"local fs = require 'silly.fs' local s, e = fs.stat('x')":                      "1:37 unused-result",
	"local fs = require 'silly.fs' local _s = fs.stat('x')":                        "",
	"local fs = require 'silly.fs' local s <close> = fs.watch('x')":                "",
	"local fs = require 'silly.fs' fs[f] = f fs.nothing()":                         "",
	"local fs = require 'silly.fs' f(fs) fs.nothing()":                             "",
	"local fs = require 'silly.fs' fs.write('x', 'y')":                             "",
	"local fs = require 'silly.fs' print(fs.read('x'))":                            "",
	"local fs = require 'silly.fs' local s = fs.stat('x') print(s.size)":           "1:37 unused-result",
	"local fs = require 'silly.fs' local s = assert(fs.stat('x')) print(s.size)":   "",
	"local fs = require 'silly.fs' local s, e = fs.stat('x') print(s.size, e)":     "",
	"local fs = require 'silly.fs' local s, e = fs.stat('x') print(s.size)":        "1:37 unused-result",
	"local fs = require 'silly.fs' local s = fs.stat('x') print(s and s.size)":     "",
	"local fs = require 'silly.fs' local s = fs.stat('x') assert(s) print(s.size)": "",
	"local fs = require 'silly.fs' local s = fs.stat('x') return s":                "",
	// Comparisons.
	"print(not f == nil, #f == '1', f == 1, f == {1}, {} ~= f)": "1:13 suspicious-compare, 1:53 suspicious-compare",
	"print(type(f) == nil, type(f) == 'table', nil == 'x')":     "1:15 suspicious-compare, 1:47 suspicious-compare",
	"print(type(f) == 'tabel', (f == f) == true)":               "1:15 suspicious-compare",
	"local type = f print(type(f) == 'int')":                    "",
	"print(tostring(f) == 1, 'a' .. 'b' == 1, f + 1 == 'x')":    "1:19 suspicious-compare",
	// Comments.
	"x() -- silly: ignore undefined-global":                             "",
	"-- silly: ignore undefined-global, unused-local\n-- why\nx()\nx()": "4:1 undefined-global",
	"x() -- silly: ignore unused-local":                                 "1:1 undefined-global",
	"x() -- silly: ignore":                                              "1:1 undefined-global, 1:5 unknown-code",
	"-- silly: ignore nothing":                                          "1:1 unknown-code",
	// Syntax.
	"x = = 1":                   "1:5 syntax",
	"goto x":                    "1:7 syntax",
	"local x <const> = 1 x = 2": "1:1 syntax",
	"#!/bin/silly\nx()":         "2:1 undefined-global",
}

func TestCases(t *testing.T) {
	t.Parallel()
	for source, want := range cases {
		if got := codes(source, Options{Globals: []string{"f", "a"}}); got != want {
			t.Errorf("%s\n got %q\nwant %q", source, got, want)
		}
	}
}

// TestFilesOfARun: what one file defines, or a file that it requires, is there for all.
func TestFilesOfARun(t *testing.T) {
	t.Parallel()
	find := func(folder, module string) *Source {
		switch folder + "/" + module {
		case "here/lib":
			return &Source{Name: "lib.lua", Text: []byte("shared = 1 require 'deep' local unused"), Folder: "here"}
		case "here/deep":
			return &Source{Name: "deep.lua", Text: []byte("deep = 1"), Folder: "here"}
		case "here/dark":
			return &Source{Name: "dark.lua", Text: []byte("load('x = 1')()"), Folder: "here"}
		}
		return nil
	}
	got := lines(Options{Find: find},
		Source{Name: "a", Folder: "here", Text: []byte("require 'lib' print(shared, deep, other, nothing)")},
		Source{Name: "b", Folder: "here", Text: []byte("other = 1")},
		Source{Name: "c", Folder: "here", Text: []byte("require 'dark' print(nothing)")},
		Source{Name: "d", FirstLine: 10, Columns: []int{2, 4}, Example: true, Text: []byte("local x\nprnt(nothing)")})
	const want = "a:1:42: the global 'nothing' is defined nowhere (undefined-global)\n" +
		"d:11:5: the global 'prnt' is defined nowhere, did you mean 'print'? (undefined-global)\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestOurScripts: nothing is found in what we show as good.
func TestOurScripts(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(filepath.Join(root, "scripts", "*.lua"))
	if err != nil || len(names) < 8 {
		t.Fatal(names, err)
	}
	var sources []Source
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, Source{Name: name, Text: text})
	}
	if got := lines(Options{}, sources...); got != "" {
		t.Error(got)
	}
}

// TestTimeIsLinear: large and deep sources take no more time than their size asks for, and end.
func TestTimeIsLinear(t *testing.T) {
	t.Parallel()
	const size = 1 << 16
	for name, source := range map[string]string{
		"operators": "x = 1" + strings.Repeat(" + 1", size/4),
		"compare":   "x = 1" + strings.Repeat(" == 1", size/5),
		"calls":     "x" + strings.Repeat("{}", size/2),
		"indices":   "x = y" + strings.Repeat(".z", size/2),
		"blocks":    strings.Repeat("do ", 190) + "local x = 1 if x then local x = 2 end" + strings.Repeat(" end", 190),
		"locals":    strings.Repeat("do local x if x then local x = 1 end end ", size/40),
		"comments":  strings.Repeat("--x\n", size/4) + strings.Repeat("--silly: ignore arity\n", size/100),
		"long":      strings.Repeat("--[[\n]] ", size/8) + "x()",
		"guesses":   distinct("local abcdefgh%d = abcdefgi%d ", 150) + distinct("do local abcdefgh%d = abcdefgi%d end ", size/50),
		"globals":   strings.Repeat("x()", size/3),
		"names":     strings.Repeat("local function abcdefgh() end abcdefgi() do end ", 150),
	} {
		begin := time.Now()
		codes(source, Options{})
		if took := time.Since(begin); took > 30*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// distinct repeats a text with a number of its own each time.
func distinct(text string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, text, i, i)
	}
	return b.String()
}

// FuzzRun checks any text: places are in it, and there is no panic.
func FuzzRun(f *testing.F) {
	for source := range cases {
		f.Add(source)
	}
	for seed := range uint64(20) {
		f.Add(difftest.Program(seed, 5))
	}
	f.Fuzz(func(t *testing.T, source string) {
		last := strings.Count(source, "\n") + strings.Count(source, "\r") + 1
		for _, d := range Run([]Source{{Name: "x", Text: []byte(source)}}, Options{}) {
			if d.Line < 1 || d.Line > last || d.Column < 1 || d.Message == "" {
				t.Errorf("%+v in %q", d, source)
			}
		}
	})
}
