-- silly.encoding.toml.
local toml, json = require "silly.encoding.toml", require "silly.encoding.json"

local t = toml.decode [=[
title = "TOML"
int = 9_223_372_036_854_775_807
hex = 0xDEADBEEF
float = 6.626e-34
inf = -inf
yes = true
time = 1979-05-27T07:32:00-08:00
localtime = 1979-05-27T07:32:00.5
date = 1979-05-27
clock = 07:32:00
text = """
two
lines"""
mixed = [1, "a", {b = 2}]
"dotted.key" = 1
a.b.c = 1

[server.main]
port = 8080

[[users]]
name = "x"

[[users]]
name = "y"
]=]
eq(list(t.title, t.int, t.hex, t.float, t.inf, t.yes), "TOML 9223372036854775807 3735928559 6.626e-34 -inf true")
eq(list(t.time, t.localtime, t.date, t.clock), "1979-05-27T07:32:00-08:00 1979-05-27T07:32:00.5 1979-05-27 07:32:00")
eq(list(t.text, t.mixed[2], t.mixed[3].b, t["dotted.key"], t.a.b.c, t.server.main.port), "two\nlines a 2 1 1 8080")
eq(list(#t.users, t.users[2].name), "2 y")
eq(math.type(t.float), "float")
eq(next(toml.decode ""), nil)

eq(toml.encode {title = "x", n = 1, f = 1.0, on = false, list = {1, 2}, nested = {a = {b = 1}}, rows = {{x = 1}, {x = 2}}, [5] = "five"}, [=[
5 = 'five'
f = 1.0
list = [1, 2]
n = 1
on = false
title = 'x'

[nested]
[nested.a]
b = 1

[[rows]]
x = 1

[[rows]]
x = 2
]=])
for _, v in ipairs {math.mininteger, 1e300, -0.5, 1/0, "", "a\"'\\\n\t\0", "☺", true} do
	local back = toml.decode(toml.encode {[tostring(v)] = v, v = {v, {v = v}}})
	eq(back[tostring(v)], v)
	eq(back.v[2].v, v)
	eq(math.type(back.v[1]), math.type(v))
end
eq(toml.encode {}, "")

eq(list(toml.decode "a = \n"), "nil line 1, column 5: unexpected character U+000A at start of value")
eq(list(toml.decode "a = 1\nb = 2\na = 3"), "nil line 3, column 1: key a is already defined")
eq(toml.decode "[a]\n[a]", nil)
eq(toml.decode "\xff = 1", nil)
eq(toml.decode("a = " .. ("["):rep(1e5)), nil)
eq(list(toml.decode(("#"):rep(512 * 1024 + 1))), "nil text is longer than 524288 bytes")
fails("bad argument #1 to '[%w.]*encode' %(table expected, got string%)", toml.encode, "x")
fails("a function cannot be encoded at %.a%[2%]", toml.encode, {a = {1, print}})
fails("null cannot be encoded at %.a", toml.encode, {a = json.null})
fails("a boolean as key cannot be encoded", toml.encode, {[true] = 1})
fails("not valid utf%-8 cannot be encoded at %.a", toml.encode, {a = "\xff"})
local cycle = {}
cycle.x = cycle
fails("or one that contains itself", toml.encode, cycle)
