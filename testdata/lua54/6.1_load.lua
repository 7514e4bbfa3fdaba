-- §6.1 load: strings, functions, modes, environments, chunk names.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list

-- A string.
do
	list({3}, load("return 1 + 2")())
	list({}, load("")())
	list({}, load("  \n -- nothing\n")())
	list({1, 2}, load("return ...")(1, 2))
	list({nil, [[[string "x ="]:1: unexpected symbol near <eof>]], n = 2}, load("x ="))
	equal(type(load("return")), "function")
	equal(load("return 1") == load("return 1"), false)
end

-- A function that gives the pieces: nil, nothing or an empty string ends it.
do
	local function pieces(...)
		local list_, i = table.pack(...), 0
		return function() i = i + 1 return list_[i] end
	end
	equal(load(pieces("return ", "1", " + 2"))(), 3)
	equal(load(pieces("ret", "urn 'a", "b' .. ", "\"c\""))(), "abc")
	equal(load(pieces("return 1", "", "+ 5"))(), 1)
	equal(load(pieces("return 1", nil, "+ 5"))(), 1)
	equal(type(load(function() end)), "function")
	local n = 0
	equal(#load(function() n = n + 1 if n == 1 then return "return {" elseif n <= 1000 then return "1," elseif n == 1001 then return "}" end end)(), 999)
	local s, i = "return 'one byte at a time', 1 + 2 -- comment", 0
	list({"one byte at a time", 3}, load(function() i = i + 1 return s:sub(i, i) end)())
	-- Errors of the reader become the second result. (Inside pcall, because lua5.4's own handler adds a traceback.)
	list({true, nil, "reader function must return a string", n = 3}, pcall(load, function() return {} end))
	list({true, nil, "from the reader", n = 3}, pcall(load, function() error("from the reader", 0) end))
	local object = {}
	list({true, nil, object, n = 3}, pcall(load, function() error(object) end))
	local f, message
	f, message = load(pieces("x = ", "?"))
	equal(f, nil)
	equal(message, "(load):1: unexpected symbol near '?'")
	check.error(load, "bad argument #1 to 'load' %(function expected, got nil%)", nil)
	check.error(load, "bad argument #1 to 'load' %(function expected, got table%)", {})
	check.error(load, "bad argument #1 to 'load' %(function expected, got no value%)")
end

-- The name of the chunk in messages: = and @ are cut, a string is shown in quotes and shortened.
do
	local function name(chunkname, source) return (select(2, load(source or "x =", chunkname)):gsub(":1: unexpected symbol near <eof>$", "")) end
	equal(name "=name", "name")
	equal(name "@file.lua", "file.lua")
	equal(name "text", '[string "text"]')
	equal(name "first\nsecond", '[string "first..."]')
	equal(name "", '[string ""]')
	equal(name "=", "")
	equal(name "@", "")
	equal(name(nil, "x ="), '[string "x ="]')
	equal(name(("="):rep(1) .. ("n"):rep(100)), ("n"):rep(59))
	equal(name("@" .. ("n"):rep(100)), "..." .. ("n"):rep(56))
	equal(name(("n"):rep(100)), '[string "' .. ("n"):rep(45) .. '..."]')
	equal(name("=" .. ("n"):rep(59)), ("n"):rep(59))
	equal(name("@" .. ("n"):rep(59)), ("n"):rep(59))
	equal(name("@" .. ("n"):rep(60)), "..." .. ("n"):rep(56))
	equal(name(("n"):rep(44)), '[string "' .. ("n"):rep(44) .. '"]')
	equal(name(("n"):rep(45)), '[string "' .. ("n"):rep(45) .. '..."]')
	-- At run time as well.
	list({false, "name:2: e"}, pcall(load("\nerror('e')", "=name")))
	list({false, '[string "..."]:2: e'}, pcall(load("\nerror('e')")))
	list({false, [=[[string "error('e')"]:1: e]=]}, pcall(load("error('e')")))
	list({false, "file.lua:1: e"}, pcall(load("error('e')", "@file.lua")))
end

-- mode.
do
	equal(load("return 1", "=n", "t")(), 1)
	equal(load("return 1", "=n", "bt")(), 1)
	equal(load("return 1", "=n", nil)(), 1)
	list({nil, "attempt to load a text chunk (mode is 'b')", n = 2}, load("return 1", "=n", "b"))
	list({nil, "attempt to load a binary chunk (mode is 't')", n = 2}, load("\27Lua", "=n", "t"))
	equal(load("\27Lua garbage", "=n", "b"), nil)
	equal(load("\27", "=n"), nil)
end

-- env.
do
	local env = {}
	equal(load("x = 1", "=n", "t", env)(), nil)
	equal(env.x, 1)
	equal(x, nil)
	local f = load("return x", "=n", "t", {x = 5})
	equal(f(), 5)
	list({nil, n = 1}, load("return _ENV", "=n", "t", nil)())
	equal(load("return _ENV", "=n", "t", false)(), false)
	equal(load("return _ENV", "=n", "t")(), _G)
end

-- Errors are values, not raised; nested functions are fine; the chunk can be called many times.
do
	for _, source in ipairs {"x", "x = ", "for", "return return", "'", "[[", "goto x", "break", "local x <const> = 1; x = 2", "::a:: ::a::", ("("):rep(10000)} do
		local f, message = load(source, "=n")
		equal(f, nil)
		equal(type(message), "string")
		equal(select("#", load(source)), 2)
	end
	local f = load("local n = 0 return function() n = n + 1 return n end")
	local a, b = f(), f()
	list({1, 2, 1}, a(), a(), b())
	equal(load("return load('return load(\"return 5\")()')()")(), 5)
	-- A loaded chunk in pcall, in a coroutine, as an iterator.
	list({true, 1}, pcall(load "return 1"))
	list({true, 1}, coroutine.resume(coroutine.create(load "return coroutine.yield(1)")))
	local values = {}
	local g = load "local s, c = ... if c < 3 then return c + 1 end"
	for i in g, nil, 0 do values[#values + 1] = i end
	equal(table.concat(values), "123")
end

-- string.dump gives something that load takes back, or says that it cannot.
do
	local ok, dumped = pcall(string.dump, load "return 1, ...")
	if ok then
		equal(type(dumped), "string")
		list({1, "x"}, load(dumped, "=n", "b")("x"))
		list({nil, "attempt to load a binary chunk (mode is 't')", n = 2}, load(dumped, "=n", "t"))
	else
		equal(type(dumped), "string")
	end
	check.error(string.dump, "function expected", 5)
end

check.done()
