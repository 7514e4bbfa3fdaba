-- find
returns({7, 9}, ("hello world"):find("wor"))
returns({3, 4}, ("hello"):find("l+"))
returns({n = 1}, ("hello"):find("z"))
returns({1, 5, "h", "o"}, ("hello"):find("^(h).*(o)$"))
returns({5, 5}, ("a.b*c"):find("c", 1, true))
returns({2, 2}, ("a.b*c"):find(".", 1, true))
returns({4, 4}, ("a.b*c"):find("*", 1, true))
returns({n = 1}, ("abc"):find("b", 3))
returns({2, 2}, ("abc"):find("b", -2))
returns({2, 2}, ("abc"):find("b", -100))
returns({1, 0}, ("abc"):find(""))
returns({4, 3}, ("abc"):find("", 4))
returns({n = 1}, ("abc"):find("", 5))
returns({n = 1}, ("abc"):find("", 5, true))
returns({1, 0}, (""):find(""))
returns({n = 1}, (""):find("", 2))
returns({3, 2}, ("abc"):find("", 3))
returns({1, 0, 1}, ("abc"):find("()"))
returns({2, 1, 2}, ("abc"):find("()", 2))
returns({4, 3}, ("abc"):find("$"))
returns({n = 1}, ("abc"):find("^b"))
returns({2, 2}, ("abc"):find("^b", 2))
returns({2, 3}, ("a\0b"):find("\0b"))
returns({2, 2}, ("a\0b"):find("%z"))
returns({2, 2}, ("a\0b"):find("[^%g]"))
raises("bad argument #2 to 'find' (string expected, got no value)", string.find, "x")
raises("bad argument #3 to 'find' (number expected, got string)", string.find, "x", "x", "x")

-- match
returns({"key", "value"}, ("key = value"):match("^(%w+)%s*=%s*(%w+)$"))
equal(("2024-01-31"):match("%d+-(%d+)"), "01")
equal(("hello"):match(".-"), "")
equal(("hello"):match(".-$"), "hello")
equal(("hello"):match("l*", 3), "ll")
equal(("  trim me  "):match("^%s*(.-)%s*$"), "trim me")
equal(("x = [[y]]"):match("%[%[(.*)%]%]"), "y")
returns({"hello", 1, 6}, ("hello"):match("(()%a+())"))
returns({3}, ("hello"):match("()ll"))
equal(("abc"):match("^(x*)"), "")
equal(("abc"):match("b", -1), nil)
equal(("abc"):match("c", -1), "c")
returns({n = 1}, ("abc"):match("x"))
equal(("abc"):match("", 10), nil)

-- repetitions, greedy and not
equal(("aaab"):match("a*b"), "aaab")
equal(("aaab"):match("a-b"), "aaab")
equal(("aaab"):match("^a+a"), "aaa")
equal(("aaab"):match("^a-a"), "a")
equal(("ab"):match("a?b"), "ab")
equal(("b"):match("a?b"), "b")
equal(("aab"):match("^a?b"), nil)
equal(("b"):match("a+b"), nil)
equal(("<a><b>"):match("<.->"), "<a>")
equal(("<a><b>"):match("<.*>"), "<a><b>")
equal(("xxxyz"):match("x*y*z*$"), "xxxyz")
equal(("a+b"):match("a%+b"), "a+b")
equal(("*a"):match("*a"), "*a")
equal(("a**"):match("a**"), "a*")
equal(("aaa"):match("a?a?a?a?$"), "aaa")
equal(("abcabc"):match("(a.-c).-%1"), "abc")

-- classes and sets
local function class(pattern)
	local members = {}
	for i = 0, 255 do
		if string.char(i):find("^" .. pattern .. "$") then
			members[#members + 1] = string.char(i)
		end
	end
	return table.concat(members)
end
equal(class("%d"), "0123456789")
equal(class("%x"), "0123456789ABCDEFabcdef")
equal(class("%l"), "abcdefghijklmnopqrstuvwxyz")
equal(class("%u"), "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
equal(class("%a"), class("%u") .. class("%l"))
equal(class("%w"), class("%d") .. class("%a"))
equal(class("%s"), "\t\n\v\f\r ")
equal(class("%p"), "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
equal(#class("%g"), 94)
equal(#class("%c"), 33)
equal(#class("."), 256)
for _, letter in ipairs({"a", "c", "d", "g", "l", "p", "s", "u", "w", "x"}) do
	equal(#class("%" .. letter) + #class("%" .. letter:upper()), 256)
	equal(#class("[%" .. letter .. "%" .. letter:upper() .. "]"), 256)
end
equal(#class("%Z"), 255)
equal(class("%."), ".")
equal(class("%%"), "%")
equal(class("%y"), "y")
equal(class("[abc]"), "abc")
equal(class("[a-e]"), "abcde")
equal(class("[a-cx-z_]"), "_abcxyz")
equal(class("[]]"), "]")
equal(class("[^%s%S]"), "")
equal(#class("[^]]"), 255)
equal(class("[]-a]"), "]^_`a")
equal(class("[a-]"), "-a")
equal(class("[-a]"), "-a")
equal(class("[%a-z]"), "-" .. class("%a"))
equal(class("[%]]"), "]")
equal(class("[+-.]"), "+,-.")
equal(class("[z-a]"), "")
equal(class("[\200-\210]"), "\200\201\202\203\204\205\206\207\208\209\210")
equal(class("[.*]"), "*.")
equal(class("[^\0-\254]"), "\255")

-- balance, frontier, back references
equal(("f(a(b)c)d"):match("%b()"), "(a(b)c)")
equal(("((x)"):match("%b()"), "(x)")
equal((")("):match("%b()"), nil)
equal(("xaxbx"):match("%bxx"), "xax")
equal(("THE (quick) fox"):find("%f[%a]%a+%f[%A]"), 1)
equal(("THE (quick) fox"):gsub("%f[%a]%a+", string.lower), "the (quick) fox")
equal(("foo.bar"):match("%f[%w]%w+$"), "bar")
equal(("[[x]]"):match("%f[x]x%f[\0-w]"), "x")
equal(("abc"):find("%f[\0]"), 4)
equal(("'a' \"b'c\""):match("([\"'])b'c%1"), "\"")
equal(("abab"):match("^(ab)%1$"), "ab")
equal(("abba"):match("^(ab)%1$"), nil)

-- gmatch
local function all(s, ...)
	local found = {}
	for a, b in s:gmatch(...) do
		found[#found + 1] = b and tostring(a) .. "=" .. tostring(b) or tostring(a)
	end
	return table.concat(found, "|")
end
equal(all("one two  three", "%a+"), "one|two|three")
equal(all("a=1, b=2", "(%w+)=(%w+)"), "a=1|b=2")
equal(all("abc", ""), "|||")
equal(all("abc", "()"), "1|2|3|4")
equal(all("abc", "%a*"), "abc")
equal(all("a,b,,c", "([^,]*)"), "a|b||c")
equal(all("abc", "%a", 2), "b|c")
equal(all("abc", "%a", -1), "c")
equal(all("abc", "%a", 4), "")
equal(all("abc", "", 10), "")
-- '^' is an ordinary character there.
equal(all("^a^b", "^%a"), "^a|^b")
do
	local iterator = ("ab"):gmatch("%a")
	equal(iterator(), "a")
	equal(iterator(), "b")
	equal(iterator(), nil)
	equal(iterator(), nil)
	equal(string.gfind, string.gmatch)
end
raises("bad argument #2 to 'gmatch' (string expected, got no value)", string.gmatch, "x")

-- gsub
returns({"hell0 w0rld", 2}, ("hello world"):gsub("o", "0"))
returns({"hell0 world", 1}, ("hello world"):gsub("o", "0", 1))
returns({"hello world", 0}, ("hello world"):gsub("o", "0", 0))
returns({"hello world", 0}, ("hello world"):gsub("o", "0", -1))
returns({"hello", 0}, ("hello"):gsub("z", "x"))
returns({"-a-b-c-", 4}, ("abc"):gsub("", "-"))
returns({"x", 1}, ("abc"):gsub("%w*", "x"))
returns({"x-x", 2}, ("abc-de"):gsub("%w*", "x"))
returns({"xbc", 1}, ("abc"):gsub("^a", "x"))
returns({"abc", 0}, ("abc"):gsub("^b", "x"))
returns({"abx", 1}, ("abc"):gsub("c$", "x"))
returns({"xabc", 1}, ("abc"):gsub("^", "x"))
returns({"abcx", 1}, ("abc"):gsub("$", "x"))
returns({"hello hello world world", 2}, ("hello world"):gsub("%w+", "%0 %0"))
returns({"hello hello world world", 2}, ("hello world"):gsub("%w+", "%1 %1"))
returns({"world hello", 1}, ("hello world"):gsub("(%w+) (%w+)", "%2 %1"))
returns({"100%", 1}, ("100x"):gsub("x", "%%"))
returns({"1a2b", 2}, ("ab"):gsub("()(%a)", "%1%2"))
returns({"a5c", 1}, ("abc"):gsub("b", 5))
returns({"<hello> world", 2}, ("hello world"):gsub("%w+", function(w)
	if w == "hello" then
		return "<" .. w .. ">"
	end
end))
returns({"a-false", 2}, ("ab"):gsub("%a", function(c)
	if c == "b" then
		return "-false"
	end
	return false
end))
returns({"1 lua 2", 2}, ("$x lua $y"):gsub("%$(%w+)", {x = 1, y = "2"}))
returns({"a2c", 3}, ("abc"):gsub("%a", {b = 2, a = false}))
returns({"v:b", 1}, ("b"):gsub("%a", setmetatable({}, {__index = function(_, k) return "v:" .. k end})))
returns({"a|b", 3}, ("ab"):gsub("()", {[2] = "|"}))
returns({"bc", 1}, ("abc"):gsub("a", function() return "" end))
do
	local arguments = {}
	;("k1=v1,k2=v2"):gsub("(%w+)=(%w+)", function(...)
		arguments[#arguments + 1] = table.concat({...}, ":")
	end)
	equal(list(arguments), "k1:v1 k2:v2")
	-- A callback that raises ends gsub.
	equal(select(2, pcall(string.gsub, "abc", "b", function() error("stop", 0) end)), "stop")
	-- A callback may use patterns itself.
	equal(("a1b2"):gsub("%a%d", function(s) return (s:gsub("%d", "!")) end), "a!b!")
end
raises("bad argument #3 to 'gsub' (string/function/table expected, got nil)", string.gsub, "x", "x", nil)
raises("bad argument #3 to 'gsub' (string/function/table expected, got no value)", string.gsub, "x", "x")
raises("bad argument #3 to 'gsub' (string/function/table expected, got boolean)", string.gsub, "x", "x", true)
raises("invalid replacement value (a table)", string.gsub, "x", "x", function() return {} end)
raises("invalid replacement value (a boolean)", string.gsub, "x", "x", {x = true})
raises("invalid use of '%' in replacement string", string.gsub, "x", "x", "%x")
raises("invalid use of '%' in replacement string", string.gsub, "x", "x", "a%")
raises("invalid capture index %2 in replacement string", string.gsub, "x", "(x)", "%2")
raises("invalid capture index %2 in replacement string", string.gsub, "x", "x", "%2")

-- malformed patterns
for pattern, message in pairs({
	["("] = "unfinished capture", ["(()"] = "unfinished capture", [")"] = "invalid pattern capture", ["a)"] = "invalid pattern capture",
	["%"] = "malformed pattern (ends with '%')", ["a%"] = "malformed pattern (ends with '%')",
	["["] = "malformed pattern (missing ']')", ["[^"] = "malformed pattern (missing ']')", ["[]"] = "malformed pattern (missing ']')",
	["[^]"] = "malformed pattern (missing ']')", ["[a"] = "malformed pattern (missing ']')", ["[a-"] = "malformed pattern (missing ']')",
	["[%"] = "malformed pattern (missing ']')", ["[%]"] = "malformed pattern (missing ']')", ["[a%"] = "malformed pattern (missing ']')",
	["%b"] = "malformed pattern (missing arguments to '%b')", ["%b("] = "malformed pattern (missing arguments to '%b')",
	["%f"] = "missing '[' after '%f' in pattern", ["%fa"] = "missing '[' after '%f' in pattern", ["%f["] = "malformed pattern (missing ']')",
	["%1"] = "invalid capture index %1 in pattern", ["(%1)"] = "invalid capture index %1 in pattern", ["(a)%2"] = "invalid capture index %2 in pattern",
	["%0"] = "invalid capture index %0 in pattern", [("()"):rep(33)] = "too many captures",
}) do
	-- Like Lua, find looks for a text without special characters as it is.
	if pattern:find("[^a)]") then
		raises(message, string.find, "some subject", pattern)
	end
	raises(message, string.match, "some subject", pattern)
	raises(message, string.gsub, "some subject", pattern, "")
	raises(message, string.gmatch, "some subject", pattern)
end
equal(select("#", ("x"):rep(40):match(("(x)"):rep(32))), 32)

-- what a recursive matcher chokes on
do
	local n = 300000
	local long = ("a"):rep(n)
	equal(#long:match(".*"), n)
	equal(#long:match(".-$"), n)
	equal(#long:match("a*a?$"), n)
	equal(#long:match("^a-$"), n)
	equal((long .. "b"):match("a+b") == long .. "b", true)
	equal(#long:gsub(".", "xy"), 2 * n)
	equal(long:match(("a?"):rep(1000)) == long:sub(1, 1000), true)
	equal((("("):rep(5000)):match("%b()"), nil)
	equal(#(("("):rep(n) .. (")"):rep(n)):match("%b()"), 2 * n)
	local count = 0
	for _ in long:gmatch("a") do
		count = count + 1
	end
	equal(count, n)
	raises("pattern too complex", string.find, "x", ("a?"):rep(2 ^ 20 + 1))
end
