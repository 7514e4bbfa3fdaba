-- silly.hive.
local hive, task, waitgroup, mutex = require "silly.hive", require "silly.task", require "silly.sync.waitgroup", require "silly.sync.mutex"

-- A worker is a function with a state of its own, in a VM of its own.
outside = 1
local counter = hive.spawn([[
	local begin, step = ...
	local n = begin
	return function(...)
		n = n + step.by
		return n, outside, select("#", ...), ...
	end]], 10, {by = 5})
eq(list(hive.invoke(counter)), "15 nil 0")
eq(list(hive.invoke(counter, nil, "x", nil)), "20 nil 3 nil x nil")
eq(tostring(counter):match("^hive worker: "), "hive worker: ")

-- Values come as they are, in both directions.
local echo = hive.spawn "return function(...) return ... end"
for _, v in ipairs {math.maxinteger, math.mininteger, 2^53 + 1, 0.1, -0.0, 1/0, "", "a\0b\xff", true, false} do
	local back = hive.invoke(echo, v)
	eq(back, v)
	eq(math.type(back), math.type(v))
end
local t = {1, 2, nil, 4, name = "x", [2.5] = {deep = {er = true}}}
t.self = t
local copy = hive.invoke(echo, t)
eq(copy ~= t and copy.self == copy, true)
eq(list(copy[1], copy[2], copy[3], copy[4], copy.name, copy[2.5].deep.er), "1 2 nil 4 x true")
local shared = {}
local a, b = hive.invoke(echo, shared, {shared})
eq(b[1], a)
eq(getmetatable(hive.invoke(echo, setmetatable({}, {__index = error}))), nil)
eq(hive.invoke(hive.spawn "return function(t) t.x = 1 return t end", t).x, 1)
eq(t.x, nil)

fails("bad argument #2 to '[%w.]*invoke' %(a function cannot be passed to another thread%)", hive.invoke, echo, print)
fails("bad argument #3 to .*%(a thread cannot be passed", hive.invoke, echo, 1, {{coroutine.create(print)}})
fails("an object cannot be passed to another thread", hive.invoke, echo, {mutex.new()})
fails("bad argument #2 to '[%w.]*spawn' %(a function cannot", hive.spawn, "return print", print)
local deep = {}
for _ = 1, 2000 do deep = {deep} end
fails("tables lie too deep in each other", hive.invoke, echo, deep)
fails("result: a function cannot be passed to another thread", hive.invoke, hive.spawn "return function() return print end")

-- Errors are those of the worker, and it goes on.
local failing = hive.spawn [[
	local calls = 0
	return function(what)
		calls = calls + 1
		if what == "table" then error({code = calls}) end
		if what == "text" then error("no " .. calls) end
		if what == "bare" then error("bare", 0) end
		if what == "print" then error(print) end
		return calls
	end]]
fails("^hive:5: no 1$", hive.invoke, failing, "text")
local ok, err = pcall(hive.invoke, failing, "table")
eq(list(ok, type(err), err.code), "false table 2")
fails("^bare$", hive.invoke, failing, "bare")
fails("^%(error object is a function value%)$", hive.invoke, failing, "print")
eq(hive.invoke(failing), 5)
fails("hive:2: unexpected symbol near", hive.spawn, "\nreturn )")
fails("hive:1: stop", hive.spawn, "error('stop')")
fails("the code of a worker must return a function, not a nil", hive.spawn, "")
fails("not a table", hive.spawn, "return {}")
fails("bad argument #1 to '[%w.]*spawn' %(string expected, got no value%)", hive.spawn)
fails("bad argument #1 to '[%w.]*invoke' %(hive worker expected, got nil%)", hive.invoke, nil)

-- What the function calls may wait, and modules are there.
eq(hive.invoke(hive.spawn [[
	local time, channel, task = require "silly.time", require "silly.sync.channel", require "silly.task"
	return function()
		local ch = channel.new()
		task.fork(function() time.sleep(1) ch:push("pushed") end)
		return (ch:pop())
	end]]), "pushed")

-- A worker serves one call at a time; other tasks run meanwhile.
local log, wg = {}, waitgroup.new()
local slow = hive.spawn [[
	local time, inside = require "silly.time", false
	return function(n)
		assert(not inside)
		inside = true
		time.sleep(2)
		inside = false
		return n
	end]]
for n = 1, 5 do
	wg:fork(function()
		local result = hive.invoke(slow, n)
		log[#log + 1] = result
	end)
end
log[1] = "begun"
wg:wait()
table.sort(log, function(x, y) return tostring(x) < tostring(y) end)
eq(table.concat(log, " "), "1 2 3 4 5 begun")

-- Many workers at once take as many threads as there may be, which end when there is nothing to do.
hive.limit(0, 3)
local most, wg = 0, waitgroup.new()
for _ = 1, 9 do
	wg:fork(function()
		local w = hive.spawn "local time = require 'silly.time' return function() time.sleep(5) end"
		hive.invoke(w)
		most = math.max(most, hive.threads())
	end)
end
wg:wait()
eq(most, 3)
hive.limit(1, 3)
hive.prune()
eventually(function() return hive.threads() == 1 end)
hive.limit(0, 1)
hive.prune()
eventually(function() return hive.threads() == 0 end)
eq(hive.invoke(counter), 25)
fails("bad argument #1 to '[%w.]*limit' %(number from 0 to 1024 expected%)", hive.limit, -1, 2)
fails("bad argument #2 to '[%w.]*limit' %(number from 1 to 1024 expected, not below the first%)", hive.limit, 2, 1)
fails("bad argument #2", hive.limit, 0, 0)
fails("bad argument #2", hive.limit, 0, 1025)
