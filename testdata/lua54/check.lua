-- The checks of the conformance suite. A failed check raises an error that says where, what was expected and what
-- came; when a pcall of the program under test catches it, check.done raises it again.

local check = {}

local count = 0
local first_failure

-- show writes v in a way that is the same on every run: no addresses, and not much of a long string.
local function show(v)
	if type(v) == "string" then
		local cut = #v > 1000 and v:sub(1, 500) .. "[...]" .. v:sub(-100) or v
		return (string.format("%q", cut):gsub("\\\n", "\\n"))
	end
	if math.type(v) == "float" then return string.format("%.17g (float)", v) end
	if type(v) == "number" or type(v) == "boolean" or v == nil then return tostring(v) end
	return "a " .. type(v)
end

local function fail(text, level)
	local _, message = pcall(error, text, level + 2)
	first_failure = first_failure or message
	error(message, 0)
end

-- same compares exactly: 1 is not 1.0, 0.0 is not -0.0, nan is nan.
local function same(got, want)
	if math.type(got) ~= math.type(want) then return false end
	if math.type(want) == "float" then
		if want ~= want then return got ~= got end
		if want == 0 then return got == 0 and 1 / got == 1 / want end
	end
	return rawequal(got, want)
end

local function label(what) return what and what .. ": " or "" end

-- check.equal(got, want, what) fails unless got is exactly want.
function check.equal(got, want, what)
	count = count + 1
	if not same(got, want) then
		fail(label(what) .. "expected " .. show(want) .. ", got " .. show(got), 2)
	end
end

-- check.results(want_n, ...) fails unless there are want_n further arguments, and returns them.
function check.results(want_n, ...)
	count = count + 1
	local n = select("#", ...)
	if n ~= want_n then fail("expected " .. want_n .. " results, got " .. n, 2) end
	return ...
end

-- check.list(want, ...) fails unless the further arguments are the items of want: want.n of them, or #want.
function check.list(want, ...)
	count = count + 1
	local want_n, n = want.n or #want, select("#", ...)
	local got = {...}
	if n ~= want_n then fail("expected " .. want_n .. " values, got " .. n .. ", the first is " .. show(got[1]), 2) end
	for i = 1, n do
		if not same(got[i], want[i]) then
			fail("value " .. i .. ": expected " .. show(want[i]) .. ", got " .. show(got[i]), 2)
		end
	end
end

-- check.error(f, pattern, ...) fails unless f(...) raises a string that matches pattern; it returns the string.
function check.error(f, pattern, ...)
	count = count + 1
	local ok, message = pcall(f, ...)
	if ok then fail("expected an error like " .. show(pattern) .. ", got none", 2) end
	if type(message) ~= "string" or not string.find(message, pattern) then
		fail("expected an error like " .. show(pattern) .. ", got " .. show(message), 2)
	end
	return message
end

-- check.message(f, text, ...) fails unless f(...) raises a string that contains text, literally; it returns the string.
function check.message(f, text, ...)
	count = count + 1
	local ok, message = pcall(f, ...)
	if ok then fail("expected the error " .. show(text) .. ", got none", 2) end
	if type(message) ~= "string" or not string.find(message, text, 1, true) then
		fail("expected the error " .. show(text) .. ", got " .. show(message), 2)
	end
	return message
end

-- check.run(source, want, ...) compiles source under the name "chunk" and compares its results with the list want.
function check.run(source, want, ...)
	local f, message = load(source, "=chunk")
	if not f then fail("expected that it compiles, got " .. show(message) .. " for " .. show(source), 2) end
	count = count + 1
	local got = table.pack(pcall(f, ...))
	if not got[1] then fail("expected results, got the error " .. show(got[2]) .. " from " .. show(source), 2) end
	local want_n = want.n or #want
	if got.n - 1 ~= want_n then
		fail("expected " .. want_n .. " results, got " .. got.n - 1 .. " from " .. show(source), 2)
	end
	for i = 1, want_n do
		if not same(got[i + 1], want[i]) then
			fail("expected " .. show(want[i]) .. ", got " .. show(got[i + 1]) .. " from " .. show(source), 2)
		end
	end
end

-- check.syntax(source, want) fails unless source does not compile and the message for the name "chunk" is want.
function check.syntax(source, want)
	count = count + 1
	local f, message = load(source, "=chunk")
	if f then fail("expected the error " .. show(want) .. ", but it compiles: " .. show(source), 2) end
	if message ~= want then fail("expected " .. show(want) .. ", got " .. show(message), 2) end
end

-- check.runtime(source, want, ...) fails unless the compiled source raises exactly the message want.
function check.runtime(source, want, ...)
	count = count + 1
	local f, message = load(source, "=chunk")
	if not f then fail("expected that it compiles, got " .. show(message), 2) end
	local ok
	ok, message = pcall(f, ...)
	if ok then fail("expected the error " .. show(want) .. ", got none from " .. show(source), 2) end
	if message ~= want then fail("expected " .. show(want) .. ", got " .. show(message), 2) end
end

-- check.expressions(list) evaluates the items {source, want}.
function check.expressions(list)
	for _, item in ipairs(list) do
		count = count + 1
		local f, message = load("return " .. item[1], "=chunk")
		if not f then fail("expected that it compiles, got " .. show(message) .. " for " .. show(item[1]), 2) end
		local ok, got = pcall(f)
		if not ok then fail("expected a value, got the error " .. show(got) .. " from " .. item[1], 2) end
		if not same(got, item[2]) then
			fail("expected " .. show(item[2]) .. ", got " .. show(got) .. " from " .. item[1], 2)
		end
	end
end

-- The places where an operand can come from; %s are left operand, operator and right operand.
local operand_forms = {
	{"constants", "return %s %s %s", true, true},
	{"registers", "local a, b = ... return %s %s %s"},
	{"a constant on the right", "local a = ... return %s %s %s", false, true},
	{"a constant on the left", "local _, b = ... return %s %s %s", true, false},
	{"upvalues", "local a, b = ... return (function() return %s %s %s end)()"},
	{"a condition", "local a, b = ... local r = %s %s %s if r then return r else return r end"},
}

-- check.binary(list) evaluates the items {left, operator, right, want} with operands as constants, registers, upvalues.
function check.binary(list)
	for _, item in ipairs(list) do
		local left, operator, right, want = item[1], item[2], item[3], item[4]
		for _, form in ipairs(operand_forms) do
			count = count + 1
			local source = string.format(form[2], form[3] and string.format("(%q)", left) or "a", operator,
				form[4] and string.format("(%q)", right) or "b")
			local ok, got = pcall(assert(load(source, "=chunk")), left, right)
			if not ok then fail("got the error " .. show(got) .. " from " .. source .. " with " .. show(left) .. ", " .. show(right), 2) end
			if not same(got, want) then
				fail("expected " .. show(want) .. ", got " .. show(got) .. " from " .. source .. " with " .. show(left) .. ", " .. show(right), 2)
			end
		end
	end
end

-- The ways in which a comparison decides where the program goes on.
local branch_forms = {
	"local a, b = ... return a %s b",
	"local a, b = ... return not not (a %s b)",
	"local a, b = ... return not (a %s b) == false",
	"local a, b = ... if a %s b then return true else return false end",
	"local a, b = ... if not (a %s b) then return false end return true",
	"local a, b = ... while a %s b do return true end return false",
	"local a, b = ... local n = 0 repeat n = n + 1 until n > 1 or a %s b return n == 1",
	"local a, b = ... return a %s b and true or false",
	"local a, b = ... return not (a %s b) and 1 == 2 or (a %s b)",
	"local a, b = ... local r = false or a %s b return r",
	"local a, b = ... return (function() return a %s b end)()",
}

-- check.comparison(a, operator, b, want) compares in every kind of condition, with constants as well.
function check.comparison(a, operator, b, want)
	for _, form in ipairs(branch_forms) do
		count = count + 1
		local source = form:gsub("%%s", operator)
		local got = assert(load(source, "=chunk"))(a, b)
		if got ~= want then
			fail("expected " .. show(want) .. ", got " .. show(got) .. " from " .. source .. " with " .. show(a) .. ", " .. show(b), 2)
		end
		for _, constants in ipairs {{true, false}, {false, true}, {true, true}} do
			if (not constants[1] or type(a) == "number" or type(a) == "string")
				and (not constants[2] or type(b) == "number" or type(b) == "string") then
				count = count + 1
				local with = form:gsub("a %%s b", function()
					return string.format("%s %s %s", constants[1] and string.format("(%q)", a) or "a", operator,
						constants[2] and string.format("(%q)", b) or "b")
				end)
				got = assert(load(with, "=chunk"))(a, b)
				if got ~= want then
					fail("expected " .. show(want) .. ", got " .. show(got) .. " from " .. with .. " with " .. show(a) .. ", " .. show(b), 2)
				end
			end
		end
	end
end

-- check.done prints the number of checks, or raises the first failure that the program caught.
function check.done()
	if first_failure then error(first_failure, 0) end
	print("ok " .. count)
end

return check
