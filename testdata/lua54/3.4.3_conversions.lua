-- §3.4.3 Coercions and conversions.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list
local max, min, huge = math.maxinteger, math.mininteger, math.huge

-- Integer to float, where floats are wanted: the nearest representable.
equal(9007199254740993 + 0.0, 9007199254740992.0)
equal(max + 0.0, 2^63)
equal(min + 0.0, -2^63)
equal(max / 1, 2^63)
equal(1 / 3 * 3, 1.0)

-- Float to integer, where integers are wanted: only if it is exact.
equal(2.0 | 0, 2)
equal(("x"):rep(3.0), "xxx")
equal(select(2.0, "a", "b"), "b")
equal(string.char(65.0), "A")
equal(({10, 20})[2.0], 20)
equal(("abc"):sub(2.0, 3.0), "bc")
check.error(function() return ("x"):rep(1.5) end, "number has no integer representation")
check.error(function() return ("x"):rep(2^63) end, "number has no integer representation")
check.error(function() return ("x"):rep(0 / 0) end, "number has no integer representation")
check.error(function() return ("x"):rep("1.5") end, "number has no integer representation")
equal(({10})[1.5], nil)

-- String to number in arithmetic: by the rules of the lexer, with spaces around and a sign.
for _, case in ipairs {
	{"10", 10}, {" 10 ", 10}, {"\t10\n", 10}, {"-10", -10}, {"+10", 10}, {"0x10", 16}, {"-0x10", -16}, {"1e1", 10.0}, {"10.0", 10.0}, {".5", 0.5}, {"5.", 5.0}, {"0x.8", 0.5}, {"0x1p4", 16.0}, {"9223372036854775807", max}, {"9223372036854775808", 2^63}, {"-9223372036854775808", min}, {"-9223372036854775809", -2^63},
	{"0xffffffffffffffff", -1}, {"0x1ffffffffffffffff", -1}, {"  0xA  ", 10}, {"1e400", huge}, {"-0", 0}, {"-0.0", -0.0}, {"\v\f\r1", 1}, {"007", 7}, {"0", 0},
} do
	local s, n = case[1], case[2]
	equal(tonumber(s), n)
	equal(s * 1, n * 1)
	equal(1 * s, 1 * n)
	equal(-s, -n)
	equal(s + 0, n + 0)
	equal(s / 1, n / 1)
end
for _, s in ipairs {"", " ", "abc", "1a", "1 2", "- 1", "--1", "+-1", "0x", "1e", "1e+", ".", "1..2", "inf", "nan", "infinity", "NaN", "1_000", "0b1", "1,5", "\0", "1\0", "0x1g", "1e5.5", "ten", "1f", "1d", "1L", "0x1.p", "é", "1 \0"} do
	equal(tonumber(s), nil, s)
	check.error(function() return s + 1 end, "attempt to add a 'string' with a 'number'")
	check.error(function() return 1 * s end, "attempt to mul a 'number' with a 'string'")
	check.error(function() return -s end, "attempt to unm a 'string' with a 'string'")
	check.error(math.abs, "number expected, got string", s)
end
equal("10" + "5", 15)
equal("10" * "2", 20)
equal("10" / "4", 2.5)
equal("3" ^ "2", 9.0)
equal("7" % "3", 1)
equal("7" // "2", 3)
equal("7.0" // "2", 3.0)
equal("1" - "1", 0)
equal("0x7fffffffffffffff" + "1", min)

-- No conversion in comparisons, in keys and in equality.
equal("10" == 10, false)
equal("0" == 0, false)
check.error(function() return "10" < 11 end, "attempt to compare string with number")
equal(({[1] = "n", ["1"] = "s"})["1"], "s")

-- Number to string in concatenation: integers without a point, floats with one.
for _, case in ipairs {
	{0, "0"}, {-0.0, "-0.0"}, {0.0, "0.0"}, {1, "1"}, {1.0, "1.0"}, {-1.5, "-1.5"}, {max, "9223372036854775807"}, {min, "-9223372036854775808"}, {2^53, "9.007199254741e+15"}, {1e15, "1e+15"}, {1e14, "1e+14"}, {123456.0, "123456.0"}, {1e100, "1e+100"}, {0.1, "0.1"}, {1 / 3, "0.33333333333333"}, {100 / 3, "33.333333333333"}, {2^63, "9.2233720368548e+18"}, {huge, "inf"}, {-huge, "-inf"}, {3.14159265358979, "3.1415926535898"}, {1e-5, "1e-05"}, {123456789012.5, "123456789012.5"}, {5e-324, "4.9406564584125e-324"}, {1e14 + 0.5, "1e+14"}, {12345678901234.0, "12345678901234.0"}, {123456789012345.0, "1.2345678901234e+14"}, {99999999999999.0, "99999999999999.0"}, {0.1 + 0.2, "0.3"}, {-123, "-123"}, {1e300 * 1e10, "inf"}, {2^31, "2147483648.0"}, {1 << 31, "2147483648"},
} do
	equal(tostring(case[1]), case[2])
	equal(case[1] .. "", case[2])
	equal("" .. case[1], case[2])
	equal("x" .. case[1] .. "y", "x" .. case[2] .. "y")
	equal(table.concat {case[1]}, case[2])
	equal(("%s"):format(case[1]), case[2])
	equal(#(case[1] .. ""), #case[2])
end
equal(tostring(0 / 0):match "nan$", "nan")
equal(1 .. 2, "12")
equal(1.0 .. 2, "1.02")
equal(-1 .. "", "-1")
equal(2^3 .. "", "8.0")

-- A number where the library wants a string.
equal(("x"):rep(2, 0), "x0x")
equal(string.len(123), 3)
equal(string.len(1.0), 3)
equal(string.upper(1.5), "1.5")
equal((5 .. ""):rep(2), "55")
equal(string.rep(5, 2), "55")
equal(("a5b"):find(5), 2)
equal(table.concat({1, 2.0, "3"}, 0), "102.003")
equal(string.format("%s %d", 1, "2"), "1 2")
equal(string.format("%d", 3.0), "3")
equal(string.format("%.1f", "2"), "2.0")
check.error(string.format, "number has no integer representation", "%d", 3.5)
check.error(string.format, "number expected, got string", "%d", "x")
list({("1,2"):gsub(",", 5)}, "152", 1)

-- A string where the library wants a number.
equal(math.sqrt("16"), 4.0)
equal(math.floor("3.7"), 3)
equal(("abc"):sub("2"), "bc")
equal(("x"):rep("0x3"), "xxx")
equal(select("2", "a", "b"), "b")
check.error(function() return ("x"):rep("y") end, "number expected, got string")

check.done()
