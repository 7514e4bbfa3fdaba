-- silly.perf.
local perf, task, time = require "silly.perf", require "silly.task", require "silly.time"
local ms = 1000000

local start = perf.hrtime()
eq(math.type(start), "integer")
time.sleep(5)
if perf.hrtime() - start < 5 * ms then error "the clock is slow" end

-- compute takes some milliseconds of the VM.
local function compute(milliseconds)
	local stop = perf.hrtime() + milliseconds * ms
	repeat until perf.hrtime() >= stop
end
-- between raises unless the time of a section lies between two times in milliseconds.
local function between(name, low, high)
	local took = perf.dump(name).time / ms
	if took < low or took > high then error(name .. " took " .. took .. " ms", 2) end
end

eq(next(perf.dump()), nil)
eq(perf.dump "nothing", nil)
perf.start "computes"
compute(10)
perf.stop "computes"
between("computes", 10, 5000)
for _ = 1, 3 do
	perf.start "several"
	perf.start "inner"
	perf.stop "several"
	perf.stop "inner"
end
eq(perf.dump "several".call, 3)
eq(math.type(perf.dump "several".time), "integer")
local names = {}
for name, data in pairs(perf.dump()) do names[#names + 1] = name .. data.call end
table.sort(names)
eq(table.concat(names, " "), "computes1 inner3 several3")

-- What a task waits does not count, however it waits; what others compute meanwhile neither.
local done = 0
task.fork(function()
	perf.start "sleeps"
	time.sleep(300)
	compute(2)
	table.sort({1, 2}, function() time.sleep(300) return false end)
	perf.stop "sleeps"
	done = done + 1
end)
task.fork(function()
	perf.start "waits"
	coroutine.wrap(function()
		perf.start "coroutine"
		task.wait()
		perf.stop "coroutine"
	end)()
	perf.stop "waits"
	done = done + 1
end)
local waiter
eventually(function() for thread, t in pairs(task.inspect()) do if t.status == "WAIT" then waiter = thread return true end end end)
compute(300)
task.wakeup(waiter)
eventually(function() return done == 2 end)
between("sleeps", 2, 250)
between("waits", 0, 250)
between("coroutine", 0, 250)

-- A scheduler of the script says itself when a coroutine waits.
local co = coroutine.create(function()
	perf.start "own"
	compute(2)
	perf.yield()
	coroutine.yield()
	compute(2)
	perf.stop "own"
end)
coroutine.resume(co)
compute(300)
perf.resume(co)
coroutine.resume(co)
between("own", 4, 250)

-- Each coroutine has sections of its own; two tasks may resume one.
perf.start "same"
coroutine.wrap(function() perf.start "same" perf.stop "same" end)()
perf.stop "same"
eq(perf.dump "same".call, 2)
co = coroutine.create(function() perf.start "moves" coroutine.yield() perf.stop "moves" end)
task.fork(function() coroutine.resume(co) compute(5) done = 3 end)
eventually(function() return done == 3 end)
coroutine.resume(co)
between("moves", 5, 5000)

-- Coroutines that end without stopping a section are not kept.
local weak = setmetatable({}, {__mode = "k"})
for _ = 1, 50 do
	local left = coroutine.create(function() perf.start "left" end)
	weak[left] = true
	coroutine.resume(left)
end
collectgarbage() collectgarbage()
local kept = 0
for _ in pairs(weak) do kept = kept + 1 end
if kept > 5 then error(kept .. " coroutines are kept") end
eq(perf.dump "left", nil)

perf.start "open"
fails("section 'open' has been started already", perf.start, "open")
fails("section 'closed' has not been started", perf.stop, "closed")
perf.stop "open"
fails("section 'open' has not been started", perf.stop, "open")
perf.yield()
fails("bad argument #1 to 'perf.start' %(string expected, got nil%)", perf.start, nil)
fails("bad argument #1 to 'perf.resume' %(thread expected, got nil%)", perf.resume, nil)
