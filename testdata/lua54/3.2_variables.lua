-- §3.2 Variables: globals, locals, fields.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list

-- Before its first assignment a variable is nil.
equal(never_assigned, nil)
do
	local a, b
	equal(a, nil)
	equal(b, nil)
	for _ = 1, 3 do
		local fresh
		equal(fresh, nil)
		fresh = 1
	end
	local n = 0
	repeat
		local fresh
		equal(fresh, nil)
		fresh = n
		n = n + 1
	until fresh == 2
	equal(n, 3)
	while n > 0 do
		local x, y
		equal(x, nil)
		equal(y, nil)
		x, y = n, n
		n = n - 1
	end
	::again::
	local z
	equal(z, nil)
	z = 1
	n = n + 1
	if n < 3 then goto again end
end

-- A name that is not declared local is global.
a_global = 1
equal(_G.a_global, 1)
do
	local a_global = 2
	equal(a_global, 2)
	equal(_G.a_global, 1)
end
equal(a_global, 1)
a_global = nil

-- var.Name is var["Name"]; any expression in brackets; chains.
do
	local t = {x = {y = {z = 1}}, [1] = {[2] = {[3] = "deep"}}}
	equal(t.x.y.z, 1)
	equal(t["x"]["y"]["z"], 1)
	equal(t.x["y"].z, 1)
	equal(t[1][2][3], "deep")
	equal(t[2 - 1][1 + 1][#"abc"], "deep")
	local k = "x"
	equal(t[k].y.z, 1)
	equal((t).x.y.z, 1)
	equal(({a = 5}).a, 5)
	equal(({5, 6})[2], 6)
	equal(("abc").len("abc"), 3)
	local function f() return t end
	equal(f().x.y.z, 1)
	f().x.y.z = 2
	equal(t.x.y.z, 2)
	f()[1][2][3] = "new"
	equal(t[1][2][3], "new")
	t[t] = t
	equal(t[t][t][t].x.y.z, 2)
	t.n = 1
	t[t.n] = {}
	equal(t[1][2], nil)
end

-- Fields with many names and indices: constants beyond the small ranges.
do
	local t = {}
	for i = 1, 600 do t["field" .. i] = i end
	local source = {"local t = ... local s = 0"}
	for i = 1, 600 do source[#source + 1] = "s = s + t.field" .. i end
	source[#source + 1] = "return s"
	check.run(table.concat(source, "\n"), {180300}, t)
	source = {"local t = {} "}
	for i = 1, 600 do source[#source + 1] = "t.f" .. i .. " = " .. i .. " t[" .. i .. "] = 'v" .. i .. "'" end
	source[#source + 1] = "return t.f1 + t.f600, t[255], t[256], t[257], t[600]"
	check.run(table.concat(source, "\n"), {601, "v255", "v256", "v257", "v600"})
	source = {"local s = 0"}
	for i = 1, 600 do source[#source + 1] = "g" .. i .. " = " .. i .. ".5" end
	for i = 1, 600 do source[#source + 1] = "s = s + g" .. i .. " g" .. i .. " = nil" end
	source[#source + 1] = "return s"
	check.run(table.concat(source, "\n"), {180600.0})
end

-- Negative, float, boolean, huge and computed indices.
do
	local t = {}
	t[-1], t[0], t[1.5], t[true], t[2^40 | 0] = "a", "b", "c", "d", "e"
	list({"a", "b", "c", "d", "e"}, t[-1], t[0], t[1.5], t[true], t[1099511627776])
	local i = 0
	t[i - 1] = "z"
	equal(t[-1], "z")
	for n = -300, 300 do t[n] = n end
	local sum = 0
	for n = -300, 300 do sum = sum + t[n] end
	equal(sum, 0)
	equal(t[255] + t[-256], -1)
end

-- A local, an upvalue, a global and a field of the same name.
do
	same = "global"
	local t = {same = "field"}
	local same = "upvalue"
	local function f()
		local up = same
		local same = "local"
		return up, same, _G.same, t.same
	end
	list({"upvalue", "local", "global", "field"}, f())
	_G.same = nil
end

check.done()
