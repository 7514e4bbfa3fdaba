-- §6.4 string.format.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list
local format, max, min, huge = string.format, math.maxinteger, math.mininteger, math.huge

for _, case in ipairs {
	{"", "", nil}, {"plain", "plain"}, {"%%", "%"}, {"100%%", "100%"}, {"a\0b", "a\0b"}, {"%%d", "%d"},
	-- d, i.
	{"%d", "5", 5}, {"%d", "-5", -5}, {"%i", "5", 5}, {"%d", "0", 0}, {"%5d", "   42", 42}, {"%-5d|", "42   |", 42}, {"%05d", "00042", 42}, {"%+d", "+42", 42}, {"%+d", "-42", -42}, {"% d", " 42", 42}, {"% d", "-42", -42}, {"%.3d", "042", 42}, {"%8.3d", "     042", 42}, {"%-8.3d|", "042     |", 42}, {"%+.3d", "+042", 42}, {"%d", "9223372036854775807", max}, {"%d", "-9223372036854775808", min}, {"%d", "3", 3.0}, {"%d", "10", "10"}, {"%d", "16", "0x10"}, {"%d", "3", "3.0"}, {"%.0d", "", 0}, {"%.0d", "5", 5}, {"%20d", "                  -7", -7}, {"%-+6d|", "+7    |", 7}, {"%+05d", "+0007", 7}, {"%05d", "-0007", -7}, {"% 05d", " 0007", 7}, {"%1d", "123", 123}, {"%99d", (" "):rep(98) .. "1", 1}, {"%.20d", "00000000000000000001", 1}, {"%d", "0", -0.0},
	-- o, x, X: the bits of the integer.
	{"%o", "777", 511}, {"%x", "ff", 255}, {"%X", "FF", 255}, {"%#x", "0xff", 255}, {"%#X", "0XFF", 255}, {"%#o", "0777", 511}, {"%x", "ffffffffffffffff", -1}, {"%X", "8000000000000000", min}, {"%o", "1777777777777777777777", -1}, {"%08x", "0000beef", 0xbeef}, {"%-8x|", "beef    |", 0xbeef}, {"%.6x", "00beef", 0xbeef}, {"%#x", "0", 0}, {"%x", "a", 10.0}, {"%#010x", "0x0000beef", 0xbeef}, {"%#.3o", "007", 7},
	-- c.
	{"%c", "A", 65}, {"%c", "\0", 0}, {"%c%c", "ab", 97, 98}, {"%3c|", "  a|", 97}, {"%-3c|", "a  |", 97}, {"%c", "\255", 255},
	-- f, F, e, E, g, G.
	{"%f", "3.141590", 3.14159}, {"%.2f", "3.14", 3.14159}, {"%.0f", "3", 3.14}, {"%.0f", "2", 2.5}, {"%.0f", "4", 3.5}, {"%#.0f", "3.", 3.14}, {"%8.2f", "    3.14", 3.14159}, {"%-8.2f|", "3.14    |", 3.14159}, {"%08.2f", "00003.14", 3.14159}, {"%+.1f", "+2.5", 2.5}, {"% .1f", " 2.5", 2.5}, {"%f", "1.000000", 1}, {"%.1f", "0.5", "0.5"}, {"%f", "inf", huge}, {"%f", "-inf", -huge}, {"%5.1f", "  inf", huge}, {"%05.1f", "  inf", huge}, {"%+f", "+inf", huge}, {"%.3f", "-0.000", -0.0}, {"%.10f", "0.1000000000", 0.1}, {"%.20f", "0.10000000000000000555", 0.1}, {"%.1f", "0.2", 0.25}, {"%.1f", "0.3", 0.35}, {"%.2f", "1.00", 0.999}, {"%.0f", "100000000000000000000", 1e20}, {"%.3f", "123456789012345680.000", 123456789012345680}, {"%.99f", "1." .. ("0"):rep(99), 1.0},
	{"%e", "1.500000e+00", 1.5}, {"%E", "1.500000E+00", 1.5}, {"%.2e", "1.23e+05", 123456}, {"%.0e", "1e+05", 123456}, {"%#.0e", "1.e+05", 123456}, {"%e", "0.000000e+00", 0}, {"%.3e", "1.000e-10", 1e-10}, {"%.3e", "1.000e+100", 1e100}, {"%12.3e|", "   1.234e+03|", 1234}, {"%-12.3e|", "1.234e+03   |", 1234}, {"%+.1e", "+1.0e+00", 1}, {"%e", "inf", huge}, {"%.15e", "1.797693134862316e+308", 1.7976931348623157e308},
	{"%g", "1.5", 1.5}, {"%g", "100000", 100000}, {"%g", "1e+06", 1000000}, {"%g", "1e-05", 0.00001}, {"%g", "0.0001", 0.0001}, {"%G", "1E+06", 1000000}, {"%.3g", "3.14", 3.14159}, {"%.10g", "3.14159", 3.14159}, {"%.14g", "0.1", 0.1}, {"%.17g", "0.10000000000000001", 0.1}, {"%#g", "1.50000", 1.5}, {"%g", "0", 0.0}, {"%g", "-0", -0.0}, {"%10g|", "       1.5|", 1.5}, {"%-10g|", "1.5       |", 1.5}, {"%010g", "00000001.5", 1.5}, {"%.0g", "2", 1.5}, {"%.0g", "2e+01", 15}, {"%g", "inf", huge}, {"%G", "-INF", -huge}, {"%.3g", "1.23e+08", 123456789}, {"%g", "123457", 123456.7}, {"%.17g", "9.2233720368547758e+18", 2^63}, {"%g", "9.0072e+15", 2^53}, {"%.16g", "9007199254740992", 2^53},
	-- a, A.
	{"%a", "0x1p+0", 1}, {"%a", "0x1.8p+0", 1.5}, {"%a", "-0x1p-1", -0.5}, {"%a", "0x0p+0", 0.0}, {"%a", "-0x0p+0", -0.0}, {"%A", "0X1.8P+1", 3}, {"%a", "0x1.999999999999ap-4", 0.1}, {"%.2a", "0x1.9ap-4", 0.1}, {"%.0a", "0x2p+0", 1.5}, {"%a", "inf", huge}, {"%a", "0x1.fffffffffffffp+1023", 1.7976931348623157e308}, {"%a", "0x0.0000000000001p-1022", 5e-324}, {"%15a|", "       0x1.8p+0|", 1.5}, {"%-15a|", "0x1.8p+0       |", 1.5}, {"%+a", "+0x1p+0", 1},
	-- s.
	{"%s", "text", "text"}, {"%s", "", ""}, {"%10s|", "      text|", "text"}, {"%-10s|", "text      |", "text"}, {"%.2s", "te", "text"}, {"%.0s", "", "text"}, {"%10.2s|", "        te|", "text"}, {"%-10.2s|", "te        |", "text"}, {"%2s", "text", "text"}, {"%s", "nil", nil, n = 1}, {"%s", "true", true}, {"%s", "12", 12}, {"%s", "1.5", 1.5}, {"%s", "1.0", 1.0}, {"%s", "1e+100", 1e100}, {"%s", "a\0b", "a\0b"}, {"%5s|", "  nil|", nil, n = 1}, {"%.3s", "fal", false}, {"%s%s%s", "abc", "a", "b", "c"}, {"%s %s", "x y", "x", "y", "extra"}, {"%-3s|%3s", "a  |  b", "a", "b"},
	-- Several.
	{"%d%%", "50%", 50}, {"%s=%d (%5.2f)", "x=1 ( 2.50)", "x", 1, 2.5}, {"<%s>\n", "<a>\n", "a"}, {"%5s%-5s%05d", "    ab    00007", "a", "b", 7}, {"%x%X%o%c%d", "aA12A5", 10, 10, 10, 65, 5},
} do
	equal(format(case[1], table.unpack(case, 3, math.max(case.n or 0, #case - 2) + 2)), case[2], case[1])
end

equal(format("%.3f", 2 / 3), "0.667")
equal(format("%5.1f|%-8s|%+d", -3.14159, "ab", 7), " -3.1|ab      |+7")
equal(format("%s", 0 / 0):match "nan$", "nan")
equal(format("%.1f", 0 / 0):match "nan$", "nan")
equal(("%d-%s"):format(1, "a"), "1-a")
equal(#format("%99.99f", 1e100), 101 + 100)
equal(#format("%s", ("x"):rep(100000)), 100000)
equal(#format("%-99s", "x"), 99)
equal(format("%s%s", ("x"):rep(500), ("y"):rep(500)), ("x"):rep(500) .. ("y"):rep(500))

-- %s uses __tostring and __name.
do
	local t = setmetatable({}, {__tostring = function() return "object" end})
	equal(format("%s|%8s|%.3s", t, t, t), "object|  object|obj")
	equal(format("%s", setmetatable({}, {__name = "My type"})):match "^My type: " ~= nil, true)
	check.error(format, "'__tostring' must return a string", "%s", setmetatable({}, {__tostring = function() return {} end}))
	equal(format("%s", print):match "^function: " ~= nil or format("%s", print):match "builtin" ~= nil, true)
end

-- %q: a literal that Lua reads back.
do
	equal(format("%q", "simple"), '"simple"')
	equal(format("%q", 'a"b\\c'), [["a\"b\\c"]])
	equal(format("%q", "line\nbreak"), '"line\\\nbreak"')
	equal(format("%q", "a\0b"), [["a\0b"]])
	equal(format("%q", "a\0001"), [["a\0001"]])
	equal(format("%q", "\r\t\a"), [["\13\9\7"]])
	equal(format("%q", "\r1"), [["\0131"]])
	equal(format("%q", "\127\128\255"), '"\\127\128\255"')
	equal(format("%q", ""), '""')
	equal(format("%q", 5), "5")
	equal(format("%q", -5), "-5")
	equal(format("%q", min), "0x8000000000000000")
	equal(format("%q", max), "9223372036854775807")
	equal(format("%q", 0.5), "0x1p-1")
	equal(format("%q", 1.0), "0x1p+0")
	equal(format("%q", -0.0), "-0x0p+0")
	equal(format("%q", huge), "1e9999")
	equal(format("%q", -huge), "-1e9999")
	equal(format("%q", 0 / 0), "(0/0)")
	equal(format("%q", nil), "nil")
	equal(format("%q", true), "true")
	equal(format("%q", false), "false")
	for _, v in ipairs {"", "a\nb\r\nc\0d\0009", "\\", '"', "\27[0m", ("\0\1\2"):rep(20), 0.1, 1 / 3, 1e300, -1e-300, 5e-324, max, min, 123, 2^53, 2^63, -0.0, huge, -huge, true} do
		equal(load("return " .. format("%q", v))(), v)
	end
	local all = {}
	for i = 0, 255 do all[i + 1] = string.char(i) end
	all = table.concat(all)
	equal(load("return " .. format("%q", all))(), all)
	check.error(format, "value has no literal form", "%q", {})
	check.error(format, "value has no literal form", "%q", print)
	check.error(format, "specifier '%%q' cannot have modifiers", "%10q", "x")
end

-- %p: the same for the same object; "(null)" for what has none.
do
	local t = {}
	equal(format("%p", t), format("%p", t))
	equal(format("%p", t) == format("%p", {}), false)
	equal(format("%p", 1), "(null)")
	equal(format("%p", nil), "(null)")
	equal(format("%p", true), "(null)")
	equal(format("%10p|", 1), "    (null)|")
	equal(format("%-10p|", 1), "(null)    |")
	equal(format("%p", "short"), format("%p", "short"))
end

-- Errors.
check.error(format, "bad argument #1 to 'string.format' %(string expected, got no value%)")
check.error(format, "bad argument #2 to 'string.format' %(no value%)", "%s")
check.error(format, "bad argument #2 to 'string.format' %(no value%)", "%d")
check.error(format, "bad argument #3 to 'string.format' %(no value%)", "%s%s", "a")
check.error(format, "bad argument #2 to 'string.format' %(number expected, got string%)", "%d", "x")
check.error(format, "bad argument #2 to 'string.format' %(number expected, got table%)", "%f", {})
check.error(format, "number has no integer representation", "%d", 1.5)
check.error(format, "number has no integer representation", "%x", 2^63)
check.error(format, "number has no integer representation", "%d", "1.5")
check.error(format, "invalid conversion '%%y' to 'format'", "%y", 1)
check.error(format, "invalid conversion '%%F' to 'format'", "%F", 1)
check.error(format, "invalid conversion '%%' to 'format'", "%", 1)
check.error(format, "invalid conversion '%%' to 'format'", "abc%", 1)
check.error(format, "invalid conversion", "%0123456789d", 1)
check.error(format, "invalid conversion", "%100d", 1)
check.error(format, "invalid conversion", "%.100d", 1)
check.error(format, "invalid conversion", "%##########d", 1)
check.error(format, "invalid conversion", "%5n", 1)
check.error(format, "invalid conversion", "%#d", 1)
check.error(format, "invalid conversion", "%#i", 1)
check.error(format, "invalid conversion", "%0s", "x")
check.error(format, "invalid conversion", "%+s", "x")
check.error(format, "invalid conversion", "%.3c", 65)
check.error(format, "invalid conversion", "%05c", 65)
check.error(format, "invalid conversion", "%+x", 65)
check.error(format, "invalid conversion", "%.3p", 65)
check.error(format, "invalid conversion", "%1 d", 65)
check.error(format, "invalid conversion", "%*d", 65)
check.error(format, "invalid conversion", "%ld", 65)
check.error(format, "string contains zeros", "%10s", "a\0b")

check.done()
