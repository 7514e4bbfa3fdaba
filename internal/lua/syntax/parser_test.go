package syntax

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// mustParse parses a whole file.
func mustParse(t testing.TB, source string) *Chunk {
	t.Helper()
	chunk, err := Parse([]byte(source), "x", Options{Comments: true, File: true})
	if err != nil {
		t.Fatalf("%q: %v", source, err)
	}
	return chunk
}

// shape writes an expression with parentheses around every operation.
func shape(x Expr) string {
	switch x := x.(type) {
	case *Binary:
		return "(" + shape(x.X) + x.Op.String() + shape(x.Y) + ")"
	case *Unary:
		return "(" + x.Op.String() + " " + shape(x.X) + ")"
	case *Paren:
		return "paren" + shape(x.X)
	case *NameExpr:
		return x.Name
	case *Integer:
		return x.Text
	case *String:
		return fmt.Sprintf("%q", x.Value)
	case *Vararg:
		return "..."
	case *Index:
		return "index(" + shape(x.X) + "," + shape(x.Key) + ")"
	case *Call:
		s := "call("
		if x.Method != nil {
			s = "method(" + x.Method.Text + ","
		}
		s += shape(x.Func)
		for _, arg := range x.Args {
			s += "," + shape(arg)
		}
		return s + ")"
	case *Table:
		s := "{"
		for _, f := range x.Fields {
			if f.Key != nil {
				s += shape(f.Key) + "="
			}
			s += shape(f.Value) + ";"
		}
		return s + "}"
	}
	return fmt.Sprintf("%T", x)
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"a or b and c < d | e ~ f & g << h .. i + j * -k ^ l": "(aor(band(c<(d|(e~(f&(g<<(h..(i+(j*(- (k^l))))))))))))",
		"a ^ b * c + d .. e << f & g ~ h | i == j and k or l": "(((((((((((a^b)*c)+d)..e)<<f)&g)~h)|i)==j)andk)orl)",
		"a - b - c":              "((a-b)-c)",
		"a .. b .. c":            "(a..(b..c))",
		"a ^ b ^ c":              "(a^(b^c))",
		"a < b < c":              "((a<b)<c)",
		"-a ^ -b ^ c":            "(- (a^(- (b^c))))",
		"not a == b":             "((not a)==b)",
		"not not -~#a":           "(not (not (- (~ (# a)))))",
		"2 ^ -3 * 4":             "((2^(- 3))*4)",
		"a >> b << c":            "((a>>b)<<c)",
		"a // b % c / d":         "(((a//b)%c)/d)",
		"a ~= b >= c":            "((a~=b)>=c)",
		"a ~ ~b":                 "(a~(~ b))",
		"#a.b[c] .. 'x'":         `((# index(index(a,"b"),c)).."x")`,
		"(a.b):c'd'{e}(f)":       `call(call(method(c,parenindex(a,"b"),"d"),{e;}),f)`,
		"{a, b = 1; [c] = 2, d}": `{a;"b"=1;c=2;d;}`,
		"f(...)(g{}, (...))":     "call(call(f,...),call(g,{}),paren...)",
	} {
		chunk := mustParse(t, "return "+source)
		if got := shape(chunk.Main.Body.Stmts[0].(*Return).Values[0]); got != want {
			t.Errorf("%s:\n got %s\nwant %s", source, got, want)
		}
	}
}

// TestStringsAgreeWithLua compares the values of literal strings.
func TestStringsAgreeWithLua(t *testing.T) {
	t.Parallel()
	literals := []string{
		`""`, `''`, `"a'b"`, `'a"b'`, `"\a\b\f\n\r\t\v\\\"\'"`, `"\x41\x7fg\xFf"`, `"\0\00\000\65\0651\255x"`, `"a\z   b"`, "\"a\\z \r\n\t\n b\"",
		"'a\\\nb'", "'a\\\rb'", "'a\\\r\nb'", "'a\\\n\rb'", "'a\\\n\\\nb'", `"\u{0}\u{7F}\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}"`,
		`"\u{1FFFFF}\u{200000}\u{3FFFFFF}\u{4000000}\u{7FFFFFFF}\u{D800}\u{000000041}"`, "[[]]", "[[a]]", "[==[a]=]b]]c]==]", "[[\na]]",
		"[[\n\na]]", "[[\r\na\r\nb\rc\n\rd\n\n\r\r]]", "[[\n\ra\n]]", "[[a\\n\\]]", "[=[]]]=]", "[=[]==]=]", "[==[]=]==]", "[[]", "'\x00\x01\xff'",
		"[[\x00]]", "'a\\z'", "'é\\u{e9}'", "[[ [[ ]]", "[=[ [=[ ]=]", "'\\z\\z\n\\z'",
	}
	for i, want := range runLua(t, `run(function(s) local f = load("return " .. s) return f and "=" .. f() or "error" end)`, literals) {
		chunk, err := Parse([]byte("return "+literals[i]), "x", Options{})
		got := "error"
		if err == nil {
			s := chunk.Main.Body.Stmts[0].(*Return).Values[0].(*String)
			got = "=" + s.Value
			if s.Text != literals[i] {
				t.Errorf("%q: text %q", literals[i], s.Text)
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", literals[i], got, want)
		}
	}
}

// TestPositions parses this source, whose lines say what is where.
func TestPositions(t *testing.T) {
	t.Parallel()
	chunk := mustParse(t, `local a <const> = f .. g -- one
function t.u:m(x, ...)
	return x[1], (x)
end
if a then
elseif b then c(1,
2) d"s" else ;
end
`)
	b := chunk.Main.Body
	local := b.Stmts[0].(*Local)
	method := b.Stmts[1].(*FunctionStmt)
	ret := method.Func.Body.Stmts[0].(*Return)
	choice := b.Stmts[2].(*If)
	call := choice.Clauses[1].Body.Stmts[0].(*CallStmt)
	sugar := choice.Clauses[1].Body.Stmts[1].(*CallStmt).Call.(*Call)
	for what, pos := range map[string][2]Pos{
		"main":              {chunk.Main.Pos, {1, 1}},
		"main's end":        {chunk.Main.End, {9, 1}},
		"main's block":      {b.Pos, {1, 1}},
		"end of its block":  {b.End, {9, 1}},
		"local":             {local.Pos, {1, 1}},
		"name":              {local.Names[0].Pos, {1, 7}},
		"attribute":         {local.Attribs[0].Pos, {1, 10}},
		"operator":          {local.Values[0].Start(), {1, 21}},
		"comment":           {chunk.Comments[0].Pos, {1, 26}},
		"comment's end":     {chunk.Comments[0].End, {1, 32}},
		"method":            {method.Pos, {2, 1}},
		"function":          {method.Func.Pos, {2, 1}},
		"colon":             {method.Target.Start(), {2, 13}},
		"dot":               {method.Target.(*Index).X.Start(), {2, 11}},
		"parameter":         {method.Func.Params[1].Pos, {2, 16}},
		"function's block":  {method.Func.Body.Pos, {3, 2}},
		"end of that":       {method.Func.Body.End, {4, 1}},
		"function's end":    {method.Func.End, {4, 1}},
		"return":            {ret.Pos, {3, 2}},
		"bracket":           {ret.Values[0].Start(), {3, 10}},
		"parenthesis":       {ret.Values[1].Start(), {3, 15}},
		"its end":           {ret.Values[1].(*Paren).End, {3, 17}},
		"if":                {choice.Pos, {5, 1}},
		"clause":            {choice.Clauses[0].Pos, {5, 1}},
		"empty block":       {choice.Clauses[0].Body.Pos, {6, 1}},
		"elseif":            {choice.Clauses[1].Pos, {6, 1}},
		"call statement":    {call.Pos, {6, 15}},
		"call":              {call.Call.Start(), {6, 16}},
		"call's end":        {call.Call.(*Call).End, {7, 2}},
		"end of elseif":     {choice.Clauses[1].Body.End, {7, 9}},
		"argument":          {sugar.Pos, {7, 5}},
		"end of argument":   {sugar.End, {7, 5}},
		"semicolon in else": {choice.Else.Stmts[0].Start(), {7, 14}},
		"end of else":       {choice.Else.End, {8, 1}},
	} {
		if pos[0] != pos[1] {
			t.Errorf("%s is at %v, want %v", what, pos[0], pos[1])
		}
	}
	if f := method.Func; !f.Self || !f.Vararg || len(f.Params) != 2 || f.Params[0].Text != "self" {
		t.Errorf("method: %+v", f)
	}
	if !chunk.Main.Vararg {
		t.Error("the chunk is no vararg function")
	}
}

// TestPositionsForTheCompiler checks those that only its errors and line numbers need.
func TestPositionsForTheCompiler(t *testing.T) {
	t.Parallel()
	chunk := mustParse(t, `a.b,
c[1
] = d.
 e, f()
::x::
  goto x
function g.h:i()
end ::y::
local k = function() end
, 1
local function l() end`)
	b := chunk.Main.Body.Stmts
	assign := b[0].(*Assign)
	local := b[5].(*Local)
	for what, pos := range map[string][2]Pos{
		"equals sign":                       {assign.Equals, {3, 3}},
		"end of a name":                     {assign.Targets[0].(*Index).End, {1, 3}},
		"end of a bracket":                  {assign.Targets[1].(*Index).End, {3, 1}},
		"end of a name in another line":     {assign.Values[0].(*Index).End, {4, 2}},
		"end of a method's name":            {b[3].(*FunctionStmt).Target.(*Index).End, {7, 14}},
		"end of the name before":            {b[3].(*FunctionStmt).Target.(*Index).X.(*Index).End, {7, 12}},
		"behind a label":                    {b[1].(*Label).After, {6, 3}},
		"behind a label before a statement": {b[4].(*Label).After, {9, 1}},
		"behind a function statement":       {b[3].(*FunctionStmt).Func.After, {8, 5}},
		"behind a function expression":      {local.Values[0].(*FunctionExpr).Func.After, {10, 1}},
		"behind the last function":          {b[6].(*LocalFunction).Func.After, {11, 23}},
		"behind the chunk":                  {chunk.Main.After, {11, 23}},
	} {
		if pos[0] != pos[1] {
			t.Errorf("%s is at %v, want %v", what, pos[0], pos[1])
		}
	}
}

// TestFirstLineShiftsLines parses a part of a larger text.
func TestFirstLineShiftsLines(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		first int
		lines [2]int32
	}{{0, [2]int32{1, 3}}, {1, [2]int32{1, 3}}, {-5, [2]int32{1, 3}}, {40, [2]int32{40, 42}}} {
		chunk, err := Parse([]byte("a()\n\n  b()"), "x", Options{FirstLine: test.first})
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range chunk.Main.Body.Stmts {
			if s.Start().Line != test.lines[i] {
				t.Errorf("first line %d: statement %d is at %v, want line %d", test.first, i, s.Start(), test.lines[i])
			}
		}
		if end := (Pos{test.lines[1], 6}); chunk.Main.End != end {
			t.Errorf("first line %d: ends at %v, want %v", test.first, chunk.Main.End, end)
		}
	}
	_, err := Parse([]byte("do\n\nx("), "x", Options{FirstLine: 40})
	if want := "x:42: unexpected symbol near <eof>"; errorText(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
	_, err = Parse([]byte("do\n\n--[["), "x", Options{FirstLine: 40})
	if want := "x:42: unfinished long comment (starting at line 42) near <eof>"; errorText(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
	_, err = Parse([]byte("do\n\n"), "x", Options{FirstLine: 40})
	if want := "x:42: 'end' expected (to close 'do' at line 40) near <eof>"; errorText(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestAttribsAreOnePerName(t *testing.T) {
	t.Parallel()
	local := mustParse(t, "local a, b <close>, c").Main.Body.Stmts[0].(*Local)
	if a := local.Attribs; len(a) != 3 || a[0] != nil || a[1].Text != "close" || a[2] != nil {
		t.Errorf("%v", a)
	}
}

func TestCommentsAreKeptOnRequest(t *testing.T) {
	t.Parallel()
	const source = "#!x\n-- a\r\nx --[[b\n c]] = --[=[ ]] ]=] 1 --[==\n--\n--[[]]--d"
	want := []string{"-- a", "--[[b\n c]]", "--[=[ ]] ]=]", "--[==", "--", "--[[]]", "--d"}
	chunk := mustParse(t, source)
	var got []string
	for _, c := range chunk.Comments {
		got = append(got, c.Text)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("comments %q, want %q", got, want)
	}
	if c := chunk.Comments[1]; c.Pos != (Pos{3, 3}) || c.End != (Pos{4, 5}) {
		t.Errorf("%q is from %v to %v", c.Text, c.Pos, c.End)
	}
	chunk, err := Parse([]byte(source), "x", Options{File: true})
	if err != nil || chunk.Comments != nil {
		t.Errorf("not asked for: %v, %v", chunk.Comments, err)
	}
}

// nestings are texts around a middle that nest one thing in another.
var nestings = []struct{ head, open, middle, close string }{
	{"", "do ", "", " end"},
	{"", "while a do ", "", " end"},
	{"", "repeat ", "", " until a"},
	{"", "if a then ", "", " end"},
	{"", "if a then else ", "", " end"},
	{"", "for i = 1, 2 do ", "", " end"},
	{"", "local function f() ", "", " end"},
	{"", "function f() ", "", " end"},
	{"return ", "function() return ", "1", " end"},
	{"x = ", "(", "1", ")"},
	{"x = ", "{", "", "}"},
	{"x = ", "{[", "1", "] = 1}"},
	{"x = ", "{a = ", "1", "}"},
	{"", "f(", "", ")"},
	{"", "f{", "", "}"},
	{"x = ", "a[", "1", "]"},
	{"x = ", "- ", "1", ""},
	{"x = ", "not ", "1", ""},
	{"x = ", "a .. ", "1", ""},
	{"x = ", "2 ^ ", "1", ""},
	{"x = ", "2 ^ - ", "1", ""},
	{"x = ", "1 + (", "1", ")"},
	{"a", ", a", " = 1", ""},
}

// TestDepthIsLimitedAsInLua compares with a load that a main chunk calls: deeper in calls, Lua allows less.
func TestDepthIsLimitedAsInLua(t *testing.T) {
	t.Parallel()
	var sources []string
	for _, n := range nestings {
		for depth := 90; depth <= 210; depth++ {
			sources = append(sources, n.head+strings.Repeat(n.open, depth)+n.middle+strings.Repeat(n.close, depth))
		}
	}
	script := `local answers = {} run(function(s) local f, err = load(s, "=x") return f and "" or (err:match("^[^\n]*")) end)`
	for i, want := range runLua(t, script, sources) {
		_, err := Parse([]byte(sources[i]), "x", Options{})
		if strings.Contains(want, "too many") {
			continue // registers, local variables or upvalues, which are not the parser's
		}
		if got := errorText(err); (got == "") != (want == "") {
			t.Errorf("%.40q with %d bytes: %q, want %q", sources[i], len(sources[i]), got, want)
		}
	}
}

func TestDeepNestingIsAnError(t *testing.T) {
	for _, n := range nestings {
		for _, closed := range []bool{true, false} {
			source := n.head + strings.Repeat(n.open, 1e5)
			if closed {
				source += n.middle + strings.Repeat(n.close, 1e5)
			}
			_, err := Parse([]byte(source), "x", Options{})
			var e *Error
			if !errors.As(err, &e) {
				t.Errorf("%q 10^5 times: %v", n.open, err)
			} else if e.Message != "C stack overflow" && e.Near != eofText {
				t.Errorf("%q 10^5 times: %v", n.open, err)
			}
		}
	}
}

// large are sources of about a megabyte that are flat.
func large() map[string]string {
	repeat := strings.Repeat
	return map[string]string{
		"constructor":    "return {" + repeat("1,", 1e6) + "}",
		"keyed":          "return {" + repeat("a = 'b\\n', [1] = 2;", 1e5) + "}",
		"sum":            "return 1" + repeat(" + 1", 3e5),
		"sum, unspaced":  "return a" + repeat("-a", 5e5),
		"calls":          "f" + repeat("()", 5e5),
		"strings":        "f" + repeat("''", 5e5),
		"methods":        "f" + repeat(":m()", 2e5),
		"indices":        "return a" + repeat(".b", 5e5),
		"brackets":       "return a" + repeat("[1]", 3e5),
		"statements":     repeat("a = b\n", 2e5),
		"locals":         repeat("local a\n", 1e5),
		"names":          "local " + repeat("a,", 5e5) + "a",
		"arguments":      "f(" + repeat("a,", 5e5) + "a)",
		"semicolons":     repeat(";", 1e6),
		"labels":         repeat("::a::", 2e5),
		"newlines":       repeat("\r\n", 1e6),
		"comments":       repeat("--\n", 3e5),
		"long comments":  repeat("--[[]]", 2e5),
		"a comment":      "--" + repeat("-", 1e6),
		"a long string":  "return [==[" + repeat("]=]]\r\n", 2e5) + "]==]",
		"equals signs":   "return [==[" + repeat("]", 5e5) + repeat("=", 5e5) + "]==]",
		"a string":       "return '" + repeat("a", 1e6) + "'",
		"escapes":        "return '" + repeat(`\x41`, 3e5) + "'",
		"line breaks":    "return '" + repeat("\\\r\n", 3e5) + "'",
		"a name":         "return " + repeat("a", 1e6),
		"a numeral":      "return " + repeat("1", 1e6),
		"a hexadecimal":  "return 0x" + repeat("f", 1e6),
		"a fraction":     "return 0." + repeat("0", 1e6) + "1",
		"elseif":         "if a then" + repeat(" elseif a then", 1e5) + " end",
		"functions":      repeat("function f() end ", 1e5),
		"comparisons":    "return a" + repeat(" < a", 2e5),
		"ands":           "return a" + repeat(" and a", 2e5),
		"all operators":  "return a" + repeat(" ^ a or b and c < d | e ~ f & g << h .. i + j * - k", 2e4),
		"left then deep": "return a" + repeat(" .. a", 150) + repeat(" + a", 2e5),
	}
}

// TestLargeSourcesTakeLittleTimeAndStack allows seconds per megabyte, where a quadratic parser would need hours, and
// the stack that a nesting of 200 levels needs.
func TestLargeSourcesTakeLittleTimeAndStack(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(1 << 20))
	for name, source := range large() {
		start := time.Now()
		chunk := mustParse(t, source)
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s: parsing took %v", name, d)
		}
		start = time.Now()
		if err := Print(io.Discard, chunk); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s: printing took %v", name, d)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	source := []byte(strings.Repeat(`-- serve answers one request.
local function serve(stream, limit)
	for i = 1, limit do
		local name = stream.header["x-name"] or "none" .. i * 2 + 1
		if name ~= "" and not stream:closed() then
			stream:respond(200, {["content-type"] = "text/plain", length = #name, 1, 2.5})
		end
	end
	return limit - 1, nil
end
`, 1000))
	b.SetBytes(int64(len(source)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(source, "x", Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
