-- §2.5 Garbage collection: weak tables, finalizers, collectgarbage. When something is collected is open: the checks wait
-- for it, up to a limit.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal = check.equal

-- collect runs the collector until done() is true, at most 500 times.
local function collect(done)
	for _ = 1, 500 do
		if done() then return true end
		collectgarbage()
		local garbage = {}
		for i = 1, 100 do garbage[i] = {} end
	end
	return done()
end

local function size(t)
	local n = 0
	for _ in pairs(t) do n = n + 1 end
	return n
end

-- Weak values go when nothing else refers to them; strings, numbers, booleans and functions of the library stay.
do
	local weak = setmetatable({}, {__mode = "v"})
	equal(getmetatable(weak).__mode, "v")
	local kept = {}
	weak.kept = kept
	weak.number = 1
	weak.string = "a string"
	weak.boolean = true
	weak.float = 1.5
	for i = 1, 100 do weak[i] = {i} end
	for i = 101, 110 do weak[i] = i end
	weak.gone = {}
	weak.closure = (function() local x = {} return function() return x end end)()
	equal(collect(function() return weak.gone == nil and weak.closure == nil and weak[1] == nil and weak[50] == nil and weak[100] == nil end), true)
	equal(weak.kept, kept)
	equal(weak.number, 1)
	equal(weak.string, "a string")
	equal(weak.boolean, true)
	equal(weak.float, 1.5)
	for i = 101, 110 do equal(weak[i], i) end
	equal(collect(function() return size(weak) == 15 end), true)
end

-- Weak keys.
do
	local weak = setmetatable({}, {__mode = "k"})
	local kept = {}
	weak[kept] = "kept"
	weak[1] = {}
	weak.string = {}
	for _ = 1, 100 do weak[{}] = "value" end
	equal(collect(function() return size(weak) == 3 end), true)
	equal(weak[kept], "kept")
	equal(type(weak[1]), "table")
	equal(type(weak.string), "table")
	kept = nil
	equal(collect(function() return size(weak) == 2 end), true)
end

-- Both.
do
	local weak = setmetatable({}, {__mode = "kv"})
	local key, value = {}, {}
	weak[key] = value
	weak[{}] = value
	weak[key] = value
	weak[1] = {}
	weak.x = value
	equal(collect(function() return size(weak) == 2 end), true)
	equal(weak[key], value)
	equal(weak.x, value)
	value = nil
	equal(collect(function() return size(weak) == 0 end), true)
	equal(type(key), "table")
end

-- A table that is not weak keeps its keys and values.
do
	local strong = {}
	for i = 1, 10 do strong[{}] = {i} end
	for _ = 1, 5 do collectgarbage() end
	equal(size(strong), 10)
	setmetatable(strong, {__mode = "x"})
	for _ = 1, 5 do collectgarbage() end
	equal(size(strong), 10)
end

-- The mode can be set on a table that is filled already.
do
	local t = {{}, {}, {}}
	setmetatable(t, {__mode = "v"})
	equal(collect(function() return size(t) == 0 end), true)
end

-- A weak value that is reachable from elsewhere stays: through locals, upvalues, other tables, coroutines.
do
	local weak = setmetatable({}, {__mode = "v"})
	local holder = {deep = {er = {}}}
	weak.table = holder.deep.er
	local function up() local v = {} weak.upvalue = v return function() return v end end
	local closure = up()
	local co = coroutine.create(function() local v = {} weak.thread = v coroutine.yield() return v end)
	coroutine.resume(co)
	for _ = 1, 10 do collectgarbage() end
	equal(weak.table, holder.deep.er)
	equal(weak.upvalue, closure())
	equal(type(weak.thread), "table")
	equal(coroutine.status(co), "suspended")
	equal(select(2, coroutine.resume(co)), weak.thread)
	holder.deep = nil
	closure = nil
	equal(collect(function() return weak.table == nil and weak.upvalue == nil end), true)
end

-- A coroutine and a cycle that nothing refers to are collected.
do
	local weak = setmetatable({}, {__mode = "v"})
	do
		local a, b = {}, {}
		a.b, b.a = b, a
		weak.a, weak.b = a, b
		local co = coroutine.create(function() coroutine.yield() end)
		coroutine.resume(co)
		weak.co = co
	end
	equal(collect(function() return weak.a == nil and weak.b == nil and weak.co == nil end), true)
end

-- __gc is called once, with the object, after it became unreachable.
do
	local calls, got = 0, nil
	local mt = {__gc = function(object) calls = calls + 1 got = object.name end}
	do setmetatable({name = "object"}, mt) end
	equal(collect(function() return calls > 0 end), true)
	equal(calls, 1)
	equal(got, "object")
	for _ = 1, 10 do collectgarbage() end
	equal(calls, 1)
	-- Many objects: each once.
	local count, sum = 0, 0
	local many = {__gc = function(o) count = count + 1 sum = sum + o.i end}
	for i = 1, 100 do setmetatable({i = i}, many) end
	equal(collect(function() return count >= 100 end), true)
	equal(count, 100)
	equal(sum, 5050)
	-- One that is reachable is not finalized.
	local alive, dead = setmetatable({name = "alive"}, mt), nil
	calls = 0
	for _ = 1, 10 do collectgarbage() end
	equal(calls, 0)
	equal(alive.name, "alive")
	alive = dead
	equal(collect(function() return calls > 0 end), true)
	equal(got, "alive")
end

-- An error in a finalizer is not raised into the program.
do
	local ran = false
	warn("@off")
	do setmetatable({}, {__gc = function() ran = true error("in the finalizer") end}) end
	equal(collect(function() return ran end), true)
end

-- A finalizer that brings its object back: the object lives on and is not finalized again.
do
	local calls, back = 0, nil
	do setmetatable({name = "phoenix"}, {__gc = function(o) calls = calls + 1 back = o end}) end
	equal(collect(function() return back ~= nil end), true)
	equal(back.name, "phoenix")
	equal(calls, 1)
	for _ = 1, 10 do collectgarbage() end
	equal(back.name, "phoenix")
	back = nil
	for _ = 1, 10 do collectgarbage() end
	equal(calls, 1)
end

-- A __gc that is no function is ignored.
do
	setmetatable({}, {__gc = true})
	setmetatable({}, {__gc = "x"})
	for _ = 1, 3 do collectgarbage() end
	equal(true, true)
end

-- collectgarbage: options and what they give.
do
	equal(collectgarbage(), 0)
	equal(collectgarbage("collect"), 0)
	equal(math.type(collectgarbage("count")), "float")
	equal(collectgarbage("count") > 0, true)
	equal(type(collectgarbage("step")), "boolean")
	equal(collectgarbage("isrunning"), true)
	equal(collectgarbage("stop"), 0)
	equal(collectgarbage("isrunning"), false)
	equal(collectgarbage("restart"), 0)
	equal(collectgarbage("isrunning"), true)
	check.message(collectgarbage, "bad argument #1 to 'collectgarbage' (invalid option 'nosuch')", "nosuch")
	local mode = collectgarbage("incremental")
	equal(mode == "incremental" or mode == "generational", true)
	equal(collectgarbage("generational"), "incremental")
	equal(collectgarbage("incremental"), "generational")
end

-- Memory of what is gone comes back.
do
	collectgarbage() collectgarbage()
	local before = collectgarbage("count")
	local t = {}
	for i = 1, 200000 do t[i] = {i} end
	equal(collectgarbage("count") - before > 5000, true)
	t = nil
	equal(collect(function() return collectgarbage("count") - before < 3000 end), true)
end

check.done()
