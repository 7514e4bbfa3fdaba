-- silly.encoding.yaml.
local yaml, json = require "silly.encoding.yaml", require "silly.encoding.json"

-- What a scalar is.
for text, want in pairs {
	["1"] = 1, ["-0x1F"] = -31, ["0o17"] = 15, ["1.0"] = 1.0, ["1e3"] = 1000.0, [".inf"] = 1/0, ["-.INF"] = -1/0,
	["true"] = true, ["False"] = false, ["yes"] = "yes", ["'1'"] = "1", ["!!str 1"] = "1", ["2001-12-14"] = "2001-12-14",
	["a b"] = "a b", ["\"\\u263A\""] = "☺", ["|\n  x\n  y\n"] = "x\ny\n", [">\n  x\n  y\n"] = "x y\n", ["!!binary /wA="] = "\xff\0",
	["9223372036854775807"] = math.maxinteger, ["-9223372036854775808"] = math.mininteger,
} do
	local got = yaml.decode(text)
	eq(got, want, text)
	eq(math.type(got), math.type(want), text)
end
eq(math.type(yaml.decode "9223372036854775808"), "float")
eq(yaml.decode ".nan" ~= yaml.decode ".nan", true)
for _, text in ipairs {"", "~", "null", "# nothing"} do
	eq(yaml.decode(text), nil)
	if text ~= "" and text ~= "# nothing" then eq(yaml.decode(text, {null = json.null}), json.null) end
end

-- Mappings, lists, aliases, merges.
local t = yaml.decode [[
base: &base {name: x, list: [1, 2, 3]}
same: *base
more:
  <<: *base
  name: y
5: five
true: yes
nothing: ~
]]
eq(t.base, t.same)
eq(list(t.more.name, t.more.list == t.base.list, t[5], t[true], t.nothing), "y true five yes nil")
t = yaml.decode "&a [1, *a]"
eq(t[2], t)
eq(yaml.decode("{<<: [{a: 1}, {a: 2, b: 3}]}").a, 1)
local all = yaml.decodeall "--- 1\n--- [2]\n---\nx: 3\n"
eq(list(#all, all[1], all[2][1], all[3].x), "3 1 2 3")
eq(#yaml.decodeall "", 0)
eq(list(yaml.decode "--- 1\n--- 2"), "nil 2 documents, and one is expected")

-- What is written is read again.
for _, v in ipairs {1, -2.5, 1e300, 0.0, true, "", "1", "true", "~", "a: b", "x\ny\n", " x\n", "x\r\n", "\t", "☺", "\xff\xfe", "- a", "<<",
	"0x1", "2001-12-14", "12:30:45", "yes", "Off", "null", "#", "'", '"', "é\u{2028}", ("long "):rep(100), math.mininteger} do
	local text = yaml.encode(v)
	eq(yaml.decode(text), v, text)
	eq(math.type(yaml.decode(text)), math.type(v), text)
	eq(yaml.decode(yaml.encode {[v] = {v}})[v][1], v, text)
end
eq(yaml.encode(nil), "null\n")
eq(yaml.encode {b = 1, a = {1, 2.0, {x = "y"}}, e = {}, o = setmetatable({}, {__jsontype = "object"}), n = json.null},
	"a:\n  - 1\n  - 2.0\n  - x: \"y\"\nb: 1\ne: []\n\"n\": null\no: {}\n")

-- Mistakes, with their place.
for text, want in pairs {
	["a: [1"] = "line 1: did not find expected ',' or ']'", ["a: 1\na: 2"] = 'line 2: the key "a" stands there twice',
	["1: a\n0x1: b"] = 'line 2: the key "0x1" stands there twice', ["? [a]\n: b"] = "line 1: a list or a mapping cannot be a key",
	["~: 1"] = "line 1: ~ cannot be a key", ["x: *nobody"] = "unknown anchor 'nobody' referenced", ["<<: 1"] = "line 1: << takes mappings only",
	["a: !!int x"] = 'line 1: "x" is no value of !!int', ["!!binary x"] = "line 1: !!binary is not Base64",
} do
	eq(list(yaml.decode(text)), "nil " .. want)
end
eq(list(yaml.decode(("["):rep(2000) .. ("]"):rep(2000))), "nil line 1: more than 1000 values in each other")
eq(list(yaml.decode(("["):rep(1e6))), "nil exceeded max depth of 10000")
eq(list(yaml.decode(("x"):rep(16 * 1024 * 1024 + 1))), "nil text is longer than 16777216 bytes")
local cycle = {}
cycle.x = cycle
fails("more than 1000 tables in each other, or one that contains itself, at %.x", yaml.encode, cycle)
fails("bad argument #1 to '[%w.]*encode' %(a function cannot be encoded at %.a%[1%]%)", yaml.encode, {a = {print}})
fails("a table as key cannot be encoded", yaml.encode, {[{}] = 1})
fails("string expected, got no value", yaml.decode)
fails("unknown option 'nul'", yaml.decode, "", {nul = 1})

-- A long text lets others run.
local ran = false
require "silly.task".fork(function() ran = true end)
eq(#yaml.decode(("- a\n"):rep(10000)), 10000)
eq(ran, true)
