-- §2.4 Metamethods of the arithmetic and bitwise operators.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list

local binary = {
	{"+", "__add"}, {"-", "__sub"}, {"*", "__mul"}, {"/", "__div"}, {"%", "__mod"}, {"^", "__pow"}, {"//", "__idiv"},
	{"&", "__band"}, {"|", "__bor"}, {"~", "__bxor"}, {"<<", "__shl"}, {">>", "__shr"},
}

-- Each operator calls its handler with both operands in order, whichever has it, and keeps one result.
for _, operator in ipairs(binary) do
	local symbol, event = operator[1], operator[2]
	local calls = 0
	local mt = {[event] = function(...)
		calls = calls + 1
		local a, b = check.results(2, ...)
		return {a, b}, "second"
	end}
	local t, u = setmetatable({}, mt), setmetatable({}, mt)
	local f = load("local a, b = ... return a " .. symbol .. " b")
	local function try(a, b)
		local got = check.results(1, f(a, b))
		equal(got[1], a, symbol)
		equal(got[2], b, symbol)
	end
	try(t, u)
	try(t, 1)
	try(1, t)
	try(t, 1.5)
	try(0.5, t)
	try(t, "x")
	try("x", t)
	try("10", t)
	try(t, "10")
	try(t, nil)
	try(nil, t)
	try(true, t)
	try(t, {})
	try({}, t)
	try(print, t)
	try(t, t)
	equal(calls, 16)
	-- A constant operand: small, negative, large, float, string.
	for _, constant in ipairs {"1", "2", "-1", "127", "128", "-128", "1000", "1e100", "0.5", "3.0", "'s'", "'10'"} do
		local value = load("return " .. constant)()
		local got = load("local a = ... return a " .. symbol .. " " .. constant)(t)
		equal(got[1], t, symbol .. constant)
		equal(got[2], value, symbol .. constant)
		got = load("local a = ... return (" .. constant .. ") " .. symbol .. " a")(t)
		equal(got[1], value, constant .. symbol)
		equal(got[2], t, constant .. symbol)
	end
	-- The first operand's handler is tried before the second's.
	local first = setmetatable({}, {[event] = function() return "first" end})
	local second = setmetatable({}, {[event] = function() return "second" end})
	equal(f(first, second), "first")
	equal(f(second, first), "second")
	equal(f({}, second), "second")
	equal(f(setmetatable({}, {}), second), "second")
	-- Without a handler it is an error that speaks of arithmetic or of bitwise operations.
	check.error(f, symbol:find "[&|~<>]" and "bitwise operation on a table value" or "arithmetic on a table value", {}, 1)
	check.error(f, symbol:find "[&|~<>]" and "bitwise operation on a nil value" or "arithmetic on a nil value", 1, nil)
	-- Numbers never ask the handler.
	equal(type(f(6, 2)), "number")
	-- The result is any value, of which the first counts; none is nil.
	for _, value in ipairs {false, true, 1, 1.0, -0.0, "s", t} do
		equal(f(setmetatable({}, {[event] = function() return value, 2, 3 end}), 1), value)
	end
	list({nil, n = 1}, f(setmetatable({}, {[event] = function() end}), 1))
	-- In conditions and as arguments.
	local yes, no = setmetatable({}, {[event] = function() return true end}), setmetatable({}, {[event] = function() return false end})
	equal(load("local a = ... if a " .. symbol .. " 1 then return 'yes' end return 'no'")(yes), "yes")
	equal(load("local a = ... if a " .. symbol .. " 1 then return 'yes' end return 'no'")(no), "no")
	equal(load("local a, id = ... return id(a " .. symbol .. " 1, 5)")(yes, function(x, y) return x == true and y end), 5)
	-- A handler may be a callable table.
	equal(f(setmetatable({}, {[event] = setmetatable({}, {__call = function(self, a, b) return b end})}), "called"), "called")
	-- false is a handler that is there: it cannot be called.
	check.error(f, "attempt to call a boolean value", setmetatable({}, {[event] = false}), 1)
	-- Errors pass, with the position of the handler.
	check.error(f, "^inside$", setmetatable({}, {[event] = function() error("inside", 0) end}), 1)
end

-- Unary minus and bitwise not get the operand twice.
for symbol, event in pairs {["-"] = "__unm", ["~"] = "__bnot"} do
	local t = setmetatable({}, {})
	getmetatable(t)[event] = function(...)
		local a, b = check.results(2, ...)
		equal(a, t)
		equal(b, t)
		return event, "second"
	end
	local f = load("local a = ... return " .. symbol .. "a")
	list({event}, f(t))
	equal(load("local a = ... return " .. symbol .. " " .. symbol .. "a")(setmetatable({}, {[event] = function(a) return a end})) ~= nil, true)
	check.error(f, "on a table value", {})
	check.error(f, "on a nil value")
end
check.runtime("local a = {} return - -a", "chunk:1: attempt to perform arithmetic on a table value (local 'a')")

-- Unary and binary minus, not and exclusive or, are different events.
do
	local t = setmetatable({}, {__sub = function() return "sub" end, __unm = function() return "unm" end,
		__bxor = function() return "bxor" end, __bnot = function() return "bnot" end})
	equal(t - 1, "sub")
	equal(1 - t, "sub")
	equal(-t, "unm")
	equal(t ~ 1, "bxor")
	equal(1 ~ t, "bxor")
	equal(~t, "bnot")
end

-- Bitwise operators ask the handler also when a number has no integer representation or a string is no numeral.
do
	local t = setmetatable({}, {__band = function(a, b) return type(a) .. type(b) end, __shl = function() return "shl" end})
	equal(t & 1.5, "tablenumber")
	equal(1.5 & t, "numbertable")
	equal("x" & t, "stringtable")
	equal(t & "x", "tablestring")
	equal(1.5 << t, "shl")
	-- Strings have no bitwise metamethods: they are not converted.
	check.error(function() return "3" & 5 end, "bitwise operation on a string value")
	check.error(function() return 1 << "2" end, "bitwise operation on a string value")
	check.error(function() return ~"0" end, "bitwise operation on a string value")
	check.error(function() return "x" & 1 end, "bitwise operation on a string value")
end

-- Strings have arithmetic metamethods of their own, which give way to those of the other operand.
do
	equal("10" + 1, 11)
	equal("0x10" * "2", 32)
	equal("3" ^ 2, 9.0)
	equal("7" // 2, 3)
	equal("7" % "4", 3)
	equal("1e1" - 1, 9.0)
	equal(-"2", -2)
	equal(-" 2.5 ", -2.5)
	equal("10" / 4, 2.5)
	local t = setmetatable({}, {__add = function(a, b) return a end, __mul = function(a, b) return b end})
	equal("10" + t, "10")
	equal(t * "x", "x")
	check.error(function() return "x" + 1 end, "string")
	check.error(function() return 1 + "" end, "string")
	check.error(function() return {} + "1" end, "table")
	equal(type(getmetatable("").__add), "function")
	equal(getmetatable("").__add("1", 2), 3)
	equal(getmetatable("").__idiv("7", "2"), 3)
end

-- A class with most operators.
do
	local Vector = {}
	Vector.__index = Vector
	local function new(x, y) return setmetatable({x = x, y = y}, Vector) end
	function Vector.__add(a, b) return new(a.x + b.x, a.y + b.y) end
	function Vector.__sub(a, b) return new(a.x - b.x, a.y - b.y) end
	function Vector.__mul(a, b)
		if type(a) == "number" then return new(a * b.x, a * b.y) end
		if type(b) == "number" then return new(a.x * b, a.y * b) end
		return a.x * b.x + a.y * b.y
	end
	function Vector.__unm(a) return new(-a.x, -a.y) end
	function Vector.__idiv(a, n) return new(a.x // n, a.y // n) end
	function Vector.__tostring(a) return "(" .. a.x .. "," .. a.y .. ")" end
	local v, w = new(1, 2), new(3, 4)
	equal(tostring(v + w * 2 - -v), "(8,12)")
	equal(v * w, 11)
	equal(tostring(3 * v), "(3,6)")
	equal(tostring((v + w) * 3 // 2), "(6,9)")
	local sum = new(0, 0)
	for i = 1, 10 do sum = sum + new(i, i * i) end
	equal(tostring(sum), "(55,385)")
end

-- Handlers run with the locals of the caller untouched, nested, recursively.
do
	local mt = {}
	mt.__add = function(a, b)
		local x, y, z = 1, 2, 3
		if b == 0 then return x + y + z end
		return a + (b - 1)
	end
	local t = setmetatable({}, mt)
	local p, q, r = "p", "q", "r"
	local got = t + 50
	equal(got, 6)
	list({"p", "q", "r", 6, 6}, p, q, r, t + 3, t + 0)
	local s = {t + 1, t + 2, k = t + 3}
	list({6, 6, 6}, s[1], s[2], s.k)
end

check.done()
