-- assert
returns({1, 2, 3, n = 3}, assert(1, 2, 3))
returns({"x", n = 2}, assert("x", nil))
do
	local function message(...)
		local ok, err = pcall(assert, ...)
		equal(ok, false)
		return err
	end
	equal(message(false), "assertion failed!")
	equal(message(nil), "assertion failed!")
	equal(message(false, "no position"), "no position")
	equal(message(false, "100%d %s"), "100%d %s")
	equal(message(false, 42), 42)
	equal(message(nil, nil), nil)
	equal(message(nil, false), false)
	local t = {}
	equal(message(nil, t), t)
end
raises("bad argument #1 to 'assert' (value expected)", assert)

-- select
equal(select("#"), 0)
equal(select("#", nil, nil), 2)
returns({"b", "c"}, select(2, "a", "b", "c"))
returns({"c"}, select(-1, "a", "b", "c"))
returns({"a", "b", "c"}, select(-3, "a", "b", "c"))
returns({}, select(4, "a", "b", "c"))
returns({}, select(1e15, "a", "b", "c"))
returns({"b"}, select("2", "a", "b"))
raises("bad argument #1 to 'select' (index out of range)", select, 0, "a")
raises("bad argument #1 to 'select' (index out of range)", select, -2, "a")
raises("bad argument #1 to 'select' (number has no integer representation)", select, 1.5, "a")
raises("bad argument #1 to 'select' (number expected, got no value)", select)
raises("bad argument #1 to 'select' (number expected, got string)", select, "x")

-- type
for name, value in pairs({boolean = true, number = 1, string = "", ["function"] = type, table = {}, thread = coroutine.create(type)}) do
	equal(type(value), name)
end
equal(type(nil), "nil")
equal(type(newproxy()), "userdata")
raises("bad argument #1 to 'type' (value expected)", type)

-- next and pairs
do
	equal(next({}), nil)
	returns({1, "a"}, next({"a"}))
	returns({"k", "v"}, next({k = "v"}, nil))
	returns({n = 1}, next({"a"}, 1))
	raises("bad argument #1 to 'next' (table expected, got no value)", next)
	raises("bad argument #1 to 'next' (table expected, got string)", next, "x")

	local t = {}
	returns({next, t, n = 3}, pairs(t))
	raises("bad argument #1 to 'pairs' (value expected)", pairs)
	raises("bad argument #1 to 'pairs' (table expected, got nil)", pairs, nil)
	raises("bad argument #1 to 'pairs' (table expected, got number)", pairs, 1)

	local count, sum = 0, 0
	for k, v in pairs({10, 20, 30, x = 40, [2.5] = 50, [-1] = 60, [true] = 70}) do
		count, sum = count + 1, sum + v
	end
	equal(count, 7)
	equal(sum, 280)

	-- Assigning nil to a visited key is allowed.
	local all = {}
	for i = 1, 100 do
		all[i], all["k" .. i] = i, i
	end
	for k in pairs(all) do
		all[k] = nil
	end
	equal(next(all), nil)

	local proxy = setmetatable({}, {__pairs = function(self)
		return function(_, k)
			if not k then
				return 1, self
			end
		end, "state", nil, "dropped"
	end})
	local k, v, state = pairs(proxy)
	equal(state, nil)
	equal(v, "state")
	equal(select("#", pairs(proxy)), 3)
	local seen = 0
	for key, value in pairs(proxy) do
		equal(key, 1)
		equal(value, proxy)
		seen = seen + 1
	end
	equal(seen, 1)
	-- A value that is not a table may have __pairs as well, here one without results.
	returns({n = 3}, pairs(setmetatable({}, {__pairs = function() end})))
end

-- ipairs
do
	local seen = {}
	for i, v in ipairs({"a", "b", nil, "d"}) do
		seen[#seen + 1] = i .. v
	end
	equal(table.concat(seen, " "), "1a 2b")

	seen = {}
	for i, v in ipairs(setmetatable({"own"}, {__index = function(_, i)
		return i < 4 and "from __index " .. i or nil
	end})) do
		seen[#seen + 1] = v
	end
	equal(table.concat(seen, ","), "own,from __index 2,from __index 3")

	local count = 0
	for _ in ipairs("a string has no elements") do
		count = count + 1
	end
	equal(count, 0)

	raises("bad argument #1 to 'ipairs' (value expected)", ipairs)
	raises("bad argument #1 to 'ipairs' (table expected, got nil)", ipairs, nil)
	raises("bad argument #1 to 'ipairs' (table expected, got boolean)", ipairs, true)

	-- Elements may be added meanwhile.
	local growing = {1}
	for i in ipairs(growing) do
		if i < 5 then
			growing[i + 1] = i
		end
	end
	equal(#growing, 5)
end

-- raw access
do
	local t = setmetatable({1, 2}, {
		__len = function() return 10 end,
		__index = function() return "meta" end,
		__newindex = function() error("not called") end,
		__eq = function() return true end,
	})
	equal(#t, 10)
	equal(rawlen(t), 2)
	equal(rawlen("abc"), 3)
	equal(rawget(t, "x"), nil)
	equal(rawset(t, "x", 1), t)
	equal(rawget(t, "x"), 1)
	equal(rawequal(t, t), true)
	equal(rawequal(t, {}), false)
	equal(rawequal("a", "a"), true)
	equal(rawequal(1, "1"), false)
	equal(rawequal(0 / 0, 0 / 0), false)
	raises("bad argument #1 to 'rawlen' (table or string expected)", rawlen, 1)
	raises("bad argument #1 to 'rawlen' (table or string expected)", rawlen)
	raises("bad argument #2 to 'rawequal' (value expected)", rawequal, 1)
	raises("bad argument #2 to 'rawget' (value expected)", rawget, {})
	raises("bad argument #1 to 'rawget' (table expected, got string)", rawget, "x", 1)
	raises("bad argument #3 to 'rawset' (value expected)", rawset, {}, 1)
	raises("table index is nil", rawset, {}, nil, 1)
	raises("table index is NaN", rawset, {}, 0 / 0, 1)
end

-- metatables
do
	local mt = {}
	local t = {}
	equal(setmetatable(t, mt), t)
	equal(getmetatable(t), mt)
	equal(setmetatable(t, nil), t)
	equal(getmetatable(t), nil)
	equal(getmetatable(setmetatable({}, {__metatable = "locked"})), "locked")
	equal(getmetatable("").__index, string)
	raises("cannot change a protected metatable", setmetatable, setmetatable({}, {__metatable = false}), {})
	raises("bad argument #1 to 'setmetatable' (table expected, got string)", setmetatable, "x", {})
	raises("bad argument #1 to 'setmetatable' (table expected, got function)", setmetatable, print, {})
	raises("bad argument #2 to 'setmetatable' (nil or table expected, got no value)", setmetatable, {})
	raises("bad argument #2 to 'setmetatable' (nil or table expected, got number)", setmetatable, {}, 1)
	raises("bad argument #1 to 'getmetatable' (value expected)", getmetatable)
	-- Messages name a type as its metatable does.
	raises("bad argument #1 to 'rep' (string expected, got point)", string.rep, setmetatable({}, {__name = "point"}), 1)
end

-- collectgarbage
do
	equal(collectgarbage(), 0)
	equal(collectgarbage("collect"), 0)
	local count = collectgarbage("count")
	equal(type(count), "number")
	equal(count > 0, true)
	equal(collectgarbage("step", 100), true)
	equal(collectgarbage("isrunning"), true)
	equal(collectgarbage("stop"), 0)
	equal(collectgarbage("restart"), 0)
	equal(collectgarbage("generational"), "incremental")
	equal(collectgarbage("incremental", 100, 200, 10), "incremental")
	equal(collectgarbage("setpause", 100), 0)
	raises("bad argument #1 to 'collectgarbage' (invalid option 'sweep')", collectgarbage, "sweep")
	raises("bad argument #1 to 'collectgarbage' (string expected, got table)", collectgarbage, {})
end

-- unpack stays a global
equal(unpack, table.unpack)

-- An error of a library function is at the line that calls it.
do
	local ok, err = pcall(function()
		local s = "x"
		return s:rep({})
	end)
	equal(ok, false)
	equal(err, "base.lua:209: bad argument #2 to 'rep' (number expected, got table)")
end
