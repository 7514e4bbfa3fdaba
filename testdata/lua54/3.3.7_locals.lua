-- §3.3.7 Local declarations, attribs, constants; §3.3.8 to-be-closed variables.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list, run, syntax = check.equal, check.list, check.run, check.syntax

-- Without expressions the variables are nil; lists are adjusted as in an assignment.
do
	local a
	equal(a, nil)
	local b, c, d = 1
	list({1, nil, nil, n = 3}, b, c, d)
	local e, f = 1, 2, 3
	list({1, 2}, e, f)
	local function three() return 1, 2, 3 end
	local g, h = three()
	list({1, 2}, g, h)
	local i, j, k = (three())
	list({1, nil, nil, n = 3}, i, j, k)
	local l, m, n, o, p = 0, three()
	list({0, 1, 2, 3, nil, n = 5}, l, m, n, o, p)
	local q, r = three(), three()
	list({1, 1}, q, r)
end

-- A local may hide one of the same name; the expressions still see the old one.
do
	local x = 1
	local function old() return x end
	local x = x + 1
	equal(x, 2)
	equal(old(), 1)
	do local x = x * 10 equal(x, 20) end
	equal(x, 2)
	local x, x = 5, 6
	equal(x, 6)
	local y, z = x, x
	list({6, 6}, y, z)
	local f = function(n) if n == 0 then return 0 end return 1 end
	local f = function(n) if n == 0 then return "base" end return f(n) end
	list({"base", 1}, f(0), f(5))
end

-- Constants: of every type, folded or not, also in nested functions.
do
	local a <const> = 5
	local b <const>, c = 6, 7
	local s <const> = "text"
	local n <const> = nil
	local t <const> = true
	local f <const> = 1.5
	local none <const>
	local table_ <const> = {1}
	local function g() return a, b, c, s, n, t, f, none, table_[1] end
	list({5, 6, 7, "text", nil, true, 1.5, nil, 1, n = 9}, g())
	list({5, 6, 7, "text", nil, true, 1.5, nil, 1, n = 9}, a, b, c, s, n, t, f, none, table_[1])
	c = 8
	equal(c, 8)
	table_[1] = 2
	equal(table_[1], 2)
	local sum <const> = a + b
	equal(sum, 11)
	equal(a .. s, "5text")
	equal(-a, -5)
	equal(#s, 4)
	equal(not t, false)
	if n then error("nil") elseif t then equal(a, 5) end
	local r = {[s] = a, a, b}
	list({5, 5, 6}, r.text, r[1], r[2])
	for i = a, b do equal(i >= 5, true) end
	do local a <const> = "inner" equal(a, "inner") end
	equal(a, 5)
	local big <const>, neg <const>, zero <const> = math.maxinteger, -1, -0.0
	list({math.maxinteger, -1, -0.0}, big, neg, zero)
	local m <const> = -2.0
	equal(m, -2.0)
	equal(m ^ 2, 4.0)
	local x <const>, y <const>, z <const> = (function() return 1, 2, 3 end)()
	list({1, 2, 3}, x, y, z)
end

-- They cannot be assigned, here, below, in nested functions, by function statements or as a loop's target.
syntax("local a <const> = 1; a = 2", "chunk:1: attempt to assign to const variable 'a'")
syntax("local a <const> = {}; a = 2", "chunk:1: attempt to assign to const variable 'a'")
syntax("local a <const> = 1; local b; b, a = 1, 2", "chunk:1: attempt to assign to const variable 'a'")
syntax("local a <const> = f(); local function g() a = 2 end", "chunk:1: attempt to assign to const variable 'a'")
syntax("local a <const> = 1; local function g() return function() a = 2 end end", "chunk:1: attempt to assign to const variable 'a'")
syntax("local a <const> = 1; function a() end", "chunk:1: attempt to assign to const variable 'a'")
syntax("local a <close> = nil; a = 2", "chunk:1: attempt to assign to const variable 'a'")
syntax("local x, y <const>, z = 1, 2, 3; x = 1; z = 2; y = 4", "chunk:1: attempt to assign to const variable 'y'")
syntax("\nlocal a <const> = 1\n\na\n=\n3", "chunk:5: attempt to assign to const variable 'a'")
run("local a <const> = {} function a.f() return 1 end a.x = 2 a[1] = 3 return a.f(), a.x, a[1]", {1, 2, 3})
run("local a <const> = 1; local a = 2; a = 3; return a", {3})
run("local a <const> = 1; do local a = 2 a = 3 end return a", {1})

-- Attribs.
syntax("local a <nosuch> = 1", "chunk:1: unknown attribute 'nosuch'")
syntax("local a <Const> = 1", "chunk:1: unknown attribute 'Const'")
syntax("local a <> = 1", "chunk:1: <name> expected near '>'")
syntax("local a <const = 1", "chunk:1: '>' expected near '='")
syntax("local a <const> <close> = 1", "chunk:1: unexpected symbol near '<'")
syntax("local a <close>, b <close> = nil, nil", "chunk:1: multiple to-be-closed variables in local list")
syntax("local a <close>, b <const>, c <close> = 1", "chunk:1: multiple to-be-closed variables in local list")
syntax("local function f() end <const>", "chunk:1: unexpected symbol near '<'")
syntax("local <const> a = 1", "chunk:1: <name> expected near '<'")
syntax("function f(a <const>) end", "chunk:1: ')' expected near '<'")
run("local a<const> =1 return a", {1})
run("local a < const > = 1 return a", {1})
run("local a <const>, b <close>, c <const> = 1, nil, 3 return a, b, c", {1, nil, 3, n = 3})
run("local const, close = 1, 2 return const, close", {1, 2})
syntax("local 1", "chunk:1: <name> expected near '1'")
syntax("local a,", "chunk:1: <name> expected near <eof>")
syntax("local a = ", "chunk:1: unexpected symbol near <eof>")
syntax("local a.b = 1", "chunk:1: unexpected symbol near '.'")
syntax("local a += 1", "chunk:1: unexpected symbol near '+'")
syntax("local function", "chunk:1: <name> expected near <eof>")
syntax("local function f(a, a.b) end", "chunk:1: ')' expected near '.'")
syntax("local function f(..., a) end", "chunk:1: ')' expected near ','")
syntax("local function f(a,) end", "chunk:1: <name> or '...' expected near ')'")
syntax("local function f(1) end", "chunk:1: <name> or '...' expected near '1'")
syntax("local f = function g() end", "chunk:1: '(' expected near 'g'")

-- A local function sees itself; a local variable that gets a function does not.
do
	local function fact(n) if n <= 1 then return 1 end return n * fact(n - 1) end
	equal(fact(20), 2432902008176640000)
	local even, odd
	function even(n) if n == 0 then return true end return odd(n - 1) end
	function odd(n) if n == 0 then return false end return even(n - 1) end
	equal(even(10), true)
	equal(odd(7), true)
	local keep = fact
	fact = nil
	check.error(keep, "upvalue 'fact'", 5)
end

check.done()
