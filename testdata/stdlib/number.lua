-- tonumber
for text, number in pairs({
	["0"] = 0, ["10"] = 10, ["-10"] = -10, ["+10"] = 10, ["  10  "] = 10, ["\t\n\v\f\r10\n"] = 10,
	["1e1"] = 10, ["1E+2"] = 100, ["1e-2"] = 0.01, [".5"] = 0.5, ["5."] = 5, ["-.5e1"] = -5, ["007"] = 7,
	["0x10"] = 16, ["0XfF"] = 255, ["-0x10"] = -16, ["0x1p4"] = 16, ["0x.8"] = 0.5, ["0xA.8p-1"] = 5.25, ["0x1P+2"] = 4,
	["0xffffffffffffffff"] = 2 ^ 64, ["0x8000000000000000"] = 2 ^ 63,
	["9007199254740993"] = 2 ^ 53, ["1e308"] = 1e308, ["1e309"] = math.huge, ["-1e309"] = -math.huge, ["1e-400"] = 0,
}) do
	equal(tonumber(text), number)
end
for _, text in ipairs({
	"", " ", "1 2", "1,5", "x", "1x", "0x", "0xg", "0x.p1", "0xp1", "1e", "1e+", "e1", ".", "-", "+", "- 1", "--1", "1..2", "1.2.3",
	"inf", "-inf", "nan", "infinity", "0b11", "0o17", "1_000", "0x1_0", "1p4", "0x1p", "1e5.5", "٣", "1\0", "\0001", "1e1e1", "true",
}) do
	equal(tonumber(text), nil)
end
equal(tonumber(5), 5)
equal(tonumber(nil), nil)
equal(tonumber({}), nil)
equal(tonumber(true), nil)
equal(tonumber("10", nil), 10)

equal(tonumber("10", 2), 2)
equal(tonumber("  -101 ", 2), -5)
equal(tonumber("ff", 16), 255)
equal(tonumber("FF", 16), 255)
equal(tonumber("zZ", 36), 35 * 37)
equal(tonumber("777", 8), 511)
equal(tonumber("7fffffff", 16), 2147483647)
equal(tonumber("12", 2), nil)
equal(tonumber("8", 8), nil)
equal(tonumber("0x10", 16), nil)
equal(tonumber("1.5", 10), nil)
equal(tonumber("1e1", 10), nil)
equal(tonumber("", 10), nil)
equal(tonumber("-", 10), nil)
equal(tonumber("+1", 10), nil)
equal(tonumber("1 1", 10), nil)
raises("bad argument #1 to 'tonumber' (value expected)", tonumber)
raises("bad argument #1 to 'tonumber' (string expected, got number)", tonumber, 10, 10)
raises("bad argument #1 to 'tonumber' (string expected, got nil)", tonumber, nil, 10)
raises("bad argument #2 to 'tonumber' (base out of range)", tonumber, "10", 1)
raises("bad argument #2 to 'tonumber' (base out of range)", tonumber, "10", 37)
raises("bad argument #2 to 'tonumber' (number has no integer representation)", tonumber, "10", 2.5)
raises("bad argument #2 to 'tonumber' (number expected, got table)", tonumber, "10", {})

-- tostring of numbers
local inf, nan = 1 / 0, 0 / 0
for text, number in pairs({
	["0"] = 0, ["1"] = 1, ["-1"] = -1, ["1000000"] = 1e6, ["1000000000000000"] = 1e15,
	["9007199254740992"] = 2 ^ 53, ["-9007199254740992"] = -2 ^ 53, ["9007199254740991"] = 2 ^ 53 - 1,
	["1e+16"] = 1e16, ["1.8014398509481984e+16"] = 2 ^ 54, ["1e+100"] = 1e100, ["-1e+100"] = -1e100,
	["0.1"] = 0.1, ["-0.5"] = -0.5, ["0.30000000000000004"] = 0.1 + 0.2, ["0.3333333333333333"] = 1 / 3,
	["3.14"] = 3.14, ["123456.789"] = 123456.789, ["1234567.5"] = 1234567.5, ["4503599627370495.5"] = 2 ^ 52 - 0.5,
	["0.0001"] = 0.0001, ["1e-05"] = 0.00001, ["1.5e-07"] = 1.5e-7, ["5e-324"] = 5e-324,
	["1.7976931348623157e+308"] = 1.7976931348623157e308, ["inf"] = inf, ["-inf"] = -inf,
}) do
	equal(tostring(number), text)
	equal(tonumber(text) or number, number)
end
equal(tostring(-0.0), "0")
equal(tostring(nan):gsub("^-", ""), "nan")
equal(tostring(nan) == tostring(-nan), false)
equal(math.maxinteger, 2 ^ 53)
equal(tostring(math.maxinteger), "9007199254740992")
equal(tostring(math.mininteger), "-9007199254740992")

-- tostring of other values
equal(tostring(nil), "nil")
equal(tostring(true), "true")
equal(tostring("x"), "x")
equal(tostring({}):match("^table: 0x%x+$") ~= nil, true)
equal(tostring(print):match("^function: 0x%x+$") ~= nil, true)
equal(tostring(coroutine.create(print)):match("^thread: 0x%x+$") ~= nil, true)
local t = {}
equal(tostring(t), tostring(t))
equal(tostring(setmetatable({}, {__tostring = function() return "mine" end})), "mine")
equal(tostring(setmetatable({}, {__tostring = function() return 1.0 end})), "1")
equal(tostring(setmetatable({}, {__name = "point"})):match("^point: 0x%x+$") ~= nil, true)
equal(tostring(setmetatable({}, {__name = 42})):match("^table: 0x%x+$") ~= nil, true)
equal(tostring(setmetatable({}, {__tostring = setmetatable({}, {__call = function() return "called" end})})), "called")
raises("'__tostring' must return a string", tostring, setmetatable({}, {__tostring = function() return {} end}))
raises("'__tostring' must return a string", tostring, setmetatable({}, {__tostring = function() end}))
raises("bad argument #1 to 'tostring' (value expected)", tostring)
