-- §6.7 Mathematical functions.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list
local max, min, huge, nan = math.maxinteger, math.mininteger, math.huge, 0 / 0

local function near(got, want, what)
	equal(math.type(got), "float", what)
	equal(got == want or math.abs(got - want) <= 1e-14 * math.max(1.0, math.abs(want)), true, what)
end

equal(math.pi, 3.141592653589793)
equal(math.huge, 1 / 0)
equal(math.maxinteger, 0x7fffffffffffffff)
equal(math.mininteger, -0x7fffffffffffffff - 1)

-- abs: the subtype stays; the smallest integer wraps.
for _, case in ipairs {{5, 5}, {-5, 5}, {0, 0}, {5.5, 5.5}, {-5.5, 5.5}, {-0.0, 0.0}, {min, min}, {max, max}, {min + 1, max}, {-huge, huge}, {nan, nan}} do equal(math.abs(case[1]), case[2]) end

-- ceil, floor: an integer if it fits, else a float.
for _, case in ipairs {
	{3.2, 4, 3}, {-3.2, -3, -4}, {3, 3, 3}, {3.0, 3, 3}, {-0.0, 0, 0}, {0.5, 1, 0}, {-0.5, 0, -1}, {max, max, max}, {min, min, min}, {1e100, 1e100, 1e100}, {-1e100, -1e100, -1e100}, {huge, huge, huge}, {-huge, -huge, -huge}, {nan, nan, nan}, {2^53, 9007199254740992, 9007199254740992}, {2^63, 2^63, 2^63}, {-2^63, min, min}, {2^62 + 0.0, 1 << 62, 1 << 62}, {1e15 + 0.5, 1000000000000001, 1000000000000000}, {9007199254740991.5, 9007199254740992, 9007199254740992}, {-1.0, -1, -1}, {"3.7", 4, 3},
} do
	equal(math.ceil(case[1]), case[2], "ceil " .. tostring(case[1]))
	equal(math.floor(case[1]), case[3], "floor " .. tostring(case[1]))
end

-- fmod: the sign of the dividend; integers stay integers.
for _, case in ipairs {{7, 3, 1}, {-7, 3, -1}, {7, -3, 1}, {-7, -3, -1}, {7.5, 2, 1.5}, {-7.5, 2, -1.5}, {7, 2.0, 1.0}, {6, 3, 0}, {-6, 3, 0}, {-6.0, 3, -0.0}, {min, -1, 0}, {min, 1, 0}, {max, min, max}, {min, max, -1}, {5, huge, 5.0}, {5, 0.0, nan}, {huge, 1, nan}, {1e300, 3, math.fmod(1e300, 3)}, {5.3, 5.3, 0.0}} do equal(math.fmod(case[1], case[2]), case[3], case[1] .. " " .. case[2]) end
check.error(math.fmod, "bad argument #2 to 'math.fmod' %(zero%)", 1, 0)

-- max, min.
equal(math.max(1), 1)
equal(math.max(1, 2, 3), 3)
equal(math.max(3, 2.5), 3)
equal(math.max(2, 2.5), 2.5)
equal(math.max(1, 1.0), 1)
equal(math.max(1.0, 1), 1.0)
equal(math.max(-huge, min), min)
equal(math.max(max, 2^63), 2^63)
equal(math.min(1, 2, 3), 1)
equal(math.min(3, 2.5), 2.5)
equal(math.min(max, huge), max)
equal(math.min(-1, -1.0), -1)
equal(math.min(5), 5)
check.error(math.max, "bad argument #1 to 'math.max' %(value expected%)")
check.error(math.min, "bad argument #1 to 'math.min' %(value expected%)")
check.error(math.max, "attempt to compare number with string", 1, "x")
check.error(math.min, "attempt to compare", {}, 1)

-- modf: the first result is an integer if it fits.
for _, case in ipairs {{3.7, 3, 0.7}, {-3.7, -3, -0.7}, {5, 5, 0.0}, {5.0, 5, 0.0}, {huge, huge, 0.0}, {-huge, -huge, 0.0}, {1e100, 1e100, 0.0}, {0.5, 0, 0.5}, {-0.5, 0, -0.5}, {0.0, 0, 0.0}, {max, max, 0.0}, {2^63, 2^63, 0.0}} do
	local int, frac = math.modf(case[1])
	equal(int, case[2], "modf " .. tostring(case[1]))
	near(frac, case[3], "modf " .. tostring(case[1]))
end
do
	local int, frac = math.modf(nan)
	equal(int, nan)
	equal(frac, nan)
end

-- tointeger, type, ult.
for _, case in ipairs {{3, 3}, {3.0, 3}, {-0.0, 0}, {3.5, nil}, {2^53, 9007199254740992}, {2^63, nil}, {-2^63, min}, {huge, nil}, {nan, nil}, {max, max}, {"3", 3}, {"3.0", 3}, {"x", nil}, {"3.5", nil}, {true, nil}, {{}, nil}} do equal(math.tointeger(case[1]), case[2]) end
equal(math.tointeger(nil), nil)
check.error(math.tointeger, "bad argument #1 to 'math.tointeger' %(value expected%)")
equal(math.type(1), "integer")
equal(math.type(1.0), "float")
equal(math.type "1", nil)
equal(math.type {}, nil)
check.error(math.type, "bad argument #1 to 'math.type' %(value expected%)")
equal(math.ult(1, 2), true)
equal(math.ult(2, 1), false)
equal(math.ult(1, 1), false)
equal(math.ult(-1, 1), false)
equal(math.ult(1, -1), true)
equal(math.ult(max, min), true)
equal(math.ult(-2, -1), true)
equal(math.ult(1.0, 2.0), true)
check.error(math.ult, "no integer representation", 1.5, 2)

-- sqrt, exp, log.
near(math.sqrt(2), 1.4142135623730951)
equal(math.sqrt(16), 4.0)
equal(math.sqrt(-1), nan)
equal(math.sqrt(huge), huge)
equal(math.sqrt(0), 0.0)
near(math.exp(1), 2.718281828459045)
equal(math.exp(0), 1.0)
equal(math.exp(-huge), 0.0)
equal(math.exp(1000), huge)
near(math.log(math.exp(2)), 2.0)
equal(math.log(1), 0.0)
equal(math.log(0), -huge)
equal(math.log(-1), nan)
equal(math.log(8, 2), 3.0)
equal(math.log(1024, 2), 10.0)
equal(math.log(1000, 10), 3.0)
equal(math.log(0.001, 10), -3.0)
near(math.log(27, 3), 3.0)
near(math.log(2, 0.5), -1.0)
equal(math.log(2^-1074, 2), -1074.0)
equal(math.log(16, 2.0), 4.0)

-- Trigonometry: radians.
equal(math.sin(0), 0.0)
equal(math.cos(0), 1.0)
equal(math.tan(0), 0.0)
near(math.sin(math.pi / 2), 1.0)
near(math.cos(math.pi), -1.0)
near(math.tan(math.pi / 4), 1.0)
near(math.sin(1), 0.8414709848078965)
near(math.cos(1), 0.5403023058681398)
near(math.tan(1), 1.5574077246549023)
near(math.sin(100), -0.5063656411097588)
equal(math.sin(huge), nan)
near(math.asin(1), math.pi / 2)
near(math.acos(-1), math.pi)
equal(math.asin(2), nan)
equal(math.acos(1), 0.0)
near(math.atan(1), math.pi / 4)
near(math.atan(1, 1), math.pi / 4)
near(math.atan(1, -1), 3 * math.pi / 4)
near(math.atan(-1, -1), -3 * math.pi / 4)
near(math.atan(0, -1), math.pi)
equal(math.atan(0, 1), 0.0)
near(math.atan(1, 0), math.pi / 2)
near(math.atan(huge), math.pi / 2)
near(math.atan(-0.0, -1), -math.pi)
near(math.deg(math.pi), 180.0)
near(math.rad(180), math.pi)
near(math.deg(1), 57.29577951308232)

-- random: ranges; the same seed gives the same numbers.
do
	for _ = 1, 1000 do
		local r = math.random()
		equal(math.type(r), "float")
		equal(r >= 0 and r < 1, true)
		r = math.random(10)
		equal(math.type(r), "integer")
		equal(r >= 1 and r <= 10, true)
		r = math.random(-5, 5)
		equal(r >= -5 and r <= 5, true)
	end
	equal(math.random(7, 7), 7)
	equal(math.random(1), 1)
	equal(math.type(math.random(0)), "integer")
	equal(math.type(math.random(min, max)), "integer")
	equal(math.random(max, max), max)
	local r = math.random(max - 1, max)
	equal(r == max or r == max - 1, true)
	equal(math.random(3.0) <= 3, true)
	local seen = {}
	for _ = 1, 1000 do seen[math.random(6)] = true end
	for i = 1, 6 do equal(seen[i], true) end
	equal(seen[0], nil)
	equal(seen[7], nil)
	check.error(math.random, "bad argument #1 to 'math.random' %(interval is empty%)", -1)
	check.error(math.random, "bad argument #1 to 'math.random' %(interval is empty%)", 2, 1)
	check.error(math.random, "wrong number of arguments", 1, 2, 3)
	check.error(math.random, "number has no integer representation", 1.5)
	check.error(math.random, "number expected, got string", "x")
	math.randomseed(42)
	local a = {}
	for i = 1, 10 do a[i] = math.random(1000000) end
	math.randomseed(42)
	for i = 1, 10 do equal(math.random(1000000), a[i]) end
	math.randomseed(43)
	local same = true
	for i = 1, 10 do same = same and math.random(1000000) == a[i] end
	equal(same, false)
	math.randomseed(1, 2)
	local x = math.random(0)
	math.randomseed(1, 2)
	equal(math.random(0), x)
	math.randomseed()
	local sum = 0.0
	for _ = 1, 10000 do sum = sum + math.random() end
	equal(sum > 4700 and sum < 5300, true)
end

-- Arguments of the wrong type.
for _, name in ipairs {"abs", "acos", "asin", "atan", "ceil", "cos", "deg", "exp", "floor", "log", "modf", "rad", "sin", "sqrt", "tan"} do
	check.error(math[name], "bad argument #1 to 'math%." .. name .. "2?' %(number expected, got no value%)")
	check.error(math[name], "number expected, got string", "x")
	check.error(math[name], "number expected, got table", {})
	equal(type(math[name]("1")), "number")
end
check.error(math.log, "bad argument #2", 1, "x")
check.error(math.atan, "bad argument #2", 1, {})

check.done()
