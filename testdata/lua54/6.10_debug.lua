-- §6.10 Debug library: metatables and upvalues. Tracebacks are in 2.3_tracebacks.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list

-- getmetatable and setmetatable see through __metatable and take any value.
do
	local mt = {__metatable = "locked"}
	local t = setmetatable({}, mt)
	equal(debug.getmetatable(t), mt)
	equal(debug.setmetatable(t, nil), t)
	equal(debug.getmetatable(t), nil)
	equal(getmetatable(t), nil)
	equal(debug.setmetatable(t, mt), t)
	equal(debug.getmetatable "x".__index, string)
	equal(debug.getmetatable(1), nil)
	equal(debug.setmetatable(10, {__index = {x = "number"}}), 10)
	equal((5).x, "number")
	equal(debug.setmetatable(10, nil), 10)
	check.error(debug.setmetatable, "nil or table expected", {}, 1)
	check.error(debug.setmetatable, "nil or table expected", {})
end

-- getupvalue and setupvalue: in the order of first use; names; nothing beyond.
do
	local a, b, c = 1, 2, 3
	local function f() return b, a end
	list({"b", 2}, debug.getupvalue(f, 1))
	list({"a", 1}, debug.getupvalue(f, 2))
	list({}, debug.getupvalue(f, 3))
	list({}, debug.getupvalue(f, 0))
	list({"a"}, debug.setupvalue(f, 2, "new"))
	equal(a, "new")
	list({2, "new"}, f())
	list({}, debug.setupvalue(f, 3, 1))
	local function g() c = c + 1 return c end
	list({"c", 3}, debug.getupvalue(g, 1))
	g()
	list({"c", 4}, debug.getupvalue(g, 1))
	list({"_ENV", _G}, debug.getupvalue(function() return print end, 1))
	list({"_ENV", _G}, debug.getupvalue(load "return 1", 1))
	list({"_ENV"}, debug.setupvalue(load "return 1", 1, {}))
	local chunk = load "return x"
	debug.setupvalue(chunk, 1, {x = "from the environment"})
	equal(chunk(), "from the environment")
	list({}, debug.getupvalue(function() end, 1))
	-- Library functions have none, or their own.
	equal(select("#", debug.getupvalue(math.abs, 1)), 0)
	check.error(debug.getupvalue, "function expected, got table", {}, 1)
	check.error(debug.setupvalue, "value expected", f, 1)
	-- Closed and open, shared.
	local function make() local v = 0 return function() v = v + 1 return v end, function() return v end end
	local inc, get = make()
	inc()
	debug.setupvalue(get, 1, 10)
	equal(inc(), 11)
end

-- upvalueid: equal for the same variable.
do
	local function make() local v, w = 0, 1 return function() return v end, function() v = v + 1 return w end end
	local f1, g1 = make()
	local f2 = make()
	equal(debug.upvalueid(f1, 1) == debug.upvalueid(g1, 1), true)
	equal(debug.upvalueid(f1, 1) == debug.upvalueid(f2, 1), false)
	equal(debug.upvalueid(g1, 1) == debug.upvalueid(g1, 2), false)
	equal(debug.upvalueid(g1, 1) == debug.upvalueid(g1, 1), true)
	equal(type(debug.upvalueid(f1, 1)), "userdata")
	equal(debug.upvalueid(f1, 5), nil)
	local fs = {}
	for i = 1, 2 do fs[i] = function() return i end end
	equal(debug.upvalueid(fs[1], 1) == debug.upvalueid(fs[2], 1), false)
end

-- upvaluejoin: the variable of one function becomes that of another.
do
	local function counter(n) return function() n = n + 1 return n end end
	local a, b = counter(0), counter(100)
	a()
	b()
	list({}, debug.upvaluejoin(a, 1, b, 1))
	equal(a(), 102)
	equal(b(), 103)
	equal(debug.upvalueid(a, 1) == debug.upvalueid(b, 1), true)
	-- Give a function an environment of its own.
	local function f() return some_global end
	local env = {some_global = "own"}
	debug.upvaluejoin(f, 1, function() return env end, 1)
	equal(f(), "own")
	equal(some_global, nil)
	check.error(debug.upvaluejoin, "invalid upvalue index", a, 2, b, 1)
	check.error(debug.upvaluejoin, "invalid upvalue index", a, 1, b, 2)
	check.error(debug.upvaluejoin, "function expected", a, 1, {}, 1)
end

-- Without a hook there is nothing to get and nothing to turn off.
do
	list({n = 1}, debug.gethook())
	list({}, debug.sethook())
	list({}, debug.sethook(nil))
	list({}, debug.sethook(coroutine.create(print)))
	list({n = 1}, debug.gethook(coroutine.create(print)))
end

-- traceback gives other messages back unchanged.
do
	local t = {}
	equal(debug.traceback(t), t)
	equal(debug.traceback(print), print)
	equal(type(debug.traceback()), "string")
	equal(debug.traceback("m"):match "^m\nstack traceback:\n\t" ~= nil, true)
	equal(debug.traceback(nil):match "^stack traceback:\n\t" ~= nil, true)
	equal(debug.traceback("m", 100), "m\nstack traceback:")
	equal(debug.traceback(coroutine.create(print)), "stack traceback:")
end

-- getinfo: options, levels, and what it says of functions.
do
	local function texts(...)
		local all = table.pack(...)
		for n = 1, all.n do all[n] = tostring(all[n]) end
		return table.concat(all, " ")
	end
	local function f(a, b, ...)
		local x = a
		return x
	end
	local i = debug.getinfo(f)
	equal(texts(i.what, i.nparams, i.isvararg, i.nups, i.currentline, i.func == f), texts("Lua", 2, true, 0, -1, true))
	equal(i.lastlinedefined - i.linedefined, 3)
	local main = debug.getinfo(load("x = 1\n\nlocal y\n\n", "=main"), "SL")
	equal(texts(main.what, main.linedefined, main.lastlinedefined, main.short_src), texts("main", 0, 0, "main"))
	equal(texts(main.activelines[0], main.activelines[1], main.activelines[2], main.activelines[3]), texts(nil, true, nil, true))
	local native = debug.getinfo(print, "SuL")
	equal(texts(native.what, native.short_src, native.linedefined, native.isvararg, native.activelines), texts("C", "[C]", -1, true, nil))
	equal(next(debug.getinfo(f, "")), nil)
	equal(next(debug.getinfo(f, "\0S")), nil)
	equal(debug.getinfo(f, "S\0?").what, "Lua")
	check.error(debug.getinfo, "invalid option '>'", f, ">S")
	check.error(debug.getinfo, "invalid option", f, "S>")
	check.error(debug.getinfo, "invalid option", 1, "X")
	check.error(debug.getinfo, "number has no integer representation", 1.5)
	check.error(debug.getinfo, "number expected, got table", {})
	equal(debug.getinfo(-1), nil)
	equal(debug.getinfo(1000), nil)
	equal(debug.getinfo(1 << 31), nil)
	equal(debug.getinfo(1 << 32, "S").what, "C")
	local co = coroutine.create(function() error "x" end)
	coroutine.resume(co)
	equal(texts(debug.getinfo(co, 0, "n").name, debug.getinfo(co, 1, "S").what), texts("error", "Lua"))
	equal(debug.getinfo(co, 2), nil)
end

check.done()
