-- §3.3.5 The for statement.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list, run, syntax = check.equal, check.list, check.run, check.syntax

-- loop gives the values of a numeric loop, at most 20, written with commas.
local function loop(a, b, c)
	local t = {}
	if c == nil then
		for i = a, b do t[#t + 1] = tostring(i) if #t >= 20 then break end end
	else
		for i = a, b, c do t[#t + 1] = tostring(i) if #t >= 20 then break end end
	end
	return table.concat(t, ",")
end

-- literal does the same with the three written into the source.
local function literal(a, b, c)
	local source = "local t = {} for i = " .. a .. ", " .. b .. (c and ", " .. c or "") ..
		" do t[#t + 1] = tostring(i) if #t >= 20 then break end end return table.concat(t, ',')"
	return load(source)()
end

local max, min, huge = math.maxinteger, math.mininteger, math.huge
for _, case in ipairs {
	-- Integers, both ends included; the default step is 1.
	{1, 3, nil, "1,2,3"}, {1, 1, nil, "1"}, {1, 0, nil, ""}, {-1, 1, nil, "-1,0,1"}, {3, 1, -1, "3,2,1"}, {1, 3, -1, ""}, {1, 10, 3, "1,4,7,10"}, {1, 9, 3, "1,4,7"},
	{10, 1, -4, "10,6,2"}, {0, 0, -1, "0"}, {5, 5, 100, "5"},
	-- Initial value and step decide: with both integers the loop is done with integers, whatever the limit is.
	{1, 3.0, nil, "1,2,3"}, {1, 3.7, nil, "1,2,3"}, {1, 2.999, nil, "1,2"}, {3, 1.5, -1, "3,2"}, {3, 0.9, -1, "3,2,1"}, {-3, -1.5, nil, "-3,-2"}, {-1, -2.5, -1, "-1,-2"},
	{1, 0.5, nil, ""}, {-1, -0.5, -1, ""}, {0, -0.0, nil, "0"}, {0, 0.0, -1, "0"},
	{1, huge, nil, "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20"}, {1, -huge, nil, ""}, {1, -huge, -1, "1,0,-1,-2,-3,-4,-5,-6,-7,-8,-9,-10,-11,-12,-13,-14,-15,-16,-17,-18"}, {1, huge, -1, ""},
	{1, 0 / 0, nil, ""}, {1, 1e100, 7000000000000000000, "1,7000000000000000001"}, {1, 2^63, 2^62 | 0, "1,4611686018427387905"},
	-- Floats.
	{1.0, 3, nil, "1.0,2.0,3.0"}, {1, 3, 1.0, "1.0,2.0,3.0"}, {1.0, 3.0, 1.0, "1.0,2.0,3.0"}, {0, 1, 0.25, "0.0,0.25,0.5,0.75,1.0"}, {1, 0, -0.5, "1.0,0.5,0.0"}, {0.5, 3, nil, "0.5,1.5,2.5"},
	{1.0, 0, nil, ""}, {0.0, 0, nil, "0.0"}, {-0.0, 0, nil, "-0.0"}, {1, 3, 0 / 0, ""}, {huge, huge, nil, "inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf"},
	{huge, 1, -1, "inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf,inf"}, {1, 3, huge, "1.0"}, {3, 1, -huge, "3.0"}, {1, 2, 1e300, "1.0"},
	{0, 0.35, 0.1, "0.0,0.1,0.2,0.3"}, {1e15, 1e15 + 2, nil, "1e+15,1e+15,1e+15"}, {2^53, 2^53 + 4, 2.0, "9.007199254741e+15,9.007199254741e+15,9.007199254741e+15"},
	-- Loops end before they overflow.
	{max - 2, max, nil, max - 2 .. "," .. max - 1 .. "," .. max}, {max, max, nil, tostring(max)}, {min, min, nil, tostring(min)}, {min, min + 2, nil, min .. "," .. min + 1 .. "," .. min + 2},
	{min + 2, min, -1, min + 2 .. "," .. min + 1 .. "," .. min}, {max - 1, max, 2, tostring(max - 1)}, {max, min, -max, max .. ",0," .. -max}, {min, max, max, min .. ",-1," .. max - 1},
	{max, max - 1, nil, ""}, {min, min + 1, -1, tostring(min):sub(1, 0)}, {1, max, max, "1"}, {1, max, max - 1, "1," .. max}, {0, max, max, "0," .. max}, {-1, min, min, "-1"}, {0, min, min, "0," .. min},
	{min, max, 2^62 | 0, min .. ",-4611686018427387904,0,4611686018427387904"}, {max, huge, nil, tostring(max)}, {min, -huge, -1, tostring(min)}, {max - 1, 1e300, nil, max - 1 .. "," .. max},
	{1, 3, max, "1"}, {3, 1, min, "3"}, {min, 0, max, min .. ",-1"}, {max, 2^63, nil, tostring(max)}, {min, -2^63, -1, tostring(min)},
} do
	local a, b, c, want = case[1], case[2], case[3], case[4]
	equal(loop(a, b, c), want, tostring(a) .. ", " .. tostring(b) .. ", " .. tostring(c))
	equal(literal(("%q"):format(a), ("%q"):format(b), c and ("%q"):format(c)), want, "literal " .. tostring(a) .. ", " .. tostring(b) .. ", " .. tostring(c))
end

-- The loop variable has the subtype of the loop.
for i = 1, 2 do equal(math.type(i), "integer") end
for i = 1.0, 2 do equal(math.type(i), "float") end
for i = 1, 2, 1.0 do equal(math.type(i), "float") end
for i = 1, 2.0 do equal(math.type(i), "integer") end
for i = "1", 2 do equal(math.type(i), "float") end

-- The three expressions are evaluated once, in order, before the loop.
do
	local log = {}
	local function value(v) log[#log + 1] = v return v end
	for _ = value(1), value(3), value(2) do end
	equal(table.concat(log, ","), "1,3,2")
	local limit, step = 3, 1
	local n = 0
	for i = 1, limit, step do limit = 100 step = 50 n = n + i end
	equal(n, 6)
end

-- The loop variable is local to the body, and a copy: assignments do not change the loop.
do
	i = "global"
	local seen = {}
	for i = 1, 3 do
		seen[#seen + 1] = i
		i = i * 10
		seen[#seen + 1] = i
	end
	equal(table.concat(seen, ","), "1,10,2,20,3,30")
	equal(i, "global")
	i = nil
	local closures = {}
	for i = 1, 3 do closures[i] = function() i = i + 10 return i end end
	list({11, 12, 13, 21}, closures[1](), closures[2](), closures[3](), closures[1]())
	for k, v in ipairs {"a", "b"} do closures[k] = function() v = v .. "!" return k, v end end
	list({1, "a!"}, closures[1]())
	list({1, "a!!"}, closures[1]())
	list({2, "b!"}, closures[2]())
	seen = {}
	for k, v in pairs {10, 20} do k = k * 100 v = nil seen[#seen + 1] = k end
	equal(table.concat(seen, ","), "100,200")
	for i = 1, 2 do local i = i + 5 equal(i > 5, true) end
	for i = 3, 1, -1 do local j = i; (function() j = j + i end)() equal(j, i * 2) end
end

-- break, return and goto leave a loop.
do
	local function find(t, v) for i, x in ipairs(t) do if x == v then return i end end end
	list({2, nil}, find({5, 6, 7}, 6), find({}, 1))
	local n = 0
	for i = 1, 10 do if i == 4 then break end n = i end
	equal(n, 3)
	for i = 1, 3 do for j = 1, 3 do n = n + 1 if j == i then break end end end
	equal(n, 9)
	local function nested() for i = 1, 3 do for j = 1, 3 do if i * j == 6 then return i, j end end end end
	list({2, 3}, nested())
end

-- Long loops and sums.
do
	local s = 0
	for i = 1, 100000 do s = s + i end
	equal(s, 5000050000)
	s = 0
	for i = 1, 1000 do s = s + i * 0.5 end
	equal(s, 250250.0)
	s = 0
	for i = 100, 1, -3 do s = s + i end
	equal(s, 1717)
	local f = 0.0
	for x = 0, 1, 0.1 do f = f + x end
	equal(("%.10f"):format(f), "5.5000000000")
	local n = 0
	for _ = 1.0, 1000 do n = n + 1 end
	equal(n, 1000)
	n = 0
	for _ = 0.1, 1, 0.1 do n = n + 1 end
	equal(n, 10)
end

-- The generic for: iterator function, state, initial value, closing value; the loop ends when the first is nil.
do
	local log = {}
	local function iterate(state, control)
		log[#log + 1] = tostring(state) .. ":" .. tostring(control)
		if control < 3 then return control + 1, "second", "third" end
	end
	for a, b, c, d in iterate, "S", 0 do list({"second", "third", nil, n = 3}, b, c, d) log[#log + 1] = a end
	equal(table.concat(log, " "), "S:0 1 S:1 2 S:2 3 S:3")
	-- false does not end it; nil does, at once too.
	local n = 0
	for v in function() n = n + 1 if n < 3 then return false end end do equal(v, false) end
	equal(n, 3)
	for _ in function() end do error("no round") end
	-- The control variable is the first; changing the name does not change it.
	n = 0
	for i in function(_, c) n = n + 1 if c < 3 then return c + 1 end end, nil, 0 do i = 100 end
	equal(n, 4)
	-- Results are adjusted: too few are nil, extra ones are dropped; one expression gives all.
	local function three() return function(s, c) if not c then return s end end, "state", nil end
	for v in three() do equal(v, "state") end
	for v in (three()) do error("no state: " .. tostring(v)) end
	local function one() return function(s, c) equal(s, nil) if not c then return 1 end end end
	for v in one() do equal(v, 1) end
	for v in one(), "ignored?" and nil, nil do equal(v, 1) end
	for v, w in next, {a = 1} do list({"a", 1}, v, w) end
	local t = {}
	for k, v in next, {10, 20, 30} do t[k] = v end
	equal(table.concat(t, ","), "10,20,30")
	for k, v in next, {10, 20, 30}, 2 do list({3, 30}, k, v) end
	for k, v in next, {10, 20, 30}, nil do t[k] = v * 2 end
	equal(table.concat(t, ","), "20,40,60")
	-- The expressions are evaluated once; extra ones too.
	n = 0
	local function count(v) n = n + 1 return v end
	for _ in count(next), count({1, 2}), count(nil), count(nil), count("extra") do end
	equal(n, 5)
	-- Callable tables.
	local sum = 0
	for v in setmetatable({3, 2, 1}, {__call = function(self) return table.remove(self) end}) do sum = sum * 10 + v end
	equal(sum, 123)
	-- Iterators that recurse, iterate themselves, raise errors.
	local function tree(depth) return coroutine.wrap(function() for d = 1, depth do coroutine.yield(d) for v in tree(d - 1) do coroutine.yield(v) end end end) end
	n = 0
	for _ in tree(5) do n = n + 1 end
	equal(n, 31)
	check.error(function() for _ in function() error("in the iterator", 0) end do end end, "^in the iterator$")
	-- Many variables.
	for a, b, c, d, e, f in function(_, c) if not c then return 1, 2, 3, 4, 5, 6 end end do list({1, 2, 3, 4, 5, 6}, a, b, c, d, e, f) end
	-- gmatch, pairs and ipairs in nested loops.
	local words = {}
	for k, v in ("a=1, b=2"):gmatch "(%w+)=(%w+)" do for i, x in ipairs {k, v} do words[#words + 1] = i .. x end end
	equal(table.concat(words, " "), "1a 21 1b 22")
end

-- Assigning to fields and removing them while pairs goes on is allowed.
do
	local t = {}
	for i = 1, 100 do t[i] = i t["k" .. i] = i end
	local n = 0
	for k in pairs(t) do t[k] = nil n = n + 1 end
	equal(n, 200)
	equal(next(t), nil)
	for i = 1, 50 do t[i] = i t["k" .. i] = i end
	for k, v in pairs(t) do t[k] = v * 2 end
	local sum = 0
	for _, v in pairs(t) do sum = sum + v end
	equal(sum, 2 * 2 * 1275)
end

-- The closing value is closed when the loop ends, in every way.
do
	local log = {}
	local function closing(name) return setmetatable({}, {__close = function(_, e) log[#log + 1] = name .. ":" .. tostring(e) end}) end
	local function upto(n) return function(_, c) if c < n then return c + 1 end end end
	for i in upto(2), nil, 0, closing "end" do log[#log + 1] = i end
	for i in upto(2), nil, 0, closing "break" do log[#log + 1] = i break end
	local function f() for i in upto(2), nil, 0, closing "return" do return i, "r" end end
	list({1, "r"}, f())
	do for i in upto(2), nil, 0, closing "goto" do goto out end ::out:: end
	pcall(function() for i in upto(2), nil, 0, closing "error" do error("e" .. i, 0) end end)
	pcall(function() for _ in function() error("it", 0) end, nil, nil, closing "iterator" do end end)
	for i in upto(1), nil, 0, closing "outer" do for j in upto(1), nil, 0, closing "inner" do end end
	for i in upto(1), nil, 0, nil do end
	for i in upto(1), nil, 0, false do end
	equal(table.concat(log, " "), "1 2 end:nil 1 break:nil return:nil goto:nil error:e1 iterator:it inner:nil outer:nil")
	check.message(function() for i in upto(1), nil, 0, {} do end end, "variable '(for state)' got a non-closable value")
	check.message(function() for i in upto(1), nil, 0, 5 do end end, "variable '(for state)' got a non-closable value")
end

-- Syntax errors.
syntax("for", "chunk:1: <name> expected near <eof>")
syntax("for 1 = 1, 2 do end", "chunk:1: <name> expected near '1'")
syntax("for i do end", "chunk:1: '=' or 'in' expected near 'do'")
syntax("for i = 1 do end", "chunk:1: ',' expected near 'do'")
syntax("for i = 1, 2, 3, 4 do end", "chunk:1: 'do' expected near ','")
syntax("for i, j = 1, 2 do end", "chunk:1: 'in' expected near '='")
syntax("for i.x = 1, 2 do end", "chunk:1: '=' or 'in' expected near '.'")
syntax("for i in do end", "chunk:1: unexpected symbol near 'do'")
syntax("for i, in x do end", "chunk:1: <name> expected near 'in'")
syntax("for i = 1, 2 end", "chunk:1: 'do' expected near 'end'")
syntax("for i in x end", "chunk:1: 'do' expected near 'end'")
syntax("for i <const> = 1, 2 do end", "chunk:1: '=' or 'in' expected near '<'")

-- Loops inside expressions of loops, loops in functions called by loops; many locals around.
run([[
local function range(n) local r = {} for i = 1, n do r[i] = i end return r end
local s = 0
for _, i in ipairs(range(#range(3))) do for j = #range(i), 1, -1 do s = s * 3 + i + j end end
return s]], {2 * 243 + 4 * 81 + 3 * 27 + 6 * 9 + 5 * 3 + 4})
run("local a1,a2,a3,a4,a5,a6,a7,a8,a9 = 1,2,3,4,5,6,7,8,9 for i = a1, a9, a2 do local b = i + a3 for j = b, b do a4 = a4 + j end end return a4, a5, a9", {4 + (1 + 3 + 5 + 7 + 9) + 15, 5, 9})
run("local t = {} for i = 1, 300 do t[i] = function() return i end end local s = 0 for i = 1, #t do s = s + t[i]() end return s", {45150})

check.done()
