-- The modules silly and silly.time.
local silly = require "silly"
local time = require "silly.time"
local task = require "silly.task"

eq(type(silly.pid), "number")
eq(type(silly.version), "string")
eq(type(silly.gitsha1), "string")
eq(list(silly.multiplexer, silly.allocator, silly.timerresolution), "netpoll go 1")

-- genid: new, exact, also from several tasks.
local seen, last = {}, 0
for _ = 1, 3 do
	task.fork(function()
		for _ = 1, 1000 do
			local id = silly.genid()
			eq(seen[id], nil)
			eq(id % 1, 0)
			seen[id] = true
		end
	end)
end
time.sleep(0)

-- tostring is an identity, whatever __tostring says.
local t = setmetatable({}, {__tostring = function() return "liar" end})
assert(silly.tostring(t):match("^table: 0x%x+$"), silly.tostring(t))
eq(silly.tostring(t), silly.tostring(t))
assert(silly.tostring(t) ~= silly.tostring({}))
eq(silly.tostring(nil), "nil")
fails("value expected", function() silly.tostring() end)

-- pcall with a traceback.
eq(list(silly.pcall(function(a, b) return b, a end, 1, 2)), "true 2 1")
local ok, err = silly.pcall(function() local function inner() error("deep") end inner() end)
eq(ok, false)
assert(err:find("^test.lua:35: deep\nstack traceback:\n"), err)
assert(err:find("in local 'inner'", 1, true), err)
ok, err = silly.pcall(error, {code = 1})
assert(err:find("error object is a table value", 1, true), err)

-- error only logs.
eq(silly.error("logged, not raised"), nil)

-- The clocks.
assert(time.now() > 1.6e12 and time.now() % 1 == 0)
local m = time.monotonic()
time.sleep(20)
local slept = time.monotonic() - m
assert(slept >= 19, slept)
eq(m % 1, 0)
time.sleep(-5)
time.sleep(0.5)
fails("bad argument #1 to 'sleep' %(number expected, got nil%)", function() time.sleep(nil) end)
fails("bad argument #1 to 'cancel' %(number expected, got no value%)", function() time.cancel() end)
fails("number has no integer representation", function() time.cancel(1.5) end)

-- task.fork: its argument, and misuse.
local got
task.fork(function(...) got = list(select("#", ...), ...) end, "ud")
time.sleep(0)
eq(got, "1 ud")
task.fork(function(...) got = select("#", ...) end)
time.sleep(0)
eq(got, 0)
fails("bad argument #1 to 'fork' %(function expected, got nil%)", function() task.fork(nil) end)
fails("bad argument #1 to 'status' %(thread expected, got number%)", function() task.status(1) end)

-- A handle stays with its task: no later task can be mistaken for it.
local first = task.fork(function() end)
time.sleep(0)
local second = task.fork(function() task.wait() end)
time.sleep(0)
eq(first == second, false)
eq(list(task.status(first), task.status(second)), "nil WAIT")
task.wakeup(second)
