-- §3.4.12 Lists of expressions, multiple results, adjustment.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list

-- Every context of a list with every kind of last expression and every number of values, from 0 to 4.
local want_values = {10, 20, 30, 40}
for n = 0, 4 do
	local function call() return table.unpack(want_values, 1, n) end
	local want = {n = n, table.unpack(want_values, 1, n)}
	local one = n > 0 and 10 or nil
	-- As the whole list.
	list(want, call())
	list(want, (function() return call() end)())
	list(want, (function(...) return ... end)(call()))
	equal(#{call()}, n)
	-- After others.
	list({n = n + 2, 1, 2, table.unpack(want_values, 1, n)}, 1, 2, call())
	list({n = n + 2, 1, 2, table.unpack(want_values, 1, n)}, (function() return 1, 2, call() end)())
	list({n = n + 1, 1, table.unpack(want_values, 1, n)}, (function(...) return 1, ... end)(call()))
	-- Before others: one value.
	list({n = 2, one, 1}, call(), 1)
	list({n = 2, one, 1}, (function() return call(), 1 end)())
	list({n = 2, one, 1}, (function(...) return ..., 1 end)(call()))
	-- In parentheses: one value.
	list({n = 1, one}, (call()))
	list({n = 2, 1, one}, 1, (call()))
	list({n = 1, one}, (function(...) return (...) end)(call()))
	-- In assignments and declarations with 1 to 5 variables.
	for m = 1, 5 do
		local names, expect = {}, {n = m}
		for i = 1, m do
			names[i] = "v" .. i
			if i <= n then expect[i] = want_values[i] end
		end
		names = table.concat(names, ",")
		check.run("local call = ... local " .. names .. " = call() return " .. names, expect, call)
		check.run("local call = ... local " .. names .. " " .. names .. " = call() return " .. names, expect, call)
		check.run("local call = ... local " .. names .. " local function set(...) " .. names .. " = ... end set(call()) return " .. names, expect, call)
		check.run("local call = ... local t = {} t." .. names:gsub(",", ",t.") .. " = call() return t." .. names:gsub(",", ",t."), expect, call)
		check.run("local call = ... return (function(" .. names .. ") return " .. names .. " end)(call())", expect, call)
		check.run("local call = ... for " .. names .. " in function(_, c) if not c then return 1, call() end end do return " .. names .. " end",
			(function() local e = {n = m, 1} for i = 2, m do if i - 1 <= n then e[i] = want_values[i - 1] end end return e end)(), call)
	end
	-- As one operand.
	equal(not call(), one == nil)
	equal(call() == one, true)
	equal(({call(), "x"})[1], one)
end

-- In the middle of nested lists.
do
	local function two() return 1, 2 end
	local function id(...) return ... end
	list({1, 1, 1, 2}, two(), (two()), two())
	list({1, 1, 2}, id(two()), id(two()))
	list({1, 2, 1, 2}, id(1, 2, two()))
	list({1, 1, 2}, id(two(), two()))
	list({1, 2}, id(id(id(two()))))
	list({1}, id((id(two()))))
	equal(#{two(), two(), {two()}, two()}, 5)
	list({"a", 1, 2}, table.unpack {"a", two()})
	equal(string.format("%d %d", two()), "1 2")
	equal(("%d%d%d"):format(0, two()), "012")
	equal(select("#", two(), two(), two()), 4)
	equal(math.max(two(), two()), 2)
	local t = {x = two(), two()}
	list({1, 1, 2}, t.x, t[1], t[2])
	t = {[two()] = two()}
	equal(t[1], 1)
	equal(t[2], nil)
	t[two()] = two()
	equal(t[1], 1)
	if two() == 1 then equal(true, true) else equal(false, true) end
	for i = two(), 2 do equal(i >= 1, true) end
end

check.done()
