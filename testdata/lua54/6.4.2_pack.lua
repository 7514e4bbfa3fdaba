-- §6.4.2 string.pack, string.packsize, string.unpack.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list
local pack, unpack, packsize = string.pack, string.unpack, string.packsize
local max, min = math.maxinteger, math.mininteger

-- {format, bytes, values...}: pack gives the bytes, unpack gives the values and the next position.
for _, case in ipairs {
	-- Integers, both orders.
	{"<b", "\5", 5}, {"<b", "\251", -5}, {"<B", "\255", 255}, {"<b", "\128", -128}, {"<b", "\127", 127}, {"<h", "\1\2", 0x0201}, {">h", "\1\2", 0x0102}, {"<h", "\255\255", -1}, {"<H", "\255\255", 65535}, {">H", "\0\1", 1}, {"<i", "\1\0\0\0", 1}, {">i", "\255\255\255\254", -2}, {"<I", "\255\255\255\255", 4294967295}, {"<l", "\1\0\0\0\0\0\0\0", 1}, {">l", "\255\255\255\255\255\255\255\255", -1}, {"<j", "\255\255\255\255\255\255\255\127", max}, {">j", "\128\0\0\0\0\0\0\0", min}, {"<J", "\255\255\255\255\255\255\255\255", -1}, {"<T", "\8\0\0\0\0\0\0\0", 8},
	{"<i1", "\255", -1}, {"<i2", "\254\255", -2}, {"<i3", "\1\2\3", 0x030201}, {">i3", "\1\2\3", 0x010203}, {"<i3", "\255\255\255", -1}, {"<I3", "\255\255\255", 0xFFFFFF}, {"<i4", "\0\0\0\128", -2147483648}, {"<i5", "\0\0\0\0\1", 1 << 32}, {"<i6", "\255\255\255\255\255\255", -1}, {"<i7", "\1\0\0\0\0\0\0", 1}, {"<I7", "\255\255\255\255\255\255\255", (1 << 56) - 1}, {"<i8", "\1\0\0\0\0\0\0\0", 1}, {"<I8", "\255\255\255\255\255\255\255\255", -1}, {"<i9", "\1\0\0\0\0\0\0\0\0", 1}, {"<i16", ("\255"):rep(16), -1}, {">i16", ("\0"):rep(15) .. "\7", 7}, {"<I16", "\1" .. ("\0"):rep(15), 1}, {"<i16", "\0\0\0\0\0\0\0\128" .. ("\255"):rep(8), min},
	{">I2I2", "\0\1\0\2", 1, 2}, {"<I1>I2<I2", "\1\0\2\3\0", 1, 2, 3}, {"!<I1", "\1", 1}, {"=I1", "\9", 9},
	-- Floats.
	{"<f", "\0\0\128\63", 1.0}, {">f", "\63\128\0\0", 1.0}, {"<d", "\0\0\0\0\0\0\240\63", 1.0}, {">d", "\192\0\0\0\0\0\0\0", -2.0}, {"<n", "\0\0\0\0\0\0\224\63", 0.5}, {">n", "\127\240\0\0\0\0\0\0", math.huge}, {">d", "\128\0\0\0\0\0\0\0", -0.0}, {">f", "\255\128\0\0", -math.huge}, {"<d", "\154\153\153\153\153\153\185\63", 0.1}, {"<f", "\0\0\0\0", 0.0},
	-- Strings.
	{"z", "abc\0", "abc"}, {"z", "\0", ""}, {"zz", "a\0b\0", "a", "b"}, {"<s1", "\3abc", "abc"}, {"<s2", "\3\0abc", "abc"}, {">s2", "\0\3abc", "abc"}, {"<s4", "\0\0\0\0", ""}, {"<s", "\2\0\0\0\0\0\0\0hi", "hi"}, {">s3", "\0\0\1x", "x"}, {"<s1", "\3a\0b", "a\0b"}, {"c5", "hello", "hello"}, {"c0", "", ""}, {"<s1s1", "\1a\2bc", "a", "bc"}, {"c2c3", "abcde", "ab", "cde"},
	-- Padding and alignment.
	{"<bxb", "\1\0\2", 1, 2}, {"xx", "\0\0"}, {"<!4 b i4", "\1\0\0\0\2\0\0\0", 1, 2}, {"<!2 b i4", "\1\0\2\0\0\0", 1, 2}, {"<!1 b i4", "\1\2\0\0\0", 1, 2}, {"<! b d", "\1\0\0\0\0\0\0\0" .. "\0\0\0\0\0\0\240\63", 1, 1.0}, {"<!8 b Xi8 b", "\1\0\0\0\0\0\0\0\2", 1, 2}, {"<!4 b Xi4", "\1\0\0\0", 1}, {"<!4 i2 i4 i2", "\1\0\0\0\2\0\0\0\3\0", 1, 2, 3}, {"<!4 b s4", "\1\0\0\0\2\0\0\0ab", 1, "ab"}, {"<!4 b i2 i8", "\1\0\2\0\3\0\0\0\0\0\0\0", 1, 2, 3}, {"<!16 b i16", "\1" .. ("\0"):rep(15) .. "\2" .. ("\0"):rep(15), 1, 2}, {"<b i4", "\1\2\0\0\0", 1, 2}, {"<!4 c3 i4", "abc\0\1\0\0\0", "abc", 1}, {"<!4 z i4", "ab\0\0\1\0\0\0", "ab", 1}, {"<!4 b Xh b", "\1\0\2", 1, 2},
	-- Spaces are ignored; nothing is nothing.
	{"", ""}, {"   ", ""}, {"< b  b ", "\1\2", 1, 2}, {"<", ""}, {"!", ""},
} do
	local fmt, bytes = case[1], case[2]
	local n = #case - 2
	equal(pack(fmt, table.unpack(case, 3)), bytes, fmt)
	local got = table.pack(unpack(fmt, bytes))
	equal(got.n, n + 1, fmt)
	for i = 1, n do equal(got[i], case[i + 2], fmt) end
	equal(got[n + 1], #bytes + 1, fmt)
	if not fmt:find "[sz]" then equal(packsize(fmt), #bytes, fmt) end
	-- At another position, with something behind.
	if not fmt:find "!" then
		got = table.pack(unpack(fmt, "xyz" .. bytes .. "behind", 4))
		for i = 1, n do equal(got[i], case[i + 2], fmt) end
		equal(got[n + 1], #bytes + 4, fmt)
	end
end

-- Native sizes of a 64-bit machine.
list({1, 1, 2, 2, 4, 4, 8, 8, 8, 8, 8, 4, 8, 8}, packsize "b", packsize "B", packsize "h", packsize "H", packsize "i", packsize "I", packsize "l", packsize "L", packsize "j", packsize "J", packsize "T", packsize "f", packsize "d", packsize "n")
equal(packsize "!8 b d", 16)
equal(packsize "!b d i b", 1 + 7 + 8 + 4 + 1)
equal(packsize "<!4 i1 !2 i8", 1 + 1 + 8)
equal(packsize "c10x", 11)
equal(packsize "i16 i16", 32)

-- Round trips.
for _, v in ipairs {0, 1, -1, 127, -128, 255, 256, max, min, 1 << 40, -(1 << 40)} do
	for size = 1, 16 do
		for _, order in ipairs {"<", ">"} do
			local fmt = order .. "i" .. size
			if size >= 8 or v >= -(1 << size * 8 - 1) and v < 1 << size * 8 - 1 then
				local s = pack(fmt, v)
				equal(#s, size)
				list({v, size + 1}, unpack(fmt, s))
			else
				check.error(pack, "bad argument #2 to 'string.pack' %(integer overflow%)", fmt, v)
			end
			local ufmt = order .. "I" .. size
			if size >= 8 or v >= 0 and v < 1 << size * 8 then
				list({v, size + 1}, unpack(ufmt, pack(ufmt, v)))
			elseif size < 8 then
				check.error(pack, "bad argument #2 to 'string.pack' %(unsigned overflow%)", ufmt, v)
			end
		end
	end
end
for _, v in ipairs {0.0, -0.0, 1.5, -1e300, 5e-324, math.huge, 0 / 0, 1 / 3, 2^63} do
	for _, fmt in ipairs {"<d", ">d", "<n", ">n"} do equal((unpack(fmt, pack(fmt, v))), v) end
end
for _, v in ipairs {0.0, -0.0, 1.5, -0.25, math.huge, 65536.0, 2^100} do
	for _, fmt in ipairs {"<f", ">f"} do equal((unpack(fmt, pack(fmt, v))), v) end
end
equal((unpack("<f", pack("<f", 0.1))), 0.10000000149011612)
equal((unpack("<f", pack("<f", 1e300))), math.huge)

-- Conversions of arguments.
equal(pack("<i2", "10"), "\10\0")
equal(pack("<i2", 10.0), "\10\0")
equal(pack("<d", 1), "\0\0\0\0\0\0\240\63")
equal(pack("z", 12), "12\0")
equal(pack("<s1", 1.5), "\0031.5")
equal(pack("c5", "ab"), "ab\0\0\0")
equal(pack("c3", 7), "7\0\0")
check.error(pack, "number has no integer representation", "<i2", 1.5)
check.error(pack, "number expected, got string", "<i2", "x")
check.error(pack, "number expected, got nil", "<i2")
check.error(pack, "string contains zeros", "z", "a\0b")
check.error(pack, "longer than", "c2", "abc")
check.error(pack, "string length does not fit in given size", "s1", ("x"):rep(256))
equal(#pack("s1", ("x"):rep(255)), 256)

-- unpack: positions.
list({2, 3}, unpack("b", "\1\2\3", 2))
list({3, 4}, unpack("b", "\1\2\3", -1))
list({1, 2, 3, 4}, unpack("bbb", "\1\2\3"))
list({4}, unpack("", "abc", 4))
list({1}, unpack("", "abc"))
check.error(unpack, "data string too short", "b", "")
check.error(unpack, "data string too short", "i4", "abc")
check.error(unpack, "data string too short", "b", "a", 2)
check.error(unpack, "data string too short", "s1", "\5abc")
check.error(unpack, "data string too short", "c4", "abc")
check.error(unpack, "unfinished string for format 'z'", "z", "abc")
check.error(unpack, "initial position out of string", "b", "abc", 5)
list({97, 2}, unpack("b", "abc", -5))
check.error(unpack, "9%-byte integer does not fit into Lua Integer", "<i9", ("\255"):rep(8) .. "\1")
check.error(unpack, "16%-byte integer does not fit into Lua Integer", "<I16", ("\255"):rep(16))
list({-1, 10}, unpack("<I9", ("\255"):rep(8) .. "\0"))

-- Errors of formats.
check.error(pack, "invalid format option 'y'", "y", 1)
check.error(pack, "invalid format option '1'", "1", 1)
check.error(pack, "integral size %(17%) out of limits %[1,16%]", "i17", 1)
check.error(pack, "integral size %(0%) out of limits %[1,16%]", "i0", 1)
check.error(pack, "integral size %(32%) out of limits %[1,16%]", "!32", 1)
check.error(pack, "missing size for format option 'c'", "c", "x")
check.error(pack, "invalid next option for option 'X'", "X")
check.error(pack, "invalid next option for option 'X'", "Xz")
check.error(pack, "invalid next option for option 'X'", "Xc1")
check.error(pack, "format asks for alignment not power of 2", "!4 i3", 1)
check.error(packsize, "variable%-[sl][ie][zn]", "s")
check.error(packsize, "variable%-[sl][ie][zn]", "z")
check.error(packsize, "format result too large", ("c200000000"):rep(11))
check.error(packsize, "invalid format option", "?")

-- A record.
do
	local fmt = "<!4 z s2 B I4 d i2"
	local s = pack(fmt, "name", "data", 200, 4000000000, -1.25, -7000)
	list({"name", "data", 200, 4000000000, -1.25, -7000, #s + 1}, unpack(fmt, s))
	local many, values = ("i4"):rep(100), {}
	for i = 1, 100 do values[i] = i * 1000 end
	s = pack("<" .. many, table.unpack(values))
	equal(#s, 400)
	values[101] = 401
	list(values, unpack("<" .. many, s))
end

check.done()
