package syntax

import (
	"errors"
	"testing"
)

func TestFailureNamesTheTokenThatLuaHasReached(t *testing.T) {
	t.Parallel()
	const source = "local a = 'x\\n'\n-- comment\nlocal bc\n= 0x10, [[d\ne]] // 2"
	for _, test := range []struct {
		pos    Pos
		behind int
		want   string
	}{
		{Pos{1, 1}, 1, "x:1: m near 'a'"},
		{Pos{1, 1}, 2, "x:1: m near '='"},
		{Pos{1, 2}, 1, "x:1: m near 'a'"}, // within a token
		{Pos{1, 7}, 1, "x:1: m near '='"},
		{Pos{1, 1}, 3, "x:1: m near ''x\n''"},
		{Pos{1, 1}, 4, "x:3: m near 'local'"},
		{Pos{2, 5}, 2, "x:3: m near 'bc'"},
		{Pos{3, 1}, 3, "x:4: m near '0x10'"},
		{Pos{4, 3}, 2, "x:5: m near '[[d\ne]]'"}, // where the token ends
		{Pos{4, 3}, 3, "x:5: m near '//'"},
		{Pos{4, 3}, 4, "x:5: m near '2'"},
		{Pos{4, 3}, 5, "x:5: m near <eof>"},
		{Pos{4, 3}, 9, "x:5: m near <eof>"},
		{Pos{9, 1}, 1, "x:5: m near <eof>"},
	} {
		err := mustParse(t, source).Failure("m", test.pos, test.behind)
		if err.Error() != test.want {
			t.Errorf("%d behind %v: %q, want %q", test.behind, test.pos, err, test.want)
		}
	}
}

func TestFailureKnowsWhereTheSourceBegins(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		source string
		opts   Options
		pos    Pos
		want   string
	}{
		{"#!x y z\na(b)", Options{File: true}, Pos{2, 1}, "x:2: m near '('"},
		{"\uFEFFa(b)", Options{File: true}, Pos{1, 1}, "x:1: m near '('"},
		{"\uFEFF#!x\na(b)", Options{File: true}, Pos{2, 2}, "x:2: m near 'b'"},
		{"a(b)\nc()", Options{FirstLine: 40}, Pos{40, 4}, "x:41: m near 'c'"},
		{"", Options{FirstLine: 40}, Pos{40, 1}, "x:40: m near <eof>"},
	} {
		chunk, err := Parse([]byte(test.source), "x", test.opts)
		if err != nil {
			t.Fatal(err)
		}
		if got := chunk.Failure("m", test.pos, 1); got.Error() != test.want {
			t.Errorf("%q: %q, want %q", test.source, got, test.want)
		}
	}
}

func TestRepairedIsTheSourceUpToTheError(t *testing.T) {
	t.Parallel()
	checkRepaired(t, Options{}, []repairedTest{
		{"a()\nb =", "a()\nb = nil"},
		{"a() b() =", "a() "},
		{"a() b() )", "a() b() "},
		{"x = 1 )", "x = 1 "},
		{"=", ""},
		{"do a() )", "do a()  end"},
		{"do a()\nwhile x do b() repeat c() )", "do a()\nwhile x do b() repeat c()  until nil end end"},
		{"if a then b() else c() )", "if a then b() else c()  end"},
		{"if a then b() elseif c then d() )", "if a then b() elseif c then d()  end"},
		{"for i = 1, 2 do a() )", "for i = 1, 2 do a()  end"},
		{"for i in a do b() )", "for i in a do b()  end"},
		{"f(1, function(a) b() ]", "f(1, function(a) b()  end )"},
		{"x = {1, a = (function() b() ]", "x = {1, a = (function() b()  end ) }"},
		{"local function f() a() end )", "local function f() a() end "},
		{"x = function() a() end )", "x = function() a() end "},
		{"x = {function() a() end ]", "x = {function() a() end  }"},
		{"a()\nx = 'b", "a()\n"},
		{"a() x = 3y", "a() "},
		{"do a() -- b", "do a()  end"},
		{"do a() -- b\n", "do a() -- b\n end"},
		{"do a() --[[b]]", "do a() --[[b]] end"},
	})
	// The line numbers of the repaired part begin where those of the source do.
	checkRepaired(t, Options{FirstLine: 40}, []repairedTest{{"a()\ndo b()\n)", "a()\ndo b()\n end"}})
}

// TestRepairedClosesOnlyWhatIsOpenThere: the statement in which the error is goes, with what it has opened.
func TestRepairedClosesOnlyWhatIsOpenThere(t *testing.T) {
	t.Parallel()
	checkRepaired(t, Options{}, []repairedTest{
		{"a()\nb(", "a()\n"},
		{"a()\nx = {1, (2", "a()\nx =  nil"},
		{"do a()\nx = f{(", "do a()\nx =  nil end"},
		{"a() x = {function() end, (", "a() x = {function() end }"},
		{"while function() a() end )", "while function() a() end  do end"},
		{"if function() a() end )", "if function() a() end  then end"},
		{"for i = function() a() end )", "for i = function() a() end  , nil do end"},
		{"for i = 1, function() a() end )", "for i = 1, function() a() end  do end"},
		{"for i in function() a() end )", "for i in function() a() end  do end"},
		{"repeat until function() a() end )", "repeat until function() a() end "},
	})
}

// TestRepairedCountsColumnsBehindAByteOrderMark: those of the first line begin there.
func TestRepairedCountsColumnsBehindAByteOrderMark(t *testing.T) {
	t.Parallel()
	checkRepaired(t, Options{File: true}, []repairedTest{{"\uFEFFaaa() bbb() )", "\uFEFFaaa() bbb() "}})
}

// TestRepairedCountsLinesAsTheLexer: a line may end in other ways than with a newline.
func TestRepairedCountsLinesAsTheLexer(t *testing.T) {
	t.Parallel()
	var tests []repairedTest
	for _, source := range []string{
		"aaa()\nbbb() ", "aaa()\r\nbbb() ", "aaa()\rbbb() ", "aaa()\n\rbbb() ", "aaa()\r\rbbb() ",
		"\uFEFF#!x\nbbb() ", "a[[\r\r\n]] b() ",
	} {
		tests = append(tests, repairedTest{source + ")", source})
	}
	checkRepaired(t, Options{File: true}, tests)
}

// A repairedTest is a source with an error and what is to be left of it.
type repairedTest struct{ source, want string }

func checkRepaired(t *testing.T, opts Options, tests []repairedTest) {
	t.Helper()
	for _, test := range tests {
		_, err := Parse([]byte(test.source), "x", opts)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: %v", test.source, err)
			continue
		}
		if e.Repaired() != test.want {
			t.Errorf("%q: repaired is %q, want %q", test.source, e.Repaired(), test.want)
		}
	}
}
