package difftest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// reference returns a Command for lua5.4, or skips the test.
func reference(t *testing.T) *Command {
	t.Helper()
	if _, err := exec.LookPath("lua5.4"); err != nil {
		t.Skip("lua5.4 is not installed")
	}
	return NewCommand("lua5.4")
}

// saboteur returns lua5.4 with code that runs before each program.
func saboteur(t *testing.T, code string) *Command {
	t.Helper()
	c := reference(t)
	file := filepath.Join(t.TempDir(), "sabotage.lua")
	if err := os.WriteFile(file, []byte(code+"\ndofile(arg[1])\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Line = append(c.Line, file)
	return c
}

// runBoth runs n programs twice, in batches, and calls check for each.
func runBoth(t *testing.T, seed uint64, n, size int, check func(seed uint64, source string, first, second Result)) {
	t.Helper()
	c := reference(t)
	const batch = 50
	for from := 0; from < n; from += batch {
		var sources []string
		for i := from; i < min(from+batch, n); i++ {
			sources = append(sources, Program(seed+uint64(i), size))
		}
		var first, second []Result
		var wait sync.WaitGroup
		wait.Go(func() { first = c.RunAll(sources) })
		wait.Go(func() { second = c.RunAll(sources) })
		wait.Wait()
		for i := range sources {
			check(seed+uint64(from+i), sources[i], first[i], second[i])
		}
	}
}

func TestProgramIsTheSameForASeed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for seed := range uint64(200) {
		a, b := Program(seed, 40), Program(seed, 40)
		if a != b {
			t.Fatalf("seed %d gives two programs", seed)
		}
		seen[a] = true
	}
	if len(seen) < 200 {
		t.Errorf("200 seeds give %d programs", len(seen))
	}
	if small := Program(1, 1); !strings.HasPrefix(small, prelude) {
		t.Errorf("the program does not begin with the prelude:\n%s", small)
	}
}

func TestProgramsRunTheSameTwice(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano()) % 1e9
	t.Log("seed", seed)
	runBoth(t, seed, 500, 60, func(seed uint64, source string, first, second Result) {
		switch {
		case first.Err != nil:
			t.Errorf("seed %d: %v", seed, first.Err)
		case ending(first.Output) == 2:
			t.Errorf("seed %d does not compile: %s", seed, first.Output)
		case !Same(first, second):
			t.Errorf("seed %d is different the second time:\n%s---\n%s", seed, first.Output, second.Output)
		}
	})
}

func TestSizesAndOptions(t *testing.T) {
	t.Parallel()
	c := reference(t)
	var sources []string
	for seed := range uint64(3) {
		for _, size := range []int{0, 1, 2, 5, 10, 200, 600} {
			sources = append(sources, Program(seed, size))
		}
		for _, name := range Productions() {
			sources = append(sources, Generate(Options{Seed: seed, Size: 12, Only: []string{name}}), Generate(Options{Seed: seed, Size: 12, Without: []string{name}}))
		}
	}
	for i, r := range c.RunAll(sources) {
		if r.Err != nil || ending(r.Output) == 2 {
			t.Errorf("%v\n%s\n%s", r.Err, r.Output, strings.TrimPrefix(sources[i], prelude))
		}
	}
	if err := (Options{Only: []string{"tower"}, Without: []string{"nonsense"}}).Check(); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("Check does not complain about the unknown production: %v", err)
	}
}

// features are what the programs have to contain.
var features = map[string]string{
	"const":                   `local \w+ <const>`,
	"close":                   `local \w+ <close>`,
	"multiple assignment":     `(?m)^\s*\w+, \w+ = \w+, \w+`,
	"overlapping assignment":  `\w+\[i\d+\], i\d+|i\d+, t\d+\[i\d+\]`,
	"integer for":             `for \w+ = -?\d+, -?\d+ do`,
	"float for":               `for \w+ = -?\d+\.\d+, `,
	"negative step":           `for \w+ = -?\d+, -?\d+, -\d+ do`,
	"for at maxinteger":       `for \w+ = math\.maxinteger`,
	"for at mininteger":       `for \w+ = math\.mininteger`,
	"ipairs":                  `in ipairs\(`,
	"pairs":                   `in pairs\(`,
	"next":                    `in next, `,
	"closure iterator":        `in function\(`,
	"coroutine iterator":      `in coroutine\.wrap\(`,
	"closing value of a loop": `in .*, closer\("t\d+"`,
	"while":                   `\bwhile\b`,
	"repeat":                  `\brepeat\b`,
	"until sees locals":       `until .*last\d+`,
	"break":                   `\bbreak\b`,
	"goto continue":           `goto continue`,
	"goto out of blocks":      `goto (done|out|skip)\d+`,
	"goto backwards":          `goto top\d+`,
	"elseif":                  `\belseif\b`,
	"closures in loops":       `fs\d+\[#fs\d+ \+ 1\] = function`,
	"kept closures":           `keep\(function`,
	"varargs":                 `select\('#', \.\.\.\)`,
	"pack and unpack":         `table\.pack\(`,
	"varargs in the middle":   `\(\.\.\.\), `,
	"tail call":               `return \w+\(n - 1`,
	"method call":             `\w:\w+\(`,
	"method definition":       `function \w+:\w+\(`,
	"__index function":        `__index = function`,
	"__index table":           `__index = \w+\d*[,}]`,
	"__newindex":              `__newindex = function`,
	"__call chain":            `__call = setmetatable`,
	"__tostring":              `__tostring`,
	"__name":                  `__name`,
	"__metatable":             `__metatable`,
	"__pairs":                 `__pairs`,
	"__concat":                `__concat`,
	"__len":                   `__len`,
	"__eq":                    `__eq`,
	"__lt":                    `__lt`,
	"__le":                    `__le`,
	"__idiv":                  `__idiv`,
	"__band":                  `__band`,
	"__shl":                   `__shl`,
	"__bnot":                  `__bnot`,
	"__unm":                   `__unm`,
	"__close":                 `__close`,
	"coroutine.create":        `coroutine\.create\(function`,
	"coroutine.wrap":          `coroutine\.wrap\(function`,
	"coroutine.yield":         `coroutine\.yield\(`,
	"yield across pcall":      `pcall\(function\(\) return coroutine\.yield`,
	"coroutine.close":         `coroutine\.close\(`,
	"coroutine.status":        `coroutine\.status\(`,
	"coroutine.isyieldable":   `coroutine\.isyieldable\(`,
	"coroutine.running":       `coroutine\.running\(`,
	"pcall":                   `\bpcall\(`,
	"xpcall":                  `\bxpcall\(`,
	"error objects":           `error\(\{`,
	"error nil":               `error\((nil)?\)`,
	"error levels":            `error\(.*, 2\)`,
	"assert":                  `assert\(`,
	"string coercion":         `'10'`,
	"integer division":        ` // `,
	"shifts":                  ` << -?\d`,
	"long strings":            `\[=*\[`,
	"escapes":                 `\\u\{`,
	"string.format":           `string\.format`,
	"find":                    `string\.find`,
	"match":                   `string\.match`,
	"gmatch":                  `gmatch`,
	"gsub":                    `string\.gsub`,
	"balance pattern":         `%b`,
	"frontier pattern":        `%f\[`,
	"string.pack":             `string\.pack`,
	"string.unpack":           `string\.unpack`,
	"string.packsize":         `string\.packsize`,
	"utf8":                    `utf8\.`,
	"table.insert":            `table\.insert`,
	"table.remove":            `table\.remove`,
	"table.concat":            `table\.concat`,
	"table.sort":              `table\.sort`,
	"table.move":              `table\.move`,
	"load":                    `load\(`,
	"load with a mode":        `load, 'return 1', .*'b'`,
	"load from a function":    `load\(function`,
	"syntax errors":           `show\(load\(\[`,
	"rawget":                  `rawget`,
	"rawset":                  `rawset`,
	"rawequal":                `rawequal`,
	"rawlen":                  `rawlen`,
	"local _ENV":              `local _ENV =`,
	"_ENV parameter":          `function\(_ENV`,
	"large constructor":       `\{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12`,
	"call as the last item":   `, table\.unpack\(\w+\)\}`,
	"numeric strings as keys": `\['1'\] =`,
	"float keys":              `\[1\.0\] =|\[2\^53\] =`,
	"math.ult":                `math\.ult`,
	"math.tointeger":          `math\.tointeger`,
	"nan":                     `0/0`,
	"negative zero":           `-0\.0`,
	"deep blocks":             `(?m)^ {16}\S`,
	"stack overflow":          `e:find\('stack overflow'\)`,
	"traceback":               `debug\.traceback`,
}

// outcomes are what the programs have to print.
var outcomes = []string{
	`attempt to index a nil value (local '`, `attempt to index a nil value (field '`, `attempt to index a nil value (global '`, `attempt to index a nil value (upvalue '`, `attempt to index a number value`,
	`attempt to call a nil value (field '`, `attempt to call a nil value (method '`, `attempt to call a nil value (global '`, `attempt to call a table value`, `attempt to perform arithmetic on a nil value (`,
	`attempt to perform arithmetic on a table value`, `attempt to perform bitwise operation on a`, `attempt to concatenate a nil value`, `attempt to compare two table values`, `attempt to compare number with nil`,
	`attempt to get length of a`, `number has no integer representation`, `attempt to divide by zero`, `attempt to perform 'n%0'`, `'for' step is zero`, `bad 'for' initial value (number expected`, `bad 'for' limit (number expected`,
	`bad argument #1 to '`, `got no value`, `table index is nil`, `table index is NaN`, `got a non-closable value`, `cannot resume dead coroutine`, `attempt to yield from outside a coroutine`, `cannot close a running coroutine`,
	`attempt to load a text chunk (mode is 'b')`, `unexpected symbol near`, `'end' expected`, `unfinished string`, `malformed number near`, `attempt to assign to const variable`, `no visible label`, `break outside loop`, `already defined`,
	`jumps into the scope of local`, `malformed pattern`, `invalid capture index`, `invalid format option`, `invalid conversion`, `stack traceback:`, `cannot change a protected metatable`, `metamethod 'close'`, `in close`, `asserted`,
	`too many results to unpack`, `position out of bounds`, `invalid value (table) at index`, `value out of range`, `attempt to call a number value`, `'__index' chain too long`,
}

func TestProgramsCoverTheLanguage(t *testing.T) {
	t.Parallel()
	var programs, outputs strings.Builder
	c := reference(t)
	for from := range uint64(20) {
		var sources []string
		for i := range uint64(50) {
			sources = append(sources, Program(1000+50*from+i, 60))
		}
		for i, r := range c.RunAll(sources) {
			if from < 6 {
				programs.WriteString(strings.TrimPrefix(sources[i], prelude))
			}
			outputs.WriteString(r.Output)
		}
	}
	for name, pattern := range features {
		if !regexp.MustCompile(pattern).MatchString(programs.String()) {
			t.Errorf("300 programs without %s (%s)", name, pattern)
		}
	}
	for _, s := range outcomes {
		if n := strings.Count(outputs.String(), s); n == 0 {
			t.Errorf("1000 programs do not print %q", s)
		}
	}
}

func TestEveryProductionIsUsed(t *testing.T) {
	t.Parallel()
	used := map[string]int{}
	for seed := range uint64(300) {
		g := newGenerator(Options{Seed: seed})
		g.program(60)
		for name, n := range g.used {
			used[name] += n
		}
	}
	for _, name := range Productions() {
		if used[name] < 20 {
			t.Errorf("%q is used %d times in 300 programs", name, used[name])
		}
	}
}

func TestTreePrintsTheProgramThatItWasMadeOf(t *testing.T) {
	t.Parallel()
	c := reference(t)
	var sources, printed []string
	for seed := range uint64(100) {
		// Positions are other ones in the printed program.
		source := Generate(Options{Seed: seed, Size: 60, Without: []string{"debug", "mutated source"}})
		tree, err := parse(source)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		sources, printed = append(sources, source), append(printed, tree.String())
	}
	a, b := c.RunAll(sources), c.RunAll(printed)
	for i := range a {
		if x, y := WithoutMessages(Normalize(a[i].Output)), WithoutMessages(Normalize(b[i].Output)); x != y {
			t.Errorf("seed %d:\n%s---\n%s", i, x, y)
		}
	}
}

func TestReduceFindsAPlantedDifference(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{
		"math.floor": "local f = math.floor math.floor = function(...) return f(...) + 0.0 end",
		"close":      "local s = setmetatable function setmetatable(t, m) if m and m.__close then m.__close = function() end end return s(t, m) end",
		"pcall":      "local p = pcall function pcall(f, ...) local r = table.pack(p(f, ...)) if r[1] == false then r[2] = 'failed' end return table.unpack(r, 1, r.n) end",
		"sub":        "local s = string.sub function string.sub(x, i, j) if i == 2 then i = 3 end return s(x, i, j) end",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var found []Difference
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			s := &Search{Reference: reference(t), Engine: saboteur(t, code), Program: Options{Seed: 7, Size: 60}, Count: 400, Batch: 20, Parallel: 1, Reduce: true}
			s.Found = func(d Difference) {
				found = append(found, d)
				stop()
			}
			stats := s.Run(ctx)
			if len(found) == 0 {
				t.Fatalf("no difference: %+v", stats)
			}
			d := found[0]
			if n := strings.Count(d.Source, "\n"); n > 25 {
				t.Errorf("seed %d is reduced to %d lines only:\n%s", d.Seed, n, d.Source)
			}
			if Same(d.Reference, d.Engine) {
				t.Errorf("the reduced program prints the same:\n%s", d.Source)
			}
			if n := strings.Count(d.Full, "\n"); n < 200 {
				t.Errorf("the whole program has %d lines", n)
			}
		})
	}
}

func TestSearchFindsNothingBetweenEqualEngines(t *testing.T) {
	t.Parallel()
	last := Stats{}
	s := &Search{Reference: reference(t), Engine: reference(t), Program: Options{Seed: 99, Size: 30}, Count: 45, Batch: 10, Parallel: 2, Reduce: true}
	s.Progress = func(stats Stats) { last = stats }
	s.Found = func(d Difference) { t.Errorf("difference:\n%s", d.Source) }
	if stats := s.Run(t.Context()); stats.Run != 45 || stats.Different != 0 || stats != last {
		t.Errorf("%+v, the last progress was %+v", stats, last)
	}
}

func TestReduceKeepsWhatIsInteresting(t *testing.T) {
	t.Parallel()
	source := `local a, b <const>, c = 1, 2, f(3)
for i = 1, 10 do
  if i > 5 then local function g(x, ...) return {x, ["k"] = needle(i, "y"), ...} end end
  while x do x = x - 1 end
end
goto done
::done::
return a .. b, -c ^ 2, not (a == b)
`
	got := Reduce(source, func(s string) bool { return strings.Contains(s, "needle") })
	if strings.TrimSpace(got) != "needle()" && len(got) > 30 {
		t.Errorf("reduced to %q", got)
	}
	if got := Reduce(source, func(string) bool { return false }); got != source {
		t.Errorf("changed a program that is not interesting to %q", got)
	}
	broken := "x = = 1\ny = 2\nz = (\nneedle\n"
	if got := Reduce(broken, func(s string) bool { return strings.Contains(s, "needle") }); strings.TrimSpace(got) != "needle" {
		t.Errorf("reduced to %q", got)
	}
}

func TestCommandTellsHowAProgramEnded(t *testing.T) {
	t.Parallel()
	c := reference(t)
	for source, want := range map[string]string{
		"print(1, nil, 'x\\ny')":              "1\tnil\tx\ny\n",
		"print('a') error('b')":               "a\nerror: p.lua:1: b\n",
		"error({})":                           "error: error object: table\n",
		"error()":                             "error: error object: nil\n",
		"x = = 1":                             "load: p.lua:1: unexpected symbol near '='\n",
		"print('#end 0') print('#begin 0')":   "#end 0\n#begin 0\n",
		"\n\nlocal x = ']]' .. ']=]' x.y.z()": "error: p.lua:3: attempt to index a nil value (field 'y')\n",
	} {
		if got, err := c.Run(source); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", source, got, err, want)
		}
	}
	if _, err := c.Run("os.exit(3)"); !errors.Is(err, ErrCrash) {
		t.Errorf("a program that exits: %v", err)
	}
	if out, err := c.Run("while true do print(('x'):rep(1e6)) end"); err != nil || ending(out) != 1 {
		t.Errorf("a program that prints without end: %v", err)
	}
	c.TimeLimit = 200 * time.Millisecond
	if _, err := c.Run("while true do end"); !errors.Is(err, ErrTimeout) {
		t.Errorf("a program without end: %v", err)
	}
}

func TestProgramsOfABatchDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	c := reference(t)
	c.TimeLimit = 2 * time.Second
	results := c.RunAll([]string{
		"x = 1 string.rep = nil getmetatable('').__index = nil print = nil setmetatable(_G, {__index = function() return 5 end})",
		"print(x, ('a'):rep(3), y)",
		"os.exit(1)",
		"print('after exit')",
		"while true do end",
		"table.insert = 5 print('after loop')",
		"print(type(table.insert))",
	})
	want := []string{"\n", "nil\taaa\tnil\n", "", "after exit\n", "", "after loop\n", "function\n"}
	for i, r := range results {
		if r.Output != want[i] || (r.Err != nil) != (want[i] == "") {
			t.Errorf("program %d: %q, %v, want %q", i, r.Output, r.Err, want[i])
		}
	}
}

func TestCommandCanRunProgramsInACoroutine(t *testing.T) {
	t.Parallel()
	c := reference(t)
	c.InCoroutine = true
	if out, err := c.Run("print(coroutine.isyieldable()) coroutine.yield() print('again') error('end')"); err != nil || out != "true\nagain\nerror: p.lua:1: end\n" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestNormalizeRemovesWhatDependsOnTheMachine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"table: 0x55d0c8a3f2a0":                                  "table: 0x?",
		"x=" + strings.Repeat(" ", 80) + "table: 0x55d0c8a3f2a0": "x=table: 0x?",
		"function: builtin: 0xc00012345":                         "function: 0x?",
		"-nan nan 0x1F":                                          "nan nan 0x1F",
		"/tmp/a/" + scriptName + ":12: x":                        "driver:0: x",
	} {
		if got := Normalize(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	if got := WithoutMessages(`false "p.lua:3: attempt to x (local 'y')" 5`); got != `false "error message" 5` {
		t.Errorf("%q", got)
	}
}
