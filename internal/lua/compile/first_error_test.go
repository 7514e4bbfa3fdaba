package compile

import (
	"strings"
	"testing"

	"silly/internal/lua/syntax"
)

// TestTheFirstErrorIsReported: Lua compiles while it reads, so an error of the compiler may come before one of the parser.
// The messages are those of lua5.4.
func TestTheFirstErrorIsReported(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ source, want string }{
		{"local x <const> = 1 x = 2 )", "x:1: attempt to assign to const variable 'x'"},
		{"local x <const> = 1\nx = 2\ny =", "x:2: attempt to assign to const variable 'x'"},
		{"x = = 1\nlocal y <const> = 1 y = 2", "x:1: unexpected symbol near '='"},
		{"do local x <const> = 1\nx = 2\n)", "x:2: attempt to assign to const variable 'x'"},
		{"::a:: ::a::\n)", "x:2: label 'a' already defined on line 1"},
		{"do goto a end )", "x:1: unexpected symbol near ')'"},
		{"local x <const> = 1 x = 2 f(", "x:1: attempt to assign to const variable 'x'"},
		{"local x <const> = 1\nx = 2\nwhile true do", "x:2: attempt to assign to const variable 'x'"},
		{"local x <const> = 1\rx = 2\r)", "x:2: attempt to assign to const variable 'x'"},
		{"for i in function() goto c end", "x:1: no visible label 'c' for <goto> at line 1"},
		{"for i = function() goto c end do", "x:1: no visible label 'c' for <goto> at line 1"},
		{"for i = 1, function() goto c end do", "x:1: no visible label 'c' for <goto> at line 1"},
		{"while function() goto c end do", "x:1: no visible label 'c' for <goto> at line 1"},
		{"if function() goto c end then", "x:1: no visible label 'c' for <goto> at line 1"},
		{"f(function() goto c end)[", "x:1: no visible label 'c' for <goto> at line 1"},
		{"while function() goto c", "x:1: 'end' expected near <eof>"},
	} {
		t.Run(test.source, func(t *testing.T) {
			_, err := Source([]byte(test.source), "x", "=x", syntax.Options{})
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
}
