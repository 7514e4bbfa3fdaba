package syntax

import (
	"errors"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// snippets are valid sources that are easy to print wrongly.
var snippets = []string{
	"", ";", ";;;", "return", "return;", "return nil, 1, ...", "#!shebang", "#!shebang\nreturn 1", "-- comment",
	"x = - - 1", "x = -(-1)", "x = - -- comment\n - 1", "x = -~-#not - -a", "x = not not a", "x = - not a", "x = ~ ~a ~ ~ ~b",
	"x = 1 .. 2", "x = 1. .. .5", "x = 0x.8p1 .. 5.", "x = a.b.c[1][ [[k]] ]", "x = a[ [[k]] .. b][ [=[c]=] .. f()] ",
	"x = {[ [[k]] ] = [[v]], [1] = 2; a = 3, 4, {}, {{}},}", "x = {\na = 1,\n\tf\n}", "x = {f(\n1)}", "x = {function() return end, function()\nlocal a\nend}",
	"f{}", "f'a'", "f[[a]]", "f\"a\"", "f('a')", "f({})", "f(('a'))", "f{}{}'a'[[b]]()", "a:b{}:c'd':e()", "('x'):rep(3)", "({}).x = 1", "(f())()",
	"a.b.c, d[1], e().f = 1, 2, 3", "a = (f())", "a = ((f()))", "a = (...)", "return (f(...))", "return (...)",
	"f();(g)()", "a = b;(c)()", "local a;(b)()", "local a = 1 (b).c = 2", "a = nil (b)()", "a = function() end (b)()", "a = {} (b)()", "repeat until x;(a)()",
	"repeat until nil (a)()", "do end (a)()", "goto x (a)() ::x:: (b)()", "a = -b;(c)()", "a = 1 + 2 (c)()", "local a <const>;(b)()", "local a <const> (b)()",
	"local a <const>, b <close>, c = 1", "local function f(...) end", "local function f(a, b, ...) return ... end", "function f() end", "function a.b.c(self) end",
	"function a.b:c(x) return self, x end", "function a:b() end", "x = function(...) return function() end end",
	"if a then end", "if a then else end", "if a then b() else end", "if a then elseif b then c() else if d then end end", "if a then if b then end else end",
	"for i = 1, 2 do end", "for i = 1, 2, 3 do f(i) end", "for k in next, t do end", "for a, b, c in f() do break end", "while true do break end",
	"repeat local x until x", "do do do end end end", "goto a; ::a::; ::b::", "::a:: goto a", "do return end", "do return 1; end",
	"return a + (b + c), (a + b) + c, a .. (b .. c), (a .. b) .. c, (a ^ b) ^ c, a ^ (b ^ c), (-a) ^ b, -a ^ b, a ^ -b ^ c, (a ^ -b) ^ c",
	"return not (a == b), not a == b, (a and b) or c, a and (b or c), a < (b < c), a - (b - c), a >> b << c, a >> (b << c), -(a + b), #(a .. b)",
	"return 0xFF, 0x1p4, 1e10, 3.0, .5, 5., 9223372036854775808, 0xffffffffffffffff, 1E+5",
	"return 'a\\\nb', \"\\z  \n x\\u{48}\\065\", [==[\n\r\n]]]==], '\\'', [[a\r\nb]]",
	"x = 'caf\u00e9' -- caf\u00e9", "return function() end, {}, nil, true, false", "\uFEFFx = 1", "a\r\n=\n\r1\r\r", "f(a)\n.b\n.c\n(d)\n'e'",
}

var posType = reflect.TypeFor[Pos]()

// difference returns where two trees differ, or nothing. Positions do not count. If loose is set, neither do texts of
// literals and parentheses.
func difference(a, b reflect.Value, path string, loose bool) string {
	if loose {
		for a.Kind() == reflect.Interface || a.Kind() == reflect.Pointer && a.Type() == reflect.TypeFor[*Paren]() {
			if a = a.Elem(); a.IsValid() && a.Type() == reflect.TypeFor[Paren]() {
				a = a.FieldByName("X")
			}
		}
		for b.Kind() == reflect.Interface || b.Kind() == reflect.Pointer && b.Type() == reflect.TypeFor[*Paren]() {
			if b = b.Elem(); b.IsValid() && b.Type() == reflect.TypeFor[Paren]() {
				b = b.FieldByName("X")
			}
		}
	}
	if a.IsValid() != b.IsValid() || a.IsValid() && a.Type() != b.Type() {
		return path
	}
	if !a.IsValid() || a.Type() == posType {
		return ""
	}
	switch a.Kind() {
	case reflect.Interface, reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			if a.IsNil() != b.IsNil() {
				return path
			}
			return ""
		}
		return difference(a.Elem(), b.Elem(), path, loose)
	case reflect.Slice:
		if a.Len() != b.Len() {
			return path
		}
		for i := range a.Len() {
			if d := difference(a.Index(i), b.Index(i), path+"[]", loose); d != "" {
				return d
			}
		}
	case reflect.Struct:
		literal := a.Type() != reflect.TypeFor[Name]()
		for i := range a.NumField() {
			name := a.Type().Field(i).Name
			if !a.Type().Field(i).IsExported() || name == "Comments" || loose && literal && name == "Text" {
				continue
			}
			if d := difference(a.Field(i), b.Field(i), path+"."+name, loose); d != "" {
				return d
			}
		}
	case reflect.Float64:
		if math.Float64bits(a.Float()) != math.Float64bits(b.Float()) {
			return path
		}
	default:
		if !a.Equal(b) {
			return path
		}
	}
	return ""
}

func printed(t testing.TB, chunk *Chunk) string {
	t.Helper()
	var b strings.Builder
	if err := Print(&b, chunk); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// checkRoundTrip prints and parses chunk, and compares. Printing again must change nothing.
func checkRoundTrip(t testing.TB, chunk *Chunk) {
	t.Helper()
	text := printed(t, chunk)
	again, err := Parse([]byte(text), chunk.Name, Options{File: true})
	if err != nil {
		t.Errorf("%v in\n%s", err, text)
		return
	}
	if d := difference(reflect.ValueOf(chunk), reflect.ValueOf(again), "chunk", false); d != "" {
		t.Errorf("%s differs in\n%s", d, text)
	}
	if second := printed(t, again); second != text {
		t.Errorf("printed once:\n%s\nprinted twice:\n%s", text, second)
	}
}

func TestPrintedSnippetsParseToTheSameTree(t *testing.T) {
	t.Parallel()
	for _, source := range snippets {
		checkRoundTrip(t, mustParse(t, source))
	}
}

func TestPrintedScriptsOfTheRepositoryParseToTheSameTree(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..")
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	count := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".lua" {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		count++
		chunk, err := Parse(source, path, Options{Comments: true, File: true})
		if err != nil {
			t.Error(err)
			return nil
		}
		checkRoundTrip(t, chunk)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count == 0 {
		t.Error("no scripts found")
	}
}

func TestPrintLaysOut(t *testing.T) {
	t.Parallel()
	const source = `#!/usr/bin/silly
local a<const>,b=1,{x=1;2,[3]=4} -- comment
function a.b:c(...) if a then return elseif b then f"x" else repeat g{
	1;h=2} until x end end;
;for i=1,2 do while a do end end (f)() function f()end`
	const want = `#!/usr/bin/silly
local a <const>, b = 1, {x = 1, 2, [3] = 4}
function a.b:c(...)
	if a then
		return
	elseif b then
		f "x"
	else
		repeat
			g {
				1,
				h = 2,
			}
		until x
	end
end;;
for i = 1, 2 do
	while a do end
end
(f)()
function f() end
`
	if got := printed(t, mustParse(t, source)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A maker makes trees as a program might, without positions, texts and parentheses.
type maker struct{ *rand.Rand }

func (m maker) name() string { return string(rune('a' + m.IntN(5))) }

func (m maker) exprs(depth int) []Expr {
	list := make([]Expr, 1+m.IntN(2))
	for i := range list {
		list[i] = m.expr(depth)
	}
	return list
}

func (m maker) expr(depth int) Expr {
	if depth <= 0 {
		switch m.IntN(6) {
		case 0:
			return &Integer{Value: int64(m.Uint64())}
		case 1:
			return &Float{Value: math.Abs(m.NormFloat64()) * 100}
		case 2:
			return &String{Value: string([]byte{byte(m.IntN(256)), byte(m.IntN(256)), '1'})}
		case 3:
			return &Vararg{}
		}
		return &NameExpr{Name: m.name()}
	}
	depth--
	switch m.IntN(12) {
	case 0:
		return &Index{X: m.expr(depth), Key: m.expr(depth)}
	case 1:
		return &Index{X: m.expr(depth), Key: &String{Value: m.name()}, Dot: true}
	case 2:
		return &Call{Func: m.expr(depth), Args: m.exprs(depth)}
	case 3:
		return &Call{Func: m.expr(depth), Method: &Name{Text: m.name()}}
	case 4:
		return &Table{Fields: []Field{{Value: m.expr(depth)}, {Key: m.expr(depth), Value: m.expr(depth)}}}
	case 5, 6, 7:
		return &Unary{Op: OpNeg + Op(m.IntN(4)), X: m.expr(depth)}
	}
	return &Binary{Op: Op(m.IntN(int(OpOr) + 1)), X: m.expr(depth), Y: m.expr(depth)}
}

func (m maker) stmt(depth int) Stmt {
	switch m.IntN(6) {
	case 0:
		return &Local{Names: []*Name{{Text: m.name()}}, Attribs: []*Name{nil}, Values: m.exprs(depth)}
	case 1:
		return &Repeat{Body: &Block{}, Cond: m.expr(depth)}
	case 2:
		return &Assign{Targets: []Expr{&Index{X: m.expr(depth), Key: m.expr(depth)}}, Values: m.exprs(depth)}
	case 3:
		return &Do{Body: &Block{Stmts: []Stmt{&Break{}}}}
	}
	return &CallStmt{Call: &Call{Func: m.expr(depth), Args: m.exprs(depth)}}
}

// TestMadeTreesPrintWithTheirMeaning prints trees that no source had.
func TestMadeTreesPrintWithTheirMeaning(t *testing.T) {
	t.Parallel()
	m := maker{rand.New(rand.NewPCG(7, 8))}
	for range 5000 {
		block := &Block{}
		for range 3 {
			block.Stmts = append(block.Stmts, m.stmt(m.IntN(5)))
		}
		chunk := &Chunk{Name: "x", Main: &Function{Vararg: true, Body: block}}
		text := printed(t, chunk)
		again, err := Parse([]byte(text), "x", Options{})
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		// Semicolons against ambiguity are statements of the new tree.
		stmts := again.Main.Body.Stmts[:0]
		for _, s := range again.Main.Body.Stmts {
			if !isEmpty(s) {
				stmts = append(stmts, s)
			}
		}
		again.Main.Body.Stmts = stmts
		if d := difference(reflect.ValueOf(chunk), reflect.ValueOf(again), "chunk", true); d != "" {
			t.Fatalf("%s differs in\n%s", d, text)
		}
	}
}

func TestMadeFloatsPrintWithTheirValue(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]float64{
		"return 1.0\n": 1, "return 1e+100\n": 1e100, "return 1e999\n": math.Inf(1), "return (-1e999)\n": math.Inf(-1),
		"return (-0.0)\n": math.Copysign(0, -1), "return (-2.5)\n": -2.5, "return (0 / 0)\n": math.NaN(),
	} {
		ret := &Return{Values: []Expr{&Float{Value: f}}}
		chunk := &Chunk{Main: &Function{Vararg: true, Body: &Block{Stmts: []Stmt{ret}}}}
		if got := printed(t, chunk); got != want {
			t.Errorf("%v: %q, want %q", f, got, want)
		}
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestPrintReportsErrorsOfTheWriter(t *testing.T) {
	t.Parallel()
	want := errors.New("full")
	if err := Print(failingWriter{want}, mustParse(t, strings.Repeat("x = 1\n", 10000))); !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, source := range snippets {
		f.Add(source)
	}
	for _, test := range errorTexts {
		f.Add(test.source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		for _, file := range []bool{false, true} {
			chunk, err := Parse([]byte(source), "x", Options{Comments: true, File: file})
			if err == nil {
				checkRoundTrip(t, chunk)
				checkFailure(t, chunk)
				continue
			}
			var e *Error
			if !errors.As(err, &e) || chunk != nil {
				t.Fatalf("%v with %v", err, chunk)
			}
			if e.Pos.Line < 1 || e.Pos.Col < 1 || e.Message == "" {
				t.Errorf("%+v", e)
			}
		}
	})
}

// checkFailure has errors about every statement.
func checkFailure(t *testing.T, chunk *Chunk) {
	t.Helper()
	for _, s := range chunk.Main.Body.Stmts {
		for behind := 1; behind < 4; behind++ {
			e := chunk.Failure("message", s.Start(), behind)
			if e.Pos.Line < s.Start().Line || e.Pos.Line > chunk.Main.End.Line || e.Name != chunk.Name {
				t.Errorf("%d tokens behind %v: %v", behind, s.Start(), e)
			}
		}
	}
}
