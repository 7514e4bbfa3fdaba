-- §6.5 UTF-8.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list

local text = "aä€𐍈z"
local points = {97, 228, 8364, 66376, 122}
local starts = {1, 2, 4, 7, 11}

-- char.
equal(utf8.char(), "")
equal(utf8.char(72), "H")
equal(utf8.char(table.unpack(points)), text)
equal(utf8.char(0), "\0")
equal(utf8.char(127, 128, 2047, 2048, 65535, 65536, 0x10FFFF), "\127\194\128\223\191\224\160\128\239\191\191\240\144\128\128\244\143\191\191")
equal(utf8.char(0x110000), "\244\144\128\128")
equal(utf8.char(0x7FFFFFFF), "\253\191\191\191\191\191")
equal(utf8.char(0xD800), "\237\160\128")
equal(utf8.char("65", 66.0), "AB")
check.error(utf8.char, "value out of range", -1)
check.error(utf8.char, "value out of range", 0x80000000)
check.error(utf8.char, "number expected", "x")

-- charpattern: exactly one sequence.
equal(utf8.charpattern, "[\0-\x7F\xC2-\xFD][\x80-\xBF]*")
do
	local parts = {}
	for c in text:gmatch(utf8.charpattern) do parts[#parts + 1] = c end
	list({"a", "ä", "€", "𐍈", "z"}, table.unpack(parts))
end

-- codes.
do
	local n = 0
	for p, c in utf8.codes(text) do
		n = n + 1
		equal(p, starts[n])
		equal(c, points[n])
	end
	equal(n, 5)
	for _ in utf8.codes "" do error("a round") end
	local out = {}
	for p, c in utf8.codes "\0a\0" do out[#out + 1] = p .. ":" .. c end
	equal(table.concat(out, " "), "1:0 2:97 3:0")
	local function run(s, lax) for _ in utf8.codes(s, lax) do end end
	for _, bad in ipairs {"\xff", "\xC3", "a\xE2\x82", "\xC0\x80", "\xE0\x80\x80", "\xF0\x80\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFD\xBF\xBF\xBF\xBF\xBF", "ab\xFEcd"} do
		check.error(run, "invalid UTF%-8 code", bad)
	end
	run("\xED\xA0\x80", true)
	run("\xF4\x90\x80\x80", true)
	run("\xFD\xBF\xBF\xBF\xBF\xBF", true)
	check.error(run, "invalid UTF%-8 code", "\xff", true)
	check.error(run, "invalid UTF%-8 code", "\xC0\x80", true)
end

-- codepoint.
list({97}, utf8.codepoint(text))
list({97}, utf8.codepoint(text, 1))
list({228}, utf8.codepoint(text, 2))
list(points, utf8.codepoint(text, 1, -1))
list({228, 8364}, utf8.codepoint(text, 2, 4))
list({8364}, utf8.codepoint(text, 4, 6))
list({122}, utf8.codepoint(text, -1))
list({}, utf8.codepoint(text, 3, 2))
list({}, utf8.codepoint("", 1, 0))
list({0xD800}, utf8.codepoint("\xED\xA0\x80", 1, 1, true))
list({0x7FFFFFFF}, utf8.codepoint("\xFD\xBF\xBF\xBF\xBF\xBF", 1, 1, true))
check.error(utf8.codepoint, "invalid UTF%-8 code", text, 3)
check.error(utf8.codepoint, "invalid UTF%-8 code", "\xff", 1)
check.error(utf8.codepoint, "invalid UTF%-8 code", "\xED\xA0\x80", 1)
check.error(utf8.codepoint, "out of bounds", text, 0)
check.error(utf8.codepoint, "out of bounds", text, 1, 12)
check.error(utf8.codepoint, "out of bounds", "", 1)

-- len.
equal(utf8.len "", 0)
equal(utf8.len(text), 5)
equal(utf8.len(text, 2), 4)
equal(utf8.len(text, 4, 6), 1)
equal(utf8.len(text, 1, 4), 3)
equal(utf8.len(text, -1), 1)
equal(utf8.len(text, 12), 0)
equal(utf8.len(text, 5, 4), 0)
equal(utf8.len("abc", 1, 0), 0)
equal(utf8.len("abc", 4), 0)
equal(utf8.len("a\0b"), 3)
list({nil, 1, n = 2}, utf8.len "\xff")
list({nil, 3, n = 2}, utf8.len "ab\xffcd")
list({nil, 3, n = 2}, utf8.len(text, 3))
list({nil, 1, n = 2}, utf8.len "\xED\xA0\x80")
equal(utf8.len("\xED\xA0\x80", 1, -1, true), 1)
list({nil, 1, n = 2}, utf8.len "\xF4\x90\x80\x80")
equal(utf8.len("\xF4\x90\x80\x80", 1, -1, true), 1)
list({nil, 2, n = 2}, utf8.len "a\xE2\x82")
list({nil, 1, n = 2}, utf8.len "\xC1\xBF")
check.error(utf8.len, "initial position out of bounds", "abc", 5)
check.error(utf8.len, "initial position out of bounds", "abc", 0)
check.error(utf8.len, "final position out of bounds", "abc", 1, 4)

-- offset.
for i, start in ipairs(starts) do
	equal(utf8.offset(text, i), start)
	equal(utf8.offset(text, i - 6), start)
end
equal(utf8.offset(text, 6), 12)
equal(utf8.offset(text, 7), nil)
equal(utf8.offset(text, -6), nil)
equal(utf8.offset(text, 1, 4), 4)
equal(utf8.offset(text, 2, 4), 7)
equal(utf8.offset(text, -1, 4), 2)
equal(utf8.offset(text, -2, 4), 1)
equal(utf8.offset(text, -3, 4), nil)
equal(utf8.offset(text, 0, 5), 4)
equal(utf8.offset(text, 0, 6), 4)
equal(utf8.offset(text, 0, 9), 7)
equal(utf8.offset(text, 0, 1), 1)
equal(utf8.offset(text, 0), 1)
equal(utf8.offset(text, 1, -1), 11)
equal(utf8.offset("", 0), 1)
equal(utf8.offset("", 1), 1)
equal(utf8.offset("", -1), nil)
equal(utf8.offset("abc", 4), 4)
equal(utf8.offset("abc", 5), nil)
check.error(utf8.offset, "initial position is a continuation byte", text, 1, 3)
check.error(utf8.offset, "position out of bounds", text, 1, 13)
check.error(utf8.offset, "position out of bounds", "abc", 1, 0)
check.error(utf8.offset, "number expected", "abc")

-- Every length of sequence, both ways.
for _, c in ipairs {0, 1, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0xFFFF, 0x10000, 0x10FFFF} do
	local s = utf8.char(c)
	equal(utf8.codepoint(s), c)
	equal(utf8.len(s), 1)
	equal(utf8.offset(s, 2), #s + 1)
	equal(load("return '\\u{" .. ("%x"):format(c) .. "}'")(), s)
end
for _, c in ipairs {0xD800, 0xDFFF, 0x110000, 0x1FFFFF, 0x200000, 0x3FFFFFF, 0x4000000, 0x7FFFFFFF} do
	local s = utf8.char(c)
	equal(utf8.codepoint(s, 1, 1, true), c)
	equal(utf8.len(s), nil)
	equal(utf8.len(s, 1, -1, true), 1)
end

check.done()
