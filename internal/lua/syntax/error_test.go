package syntax

import (
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// errorTexts are sources and what lua5.4 says of them; nothing if it accepts them.
var errorTexts = []struct{ source, want string }{
	{"= 1", "x:1: unexpected symbol near '='"},
	{"if x\nthen\n", "x:3: 'end' expected (to close 'if' at line 1) near <eof>"},
	{"x='abc", "x:1: unfinished string near <eof>"},
	{"x='abc\n", "x:1: unfinished string near ''abc'"},
	{"x='\\q'", "x:1: invalid escape sequence near ''\\q'"},
	{"x=3x", "x:1: malformed number near '3x'"},
	{"x=[[abc\n\n", "x:3: unfinished long string (starting at line 1) near <eof>"},
	{"--[[abc\n", "x:2: unfinished long comment (starting at line 1) near <eof>"},
	{"for x do", "x:1: '=' or 'in' expected near 'do'"},
	{"f = function() return ... end", "x:1: cannot use '...' outside a vararg function near '...'"},
	{"local a <foo> = 1", "x:1: unknown attribute 'foo'"},
	{"x='\\300'", "x:1: decimal escape too large near ''\\300''"},
	{"x='\\xZ1'", "x:1: hexadecimal digit expected near ''\\xZ'"},
	{"x='\\x1", "x:1: hexadecimal digit expected near ''\\x1'"},
	{"x='\\u123'", "x:1: missing '{' near ''\\u1'"},
	{"x='\\u{110000000000}'", "x:1: UTF-8 value too large near ''\\u{110000000'"},
	{"x='\\u{12'", "x:1: missing '}' near ''\\u{12''"},
	{"x='\\u{}'", "x:1: hexadecimal digit expected near ''\\u{}'"},
	{"x=[=abc", "x:1: invalid long string delimiter near '[='"},
	{"x = \x00", "x:1: unexpected symbol"},
	{"x = \x01", "x:1: unexpected symbol near '<\\1>'"},
	{"x = \xc8", "x:1: unexpected symbol near '<\\200>'"},
	{"x = $", "x:1: unexpected symbol near '$'"},
	{"x = 'a\\65' 'b\\0c'", "x:1: unexpected symbol near ''b'"},
	{"a b", "x:1: syntax error near 'b'"},
	{"a.1", "x:1: syntax error near '.1'"},
	{"f(\n1,2", "x:2: ')' expected (to close '(' at line 1) near <eof>"},
	{"f(1,2", "x:1: ')' expected near <eof>"},
	{"g\n(\n1", "x:3: ')' expected (to close '(' at line 1) near <eof>"},
	{"(a) = 1", "x:1: syntax error near '='"},
	{"a, f() = 1", "x:1: syntax error near '='"},
	{"(f())", "x:1: syntax error near <eof>"},
	{"return 1 2", "x:1: <eof> expected near '2'"},
	{"end", "x:1: <eof> expected near 'end'"},
	{"goto 1", "x:1: <name> expected near '1'"},
	{"::a", "x:1: '::' expected near <eof>"},
	{"::a:", "x:1: '::' expected near ':'"},
	{"local function 1", "x:1: <name> expected near '1'"},
	{"local 1", "x:1: <name> expected near '1'"},
	{"function a:b.c() end", "x:1: '(' expected near '.'"},
	{"function a:b", "x:1: '(' expected near <eof>"},
	{"function f(a,) end", "x:1: <name> or '...' expected near ')'"},
	{"function f(a b) end", "x:1: ')' expected near 'b'"},
	{"x={1,2", "x:1: '}' expected near <eof>"},
	{"x={\n1,2", "x:2: '}' expected (to close '{' at line 1) near <eof>"},
	{"x = {a b}", "x:1: '}' expected near 'b'"},
	{"local a <close>, b <close> = 1", "x:1: multiple to-be-closed variables in local list"},
	{"local a <const", "x:1: '>' expected near <eof>"},
	{"a:b", "x:1: function arguments expected near <eof>"},
	{"a:b = 1", "x:1: function arguments expected near '='"},
	{"for a,b do", "x:1: 'in' expected near 'do'"},
	{"for a.b in", "x:1: '=' or 'in' expected near '.'"},
	{"for a = 1 do end", "x:1: ',' expected near 'do'"},
	{"for a = 1, 2, 3, 4 do end", "x:1: 'do' expected near ','"},
	{"while 1 x", "x:1: 'do' expected near 'x'"},
	{"while true do", "x:1: 'end' expected near <eof>"},
	{"while\n true do", "x:2: 'end' expected (to close 'while' at line 1) near <eof>"},
	{"repeat \n", "x:2: 'until' expected (to close 'repeat' at line 1) near <eof>"},
	{"x = 1 .. ", "x:1: unexpected symbol near <eof>"},
	{"x = #", "x:1: unexpected symbol near <eof>"},
	{"x = \"a\\\nb\nc\"", "x:2: unfinished string near '\"a\nb'"},
	{"x = [[a\nb]] [[c\nd]]", "x:3: unexpected symbol near '[[c\nd]]'"},
	{"x = [==[\nb]] ]==] [[c\nd]]", "x:3: unexpected symbol near '[[c\nd]]'"},
	{"x=1..2", "x:1: malformed number near '1..2'"},
	{"x=0x", "x:1: malformed number near '0x'"},
	{"x=0xg", "x:1: malformed number near '0xg'"},
	{"x=1e", "x:1: malformed number near '1e'"},
	{"x=3e+x", "x:1: malformed number near '3e+x'"},
	{"local function f\n(\n", "x:3: <name> or '...' expected near <eof>"},
	{"local f = function\n(\n", "x:3: <name> or '...' expected near <eof>"},
	{"function\nf\n(\n", "x:4: <name> or '...' expected near <eof>"},
	{"x = }", "x:1: unexpected symbol near '}'"},
	{"x = ~= 1", "x:1: unexpected symbol near '~='"},
	{"x = // 1", "x:1: unexpected symbol near '//'"},
	{"x = 'a\\z  \n b\\q'", "x:2: invalid escape sequence near ''ab\\q'"},
	{"x = '\\65\\u{20AC}\\q'", "x:1: invalid escape sequence near ''A\xe2\x82\xac\\q'"},
	{"x='\\u{80000000}'", "x:1: UTF-8 value too large near ''\\u{80000000'"},
	{"x='\\u{7fffffff}' = ", "x:1: unexpected symbol near '='"},
	{"x='\\256'", "x:1: decimal escape too large near ''\\256''"},
	{"x='\\2", "x:1: unfinished string near <eof>"},
	{"x='\\", "x:1: unfinished string near <eof>"},
	{"x='\\u", "x:1: missing '{' near ''\\u'"},
	{"x='\\u{", "x:1: hexadecimal digit expected near ''\\u{'"},
	{"break 1", "x:1: unexpected symbol near '1'"},
	{"x = function", "x:1: '(' expected near <eof>"},
	{"x = ''''", "x:1: unexpected symbol near ''''"},
	{"a = b : c", "x:1: function arguments expected near <eof>"},
	{"a = b :: c", "x:1: '::' expected near <eof>"},
	{"x = 08 09 0a", "x:1: unexpected symbol near '09'"},
	{"x = a.end", "x:1: <name> expected near 'end'"},
	{"x = {[1] 2}", "x:1: '=' expected near '2'"},
	{"x = {[1", "x:1: ']' expected near <eof>"},
	{"x = {[\n1", "x:2: ']' expected near <eof>"},
	{"else", "x:1: <eof> expected near 'else'"},
	{"if a then return 1 if b then end end", "x:1: 'end' expected near 'if'"},
	{"if a then return 1\nif b then end end", "x:2: 'end' expected (to close 'if' at line 1) near 'if'"},
	{"if a then else elseif", "x:1: 'end' expected near 'elseif'"},
	{"if a then \n else \n elseif", "x:3: 'end' expected (to close 'if' at line 1) near 'elseif'"},
	{"not a", "x:1: unexpected symbol near 'not'"},
	{"local a <const> <const> = 1", "x:1: unexpected symbol near '<'"},
	{"x = @", "x:1: unexpected symbol near '@'"},
	{"x = `", "x:1: unexpected symbol near '`'"},
	{"a\"b\"=1", "x:1: syntax error near '='"},
	{"x = [", "x:1: unexpected symbol near '['"},
	{"a[", "x:1: unexpected symbol near <eof>"},
	{"a[1", "x:1: ']' expected near <eof>"},
	{"x = ...", ""},
	{"return return", "x:1: unexpected symbol near 'return'"},
	{"return;;", "x:1: <eof> expected near ';'"},
	{"goto", "x:1: <name> expected near <eof>"},
	{"x = \xc3\xa9", "x:1: unexpected symbol near '<\\195>'"},
	{"x!=1", "x:1: syntax error near '!'"},
	{"x += 1", "x:1: syntax error near '+'"},
	{"'\\u{g}'", "x:1: hexadecimal digit expected near ''\\u{g'"},
	{"'\\x'", "x:1: hexadecimal digit expected near ''\\x''"},
	{"x = 1 1", "x:1: unexpected symbol near '1'"},
	{"x = 0x1p", "x:1: malformed number near '0x1p'"},
	{"x = 0x1pz", "x:1: malformed number near '0x1pz'"},
	{"x = 1e+", "x:1: malformed number near '1e+'"},
	{"x = .5.5", "x:1: malformed number near '.5.5'"},
	{"x = 0x1.8.1", "x:1: malformed number near '0x1.8.1'"},
	{"x = 3_000", "x:1: malformed number near '3_'"},
	{"x = 1LL", "x:1: malformed number near '1L'"},
	{"x = 0b1", "x:1: malformed number near '0b1'"},
	{"x=.0x", "x:1: malformed number near '.0x'"},
	{"x = 0x.p1", "x:1: malformed number near '0x.p1'"},
	{"x=12e5e5", "x:1: malformed number near '12e5e5'"},
	{"local", "x:1: <name> expected near <eof>"},
	{"local a,", "x:1: <name> expected near <eof>"},
	{"local a =", "x:1: unexpected symbol near <eof>"},
	{"local a, b = 1,", "x:1: unexpected symbol near <eof>"},
	{"local a < const", "x:1: '>' expected near <eof>"},
	{"local a <1>", "x:1: <name> expected near '1'"},
	{"local a <const>, b <close>, c <close>", "x:1: multiple to-be-closed variables in local list"},
	{"function", "x:1: <name> expected near <eof>"},
	{"function f(", "x:1: <name> or '...' expected near <eof>"},
	{"function f(...", "x:1: ')' expected near <eof>"},
	{"function f(...,a) end", "x:1: ')' expected near ','"},
	{"function f(a,...) ", "x:1: 'end' expected near <eof>"},
	{"function f() return end end", "x:1: <eof> expected near 'end'"},
	{"function f(1) end", "x:1: <name> or '...' expected near '1'"},
	{"\n\nfunction f()\n\n", "x:5: 'end' expected (to close 'function' at line 3) near <eof>"},
	{"local function f\n(a)\n\n", "x:4: 'end' expected (to close 'function' at line 2) near <eof>"},
	{"x = function\n(a)\n\n", "x:4: 'end' expected (to close 'function' at line 2) near <eof>"},
	{"x = (1\n", "x:2: ')' expected (to close '(' at line 1) near <eof>"},
	{"x = ((1)\n", "x:2: ')' expected (to close '(' at line 1) near <eof>"},
	{"f{\n1\n", "x:3: '}' expected (to close '{' at line 1) near <eof>"},
	{"f\n:g(\n1", "x:3: ')' expected (to close '(' at line 1) near <eof>"},
	{"a.b\n.c(\n1", "x:3: ')' expected (to close '(' at line 1) near <eof>"},
	{"for", "x:1: <name> expected near <eof>"},
	{"for 1", "x:1: <name> expected near '1'"},
	{"for a", "x:1: '=' or 'in' expected near <eof>"},
	{"for a =", "x:1: unexpected symbol near <eof>"},
	{"for a = 1", "x:1: ',' expected near <eof>"},
	{"for a = 1,", "x:1: unexpected symbol near <eof>"},
	{"for a = 1, 2 do", "x:1: 'end' expected near <eof>"},
	{"for a = 1, 2\ndo\n", "x:3: 'end' expected (to close 'for' at line 1) near <eof>"},
	{"for a in", "x:1: unexpected symbol near <eof>"},
	{"for a in b", "x:1: 'do' expected near <eof>"},
	{"for a in b do", "x:1: 'end' expected near <eof>"},
	{"for a, b in c do\n", "x:2: 'end' expected (to close 'for' at line 1) near <eof>"},
	{"if", "x:1: unexpected symbol near <eof>"},
	{"if a", "x:1: 'then' expected near <eof>"},
	{"if a then", "x:1: 'end' expected near <eof>"},
	{"if a then else", "x:1: 'end' expected near <eof>"},
	{"if a then\nelse\n", "x:3: 'end' expected (to close 'if' at line 1) near <eof>"},
	{"if a then\nelseif", "x:2: unexpected symbol near <eof>"},
	{"if a then elseif b", "x:1: 'then' expected near <eof>"},
	{"if a then elseif b then", "x:1: 'end' expected near <eof>"},
	{"if then", "x:1: unexpected symbol near 'then'"},
	{"while", "x:1: unexpected symbol near <eof>"},
	{"while a", "x:1: 'do' expected near <eof>"},
	{"repeat", "x:1: 'until' expected near <eof>"},
	{"repeat until", "x:1: unexpected symbol near <eof>"},
	{"repeat\n\nend", "x:3: 'until' expected (to close 'repeat' at line 1) near 'end'"},
	{"do\nuntil x", "x:2: 'end' expected (to close 'do' at line 1) near 'until'"},
	{"do", "x:1: 'end' expected near <eof>"},
	{"do\n", "x:2: 'end' expected (to close 'do' at line 1) near <eof>"},
	{"until", "x:1: <eof> expected near 'until'"},
	{"then", "x:1: unexpected symbol near 'then'"},
	{"return", ""},
	{"return (", "x:1: unexpected symbol near <eof>"},
	{"return 1,", "x:1: unexpected symbol near <eof>"},
	{"return 1;;", "x:1: <eof> expected near ';'"},
	{"return\nreturn", "x:2: unexpected symbol near 'return'"},
	{"return x = 1", "x:1: <eof> expected near '='"},
	{"break break break break 1", "x:1: unexpected symbol near '1'"},
	{"::", "x:1: <name> expected near <eof>"},
	{"::1::", "x:1: <name> expected near '1'"},
	{"goto goto", "x:1: <name> expected near 'goto'"},
	{"a =", "x:1: unexpected symbol near <eof>"},
	{"a, b", "x:1: '=' expected near <eof>"},
	{"a, b =", "x:1: unexpected symbol near <eof>"},
	{"a, 1 = 1", "x:1: unexpected symbol near '1'"},
	{"a = 1 = 2", "x:1: unexpected symbol near '='"},
	{"a.b:c = 1", "x:1: function arguments expected near '='"},
	{"a.b:c() = 1", "x:1: syntax error near '='"},
	{"a()", ""},
	{"a().b", "x:1: syntax error near <eof>"},
	{"a{}.b", "x:1: syntax error near <eof>"},
	{"a'x'", ""},
	{"'x'", "x:1: unexpected symbol near ''x''"},
	{"'x':f()", "x:1: unexpected symbol near ''x''"},
	{"{}", "x:1: unexpected symbol near '{'"},
	{"1", "x:1: unexpected symbol near '1'"},
	{"nil", "x:1: unexpected symbol near 'nil'"},
	{"... = 1", "x:1: unexpected symbol near '...'"},
	{"... ", "x:1: unexpected symbol near '...'"},
	{"(1)", "x:1: syntax error near <eof>"},
	{"x = a.", "x:1: <name> expected near <eof>"},
	{"x = a:", "x:1: <name> expected near <eof>"},
	{"x = a:b", "x:1: function arguments expected near <eof>"},
	{"x = a[", "x:1: unexpected symbol near <eof>"},
	{"x = a[]", "x:1: unexpected symbol near ']'"},
	{"x = {,}", "x:1: unexpected symbol near ','"},
	{"x = {;}", "x:1: unexpected symbol near ';'"},
	{"x = {a=}", "x:1: unexpected symbol near '}'"},
	{"x = {a=1 b=2}", "x:1: '}' expected near 'b'"},
	{"x = {[a]}", "x:1: '=' expected near '}'"},
	{"x = {a,,b}", "x:1: unexpected symbol near ','"},
	{"x={[a]=", "x:1: unexpected symbol near <eof>"},
	{"x = {a\n=1\n", "x:3: '}' expected (to close '{' at line 1) near <eof>"},
	{"x = {a\n(\n1 2", "x:3: ')' expected (to close '(' at line 2) near '2'"},
	{"x = not", "x:1: unexpected symbol near <eof>"},
	{"x = - ", "x:1: unexpected symbol near <eof>"},
	{"x = 1 +", "x:1: unexpected symbol near <eof>"},
	{"x = 1 + + 2", "x:1: unexpected symbol near '+'"},
	{"x = 1 and", "x:1: unexpected symbol near <eof>"},
	{"x = and 1", "x:1: unexpected symbol near 'and'"},
	{"x = a or or b", "x:1: unexpected symbol near 'or'"},
	{"x = a == == b", "x:1: unexpected symbol near '=='"},
	{"x = a ! b", "x:1: unexpected symbol near '!'"},
	{"x = a ? b : c", "x:1: unexpected symbol near '?'"},
	{"x = a ~ ", "x:1: unexpected symbol near <eof>"},
	{"x = a && b", "x:1: unexpected symbol near '&'"},
	{"x = a || b", "x:1: unexpected symbol near '|'"},
	{"x ++", "x:1: syntax error near '+'"},
	{"x = [[", "x:1: unfinished long string (starting at line 1) near <eof>"},
	{"x = [==[ ]=] ", "x:1: unfinished long string (starting at line 1) near <eof>"},
	{"x = ]]", "x:1: unexpected symbol near ']'"},
	{"--[==[ ]=]", "x:1: unfinished long comment (starting at line 1) near <eof>"},
	{"--[=[\n\n]] x", "x:3: unfinished long comment (starting at line 1) near <eof>"},
	{"--[ x\n = ", "x:2: unexpected symbol near '='"},
	{"x = [==", "x:1: invalid long string delimiter near '[=='"},
	{"x = [==x", "x:1: invalid long string delimiter near '[=='"},
	{"x = [=", "x:1: invalid long string delimiter near '[='"},
	{"x = \"", "x:1: unfinished string near <eof>"},
	{"x = '", "x:1: unfinished string near <eof>"},
	{"x = '\n'", "x:1: unfinished string near '''"},
	{"x = '\\\n", "x:2: unfinished string near <eof>"},
	{"x = '\\\r\n'=", "x:2: unexpected symbol near '='"},
	{"x = '\\z", "x:1: unfinished string near <eof>"},
	{"x = '\\z \n \n", "x:3: unfinished string near <eof>"},
	{"x = '\\c'", "x:1: invalid escape sequence near ''\\c'"},
	{"x = '\\8'=", "x:1: unexpected symbol near '='"},
	{"x = '\\999'", "x:1: decimal escape too large near ''\\999''"},
	{"x = '\\25x'=", "x:1: unexpected symbol near '='"},
	{"x = '\\xg'", "x:1: hexadecimal digit expected near ''\\xg'"},
	{"x = '\\x0g'", "x:1: hexadecimal digit expected near ''\\x0g'"},
	{"x = '\\x\xc3\xa9\xc3\xa9'", "x:1: hexadecimal digit expected near ''\\x\xc3'"},
	{"x = '\\u{1g}'", "x:1: missing '}' near ''\\u{1g'"},
	{"x = '\\u{ffffffff}'", "x:1: UTF-8 value too large near ''\\u{ffffffff'"},
	{"x = '\\u{1", "x:1: missing '}' near ''\\u{1'"},
	{"x = '\\u{100000000}'", "x:1: UTF-8 value too large near ''\\u{100000000'"},
	{"x = '\\u1'", "x:1: missing '{' near ''\\u1'"},
	{"x = '\\u'", "x:1: missing '{' near ''\\u''"},
	{"x = '\\\xc3\xa9'", "x:1: invalid escape sequence near ''\\\xc3'"},
	{"x = '\\\x00'", "x:1: invalid escape sequence near ''\\'"},
	{"x = 'a\x00b\\q'", "x:1: invalid escape sequence near ''a'"},
	{"x = 'a\x00b' 'a\x00b'", "x:1: unexpected symbol near ''a'"},
	{"x = 'a\x00b\n", "x:1: unfinished string near ''a'"},
	{"x = '\\\n\n", "x:2: unfinished string near ''\n'"},
	{"x = [[a\x00b]] [[c\x00d]]", "x:1: unexpected symbol near '[[c'"},
	{"x = [=[\r\nab\r]=] [=[\r\nab\rc]=]", "x:5: unexpected symbol near '[=[ab\nc]=]'"},
	{"x = [=[]=][=[]=] 3", "x:1: unexpected symbol near '[=[]=]'"},
	{"x = \\", "x:1: unexpected symbol near '\\'"},
	{"x = \x7f", "x:1: unexpected symbol near '<\\127>'"},
	{"x = \x1f", "x:1: unexpected symbol near '<\\31>'"},
	{"x\xff", "x:1: syntax error near '<\\255>'"},
	{"\x00", "x:1: unexpected symbol"},
	{"x = 1 \x00", "x:1: unexpected symbol"},
	{"a\x00b", "x:1: syntax error"},
	{"x \"a\\\"b\" y", "x:1: syntax error near <eof>"},
	{"\r\n\r\n= 1", "x:3: unexpected symbol near '='"},
	{"\n\r\n\r= 1", "x:3: unexpected symbol near '='"},
	{"\r\r= 1", "x:3: unexpected symbol near '='"},
	{"-- a\r\n= 1", "x:2: unexpected symbol near '='"},
	{"\x0b\x0c = 1", "x:1: unexpected symbol near '='"},
	{"$", "x:1: unexpected symbol near '$'"},
	{"x = 'a\tb' 'c\td'", "x:1: unexpected symbol near ''c\td''"},
	{"x.y z", "x:1: syntax error near 'z'"},
	{"x = x y z", "x:1: syntax error near 'z'"},
	{"x = 5 .. 5 5", "x:1: unexpected symbol near '5'"},
	{"x = 1..2", "x:1: malformed number near '1..2'"},
	{"x = a.1", "x:1: unexpected symbol near '.1'"},
	{"x = a..1.. ", "x:1: malformed number near '1..'"},
	{"x = a...b", "x:1: unexpected symbol near '...'"},
	{"x = ....5", "x:1: unexpected symbol near '.5'"},
	{"x=\"\\u{7FFFFFFF}\\u{0}\\u{10FFFF}\\u{D800}\" \"\\u{7FFFFFFF}\\u{10FFFF}\\u{D800}\\u{7FF}\\u{800}\\u{FFFF}\\u{10000}\\u{1FFFFF}\\u{200000}\\u{3FFFFFF}\\u{4000000}\"", "x:1: unexpected symbol near '\"\xfd\xbf\xbf\xbf\xbf\xbf\xf4\x8f\xbf\xbf\xed\xa0\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf7\xbf\xbf\xbf\xf8\x88\x80\x80\x80\xfb\xbf\xbf\xbf\xbf\xfc\x84\x80\x80\x80\x80\"'"},
	{"function f() return ... end", "x:1: cannot use '...' outside a vararg function near '...'"},
	{"function f(...) return function() return ... end end", "x:1: cannot use '...' outside a vararg function near '...'"},
	{"function f(a) local function g(...) end return\n... end", "x:2: cannot use '...' outside a vararg function near '...'"},
	{"x = function(...) local a = {...} end y = ...", ""},
	{"local a <\n\nfoo\n\n> = 1", "x:5: unknown attribute 'foo'"},
	{"local a <foo>\n= 1", "x:2: unknown attribute 'foo'"},
	{"local a <const\n", "x:2: '>' expected near <eof>"},
	{"goto\n\n1", "x:3: <name> expected near '1'"},
	{"f(a\n", "x:2: ')' expected (to close '(' at line 1) near <eof>"},
	{"f(a b)", "x:1: ')' expected near 'b'"},
	{"f(a,)", "x:1: unexpected symbol near ')'"},
	{"f(,)", "x:1: unexpected symbol near ','"},
	{"f(a,b", "x:1: ')' expected near <eof>"},
	{"x = f\n'a'\n[[\nb]] c", "x:4: syntax error near <eof>"},
	{"x = 'a' .. \"b\" c", "x:1: syntax error near <eof>"},
	{"a.b.c", "x:1: syntax error near <eof>"},
	{"a.b['c']", "x:1: syntax error near <eof>"},
	{"a:b().c", "x:1: syntax error near <eof>"},
	{"a, b, c", "x:1: '=' expected near <eof>"},
	{"a, f(), c = 1", "x:1: syntax error near ','"},
	{"a, (b) = 1", "x:1: syntax error near '='"},
	{"a; b", "x:1: syntax error near ';'"},
	{"a = b c = d e", "x:1: syntax error near <eof>"},
	{";;;=", "x:1: unexpected symbol near '='"},
	{"end end", "x:1: <eof> expected near 'end'"},
	{"local function f() end end", "x:1: <eof> expected near 'end'"},
	{"local a.b = 1", "x:1: unexpected symbol near '.'"},
	{"local function a.b() end", "x:1: '(' expected near '.'"},
	{"function a[1]() end", "x:1: '(' expected near '['"},
	{"function a:b:c() end", "x:1: '(' expected near ':'"},
	{"function (a) end", "x:1: <name> expected near '('"},
	{"x = function f() end", "x:1: '(' expected near 'f'"},
	{"local x <const>", ""},
	{"for i = 1, 2 do local x <close> = y end z", "x:1: syntax error near <eof>"},
	{"import", "x:1: syntax error near <eof>"},
	{"x = `a`", "x:1: unexpected symbol near '`'"},
	{"a = 'b' c = 'd' ]]", "x:1: unexpected symbol near ']'"},
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// runLua runs a script that reads lines and writes one line for each, all in hexadecimal. It skips the test
// without lua5.4.
func runLua(t *testing.T, script string, lines []string) []string {
	t.Helper()
	lua, err := exec.LookPath("lua5.4")
	if err != nil {
		t.Skip("lua5.4 is not installed")
	}
	const prelude = `
local function unhex(s) return (s:gsub("%x%x", function(h) return string.char(tonumber(h, 16)) end)) end
local function hex(s) return (s:gsub("[\0-\255]", function(c) return string.format("%02x", c:byte()) end)) end
local function run(f) for line in io.lines() do io.write(hex(f(unhex(line))), "\n") end end
`
	var in strings.Builder
	for _, line := range lines {
		in.WriteString(hex.EncodeToString([]byte(line)) + "\n")
	}
	cmd := exec.Command(lua, "-e", prelude+script)
	cmd.Stdin = strings.NewReader(in.String())
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("lua5.4: %v", err)
	}
	answers := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(answers) != len(lines) {
		t.Fatalf("lua5.4 wrote %d lines for %d", len(answers), len(lines))
	}
	for i, answer := range answers {
		b, err := hex.DecodeString(answer)
		if err != nil {
			t.Fatal(err)
		}
		answers[i] = string(b)
	}
	return answers
}

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	for _, test := range errorTexts {
		_, err := Parse([]byte(test.source), "x", Options{})
		if got := errorText(err); got != test.want {
			t.Errorf("%q:\n got %q\nwant %q", test.source, got, test.want)
		}
	}
}

func TestErrorTextsAreThoseOfLua(t *testing.T) {
	t.Parallel()
	var sources []string
	for _, test := range errorTexts {
		sources = append(sources, test.source)
	}
	for i, got := range runLua(t, `run(function(s) local f, err = load(s, "=x") return f and "" or err end)`, sources) {
		if got != errorTexts[i].want {
			t.Errorf("%q:\nlua5.4 says %q\n we expect %q", sources[i], got, errorTexts[i].want)
		}
	}
}

// TestMutilatedSourcesFailAsInLua cuts a program, and removes and inserts text, at every byte.
func TestMutilatedSourcesFailAsInLua(t *testing.T) {
	t.Parallel()
	const program = `local a <const>, b = 0x1p4, {1; x = 'q\z
  r', [ [[k]] ] = -2^-3, f"s", ...}
local function f(p, ...)
	for i = 1, #p, 2 do while not p[i] do p.x:m(1, "\u{48}") end end
	for k, v in pairs{...} do repeat local z = k .. v until z ~= v // 1 end
	return function() return a, 3 >> 1 & ~0 end;
end
--[==[ a
comment ]==]
if a == b then f() elseif (f)[1] then a.b.c, b = nil, true else ::done:: do end end
function b.c:d() self.x = 1e3 <= .5 or a ... end
return f(a, b)`
	var sources []string
	for i := range len(program) {
		sources = append(sources, program[:i], program[i:])
		for _, n := range []int{1, 3, 6} {
			if i+n < len(program) {
				sources = append(sources, program[:i]+program[i+n:])
			}
		}
		for _, extra := range []string{" end ", "=", "(", "...", "'", "\x01", " 1 ", "\n", "]", "<close>"} {
			sources = append(sources, program[:i]+extra+program[i:])
		}
	}
	compareWithLua(t, sources)
}

// TestTokenSoupsFailAsInLua joins tokens at random.
func TestTokenSoupsFailAsInLua(t *testing.T) {
	t.Parallel()
	tokens := strings.Fields(`and break do else elseif end false for function goto if in local nil not or repeat return
		then true until while + - * / % ^ # & ~ | << >> // == ~= <= >= < > = ( ) { } [ ] :: ; : , . .. ... a b f a b f 1 2.5
		's' "t" [[u]] <const> <close> --[[c]] a=1 f() (a) end end a,b={} function(a) function() then do`)
	tokens = append(tokens, "\n", "\r\n")
	random := rand.New(rand.NewPCG(1, 2))
	var sources []string
	for range 20000 {
		var b strings.Builder
		for range 1 + random.IntN(12) {
			b.WriteString(tokens[random.IntN(len(tokens))])
			if random.IntN(4) > 0 {
				b.WriteByte(' ')
			}
		}
		sources = append(sources, b.String())
	}
	compareWithLua(t, sources)
}

// compareWithLua compares our errors with those of lua5.4.
func compareWithLua(t *testing.T, sources []string) {
	t.Helper()
	for i, want := range runLua(t, `run(function(s) local f, err = load(s, "=x") return f and "" or err end)`, sources) {
		_, err := Parse([]byte(sources[i]), "x", Options{})
		if got := errorText(err); got != want && !isCompileError(want) {
			t.Errorf("%q:\n got %q\nwant %q", sources[i], got, want)
		}
	}
}

// isCompileError reports whether Lua's message is one that the parser leaves to the compiler.
func isCompileError(message string) bool {
	for _, s := range []string{"const variable", "outside loop", "no visible label", "already defined", "jumps into"} {
		if strings.Contains(message, s) {
			return true
		}
	}
	return false
}

func TestHeaderOfAFileIsSkipped(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ source, shebang, want string }{
		{"#!/usr/bin/silly -x\n= 1", "#!/usr/bin/silly -x", ":2: unexpected symbol near '='"},
		{"#", "#", ""},
		{"#\r\n\n= 1", "#", ":3: unexpected symbol near '='"},
		{"\uFEFFx = 1", "", ""},
		{"\uFEFF#!a\n= 1", "#!a", ":2: unexpected symbol near '='"},
		{"\uFEFF\n\uFEFF", "", `:2: unexpected symbol near '<\239>'`},
		{"\n#", "", ":2: unexpected symbol near '#'"},
		{" #", "", ":1: unexpected symbol near '#'"},
		{"\xEF\xBB", "", `:1: unexpected symbol near '<\239>'`},
	} {
		chunk, err := Parse([]byte(test.source), "x", Options{File: true})
		if got := strings.TrimPrefix(errorText(err), "x"); got != test.want {
			t.Errorf("%q: %q, want %q", test.source, got, test.want)
		}
		if err == nil && chunk.Shebang != test.shebang {
			t.Errorf("%q: shebang %q, want %q", test.source, chunk.Shebang, test.shebang)
		}
		luac, err := exec.LookPath("luac5.4")
		if err != nil {
			continue
		}
		file := filepath.Join(t.TempDir(), "x.lua")
		if err := os.WriteFile(file, []byte(test.source), 0o600); err != nil {
			t.Fatal(err)
		}
		out, _ := exec.Command(luac, "-p", file).CombinedOutput()
		if _, got, _ := strings.Cut(strings.TrimSpace(string(out)), file); got != test.want {
			t.Errorf("%q: luac5.4 says %q, want %q", test.source, got, test.want)
		}
	}
}

// TestHeaderOfATextIsNotSkipped: what load gets is no file.
func TestHeaderOfATextIsNotSkipped(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"#!/usr/bin/silly\nx = 1": "x:1: unexpected symbol near '#'",
		"#":                       "x:1: unexpected symbol near '#'",
		"\uFEFFx = 1":             `x:1: unexpected symbol near '<\239>'`,
		"\uFEFF#\nx = 1":          `x:1: unexpected symbol near '<\239>'`,
	} {
		_, err := Parse([]byte(source), "x", Options{})
		if got := errorText(err); got != want {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
	}
	compareWithLua(t, []string{"#", "#!a\n", "\uFEFF", "\uFEFFx = 1", "\uFEFF#", "\xEF\xBB", "#x\nreturn 1"})
}

func TestIncompleteSourcesSaySo(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]bool{
		"if x then": true, "f(": true, "x = [[": true, "x = {": true, "x = 1 +": true, "--[[": true, "x =": true,
		"x = )": false, "x = 'a\n": false, "end": false, "return 1 2": false, "local a <b>": false,
		"x = '<eof>' '<eof>'": false,
	} {
		_, err := Parse([]byte(source), "x", Options{})
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: %v", source, err)
		} else if e.Incomplete() != want {
			t.Errorf("%q: incomplete is %v, want %v", source, e.Incomplete(), want)
		}
	}
}

func TestErrorsHaveColumns(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]Pos{
		"= 1": {1, 1}, "x =\n  )": {2, 3}, "x = [[\nab]] [[\nc]]": {3, 4}, "x = 'a\\q": {1, 8},
	} {
		_, err := Parse([]byte(source), "x", Options{})
		var e *Error
		if !errors.As(err, &e) || e.Pos != want {
			t.Errorf("%q: %+v, want %v", source, e, want)
		}
	}
}
