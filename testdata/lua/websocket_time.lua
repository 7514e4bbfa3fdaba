-- What counts as silence, and that reads end in time.
local http = require "silly.net.http"
local websocket = require "silly.net.websocket"
local task = require "silly.task"
local time = require "silly.time"
local channel = require "silly.sync.channel"

local options, serve -- of the next socket
local served = channel.new()
local server = assert(http.listen {addr = "127.0.0.1:8080", handler = function(stream)
	local sock = assert(websocket.upgrade(stream, options))
	served:push({pcall(serve, sock)})
end})
-- connect connects with opts to a server that upgrades with sopts and runs f.
local function connect(opts, sopts, f)
	options, serve = sopts, f
	return assert(websocket.connect("ws://127.0.0.1:8080/", nil, opts))
end
local function finish()
	local r = served:pop()
	if not r[1] then error(r[2], 2) end
	return table.unpack(r, 2)
end
local silent = {ping_interval = 0, idle_timeout = 0}

-- A read keeps its timeout and its idle timeout after a close frame was written, by this task or another one, and the
-- closing handshake is limited.
local hold
local function mute() hold = task.running() task.wait() end -- never reads: does not answer the close frame
local function close_and_read(opts, timeout, other)
	local sock = connect(opts, silent, mute)
	local began = time.monotonic()
	if other then
		task.fork(function() time.sleep(20) sock:write("", "close") end)
	else
		eq(sock:write("", "close"), true)
	end
	local data, err, partial = sock:read(timeout)
	eq(data, nil) eq(partial, "")
	task.wakeup(hold)
	finish()
	return err, time.monotonic() - began
end
for _, other in ipairs {false, true} do
	eq(close_and_read(silent, 200, other), "timeout")
	eq(close_and_read({ping_interval = 50, idle_timeout = 300}, nil, other), "idle timeout: the peer is silent")
	eq(close_and_read({ping_interval = 50, idle_timeout = 300}, 100, other), "timeout")
end
local err, took = close_and_read(silent, nil, true)
eq(err, "socket closed")
assert(took >= 2900, took)
-- Nobody has to read for that.
do
	local sock = connect(silent, silent, mute)
	sock:write("", "close")
	eq(sock.conn:isalive(), false)
	eventually(function() return sock:read(1) == nil and select(2, sock:read(1)) == "socket closed" end)
	task.wakeup(hold)
	finish()
end

-- What arrives slowly is not silent, and its sender is not pinged.
local function in_pieces(role)
	local function send(sock)
		for i = 1, 13 do
			sock:write("x", "pong") -- a byte of the protocol, whichever
			time.sleep(100)
		end
		sock:write("end", "text")
	end
	local function receive(sock)
		local data, typ
		repeat data, typ = sock:read() until typ ~= "pong"
		return data, typ
	end
	local watched = {ping_interval = 0, idle_timeout = 1000}
	local sock = connect(role == "client" and watched or silent, role == "server" and watched or silent, role == "client" and send or receive)
	if role == "client" then
		eq(list(receive(sock)), "end text")
	else
		send(sock)
		eq(list(finish()), "end text")
	end
	sock:close()
	if role == "client" then finish() end
end
in_pieces "client"
in_pieces "server"

-- The host's own lateness is not the peer's silence: the peer had no ping to answer.
do
	local sock = connect(silent, {ping_interval = 200, idle_timeout = 500}, function(s) return s:read() end)
	task.fork(function() while sock:read() do end end) -- answers pings
	local busy = time.monotonic() + 1500
	time.sleep(0)
	while time.monotonic() < busy do end
	time.sleep(100)
	sock:write("here", "text")
	eq(list(finish()), "here text")
	sock:close()
end
server:close()
