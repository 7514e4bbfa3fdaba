-- §3.4.10 Function calls.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list, run, syntax = check.equal, check.list, check.run, check.syntax

-- Forms of arguments.
do
	local function f(...) return select("#", ...), ... end
	list({0}, f())
	list({1, nil, n = 2}, f(nil))
	list({2, 1, 2}, f(1, 2))
	list({1, "s"}, f "s")
	list({1, "s"}, f 's')
	list({1, "s"}, f [[s]])
	list({1, "s"}, f [==[s]==])
	equal(select(2, f {5})[1], 5)
	list({3, nil, nil, nil, n = 4}, f(nil, nil, nil))
	-- Calls chain.
	local function chain() return chain_target end
	chain_target = function(x) return function(y) return x .. y end end
	equal(chain()("a")("b"), "ab")
	equal(chain() "a" "b", "ab")
	chain_target = nil
	local t = {f = {g = function(x) return {x} end}}
	equal(t.f.g "z"[1], "z")
	equal(t["f"]["g"] {1}[1][1], 1)
end

-- All arguments are evaluated before the call; the function first.
do
	local log = ""
	local function e(name, v) log = log .. name return v end
	local function get() log = log .. "F" return function(...) log = log .. "C" return ... end end
	list({1, 2}, get()(e("a", 1), e("b", 2)))
	equal(log, "FabC")
	log = ""
	local t = {m = function(self, ...) log = log .. "M" return ... end}
	local function object() log = log .. "O" return t end
	list({1, 2}, object():m(e("a", 1), e("b", 2)))
	equal(log, "OabM")
	-- The callee is fixed before the arguments run.
	local g = function() return "old" end
	local function change() g = function() return "new" end return 1 end
	equal(g(change()), "old")
	equal(g(), "new")
	local o = {m = function() return "old" end}
	equal(o.m((function() o.m = function() return "new" end end)()), "old")
	o.m = function() return "old" end
	equal(o:m((function() o.m = function() return "new" end end)()), "old")
	equal(o:m(), "new")
end

-- v:name(args) is v.name(v, args), with v evaluated once.
do
	local n = 0
	local object = {value = 5}
	function object:get(add) return self.value + (add or 0) end
	function object:set(v) self.value = v return self end
	local function once() n = n + 1 return object end
	equal(once():get(), 5)
	equal(n, 1)
	equal(once():set(7):set(8):get(1), 9)
	equal(n, 2)
	equal(object.get(object, 2), 10)
	equal(object.get {value = 1}, 1)
	equal(("x"):rep(3), "xxx")
	equal(("%d"):format(5), "5")
	equal(#("abc"):upper(), 3)
	local s = "str"
	equal(s:len(), 3)
	equal(s:upper():lower():sub(2), "tr")
	equal(({n = 3, get = function(self) return self.n end}):get(), 3)
end

-- Results: in the middle of a list one, at its end all, in parentheses one, as a statement none.
do
	local function r(n, ...) if n == 0 then return ... end return r(n - 1, n, ...) end
	list({1, 2, 3}, r(3))
	list({1, 1, 2, 3}, r(3), r(3))
	list({1, "x"}, r(3), "x")
	list({"x", 1, 2, 3}, "x", r(3))
	list({1}, (r(3)))
	list({}, r(0))
	list({nil, n = 1}, (r(0)))
	list({nil, "x", n = 2}, r(0), "x")
	list({"x"}, "x", r(0))
	list({nil, nil, n = 2}, (r(0)), (r(0)))
	equal(r(3) + r(3), 2)
	equal(r(3) .. "", "1")
	equal(#{r(3), r(3)}, 4)
	equal(select("#", r(0)), 0)
	equal(select("#", (r(0))), 1)
	equal(select("#", r(250)), 250)
	list({250, 1, 250}, select("#", r(250)), (r(250)), (select(250, r(250))))
	local function pass(...) return ... end
	local function first(a) return a end
	list({1, 2, 3}, pass(r(3)))
	list({1}, first(r(3)))
	list({1, 1, 2}, pass(r(2), r(2)))
	list({1, 2, 3}, pass(pass(pass(r(3)))))
	equal(math.max(r(100)), 100)
	equal(#{pass(table.unpack({}, 1, 100))}, 0)
	equal(select("#", pass(table.unpack({}, 1, 100))), 100)
end

-- return f(args) is a tail call: any number of them takes no stack.
do
	local function count(n) if n == 0 then return "done" end return count(n - 1) end
	equal(count(1000000), "done")
	local even, odd
	function even(n) if n == 0 then return true end return odd(n - 1) end
	function odd(n) if n == 0 then return false end return even(n - 1) end
	equal(even(300001), false)
	local object = {}
	function object:loop(n, acc) if n == 0 then return acc end return self:loop(n - 1, acc + n) end
	equal(object:loop(200000, 0), 20000100000)
	local function va(n, ...) if n == 0 then return select("#", ...), ... end return va(n - 1, ...) end
	list({2, "a", "b"}, va(200000, "a", "b"))
	local callable = setmetatable({}, {__call = function(self, n) if n == 0 then return "callable" end return self(n - 1) end})
	equal(callable(100000), "callable")
	local co = coroutine.wrap(function() return count(200000) end)
	equal(co(), "done")
	local function cond(n) if n > 0 then return cond(n - 1) else return n end end
	equal(cond(200000), 0)
	local function inner(n) do local x = n if x > 0 then return inner(x - 1) end end return "inner" end
	equal(inner(200000), "inner")
	local function upvalues(n, f) if n == 0 then return f() end local v = n return upvalues(n - 1, function() return v end) end
	equal(upvalues(100000), 1)
	local function through(f, ...) return f(...) end
	local function bounce(n) if n == 0 then return "b" end return through(bounce, n - 1) end
	equal(bounce(100000), "b")
	equal(select("#", (function() return pcall(count, 10) end)()), 2)
	-- These are no tail calls but give the same values.
	local function not_tail(n) if n == 0 then return 0 end return (not_tail(n - 1)) end
	equal(not_tail(1000), 0)
	local function added(n) if n == 0 then return 0 end return 1 + added(n - 1) end
	equal(added(1000), 1000)
	local function two(n) if n == 0 then return 0 end return n, two(n - 1) end
	equal(select("#", two(100)), 101)
	-- A library function in tail position.
	local function lib(...) return select("#", ...) end
	equal(lib(1, 2, 3), 3)
	local function lib2(s) return s:rep(2) end
	equal(lib2 "ab", "abab")
	local function lib3(...) return pcall(...) end
	list({false, "e"}, lib3(error, "e", 0))
end

-- Recursion, deep.
do
	local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
	equal(fib(20), 6765)
	local function ack(m, n) if m == 0 then return n + 1 elseif n == 0 then return ack(m - 1, 1) else return ack(m - 1, ack(m, n - 1)) end end
	equal(ack(2, 9), 21)
	local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end
	equal(depth(5000), 5000)
	local function hanoi(n, a, b, c) if n == 0 then return 0 end return hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a) end
	equal(hanoi(10, "a", "b", "c"), 1023)
	local function sum(t, i) i = i or 1 if i > #t then return 0 end return t[i] + sum(t, i + 1) end
	local t = {}
	for i = 1, 1000 do t[i] = i end
	equal(sum(t), 500500)
end

-- Many arguments and parameters.
do
	local names, values, want = {}, {}, {}
	for i = 1, 120 do names[i] = "a" .. i values[i] = tostring(i) want[i] = i end
	local f = load("return function(" .. table.concat(names, ",") .. ") return " .. table.concat(names, ",") .. " end")()
	list(want, f(table.unpack(want)))
	run("return (...)(" .. table.concat(values, ",") .. ")", want, f)
	local missing = {n = 120}
	missing[1] = "only"
	list(missing, f("only"))
	local big = {}
	for i = 1, 10000 do big[i] = i end
	equal(select("#", table.unpack(big)), 10000)
	equal((select(-1, table.unpack(big))), 10000)
	local function last(...) return (select(select("#", ...), ...)) end
	equal(last(table.unpack(big)), 10000)
	equal(#{table.unpack(big)}, 10000)
end

syntax("f(", "chunk:1: unexpected symbol near <eof>")
syntax("f(1", "chunk:1: ')' expected near <eof>")
syntax("x = f(1 = 2)", "chunk:1: ')' expected near '='")
syntax("x = a:b", "chunk:1: function arguments expected near <eof>")
syntax("x = a:b + 1", "chunk:1: function arguments expected near '+'")

check.done()
