-- §3.4.5 Logical operators.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list

check.expressions {
	{"10 or 20", 10}, {"10 or error()", 10}, {"nil or 'a'", "a"}, {"nil and 10", nil}, {"false and error()", false}, {"false and nil", false}, {"false or nil", nil}, {"10 and 20", 20}, {"nil or false", false}, {"nil and false", nil}, {"true and nil", nil}, {"true and false", false}, {"true or nil", true}, {"false or false", false}, {"0 and 'zero'", "zero"}, {"'' and 'empty'", "empty"},
	{"not nil", true}, {"not false", true}, {"not true", false}, {"not 0", false}, {"not ''", false}, {"not not nil", false}, {"not not 1", true}, {"not not not 1", false}, {"not {}", false}, {"not print", false},
	{"1 and 2 or 3", 2}, {"nil and 2 or 3", 3}, {"1 and nil or 3", 3}, {"1 and false or nil", nil}, {"1 or 2 and 3", 1}, {"nil or 2 and 3", 3}, {"false or 1 and nil or 5", 5}, {"1 and 2 and 3", 3}, {"1 and nil and 3", nil}, {"nil or false or 7", 7}, {"not nil and 5", 5}, {"not 1 or 5", 5}, {"not (1 and nil)", true}, {"not (nil or 1)", false}, {"(nil or 1) and 2", 2}, {"nil == nil and 'same'", "same"},
	{"1 < 2 and 2 < 3", true}, {"1 < 2 and 3 < 2", false}, {"1 > 2 or 2 > 1", true}, {"1 == 1 and 'y' or 'n'", "y"}, {"1 == 2 and 'y' or 'n'", "n"}, {"not (1 == 2) and 'y' or 'n'", "y"}, {"not 1 == 2", false}, {"not 1 == false", true}, {"1 and 1 == 1", true}, {"nil and nil == nil", nil}, {"(1 or 2) + (nil or 3)", 4}, {"1 .. 2 and 3", 3}, {"#'x' and #''", 0}, {"-1 and -2", -2}, {"2 and 2 ^ 2", 4.0},
}

-- All combinations of three operands with both operators, as values, conditions, arguments, with calls.
do
	local values = {true, false, nil, 1, "s"}
	local function b_and(a, b) if a then return b end return a end
	local function b_or(a, b) if a then return a end return b end
	local forms = {
		{"a and b and c", function(a, b, c) return b_and(b_and(a, b), c) end}, {"a and b or c", function(a, b, c) return b_or(b_and(a, b), c) end}, {"a or b and c", function(a, b, c) return b_or(a, b_and(b, c)) end}, {"a or b or c", function(a, b, c) return b_or(b_or(a, b), c) end},
		{"(a or b) and c", function(a, b, c) return b_and(b_or(a, b), c) end}, {"a and (b or c)", function(a, b, c) return b_and(a, b_or(b, c)) end}, {"not a and b or c", function(a, b, c) return b_or(b_and(not a, b), c) end}, {"not (a and b) or c", function(a, b, c) return b_or(not b_and(a, b), c) end},
		{"a and not b or not c", function(a, b, c) return b_or(b_and(a, not b), not c) end}, {"not (a or b) and not c", function(a, b, c) return b_and(not b_or(a, b), not c) end}, {"not (not a or not b) or c", function(a, b, c) return b_or(not b_or(not a, not b), c) end}, {"a == b and c", function(a, b, c) return b_and(a == b, c) end}, {"a == b or c ~= a", function(a, b, c) return b_or(a == b, c ~= a) end},
		{"(a and b) == (b and c)", function(a, b, c) return b_and(a, b) == b_and(b, c) end}, {"a and b ~= c or a", function(a, b, c) return b_or(b_and(a, b ~= c), a) end},
	}
	for _, form in ipairs(forms) do
		local value = load("local a, b, c = ... return " .. form[1])
		local condition = load("local a, b, c = ... if " .. form[1] .. " then return true else return false end")
		local loop = load("local a, b, c = ... while " .. form[1] .. " do return true end return false")
		local until_ = load("local a, b, c = ... local n = 0 repeat n = n + 1 until n == 2 or (" .. form[1] .. ") return n == 1")
		local stored = load("local a, b, c = ... local t = {x = " .. form[1] .. "} return t.x")
		local called = load("local a, b, c = ... local function id(...) return ... end return (id(" .. form[1] .. "))")
		local calls = load("local a, b, c = ... local function id(...) return ... end return " .. form[1]:gsub("%f[%w][abc]%f[%W]", "id(%0)"))
		local fields = load("local a, b, c = ... local t = {a = a, b = b, c = c} local r r = " .. form[1]:gsub("%f[%w][abc]%f[%W]", "t.%0") .. " return r")
		local upvalues = load("local a, b, c = ... return (function() local r = " .. form[1] .. " return r end)()")
		local negated = load("local a, b, c = ... return not (" .. form[1] .. ")")
		for i = 1, 5 do for j = 1, 5 do for k = 1, 5 do
			local a, b, c = values[i], values[j], values[k]
			local want = form[2](a, b, c)
			equal(value(a, b, c), want, form[1])
			equal(condition(a, b, c), not not want, form[1])
			equal(loop(a, b, c), not not want, form[1])
			equal(until_(a, b, c), not not want, form[1])
			equal(stored(a, b, c), want, form[1])
			equal(called(a, b, c), want, form[1])
			equal(calls(a, b, c), want, form[1])
			equal(fields(a, b, c), want, form[1])
			equal(upvalues(a, b, c), want, form[1])
			equal(negated(a, b, c), not want, form[1])
		end end end
	end
	-- The same with constants in the source.
	local literals = {"true", "false", "nil", "1", "'s'"}
	local constants = {true, false, nil, 1, "s"}
	for _, form in ipairs(forms) do
		for i = 1, 5 do for j = 1, 5 do for k = 1, 5 do
			local map = {a = literals[i], b = literals[j], c = literals[k]}
			local source = form[1]:gsub("%f[%w][abc]%f[%W]", map)
			equal(load("return " .. source)(), form[2](constants[i], constants[j], constants[k]), source)
			equal(load("local x x = " .. source .. " if " .. source .. " then return x end return not x and 'no'")(), form[2](constants[i], constants[j], constants[k]) or "no", source)
		end end end
	end
end

-- The second operand is evaluated only if necessary, and once.
do
	local log = ""
	local function f(name, v) log = log .. name return v end
	local function expect(want) equal(log, want) log = "" end
	local _ = f("a", true) and f("b", false) expect "ab"
	_ = f("a", false) and f("b", true) expect "a"
	_ = f("a", true) or f("b", true) expect "a"
	_ = f("a", nil) or f("b", true) expect "ab"
	_ = f("a", nil) and f("b", 1) or f("c", 1) expect "ac"
	_ = f("a", 1) and f("b", nil) or f("c", 1) expect "abc"
	_ = (f("a", 1) or f("b", 1)) and (f("c", nil) or f("d", 1)) expect "acd"
	if f("a", nil) or f("b", 1) and f("c", 1) then expect "abc" end
	while f("a", 1) and f("b", nil) do end expect "ab"
	_ = {f("a", 1) and f("b", 2), x = f("c", nil) or f("d", 1)} expect "abcd"
	-- One value of the last call.
	local function two() return 1, 2 end
	list({1}, nil or two())
	list({1}, true and two())
	list({1}, (two()))
	list({false}, not two())
	local function va(...) return nil or ... end
	list({5}, va(5, 6))
	-- Assignment to an operand.
	local x = 1
	x = x and x + 1
	equal(x, 2)
	x = nil
	x = x or "default"
	equal(x, "default")
	local y = nil
	y = y and y.z and y.z.w
	equal(y, nil)
	local t = {}
	t.n = t.n or 0
	t.n = t.n + 1
	equal(t.n, 1)
	t.list = t.list or {}
	t.list[#t.list + 1] = t.n and "item" or error()
	equal(t.list[1], "item")
	local function default(a, b) a = a or 1 b = b == nil and true or b return a, b end
	list({1, true}, default())
	list({5, false}, default(5, false))
	local a, b, c = 1, nil, 3
	a, b, c = a and b, b or c, not c
	list({nil, 3, false, n = 3}, a, b, c)
	local r = false
	r = r or r == nil or r == false
	equal(r, true)
end

-- Long chains.
do
	check.run("local x = ... return " .. ("x or "):rep(500) .. "5", {5}, nil)
	check.run("local x = ... return " .. ("x and "):rep(500) .. "5", {5}, true)
	check.run("local x = ... if " .. ("x == 1 or "):rep(500) .. "x == 2 then return 'two' end", {"two"}, 2)
	check.run("return " .. ("not "):rep(150) .. "nil", {false})
end

check.done()
