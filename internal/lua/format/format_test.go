package format_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"silly/internal/lua/code"
	"silly/internal/lua/compile"
	"silly/internal/lua/difftest"
	"silly/internal/lua/format"
	"silly/internal/lua/syntax"
	"silly/internal/markdown"
)

var (
	posType   = reflect.TypeFor[syntax.Pos]()
	emptyType = reflect.TypeFor[*syntax.Empty]()
	textType  = reflect.TypeFor[syntax.String]()
)

// difference returns where two trees differ, or nothing. Positions, quotes and empty statements do not count.
func difference(a, b reflect.Value, path string) string {
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
		return difference(a.Elem(), b.Elem(), path)
	case reflect.Slice:
		x, y := withoutEmpty(a), withoutEmpty(b)
		if len(x) != len(y) {
			return path
		}
		for i := range x {
			if d := difference(x[i], y[i], path+"[]"); d != "" {
				return d
			}
		}
	case reflect.Struct:
		for i := range a.NumField() {
			field := a.Type().Field(i)
			if !field.IsExported() || field.Name == "Comments" || a.Type() == textType && field.Name == "Text" {
				continue
			}
			if d := difference(a.Field(i), b.Field(i), path+"."+field.Name); d != "" {
				return d
			}
		}
	default:
		if !a.Equal(b) && a.Kind() != reflect.Float64 {
			return path
		}
	}
	return ""
}

func withoutEmpty(list reflect.Value) (rest []reflect.Value) {
	for i := range list.Len() {
		if v := list.Index(i); v.Kind() != reflect.Interface || v.Elem().Type() != emptyType {
			rest = append(rest, v)
		}
	}
	return rest
}

var longComment = regexp.MustCompile(`^--\[=*\[`)

// comments are the comments of a source, but for white space at the ends of their lines.
func comments(c *syntax.Chunk) string {
	var b strings.Builder
	for _, comment := range c.Comments {
		text := comment.Text
		if !longComment.MatchString(text) {
			text = strings.TrimRight(text, " \t\v\f")
		}
		b.WriteString(text + "\n")
	}
	return b.String()
}

// bytecode writes what a function compiles to without its lines.
func bytecode(b *strings.Builder, p *code.Proto) {
	fmt.Fprintln(b, p.NumParams, p.MaxStack, p.Code, p.Upvals)
	for _, k := range p.Consts {
		if k.IsString() {
			fmt.Fprintf(b, "%q;", k.Str())
			continue
		}
		fmt.Fprintf(b, "%s %x;", k.TypeName(), k.N)
	}
	for _, child := range p.Protos {
		bytecode(b, child)
	}
}

// check formats a source that parses, and returns the result. It must be the same program with the same comments, and
// formatting it again must change nothing.
func check(t testing.TB, name string, source []byte) string {
	t.Helper()
	options := syntax.Options{Comments: true, File: true}
	before, err := syntax.Parse(source, name, options)
	if err != nil {
		var want *syntax.Error
		if _, got := format.Source(source, name); !errors.As(got, &want) {
			t.Errorf("%s: got the error %v, want %v", name, got, err)
		}
		return ""
	}
	text, err := format.Source(source, name)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return ""
	}
	after, err := syntax.Parse(text, name, options)
	if err != nil {
		t.Errorf("%s: the result does not parse: %v\nsource:\n%s\nresult:\n%s", name, err, source, text)
		return ""
	}
	if d := difference(reflect.ValueOf(before.Main), reflect.ValueOf(after.Main), "chunk"); d != "" {
		t.Errorf("%s: %s differs\nsource:\n%s\nresult:\n%s", name, d, source, text)
	}
	if got, want := comments(after), comments(before); got != want || before.Shebang != after.Shebang {
		t.Errorf("%s: comments %q, want %q\nsource:\n%s\nresult:\n%s", name, got, want, source, text)
	}
	if again, err := format.Source(text, name); err != nil || string(again) != string(text) {
		t.Errorf("%s: formatted again it changes: %v\n%s", name, err, firstDifference(string(text), string(again)))
	}
	for i, line := range strings.Split(string(text), "\n") {
		if strings.TrimRight(line, " \t") != line && !strings.Contains(string(text), "[[") && !strings.Contains(string(text), "[=") &&
			!strings.ContainsAny(string(text), "\\\r") && i > 0 {
			t.Errorf("%s:%d: white space at the end of the line %q", name, i+1, line)
		}
	}
	return string(text)
}

// firstDifference shows two texts from the first line on in which they differ.
func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for len(x) > 1 && len(y) > 1 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	return fmt.Sprintf("once:\n%s\ntwice:\n%s", strings.Join(x[:min(12, len(x))], "\n"), strings.Join(y[:min(12, len(y))], "\n"))
}

// checkCode also compares what both compile to.
func checkCode(t testing.TB, name string, source []byte) {
	t.Helper()
	text := check(t, name, source)
	before, err := compile.Source(source, name, "@"+name, syntax.Options{File: true})
	if err != nil {
		return
	}
	after, err := compile.Source([]byte(text), name, "@"+name, syntax.Options{File: true})
	if err != nil {
		t.Errorf("%s: the result does not compile: %v", name, err)
		return
	}
	var want, got strings.Builder
	bytecode(&want, before)
	bytecode(&got, after)
	if want.String() != got.String() {
		t.Errorf("%s: the result compiles to other code\n%s", name, text)
	}
}

const root = "../../.."

// files are the files below a folder of the repository with such an extension.
func files(t testing.TB, folder, extension string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == extension {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestScriptsOfTheRepositoryKeepTheirMeaning(t *testing.T) {
	t.Parallel()
	names := files(t, ".", ".lua")
	if len(names) < 100 {
		t.Fatalf("only %d scripts found", len(names))
	}
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		checkCode(t, name, source)
	}
}

// luaBlocks calls f with each block of Lua of the Markdown files below a folder.
func luaBlocks(t testing.TB, folder string, f func(name string, source []byte)) (count int) {
	for _, name := range files(t, folder, ".md") {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		blocks, _ := markdown.Parse(page)
		for _, b := range blocks {
			if !strings.HasPrefix(b.Info, "lua") {
				continue
			}
			var source strings.Builder
			for _, line := range b.Lines {
				source.WriteString(line.Text + "\n")
			}
			count++
			f(fmt.Sprintf("%s:%d", name, b.Line), []byte(source.String()))
		}
	}
	return count
}

func TestBlocksOfThePagesKeepTheirMeaning(t *testing.T) {
	t.Parallel()
	block := func(name string, source []byte) { checkCode(t, name, source) }
	if n := luaBlocks(t, "docs", block); n < 80 {
		t.Errorf("only %d blocks found", n)
	}
	if shared := "../shared/docs"; exists(filepath.Join(root, shared)) {
		luaBlocks(t, shared, block)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestGeneratedProgramsKeepTheirMeaning(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		checkCode(t, fmt.Sprintf("program %d", seed), []byte(difftest.Program(seed, 60)))
	}
}

// gaps are what may stand between two tokens.
var gaps = []string{
	" ", " ", " ", " ", " ", "\n", "\n\n\n", "\t", "\r\n", " --[[c]] ", " --[[a\n  b]]\n", " -- c\n", "\n-- c\n\n", "\n--[==[c]==]",
}

// scramble writes the tokens of a source with other gaps between. Most are spaces if calm is set.
func scramble(t testing.TB, source []byte, random *rand.Rand, calm bool) []byte {
	t.Helper()
	header, tokens, err := syntax.Scan(source, "x")
	if err != nil {
		t.Fatal(err)
	}
	b := bytes.NewBufferString(header)
	if header != "" {
		b.WriteByte('\n')
	}
	for _, token := range tokens {
		b.WriteString(token.Text)
		gap := gaps[random.IntN(len(gaps))]
		if calm && random.IntN(20) > 0 {
			gap = " "
		}
		b.WriteString(gap)
	}
	return b.Bytes()
}

func TestAnyLayoutKeepsItsMeaning(t *testing.T) {
	t.Parallel()
	names := append(files(t, "testdata/lua54", ".lua"), files(t, "scripts", ".lua")...)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		source := []byte(difftest.Program(uint64(i), 3))
		if i < len(names) {
			var err error
			if source, err = os.ReadFile(names[i]); err != nil {
				t.Fatal(err)
			}
		}
		check(t, fmt.Sprintf("layout %d", i), scramble(t, source, random, i%2 == 0))
	}
}

// snippets are easy to lay out wrongly.
var snippets = []string{
	"", ";", ";;;", "\n\n", "return", "return;", "return nil, 1, ...", "#!shebang", "#!shebang\nreturn 1", "#!shebang \n\n\n--x\nreturn 1", "-- comment",
	"x = - - 1", "x = -(-1)", "x = - -- comment\n - 1", "x = - --[[c]] 1", "x = -~-#not - -a", "x = not not a", "x = ~ ~a ~ ~ ~b",
	"x = 1 .. 2", "x = 1. .. .5", "x = a.b.c[1][ [[k]] ]", "x = a[ [[k]] .. b][ [=[c]=] .. f()] ", "x = a[--[[c]] [[k]] ]",
	"x = {[ [[k]] ] = [[v]], [1] = 2; a = 3, 4, {}, {{}},}", "x = {\na = 1,\n\tf\n}", "x = {f(\n1)}", "x = {function() return end, function()\nlocal a\nend}",
	"f{}", "f'a'", "f[[a]]", "f{}{}'a'[[b]]()", "a:b{}:c'd':e()", "('x'):rep(3)", "({}).x = 1", "(f())()", "a = (f())", "return (...)", "return (2^-3)^-x^2",
	"f();(g)()", "f();;(g)();", "a = b;(c)()", "local a;(b)()", "local a = 1; (b).c = 2", "a = nil (b)()", "a = function() end (b)()", "a = {} (b)()",
	"repeat until x;(a)()", "repeat until nil (a)()", "do end (a)()", "goto x (a)() ::x:: (b)()", "if a then ;(b)() end", "f() --c\n;(g)()", "f(); --[[c]] (g)()",
	"f\n(g)\n(h)", "a = b -- c\n(d)()", "local a <const>, b <close>, c = 1", "local a<const>;(b)()", "function a.b:c(x, ...) return self, x end",
	"if a then else end", "if a then b() else end", "if a then elseif b then c() else if d then end end", "if a then -- c\nelse -- d\nend", "if a\nthen b() end",
	"for i = 1, 2, 3 do f(i) end", "for a, b,\nc in f(),\ng() do break end", "repeat local x until x", "while true do break end", "::a:: goto a", "do return 1; end",
	"x = 'it\\'s'", "x = 'a\"b'", "x = 'a\\\nb', \"\\z  \n x\\u{48}\\065\"", "x = [==[\n\r\n]]]==]", "x = [[a]] --[[b\n  c]] y = 1", "--[==[ a\n]==] x = 1", "--[==x\nx = 1",
	"f( -- a\n)", "f(--[[a]])", "f(a, -- b\nc -- d\n)", "f(a --[[b]], c)", "x = { -- a\n1 -- b\n, 2 -- c\n; -- d\n}", "x = {1 --[[a]], --[[b]] }", "x = {--[[a]]}",
	"x = a -- b\n+ -- c\nd", "x = a + -- c\n-- d\n\n\nd", "x = -- a\n{}", "x =\n{}", "x =\n1", "local x, -- a\ny = 1", "a -- b\n.c -- d\n:e()", "a\n.b\n.c()", "return -- a\n1",
	"f(function() end, function() a() end)", "f(function() a() b() end)", "x = (a\nor b)", "x = (\na or\nb)", "x = (a -- b\n)", "(\na\n)()", "a[ -- b\n1] = 2",
	"\uFEFFx = 1", "\uFEFF", "\uFEFF#!x\nx = 1", "\uFEFF-- x", "a\r\n=\n\r1\r\r", "-- a \r\n-- b\r", "a();\n-- b\n\n\n\n;b()", "do\n\n-- a\n\nb()\n\n-- c\n\nend",
	"x = {" + strings.Repeat("1, ", 60) + "}", "f(" + strings.Repeat("a, ", 60) + "b)", "f(a, {" + strings.Repeat("1, ", 60) + "})", "f(g(" + strings.Repeat("a, ", 60) + "b))",
	"x = {\n" + strings.Repeat("1, ", 60) + "}", "f(" + strings.Repeat("a, ", 60) + "function() return 1 end)", "x = function() return {" + strings.Repeat("1, ", 60) + "} end",
	"if a then f(" + strings.Repeat("a, ", 60) + "b) end", "f({" + strings.Repeat("1, ", 60) + "}, 1)", "x = f{" + strings.Repeat("1, ", 60) + "}.y{" + strings.Repeat("2, ", 60) + "}",
	"x = {function() return " + strings.Repeat("a, ", 60) + "b end}", "x = " + strings.Repeat("{", 60) + "1" + strings.Repeat("}", 60),
	"x = (" + strings.Repeat("function() return function() x() end end, ", 1) + ")", "while f(function() a() b() end) do c() end", "f(a)(b){c}\n(d)",
	"for k in f(function()\nreturn 1 end) do x() end", "x = a and function() return b end or c", "return function() return function() return x end end",
	"f(a, -- x\nfunction() end)", "f{a, --[[\n]] b}", "f(a)[ [[b]] ](c)", "x = {a = 1, -- b\n\n\nc = 2}", "f(\n\na,\n\nb\n\n)", "goto continue; ::continue:: ; ::b::", "x = {" + strings.Repeat("-1, x; ", 30) + "}", "x = {" + strings.Repeat("1, --[[c]] ", 30) + "}",
	"f(g {" + strings.Repeat("'a', ", 40) + "}, 1)", "f(\"" + strings.Repeat("a", 200) + "\")", "do ; end (a)()", "if a then ; else ;; end",
}

func TestSnippetsKeepTheirMeaning(t *testing.T) {
	t.Parallel()
	for _, source := range snippets {
		checkCode(t, fmt.Sprintf("%.60q", source), []byte(source))
	}
}

// FuzzSource formats any text.
func FuzzSource(f *testing.F) {
	for _, source := range snippets {
		f.Add(source)
	}
	for _, name := range files(f, "testdata/lua54", ".lua") {
		if source, err := os.ReadFile(name); err == nil && len(source) < 4000 {
			f.Add(string(source))
		}
	}
	for seed := range uint64(20) {
		f.Add(difftest.Program(seed, 5))
	}
	f.Fuzz(func(t *testing.T, source string) { checkCode(t, "x", []byte(source)) })
}
