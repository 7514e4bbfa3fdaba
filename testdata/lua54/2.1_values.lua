-- §2.1 Values and types.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal = check.equal

-- There are eight types.
equal(type(nil), "nil")
equal(type(true), "boolean")
equal(type(false), "boolean")
equal(type(1), "number")
equal(type(1.5), "number")
equal(type(""), "string")
equal(type({}), "table")
equal(type(print), "function")
equal(type(function() end), "function")
equal(type(coroutine.create(print)), "thread")
equal(type(io.stdout), "userdata")

-- A value different from any other: nil. Both nil and false make a condition false; any other value makes it true.
equal(nil == false, false)
for _, value in ipairs {true, 0, 0.0, -0.0, "", "false", {}, print, 0 / 0} do
	local taken = false
	if value then taken = true end
	equal(taken, true)
	equal(not value, false)
end
equal(not nil, true)
equal(not false, true)
do
	local taken = true
	if nil then taken = false elseif false then taken = false end
	equal(taken, true)
end

-- Number has two subtypes, integer and float.
equal(math.type(3), "integer")
equal(math.type(3.0), "float")
equal(math.type(-0.0), "float")
equal(math.type(1e2), "float")
equal(math.type(0x10), "integer")
equal(math.type("3"), nil)
equal(math.type(nil), nil)

-- Integers are of 64 bits and wrap around.
equal(math.maxinteger, 9223372036854775807)
equal(math.mininteger, -9223372036854775807 - 1)
equal(math.maxinteger + 1, math.mininteger)
equal(math.mininteger - 1, math.maxinteger)
equal(math.maxinteger * 2, -2)
equal(-math.mininteger, math.mininteger)
equal(math.mininteger * -1, math.mininteger)
equal(math.mininteger // -1, math.mininteger)
equal(math.mininteger % -1, 0)
equal(math.maxinteger * math.maxinteger, 1)

-- Floats are double precision.
equal(2^53 + 1 == 2^53, true)
equal(2^53 | 0, 9007199254740992)
equal((2^53 | 0) + 1, 9007199254740993)
equal(0.1 + 0.2 == 0.3, false)
equal(1 / 0, math.huge)
equal(-1 / 0, -math.huge)
equal(0 / 0 == 0 / 0, false)
equal(1 / -0.0, -math.huge)
equal(0.0 == -0.0, true)

-- Strings are immutable sequences of bytes, eight-bit clean, zeros included.
do
	local s = "a\0b\255\0"
	equal(#s, 5)
	equal(s:byte(2), 0)
	equal(s:byte(4), 255)
	equal(s == "a\0b\255\0", true)
	equal(s == "a\0b\255", false)
	equal("a\0a" < "a\0b", true)
	equal("\0" .. "\0" == "\0\0", true)
	local t = {["a\0"] = 1, ["a"] = 2, ["a\0\0"] = 3}
	equal(t["a\0"], 1)
	equal(t["a"], 2)
	equal(t["a\0\0"], 3)
	local upper = s:upper()
	equal(s, "a\0b\255\0")
	equal(upper, "A\0B\255\0")
	local all = {}
	for i = 0, 255 do all[i + 1] = string.char(i) end
	all = table.concat(all)
	equal(#all, 256)
	for i = 0, 255 do equal(all:byte(i + 1), i) end
end

-- Functions are first-class values.
do
	local function f() return 1 end
	local g = f
	equal(g, f)
	local t = {[f] = "f", call = f}
	equal(t[g], "f")
	equal(t.call(), 1)
	local function make() return function() return f end end
	equal(make()()(), 1)
end

-- A table can be indexed with any value except nil and NaN.
do
	local t, thread, key = {}, coroutine.create(print), {}
	local keys = {true, false, 1, 1.5, "", "x", key, print, thread, -1, 0, math.huge, -math.huge, math.mininteger, io.stdout}
	for i, k in ipairs(keys) do t[k] = i end
	for i, k in ipairs(keys) do equal(t[k], i) end
	local n = 0
	for k, v in pairs(t) do
		n = n + 1
		equal(k, keys[v])
	end
	equal(n, #keys)
	check.message(function() t[nil] = 1 end, "index is nil")
	check.message(function() t[0 / 0] = 1 end, "index is NaN")
	check.message(function() return {[nil] = 1} end, "index is nil")
	check.message(function() return {[0 / 0] = 1} end, "index is NaN")
	check.message(function() rawset(t, nil, 1) end, "index is nil")
	check.message(function() rawset(t, 0 / 0, 1) end, "index is NaN")
	-- Reading them is no error.
	equal(t[nil], nil)
	equal(t[0 / 0], nil)
	equal(rawget(t, nil), nil)
	equal(rawget(t, 0 / 0), nil)
	-- Assigning nil to nil is an error as well.
	check.message(function() t[nil] = nil end, "index is nil")
	check.message(function() t[0 / 0] = nil end, "index is NaN")
end

-- Values may be of any type; a key whose value is nil is not in the table, and vice versa.
do
	local t = {a = 1, b = nil, c = false}
	local seen = {}
	for k in pairs(t) do seen[#seen + 1] = k end
	table.sort(seen)
	equal(table.concat(seen, ","), "a,c")
	equal(t.missing, nil)
	t.a = nil
	t.c = nil
	equal(next(t), nil)
	t.a = 5
	equal(next(t), "a")
end

-- t.name is t["name"].
do
	local t = {}
	t.name = 1
	equal(t["name"], 1)
	t["other"] = 2
	equal(t.other, 2)
	t["not a name"] = 3
	equal(t["not a name"], 3)
	t["end"] = 4
	equal(t["end"], 4)
end

-- Keys are compared by raw equality; a float key with an integral value is converted to that integer.
do
	local t = {}
	t[1.0] = "one"
	equal(t[1], "one")
	equal(math.type(next(t)), "integer")
	t[1] = "uno"
	equal(t[1.0], "uno")
	t[1] = nil
	equal(next(t), nil)
	t[2^53] = "big"
	equal(t[9007199254740992], "big")
	equal(math.type(next(t)), "integer")
	equal(t[9007199254740993], nil)
	t[9007199254740993] = "bigger"
	equal(t[9007199254740992], "big")
	equal(t[9007199254740993], "bigger")
	t[-0.0] = "zero"
	equal(t[0], "zero")
	equal(t[0.0], "zero")
	t[2^63] = "float"
	equal(t[2^63], "float")
	equal(t[math.maxinteger], nil)
	equal(t[math.mininteger], nil)
	t[math.mininteger] = "min"
	equal(t[-2^63], "min")
	t[math.maxinteger] = "max"
	equal(t[math.maxinteger], "max")
	equal(t[math.maxinteger - 1], nil)
	equal(t[2^63], "float")
	t["1"] = "string"
	equal(t[1], nil)
	t[1.5], t[-1.5] = "a", "b"
	equal(t[1.5], "a")
	equal(t[-1.5], "b")
	rawset(t, 7.0, "seven")
	equal(rawget(t, 7), "seven")
	local c = {[3.0] = 3, [2] = 2}
	equal(c[3], 3)
	equal(c[2.0], 2)
	local key
	for k, v in pairs(c) do if v == 3 then key = k end end
	equal(key, 3)
end

-- Identifiers of 64 bits are distinct keys and values.
do
	local t, n = {}, 0
	for i = 0, 99 do t[0x7ffffffffffffff0 + i] = i end
	for i = 0, 99 do equal(t[0x7ffffffffffffff0 + i], i) end
	for _ in pairs(t) do n = n + 1 end
	equal(n, 100)
	local ids = {1234567890123456789, 1234567890123456788, 1234567890123456790}
	equal(ids[1], 1234567890123456789)
	equal(ids[1] - ids[2], 1)
	equal(ids[3] - ids[1], 1)
	equal(tostring(ids[1]), "1234567890123456789")
end

-- Integers and floats stay what they are in a table, an upvalue, an argument, a result.
do
	local t = {1, 1.0, 2^53, -0.0, math.maxinteger, 3.5, 1e100, x = 1.0, y = 1}
	equal(t[1], 1)
	equal(t[2], 1.0)
	equal(t[3], 2^53)
	equal(t[4], -0.0)
	equal(t[5], math.maxinteger)
	equal(t[6], 3.5)
	equal(t[7], 1e100)
	equal(t.x, 1.0)
	equal(t.y, 1)
	local function through(...) return ... end
	check.list({1, 1.0, -0.0, math.mininteger, 2^63}, through(1, 1.0, -0.0, math.mininteger, 2^63))
	local up = 1.0
	local function get() return up end
	local function set(v) up = v end
	equal(get(), 1.0)
	set(1)
	equal(get(), 1)
	set(-0.0)
	equal(get(), -0.0)
	set(2^53)
	equal(get(), 2^53)
	global_number = 5.0
	equal(global_number, 5.0)
	global_number = nil
	local co = coroutine.wrap(function(a) while true do a = coroutine.yield(a) end end)
	for _, v in ipairs {1, 1.0, -0.0, math.maxinteger, 2^63, 0.5} do equal(co(v), v) end
end

-- Tables, functions, threads and userdata are references: assignment and passing copy nothing.
do
	local t = {}
	local u = t
	u.x = 1
	equal(t.x, 1)
	local function change(arg) arg.x = 2 end
	change(t)
	equal(u.x, 2)
	equal({} == {}, false)
	local f, g = {}, {}
	for i = 1, 2 do f[i] = function() return i end end
	equal(f[1] == f[2], false)
end

-- A table that grows, shrinks and mixes kinds of keys.
do
	local t = {}
	for i = 1, 1000 do t[i] = i end
	for i = 1, 1000 do t["k" .. i] = i end
	for i = 1, 1000 do t[i + 0.5] = i end
	for i = 1, 1000, 2 do t[i] = nil; t["k" .. i] = nil end
	local sum, n = 0, 0
	for _, v in pairs(t) do sum = sum + v; n = n + 1 end
	equal(n, 2000)
	equal(sum, 250500 + 250500 + 500500)
	for i = 1, 1000 do
		equal(t[i], i % 2 == 0 and i or nil)
		equal(t["k" .. i], i % 2 == 0 and i or nil)
	end
	for k in pairs(t) do t[k] = nil end
	equal(next(t), nil)
	t[100000000] = 1
	equal(t[100000000], 1)
	equal(#t == 0 or #t == 100000000, true)
end

check.done()
