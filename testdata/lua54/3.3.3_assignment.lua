-- §3.3.3 Assignment.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list, run, syntax = check.equal, check.list, check.run, check.syntax

-- Lists are adjusted to the variables.
do
	local a, b, c
	a, b, c = 1, 2
	list({1, 2, nil, n = 3}, a, b, c)
	a, b = 1, 2, 3
	list({1, 2}, a, b)
	a, b, c = (function() return 7, 8, 9, 10 end)()
	list({7, 8, 9}, a, b, c)
	a, b, c = 0, (function() return 7, 8, 9 end)()
	list({0, 7, 8}, a, b, c)
	a, b, c = (function() return 7, 8, 9 end)(), 0
	list({7, 0, nil, n = 3}, a, b, c)
	a, b, c = ((function() return 7, 8, 9 end)())
	list({7, nil, nil, n = 3}, a, b, c)
	a = (function() end)()
	equal(a, nil)
	a, b = 1, (function() end)()
	list({1, nil, n = 2}, a, b)
	local function va(...) a, b, c = ... return a, b, c end
	list({1, 2, nil, n = 3}, va(1, 2))
	list({1, 2, 3}, va(1, 2, 3, 4))
	list({nil, nil, nil, n = 3}, va())
	local function vb(...) a, b, c = "x", ... return a, b, c end
	list({"x", 1, 2}, vb(1, 2, 3))
	local function vc(...) a, b, c = ..., "x" return a, b, c end
	list({1, "x", nil, n = 3}, vc(1, 2, 3))
	-- What is too much is evaluated nevertheless.
	local n = 0
	local function count() n = n + 1 return n end
	a = count(), count(), count()
	equal(a, 1)
	equal(n, 3)
	local d, e = count(), count(), count()
	list({4, 5}, d, e)
	equal(n, 6)
end

-- All expressions are evaluated before any assignment.
do
	local a, b = 1, 2
	a, b = b, a
	list({2, 1}, a, b)
	local x, y, z = 1, 2, 3
	x, y, z = y, z, x
	list({2, 3, 1}, x, y, z)
	x, y, z = z, x, y
	list({1, 2, 3}, x, y, z)
	x, y = y, x + y
	list({2, 3}, x, y)
	x, y = x + y, x
	list({5, 2}, x, y)
	local i, t = 3, {}
	i, t[i] = i + 1, 20
	equal(i, 4)
	equal(t[3], 20)
	equal(t[4], nil)
	t = {1, 2, 3}
	i = 1
	t[i], i = i + 10, 3
	equal(t[1], 11)
	equal(i, 3)
	t[1], t[2], t[3] = t[3], t[1], t[2]
	list({3, 11, 2}, t[1], t[2], t[3])
	local p = {n = 1}
	local q = p
	p, p.n = {n = 2}, 5
	equal(q.n, 5)
	equal(p.n, 2)
	p = q
	p.n, p = 6, nil
	equal(q.n, 6)
	equal(p, nil)
	g1, g2 = 1, 2
	g1, g2 = g2, g1
	list({2, 1}, g1, g2)
	g1, g2 = nil, nil
	-- Upvalues.
	local u, v = 1, 2
	local function swap() u, v = v, u end
	swap()
	list({2, 1}, u, v)
	local function fib() u, v = v, u + v return v end
	list({3, 4, 7, 11}, fib(), fib(), fib(), fib())
	-- A table and its index that are both assigned.
	local tt, kk = {k = "old"}, "k"
	local keep = tt
	tt, tt[kk], kk = nil, "new", "other"
	equal(keep.k, "new")
	equal(tt, nil)
	equal(kk, "other")
	local function inside()
		local t2, k2 = keep, "up"
		local function assign() t2, t2[k2], k2 = {}, 1, "x" end
		assign()
		return keep.up, k2, next(t2)
	end
	list({1, "x", nil, n = 3}, inside())
	-- The same with globals as table and index.
	gt, gk = keep, "global"
	gt, gt[gk], gk = nil, 2, nil
	equal(keep.global, 2)
	equal(gt, nil)
	-- And with the value on the left in a call.
	local function id(...) return ... end
	local m, n = 1, 2
	m, n = id(n, m)
	list({2, 1}, m, n)
	m, n = id(n), id(m)
	list({1, 2}, m, n)
end

-- Chains of dependent assignments in loops.
do
	local a, b = 0, 1
	for _ = 1, 90 do a, b = b, a + b end
	equal(a, 2880067194370816120)
	local function gcd(x, y) while y ~= 0 do x, y = y, x % y end return x end
	equal(gcd(1071, 462), 21)
	local function reverse(t) local i, j = 1, #t while i < j do t[i], t[j] = t[j], t[i] i, j = i + 1, j - 1 end return t end
	equal(table.concat(reverse {1, 2, 3, 4, 5}), "54321")
	local function egcd(x, y) local s, s1, t, t1 = 1, 0, 0, 1
		while y ~= 0 do local q = x // y x, y, s, s1, t, t1 = y, x % y, s1, s - q * s1, t1, t - q * t1 end return x, s, t end
	list({2, -9, 47}, egcd(240, 46))
	local head = nil
	for i = 1, 3 do head = {next = head, v = i} end
	local reversed = nil
	while head do head, head.next, reversed = head.next, reversed, head end
	list({1, 2, 3}, reversed.v, reversed.next.v, reversed.next.next.v)
end

-- Every kind of variable and value.
do
	local l
	local t, k = {}, "key"
	local up
	local function f()
		up = nil equal(up, nil)
		up = true equal(up, true)
		up = 5 equal(up, 5)
		up = 5.5 equal(up, 5.5)
		up = "s" equal(up, "s")
		up = t equal(up, t)
		up = #t equal(up, 0)
		up = not up equal(up, false)
		up = 1 < 2 equal(up, true)
		up = up and "and" or "or" equal(up, "and")
		up = k .. k equal(up, "keykey")
		up = t.x equal(up, nil)
		up = function() return up end equal(type(up()), "function")
		up = -l equal(up, -3)
	end
	l = 3
	f()
	t.a, t["b"], t[k], t[1], t[1.5], t[true] = 1, 2, 3, 4, 5, 6
	list({1, 2, 3, 4, 5, 6}, t.a, t.b, t.key, t[1], t[1.5], t[true])
	t.a, t.b = nil, false
	equal(t.a, nil)
	equal(t.b, false)
	t[k], t[k] = 1, 2
	equal(t[k] == 1 or t[k] == 2, true, "the order of assignments is open")
	l = l equal(l, 3)
	t.self = t
	t.self.self.self.value = 1
	equal(t.value, 1)
	;(function() return t end)().called = 2
	equal(t.called, 2)
	;(t).paren = 3
	equal(t.paren, 3)
	;({t})[1].list = 4
	equal(t.list, 4)
end

-- What cannot be assigned.
syntax("f() = 1", "chunk:1: syntax error near '='")
syntax("a + 1 = 2", "chunk:1: syntax error near '+'")
syntax("(a) = 1", "chunk:1: syntax error near '='")
syntax("1 = a", "chunk:1: unexpected symbol near '1'")
syntax("'x' = a", "chunk:1: unexpected symbol near ''x''")
syntax("a, f() = 1, 2", "chunk:1: syntax error near '='")
syntax("a, b", "chunk:1: '=' expected near <eof>")
syntax("a, b + 1 = 2", "chunk:1: '=' expected near '+'")
syntax("a =", "chunk:1: unexpected symbol near <eof>")
syntax("a = ,", "chunk:1: unexpected symbol near ','")
syntax("a = 1,", "chunk:1: unexpected symbol near <eof>")
syntax("a, = 1", "chunk:1: unexpected symbol near '='")
syntax("a = b = c", "chunk:1: unexpected symbol near '='")
syntax("a += 1", "chunk:1: syntax error near '+'")
syntax("a", "chunk:1: syntax error near <eof>")
syntax("a.b", "chunk:1: syntax error near <eof>")
syntax("a.1 = 2", "chunk:1: syntax error near '.1'")
syntax("a. = 2", "chunk:1: <name> expected near '='")
syntax("a[] = 2", "chunk:1: unexpected symbol near ']'")
syntax("a:b = 2", "chunk:1: function arguments expected near '='")
syntax("... = 1", "chunk:1: unexpected symbol near '...'")
syntax("nil = 1", "chunk:1: unexpected symbol near 'nil'")
syntax("{} = 1", "chunk:1: unexpected symbol near '{'")
syntax("({}) = 1", "chunk:1: syntax error near '='")

-- Metamethods of assignments run with all values evaluated before.
do
	local log = {}
	local t = setmetatable({}, {__newindex = function(_, k, v) log[k] = v end})
	local a = 1
	t.x, t.y, a = a, a + 1, 10
	equal(log.x, 1)
	equal(log.y, 2)
	equal(a, 10)
end

-- A function statement is an assignment; with dots and a colon.
do
	local t = {a = {b = {}}}
	function t.a.b.f(x) return x end
	function t.a.b:g(x) return self, x end
	function t.h() return "h" end
	equal(t.a.b.f(5), 5)
	list({t.a.b, 6}, t.a.b:g(6))
	equal(t.h(), "h")
	function global_f() return global_f end
	equal(global_f(), global_f)
	global_f = nil
	local function rec(n) if n == 0 then return "done" end return rec(n - 1) end
	equal(rec(10), "done")
	local f = function() return f end
	equal(f(), nil, "local f = function does not see f")
	run("function f() end return f ~= nil", {true})
	f = nil
	_G.f = nil
	syntax("function f.1() end", "chunk:1: '(' expected near '.1'")
	syntax("function f:a.b() end", "chunk:1: '(' expected near '.'")
	syntax("function f:a:b() end", "chunk:1: '(' expected near ':'")
	syntax("function f[1]() end", "chunk:1: '(' expected near '['")
	syntax("local function f.a() end", "chunk:1: '(' expected near '.'")
	syntax("function () end", "chunk:1: <name> expected near '('")
end

-- Wide assignments.
do
	local names, values = {}, {}
	for i = 1, 100 do names[i] = "a" .. i values[i] = "a" .. (i % 100 + 1) end
	local source = "local t = ... local " .. table.concat(names, ",") .. " = table.unpack(t) " ..
		table.concat(names, ",") .. " = " .. table.concat(values, ",") .. " return " .. table.concat(names, ",")
	local t, want = {}, {}
	for i = 1, 100 do t[i] = i want[i] = i % 100 + 1 end
	run(source, want, t)
end

check.done()
