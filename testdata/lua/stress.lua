-- 2,000 tasks block at the same time, in every place where Lua can block, on sockets, timers and
-- channels; each result must be exact.
local task = require "silly.task"
local time = require "silly.time"
local channel = require "silly.sync.channel"
local http = require "silly.net.http"
local websocket = require "silly.net.websocket"

local N = 2000
local SOCKETS = 200

-- An echo server, and sockets that take turns between tasks.
local server = assert(http.listen {
	addr = "127.0.0.1:0",
	handler = function(stream)
		local sock = assert(websocket.upgrade(stream))
		while true do
			local data, typ = sock:read()
			if not data or typ == "close" then break end
			sock:write("echo " .. data, typ)
		end
		sock:close()
	end,
})
local free = channel.new()
local connected = channel.new()
for i = 1, SOCKETS do
	task.fork(function() connected:push(assert(websocket.connect("ws://" .. server.addr))) end)
end
local sockets = {}
for i = 1, SOCKETS do
	sockets[i] = connected:pop()
	sockets[i].lock = {}
end

-- exchange sends a message on a socket that several tasks share and returns the answer to it.
local function exchange(i)
	local sock = sockets[i % SOCKETS + 1]
	local lock = sock.lock
	if lock.busy then
		lock[#lock + 1] = task.running()
		task.wait()
	end
	lock.busy = true
	assert(sock:write("m" .. i, i % 2 == 0 and "text" or "binary"))
	local data, typ = sock:read()
	lock.busy = false
	if lock[1] then
		lock.busy = true
		task.wakeup(table.remove(lock, 1))
	end
	assert(typ == (i % 2 == 0 and "text" or "binary"), typ)
	return data == "echo m" .. i and i or ("wrong answer " .. tostring(data) .. " for " .. i)
end

-- Three things to wait for; each returns i.
local ways = {
	exchange,
	function(i) time.sleep(i % 7) return i end,
	function(i)
		local ch = channel.new()
		task.fork(function() time.sleep(i % 3) ch:push(i) end)
		return ch:pop()
	end,
}

-- The places; each calls wait(i) there and returns what came back.
local places = {
	function(wait, i) return wait(i) end,
	function(wait, i) return select(2, pcall(wait, i)) end,
	function(wait, i) return select(2, xpcall(wait, debug.traceback, i)) end,
	function(wait, i) for v in function(_, last) if not last then return wait(i) end end do return v end end,
	function(wait, i) return setmetatable({}, {__index = function() return wait(i) end}).field end,
	function(wait, i) return setmetatable({}, {__add = function(_, b) return wait(b) end}) + i end,
	function(wait, i)
		local r
		table.sort({2, 1}, function(a, b) r = r or wait(i) return a < b end)
		return r
	end,
	function(wait, i) return tonumber((string.gsub("x", "x", function() return wait(i) end))) end,
	function(wait, i)
		package.preload["m" .. i] = function() return {wait(i)} end
		return require("m" .. i)[1]
	end,
	function(wait, i) return coroutine.wrap(function() return wait(i) end)() end,
	function(wait, i)
		local co = coroutine.wrap(function() coroutine.yield(wait(i)) return "no" end)
		return co()
	end,
	function(wait, i)
		local ok, err = pcall(function() error({wait(i)}) end)
		return not ok and err[1]
	end,
}

local done = channel.new()
local started = 0
for i = 1, N do
	task.fork(function()
		started = started + 1
		local place = places[i % #places + 1]
		local way = ways[math.floor(i / #places) % #ways + 1]
		done:push({i, place(way, i)})
	end)
end
local sum, seen = 0, {}
for _ = 1, N do
	local r = done:pop()
	eq(r[2], r[1])
	eq(seen[r[1]], nil)
	seen[r[1]] = true
	sum = sum + r[2]
end
eq(started, N)
eq(sum, N * (N + 1) / 2)
for _, sock in ipairs(sockets) do sock:close() end
server:close()
