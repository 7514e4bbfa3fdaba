-- §3.4.11 Function definitions: parameters, variable arguments, closures.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list, run, syntax = check.equal, check.list, check.run, check.syntax

-- Parameters are locals; missing arguments are nil, extra ones are dropped.
do
	local function f(a, b) return a, b end
	list({3, nil, n = 2}, f(3))
	list({3, 4}, f(3, 4))
	list({3, 4}, f(3, 4, 5))
	list({nil, nil, n = 2}, f())
	local function r() return 1, 2, 3 end
	list({1, 10}, f(r(), 10))
	list({1, 2}, f(r()))
	local function assign(a) a = a + 1 return a end
	local x = 5
	equal(assign(x), 6)
	equal(x, 5)
	local function same(a, a) return a end
	equal(same(1, 2), 2)
	local function hidden(a) local a = a .. "!" return a end
	equal(hidden "x", "x!")
end

-- ... : all extra arguments; as the last expression all, elsewhere one.
do
	local function g(a, b, ...) return a, b, select("#", ...), ... end
	list({3, nil, 0, n = 3}, g(3))
	list({3, 4, 0}, g(3, 4))
	list({3, 4, 2, 5, 8}, g(3, 4, 5, 8))
	local function r() return 1, 2, 3 end
	list({5, 1, 2, 2, 3}, g(5, r()))
	local function v(...) return ... end
	list({}, v())
	list({nil, n = 1}, v(nil))
	list({nil, nil, n = 2}, v(nil, nil))
	local function middle(...) return ..., "end" end
	list({1, "end"}, middle(1, 2, 3))
	list({nil, "end", n = 2}, middle())
	local function paren(...) return (...) end
	list({1}, paren(1, 2))
	list({nil, n = 1}, paren())
	local function locals(...) local a, b, c = ... return c, b, a end
	list({3, 2, 1}, locals(1, 2, 3, 4))
	list({nil, 2, 1, n = 3}, locals(1, 2))
	local function twice(...) return ..., ... end
	list({1, 1, 2}, twice(1, 2))
	local function arithmetic(...) return ... + 1, -..., #{...}, ... == 5, not ... end
	list({6, -5, 3, true, false}, arithmetic(5, 6, 7))
	local function index(...) return (...).x, (...)[1] end
	list({"x", "one"}, index {x = "x", "one"})
	local function call(...) return (...)(select(2, ...)) end
	list({3}, call(math.max, 1, 3, 2))
	local function condition(...) if ... then return "yes" else return "no" end end
	list({"yes", "no", "no"}, condition(1), condition(), condition(false, true))
	local function loop(...) local s = 0 for i = 1, select("#", ...) do s = s + select(i, ...) end return s end
	equal(loop(1, 2, 3, 4), 10)
	local function generic(...) local s = {} for k, x in ... do s[#s + 1] = x end return #s end
	equal(generic(pairs {1, 2, 3}), 3)
	local function nested(...) local function inner(...) return select("#", ...) end return inner(...), inner(), inner(..., 1), inner(1, ...) end
	list({3, 0, 2, 4}, nested(1, 2, 3))
	-- Extra arguments are not seen by functions inside.
	syntax("function f(...) return function() return ... end end", "chunk:1: cannot use '...' outside a vararg function near '...'")
	syntax("local function f() return ... end", "chunk:1: cannot use '...' outside a vararg function near '...'")
	syntax("local function f(...) local x = function() f(...) end end", "chunk:1: cannot use '...' outside a vararg function near '...'")
	-- A vararg function called again and again, recursively, from a coroutine.
	local function rotate(n, a, ...) if n == 0 then return a, ... end return rotate(n - 1, ..., a) end
	list({2, 1}, rotate(1, 1, 2))
	local function count(...) local n = select("#", ...) if n == 0 then return 0 end return 1 + count(select(2, ...)) end
	equal(count(1, nil, 3, nil), 4)
	local function reverse(a, ...) if select("#", ...) == 0 then return a end local t = table.pack(reverse(...)) t[t.n + 1] = a return table.unpack(t, 1, t.n + 1) end
	list({3, 2, 1}, reverse(1, 2, 3))
	local co = coroutine.wrap(function(...) local a = {...} coroutine.yield(...) return #a, ... end)
	list({1, 2}, co(1, 2))
	list({2, 1, 2}, co("x"))
	local function many(...) local a, b = ... local t = {...} t[#t + 1] = a return #t, b, ... end
	list({4, 2, 1, 2, 3}, many(1, 2, 3))
	local function closure(...) local a = ... return function() a = a + 1 return a end, ... end
	local f, x = closure(10)
	list({11, 12, 10}, f(), f(), x)
	local function modify(a, ...) a = 100 local b = ... b = 200 return a, ... end
	list({100, 2}, modify(1, 2))
	equal(select("#", v(table.unpack({}, 1, 5000))), 5000)
end

-- Methods have a parameter self.
do
	local t = {}
	function t:m(...) return self, ... end
	t.n = function(self, ...) return self, ... end
	list({t, 1}, t:m(1))
	list({t, 1}, t.n(t, 1))
	list({"any", 1}, t.m("any", 1))
	list({nil, n = 1}, t.m())
	function t:assign() self = 5 return self end
	equal(t:assign(), 5)
	function t:inner() return (function() return self end)() end
	equal(t:inner(), t)
end

-- Closures: each evaluation gives a new one; locals are shared by the closures of one activation.
do
	local a, x = {}, 20
	for i = 1, 10 do local y = 0 a[i] = function() y = y + 1 return x + y end end
	list({21, 22, 21}, a[1](), a[1](), a[2]())
	x = 100
	equal(a[2](), 102)
	equal(a[3](), 101)
	local function counter() local n = 0 return function() n = n + 1 return n end, function() return n end, function(v) n = v end end
	local inc, get, set = counter()
	local inc2 = counter()
	list({1, 2, 2}, inc(), inc(), get())
	set(10)
	list({11, 11, 1}, inc(), get(), inc2())
	-- Deep nesting: upvalues of upvalues.
	local function l1(p1) return function(p2) return function(p3) return function(p4) p1 = p1 + 1 return p1 + p2 + p3 + p4 end end end end
	local f = l1(1)(10)(100)
	list({1112, 1113}, f(1000), f(1000))
	-- Parameters, loop variables, varargs copies as upvalues.
	local function param(p) local function up() p = p .. "+" return p end up() return up, p end
	local up, p = param "p"
	list({"p++", "p+"}, up(), p)
	-- A local that is declared again is another variable.
	local function redeclared() local v = 1 local f1 = function() return v end local v = 2 local f2 = function() return v end v = 3 return f1(), f2() end
	list({1, 3}, redeclared())
	-- A block that is left and entered again.
	local fs = {}
	for i = 1, 2 do do local v = i fs[#fs + 1] = function() v = v * 2 return v end end do local w = -i fs[#fs + 1] = function() w = w * 2 return w end end end
	list({2, -2, 4, -4, 4}, fs[1](), fs[2](), fs[3](), fs[4](), fs[1]())
	-- Shared after the function returned, between siblings and through other functions.
	local function siblings() local s = 0 local r = {} for i = 1, 3 do r[i] = function() s = s + i return s end end return r end
	local r = siblings()
	list({1, 3, 6, 7}, r[1](), r[2](), r[3](), r[1]())
	-- Mutual recursion through upvalues that are assigned later.
	local g
	local function h(n) return n == 0 and "h" or g(n - 1) end
	g = function(n) return n == 0 and "g" or h(n - 1) end
	list({"h", "g"}, h(4), h(5))
	-- Currying, composition, memoization.
	local function curry(fn, n) return n <= 1 and fn or function(x) return curry(function(...) return fn(x, ...) end, n - 1) end end
	equal(curry(function(i, j, k) return i .. j .. k end, 3)(1)(2)(3), "123")
	local function compose(...) local list_ = {...} return function(v) for i = #list_, 1, -1 do v = list_[i](v) end return v end end
	equal(compose(function(v) return v + 1 end, function(v) return v * 2 end)(5), 11)
	local calls = 0
	local function memo(fn) local cache = {} return function(n) local v = cache[n] if v == nil then v = fn(n) cache[n] = v end return v end end
	local fib fib = memo(function(n) calls = calls + 1 return n < 2 and n or fib(n - 1) + fib(n - 2) end)
	equal(fib(60), 1548008755920)
	equal(calls, 61)
	-- An immediately called function, a function in a table, in an argument.
	equal((function(v) return v * 2 end)(4), 8)
	equal(({f = function() return 3 end}).f(), 3)
	equal(select(2, pcall(function() return "in pcall" end)), "in pcall")
	-- The Y combinator.
	local function Y(fn) return (function(s) return s(s) end)(function(s) return fn(function(...) return s(s)(...) end) end) end
	equal(Y(function(self) return function(n) return n == 0 and 1 or n * self(n - 1) end end)(10), 3628800)
	-- More upvalues than a small number.
	local source = {"local r = {}"}
	for i = 1, 100 do source[#source + 1] = "local v" .. i .. " = " .. i end
	source[#source + 1] = "return function() return 0"
	for i = 1, 100 do source[#source + 1] = " + v" .. i end
	source[#source + 1] = " end"
	equal(load(table.concat(source, "\n"))()(), 5050)
end

-- A function's result: none, one, many, all kinds; falling off the end gives none.
do
	list({}, (function() end)())
	list({}, (function() return end)())
	list({nil, n = 1}, (function() return nil end)())
	list({1, "a", true, nil, 1.5, n = 5}, (function() return 1, "a", true, nil, 1.5 end)())
	local function early(n) if n > 0 then return "positive" end if n < 0 then return "negative", n end end
	list({"positive"}, early(1))
	list({"negative", -1}, early(-1))
	list({}, early(0))
	equal(type(early), "function")
	equal(early == early, true)
end

syntax("function f( return end", "chunk:1: <name> or '...' expected near 'return'")
syntax("function f(a b) end", "chunk:1: ')' expected near 'b'")
syntax("x = function end", "chunk:1: '(' expected near 'end'")
syntax("x = function()", "chunk:1: 'end' expected near <eof>")
syntax("function f(a, ..., b) end", "chunk:1: ')' expected near ','")

check.done()
