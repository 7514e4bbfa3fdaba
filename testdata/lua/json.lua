-- silly.encoding.json.
local json = require "silly.encoding.json"

-- Values and their texts.
for text, v in pairs {["1"] = 1, ["1.0"] = 1.0, ["-1.5"] = -1.5, ['"a\\"\\\\\\n\\u0001é😀/"'] = 'a"\\\n\1é😀/', ["true"] = true, ["false"] = false,
	["9223372036854775807"] = math.maxinteger, ["-9223372036854775808"] = math.mininteger, ["1e+300"] = 1e300} do
	eq(json.encode(v), text)
	local back = json.decode(text)
	eq(back, v) eq(math.type(back), math.type(v))
end
eq(json.encode(nil), "null")
eq(json.encode(-0.0), "-0.0")
eq(json.encode {}, "[]")
eq(json.encode {1, {2, {}}, "x"}, '[1,[2,[]],"x"]')
eq(json.encode {a = 1}, '{"a":1}')
eq(json.encode {[1] = 1, [3] = 3}, "[1]")
eq(json.encode {[1] = "first", name = "test"}, '["first"]')
eq(json.encode {[5] = "x"}, '{"5":"x"}')
eq(json.encode(setmetatable({}, {__jsontype = "object"})), "{}")
eq(json.encode(setmetatable({a = 1}, {__jsontype = "array"})), "[]")
eq(json.encode {json.null, {x = json.null}}, '[null,{"x":null}]')
eq(tostring(json.null), "null")
eq(json.encode({b = 1, a = {1, 2}, c = {}}, {sort = true}), '{"a":[1,2],"b":1,"c":[]}')
eq(json.encode({b = 1, a = {1, {x = 2}}, c = {}}, {sort = true, indent = "  "}), [[
{
  "a": [
    1,
    {
      "x": 2
    }
  ],
  "b": 1,
  "c": []
}]])

-- Decoding.
local v, pos = json.decode ' {"a": [1, 2.5, null, "x"], "b": {"c": true}, "d": null} '
eq(list(v.a[1], math.type(v.a[1]), v.a[2], v.a[3], v.a[4], v.b.c, v.d, pos), "1 integer 2.5 nil x true nil 58")
eq(select("#", json.decode "null"), 2)
eq(list(json.decode "null"), "nil 5")
v = json.decode('{"a":[null],"b":null}', {null = json.null})
eq(v.a[1], json.null) eq(v.b, json.null)
eq(json.encode(v, {sort = true}), '{"a":[null],"b":null}')
eq(json.decode "18446744073709551616", 2.0 ^ 64)
eq(json.decode("18446744073709551616", {bigint = "string"}), "18446744073709551616")
eq(json.decode('{"a":1,"a":2}').a, 2)
eq(json.decode [["\ud83d\ude00\ud83d!"]], "😀\u{FFFD}!")
for text, err in pairs {
	[""] = "value expected, but the text ends at byte 1",
	['{"incomplete":'] = "value expected, but the text ends at byte 15",
	["[1,,2]"] = "value expected, got ',' at byte 4",
	["[1 2]"] = "',' or ']' expected, got '2' at byte 4",
	['{"a" 1}'] = "':' expected, got '1' at byte 6",
	["{a:1}"] = "string as key expected, got 'a' at byte 2",
	["tru"] = "value expected, got 't' at byte 1",
	["[] x"] = "end of the text expected, got 'x' at byte 4",
	['"\n"'] = "control character '\\n' in a string at byte 2",
	['"\\q"'] = "escape expected, got 'q' at byte 3",
	['"abc'] = "the text ends in a string at byte 5",
	["1e999"] = "number is too large at byte 1",
	["\"\xff\""] = "string is not valid utf-8 at byte 3",
	[("["):rep(1000000)] = "more than 1000 arrays and objects in each other at byte 1001",
} do
	eq(list(json.decode(text)), "nil " .. err)
end

-- What cannot be encoded, and where it is.
local cyclic = {} cyclic[1] = {x = cyclic}
for problem, bad in pairs {
	["a function cannot be encoded at %.users%[2%]%.f"] = {users = {1, {f = print}}},
	["a thread cannot be encoded at %[1%]"] = {coroutine.create(print)},
	["the number inf cannot be encoded"] = math.huge,
	["the number %-?nan cannot be encoded at %[2%]"] = {1, 0 / 0},
	["a string that is not valid utf%-8 cannot be encoded at %.x"] = {x = "\xff"},
	["a table with a boolean as key cannot be encoded at %.y"] = {y = {[true] = 1}},
	["more than 1000 tables in each other, or one that contains itself, at %[1%]%.x%[1%]%.x%[1%]%.x%[1%]%.x%.%.%."] = cyclic,
} do
	fails("bad argument #1 to 'encode' %(" .. problem, function() json.encode(bad) end)
end
fails("bad argument #1 to 'decode' %(string expected, got table%)", function() json.decode {} end)
fails("unknown option 'bigints', did you mean 'bigint'", function() json.decode("1", {bigints = "string"}) end)
fails("'float' or 'string' expected, got 'int'", function() json.decode("1", {bigint = "int"}) end)

-- Large ones, tables that Go code has seen, and weak tables.
local list = {}
for i = 1, 10000 do list[i] = {id = i, name = "user" .. i, tags = {"a", "b"}} end
local text = json.encode(list)
local back = json.decode(text)
eq(#back, 10000) eq(back[9999].name, "user9999") eq(json.encode(back[77], {sort = true}), '{"id":77,"name":"user77","tags":["a","b"]}')
local seen = {a = {1, 2}}
require("silly.time").after(1, function() end, seen)
eq(json.encode(seen), '{"a":[1,2]}')
eq(json.encode(setmetatable({a = "b"}, {__mode = "k"})), '{"a":"b"}')

-- A number and its text would be the same key.
fails('an object cannot have both the number 10 and the string "10" as keys', json.encode, {[10] = 1, ["10"] = 2})
fails('both the number 1.5', json.encode, {[1.5] = 1, ["1.5"] = 2, a = 1})
eq(json.encode {[10] = 1}, '{"10":1}')
