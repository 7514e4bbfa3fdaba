package stdlib

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

func TestFirstLineOfAScriptFileKeepsItsNumber(t *testing.T) {
	t.Parallel()
	for _, start := range []string{
		"#!/usr/bin/env silly\n",
		"\ufeff#!/usr/bin/env silly\n",
		"\ufeff\n",
		"# anything\r\n",
	} {
		L := newState(t)
		proto, err := Compile([]byte(start+"error('here')"), "@script.lua")
		if err != nil {
			t.Errorf("%q: %v", start, err)
			continue
		}
		L.Push(L.NewFunctionFromProto(proto))
		if err := L.PCall(0, 0, nil); err == nil || !strings.HasPrefix(err.Error(), "script.lua:2: here\n") {
			t.Errorf("%q: got %v", start, err)
		}
	}
	for _, source := range []string{"", "#", "#!/usr/bin/env silly", "\ufeff"} {
		if _, err := Compile([]byte(source), "@script.lua"); err != nil {
			t.Errorf("%q: %v", source, err)
		}
	}
	if _, err := Compile([]byte("\n# not the first line"), "@script.lua"); err == nil {
		t.Error("'#' at the start of the second line is accepted")
	}
}

func TestSyntaxErrorMakesOneLineOfGopherLuasErrors(t *testing.T) {
	t.Parallel()
	L := newState(t)
	for source, want := range map[string]string{
		"x = = 1":         "script.lua:1: syntax error near '='",
		"\nx y":           "script.lua:2: syntax error near 'y'",
		"if x then\n":     "script.lua: syntax error near <eof>",
		"f()\nx = 'abc\n": "script.lua:3: unterminated string near 'abc'",
		"\nbreak":         "script.lua:2: no loop to break",
	} {
		_, err := L.Load(strings.NewReader(source), "script.lua")
		if err == nil {
			t.Errorf("%q is accepted", source)
			continue
		}
		if got := SyntaxError(err); !strings.HasPrefix(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%q gives %q, want %q", source, got, want)
		}
	}
	_, err := L.LoadFile("no/such/file.lua")
	if got := SyntaxError(err); got != "open no/such/file.lua: no such file or directory" {
		t.Errorf("missing file gives %q", got)
	}
	_, err = Compile([]byte("x = = 1"), "@script.lua")
	if got := SyntaxError(err); got != "script.lua:1: syntax error near '='" || err.Error() != got {
		t.Errorf("error of Compile gives %q", got)
	}
}

// fragments are pieces of Lua from which FuzzCompile starts.
var fragments = []string{
	"local a <const>, b = 1, 2", "return f(a, ...)", "x.y.z[1](2):m{3}'s'", "for i = 1, 10, 2 do print(i) end",
	"for k, v in pairs(t) do t[k] = nil end", "while true do break end", "repeat local x until x", "goto l ::l::",
	"if a then elseif b then else end", "function a.b:c(...) end", "local function f() return end",
	"x = function() return not -#a ^ 2 .. 'b' == nil or false and true end", "t = {1, [2] = 3; x = 4, {}, f()}",
	"\"\\x41\\u{1F600}\\z\n \\065\\\n\"", "0x1p4 0xA.8 007 1e999 3. .5", "[==[ ]] ]==] --[[ x ]] --[=\n", "(((1)))", "a = b\n(c)()",
	"\ufeff#!x\n", "'\\q'", "3x", "//", "\x00", "end end end", "((((", "}}}}", "\x1bLua",
}

// FuzzCompile checks that no source makes Compile panic, that what it accepts is as shallow as the
// recursive compiler needs it to be, and that errors are one line about the chunk.
func FuzzCompile(f *testing.F) {
	for _, fragment := range fragments {
		f.Add(fragment)
		f.Add(strings.Repeat(fragment+" ", 3))
	}
	f.Fuzz(func(t *testing.T, source string) {
		proto, err := Compile([]byte(source), "=chunk")
		if err != nil {
			message := SyntaxError(err)
			if !strings.HasPrefix(message, "chunk:") || strings.Contains(message, "\n") || strings.Contains(message, "cannot be") {
				t.Errorf("%q: %q", source, message)
			}
			return
		}
		if proto == nil {
			t.Fatalf("%q: neither function nor error", source)
		}
		checkDepth(t, source)
	})
}

// checkDepth checks that the depth of the syntax tree of a source is not underestimated.
func checkDepth(t *testing.T, source string) {
	t.Helper()
	prepared, _, err := prepare([]byte(source), "chunk")
	if err != nil {
		return
	}
	statements, err := parse.Parse(bytes.NewReader(prepared), "chunk")
	if err != nil {
		return
	}
	s := &scanner{source: []byte(source), line: 1}
	nesting := newNesting()
	estimated := 0
	for {
		last := s.last
		token, err := s.next()
		if err != nil || token.kind == tokenEnd {
			break
		}
		nesting.add(token, last)
		estimated = max(estimated, len(nesting.levels)+nesting.depth+nesting.top().inner)
	}
	// The statement and the expression at the bottom are not counted.
	if depth := treeDepth(reflect.ValueOf(statements)); depth > estimated+3 {
		t.Errorf("%q: a tree of depth %d is taken for one of %d", source, depth, estimated)
	}
}

// treeDepth returns how many nodes lie within each other.
func treeDepth(v reflect.Value) int {
	depth := 0
	switch v.Kind() {
	case reflect.Interface:
		return treeDepth(v.Elem())
	case reflect.Pointer:
		if v.IsNil() {
			return 0
		}
		return 1 + treeDepth(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			depth = max(depth, treeDepth(v.Index(i)))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			depth = max(depth, treeDepth(v.Field(i)))
		}
	}
	return depth
}

func TestLongSourcesCompileInBoundedDepth(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"x = a" + strings.Repeat(".b", 1000),
		"x = a" + strings.Repeat(" + a", 1000),
		"x = " + strings.Repeat("- ", 1000) + "a",
		"x = a" + strings.Repeat("^a", 150),
		"f" + strings.Repeat("()", 1000),
		"f" + strings.Repeat(":m{}", 500),
		"f" + strings.Repeat("'s'", 1000),
		"if a then " + strings.Repeat("elseif a then ", 1000) + "end",
		strings.Repeat("do ", 190) + strings.Repeat("end ", 190),
		strings.Repeat("function f() ", 90) + strings.Repeat("end ", 90),
		"x = " + strings.Repeat("{", 190) + strings.Repeat("}", 190),
		"x = " + strings.Repeat("(a + ", 190) + "a" + strings.Repeat(")", 190),
		"x = " + strings.Repeat("(", 190) + "a" + strings.Repeat(" + a)", 190),
		"x = " + strings.Repeat("function() return a + ", 90) + "a" + strings.Repeat(" end", 90),
		strings.Repeat("a.b(c).d = e[f + 1] ", 1000),
	} {
		if _, err := Compile([]byte(source), "=x"); err != nil {
			t.Errorf("%.40q...: %v", source, err)
		}
		checkDepth(t, source)
	}
}

func TestCompiledChunkRuns(t *testing.T) {
	t.Parallel()
	L := newState(t)
	proto, err := Compile([]byte("return ..."), "=x")
	if err != nil {
		t.Fatal(err)
	}
	L.Push(L.NewFunctionFromProto(proto))
	L.Push(lua.LNumber(42))
	if err := L.PCall(1, 1, nil); err != nil || L.Get(-1) != lua.LNumber(42) {
		t.Errorf("got %v, %v", L.Get(-1), err)
	}
}

// program writes random programs that are right, or nearly so.
type program struct {
	random *rand.Rand
	text   strings.Builder
}

func (p *program) write(parts ...any) {
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			p.text.WriteString(part + " ")
		case func():
			part()
		}
	}
}

// expression writes an expression of at most that many levels.
func (p *program) expression(levels int) func() {
	return func() {
		inner := p.expression(levels - 1)
		if levels <= 0 {
			inner = func() { p.write("a") }
		}
		switch p.random.IntN(14) {
		case 0:
			p.write(inner, p.pick("+", "-", "*", "/", "%", "^", "..", "==", "~=", "<", ">=", "and", "or"), inner)
		case 1:
			p.write(p.pick("-", "not", "#"), inner)
		case 2:
			p.write("(", inner, ")")
		case 3:
			p.write("{", inner, ", b =", inner, "; [", inner, "] =", inner, "}")
		case 4:
			p.write("function(a, ...)", p.block(levels-1), "end")
		case 5:
			p.write("a[", inner, "].b:c(", inner, ")'s' {", inner, "}")
		case 6:
			p.write("(", inner, ")(", inner, ",", inner, ")")
		case 7:
			p.write(p.pick("1", "0x1p4", "007", "1e999", ".5", "1e400"))
		case 8:
			p.write(p.pick("'\\x41'", "\"\\z \n b\"", "[[\nx]]", "[=[]]]=]", "'\\u{20AC}'"))
		default:
			p.write(p.pick("a", "b.c", "nil", "true", "...", "f()", "a:b()", "1"))
		}
	}
}

// block writes statements of at most that many levels.
func (p *program) block(levels int) func() {
	return func() {
		inner, e := p.block(levels-1), p.expression(levels-1)
		if levels <= 0 {
			inner = func() {}
		}
		for range p.random.IntN(4) {
			switch p.random.IntN(12) {
			case 0:
				p.write("local a <const>, b =", e, ",", e)
			case 1:
				p.write("a.b, c[", e, "] =", e)
			case 2:
				p.write("if", e, "then", inner, "elseif", e, "then", inner, "else", inner, "end")
			case 3:
				p.write("while", e, "do", inner, p.pick("", "break"), "end")
			case 4:
				p.write("for i =", e, ",", e, "do", inner, "end")
			case 5:
				p.write("for k, v in", e, "do", inner, "end")
			case 6:
				p.write("repeat", inner, "until", e)
			case 7:
				p.write("function a.b:c(...)", inner, "end")
			case 8:
				p.write("local function f(...)", inner, p.pick("", "return"), "end")
			case 9:
				p.write("do", inner, "end", p.pick("", ";"))
			case 10:
				p.write("f(", e, ")", p.pick("", "--x\n", "--[==[ ]] ]==]", "--[=\n"))
			default:
				p.write("a:b(", e, "){", e, "}")
			}
		}
	}
}

func (p *program) pick(choices ...string) string {
	return choices[p.random.IntN(len(choices))]
}

// spoil replaces, doubles or drops a token now and then.
func (p *program) spoil() string {
	tokens := strings.Split(p.text.String(), " ")
	for range p.random.IntN(3) {
		i := p.random.IntN(len(tokens))
		tokens[i] = p.pick("", "end", "(", ")", "a", "=", "function", "'", "then", tokens[i]+" "+tokens[i])
	}
	return strings.Join(tokens, " ")
}

func TestRandomProgramsCompileInBoundedDepth(t *testing.T) {
	t.Parallel()
	accepted := 0
	for seed := range uint64(600) {
		p := &program{random: rand.New(rand.NewPCG(seed, 0))}
		p.block(6)()
		source := p.text.String()
		if seed%2 == 1 {
			source = p.spoil()
		}
		_, err := Compile([]byte(source), "=x")
		if err == nil {
			accepted++
		} else if message := err.Error(); !strings.HasPrefix(message, "x:") || strings.Contains(message, "cannot be") {
			t.Fatalf("%s\n%s", message, source)
		}
		checkDepth(t, source)
		if t.Failed() {
			return
		}
	}
	if accepted < 250 {
		t.Errorf("only %d programs were accepted", accepted)
	}
}
