-- §3.4.9 Table constructors.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list, run, syntax = check.equal, check.list, check.run, check.syntax

local function size(t) local n = 0 for _ in pairs(t) do n = n + 1 end return n end
local function three() return "r1", "r2", "r3" end
local function none() end

-- Every kind of field, both separators, a trailing one.
do
	local t = {}
	equal(next(t), nil)
	t = {1, 2, 3}
	list({1, 2, 3}, t[1], t[2], t[3])
	equal(size(t), 3)
	t = {1, 2, 3,}
	equal(#t, 3)
	t = {1; 2, 3;}
	equal(#t, 3)
	t = {x = 1, y = 2; ["z z"] = 3, [10] = 4, [1.5] = 5, [true] = 6}
	list({1, 2, 3, 4, 5, 6}, t.x, t.y, t["z z"], t[10], t[1.5], t[true])
	equal(size(t), 6)
	local f = function() return "f" end
	t = {[f()] = 1, "x", "y"; x = 1, f, [30] = 23, 45}
	list({1, "x", "y", f, 45, 1, 23}, t.f, t[1], t[2], t[3], t[4], t.x, t[30])
	equal(size(t), 7)
	t = {{}, {{}}, {1, {2}}}
	equal(t[3][2][1], 2)
	t = {function() return 1 end, k = function() return 2 end}
	equal(t[1]() + t.k(), 3)
	t = {"a" .. "b", 1 + 1, not nil, -1, #"abc", 1 < 2, nil and 1, 1 or 2}
	list({"ab", 2, true, -1, 3, true, nil, 1, n = 8}, t[1], t[2], t[3], t[4], t[5], t[6], t[7], t[8])
	t = {x = nil, nil, y = false}
	equal(size(t), 1)
	local x, y = 1, 2
	t = {x = y, y = x, x, y}
	list({2, 1, 1, 2}, t.x, t.y, t[1], t[2])
	t = {[x] = "one", [y] = "two"}
	list({"one", "two"}, t[1], t[2])
	t = {["x"] = 1, [three()] = 2}
	equal(t.r1, 2)
end

-- Numeric positions count only the positional items.
do
	local t = {"a", x = 1, "b", [50] = 2, "c"}
	list({"a", "b", "c"}, t[1], t[2], t[3])
	equal(#t, 3)
	equal(size(t), 5)
	t = {nil, 2, nil, 4}
	list({nil, 2, nil, 4, n = 4}, t[1], t[2], t[3], t[4])
end

-- The last positional item gives all its results, every other one.
do
	local t = {three()}
	list({"r1", "r2", "r3"}, table.unpack(t))
	t = {three(), three()}
	list({"r1", "r1", "r2", "r3"}, table.unpack(t))
	t = {three(), 1}
	list({"r1", 1}, table.unpack(t))
	t = {(three())}
	list({"r1"}, table.unpack(t))
	t = {three(), nil}
	equal(t[1], "r1")
	equal(size(t), 1)
	t = {k = three()}
	equal(t.k, "r1")
	equal(size(t), 1)
	t = {1, k = three()}
	equal(t[1], 1)
	equal(t.k, "r1")
	equal(size(t), 2)
	t = {three(), k = 1}
	equal(size(t), 2)
	equal(t[1], "r1")
	equal(t[2], nil)
	t = {k = 1, three()}
	equal(size(t), 4)
	t = {[1] = three()}
	equal(size(t), 1)
	t = {three(), [2] = "x"}
	equal(t[1], "r1")
	equal(t[2], "x")
	t = {none()}
	equal(size(t), 0)
	t = {none(), none()}
	equal(size(t), 0)
	t = {1, none()}
	equal(#t, 1)
	t = {none(), 1}
	equal(t[1], nil)
	equal(t[2], 1)
	t = {three(),}
	equal(#t, 3)
	t = {{three()}, {(three())}}
	equal(#t[1] * 10 + #t[2], 31)
	local function va(...) return {...}, {..., "x"}, {(...)}, {n = ...}, {"a", ...} end
	local a, b, c, d, e = va(1, 2, 3)
	equal(#a, 3)
	list({1, "x"}, table.unpack(b))
	list({1}, table.unpack(c))
	equal(d.n, 1)
	list({"a", 1, 2, 3}, table.unpack(e))
	a, b, c, d, e = va()
	equal(size(a), 0)
	equal(b[2], "x")
	equal(size(c), 0)
	equal(d.n, nil)
	equal(#e, 1)
	t = {("x"):byte(1, -1)}
	equal(t[1], 120)
	t = {(" a b "):gsub(" ", "")}
	list({"ab", 3}, table.unpack(t))
end

-- Expressions are evaluated from left to right in what our library and lua5.4 do; the table is fresh each time.
do
	local log = ""
	local function f(v) log = log .. v return v end
	local t = {f "a", x = f "b", f "c", [f "d"] = f "e", f "f"}
	equal(log, "abcdef")
	equal(t.d, "e")
	local function make() return {1, x = {}} end
	equal(make() == make(), false)
	equal(make().x == make().x, false)
	local all = {}
	for i = 1, 3 do all[i] = {i} end
	list({1, 2, 3}, all[1][1], all[2][1], all[3][1])
end

-- Large constructors.
for _, n in ipairs {49, 50, 51, 99, 100, 101, 127, 128, 255, 256, 257, 511, 512, 513, 1000, 5000, 25551, 70000} do
	local items = {}
	for i = 1, n do items[i] = i end
	local source = "return {" .. table.concat(items, ",") .. "}"
	local t = load(source)()
	equal(#t, n)
	local sum = 0
	for i = 1, n do sum = sum + t[i] end
	equal(sum, n * (n + 1) // 2)
	equal(size(t), n)
	t = load("local f = ... return {" .. table.concat(items, ",") .. ", f()}")(three)
	equal(#t, n + 3)
	equal(t[n + 3], "r3")
	equal(t[n + 1], "r1")
	t = load("local f = ... return {" .. table.concat(items, ",") .. ", x = f(), {'nested'}}")(three)
	equal(#t, n + 1)
	equal(t.x, "r1")
	equal(t[n + 1][1], "nested")
	t = load("return {" .. table.concat(items, ",") .. ", ...}")("v", nil, "w")
	equal(t[n + 1], "v")
	equal(t[n + 3], "w")
	equal(size(t), n + 2)
end
do
	local fields = {}
	for i = 1, 3000 do fields[i] = "f" .. i .. "=" .. i end
	local t = load("return {" .. table.concat(fields, ",") .. "}")()
	equal(size(t), 3000)
	equal(t.f1 + t.f3000, 3001)
	for i = 1, 1000 do fields[i] = i .. ",k" .. i .. "='v" .. i .. "'" end
	t = load("return {" .. table.concat(fields, ",", 1, 1000) .. "}")()
	equal(#t, 1000)
	equal(size(t), 2000)
	equal(t.k777, "v777")
	-- Nested deeply.
	t = load("return " .. ("{"):rep(150) .. "1" .. ("}"):rep(150))()
	for _ = 1, 149 do t = t[1] end
	equal(t[1], 1)
	-- Many strings, many floats.
	for i = 1, 2000 do fields[i] = "'s" .. i .. "'," .. i .. ".5" end
	t = load("return {" .. table.concat(fields, ",", 1, 2000) .. "}")()
	equal(#t, 4000)
	equal(t[3999], "s2000")
	equal(t[4000], 2000.5)
end

-- A constructor as an argument, as a statement's part, indexed, compared.
equal(({1, 2, 3})[2], 2)
equal(#{1, 2}, 2)
equal(({x = {y = 5}}).x.y, 5)
equal(type {} , "table")
equal(select("#", {}, {}), 2)
equal({} == {}, false)
run("local t = {} t[{}] = 1 return t[{}]", {nil, n = 1})
run("return {1, 2, n = 3}.n == nil and 1 or 2" and "return ({1, 2, n = 3}).n", {3})

syntax("return {", "chunk:1: unexpected symbol near <eof>")
syntax("return {1", "chunk:1: '}' expected near <eof>")
syntax("return {1 2}", "chunk:1: '}' expected near '2'")
syntax("return {,}", "chunk:1: unexpected symbol near ','")
syntax("return {1,,2}", "chunk:1: unexpected symbol near ','")
syntax("return {[1]}", "chunk:1: '=' expected near '}'")
syntax("return {[1 = 2}", "chunk:1: ']' expected near '='")
syntax("return {x = }", "chunk:1: unexpected symbol near '}'")
syntax("return {1 = 2}", "chunk:1: '}' expected near '='")
syntax("return {'x' = 2}", "chunk:1: '}' expected near '='")
syntax("return {x.y = 2}", "chunk:1: '}' expected near '='")
syntax("return {[] = 2}", "chunk:1: unexpected symbol near ']'")
syntax("return {\n1\n2}", "chunk:3: '}' expected (to close '{' at line 1) near '2'")
syntax("return {}.x", "chunk:1: <eof> expected near '.'")

check.done()
