-- §3.1 Lexical conventions.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal = check.equal

-- Names: letters, digits, underscores, not beginning with a digit; case matters.
do
	local a, A, _, _1, a_b, __x__, abc123 = 1, 2, 3, 4, 5, 6, 7
	check.list({1, 2, 3, 4, 5, 6, 7}, a, A, _, _1, a_b, __x__, abc123)
	local And, AND, End, nIl = 1, 2, 3, 4
	check.list({1, 2, 3, 4}, And, AND, End, nIl)
	local long = ("x"):rep(1000)
	check.run("local " .. long .. " = 5; return " .. long, {5})
	check.syntax("local 1a = 1", "chunk:1: malformed number near '1a'")
	check.syntax("local é = 1", "chunk:1: <name> expected near '<\\195>'")
end

-- Keywords are no names, but they are fields after quotes.
for _, word in ipairs {"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
	"local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while"} do
	check.syntax("local " .. word .. " = 1", "chunk:1: <name> expected near '" .. (word == "function" and "=" or word) .. "'")
	check.syntax("local t = {} t." .. word .. " = 1", "chunk:1: <name> expected near '" .. word .. "'")
	check.run("local t = {['" .. word .. "'] = 1} return t['" .. word .. "']", {1})
end

-- Every other token.
check.run([==[local a, b, t = 7, 2, {5, x = "y"; z = 1}
return a + b, a - b, a * b, a / b, a % b, a ^ b, #"abc", a & b, a ~ b, a | b, a << b, a >> b, a // b, a == b, a ~= b,
a <= b, a >= b, a < b, a > b, (a), t[1], t.x, "a" .. "b", #t, ...]==],
	{9, 5, 14, 3.5, 1, 49.0, 3, 2, 5, 7, 28, 1, 3, false, true, false, true, false, true, 7, 5, "y", "ab", 1, 8, 9}, 8, 9)
check.run("local t={}function t.f()return 1 end;function t:g()return self end::label::return t.f(),t:g()==t", {1, true})
check.run("return 1 ..2", {"12"})
check.run("return 1 .. 2", {"12"})
check.run("local a='x'return a..a..'y'", {"xxy"})
check.run("local function f(...)return...end return f(1,2)", {1, 2})
check.run("return#{1,2}==2 or{}", {true})

-- Spaces: blanks, tabs, vertical tabs, form feeds, newlines of every kind.
check.run("return\t1\v+\f2\r\n+\n3\r+ 4", {10})
check.run("\n\n\n;;;\n;return 1;", {1})
check.run("return(1)", {1})

-- Short strings: both quotes, and every escape.
check.expressions {
	{[["double"]], "double"}, {[['single']], "single"}, {[["'"]], "'"}, {[['"']], '"'}, {[["\""]], '"'}, {[['\'']], "'"},
	{[["\a\b\f\n\r\t\v\\"]], string.char(7, 8, 12, 10, 13, 9, 11, 92)},
	{[["\x41\x7a\xff\x00\xAb"]], string.char(65, 122, 255, 0, 171)},
	{[["\65\066\0670\10\0\255"]], string.char(65, 66, 67, 48, 10, 0, 255)},
	{[["\0001"]], "\0" .. "1"}, {[["\1234"]], "{4"}, {[["\9a"]], "\ta"},
	{[["\u{0}\u{41}\u{7F}"]], "\0A\127"}, {[["\u{80}\u{7FF}"]], "\194\128\223\191"}, {[["\u{800}\u{FFFF}"]], "\224\160\128\239\191\191"},
	{[["\u{10000}\u{10FFFF}"]], "\240\144\128\128\244\143\191\191"}, {[["\u{20AC}\u{00000e4}"]], "€ä"},
	{[["\u{D800}"]], "\237\160\128"}, {[["\u{110000}"]], "\244\144\128\128"},
	{[["\u{1FFFFF}\u{200000}"]], "\247\191\191\191\248\136\128\128\128"},
	{[["\u{3FFFFFF}\u{4000000}\u{7FFFFFFF}"]], "\251\191\191\191\191\252\132\128\128\128\128\253\191\191\191\191\191"},
	{"\"a\\\nb\"", "a\nb"}, {"\"a\\\r\nb\"", "a\nb"}, {"\"a\\\rb\"", "a\nb"}, {"\"a\\\n\rb\"", "a\nb"}, {"\"a\\\n\\\nb\"", "a\n\nb"},
	{"\"a\\z  \n\t  b\"", "ab"}, {"\"a\\z\"", "a"}, {"\"a\\zb\"", "ab"}, {"\"\\z  \\z \\n\"", "\n"}, {"\"a\\z\n\n\nb\"", "ab"},
	{"'a\\\n\\tb'", "a\n\tb"}, {"''", ""}, {"\"\"", ""}, {"\"\t\"", "\t"}, {"\"\1\127\128\255\"", "\1\127\128\255"}, {"\"a\0b\"", "a\0b"},
	{"\"--no comment\"", "--no comment"}, {"\"[[no long string]]\"", "[[no long string]]"}, {[["\\n"]], "\\n"}, {[["\\\n"]], "\\\n"},
}

-- Errors in strings.
check.syntax("return 'abc", "chunk:1: unfinished string near <eof>")
check.syntax("return \"abc\ndef\"", "chunk:1: unfinished string near '\"abc'")
check.syntax("return 'abc\rdef'", "chunk:1: unfinished string near ''abc'")
check.syntax("return 'abc\\", "chunk:1: unfinished string near <eof>")
check.syntax([[return '\q']], [[chunk:1: invalid escape sequence near ''\q']])
check.syntax([[return "abc\.def"]], [[chunk:1: invalid escape sequence near '"abc\.']])
check.syntax([[return '\x']], [[chunk:1: hexadecimal digit expected near ''\x'']])
check.syntax([[return '\x4']], [[chunk:1: hexadecimal digit expected near ''\x4'']])
check.syntax([[return '\x4g']], [[chunk:1: hexadecimal digit expected near ''\x4g']])
check.syntax([[return '\xgg']], [[chunk:1: hexadecimal digit expected near ''\xg']])
check.syntax([[return '\256']], [[chunk:1: decimal escape too large near ''\256'']])
check.syntax([[return '\300x']], [[chunk:1: decimal escape too large near ''\300x']])
check.syntax([[return '\999']], [[chunk:1: decimal escape too large near ''\999'']])
check.syntax([[return '\u41']], [[chunk:1: missing '{' near ''\u4']])
check.syntax([[return '\u{}']], [[chunk:1: hexadecimal digit expected near ''\u{}']])
check.syntax([[return '\u{41']], [[chunk:1: missing '}' near ''\u{41'']])
check.syntax([[return '\u{80000000}']], [[chunk:1: UTF-8 value too large near ''\u{80000000']])
check.syntax([[return '\u{g}']], [[chunk:1: hexadecimal digit expected near ''\u{g']])

-- Long strings: any level; a first newline is skipped; no escapes; newlines are normalized.
check.expressions {
	{"[[long]]", "long"}, {"[=[long]=]", "long"}, {"[====[long]====]", "long"}, {"[[]]", ""}, {"[==[]==]", ""},
	{"[[a]b]]", "a]b"}, {"[=[a]]b]=]", "a]]b"}, {"[=[a]==]b]=]", "a]==]b"}, {"[==[a]=]b]]c]==]", "a]=]b]]c"}, {"[[[x]]", "[x"},
	{"[=[]]=]", "]"}, {"[=[a]]=]", "a]"}, {"[[\n]]", ""}, {"[[\n\n]]", "\n"}, {"[[\nx\n]]", "x\n"}, {"[[ \nx]]", " \nx"},
	{"[[\\n\\x41\\z]]", "\\n\\x41\\z"}, {"[['\"]]", "'\""}, {"[[a\r\nb]]", "a\nb"}, {"[[a\rb]]", "a\nb"}, {"[[a\n\rb]]", "a\nb"}, {"[[a\r\r\nb]]", "a\n\nb"},
	{"[[a\n\nb]]", "a\n\nb"}, {"[[\r\nx]]", "x"}, {"[[\rx]]", "x"}, {"[[\n\r\nx]]", "\nx"}, {"[[a\0b]]", "a\0b"}, {"[[--x]]", "--x"},
	{"#[[\n12345]]", 5}, {"[=[\n]]\n]=]", "]]\n"},
}
check.syntax("return [[abc", "chunk:1: unfinished long string (starting at line 1) near <eof>")
check.syntax("\nreturn [==[abc]=]\n\n", "chunk:4: unfinished long string (starting at line 2) near <eof>")
check.syntax("return [=x", "chunk:1: invalid long string delimiter near '[='")
check.syntax("return [==", "chunk:1: invalid long string delimiter near '[=='")

-- Comments.
check.run("-- a comment\nreturn 1 -- another", {1})
check.run("--[[ long\n]] return 1", {1})
check.run("--[==[ ]] ]=] \n ]==] return 2", {2})
check.run("--[ no long comment\nreturn 3", {3})
check.run("--[=no long comment]=]\nreturn 4", {4})
check.run("return 5 --[[x]] + --[=[y]=] 6", {11})
check.run("return 7--", {7})
check.run("--[[]]return 8", {8})
check.run("---[[ short\nreturn 9\n--]]", {9})
check.run("return 1--[[\n]]+1", {2})
check.run("--\n--\r--\r\n--\n\rreturn 1", {1})
check.syntax("--[[ unfinished", "chunk:1: unfinished long comment (starting at line 1) near <eof>")
check.syntax("\n--[=[ unfinished ]]\n", "chunk:3: unfinished long comment (starting at line 2) near <eof>")

-- Decimal numerals: an integer is one without point and exponent that fits; else a float.
check.expressions {
	{"3", 3}, {"345", 345}, {"0", 0}, {"007", 7}, {"9223372036854775807", math.maxinteger}, {"9223372036854775808", 2^63},
	{"-9223372036854775808", -2^63}, {"123456789012345678901234567890", 123456789012345678901234567890.0},
	{"3.0", 3.0}, {"3.1416", 3.1416}, {"314.16e-2", 3.1416}, {"0.31416E1", 3.1416}, {"34e1", 340.0}, {"1e0", 1.0}, {"3.", 3.0}, {".5", 0.5},
	{"0.", 0.0}, {".0", 0.0}, {"1e+2", 100.0}, {"1E-2", 0.01}, {"0e12", 0.0}, {"5e-324", 5e-324}, {"1e308", 1e308}, {"1e309", math.huge}, {"1e-400", 0.0},
	{"2.2250738585072014e-308", 2.2250738585072014e-308}, {"0.1", 1 / 10}, {"1e15", 1000000000000000.0}, {"1e16", 10000000000000000.0}, {"-0", 0}, {"-0.0", -0.0},
	{"9007199254740993", 9007199254740993}, {"9007199254740993.0", 9007199254740992.0}, {"1" .. ("0"):rep(30), 1e30}, {"0." .. ("0"):rep(30) .. "1", 1e-31},
	{("0"):rep(100) .. "12", 12},
}

-- Hexadecimal numerals: integers wrap around; a point or an exponent makes a float.
check.expressions {
	{"0xff", 255}, {"0XFF", 255}, {"0xBEBADA", 0xBEBADA}, {"0x0", 0}, {"0xA", 10}, {"0Xa", 10}, {"0x7fffffffffffffff", math.maxinteger},
	{"0x8000000000000000", math.mininteger}, {"0xffffffffffffffff", -1}, {"0x10000000000000000", 0}, {"0x1ffffffffffffffff", -1}, {"0x123456789abcdef01", 0x23456789abcdef01},
	{"0x0.1E", 0.1171875}, {"0xA23p-4", 162.1875}, {"0X1.921FB54442D18P+1", math.pi}, {"0x.8", 0.5}, {"0x8.", 8.0}, {"0x1p4", 16.0}, {"0x1P+4", 16.0}, {"0x1p-1", 0.5},
	{"0xep1", 28.0}, {"0x1e2", 482}, {"0x.1p4", 1.0}, {"0x1.8p1", 3.0}, {"0x1p1023", 2^1023}, {"0x1p1024", math.huge}, {"0x1p-1074", 5e-324}, {"0x0p0", 0.0},
	{"0x1.fffffffffffffp1023", 1.7976931348623157e308}, {"0xffffffffffffffff.0", 2^64}, {"0x10000000000000000.", 2^64},
}

-- Malformed numbers.
for _, text in ipairs {"3x", "3.x", "0xg", "0x", "0x.", "1e", "1e+", "1e-", "0x1p", "0x1p+", "1..2", "1.2.3", "08x", "1ee2", "0x1pp2", "3_", "0b1", "1e5.2", "0x1p2.5", "12abc", "0xep1x"} do
	check.syntax("return " .. text, "chunk:1: malformed number near '" .. text .. "'")
end
check.syntax("return 1e+x", "chunk:1: malformed number near '1e+x'")
check.run("return 1-2", {-1})
check.run("return 1e1-2", {8.0})
check.run("return 0xe-1", {13})
check.run("return 0xe+1", {15})
check.run("local a = {1,2}return a[1]or 3", {1})

-- Characters that begin no token.
for _, char in ipairs {"!", "@", "$", "?", "`", "\\"} do
	check.syntax("return " .. char, "chunk:1: unexpected symbol near '" .. char .. "'")
	check.syntax("local a = 1 " .. char, "chunk:1: unexpected symbol near '" .. char .. "'")
end
check.syntax("return \1", "chunk:1: unexpected symbol near '<\\1>'")
check.syntax("return \255", "chunk:1: unexpected symbol near '<\\255>'")
check.syntax("return 1 != 2", "chunk:1: <eof> expected near '!'")
check.syntax("return 1 ~ = 2", "chunk:1: unexpected symbol near '='")
check.syntax("return 1 & & 2", "chunk:1: unexpected symbol near '&'")
check.syntax("a ! b", "chunk:1: syntax error near '!'")

-- Lines are counted with every kind of newline.
for _, newline in ipairs {"\n", "\r", "\r\n", "\n\r"} do
	check.syntax(("x = 1" .. newline):rep(4) .. "?", "chunk:5: unexpected symbol near '?'")
	check.syntax("x = [[" .. newline:rep(3) .. "]]" .. newline .. "?", "chunk:5: unexpected symbol near '?'")
	check.syntax("--[[" .. newline:rep(3) .. "]]" .. newline .. "?", "chunk:5: unexpected symbol near '?'")
	check.syntax("x = 'a\\" .. newline .. "b\\z" .. newline .. "c'" .. newline .. "?", "chunk:4: unexpected symbol near '?'")
end

check.done()
