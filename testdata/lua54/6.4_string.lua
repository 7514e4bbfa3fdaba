-- §6.4 String library: byte, char, find (plain), len, lower, upper, rep, reverse, sub. Patterns, format and pack have files
-- of their own.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list
local max, min = math.maxinteger, math.mininteger

for _, name in ipairs {"byte", "char", "dump", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize", "rep", "reverse", "sub", "unpack", "upper"} do
	equal(type(string[name]), "function", name)
	equal((""):len(), 0)
	equal((("x")[name]), string[name])
end

-- sub: negative positions count from the end; positions are cut to the string.
for _, case in ipairs {
	{1, nil, "abcdef"}, {1, 3, "abc"}, {2, 4, "bcd"}, {3, nil, "cdef"}, {-1, nil, "f"}, {-3, nil, "def"}, {-3, -2, "de"}, {2, -2, "bcde"}, {0, nil, "abcdef"}, {0, 2, "ab"}, {-100, 2, "ab"}, {5, 100, "ef"}, {-100, 100, "abcdef"}, {4, 3, ""}, {7, 9, ""}, {6, 6, "f"}, {7, nil, ""}, {100, nil, ""}, {1, 0, ""}, {1, -7, ""}, {1, -6, "a"}, {-6, -6, "a"}, {-7, -6, "a"}, {0, 0, ""}, {max, max, ""}, {min, max, "abcdef"}, {min, min, ""}, {1, min, ""}, {max, min, ""}, {2.0, 3.0, "bc"}, {"2", "3", "bc"}, {-1, -1, "f"}, {-2, max, "ef"},
} do
	equal(("abcdef"):sub(case[1], case[2]), case[3], tostring(case[1]) .. "," .. tostring(case[2]))
end
equal((""):sub(1, 1), "")
equal((""):sub(0), "")
equal(("a\0b\0c"):sub(2, 4), "\0b\0")
equal(string.sub(12345, 2, 3), "23")
check.error(string.sub, "bad argument #2 to 'string.sub' %(number expected, got no value%)", "x")
check.error(string.sub, "number has no integer representation", "x", 1.5)
check.error(string.sub, "bad argument #1 to 'string.sub' %(string expected, got nil%)", nil, 1)
check.error(string.sub, "number expected, got table", "x", {})

-- byte and char.
list({97}, ("abc"):byte())
list({98}, ("abc"):byte(2))
list({97, 98, 99}, ("abc"):byte(1, -1))
list({99}, ("abc"):byte(-1))
list({98, 99}, ("abc"):byte(-2, -1))
list({}, ("abc"):byte(4))
list({}, ("abc"):byte(0))
list({}, (""):byte())
list({}, ("abc"):byte(3, 2))
list({97, 98, 99}, ("abc"):byte(0, 100))
list({0, 255, 128}, ("\0\255\128"):byte(1, 3))
list({}, ("abc"):byte(max, max))
list({97, 98, 99}, ("abc"):byte(min, max))
list({50}, string.byte(123, 2))
equal(string.char(), "")
equal(string.char(97), "a")
equal(string.char(97, 98, 0, 255), "ab\0\255")
equal(string.char("97", 98.0), "ab")
check.error(string.char, "bad argument #1 to 'string.char' %(value out of range%)", 256)
check.error(string.char, "bad argument #2 to 'string.char' %(value out of range%)", 1, -1)
check.error(string.char, "number expected, got string", "x")
check.error(string.char, "no integer representation", 1.5)
do
	local s = {}
	for i = 0, 255 do s[#s + 1] = string.char(i) end
	s = table.concat(s)
	equal(#s, 256)
	equal(string.char(s:byte(1, -1)), s)
	local long = ("x"):rep(5000)
	equal(select("#", long:byte(1, -1)), 5000)
end

-- len, lower, upper, reverse.
equal(("abc"):len(), 3)
equal((""):len(), 0)
equal(("a\0b"):len(), 3)
equal(("é"):len(), 2)
equal(("aBcD1!é"):lower(), "abcd1!é")
equal(("aBcD1!é"):upper(), "ABCD1!é")
equal(("ÀÉ"):lower(), "ÀÉ")
equal((""):upper(), "")
equal(("a\0B"):upper(), "A\0B")
equal(("abc"):reverse(), "cba")
equal((""):reverse(), "")
equal(("a\0b"):reverse(), "b\0a")
equal(("é"):reverse(), "\169\195")
equal(("x"):reverse(), "x")
equal(string.reverse(123), "321")
equal(string.lower(1.5), "1.5")
do
	local all = {}
	for i = 0, 255 do all[#all + 1] = string.char(i) end
	all = table.concat(all)
	local up, low = all:upper(), all:lower()
	for i = 0, 255 do
		local is_lower, is_upper = i >= 97 and i <= 122, i >= 65 and i <= 90
		equal(up:byte(i + 1), is_lower and i - 32 or i)
		equal(low:byte(i + 1), is_upper and i + 32 or i)
	end
	equal(all:reverse():reverse(), all)
end

-- rep.
equal(("ab"):rep(3), "ababab")
equal(("ab"):rep(3, ","), "ab,ab,ab")
equal(("ab"):rep(1, ","), "ab")
equal(("ab"):rep(0, ","), "")
equal(("ab"):rep(-5), "")
equal(("ab"):rep(min), "")
equal((""):rep(1000), "")
equal((""):rep(3, "x"), "xx")
equal((""):rep(1000000000), "")
equal(("\0"):rep(3), "\0\0\0")
equal(("x"):rep(3, 1), "x1x1x")
equal(#("x"):rep(1000000), 1000000)
equal(#("abc"):rep(1000, "--"), 3000 + 1998)
check.error(string.rep, "resulting string too large", "abc", max)
check.error(string.rep, "resulting string too large", "abc", max // 2)
check.error(string.rep, "resulting string too large", "x", max, "y")
check.error(string.rep, "bad argument #2 to 'string.rep' %(number expected", "x")

-- find with plain text.
list({3, 4}, ("a.b.c.b."):find("b.", 1, true))
list({7, 8}, ("a.b.c.b."):find("b.", 4, true))
list({2, 2}, ("a.b"):find(".", 1, true))
list({nil, n = 1}, ("abc"):find("d", 1, true))
list({1, 0}, ("abc"):find("", 1, true))
list({4, 3}, ("abc"):find("", 4, true))
list({nil, n = 1}, ("abc"):find("", 5, true))
list({4, 3}, ("abc"):find("", 4))
list({nil, n = 1}, ("abc"):find("", 5))
list({1, 3}, ("[%a"):find("[%a", 1, true))
list({3, 3}, ("abcb"):find("c", -2, true))
list({4, 4}, ("abcb"):find("b", -2, true))
list({2, 2}, ("abcb"):find("b", -100, true))
list({2, 3}, ("a\0bc"):find("\0b", 1, true))
list({2, 2}, ("a+b"):find("+", 1, true))
list({2, 2}, ("abc"):find("b", nil, true))
list({2, 2}, ("abc"):find("b", 1, "truthy"))
list({1, 1}, ("abc"):find(".", 1, false))
list({nil, n = 1}, (""):find("a", 1, true))
list({1, 0}, (""):find("", 1, true))
list({nil, n = 1}, (""):find("", 2, true))
list({1, 3}, ("aab"):find("aab", 1, true))
list({2, 4}, ("aaab"):find("aab", 1, true))
list({nil, n = 1}, ("aa"):find("aab", 1, true))
do
	local s = ("ab"):rep(10000) .. "abc"
	list({20001, 20003}, s:find("abc", 1, true))
	list({20001, 20003}, s:find "abc")
end

-- Building: many small pieces.
do
	local parts = {}
	for i = 1, 1000 do parts[i] = string.char(97 + i % 26) end
	local s = table.concat(parts)
	equal(#s, 1000)
	local r = ""
	for i = #s, 1, -1 do r = r .. s:sub(i, i) end
	equal(r, s:reverse())
	local sum = 0
	for i = 1, #s do sum = sum + s:byte(i) end
	local sum2 = 0
	for c in s:gmatch "." do sum2 = sum2 + c:byte() end
	equal(sum, sum2)
end

check.done()
