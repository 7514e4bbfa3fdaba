-- silly.sync.waitgroup.
local waitgroup, task, time = require "silly.sync.waitgroup", require "silly.task", require "silly.time"

-- It waits for all, also for those that come later, and returns at once when there is none.
local wg = waitgroup.new()
wg:wait()
local n = 0
for i = 1, 100 do
	local thread = wg:fork(function()
		time.sleep(i % 7)
		if i == 100 then wg:fork(function() time.sleep(10) n = n + 1 end) end
		n = n + 1
	end)
	eq(type(thread), "thread")
	eq(task.status(thread), "READY")
end
wg:wait()
eq(n, 101)

-- One task waits.
wg:fork(function() time.sleep(20) end)
local waiter = task.fork(function() wg:wait() n = 0 end)
time.sleep(1)
fails("another task waits for this waitgroup", wg.wait, wg)
eventually(function() return n == 0 end)

-- Whom somebody else wakes does not wait any more.
local hold = wg:fork(function() task.wait() end)
waiter = task.fork(function() wg:wait() n = -1 end)
time.sleep(1)
task.wakeup(waiter)
eventually(function() return n == -1 end)
task.wakeup(hold)
wg:wait()

fails("function expected, got nil", wg.fork, wg, nil)
fails("waitgroup expected", wg.wait, {})
