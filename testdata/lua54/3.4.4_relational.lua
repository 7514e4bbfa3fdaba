-- §3.4.4 Relational operators.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, comparison = check.equal, check.comparison
local max, min, huge, nan = math.maxinteger, math.mininteger, math.huge, 0 / 0

-- Integers and floats are compared by their mathematical values, exactly.
for _, case in ipairs {
	{1, 2, "<"}, {1, 1, "="}, {2, 1, ">"}, {-1, 1, "<"}, {max, min, ">"}, {max, max, "="}, {min, min, "="}, {max - 1, max, "<"}, {0, -0, "="},
	{1, 1.0, "="}, {1, 1.5, "<"}, {2, 1.5, ">"}, {1.5, 1, ">"}, {1.5, 2, "<"}, {0, -0.0, "="}, {0.0, -0.0, "="}, {-1, -1.0, "="}, {-1, -1.5, ">"}, {-2, -1.5, "<"},
	{9007199254740993, 9007199254740992.0, ">"}, {9007199254740992, 9007199254740992.0, "="}, {9007199254740991, 9007199254740992.0, "<"}, {9007199254740993, 9007199254740994.0, "<"}, {-9007199254740993, -9007199254740992.0, "<"},
	{max, 2^63, "<"}, {2^63, max, ">"}, {min, -2^63, "="}, {-2^63, min, "="}, {min + 1, -2^63, ">"}, {max, 2^62, ">"}, {max - 1, 9223372036854774784.0, ">"}, {9223372036854774784, 9223372036854774784.0, "="}, {min, -2^63 - 2048, ">"}, {max, 1e100, "<"}, {min, -1e100, ">"},
	{max, huge, "<"}, {min, -huge, ">"}, {huge, huge, "="}, {-huge, huge, "<"}, {0, huge, "<"}, {0, -huge, ">"}, {1e308, huge, "<"},
	{1, nan, "!"}, {nan, 1, "!"}, {nan, nan, "!"}, {1.5, nan, "!"}, {nan, huge, "!"}, {max, nan, "!"}, {nan, min, "!"},
	{0.1 + 0.2, 0.3, ">"}, {5e-324, 0, ">"}, {-5e-324, 0, "<"}, {0, 5e-324, "<"}, {127, 128, "<"}, {128, 127, ">"}, {-128, -127, "<"}, {1000, 1000.0, "="}, {3, 3.0000000001, "<"},
	-- Strings: byte by byte in the C locale, zeros and lengths included.
	{"a", "b", "<"}, {"a", "a", "="}, {"b", "a", ">"}, {"", "a", "<"}, {"", "", "="}, {"a", "aa", "<"}, {"ab", "b", "<"}, {"A", "a", "<"}, {"Z", "a", "<"}, {"10", "9", "<"}, {"a\0b", "a\0c", "<"}, {"a\0", "a", ">"}, {"a\0", "a\0\0", "<"}, {"\0", "", ">"}, {"a\0a", "a\0b", "<"}, {"abc", "abd", "<"}, {"a b", "ab", "<"}, {"~", "z", ">"}, {" ", "!", "<"},
} do
	local a, b, how = case[1], case[2], case[3]
	comparison(a, "==", b, how == "=")
	comparison(a, "~=", b, how ~= "=")
	comparison(a, "<", b, how == "<")
	comparison(a, "<=", b, how == "<" or how == "=")
	comparison(a, ">", b, how == ">")
	comparison(a, ">=", b, how == ">" or how == "=")
	comparison(b, "<", a, how == ">")
	comparison(b, ">=", a, how == "<" or how == "=")
end

-- Bytes above 127 compare as unsigned bytes in the C locale.
comparison("\127", "<", "\128", true)
comparison("\255", ">", "a", true)

-- Equality: different types are different; references are equal only to themselves.
do
	local t, u, f, co = {}, {}, function() end, coroutine.create(print)
	local values = {1, 1.5, "1", true, false, t, u, f, print, co, io.stdout, "", 0}
	for i, a in ipairs(values) do
		for j, b in ipairs(values) do
			equal(a == b, i == j)
			equal(a ~= b, i ~= j)
			equal(rawequal(a, b), i == j)
		end
		equal(a == nil, false)
		equal(nil == a, false)
		equal(a ~= nil, true)
	end
	equal(nil == nil, true)
	equal(nil ~= nil, false)
	equal(nil == false, false)
	equal(true == 1, false)
	equal("1" == 1, false)
	equal(function() end == function() end, false)
	equal({} == {}, false)
	equal(1 == 1.0, true)
	equal(t == t, true)
	equal("a" .. "b" == "ab", true)
	equal(("x"):rep(100) == ("x"):rep(100), true)
	equal(("x"):rep(100) == ("x"):rep(99) .. "y", false)
	comparison(nil, "==", nil, true)
	comparison(nil, "==", false, false)
	comparison(true, "==", true, true)
	comparison(true, "~=", false, true)
	comparison(t, "==", u, false)
	comparison(t, "==", t, true)
	comparison(t, "~=", 1, true)
	comparison("x", "==", 1, false)
	comparison(1, "==", "1", false)
	comparison(print, "==", print, true)
	-- Constants of every kind.
	local function constants(v)
		return v == nil, v == true, v == false, v == 0, v == 1.5, v == "s", v ~= nil, v ~= true, v ~= false, v ~= 0, v ~= 1.5, v ~= "s"
	end
	check.list({true, false, false, false, false, false, false, true, true, true, true, true}, constants(nil))
	check.list({false, true, false, false, false, false, true, false, true, true, true, true}, constants(true))
	check.list({false, false, true, false, false, false, true, true, false, true, true, true}, constants(false))
	check.list({false, false, false, true, false, false, true, true, true, false, true, true}, constants(0))
	check.list({false, false, false, true, false, false, true, true, true, false, true, true}, constants(-0.0))
	check.list({false, false, false, false, true, false, true, true, true, true, false, true}, constants(1.5))
	check.list({false, false, false, false, false, true, true, true, true, true, true, false}, constants("s"))
	check.list({false, false, false, false, false, false, true, true, true, true, true, true}, constants(t))
end

-- Order: other types cannot be compared; a comparison is not a chain.
for _, pair in ipairs {{1, "1"}, {"1", 1}, {{}, {}}, {{}, 1}, {true, false}, {true, 1}, {print, print}, {"x", {}}, {1.5, true}} do
	for _, operator in ipairs {"<", "<=", ">", ">="} do
		check.error(load("local a, b = ... return a " .. operator .. " b"), "^.*attempt to compare ", pair[1], pair[2])
	end
end
check.error(function() return 1 < 2 < 3 end, "attempt to compare boolean with number")
equal(1 < 2 == true, true)
equal(1 == 1 == 1, false)
equal("a" < "b" ~= false, true)

-- Results are booleans that can be stored, passed, negated.
do
	local a, b = 1, 2
	local t = {a < b, a > b, a == b, a ~= b, a <= b, a >= b, not (a < b), k = a < b}
	check.list({true, false, false, true, true, false, false}, table.unpack(t))
	equal(t.k, true)
	equal(select("#", a < b, a > b), 2)
	equal(tostring(a < b), "true")
	equal((a < b) == (b > a), true)
	equal(a < b and "less" or "not less", "less")
	equal(b < a and "less" or "not less", "not less")
	equal(not (a < b) and 1 or 2, 2)
	local function f() return a < b end
	equal(f(), true)
	local x = a < b and b < 3 and 3 > a
	equal(x, true)
end

check.done()
