-- §3.5 Visibility rules.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list, run = check.equal, check.list, check.run

-- A local begins after its declaration and ends with the last non-void statement of the innermost block.
do
	x = 10
	do
		local x = x
		equal(x, 10)
		x = x + 1
		do
			local x = x + 1
			equal(x, 12)
		end
		equal(x, 11)
	end
	equal(x, 10)
	x = nil
end

-- In a declaration the names are not yet visible; a local function's is; a for's in its body, not in its expressions.
do
	v = "global"
	local v = v .. "!"
	equal(v, "global!")
	local w = w
	equal(w, nil)
	local f = function() return f end
	equal(f(), nil)
	local function g() return g end
	equal(g(), g)
	local n = 3
	local seen = {}
	for n = 1, n do seen[#seen + 1] = n end
	equal(#seen, 3)
	for n in (function(k) return function(_, c) c = (c or 0) + 1 if c <= k then return c end end end)(n) do seen[#seen + 1] = n end
	equal(#seen, 6)
	_G.v = nil
end

-- The scope of a loop's locals: the body; of repeat's: the condition too; of if's: each branch.
do
	local i = "outer"
	for i = 1, 1 do local i = i + 1 equal(i, 2) end
	equal(i, "outer")
	while true do local i = "while" equal(i, "while") break end
	equal(i, "outer")
	local done = false
	repeat local i = "repeat" done = i == "repeat" until i == "repeat"
	equal(done, true)
	equal(i, "outer")
	if true then local i = 1 equal(i, 1) else local i = 2 end
	if i ~= "outer" then elseif i == "outer" then local i = 3 equal(i, 3) end
	equal(i, "outer")
	local function p(i) local i = i equal(i, "arg") do local i = nil end return i end
	equal(p "arg", "arg")
	equal(i, "outer")
end

-- A local of an outer function is an upvalue; each execution of a local statement makes a new variable.
do
	local a = {}
	local x = 20
	for i = 1, 10 do
		local y = 0
		a[i] = function() y = y + 1 return x + y end
	end
	list({21, 22, 21}, a[1](), a[1](), a[10]())
	local fs = {}
	local k = 1
	while k <= 3 do local c = k fs[k] = {get = function() return c end, set = function(n) c = n end} k = k + 1 end
	fs[1].set(100)
	list({100, 2, 3}, fs[1].get(), fs[2].get(), fs[3].get())
	local function make() local v = 0 return function() v = v + 1 return v end end
	local m1, m2 = make(), make()
	list({1, 2, 1, 3}, m1(), m1(), m2(), m1())
	-- The enclosing function and the closure share it while the function runs.
	local log = {}
	local function outer() local s = 1 local function inner() s = s + 1 end log[1] = s inner() log[2] = s s = 10 inner() log[3] = s return inner, function() return s end end
	local inner, get = outer()
	inner()
	list({1, 2, 11, 12}, log[1], log[2], log[3], get())
	-- Through levels that do not use it themselves.
	local deep = 1
	local function l1() return function() return function() deep = deep + 1 return deep end end end
	equal(l1()()(), 2)
	equal(deep, 2)
	-- A hidden variable stays for those who captured it.
	local h = 1
	local function geth() return h end
	local h = 2
	list({1, 2}, geth(), h)
	h = 3
	equal(geth(), 1)
end

-- Registers of variables that went out of scope are used again: old closures keep their own.
do
	local fs = {}
	do local a, b, c = 1, 2, 3 fs[1] = function() return a, b, c end end
	do local a, b, c = 4, 5, 6 fs[2] = function() return c, b, a end end
	local d, e, f = 7, 8, 9
	list({1, 2, 3}, fs[1]())
	list({6, 5, 4}, fs[2]())
	list({7, 8, 9}, d, e, f)
	for i = 1, 3 do
		local t = {i}
		if i == 2 then goto skip end
		do local z = t[1] * 10 fs[#fs + 1] = function() z = z + 1 return z end end
		::skip::
	end
	list({11, 31, 12}, fs[3](), fs[4](), fs[3]())
	local function many()
		local r = {}
		for i = 1, 50 do local v = i r[i] = function(n) v = v + (n or 0) return v end end
		return r
	end
	local r = many()
	for i = 1, 50 do equal(r[i](i), 2 * i) end
	for i = 1, 50 do equal(r[i](), 2 * i) end
end

-- Names of globals are found at run time.
do
	local function f() return later_global end
	equal(f(), nil)
	later_global = 5
	equal(f(), 5)
	later_global = nil
	run("function a_global() return another_global() end function another_global() return 1 end return a_global()", {1})
	_G.a_global, _G.another_global = nil, nil
end

check.done()
