-- §3 Limits of the compiler: clear errors, and what must fit.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, run, syntax = check.equal, check.run, check.syntax

-- names gives prefix1 to prefixN with a separator.
local function names(prefix, n, separator)
	local t = {}
	for i = 1, n do t[i] = prefix .. i end
	return table.concat(t, separator or ",")
end

-- 200 local variables in one function.
run("local " .. names("a", 200) .. " = 1, 2 a200 = 5 return a1 + a2 + a200", {8})
syntax("local " .. names("a", 201), "chunk:1: too many local variables (limit is 200) in main function near <eof>")
syntax("local " .. names("a", 201) .. " = 1", "chunk:1: too many local variables (limit is 200) in main function near '='")
syntax("\nlocal function f()\nlocal " .. names("a", 201) .. "\nend", "chunk:4: too many local variables (limit is 200) in function at line 2 near 'end'")
syntax("local " .. names("a", 100) .. " local " .. names("b", 101) .. " ;", "chunk:1: too many local variables (limit is 200) in main function near ';'")
run("do local " .. names("a", 150) .. " end do local " .. names("b", 150) .. " b150 = 1 return b150 end", {1})
run("local " .. names("a", 150) .. " local function f() local " .. names("b", 150) .. " b150 = 2 return b150 end return f()", {2})
run("return (function(" .. names("p", 200) .. ") return p1 end)(7)", {7})
syntax("return function(" .. names("p", 201) .. ") end", "chunk:1: too many local variables (limit is 200) in function at line 1 near ')'")

-- 255 upvalues in one function.
do
	local function source(n)
		local parts = {}
		for group = 1, 2 do
			parts[#parts + 1] = "local " .. names(group == 1 and "a" or "b", 150) .. " = 1 return function()\n"
		end
		parts[#parts + 1] = "return function() "
		for i = 1, n do parts[#parts + 1] = (i <= 150 and "a" .. i or "b" .. i - 150) .. " = " .. i .. " " end
		parts[#parts + 1] = " return a1 + b1 end end end"
		return table.concat(parts)
	end
	equal(load(source(255))()()()(), 1 + 151)
	syntax(source(256), "chunk:3: too many upvalues (limit is 255) in function at line 2 near '='")
	syntax(source(300), "chunk:3: too many upvalues (limit is 255) in function at line 2 near '='")
end

-- Registers: arguments, operands, constructors.
run("return select('#', " .. names("", 240) .. ")", {240})
run("local t = {" .. names("", 3000) .. "} return #t", {3000})
run("local a = 1 return " .. ("a + "):rep(5000) .. "a", {5001})
run("local a = 1 return " .. ("(a + "):rep(80) .. "a" .. (")"):rep(80), {81})
do
	local f, message = load("local a return f(" .. ("a,"):rep(300) .. "a)", "=chunk")
	if not f then equal(message, "chunk:1: function or expression needs too many registers near 'a'") end
end

-- Nesting: 150 levels of everything fit; too many are an error, never a crash.
run("return " .. ("("):rep(150) .. "1" .. (")"):rep(150), {1})
run("return " .. ("-(") :rep(90) .. "1" .. (")"):rep(90), {1})
run("return " .. ("{"):rep(150) .. ("}"):rep(150) .. " ~= nil", {true})
run(("if true then "):rep(150) .. "x = 1 " .. ("end "):rep(150) .. "local r = x x = nil return r", {1})
run(("while true do "):rep(150) .. "x = 1 " .. ("break end "):rep(150) .. "local r = x x = nil return r", {1})
run(("repeat "):rep(150) .. "x = 1 " .. ("until true "):rep(150) .. "local r = x x = nil return r", {1})
run(("for i = 1, 1 do "):rep(40) .. "x = 1 " .. ("end "):rep(40) .. "local r = x x = nil return r", {1})
run(("return (function() "):rep(50) .. "return 5 " .. ("end)() "):rep(50), {5})
run("local a = {} a.a = a return a" .. (".a"):rep(5000) .. " == a", {true})
run("local function f() return f2 end f2 = f return f" .. ("()"):rep(1000) .. " == f", {true})
_G.f2 = nil
run("return " .. ("1 .. "):rep(150) .. "1", {("1"):rep(151)})
run("return " .. ("2 ^ "):rep(100) .. "0", {2.0 ^ 2.0 ^ 2.0 ^ 2.0 ^ 0 and load("return " .. ("2 ^ "):rep(100) .. "0")()})
for _, source in ipairs {
	"return " .. ("("):rep(100000) .. "1" .. (")"):rep(100000), "return " .. ("{"):rep(100000), "return " .. ("-"):rep(3) .. ("not "):rep(100000) .. "1", ("do "):rep(100000), "return " .. ("a["):rep(100000), "return " .. ("1 .. "):rep(100000) .. "1",
	"return " .. ("f("):rep(100000), ("return function() "):rep(100000), "x = " .. ("a ^ "):rep(100000) .. "1", ("if x then "):rep(100000), ("local function f() "):rep(100000),
} do
	local f, message = load(source, "=chunk")
	equal(f == nil or type(f) == "function", true)
	if not f then equal(type(message), "string") end
end

-- Size: many constants, many functions, long jumps, long strings, long names, many lines.
do
	local parts = {"local t = {}"}
	for i = 1, 40000 do parts[#parts + 1] = "t[" .. i .. "] = 'string " .. i .. "'" end
	parts[#parts + 1] = "return #t, t[1], t[40000]"
	run(table.concat(parts, "\n"), {40000, "string 1", "string 40000"})
	parts = {"local t = {}"}
	for i = 1, 3000 do parts[#parts + 1] = "t[" .. i .. "] = function(a) return a + " .. i .. " end" end
	parts[#parts + 1] = "return t[1](1), t[3000](1)"
	run(table.concat(parts, "\n"), {2, 3001})
	local long = ("long string "):rep(50000)
	run("return #'" .. long .. "', #[[" .. long .. "]]", {600000, 600000})
	local name = ("n"):rep(100000)
	run("local " .. name .. " = 5 return " .. name, {5})
	syntax(("\n"):rep(100000) .. "?", "chunk:100001: unexpected symbol near '?'")
	run("local n = 0 while n < 2 do n = n + 1 " .. ("if n > 5 then n = n - 1 end "):rep(10000) .. "end return n", {2})
	run("local n = 0 " .. ("goto l%d n = 1 ::l%d:: "):rep(1000):gsub("l%%d", (function() local i = 0 return function() i = i + 1 return "l" .. (i + 1) // 2 end end)()) .. "return n", {0})
end

check.done()
