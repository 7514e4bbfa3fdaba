-- §6.1 Basic functions: assert, error, pcall and xpcall are in 2.3, load in 6.1_load.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list

-- What there is.
equal(_VERSION, "Lua 5.4")
equal(_G._G, _G)
for _, name in ipairs {"assert", "collectgarbage", "dofile", "error", "getmetatable", "ipairs", "load", "loadfile", "next", "pairs", "pcall", "print",
	"rawequal", "rawget", "rawlen", "rawset", "require", "select", "setmetatable", "tonumber", "tostring", "type", "warn", "xpcall"} do
	equal(type(_G[name]), "function", name)
end
for _, name in ipairs {"coroutine", "debug", "io", "math", "os", "package", "string", "table", "utf8"} do equal(type(_G[name]), "table", name) end

-- ipairs: 1, 2, ... up to the first nil; __index is respected; the three values are a function, t, 0.
do
	local t = {10, 20, nil, 40}
	local n = 0
	for i, v in ipairs(t) do n = n + i equal(v, i * 10) end
	equal(n, 3)
	local f, s, c = ipairs(t)
	equal(type(f), "function")
	equal(s, t)
	equal(c, 0)
	list({1, 10}, f(t, 0))
	list({nil, n = 1}, f(t, 2))
	for _ in ipairs {} do error("a round") end
	for _ in ipairs {x = 1, [2] = 2, [0] = 0} do error("a round") end
	-- Any value that can be indexed.
	local proxy = setmetatable({}, {__index = function(_, i) if i < 4 then return i * i end end})
	local sum = 0
	for i, v in ipairs(proxy) do sum = sum + v end
	equal(sum, 14)
	for _ in ipairs "abc" do error("a round") end
	check.error(ipairs, "bad argument #1 to 'ipairs' %(value expected%)")
	check.error(function() for _ in ipairs(nil) do end end, "attempt to index a nil value")
	-- The table may grow and change.
	t = {1, 2}
	n = 0
	for i, v in ipairs(t) do n = n + 1 if i < 10 then t[i + 1] = v + 1 end end
	equal(n, 10)
end

-- next and pairs: every pair once, in an open order; nil starts and ends.
do
	local t = {}
	for i = 1, 50 do t[i] = i t["s" .. i] = i t[i + 0.5] = i end
	t[true], t[false] = "t", "f"
	local seen, n = {}, 0
	for k, v in pairs(t) do equal(seen[k], nil) seen[k] = v n = n + 1 equal(t[k], v) end
	equal(n, 152)
	seen, n = {}, 0
	local k, v = next(t)
	while k ~= nil do seen[k] = v n = n + 1 k, v = next(t, k) end
	equal(n, 152)
	for key, value in pairs(t) do equal(seen[key], value) end
	equal(next({}), nil)
	list({nil, n = 1}, next({}))
	list({nil, n = 1}, next({}, nil))
	list({1, "a"}, next({"a"}))
	list({"x", 1}, next({x = 1}))
	list({nil, n = 1}, next({x = 1}, "x"))
	list({nil, n = 1}, next({5}, 1))
	check.error(next, "bad argument #1 to 'next' %(table expected, got no value%)")
	check.error(next, "table expected, got string", "x")
	check.error(next, "invalid key to 'next'", {}, "nosuch")
	check.error(next, "invalid key to 'next'", {1, 2, 3}, 4)
	check.error(next, "invalid key to 'next'", {1, 2, x = 1}, 0)
	check.error(pairs, "bad argument #1 to 'pairs' %(value expected%)")
	check.error(function() for _ in pairs(nil) do end end, "bad argument #1 to 'for iterator' %(table expected, got nil%)")
	-- Emptiness.
	equal(next({nil}) == nil, true)
	t = {1, 2, 3}
	t[1], t[2], t[3] = nil, nil, nil
	equal(next(t), nil)
	-- Removing while going.
	t = {}
	for i = 1, 100 do t["k" .. i] = i end
	local count = 0
	for key in next, t do t[key] = nil count = count + 1 end
	equal(count, 100)
	equal(next(t), nil)
	-- __pairs does not concern next.
	local p = setmetatable({a = 1}, {__pairs = function() return function(_, c) if not c then return "from __pairs" end end end})
	list({"a", 1}, next(p))
	for key in pairs(p) do equal(key, "from __pairs") end
end

-- rawequal, rawget, rawlen, rawset do not ask metamethods.
do
	local mt = {__index = function() return "i" end, __newindex = function() error("asked") end, __len = function() return 99 end, __eq = function() return true end}
	local t, u = setmetatable({1, 2, x = "x"}, mt), setmetatable({}, mt)
	equal(rawget(t, "x"), "x")
	equal(rawget(t, "y"), nil)
	equal(rawget(t, 1), 1)
	equal(rawget(t, 1.0), 1)
	equal(rawset(t, "y", 5), t)
	equal(t.y, 5)
	equal(rawset(t, 2.0, "two"), t)
	equal(rawget(t, 2), "two")
	rawset(t, "y", nil)
	equal(t.y, "i")
	equal(rawlen(t), 2)
	equal(rawlen "abc", 3)
	equal(rawlen "", 0)
	equal(t == u, true)
	equal(rawequal(t, u), false)
	equal(rawequal(t, t), true)
	equal(rawequal(1, 1.0), true)
	equal(rawequal("a", "a"), true)
	equal(rawequal(1, "1"), false)
	equal(rawequal(nil, false), false)
	equal(rawequal(0 / 0, 0 / 0), false)
	equal(rawequal(print, print), true)
	check.error(rawlen, "table or string expected", 5)
	check.error(rawlen, "table or string expected")
	check.error(rawget, "bad argument #1 to 'rawget' %(table expected, got string%)", "x", 1)
	check.error(rawget, "bad argument #2 to 'rawget' %(value expected%)", {})
	check.error(rawset, "bad argument #1 to 'rawset' %(table expected, got nil%)", nil, 1, 2)
	check.error(rawset, "bad argument #3 to 'rawset' %(value expected%)", {}, 1)
	check.error(rawequal, "bad argument #2 to 'rawequal' %(value expected%)", 1)
	check.error(rawset, "index is nil", {}, nil, 1)
	check.error(rawset, "index is NaN", {}, 0 / 0, 1)
end

-- select.
do
	list({2, 3}, select(2, 1, 2, 3))
	list({1, 2, 3}, select(1, 1, 2, 3))
	list({3}, select(3, 1, 2, 3))
	list({}, select(4, 1, 2, 3))
	list({}, select(100, 1, 2, 3))
	list({3}, select(-1, 1, 2, 3))
	list({2, 3}, select(-2, 1, 2, 3))
	list({1, 2, 3}, select(-3, 1, 2, 3))
	list({nil, nil, n = 2}, select(2, 1, nil, nil))
	list({}, select(1))
	equal(select("#"), 0)
	equal(select("#", nil), 1)
	equal(select("#", nil, nil, 3, nil), 4)
	list({"b"}, select("2", "a", "b"))
	list({"b"}, select(2.0, "a", "b"))
	check.error(select, "bad argument #1 to 'select' %(index out of range%)", 0, 1)
	check.error(select, "bad argument #1 to 'select' %(index out of range%)", -2, 1)
	check.error(select, "bad argument #1 to 'select' %(number expected, got no value%)")
	check.error(select, "number expected, got string", "x")
	check.error(select, "number has no integer representation", 1.5)
end

-- tonumber without a base.
for _, case in ipairs {
	{"0", 0}, {"10", 10}, {"  10  ", 10}, {"\t\n10\v\f\r", 10}, {"-10", -10}, {"+5", 5}, {"10.5", 10.5}, {"1e2", 100.0}, {"1E+2", 100.0}, {"1e-2", 0.01}, {".5", 0.5}, {"5.", 5.0}, {"-.5", -0.5}, {"0x10", 16}, {"-0xff", -255}, {"0X1P4", 16.0}, {"0x.1", 0.0625}, {"0xA.8p0", 10.5}, {"1e1000", math.huge}, {"-1e1000", -math.huge},
	{"9223372036854775807", math.maxinteger}, {"9223372036854775808", 9223372036854775808.0}, {"-9223372036854775808", math.mininteger}, {"0xffffffffffffffffff", -1}, {"00012", 12}, {"1" .. ("0"):rep(18), 10^18 | 0}, {"1" .. ("0"):rep(19), 1e19}, {("0"):rep(300) .. "1", 1}, {"0." .. ("3"):rep(100), 1 / 3},
	{"", nil}, {" ", nil}, {"x", nil}, {"1x", nil}, {"0x", nil}, {"1e", nil}, {"e1", nil}, {"1 2", nil}, {"--1", nil}, {"- 1", nil}, {"1-", nil}, {".", nil}, {"..1", nil}, {"0x1.8p", nil}, {"inf", nil}, {"nan", nil}, {"Infinity", nil}, {"1,000", nil}, {"1_000", nil}, {"0b11", nil}, {"0o7", nil}, {"１", nil}, {"1\0", nil}, {"\0001", nil}, {"true", nil}, {"1e+", nil}, {"0xep", nil}, {"1f", nil}, {"1p4", nil},
} do
	equal(tonumber(case[1]), case[2], ("%q"):format(case[1]))
end
do
	equal(tonumber(5), 5)
	equal(tonumber(5.0), 5.0)
	equal(tonumber(-0.0), -0.0)
	for _, v in ipairs {true, false, {}, print, coroutine.create(print)} do equal(tonumber(v), nil) end
	equal(tonumber(nil), nil)
	equal(tonumber(setmetatable({}, {__tostring = function() return "5" end})), nil)
	check.error(tonumber, "bad argument #1 to 'tonumber' %(value expected%)")
	-- With a base: integers only, letters of both cases, spaces and a sign.
	equal(tonumber("10", 2), 2)
	equal(tonumber("ff", 16), 255)
	equal(tonumber("FF", 16), 255)
	equal(tonumber("-ff", 16), -255)
	equal(tonumber("  zz  ", 36), 1295)
	equal(tonumber("Zz", 36), 1295)
	equal(tonumber("777", 8), 511)
	equal(tonumber("10", 10), 10)
	equal(tonumber("7fffffffffffffff", 16), math.maxinteger)
	equal(tonumber("ffffffffffffffff", 16), -1)
	equal(tonumber("10000000000000000", 16), 0)
	equal(tonumber("1111111111", 2), 1023)
	for _, case in ipairs {{"2", 2}, {"8", 8}, {"g", 16}, {"", 10}, {" ", 10}, {"1.5", 10}, {"1e1", 10}, {"0x10", 16}, {"1 1", 10}, {"-", 10}, {"z", 35}, {"1\0", 10}, {"--1", 10}} do
		equal(tonumber(case[1], case[2]), nil, case[1] .. " in " .. case[2])
	end
	check.error(tonumber, "bad argument #2 to 'tonumber' %(base out of range%)", "1", 1)
	check.error(tonumber, "bad argument #2 to 'tonumber' %(base out of range%)", "1", 37)
	check.error(tonumber, "bad argument #1 to 'tonumber' %(string expected, got number%)", 10, 10)
	check.error(tonumber, "bad argument #2 to 'tonumber' %(number expected", "1", "x")
	for base = 2, 36 do
		local digits = "0123456789abcdefghijklmnopqrstuvwxyz"
		local n, s = 123456789, ""
		while n > 0 do s = digits:sub(n % base + 1, n % base + 1) .. s n = n // base end
		equal(tonumber(s, base), 123456789)
		equal(tonumber(" -" .. s:upper() .. " ", base), -123456789)
	end
end

-- tostring.
do
	equal(tostring(nil), "nil")
	equal(tostring(true), "true")
	equal(tostring(false), "false")
	equal(tostring(12), "12")
	equal(tostring(-12.5), "-12.5")
	equal(tostring(1e15), "1e+15")
	equal(tostring("s"), "s")
	equal(tostring("a\0b"), "a\0b")
	equal(tostring {} :match "^table: " ~= nil, true)
	equal(tostring(print):match "^function: " ~= nil or tostring(print):match "^function: builtin" ~= nil, true)
	equal(tostring(function() end):match "^function: " ~= nil, true)
	equal(tostring(coroutine.create(print)):match "^thread: " ~= nil, true)
	equal(tostring(io.stdout):match "^file %(" ~= nil, true)
	local t = {}
	equal(tostring(t), tostring(t))
	equal(tostring(t) == tostring {}, false)
	list({"1"}, tostring(1, 2))
end

-- type.
do
	check.error(type, "bad argument #1 to 'type' %(value expected%)")
	equal(type(nil), "nil")
	equal(type(setmetatable({}, {__name = "other"})), "table")
	list({"number"}, type(1, 2))
end

-- warn: checks its arguments.
do
	warn("@off")
	warn("not", " shown")
	list({}, warn("@off"))
	check.error(warn, "bad argument #1 to 'warn' %(string expected, got no value%)")
	check.error(warn, "bad argument #2 to 'warn' %(string expected, got table%)", "x", {})
end

-- print: uses tostring's rules; what it writes is not checked here.
equal(select("#", (function() return type(print) end)()), 1)
check.error(print, "'__tostring' must return a string", setmetatable({}, {__tostring = function() return {} end}))

-- next looks for the key as it is: a float is no key, since those with an integer's value have become integers.
do
	local t = {10, 20}
	check.equal(select("#", next(t, 1)), 2)
	check.error(next, "invalid key to 'next'", t, 1.0)
end

check.done()
