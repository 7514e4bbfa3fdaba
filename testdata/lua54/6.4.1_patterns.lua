-- §6.4.1 Patterns: find, match, gmatch, gsub.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list

-- {subject, pattern, results of match...}; nil when there is none.
for _, case in ipairs {
	-- Characters.
	{"hello", "ell", "ell"}, {"hello", "^hello$", "hello"}, {"hello", "", ""}, {"", "", ""}, {"", "a"}, {"abc", "b", "b"}, {"a.c", "a%.c", "a.c"}, {"abc", "a%.c"}, {"abc", "a.c", "abc"}, {"a\0c", "a.c", "a\0c"}, {"a\nc", "a.c", "a\nc"}, {"ac", "a.c"},
	-- Classes.
	{"x1", "%a", "x"}, {"x1", "%d", "1"}, {"x 1", "%s", " "}, {"x!1", "%p", "!"}, {"Xx", "%l", "x"}, {"xX", "%u", "X"}, {"!a1", "%w", "a"}, {"zg1", "%x", "1"}, {"a\1b", "%c", "\1"}, {" a", "%g", "a"}, {"1a", "%A", "1"}, {"a1", "%D", "a"}, {" a", "%S", "a"}, {"!a", "%P", "a"}, {"aB", "%L", "B"}, {"Ab", "%U", "b"}, {"a!", "%W", "!"}, {"fg", "%X", "g"}, {"\1a", "%C", "a"}, {"a ", "%G", " "}, {"é", "%a"}, {"\t\n\v\f\r ", "^%s+$", "\t\n\v\f\r "}, {"az09AZ", "^%w+$", "az09AZ"}, {"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "^%p+$", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}, {"0123456789abcdefABCDEF", "^%x+$", "0123456789abcdefABCDEF"}, {"g", "%x"},
	-- % before other characters.
	{"a%b", "%%", "%"}, {"(x)", "%(x%)", "(x)"}, {"a[b]", "%[b%]", "[b]"}, {"a^b$", "%^b%$", "^b$"}, {"a-b", "a%-b", "a-b"}, {"a*+?", "%*%+%?", "*+?"}, {"a\"b", "%\"", "\""},
	-- Sets.
	{"abc", "[b]", "b"}, {"abc", "[^a]", "b"}, {"abc", "[a-b]+", "ab"}, {"abc123", "[%a]+", "abc"}, {"abc123", "[%d]+", "123"}, {"abc_1", "[%w_]+", "abc_1"}, {"a-b", "[a-]+", "a-"}, {"a-b", "[-a]+", "a-"}, {"a]b", "[]]", "]"}, {"a]b", "[^]]+", "a"}, {"a^b", "[b^]+", "^b"}, {"x.y", "[.]", "."}, {"a%b", "[%%]", "%"}, {"a]b", "[%]]", "]"}, {"a-z", "[a%-z]+", "a-z"}, {"b", "[a%-z]"}, {"0x1F", "0[xX][%x]+", "0x1F"}, {"abc", "[^%s]+", "abc"}, {"ab c", "[^%s%d]+", "ab"}, {"\0a", "[\0]", "\0"}, {"\0\1\2", "[\1-\2]+", "\1\2"}, {"\200\210", "[\128-\255]+", "\200\210"}, {"c", "[a-]"}, {"]", "[]]", "]"}, {"[]", "[][]+", "[]"}, {"é", "[é]+", "é"}, {"b", "[c-a]"}, {"+", "[+--]", "+"}, {"a", "[%a-z]", "a"}, {"-", "[%a-z]", "-"}, {"a]", "[a]]", "a]"}, {"x", "[^^]", "x"}, {"^", "[^^]"},
	-- Repetition.
	{"aaa", "a*", "aaa"}, {"bbb", "a*", ""}, {"aaa", "a+", "aaa"}, {"bbb", "a+"}, {"aaa", "a-", ""}, {"aaa", "^a-$", "aaa"}, {"aaab", "a-b", "aaab"}, {"ab", "ab?", "ab"}, {"a", "ab?", "a"}, {"abb", "ab?b", "abb"}, {"ab", "ab?b", "ab"}, {"aab", "a*ab", "aab"}, {"aaaa", "a*a", "aaaa"}, {"aXbXc", ".*X", "aXbX"}, {"aXbXc", ".-X", "aX"}, {"aXbXc", "X.*", "XbXc"}, {"<a><b>", "<.->", "<a>"}, {"<a><b>", "<.*>", "<a><b>"}, {"  x  ", "^%s*(.-)%s*$", "x"}, {"", "^%s*(.-)%s*$", ""}, {"key = value", "^(%w+)%s*=%s*(%w+)$", "key", "value"}, {"a*b", "a%*b", "a*b"}, {"aaa", "a?a?a?a?", "aaa"}, {"xyz", "x*y*z*", "xyz"}, {"*a", "*", "*"}, {"a*", "^*"}, {"+a", "+a", "+a"}, {"--", "%-*", "--"}, {"a?", "a%?", "a?"},
	-- Anchors.
	{"abc", "^b"}, {"abc", "^a", "a"}, {"abc", "c$", "c"}, {"abc", "b$"}, {"a$b", "a$b", "a$b"}, {"a^b", "a^b", "a^b"}, {"", "^$", ""}, {"a", "^$"}, {"abc", "$", ""}, {"$", "$$", "$"}, {"^a", "^^a", "^a"}, {"ab", "a$"},
	-- Captures.
	{"hello world", "(%w+) (%w+)", "hello", "world"}, {"abc", "(a)(b)(c)", "a", "b", "c"}, {"abc", "((a)(b))", "ab", "a", "b"}, {"abc", "(a*(.)%w(%s*))", "abc", "b", ""}, {"abc", "()b()", 2, 3}, {"abc", "()", 1}, {"", "()", 1}, {"abc", "()$", 4}, {"abc", "a(.*)", "bc"}, {"abc", "(x?)", ""}, {"date: 2024-01-31", "(%d+)-(%d+)-(%d+)", "2024", "01", "31"}, {"abc", "(()(.))", "a", 1, "a"}, {"aa", "(a)%1", "a"}, {"ab", "(a)%1"}, {"abcabc", "(abc)%1", "abc"}, {"'x'", "(['\"])(.-)%1", "'", "x"}, {"\"it's\"", "([\"'])(.-)%1", "\"", "it's"}, {"abab", "((a)(b))%1", "ab", "a", "b"}, {"aabb", "(a)(%1)(b)%3", "a", "a", "b"}, {"xx", "(x?)%1$", "x"}, {"=[[x]]", "%[(=*)%[(.-)%]%1%]", "", "x"}, {"[==[x]==]", "%[(=*)%[(.-)%]%1%]", "==", "x"},
	-- Balance.
	{"f(a(b)c)d", "%b()", "(a(b)c)"}, {"((a)", "%b()", "(a)"}, {"(a", "%b()"}, {"{a{b}c}{d}", "%b{}", "{a{b}c}"}, {"xaybz", "%bxz", "xaybz"}, {"''", "%b''", "''"}, {"'a'b'", "%b''", "'a'"}, {"if a then b end", "%b  ", " a "}, {"()", "^%b()$", "()"}, {"(())()", "^%b()", "(())"}, {"\0a\1", "%b\0\1", "\0a\1"},
	-- Frontier.
	{"THE (quick) fox", "%f[%a]%a+", "THE"}, {"the fox", "%f[%a]%a+%f[%A]", "the"}, {"x=12", "%f[%d]%d+", "12"}, {"abc", "%f[%z]", ""}, {"abc", "c%f[\0]", "c"}, {"foo.bar", "%f[%w]bar", "bar"}, {"foobar", "%f[%w]bar"}, {"a b", "%f[%s]", ""}, {"", "%f[%z]"}, {"abc", "%f[a]", ""},
	-- Zeros in subject and pattern.
	{"a\0b\0c", "%z", "\0"}, {"a\0b", "\0b", "\0b"}, {"a\0b", "[^\0]+", "a"}, {"a\0b", "a%zb", "a\0b"}, {"\0\0\0", "^\0+$", "\0\0\0"},
} do
	local want = {n = math.max(#case - 2, 1), table.unpack(case, 3)}
	list(want, case[1]:match(case[2]))
	-- find gives the same captures after the positions.
	local found = table.pack(case[1]:find(case[2]))
	if case[3] == nil then
		equal(found[1], nil)
	elseif found.n > 2 then
		list(want, table.unpack(found, 3, found.n))
	else
		equal(case[1]:sub(found[1], found[2]), case[3])
	end
end

-- find: positions, init, captures.
list({3, 4}, ("hello"):find "l+")
list({3, 3}, ("hello"):find "l")
list({4, 4}, ("hello"):find("l", 4))
list({nil, n = 1}, ("hello"):find("h", 2))
list({5, 5}, ("hello"):find("o", -1))
list({1, 5, "hello"}, ("hello"):find "(.+)")
list({2, 3, "e", 3}, ("hello"):find "(e)()l")
list({1, 0}, ("hello"):find "")
list({6, 5}, ("hello"):find("", 6))
list({nil, n = 1}, ("hello"):find("", 7))
list({3, 2}, ("hello"):find("x*", 3))
list({6, 5}, ("hello"):find "$")
list({2, 4}, ("a[bc"):find("%[..", 1))
list({4, 4}, ("hello"):find("^l", 4))
list({nil, n = 1}, ("hello"):find("^h", 2))
list({1, 1}, ("hello"):find("^h", -10))
list({"o"}, ("hello"):match("o", -1))
list({"llo"}, ("hello"):match(".*", 3))
list({""}, ("hello"):match(".*", 6))
list({nil, n = 1}, ("hello"):match(".*", 7))
list({"ell"}, ("hello"):match("^...", 2))
list({4}, ("hello"):match("()lo", 2))

-- gmatch.
do
	local function all(s, p, init)
		local t = {}
		for a, b in s:gmatch(p, init) do t[#t + 1] = tostring(a) .. (b and "/" .. tostring(b) or "") end
		return table.concat(t, " ")
	end
	equal(all("hello world from Lua", "%a+"), "hello world from Lua")
	equal(all("from=world, to=Lua", "(%w+)=(%w+)"), "from/world to/Lua")
	equal(all("abc", ""), "   ")
	equal(#all("abc", ""), 3)
	equal(all("abc", "()"), "1 2 3 4")
	equal(all("a,b,,c", "([^,]*)"), "a b  c")
	equal(all("abab", "a"), "a a")
	equal(all("", "a"), "")
	equal(all("", ".-"), "")
	equal(all("aaa", "a-"), "   ")
	equal(all("abc", "^a"), "")
	equal(all("xuxx uu ppar r", "()(.)%2"), "3/x 6/u 9/p")
	equal(all("abc abd", "()ab(.)"), "1/c 5/d")
	equal(all("hello world", "o", 6), "o")
	equal(all("hello world", "%a+", -5), "world")
	equal(all("abc", "%a", 10), "")
	equal(all("abc", "%a", 0), "a b c")
	equal(all("abc", "%a", -100), "a b c")
	equal(all("a1b22c333", "%d+"), "1 22 333")
	equal(all("xxx", "x*"), "xxx")
	local f = ("abc"):gmatch "."
	list({"a", "b"}, f(), f())
	local g = ("abc"):gmatch "."
	list({"a", "c", nil, n = 3}, g(), f(), (f()))
	-- The string is what it was when gmatch was called.
	local s = "a b"
	local words = {}
	for w in s:gmatch "%a" do s = "changed" words[#words + 1] = w end
	equal(table.concat(words), "ab")
	for k, v in ("n=1"):gmatch "(%w)=(%w)" do list({"n", "1"}, k, v) end
	check.error(string.gmatch, "string expected", "x")
end

-- gsub: with a string, a table, a function; counted; limited.
do
	list({"heLLo", 2}, ("hello"):gsub("l", "L"))
	list({"heLlo", 1}, ("hello"):gsub("l", "L", 1))
	list({"hello", 0}, ("hello"):gsub("l", "L", 0))
	list({"hello", 0}, ("hello"):gsub("l", "L", -1))
	list({"heLLo", 2}, ("hello"):gsub("l", "L", 100))
	list({"hello", 0}, ("hello"):gsub("x", "y"))
	list({"-h-e-l-l-o-", 6}, ("hello"):gsub("", "-"))
	list({"-", 1}, (""):gsub("", "-"))
	list({"-a-b-", 3}, ("ab"):gsub("x*", "-"))
	list({"-b-", 2}, ("ab"):gsub("a*", "-"))
	list({"hello hello world world", 2}, ("hello world"):gsub("%w+", "%0 %0"))
	list({"world hello", 1}, ("hello world"):gsub("(%w+) (%w+)", "%2 %1"))
	list({"hello hello world", 1}, ("hello world"):gsub("%w+", "%0 %0", 1))
	list({"<h><e>", 2}, ("he"):gsub(".", "<%0>"))
	list({"<h><e>", 2}, ("he"):gsub(".", "<%1>"))
	list({"h%e", 1}, ("h-e"):gsub("-", "%%"))
	list({"abc", 1}, ("abc"):gsub("b", "%0"))
	list({"ac", 1}, ("abc"):gsub("b", ""))
	list({"1a2", 1}, ("a"):gsub("()a()", "%1a%2"))
	list({"x-y-z", 2}, ("x y z"):gsub(" ", "-"))
	list({"a.b", 1}, ("a b"):gsub("%s", "."))
	list({"1,000", 1}, ("1000"):gsub("^(%d)(%d%d%d)$", "%1,%2"))
	list({"bbc", 1}, ("abc"):gsub("^a", "b"))
	list({"baa", 1}, ("aaa"):gsub("^a", "b"))
	list({"ab!", 1}, ("abc"):gsub("c$", "!"))
	list({"\0\0", 2}, ("ab"):gsub(".", "\0"))
	list({"a55c", 1}, ("abc"):gsub("b", 55))
	list({"a1.5c", 1}, ("abc"):gsub("b", 1.5))
	-- A table: the first capture is the key; nil and false keep the match.
	list({"Lua-5.4.tar.gz", 2}, ("$name-$version.tar.gz"):gsub("%$(%w+)", {name = "Lua", version = "5.4"}))
	list({"$other", 1}, ("$other"):gsub("%$(%w+)", {}))
	list({"abc", 3}, ("abc"):gsub("%w", {b = false}))
	list({"1b2", 3}, ("abc"):gsub("%w", {a = 1, c = 2}))
	list({"xb", 2}, ("ab"):gsub("()%w", {"x"}))
	list({"A!B!", 2}, ("AB"):gsub("%w", setmetatable({}, {__index = function(_, k) return k .. "!" end})))
	-- A function: all captures, or the match.
	list({"HELLO", 5}, ("hello"):gsub(".", string.upper))
	list({"4 = four", 1}, ("4 = $4$"):gsub("%$(.-)%$", function(s) return s == "4" and "four" end))
	list({"b,a d,c", 2}, ("a,b c,d"):gsub("(%w),(%w)", function(a, b) return b .. "," .. a end))
	list({"abc", 3}, ("abc"):gsub("%w", function() end))
	list({"abc", 3}, ("abc"):gsub("%w", function() return nil end))
	list({"abc", 3}, ("abc"):gsub("%w", function() return false end))
	list({"123", 3}, ("abc"):gsub("%w", (function() local n = 0 return function() n = n + 1 return n end end)()))
	list({"1:a2:b", 2}, ("ab"):gsub("()(%w)", function(p, c) return p .. ":" .. c end))
	list({"a", 1}, ("a"):gsub("()", function(p) equal(p == 1 or p == 2, true) end, 1))
	local seen = {}
	;("hello world"):gsub("%w+", function(w) seen[#seen + 1] = w end)
	equal(table.concat(seen, ","), "hello,world")
	list({"home = /home", 1}, ("home = $HOME"):gsub("%$(%w+)", function(n) return n == "HOME" and "/home" end))
	-- Nested use.
	equal((("a(b(c))"):gsub("%b()", function(s) return "[" .. s:sub(2, -2):gsub("%b()", "<>") .. "]" end)), "a[b<>]")
	-- After an empty match the next may not be empty at the same place.
	list({"xbx", 2}, (function() local s, n = ("b"):gsub("a*", "x") return s, n end)())
	list({"-a-b-c-", 4}, ("abc"):gsub("%s*", "-"))
	list({"<abc>", 1}, ("abc"):gsub("%w*", "<%0>"))
	-- URL decoding, trimming, escaping.
	equal((("a%20b+c"):gsub("+", " "):gsub("%%(%x%x)", function(h) return string.char(tonumber(h, 16)) end)), "a b c")
	equal((("a.b*c"):gsub("%p", "%%%0")), "a%.b%*c")
	equal(("  trim me  "):match "^%s*(.-)%s*$", "trim me")
	equal((("snake_case_name"):gsub("_(%l)", string.upper)), "snakeCaseName")
	equal((("camelCaseName"):gsub("%u", function(c) return "_" .. c:lower() end)), "camel_case_name")
end

-- Errors.
check.error(string.find, "malformed pattern %(ends with '%%'%)", "a", "%")
check.error(string.find, "malformed pattern %(missing '%]'%)", "a", "[a")
check.error(string.find, "malformed pattern %(missing '%]'%)", "a", "[]")
check.error(string.find, "malformed pattern %(missing '%]'%)", "a", "[^]")
check.error(string.find, "malformed pattern %(missing '%]'%)", "a", "[a%")
check.error(string.find, "malformed pattern %(missing '%]'%)", "a", "[a%]")
check.error(string.find, "unfinished capture", "a", "(a")
check.error(string.match, "invalid pattern capture", "a", "a)")
list({2, 2}, ("a)"):find ")")
check.error(string.find, "invalid capture index %%1", "a", "%1")
check.error(string.find, "invalid capture index %%2", "aa", "(a)%2")
check.error(string.find, "invalid capture index %%1", "aa", "(%1)")
check.error(string.find, "missing '%[' after '%%f' in pattern", "a", "%fa")
check.error(string.find, "malformed pattern %(missing arguments to '%%b'%)", "a", "%b")
check.error(string.find, "malformed pattern %(missing arguments to '%%b'%)", "a", "%ba")
check.error(string.find, "too many captures", ("a"):rep(40), ("(a)"):rep(33))
check.error(string.gsub, "invalid use of '%%' in replacement string", "a", "a", "%x")
check.error(string.gsub, "invalid use of '%%' in replacement string", "a", "a", "%")
check.error(string.gsub, "invalid capture index %%2", "a", "a", "%2")
check.error(string.gsub, "invalid capture index %%2", "a", "(a)", "%2")
check.error(string.gsub, "invalid replacement value %(a table%)", "a", "a", function() return {} end)
check.error(string.gsub, "invalid replacement value %(a boolean%)", "a", "a", function() return true end)
check.error(string.gsub, "invalid replacement value %(a function%)", "a", "a", {a = print})
check.error(string.gsub, "bad argument #3 to 'string.gsub' %(string/function/table expected, got no value%)", "a", "a")
check.error(string.gsub, "bad argument #3 to 'string.gsub' %(string/function/table expected, got boolean%)", "a", "a", true)
check.error(string.gsub, "bad argument #4 to 'string.gsub' %(number expected", "a", "a", "a", "x")
check.error(string.match, "bad argument #2 to 'string.match' %(string expected, got no value%)", "a")
check.error(string.rep, "bad argument", {})
equal(select("#", (("a"):rep(32)):match(("(a)"):rep(32))), 32)

-- Long subjects and deep matching.
do
	local s = ("a"):rep(100000)
	equal(#s:match ".*", 100000)
	equal(#s:match ".-$", 100000)
	equal(#s:match "a*$", 100000)
	equal(s:find "b", nil)
	equal(("a"):rep(2000):match "a*b", nil)
	equal(#s:gsub("a", "bb"), 200000)
	equal(select(2, s:gsub("aa", "")), 50000)
	local nested = ("("):rep(10000) .. (")"):rep(10000)
	equal(#nested:match "%b()", 20000)
	equal((s .. "x"):find("x", 1), 100001)
	equal(("x"):rep(1000):match(("x?"):rep(50) .. ("x"):rep(50)) ~= nil, true)
	check.error(string.match, "pattern too complex", ("x"):rep(300000), ("x?"):rep(250000) .. "y")
end

check.done()
