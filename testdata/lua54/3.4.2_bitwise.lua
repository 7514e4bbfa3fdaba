-- §3.4.2 Bitwise operators.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal = check.equal
local max, min = math.maxinteger, math.mininteger

check.binary {
	{0xF0, "&", 0x3C, 0x30}, {0xF0, "|", 0x3C, 0xFC}, {0xF0, "~", 0x3C, 0xCC}, {-1, "&", 0xFF, 0xFF}, {-1, "|", 5, -1}, {-1, "~", 5, -6}, {max, "&", min, 0}, {max, "|", min, -1}, {max, "~", min, -1}, {max, "~", max, 0}, {min, "&", -1, min}, {0, "|", 0, 0}, {5, "&", 0, 0}, {5, "~", 0, 5},
	-- Floats with an integral value are converted.
	{6.0, "&", 3, 2}, {6, "|", 1.0, 7}, {6.0, "~", 2.0, 4}, {2.0, "<<", 3.0, 16}, {16.0, ">>", 1, 8}, {-1.0, "&", 255, 255}, {2^53, "|", 1, 9007199254740993}, {-2^63, "|", 0, min}, {-0.0, "|", 0, 0},
	-- Shifts fill with zeros; negative counts shift the other way; 64 and more leave nothing.
	{1, "<<", 0, 1}, {1, "<<", 1, 2}, {1, "<<", 62, 1 << 62}, {1, "<<", 63, min}, {1, "<<", 64, 0}, {1, "<<", 65, 0}, {1, "<<", 1000, 0}, {1, "<<", max, 0}, {1, "<<", min, 0}, {8, "<<", -2, 2}, {-1, "<<", -1, max}, {-1, "<<", -63, 1}, {-1, "<<", -64, 0}, {-1, "<<", 63, min}, {3, "<<", 63, min}, {-1, "<<", 4, -16}, {0, "<<", 5, 0}, {5, "<<", 127, 0}, {5, "<<", 128, 0}, {5, "<<", -128, 0},
	{8, ">>", 2, 2}, {8, ">>", 0, 8}, {-1, ">>", 1, max}, {-1, ">>", 63, 1}, {-1, ">>", 64, 0}, {-1, ">>", 60, 15}, {min, ">>", 63, 1}, {min, ">>", 62, 2}, {1, ">>", 1, 0}, {1, ">>", 64, 0}, {1, ">>", -3, 8}, {1, ">>", -63, min}, {1, ">>", -64, 0}, {1, ">>", max, 0}, {1, ">>", min, 0}, {-256, ">>", 8, 0xFFFFFFFFFFFFFF}, {100, ">>", 3.0, 12},
}

do
	local function bnot(v) return ~v end
	equal(bnot(0), -1)
	equal(bnot(-1), 0)
	equal(bnot(5), -6)
	equal(bnot(5.0), -6)
	equal(bnot(max), min)
	equal(bnot(min), max)
	equal(~0, -1)
	equal(~~5, 5)
	equal(~0xF0 & 0xFF, 0x0F)
	equal(-~0, 1)
	equal(~-1, 0)
	equal(- -~5, -6)
end

-- Floats without an exact integer and other values are errors.
do
	for _, v in ipairs {1.5, 2^63, -2^63 - 2048, 1e100, math.huge, -math.huge, 0 / 0, 0.1, -0.5} do
		check.error(function() return v & 1 end, "has no integer representation")
		check.error(function() return 1 | v end, "has no integer representation")
		check.error(function() return v << 1 end, "has no integer representation")
		check.error(function() return 1 >> v end, "has no integer representation")
		check.error(function() return v ~ v end, "has no integer representation")
		check.error(function() return ~v end, "has no integer representation")
	end
	for _, v in ipairs {{}, print, true, "a", "1", coroutine.create(print)} do
		check.error(function() return v & 1 end, "attempt to perform bitwise operation on a " .. type(v) .. " value")
		check.error(function() return 1 << v end, "attempt to perform bitwise operation on a " .. type(v) .. " value")
		check.error(function() return ~v end, "attempt to perform bitwise operation on a " .. type(v) .. " value")
	end
end

-- Precedence among them: << >> above & above ~ above |; arithmetic and .. above, comparison below.
check.expressions {
	{"1 | 2 & 3", 3}, {"1 | 2 ~ 3", 1}, {"1 ~ 2 & 3", 3}, {"1 & 1 << 1", 0}, {"1 << 2 + 1", 8}, {"1 << 2 << 1", 8}, {"256 >> 2 >> 1", 32}, {"(6 & 3) == 2", true}, {"5 ~ 3 | 8", 14}, {"0xFF ~ 0x0F & 0xF0", 0xFF}, {"~1 & 3", 2}, {"-1 >> 60 & 0xC", 12}, {"2 ^ 3 | 1", 9}, {"1 << 3 * 2", 64}, {"10 // 3 & 1", 1}, {"1 .. 2 == '12'", true}, {"#'abc' << 1", 6},
}

-- Algorithms: population count, rotation, xorshift, FNV-1a, bit reversal, CRC-32.
do
	local function popcount(x) local n = 0 while x ~= 0 do x = x & (x - 1) n = n + 1 end return n end
	equal(popcount(0), 0)
	equal(popcount(255), 8)
	equal(popcount(-1), 64)
	equal(popcount(min), 1)
	local function rotate(x, n) return x << n | x >> (64 - n) end
	equal(rotate(0x123456789ABCDEF0, 4), 0x23456789ABCDEF01)
	equal(rotate(1, 63), min)
	local x = 88172645463325252
	local function xorshift() x = x ~ x << 13 x = x ~ x >> 7 x = x ~ x << 17 return x end
	equal(xorshift(), 8748534153485358512)
	equal(xorshift(), 3040900993826735515)
	equal(xorshift(), 3453997556048239312)
	local function fnv(s) local h = 0xcbf29ce484222325 for i = 1, #s do h = (h ~ s:byte(i)) * 0x100000001b3 end return h end
	equal(fnv "", 0xcbf29ce484222325)
	equal(fnv "a", 0xaf63dc4c8601ec8c)
	equal(fnv "foobar", 0x85944171f73967e8)
	local function crc32(s)
		local crc = 0xFFFFFFFF
		for i = 1, #s do
			crc = crc ~ s:byte(i)
			for _ = 1, 8 do crc = crc >> 1 ~ (0xEDB88320 & -(crc & 1)) end
		end
		return crc ~ 0xFFFFFFFF
	end
	equal(crc32 "123456789", 0xCBF43926)
	local function reverse(v) local r = 0 for _ = 1, 64 do r = r << 1 | v & 1 v = v >> 1 end return r end
	equal(reverse(1), min)
	equal(reverse(reverse(0x123456789ABCDEF)), 0x123456789ABCDEF)
end

check.done()
