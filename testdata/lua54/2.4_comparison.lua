-- §2.4 Metamethods of equality and order.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list

-- __eq: only for two tables or two userdata that are not primitively equal; the result is made a boolean.
do
	local calls = 0
	local mt = {__eq = function(...) calls = calls + 1 check.results(2, ...) return "truthy" end}
	local a, b = setmetatable({}, mt), setmetatable({}, mt)
	equal(a == b, true)
	equal(a ~= b, false)
	equal(calls, 2)
	equal(a == a, true)
	equal(calls, 2, "primitively equal values do not ask")
	equal(rawequal(a, b), false)
	equal(rawequal(a, a), true)
	for _, other in ipairs {1, "x", true, print, coroutine.create(print), io.stdout} do
		equal(a == other, false)
		equal(other == a, false)
		equal(a ~= other, true)
	end
	equal(a == nil, false)
	equal(nil == a, false)
	equal(a == 1, false)
	equal(a == "x", false)
	equal(a == 1.5, false)
	equal(calls, 2)
	-- One of both suffices, and the first is preferred.
	equal(a == {}, true)
	equal({} == a, true)
	equal(setmetatable({}, {}) == a, true)
	equal({} == {}, false)
	local first = setmetatable({}, {__eq = function() return false end})
	equal(first == a, false)
	equal(a == first, true)
	for value, want in pairs {[0] = true, [""] = true, [false] = false, [true] = true} do
		local t = setmetatable({}, {__eq = function() return value end})
		equal(t == {}, want)
		equal(t ~= {}, not want)
		check.comparison(t, "==", {}, want)
		check.comparison(t, "~=", {}, not want)
	end
	equal(setmetatable({}, {__eq = function() end}) == {}, false)
	-- Operands keep their order.
	local got
	local c, d = setmetatable({}, {__eq = function(x, y) got = {x, y} return true end}), {}
	equal(c == d, true)
	equal(got[1], c)
	equal(got[2], d)
	equal(d == c, true)
	equal(got[1], d)
	equal(got[2], c)
	-- Keys of tables, rawequal and the library do not ask.
	local t = {[a] = 1}
	equal(t[b], nil)
	equal(t[a], 1)
	check.error(function() return setmetatable({}, {__eq = function() error("inside", 0) end}) == {} end, "^inside$")
	check.error(function() return setmetatable({}, {__eq = 1}) == {} end, "call a number value")
end

-- __lt and __le: when the operands are neither both numbers nor both strings; a > b is b < a.
do
	local log
	local function name(v) return type(v) == "table" and v.name or tostring(v) end
	local mt = {
		__lt = function(...) local a, b = check.results(2, ...) log = "lt(" .. name(a) .. "," .. name(b) .. ")" return a ~= nil end,
		__le = function(...) local a, b = check.results(2, ...) log = "le(" .. name(a) .. "," .. name(b) .. ")" return nil end,
	}
	local a, b = setmetatable({name = "a"}, mt), setmetatable({name = "b"}, mt)
	local function try(got, want, how)
		equal(got, want, how)
		equal(log, how)
		log = nil
	end
	try(a < b, true, "lt(a,b)")
	try(a > b, true, "lt(b,a)")
	try(a <= b, false, "le(a,b)")
	try(a >= b, false, "le(b,a)")
	try(a < 1, true, "lt(a,1)")
	try(a > 1, true, "lt(1,a)")
	try(1 < a, true, "lt(1,a)")
	try(1 > a, true, "lt(a,1)")
	try(a <= 1, false, "le(a,1)")
	try(a >= 1, false, "le(1,a)")
	try(1 <= a, false, "le(1,a)")
	try(1 >= a, false, "le(a,1)")
	try(a < 1.5, true, "lt(a,1.5)")
	try(a > 1000000, true, "lt(1000000,a)")
	try(a < "x", true, "lt(a,x)")
	try("x" < a, true, "lt(x,a)")
	try(a < {name = "t"}, true, "lt(a,t)")
	try({name = "t"} < a, true, "lt(t,a)")
	try(a < a, true, "lt(a,a)")
	try(a <= a, false, "le(a,a)")
	try(nil < a, false, "lt(nil,a)")
	try(a > nil, false, "lt(nil,a)")
	try(true <= a, false, "le(true,a)")
	-- Numbers and strings never ask.
	equal(1 < 2, true)
	equal("a" < "b", true)
	equal(log, nil)
	-- The first operand's handler is preferred.
	local first = setmetatable({name = "f"}, {__lt = function() log = "first" return false end})
	try(first < a, false, "first")
	try(a < first, true, "lt(a,f)")
	try(first > a, true, "lt(a,f)")
	-- The results become booleans, in every kind of condition.
	for _, case in ipairs {{0, true}, {"", true}, {false, false}, {true, true}, {{}, true}} do
		local t = setmetatable({}, {__lt = function() return case[1], "second" end, __le = function() return case[1] end})
		list({case[2]}, t < 1)
		check.comparison(t, "<", 5, case[2])
		check.comparison(t, "<=", 5, case[2])
		check.comparison(t, ">", 5, case[2])
		check.comparison(t, ">=", 5, case[2])
		check.comparison(5, "<", t, case[2])
		check.comparison(5.5, ">=", t, case[2])
		check.comparison(t, "<", t, case[2])
		check.comparison("x", "<=", t, case[2])
	end
	-- Without __le, a <= b is not (b < a), as in 5.3: Debian builds lua5.4 with LUA_COMPAT_LT_LE.
	local only = setmetatable({}, {__lt = function(x) return type(x) == "number" end})
	equal(only < 1, false)
	equal(1 < only, true)
	equal(only <= 1, false)
	equal(1 <= only, true)
	equal(only >= 1, true)
	equal(1 >= only, false)
	equal(only <= only, true)
	-- With __le it is asked and __lt is not; __lt is not made from __le.
	local both = setmetatable({}, {__lt = function() error("asked") end, __le = function() return true end})
	equal(both <= 1, true)
	equal(1 >= both, true)
	local le = setmetatable({}, {__le = function() return true end})
	check.error(function() return le < 1 end, "attempt to compare table with number")
	equal(le <= 1, true)
	check.error(function() return {} < {} end, "attempt to compare two table values")
	check.error(function() return setmetatable({}, {__lt = function() error("inside", 0) end}) < 1 end, "^inside$")
end

-- Sorting and math.max use them.
do
	local mt = {__lt = function(a, b) return a.n < b.n end, __le = function(a, b) return a.n <= b.n end}
	local t = {}
	for i, n in ipairs {5, 2, 8, 1, 9, 3} do t[i] = setmetatable({n = n}, mt) end
	table.sort(t)
	local out = {}
	for i, v in ipairs(t) do out[i] = v.n end
	equal(table.concat(out, " "), "1 2 3 5 8 9")
	equal(t[1] <= t[2], true)
	equal(t[2] >= t[3], false)
end

-- Sets ordered by inclusion: not every pair can be compared.
do
	local mt = {}
	mt.__le = function(a, b) for k in pairs(a) do if not b[k] then return false end end return true end
	mt.__lt = function(a, b) return a <= b and not (b <= a) end
	mt.__eq = function(a, b) return a <= b and b <= a end
	local function set(...) local s = setmetatable({}, mt) for _, v in ipairs {...} do s[v] = true end return s end
	equal(set(1, 2) <= set(1, 2, 3), true)
	equal(set(1, 2) < set(1, 2, 3), true)
	equal(set(1, 2) < set(2, 1), false)
	equal(set(1, 2) <= set(2, 1), true)
	equal(set(1, 2) == set(2, 1), true)
	equal(set(1, 2) ~= set(2, 1), false)
	equal(set(1, 2) <= set(2, 3), false)
	equal(set(1, 2) > set(2, 3), false)
	equal(set(1, 2) >= set(2), true)
end

check.done()
