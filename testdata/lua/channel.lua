-- silly.sync.channel: order, values, closing, and the wake-up that ends a pop.
local channel = require "silly.sync.channel"
local task = require "silly.task"
local time = require "silly.time"

local ch = channel.new()
eq(type(ch), "table")
eq(list(ch:push(1)), "true")
eq(list(ch:send("two")), "true")
eq(list(ch:push(false)), "true")
eq(list(ch:push(nil)), "false Nil data")
eq(list(ch:push()), "false Nil data")
eq(ch:pop(), 1)
eq(ch:recv(), "two")
eq(ch:pop(), false)

-- pop suspends while the channel is empty.
task.fork(function() time.sleep(1) ch:push("late") end)
eq(ch:pop(), "late")

-- Only one task may wait.
local first
task.fork(function() first = ch:pop() end)
time.sleep(0)
eq(list(ch:pop()), "nil Channel is mpsc")
ch:push("for the first")
time.sleep(0)
eq(first, "for the first")

-- task.wakeup ends a pop; a later push is not lost and does not raise.
local results = {}
local popper = task.fork(function() results[1] = list(ch:pop()) results[2] = list(ch:pop()) end)
time.sleep(0)
task.wakeup(popper, "ignored")
eq(list(ch:push("kept")), "true")
time.sleep(0)
time.sleep(0)
eq(results[1], "nil")
eq(results[2], "kept")
popper = task.fork(function() results[3] = list(ch:pop()) end)
time.sleep(0)
task.wakeup(popper)
time.sleep(0)
eq(results[3], "nil")
ch:push("after")
eq(ch:pop(), "after")

-- clear drops what is queued.
for i = 1, 100 do ch:push(i) end
ch:clear()
ch:push("x")
eq(ch:pop(), "x")

-- Close: what is queued can be popped, pushes fail, a waiting consumer is told.
eq(ch.reason, nil)
ch:push("rest")
ch:close("done for today")
eq(ch.reason, "done for today")
eq(list(ch:push(1)), "false done for today")
eq(ch:pop(), "rest")
eq(list(ch:pop()), "nil done for today")
eq(list(ch:pop()), "nil done for today")
ch:close("again")
eq(ch.reason, "done for today")
local other, told = channel.new(), nil
task.fork(function() told = list(other:pop()) end)
time.sleep(0)
other:close()
time.sleep(0)
eq(told, "nil channel closed")
eq(list(other:push(1)), "false channel closed")

-- Many values keep their order, whatever the interleaving.
local q, n, sum = channel.new(), 10000, 0
for p = 1, 4 do
	task.fork(function()
		for i = 1, n do
			q:push({p, i})
			if i % 97 == p then time.sleep(0) end
		end
	end)
end
local last = {0, 0, 0, 0}
for _ = 1, 4 * n do
	local v = q:pop()
	eq(v[2], last[v[1]] + 1)
	last[v[1]] = v[2]
	sum = sum + v[2]
end
eq(sum, 4 * n * (n + 1) / 2)

-- Misuse raises at the script's line.
fails("^test.lua:93: bad argument #1 to 'push' %(channel expected, got number%)", function() ch.push(1) end)
fails("calling 'pop' on bad self %(channel expected, got table%)", function() local t = {pop = ch.pop} t:pop() end)
