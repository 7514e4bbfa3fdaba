-- §3.3.4 Control structures: while, repeat, if, break.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list, run, syntax = check.equal, check.list, check.run, check.syntax

-- if, elseif, else: the first true branch.
do
	local function grade(n)
		if n >= 90 then return "A" elseif n >= 80 then return "B" elseif n >= 70 then return "C" else return "F" end
	end
	list({"A", "B", "C", "F"}, grade(95), grade(80), grade(79), grade(0))
	local function which(a, b) local r if a then r = "a" elseif b then r = "b" end return r end
	list({"a", "b", nil, "a"}, which(1, 1), which(nil, 1), which(false, nil), which(0))
	local n = 0
	local function count(v) n = n + 1 return v end
	if count(false) then elseif count(nil) then elseif count(1) then elseif count(2) then else count(3) end
	equal(n, 3)
	-- Constant conditions.
	local t = {}
	if true then t[#t + 1] = 1 end
	if false then t[#t + 1] = 2 end
	if nil then t[#t + 1] = 3 else t[#t + 1] = 4 end
	if 0 then t[#t + 1] = 5 end
	if "" then t[#t + 1] = 6 end
	if not true then t[#t + 1] = 7 elseif not nil then t[#t + 1] = 8 end
	if {} then t[#t + 1] = 9 end
	if function() end then t[#t + 1] = 10 end
	if 1 == 1 then t[#t + 1] = 11 end
	if 1 == 1.0 then t[#t + 1] = 12 end
	if 1 > 2 then t[#t + 1] = 13 end
	if false == nil then t[#t + 1] = 14 end
	if true and false or true then t[#t + 1] = 15 end
	if false then elseif true then t[#t + 1] = 16 else t[#t + 1] = 17 end
	equal(table.concat(t, ","), "1,4,5,6,8,9,10,11,12,15,16")
	run("if true then return 1 end return 2", {1})
	run("if false then return 1 end return 2", {2})
	run("if nil then return 1 else return 2 end", {2})
	run("local x <const> = false if x then return 1 end return 2", {2})
	run("local x <const> = 1 if x == 1 then return 1 end return 2", {1})
	-- A very long chain.
	local chain = {"local x = ... if x == 0 then return 0"}
	for i = 1, 500 do chain[#chain + 1] = "elseif x == " .. i .. " then return " .. i * 2 end
	chain[#chain + 1] = "else return 'none' end"
	chain = load(table.concat(chain, "\n"))
	list({0, 2, 500, 1000, "none"}, chain(0), chain(1), chain(250), chain(500), chain(501))
end

-- while.
do
	local i, s = 1, 0
	while i <= 10 do s = s + i i = i + 1 end
	equal(s, 55)
	while false do s = 0 end
	while nil do s = 0 end
	equal(s, 55)
	local n = 0
	while true do n = n + 1 if n == 5 then break end end
	equal(n, 5)
	while 1 do n = n + 1 if n > 9 then break end end
	equal(n, 10)
	while n > 0 and n ~= 5 do n = n - 1 end
	equal(n, 5)
	while not (n == 0) do n = n - 1 end
	equal(n, 0)
	while n < 3 or n == 7 do n = n + 1 end
	equal(n, 3)
	-- Every round has its own locals.
	local closures = {}
	while #closures < 3 do local v = #closures + 1 closures[v] = function() v = v + 10 return v end end
	list({11, 12, 13, 21}, closures[1](), closures[2](), closures[3](), closures[1]())
end

-- repeat: the condition sees the locals of the block.
do
	local i = 0
	repeat i = i + 1 until i >= 5
	equal(i, 5)
	repeat local done = i == 7 i = i + 1 until done
	equal(i, 8)
	repeat local a, b = i, i * 2 i = i + 1 until a + b > 30
	equal(i, 12)
	repeat i = 0 until true
	equal(i, 0)
	repeat i = i + 1 if i == 4 then break end until false
	equal(i, 4)
	repeat i = i + 1 if i == 6 then break end until nil
	equal(i, 6)
	-- The condition sees upvalues that the body captured.
	local closures = {}
	repeat
		local v = #closures + 1
		closures[v] = function() v = v + 1 return v end
	until closures[v]() > 4
	equal(#closures, 4)
	list({3, 3 + 1, 5, 6}, closures[1](), closures[2](), closures[3](), closures[4]())
	-- A local of the body hides an outer one in the condition.
	local x = 10
	local rounds = 0
	repeat local x = rounds rounds = rounds + 1 until x == 3
	equal(rounds, 4)
	equal(x, 10)
	-- Nested.
	local n = 0
	repeat local a = n repeat local b = a n = n + 1 a = a + 1 until b >= 2 until n > 5
	equal(n, 6)
	run("local n = 0 repeat local f = function() return n end n = n + 1 until f() == 3 return n", {3})
	run("repeat local x = 1 if x then break end until x return 5", {5})
end

-- break leaves the innermost loop.
do
	local log = {}
	for i = 1, 3 do
		for j = 1, 3 do
			if j == 2 then break end
			log[#log + 1] = i .. j
		end
		local k = 0
		while true do
			k = k + 1
			repeat if k == 2 then break end log[#log + 1] = "r" .. k until true
			if k == 3 then break end
		end
	end
	equal(table.concat(log, " "), "11 r1 r3 21 r1 r3 31 r1 r3")
	syntax("break", "chunk:1: break outside loop at line 1")
	syntax("do break end", "chunk:1: break outside loop at line 1")
	syntax("\nif x then\nbreak\nend\n", "chunk:5: break outside loop at line 3")
	syntax("while true do local function f() break end end", "chunk:1: break outside loop at line 1")
	syntax("function f() break end", "chunk:1: break outside loop at line 1")
	-- break closes upvalues of the round.
	local f
	for i = 1, 5 do local v = i f = function() v = v + 1 return v end if i == 3 then break end end
	list({4, 5}, f(), f())
	-- break out of deep blocks, with many locals.
	local r
	while true do local a, b, c = 1, 2, 3 do local d = 4 if a then local e = 5 r = a + b + c + d + e break end end end
	equal(r, 15)
end

-- Syntax errors.
syntax("if x do end", "chunk:1: 'then' expected near 'do'")
syntax("if then end", "chunk:1: unexpected symbol near 'then'")
syntax("if x then else elseif y then end", "chunk:1: 'end' expected near 'elseif'")
syntax("if x then else else end", "chunk:1: 'end' expected near 'else'")
syntax("if x then end else end", "chunk:1: <eof> expected near 'else'")
syntax("while x then end", "chunk:1: 'do' expected near 'then'")
syntax("while do end", "chunk:1: unexpected symbol near 'do'")
syntax("repeat end", "chunk:1: 'until' expected near 'end'")
syntax("repeat until", "chunk:1: unexpected symbol near <eof>")
syntax("while true do", "chunk:1: 'end' expected near <eof>")
syntax("if x = 1 then end", "chunk:1: 'then' expected near '='")

-- Loops with a large body: long jumps.
do
	local body = ("s = s + i "):rep(3000)
	run("local s, i = 0, 0 while i < 3 do i = i + 1 " .. body .. " end return s", {18000})
	run("local s, i = 0, 0 repeat i = i + 1 " .. body .. " until i == 3 return s", {18000})
	run("local s = 0 for i = 1, 3 do " .. body .. " end return s", {18000})
	run("local s, i = 0, 1 if i == 2 then " .. body .. " else s = -1 end return s", {-1})
	run("local s = 0 for _, i in ipairs {1, 2} do if i == 1 then goto continue end " .. body .. " ::continue:: end return s", {6000})
end

check.done()
