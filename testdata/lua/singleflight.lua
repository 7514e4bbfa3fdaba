-- silly.sync.singleflight.
local singleflight, task, time = require "silly.sync.singleflight", require "silly.task", require "silly.time"

-- Calls of the same key at the same time are one; other keys do not wait; later calls are new ones.
local calls = {}
local group = singleflight.new(function(key)
	calls[key] = (calls[key] or 0) + 1
	time.sleep(key == "slow" and 50 or 5)
	return key, nil, calls[key], nil
end)
local done, order = 0, {}
for i = 1, 100 do
	for _, key in ipairs {"slow", "fast"} do
		task.fork(function()
			eq(select("#", group:call(key)), 4)
			order[#order + 1] = key
			done = done + 1
		end)
	end
end
eventually(function() return done == 200 end)
eq(list(calls.slow, calls.fast), "1 1")
eq(order[100], "fast")
eq(order[101], "slow")
eq(list(group:call "fast"), "fast nil 2 nil")

-- An error reaches all, as it is; the next call is new.
local object, fail = setmetatable({}, {__tostring = function() return "object" end}), true
local failing = singleflight.new(function()
	time.sleep(1)
	if fail then error(object) end
	return "good"
end)
local errors = 0
for _ = 1, 10 do
	task.fork(function()
		local ok, err = pcall(failing.call, failing, 1)
		eq(ok, false)
		eq(err, object)
		errors = errors + 1
	end)
end
eventually(function() return errors == 10 end)
fail = false
eq(failing:call(1.0), "good")
fails("^test.lua:%d+: oops$", function() singleflight.new(function() error "oops" end):call(1) end)

-- Without results, with many, of a function that does not wait.
eq(select("#", singleflight.new(function() end):call "x"), 0)
eq(select("#", singleflight.new(function() return table.unpack({}, 1, 5000) end):call "x"), 5000)
eq(singleflight.new(string.upper):call "x", "X")

-- It works where it is called: in coroutines, iterators, sort; and a coroutine that is given up harms nobody.
local co = coroutine.wrap(function() coroutine.yield(group:call "co") coroutine.yield(group:call "co") end)
eq(co(), "co")
eq(list(co()), "co nil 2 nil")
local started = false
local stuck = singleflight.new(function() started = true time.sleep(5) return "result" end)
local abandoned = coroutine.create(function() stuck:call "k" end)
task.fork(function() coroutine.resume(abandoned) end)
eventually(function() return started end)
eq(stuck:call "k", "result")
local inner = coroutine.create(function() return pcall(stuck.call, singleflight.new(function() error "in a coroutine" end), 1) end)
eq(select(3, coroutine.resume(inner)):match ": (.*)", "in a coroutine")
local sorted = {3, 1, 2}
table.sort(sorted, function(a, b) return singleflight.new(function() time.sleep(0) return a < b end):call(1) end)
eq(table.concat(sorted), "123")

-- Whom somebody else wakes does not wait any more.
local release = false
local held = singleflight.new(function() while not release do time.sleep(1) end return "late" end)
task.fork(function() held:call "k" end)
local result = "none"
local waiter = task.fork(function() result = held:call "k" end)
time.sleep(2)
task.wakeup(waiter)
eventually(function() return result == nil end)
release = true

local again
again = singleflight.new(function(key) return again:call(key) end)
fails("the function calls itself with the same key", again.call, again, "x")
fails("bad argument #2 to 'singleflight:call' %(key expected, got nil%)", group.call, group, nil)
fails("key expected", group.call, group, 0 / 0)
fails("bad argument #1 to 'singleflight.new' %(function expected, got nil%)", singleflight.new, nil)
fails("singleflight expected, got table", group.call, {}, 1)
