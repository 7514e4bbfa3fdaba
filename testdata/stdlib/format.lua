local function f(want, ...)
	local got = string.format(...)
	if got ~= want then
		error(string.format("got %q, want %q", got, want), 3)
	end
end

f("", "")
f("100%", "100%%")
f("%d", "%%d")
f("plain\0text", "plain\0text")

-- integers
f("42", "%d", 42)
f("-42", "%i", -42)
f("42", "%d", "42")
f("3", "%d", 3.0)
f("   42|42   |00042|+42| 42", "%5d|%-5d|%05d|%+d|% d", 42, 42, 42, 42, 42)
f("-0042", "%05d", -42)
f("+0042", "%+05d", 42)
f("42   ", "%-05d", 42)
f("00042", "%.5d", 42)
f("  042", "%5.3d", 42)
f("  042", "%05.3d", 42)
f("    7|    7|    7|    7", "%05.0d|%05.0u|%05.0x|%05.0o", 7, 7, 7, 7)
f("", "%.0d", 0)
f("  ", "%2.0d", 0)
f("0", "%d", -0.0)
f("9007199254740992", "%d", 2 ^ 53)
f("-9223372036854775808", "%d", -2 ^ 63)
f("42", "%u", 42)
f("18446744073709551615", "%u", -1)
f("ff|FF|0xff|0XFF|00ff|377|0377", "%x|%X|%#x|%#X|%04x|%o|%#o", 255, 255, 255, 255, 255, 255, 255)
f("0|0", "%#x|%#o", 0, 0)
f("0x00ff", "%#06x", 255)
f("0x00ff", "%#.4x", 255)
f("ffffffffffffffff", "%x", -1)
f("A", "%c", 65)
f("    A|A    ", "%5c|%-5c", 65, 65)
f("\0", "%c", 0)
f("x\255", "x%c", 255)

-- floats
f("3.140000|3.14|3|3.", "%f|%.2f|%.0f|%#.0f", 3.14, 3.14, 3.14, 3.14)
f("    3.14|3.14    |00003.14|+3.14| 3.14", "%8.2f|%-8.2f|%08.2f|%+.2f|% .2f", 3.14, 3.14, 3.14, 3.14, 3.14)
f("-0003.14", "%08.2f", -3.14)
f("1.500000e+00|1.5E+10|2e-05", "%e|%.1E|%.0e", 1.5, 1.5e10, 2e-5)
f("2.e-05", "%#.0e", 2e-5)
f("0.5|1e+20|1e-05|123457|1.23457e+06", "%g|%g|%g|%g|%g", 0.5, 1e20, 1e-5, 123456.7, 1234567)
f("100000|1e+06|0.0001|1E+06", "%g|%g|%g|%G", 100000, 1000000, 0.0001, 1e6)
f("1|1e+01|10", "%.1g|%.1g|%.2g", 1, 10, 10)
f("3|0.1|0.10000000000000001", "%.0g|%.14g|%.17g", 3.2, 0.1, 0.1)
f("1.00000|1.50000|1.00000e+06", "%#g|%#g|%#g", 1, 1.5, 1e6)
f("0.00000", "%#g", 0)
f("0x1p+0|0x1.8p+1|-0x1p-1|0x0p+0|0X1.8P+1|0x1p+10", "%a|%a|%a|%a|%A|%a", 1, 3, -0.5, 0, 3, 1024)
f("0x1.80p+1|0x1p+1|0x1.p+0", "%.2a|%.0a|%#a", 3, 2, 1)
f("0x001p+0|  0x1p+0", "%08a|%8a", 1, 1)
f("inf|-inf|INF|+inf| inf|   inf|inf   |   inf", "%f|%f|%F|%+f|% f|%6f|%-6f|%06f", 1 / 0, -1 / 0, 1 / 0, 1 / 0, 1 / 0, 1 / 0, 1 / 0, 1 / 0)
f("nan", "%.1f", math.abs(0 / 0))
f("NAN", "%E", math.abs(0 / 0))
f("10.5", "%.1f", "10.5")
equal(#string.format("%.99f", 1 / 3), 101)
equal(#string.format("%99.99f", 1e308), 409)

-- strings
f("x|1|1.5|true|nil", "%s|%s|%s|%s|%s", "x", 1, 1.5, true, nil)
f("    x|x    |he|   he", "%5s|%-5s|%.2s|%5.2s", "x", "x", "hello", "hello")
f("|     ", "%.0s|%5.s", "hello", "hello")
f("a\0b", "%s", "a\0b")
f("mine", "%s", setmetatable({}, {__tostring = function() return "mine" end}))
f("mi", "%.2s", setmetatable({}, {__tostring = function() return "mine" end}))
equal(#string.format("%s", ("x"):rep(1000000)), 1000000)
f("1e+16 0.1", "%s %s", 1e16, 0.1)

-- literals
f([["hello"]], "%q", "hello")
f('"a\\"b\\\\c"', "%q", 'a"b\\c')
f('"a\\\nb"', "%q", "a\nb")
f([["\0\13\0001\127\9"]], "%q", "\0\r\0" .. "1\127\t")
f("\"\255ä\"", "%q", "\255ä")
f("42|0.1|-1.5|true|nil|1e+300", "%q|%q|%q|%q|%q|%q", 42, 0.1, -1.5, true, nil, 1e300)
f("1e9999|-1e9999|(0/0)", "%q|%q|%q", 1 / 0, -1 / 0, 0 / 0)
for _, value in ipairs({"a\nb\r\0c\"\\\0001", 0.1, -1e300, 1 / 0, -1 / 0, 12345678, true, false}) do
	equal(load("return " .. string.format("%q", value))(), value)
end
local bytes = {}
for i = 0, 255 do
	bytes[#bytes + 1] = string.char(i)
end
bytes = table.concat(bytes)
equal(load("return " .. string.format("%q", bytes))(), bytes)
raises("bad argument #2 to 'format' (value has no literal form)", string.format, "%q", {})

-- pointers
do
	local t = {}
	equal(string.format("%p", t), tostring(t):match("0x%x+"))
	equal(string.format("%p", t) == string.format("%p", {}), false)
	f("(null)|    (null)|(null)    ", "%p|%10p|%-10p", 1, nil, true)
	equal(#string.format("%30p", print), 30)
end

-- errors
raises("bad argument #2 to 'format' (no value)", string.format, "%d")
raises("bad argument #3 to 'format' (no value)", string.format, "%s %s", 1)
raises("bad argument #2 to 'format' (number expected, got string)", string.format, "%d", "x")
raises("bad argument #2 to 'format' (number expected, got nil)", string.format, "%f", nil)
raises("bad argument #2 to 'format' (number has no integer representation)", string.format, "%d", 1.5)
raises("bad argument #2 to 'format' (number has no integer representation)", string.format, "%x", 1 / 0)
raises("bad argument #2 to 'format' (number has no integer representation)", string.format, "%d", 2 ^ 63)
raises("bad argument #1 to 'format' (string expected, got no value)", string.format)
raises("'__tostring' must return a string", string.format, "%s", setmetatable({}, {__tostring = function() end}))
for _, conversion in ipairs({
	"%y", "%", "%5", "%-", "%100d", "%.100d", "%1000d", "%#d", "%+s", "%05s", "%#s", "% c", "%.3c", "%.3p", "%0p", "%+u", "%5q", "%-q",
	"%l", "%*", "%-5%", "%n", "%.1.1f", "%1-d", "%\0", "%\195",
}) do
	raises("invalid conversion '" .. conversion .. "' to 'format'", string.format, conversion, 1)
	raises("invalid conversion '" .. conversion .. "' to 'format'", string.format, "x" .. conversion .. "", 1)
end
raises("invalid conversion '%y' to 'format'", string.format, "%yes", 1)
