-- §3.4.1 Arithmetic operators.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal = check.equal
local max, min, huge, nan = math.maxinteger, math.mininteger, math.huge, 0 / 0

check.binary {
	-- + - *: two integers give an integer that wraps around; else floats.
	{1, "+", 2, 3}, {1, "+", 2.0, 3.0}, {1.0, "+", 2, 3.0}, {1.5, "+", 2.5, 4.0}, {max, "+", 1, min}, {min, "+", -1, max}, {max, "+", max, -2}, {max, "+", 1.0, 2^63}, {max, "+", 0.0, 2^63},
	{0.1, "+", 0.2, 0.30000000000000004}, {huge, "+", -huge, nan}, {huge, "+", 1, huge}, {-0.0, "+", 0.0, 0.0}, {-0.0, "+", -0.0, -0.0}, {-0.0, "+", 0, 0.0}, {0, "+", -0.0, 0.0}, {2^53, "+", 1, 2^53}, {2^53 | 0, "+", 1, 9007199254740993},
	{100, "+", 127, 227}, {100, "+", 128, 228}, {100, "+", -128, -28}, {5, "+", 1000000, 1000005}, {5, "+", 1e100, 1e100}, {127, "+", 1, 128}, {0, "+", 0, 0},
	{5, "-", 3, 2}, {5, "-", 3.0, 2.0}, {3, "-", 5, -2}, {min, "-", 1, max}, {0, "-", min, min}, {-2, "-", max, max}, {0.0, "-", 0.0, 0.0}, {0, "-", 0.0, 0.0}, {huge, "-", huge, nan}, {10, "-", 127, -117}, {10, "-", 128, -118}, {10, "-", -127, 137}, {10, "-", -128, 138},
	{6, "*", 7, 42}, {6, "*", 7.0, 42.0}, {max, "*", 2, -2}, {min, "*", -1, min}, {min, "*", min, 0}, {max, "*", max, 1}, {0x100000000, "*", 0x100000000, 0}, {3037000500, "*", 3037000500, -9223372036709301616}, {0, "*", -1, 0}, {0.0, "*", -1, -0.0}, {0, "*", huge, nan}, {2, "*", 0.5, 1.0}, {-3, "*", 4, -12}, {123456789, "*", 987654321, 121932631112635269},
	-- / and ^: always floats.
	{10, "/", 2, 5.0}, {7, "/", 2, 3.5}, {1, "/", 3, 1 / 3}, {1, "/", 0, huge}, {-1, "/", 0, -huge}, {0, "/", 0, nan}, {1, "/", -0.0, -huge}, {0.0, "/", 5, 0.0}, {0, "/", -5, -0.0}, {1, "/", huge, 0.0}, {-1, "/", huge, -0.0}, {huge, "/", huge, nan}, {max, "/", 1, 2^63}, {max, "/", max, 1.0}, {min, "/", -1, 2^63}, {6.0, "/", 1.5, 4.0},
	{2, "^", 10, 1024.0}, {2, "^", 0.5, 2^0.5}, {2, "^", -1, 0.5}, {0, "^", 0, 1.0}, {nan, "^", 0, 1.0}, {1, "^", nan, 1.0}, {-8, "^", 1 / 3, nan}, {-2, "^", 3, -8.0}, {-2, "^", 2, 4.0}, {2, "^", 63, 9223372036854775808.0}, {10, "^", 308, 1e308}, {10, "^", 309, huge}, {0, "^", -1, huge}, {2, "^", 53, 9007199254740992.0}, {4, "^", 0.5, 2.0}, {huge, "^", 0, 1.0}, {0.5, "^", huge, 0.0}, {-1, "^", huge, 1.0},
	-- //: floor; integers give an integer.
	{7, "//", 2, 3}, {-7, "//", 2, -4}, {7, "//", -2, -4}, {-7, "//", -2, 3}, {6, "//", 2, 3}, {-6, "//", 2, -3}, {0, "//", 5, 0}, {7, "//", 2.0, 3.0}, {-7, "//", 2.0, -4.0}, {7.5, "//", 2, 3.0}, {-7.5, "//", 2, -4.0}, {1, "//", 0.0, huge}, {-1, "//", 0.0, -huge}, {0, "//", 0.0, nan}, {0.0, "//", 0.0, nan},
	{min, "//", -1, min}, {max, "//", -1, -max}, {min, "//", 1, min}, {min, "//", 2, -4611686018427387904}, {max, "//", min, -1}, {min, "//", max, -2}, {1, "//", min, -1}, {-1, "//", min, 0}, {5, "//", huge, 0.0}, {-5, "//", huge, -0.0}, {5, "//", -huge, -0.0}, {huge, "//", 1, huge}, {-0.0, "//", 1, -0.0}, {0.5, "//", 0.1, 5.0}, {1.0, "//", 0.1, 10.0}, {1e308, "//", 0.1, huge}, {3.0, "//", -1, -3.0},
	-- %: a - (a // b) * b; the sign of the divisor.
	{7, "%", 3, 1}, {-7, "%", 3, 2}, {7, "%", -3, -2}, {-7, "%", -3, -1}, {6, "%", 3, 0}, {-6, "%", 3, 0}, {7, "%", 3.0, 1.0}, {-7, "%", 3.0, 2.0}, {7, "%", -3.0, -2.0}, {-7, "%", -3.0, -1.0}, {7.5, "%", 2, 1.5}, {-7.5, "%", 2, 0.5}, {7.5, "%", -2, -0.5}, {-7.5, "%", -2, -1.5},
	{min, "%", -1, 0}, {max, "%", -1, 0}, {min, "%", max, max - 1}, {max, "%", min, -1}, {min, "%", 2, 0}, {1, "%", min, min + 1}, {-1, "%", min, -1}, {-1, "%", max, max - 1}, {5, "%", huge, 5.0}, {-5, "%", huge, huge}, {5, "%", -huge, -huge}, {-5, "%", -huge, -5.0}, {huge, "%", 2, nan}, {1, "%", 0.0, nan}, {nan, "%", 2, nan}, {0.0, "%", 1, 0.0}, {-0.0, "%", 1, -0.0}, {0, "%", 3, 0}, {-3.0, "%", 3, -0.0}, {5.3, "%", 2, 5.3 - 4}, {2^53, "%", 3, 2.0}, {10, "%", 4, 2}, {-1, "%", 1000000, 999999},
}

-- Division and modulo by the integer zero are errors; the results fulfil a == (a // b) * b + a % b.
do
	for _, a in ipairs {0, 1, -1, 5, max, min} do
		check.error(function() return a // 0 end, "attempt to divide by zero")
		check.error(function() return a % 0 end, "attempt to perform 'n%%0'")
	end
	check.error(function() return 1 // 0 end, "attempt to divide by zero")
	check.error(function() return 1 % 0 end, "attempt to perform 'n%%0'")
	for _, a in ipairs {0, 1, -1, 7, -7, 100, -100, max, min, max - 5, min + 5} do
		for _, b in ipairs {1, -1, 2, -2, 3, -3, 7, -7, max, min, 1000003, -1000003} do
			local q, r = a // b, a % b
			equal(q * b + r, a)
			equal(r == 0 or (r < 0) == (b < 0), true)
			equal(math.type(q), "integer")
			equal(math.type(r), "integer")
		end
	end
	for _, a in ipairs {0.5, 7.25, -7.25, 1e10, -1e10, 3.0, -3.0} do
		for _, b in ipairs {1, -1, 2.5, -2.5, 0.125, 7} do
			local q, r = a // b, a % b
			equal(q * b + r == a, true)
			equal(r == 0 or (r < 0) == (b < 0), true)
			equal(math.type(q), "float")
		end
	end
end

-- Unary minus.
do
	local function neg(v) return -v end
	equal(neg(5), -5)
	equal(neg(-5), 5)
	equal(neg(0), 0)
	equal(neg(0.0), -0.0)
	equal(neg(-0.0), 0.0)
	equal(neg(min), min)
	equal(neg(max), min + 1)
	equal(neg(huge), -huge)
	equal(neg(nan), nan)
	equal(neg(1.5), -1.5)
	check.expressions {
		{"-5", -5}, {"- -5", 5}, {"-(-5)", 5}, {"-0", 0}, {"-0.0", -0.0}, {"- - -1", -1}, {"-1e300", -1e300}, {"-0x8000000000000000", min}, {"-9223372036854775807 - 1", min}, {"-(2)", -2}, {"2 - -2", 4}, {"2 - - -2", 0}, {"2--2\n", 2},
	}
end

-- Results of one operation are operands of the next; the order of operations shows in overflow and rounding.
check.expressions {
	{"1 + 2 * 3", 7}, {"(1 + 2) * 3", 9}, {"10 / 2 * 5", 25.0}, {"10 - 2 - 3", 5}, {"2 ^ 3 ^ 2", 512.0}, {"7 // 2 * 2 + 7 % 2", 7}, {"-2 ^ 2", -4.0}, {"(-2) ^ 2", 4.0}, {"2 ^ -2", 0.25}, {"-3 % 5", 2}, {"-(3 % 5)", -3}, {"-3 // 2", -2}, {"5 % -3 * 2", -2},
	{"1e308 * 10 / 10", huge}, {"1e308 / 10 * 10", 1e308}, {"0.1 + 0.2 + 0.3 == 0.3 + 0.2 + 0.1", false}, {"1 / 2 + 1 // 2", 0.5}, {"3 | 0 + 4", 7},
	{"math.maxinteger + 1 == math.mininteger", true}, {"math.maxinteger + 1.0 == 2^63", true}, {"math.maxinteger // 1 | 0", max}, {"5 // 0.3", 16.0}, {"2^53 == 2^53 + 1", true}, {"1 - 1 / 3 * 3", 0.0}, {"10 // 3 .. ''", "3"}, {"10 / 2 .. ''", "5.0"}, {"3 * 1.0 .. ''", "3.0"},
}

-- In loops and through every kind of variable the subtype is kept.
do
	local i, f = 1, 1.0
	for _ = 1, 10 do i = i * 2 f = f * 2 end
	equal(i, 1024)
	equal(f, 1024.0)
	local t = {n = 5}
	t.n = t.n + 1
	equal(t.n, 6)
	t.n = t.n / 2
	equal(t.n, 3.0)
	t.n = t.n // 1 | 0
	equal(t.n, 3)
	counter = 0
	for _ = 1, 5 do counter = counter + 1 end
	equal(counter, 5)
	counter = nil
	local up = 10
	local function sub() up = up - 3 return up end
	equal(sub(), 7)
	equal(sub(), 4)
	local hash = 5381
	for c in ("hello world"):gmatch "." do hash = hash * 33 + c:byte() end
	equal(hash, -4569957541214041919)
	equal(math.type(hash), "integer")
	local lcg = 42
	for _ = 1, 100 do lcg = lcg * 6364136223846793005 + 1442695040888963407 end
	equal(lcg, 4293895218951161694)
end

check.done()
