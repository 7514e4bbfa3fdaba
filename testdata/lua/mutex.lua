-- silly.sync.mutex.
local mutex, task, time = require "silly.sync.mutex", require "silly.task", require "silly.time"
local m = mutex.new()

-- One at a time, in the order of the asking; other keys do not wait.
do
	local order, left = {}, 0
	for i = 1, 4 do
		left = left + 1
		task.fork(function()
			local lock <close> = m:lock "a"
			order[#order + 1] = "in" .. i
			time.sleep(2)
			order[#order + 1] = "out" .. i
			left = left - 1
		end)
	end
	task.fork(function()
		local lock <close> = m:lock "b"
		order[#order + 1] = "b"
	end)
	eventually(function() return left == 0 end)
	eq(table.concat(order, " "), "in1 b out1 in2 out2 in3 out3 in4 out4")
end

-- The same task may hold it several times, and releases it as often; a lock is released once, whoever does it.
do
	local one, two = m:lock "a", m:lock "a"
	local got = false
	task.fork(function() local lock <close> = m:lock "a" got = true end)
	time.sleep(1)
	one:unlock() one:unlock() one:unlock()
	time.sleep(1)
	eq(got, false)
	task.fork(function() two:unlock() end)
	eventually(function() return got end)
end

-- An error releases it.
fails("oops", function() local lock <close> = m:lock "e" error "oops" end)
do local lock <close> = m:lock "e" end

-- Any key: a table by identity, an integer and its float are one, false is a key.
do
	local key = {}
	local held = {m:lock(key), m:lock(1), m:lock(false), m:lock(math.maxinteger)}
	local free, waits = 0, 0
	for _, k in ipairs {{}, "1", true, math.maxinteger - 1} do
		task.fork(function() local lock <close> = m:lock(k) free = free + 1 end)
	end
	for _, k in ipairs {key, 1.0, false, math.maxinteger} do
		task.fork(function() local lock <close> = m:lock(k) waits = waits + 1 end)
	end
	time.sleep(5)
	eq(list(free, waits), "4 0")
	for _, lock in ipairs(held) do lock:unlock() end
	eventually(function() return waits == 4 end)
end

-- A task that is woken by another has no lock, and is in nobody's way.
do
	local lock = m:lock "w"
	local results = {}
	local waiter = task.fork(function() results[1] = tostring(m:lock "w") end)
	task.fork(function() local l <close> = m:lock "w" results[2] = "got it" end)
	time.sleep(1)
	task.wakeup(waiter)
	time.sleep(1)
	lock:unlock()
	eventually(function() return results[2] end)
	eq(results[1], "nil")
end

fails("bad argument #1 to 'lock' %(key expected, got nil%)", function() m:lock(nil) end)
fails("bad argument #1 to 'lock' %(key expected", function() m:lock(0 / 0) end)
fails("mutex expected", m.lock, {}, "a")
fails("attempt to index", function() mutex.new().x.y = 1 end)
