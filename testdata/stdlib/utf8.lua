local text = "aé€😀"
equal(#text, 10)

-- char
equal(utf8.char(), "")
equal(utf8.char(97, 0xE9, 0x20AC, 0x1F600), text)
equal(utf8.char(0), "\0")
equal(utf8.char(0x7F, 0x80), "\x7F\xC2\x80")
equal(utf8.char(0x7FF, 0x800), "\xDF\xBF\xE0\xA0\x80")
equal(utf8.char(0xFFFF, 0x10000), "\xEF\xBF\xBF\xF0\x90\x80\x80")
equal(utf8.char(0x1FFFFF, 0x200000), "\xF7\xBF\xBF\xBF\xF8\x88\x80\x80\x80")
equal(utf8.char(0x3FFFFFF, 0x4000000), "\xFB\xBF\xBF\xBF\xBF\xFC\x84\x80\x80\x80\x80")
equal(utf8.char(0x7FFFFFFF), "\xFD\xBF\xBF\xBF\xBF\xBF")
raises("bad argument #1 to 'char' (value out of range)", utf8.char, -1)
raises("bad argument #2 to 'char' (value out of range)", utf8.char, 1, 2 ^ 31)
raises("bad argument #1 to 'char' (number expected, got string)", utf8.char, "x")

-- len
equal(utf8.len(text), 4)
equal(utf8.len(""), 0)
equal(utf8.len(text, 2), 3)
equal(utf8.len(text, -4), 1)
equal(utf8.len(text, 2, 3), 1)
equal(utf8.len(text, 11), 0)
equal(utf8.len(text, 1, 0), 0)
returns({nil, 3, n = 2}, utf8.len(text, 3))
returns({nil, 3, n = 2}, utf8.len("ab\xFFcd"))
returns({nil, 1, n = 2}, utf8.len("\xE2\x82"))
returns({nil, 1, n = 2}, utf8.len("\xC0\x80"))
returns({nil, 1, n = 2}, utf8.len("\xE0\x80\x80"))
returns({nil, 1, n = 2}, utf8.len("\xED\xA0\x80"))
returns({nil, 1, n = 2}, utf8.len("\xF4\x90\x80\x80"))
equal(utf8.len("\xED\xA0\x80", 1, -1, true), 1)
equal(utf8.len("\xF4\x90\x80\x80", 1, -1, true), 1)
equal(utf8.len("\xFD\xBF\xBF\xBF\xBF\xBF", 1, -1, true), 1)
returns({nil, 1, n = 2}, utf8.len("\xFE\xBF\xBF\xBF\xBF\xBF\xBF", 1, -1, true))
returns({nil, 1, n = 2}, utf8.len("\xC0\x80", 1, -1, true))
raises("bad argument #2 to 'len' (initial position out of bounds)", utf8.len, "abc", 5)
raises("bad argument #2 to 'len' (initial position out of bounds)", utf8.len, "abc", 0)
raises("bad argument #2 to 'len' (initial position out of bounds)", utf8.len, "abc", -4)
raises("bad argument #3 to 'len' (final position out of bounds)", utf8.len, "abc", 1, 4)
raises("bad argument #1 to 'len' (string expected, got no value)", utf8.len)

-- codepoint
returns({97}, utf8.codepoint(text))
returns({97, 0xE9, 0x20AC, 0x1F600}, utf8.codepoint(text, 1, -1))
returns({0x20AC}, utf8.codepoint(text, 4))
returns({0x1F600}, utf8.codepoint(text, -4))
returns({}, utf8.codepoint(text, 2, 1))
returns({0xD800}, utf8.codepoint("\xED\xA0\x80", 1, 1, true))
raises("invalid UTF-8 code", utf8.codepoint, "\xED\xA0\x80")
raises("invalid UTF-8 code", utf8.codepoint, text, 3)
raises("bad argument #2 to 'codepoint' (out of bounds)", utf8.codepoint, text, 0)
raises("bad argument #3 to 'codepoint' (out of bounds)", utf8.codepoint, text, 1, 11)
raises("bad argument #3 to 'codepoint' (out of bounds)", utf8.codepoint, "")
raises("string slice too long", utf8.codepoint, ("x"):rep(1000001), 1, -1)

-- offset
equal(utf8.offset(text, 1), 1)
equal(utf8.offset(text, 2), 2)
equal(utf8.offset(text, 3), 4)
equal(utf8.offset(text, 4), 7)
equal(utf8.offset(text, 5), 11)
equal(utf8.offset(text, 6), nil)
equal(utf8.offset(text, -1), 7)
equal(utf8.offset(text, -4), 1)
equal(utf8.offset(text, -5), nil)
equal(utf8.offset(text, 0), 11)
equal(utf8.offset(text, 0, 3), 2)
equal(utf8.offset(text, 0, 9), 7)
equal(utf8.offset(text, 0, 1), 1)
equal(utf8.offset(text, 2, 4), 7)
equal(utf8.offset(text, -1, 7), 4)
equal(utf8.offset("", 1), 1)
equal(utf8.offset("", 2), nil)
equal(utf8.offset("\xA9", 0, 1), 1)
raises("initial position is a continuation byte", utf8.offset, text, 1, 3)
raises("bad argument #3 to 'offset' (position out of bounds)", utf8.offset, text, 1, 12)
raises("bad argument #3 to 'offset' (position out of bounds)", utf8.offset, text, 1, -11)
raises("bad argument #2 to 'offset' (number expected, got no value)", utf8.offset, text)

-- codes
do
	local function codes(...)
		local seen = {}
		for position, code in utf8.codes(...) do
			seen[#seen + 1] = position .. ":" .. code
		end
		return table.concat(seen, " ")
	end
	equal(codes(text), "1:97 2:233 4:8364 7:128512")
	equal(codes(""), "")
	equal(codes("\0"), "1:0")
	equal(codes("\xED\xA0\x80", true), "1:55296")
	raises("invalid UTF-8 code", codes, "\xED\xA0\x80")
	raises("invalid UTF-8 code", codes, "ab\xFF")
	raises("invalid UTF-8 code", codes, "\xE2\x82")
	raises("invalid UTF-8 code", codes, "a\x80")
	raises("invalid UTF-8 code", codes, "é\x80")
	raises("bad argument #1 to 'codes' (invalid UTF-8 code)", utf8.codes, "\x80")
	raises("bad argument #1 to 'codes' (string expected, got no value)", utf8.codes)
	-- The iterator may be called with any position.
	local iterator = utf8.codes(text)
	returns({2, 233}, iterator(text, 1))
	returns({n = 1}, iterator(text, 7))
	returns({n = 1}, iterator(text, 1e15))
	returns({1, 97}, iterator(text, -5))
end

-- charpattern
do
	equal(utf8.charpattern, "[\0-\x7F\xC2-\xFD][\x80-\xBF]*")
	local found = {}
	for character in text:gmatch(utf8.charpattern) do
		found[#found + 1] = character
	end
	equal(table.concat(found, "|"), "a|é|€|😀")
end

equal(require("utf8"), utf8)
