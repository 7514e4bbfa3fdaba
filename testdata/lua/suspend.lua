-- A task that waits in a native function which Lua code has called leaves it and is continued later; any other
-- task waits where it is. Scripts must not see the difference.
local task = require "silly.task"
local channel = require "silly.sync.channel"
local time = require "silly.time"

local function later(ch, ...)
	for i = 1, select("#", ...) do
		local v = select(i, ...)
		time.after(0, function() ch:push(v) end)
	end
end

local function all()
	-- Each shape of call gets its results, as many as it asks for.
	do
		local ch = channel.new()
		later(ch, 1)
		local a, b, c = ch:pop()
		eq(list(a, b, c), list(1, nil, nil))
		later(ch, 2)
		eq(select("#", ch:pop()), 1)
		later(ch, 3)
		eq(({ch:pop()})[1], 3)
		later(ch, 4)
		ch:pop()
		local function sum(...) local s = 0; for _, v in ipairs {...} do s = s + v end; return s end
		later(ch, 5)
		eq(sum(10, 20, ch:pop()), 35)
		later(ch, 6)
		eq((ch:pop()) + 1, 7)
		local function tail() return ch:pop() end
		later(ch, 7)
		eq(tail(), 7)
		later(ch, 7)
		local a, b = tail()
		eq(list(a, b), list(7, nil))
		task.fork(tail)
		time.sleep(0)
		later(ch, 7.5)
		time.sleep(1)
		local function tailOfTail() return tail() end
		later(ch, 8)
		eq(tailOfTail(), 8)
		later(ch, 9, 10)
		eq(ch:pop() .. "-" .. ch:pop(), "9-10")
		time.after(0, function() ch:close("over") end)
		eq(list(ch:pop()), list(nil, "over"))
		eq(list(time.sleep(0)), list())
		local x, y = time.sleep(1)
		eq(list(x, y), list(nil, nil))
	end

	-- Locals, arguments and upvalues of all functions around it survive, also while others change them.
	do
		local ch = channel.new()
		local function collect(first, ...)
			local before, x, y, z = select("#", ...), 1, 2, 3
			local function change() x = x + 10; y = nil end
			time.after(0, function() change(); ch:push("go") end)
			local got = ch:pop()
			return first, before, x, y, z, got, ...
		end
		eq(list(collect("a", "b", nil, "d")), list("a", 3, 11, nil, 3, "go", "b", nil, "d"))

		local log = {}
		local readers = {}
		for i = 1, 50 do
			local count = 0
			readers[i] = {
				channel = channel.new(),
				count = function() return count end,
				task = task.fork(function()
					while true do
						local v = readers[i].channel:pop()
						if not v then break end
						count = count + v
					end
					log[#log + 1] = i
				end),
			}
		end
		for round = 1, 20 do
			for i = 1, 50 do readers[i].channel:push(i) end
			time.sleep(0)
			for i = 1, 50 do eq(readers[i].count(), round * i) end
		end
		for i = 50, 1, -1 do readers[i].channel:close() end
		time.sleep(0)
		eq(#log, 50)
		eq(log[1], 50)
	end

	-- At any depth of calls, and with many values on the stack.
	do
		local ch = channel.new()
		local function deep(n)
			if n == 0 then return (ch:pop()) end
			local a, b, c, d = n, n + 1, n + 2, n + 3
			local v = deep(n - 1)
			eq(a + b + c + d, 4 * n + 6)
			return v + 1
		end
		for _, n in ipairs {0, 1, 5, 7, 8, 30, 31, 32, 33, 100, 1000} do
			later(ch, 0)
			eq(deep(n), n)
		end
		local function count(n) if n == 0 then return 0 end return 1 + count(n - 1) end
		later(ch, 2000)
		eq(count(ch:pop()), 2000)
		local many = {}
		for i = 1, 200 do many[i] = i end
		local function spread(...)
			later(ch, "x")
			local v = ch:pop()
			return v, select("#", ...), (select(200, ...))
		end
		eq(list(spread(unpack(many))), list("x", 200, 200))
	end

	-- In the midst of Go code a task waits there.
	do
		local ch = channel.new()
		later(ch, 1)
		eq(list(pcall(ch.pop, ch)), list(true, 1))
		later(ch, 2)
		eq(list(pcall(function() return ch:pop() end)), list(true, 2))
		later(ch, 3)
		eq(tostring(setmetatable({}, {__index = function() return ch:pop() end}).x), "3")
		later(ch, 4)
		eq((("x"):gsub("x", function() return ch:pop() end)), "4")
		later(ch, 5, 6, 7)
		time.after(1, function() ch:close() end)
		local got = {}
		for v in ch.pop, ch do got[#got + 1] = v end
		eq(list(unpack(got)), list(5, 6, 7))
		local ch = channel.new()
		later(ch, 8)
		local co = coroutine.wrap(function() coroutine.yield(ch:pop()); return "end" end)
		eq(co(), 8)
		eq(co(), "end")
	end

	-- An error after a wait knows its line and its calls; a task that waits shows them.
	do
		local ch = channel.new()
		local function fails() ch:pop(); error("after") end
		later(ch, 1)
		local ok, err = pcall(fails)
		eq(ok, false)
		eq(err:match(":%d+: after$") ~= nil, true)
		local t = task.fork(function() local function inner() ch:pop(); return 1 end; inner() end)
		time.sleep(0)
		local traceback = debug.traceback(t)
		eq(traceback:match("function 'channel:pop'.*local 'inner'") ~= nil, true)
		eq(task.inspect()[t].traceback, traceback)
		ch:push(1)
		time.sleep(0)
		eq(task.status(t), nil)
	end
end

-- The main script has a thread of its own; tasks borrow parts of theirs.
all()
local done = channel.new()
task.fork(function() all(); done:push(true) end)
eq(done:pop(), true)

-- Nothing is left behind by each wait.
for _ = 1, 300000 do time.sleep(0) end
