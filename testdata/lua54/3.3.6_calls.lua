-- §3.3.6 Function calls as statements.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list, run, syntax = check.equal, check.list, check.run, check.syntax

-- All results are thrown away; every form of call is a statement.
do
	local n, last = 0, nil
	local function f(...) n = n + 1 last = ... return 1, 2, 3 end
	local t = {f = f, g = {f = f}}
	function t:m(...) return f(self, ...) end
	f()
	f(1)
	f "string"
	equal(last, "string")
	f 'single'
	f [[long]]
	equal(last, "long")
	f {1, 2}
	equal(#last, 2)
	f{}
	t.f()
	t["f"]()
	t.g.f "x"
	t:m()
	equal(last, t)
	t:m "y"
	t:m {1};
	(f)()
	;(function(...) f(...) end)(5)
	equal(last, 5)
	;(f or print)(6)
	equal(last, 6)
	;({f})[1](7)
	equal(last, 7)
	;("x"):rep(3)
	f(f(f(8)))
	equal(last, 1)
	f(f, (f()))
	equal(last, f)
	f
	(9)
	equal(last, 9)
	local chained = function() return f end
	chained()(10)
	equal(last, 10)
	equal(n >= 22, true)
end

-- Arguments are evaluated before the call, in full, in order; calls leave the locals alone.
do
	local log = {}
	local function a(v) log[#log + 1] = v return v end
	local x, y, z = 1, 2, 3
	local function take(...) log[#log + 1] = select("#", ...) end
	take(a(1), a(2), a(3), nil)
	equal(table.concat(log), "1234")
	list({1, 2, 3}, x, y, z)
	take()
	list({1, 2, 3}, x, y, z)
end

syntax("f", "chunk:1: syntax error near <eof>")
syntax("(f)", "chunk:1: syntax error near <eof>")
syntax("f().x", "chunk:1: syntax error near <eof>")
syntax("'x'", "chunk:1: unexpected symbol near ''x''")
syntax("'x':rep(3)", "chunk:1: unexpected symbol near ''x''")
syntax("1()", "chunk:1: unexpected symbol near '1'")
syntax("function() end()", "chunk:1: <name> expected near '('")
syntax("f() + 1", "chunk:1: unexpected symbol near '+'")
syntax("#t", "chunk:1: unexpected symbol near '#'")
syntax("f(1,)", "chunk:1: unexpected symbol near ')'")
syntax("f(,1)", "chunk:1: unexpected symbol near ','")
syntax("f(1 2)", "chunk:1: ')' expected near '2'")
syntax("f 1", "chunk:1: syntax error near '1'")
syntax("a:b", "chunk:1: function arguments expected near <eof>")
syntax("a:b.c()", "chunk:1: function arguments expected near '.'")
syntax("a:1()", "chunk:1: <name> expected near '1'")
syntax("a.b:c = 1", "chunk:1: function arguments expected near '='")
run("local function f() return 1, 2 end f() f() f() return f()", {1, 2})

check.done()
