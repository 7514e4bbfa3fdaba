-- §3.3.8 To-be-closed variables.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list, run = check.equal, check.list, check.run

local log = {}
local function closing(name)
	return setmetatable({name = name}, {__close = function(...)
		local self, e = check.results(2, ...)
		equal(self.name, name)
		log[#log + 1] = e == nil and name or name .. ":" .. tostring(e)
	end})
end
local function logged(want, what)
	equal(table.concat(log, " "), want, what)
	log = {}
end

-- Closed when it goes out of scope, in reverse order of declaration.
do
	do
		local a <close> = closing "a"
		local b <close> = closing "b"
		local plain = 1
		local c <close> = closing "c"
		log[#log + 1] = "body"
		equal(a.name .. b.name .. c.name, "abc")
	end
	log[#log + 1] = "after"
	logged "body c b a after"
	-- nil and false are ignored.
	do local a <close> = nil local b <close> = false local c <close> end
	logged ""
	-- With other variables in one statement.
	do local x, a <close>, y = 1, closing "a", 2 equal(x + y, 3) end
	logged "a"
	-- What is assigned to other variables that hold the value does not matter.
	do local v = closing "v" local a <close> = v v = nil end
	logged "v"
	-- The same value twice.
	do local v = closing "v" local a <close> = v local b <close> = v end
	logged "v v"
	-- In a condition's block, in nested blocks.
	if true then local a <close> = closing "if" do local b <close> = closing "do" end end
	logged "do if"
end

-- Loops: each round closes its own.
do
	for i = 1, 3 do local a <close> = closing("for" .. i) if i == 2 then goto continue end log[#log + 1] = i ::continue:: end
	logged "1 for1 for2 3 for3"
	local i = 0
	while i < 2 do local a <close> = closing("while" .. i) i = i + 1 end
	logged "while0 while1"
	repeat local a <close> = closing("repeat" .. i) i = i + 1 local b <close> = closing "late" until i > 3
	logged "late repeat2 late repeat3"
	-- The condition of repeat is evaluated before closing.
	repeat local a <close> = closing "a" local function cond() log[#log + 1] = "condition" return true end until cond()
	logged "condition a"
	for _, v in ipairs {1, 2} do local a <close> = closing("v" .. v) end
	logged "v1 v2"
end

-- break and goto close what they leave, and only that.
do
	local outer <close> = closing "outer"
	for i = 1, 3 do
		local a <close> = closing("a" .. i)
		do
			local b <close> = closing "b"
			if i == 2 then break end
		end
	end
	logged "b a1 b a2"
	do
		local n = 0
		::again::
		local a <close> = closing("g" .. n)
		n = n + 1
		if n < 3 then goto again end
		log[#log + 1] = "end"
	end
	logged "g0 g1 end g2"
	do
		do local a <close> = closing "a" do local b <close> = closing "b" goto out end end
		::out::
		log[#log + 1] = "out"
	end
	logged "b a out"
	while true do
		local a <close> = closing "a"
		local f = function() return a end
		if f() then break end
	end
	logged "a"
end
logged "outer"

-- return: the results are computed before closing and are not changed by it.
do
	local function f()
		local a <close> = closing "a"
		local n = 1
		local b <close> = setmetatable({}, {__close = function() n = 100 log[#log + 1] = "b" end})
		return n, n + 1, "r"
	end
	list({1, 2, "r"}, f())
	logged "b a"
	local function none() local a <close> = closing "a" return end
	list({}, none())
	local function through(...) local a <close> = closing "a" return ... end
	list({1, nil, 3, nil, n = 4}, through(1, nil, 3, nil))
	local function called(...) local a <close> = closing "a" return through(...) end
	list({5, 6}, called(5, 6))
	logged "a a a a"
	-- A call in return is no tail call then: the variable is closed after it.
	local function inner() log[#log + 1] = "inner" return "x" end
	local function outer() local a <close> = closing "a" return inner() end
	equal(outer(), "x")
	logged "inner a"
	local function many() local a <close> = closing "a" local t = {} for i = 1, 100 do t[i] = i end return table.unpack(t) end
	equal(select("#", many()), 100)
	equal((select(100, many())), 100)
	logged "a a"
	local function deep() local a <close> = closing "a" do local b <close> = closing "b" for i = 1, 5 do local c <close> = closing "c" if i == 2 then return i end end end end
	equal(deep(), 2)
	logged "c c b a"
	-- The result is used in an expression.
	equal(1 + deep() * 2, 5)
	logged "c c b a"
end

-- Errors: closers get the error object.
do
	local object = {}
	local seen
	local function f()
		local a <close> = closing "a"
		local b <close> = setmetatable({}, {__close = function(_, e) seen = e end})
		error(object)
	end
	list({false, object}, pcall(f))
	equal(seen, object)
	log = {}
	list({false, "e"}, pcall(function() local a <close> = closing "a" local b <close> = closing "b" error("e", 0) end))
	logged "b:e a:e"
	list({false, "deep"}, pcall(function()
		local a <close> = closing "a"
		local function g() local b <close> = closing "b" local function h() local c <close> = closing "c" error("deep", 0) end h() end
		g()
	end))
	logged "c:deep b:deep a:deep"
	-- An error in a closer replaces the error; the others are still closed.
	local function failing(message) return setmetatable({}, {__close = function(_, e) log[#log + 1] = "f:" .. tostring(e) error(message, 0) end}) end
	list({false, "second"}, pcall(function() local a <close> = closing "a" local b <close> = failing "second" local c <close> = closing "c" error("first", 0) end))
	logged "c:first f:first a:second"
	list({false, "three"}, pcall(function() local a <close> = failing "three" local b <close> = failing "two" local c <close> = failing "one" end))
	logged "f:nil f:one f:two"
	list({false, "x"}, pcall(function() local a <close> = closing "a" do local b <close> = failing "x" end log[#log + 1] = "never" end))
	logged "f:nil a:x"
	list({false, "y"}, pcall(function() local a <close> = closing "a" local b <close> = failing "y" return 1, 2, 3 end))
	logged "f:nil a:y"
	list({false, "z"}, pcall(function() for i = 1, 3 do local b <close> = failing "z" break end end))
	logged "f:nil"
	-- xpcall's handler is called before closing.
	xpcall(function() local a <close> = closing "a" error("e", 0) end, function(e) log[#log + 1] = "handler" return e end)
	logged "handler a:e"
	-- A pcall inside a closer.
	list({false, "e"}, pcall(function() local a <close> = setmetatable({}, {__close = function() list({false, "in"}, pcall(error, "in", 0)) log[#log + 1] = "ok" end}) error("e", 0) end))
	logged "ok"
end

-- The value must have a __close when the variable is declared, and it is called as it is when it is closed.
do
	check.message(function() local x <close> = {} end, "variable 'x' got a non-closable value")
	check.message(function() local x <close> = 42 end, "variable 'x' got a non-closable value")
	check.message(function() local abc <close> = "s" end, "variable 'abc' got a non-closable value")
	check.message(function() local x <close> = true end, "variable 'x' got a non-closable value")
	check.message(function() local x <close> = setmetatable({}, {}) end, "variable 'x' got a non-closable value")
	pcall(function() local a <close> = closing "a" local b <close> = 5 end)
	equal(#log, 1, "variables before the one that failed are closed")
	log = {}
	local v = closing "v"
	local mt = getmetatable(v)
	do local a <close> = v mt.__close = function() log[#log + 1] = "changed" end end
	logged "changed"
	check.error(function() local a <close> = v mt.__close = nil end, "metamethod 'close'")
	mt.__close = function() log[#log + 1] = "again" end
	do local a <close> = v end
	logged "again"
	mt.__close = setmetatable({}, {__call = function(_, x, e) log[#log + 1] = "callable" equal(x, v) end})
	do local a <close> = v end
	logged "callable"
end

-- Closures that captured a closing variable keep its value.
do
	local get
	do local a <close> = closing "a" get = function() return a.name end end
	equal(get(), "a")
	logged "a"
	local getters = {}
	for i = 1, 3 do local a <close> = closing("a" .. i) getters[i] = function() return a.name end end
	list({"a1", "a2", "a3"}, getters[1](), getters[2](), getters[3]())
	logged "a1 a2 a3"
	local n = 0
	do
		local count = 5
		local a <close> = setmetatable({}, {__close = function() n = count end})
		count = 6
	end
	equal(n, 6)
end

-- In a chunk, in a vararg function, with many of them, in recursion.
run("local log, closing = ... local a <close> = closing 'chunk' log[#log + 1] = 'body' return 1, 2", {1, 2}, log, closing)
logged "body chunk"
do
	local function f(...) local a <close> = closing "v" local x, y = ... return select("#", ...), y, x end
	list({3, 2, 1}, f(1, 2, 3))
	local function rec(n) local a <close> = closing(tostring(n)) if n == 0 then return "bottom" end return rec(n - 1) end
	equal(rec(3), "bottom")
	logged "v 0 1 2 3"
	local order = {}
	local source = {"local closing = ..."}
	for i = 1, 100 do source[#source + 1] = "local a" .. i .. " <close> = closing(" .. i .. ")" end
	load(table.concat(source, "\n"))(function(i) return setmetatable({}, {__close = function() order[#order + 1] = i end}) end)
	equal(#order, 100)
	equal(order[1], 100)
	equal(order[100], 1)
	-- Methods, coroutines and sorting inside closers.
	do
		local a <close> = setmetatable({}, {__close = function(self)
			local t = {3, 1, 2}
			table.sort(t)
			local co = coroutine.wrap(function() coroutine.yield(t[1]) end)
			log[#log + 1] = table.concat(t) .. co() .. ("x"):rep(2)
		end})
	end
	logged "1231xx"
end

-- Tail position: a return in a block with a closing variable that is out of scope is a tail call.
do
	local function loop(n) do local a <close> = nil end if n == 0 then return "end" end return loop(n - 1) end
	equal(loop(100000), "end")
end

-- A scope guard.
do
	local function defer(f) return setmetatable({}, {__close = function() f() end}) end
	local function with(t)
		t.open = true
		local _ <close> = defer(function() t.open = false end)
		if t.fail then error("failed", 0) end
		return t.open
	end
	local t = {}
	equal(with(t), true)
	equal(t.open, false)
	t.fail = true
	list({false, "failed"}, pcall(with, t))
	equal(t.open, false)
end

-- A variable that a jump leaves is closed where the jump goes to, as the line of an error shows.
do
	local function line(source)
		local ok, e = pcall(load(source, "=x", "t", {bad = setmetatable({}, {__close = function(_, e) error("closing", 2) end})}))
		equal(ok, false)
		return tonumber(e:match "^x:(%d+): closing$")
	end
	equal(line "do\nlocal a <close> = bad\ngoto out\nend\nb()\n::out::\nreturn", 6)
	equal(line "do\nlocal a <close> = bad\ngoto out\nend\n::out::\n;\n::more::\nreturn", 7)
	equal(line "while true do\nlocal a <close> = bad\nbreak\nend\nreturn", 4)
	equal(line "for i = 1, 2 do\nlocal a <close> = bad\nif i then break end\ni = 1\nend\nreturn", 5)
	equal(line "repeat\nlocal a <close> = bad\nbreak\nuntil\nnil\nreturn", 5)
	equal(line "::top::\ndo\nlocal a <close> = bad\ngoto top\nend", 4)
end

check.done()
