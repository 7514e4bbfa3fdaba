-- silly.net.websocket: both sides in one script.
local http = require "silly.net.http"
local websocket = require "silly.net.websocket"
local task = require "silly.task"
local time = require "silly.time"
local channel = require "silly.sync.channel"

local serve -- what the server does with the next socket
local served = channel.new()
local server = assert(http.listen {addr = "127.0.0.1:8080", handler = function(stream)
	eq(stream.header["upgrade"], "websocket")
	local sock = assert(websocket.upgrade(stream))
	served:push({pcall(serve, sock, stream)})
end})
local url = "ws://127.0.0.1:8080/path?q=1"
-- both runs one side in the server and returns the socket of the other.
local function both(f, header)
	serve = f
	return assert(websocket.connect(url, header))
end
local function finish() local r = served:pop() if not r[1] then error(r[2], 2) end end

-- Every type; nil and "" are empty messages; the default type is binary.
local sock = both(function(sock)
	for _, want in ipairs {"hi text", " text", " binary", "\0\255 binary", "p ping", "q pong", " ping"} do
		local data, typ = sock:read()
		eq(data .. " " .. typ, want)
	end
	eq(list(sock:read()), "\3\232over close")
	sock:close()
	eq(list(sock:read()), "nil socket closed ")
end)
eq(sock:write("hi", "text"), true)
eq(sock:write("", "text"), true)
eq(sock:write(), true)
eq(sock:write("\0\255", "binary"), true)
eq(sock:write("p", "ping"), true)
eq(sock:write("q", "pong"), true)
eq(sock:write(nil, "ping"), true)
eq(list(sock:write(("x"):rep(126), "ping")), "false control frame payload exceeds 125 bytes")
eq(list(sock:write("\255", "text")), "false text is not valid utf-8")
eq(list(sock:write("x", "close")), "false close payload of one byte: it is empty, or a code in two bytes and a reason")
eq(sock:write("\3\232over", "close"), true)
eq(list(sock:write("late")), "false socket closed")
eq(select(2, sock:read()), "pong")
eq(select(2, sock:read()), "pong")
eq(list(sock:read()), "\3\232 close")
for _ = 1, 3 do eq(list(sock:read()), "nil socket closed ") end
sock:close()
sock:close()
eq(list(sock:write("x")), "false socket closed")
finish()

-- The objects and their fields.
sock = both(function(sock, stream)
	eq(sock.stream, stream)
	eq(sock.stream.path, "/path")
	eq(sock.stream.header["x-own"], "7")
	eq(sock.remoteaddr, stream.remoteaddr)
	eq(sock.conn:isalive(), true)
	sock.name = "bob"
	eq(sock.name, "bob")
	local set = {[sock] = true}
	eq(set[sock], true)
	eq(select(2, sock:read()), "close")
	sock:close()
	eq(sock.conn:isalive(), false)
	eq(list(stream:respond(200, {})), "false stream is closed")
	eq(list(websocket.upgrade(stream)), "nil stream is closed")
end, {["X-Own"] = 7})
eq(type(sock), "table")
eq(sock.stream.status, 101)
eq(sock.stream.header["upgrade"]:lower(), "websocket")
eq(sock.conn.remoteaddr, "127.0.0.1:8080")
sock:close()
finish()

-- Large messages go out in fragments and come back whole; control frames pass between.
local big = ("0123456789abcdef"):rep(65536) -- 1 MiB
sock = both(function(sock)
	for _, n in ipairs {65535, 65536, 65537, 1048576} do
		local data, typ = sock:read()
		eq(typ, "text")
		eq(#data, n)
		assert(data == big:sub(1, n))
		sock:write(data, "binary")
	end
	sock:read()
	sock:close()
end)
for _, n in ipairs {65535, 65536, 65537, 1048576} do
	eq(sock:write(big:sub(1, n), "text"), true)
	local data, typ = sock:read()
	eq(typ, "binary")
	assert(data == big:sub(1, n))
end
sock:close()
finish()

-- Several tasks write to one socket; every message stays whole.
sock = both(function(sock)
	local seen = {}
	for _ = 1, 40 do
		local data = sock:read()
		local letter = data:sub(1, 1)
		eq(data, letter:rep(#data))
		seen[letter .. #data] = (seen[letter .. #data] or 0) + 1
	end
	for _, letter in ipairs {"a", "b", "c", "d"} do
		eq(seen[letter .. 200000], 5)
		eq(seen[letter .. 10], 5)
	end
	sock:close()
end)
for _, letter in ipairs {"a", "b", "c", "d"} do
	task.fork(function()
		for _ = 1, 5 do
			assert(sock:write(letter:rep(200000)))
			assert(sock:write(letter:rep(10)))
		end
	end)
end
eq(select(2, sock:read()), "close")
finish()

-- A read with a timeout leaves the connection usable.
local go = channel.new()
sock = both(function(sock)
	go:pop()
	sock:write("late", "text")
	sock:read()
	sock:close()
end)
eq(list(sock:read(5)), "nil timeout ")
eq(list(sock:read(0)), "nil timeout ")
go:push(true)
eq(list(sock:read(10000)), "late text")
sock:close()
finish()

-- Closing while another task reads gives that task its error at once; a second reader is refused.
sock = both(function(sock) eq(select(2, sock:read()), "close") sock:close() end)
local blocked, second
task.fork(function() blocked = list(sock:read()) end)
task.fork(function() second = list(sock:read()) end)
time.sleep(0)
eq(second, "nil another task reads this socket ")
sock:close(4001, "because")
eventually(function() return blocked end)
eq(blocked, "nil socket closed ")
finish()

-- Codes and reasons.
sock = both(function(sock)
	eq(list(sock:read()), "\15\161why close")
	sock:close()
end)
fails("close code expected", function() sock:close(1005) end)
fails("close code expected", function() sock:close(999) end)
fails("bad argument #2 to 'close'", function() sock:close(1000, ("x"):rep(124)) end)
sock:close(4001, "why")
finish()

-- After the peer's close frame nothing can be sent that it would not read: no write pretends to.
sock = both(function(sock) sock:close(1000, "done") end)
eq(list(sock:read()), "\3\232done close")
eq(list(sock:write("lost", "text")), "false socket closed")
eq(list(sock:write(("x"):rep(100000))), "false socket closed")
eq(list(sock:write("lost", "ping")), "false socket closed")
eq(sock:write("\3\232", "close"), true)
finish()

-- A peer that goes away without a close frame.
sock = both(function(sock) sock.conn:close() end)
eq(list(sock:read()), "nil end of file ")
eq(list(sock:read()), "nil end of file ")
eq(list(sock:write("x")), "false socket closed")
finish()

-- An unanswered ping is answered when the script reads again; an answered one gets one pong.
sock = both(function(sock)
	eq(list(sock:read()), "1 ping")
	eq(list(sock:read()), "2 ping")
	sock:write("2", "pong")
	eq(select(2, sock:read()), "close")
	sock:close()
end)
sock:write("1", "ping")
sock:write("2", "ping")
eq(list(sock:read()), "1 pong")
eq(list(sock:read()), "2 pong")
eq(list(sock:read(20)), "nil timeout ")
sock:close()
finish()

-- A close that the script does not answer is answered by the host, with the same code.
sock = both(function(sock)
	eq(select(2, sock:read()), "close")
	time.sleep(1)
	eq(sock.conn:isalive(), false)
end)
sock:write("\3\233bye", "close")
eq(list(sock:read()), "\3\233 close")
finish()

-- What a stream knows of its request stays after the upgrade, whether the handler has asked before or not.
local asked = channel.new()
local late = assert(http.listen {addr = ":83", handler = function(stream)
	local header = stream.path == "/before" and stream.header
	if header then header.own = "note" end
	local sock = websocket.upgrade(stream)
	eq(stream.header["x-own"], "7")
	eq(stream.header.host, "localhost:83")
	eq(stream.header, header or stream.header)
	eq(stream.header.own, header and "note" or nil)
	eq(list(stream.method, stream.query.a, stream.version, stream.scheme), "GET 1 HTTP/1.1 http")
	eq(stream.remoteaddr, sock.remoteaddr)
	eq(stream.conn.remoteaddr, sock.conn.remoteaddr)
	eq(stream.conn.localaddr, sock.conn.localaddr)
	eq(stream.conn:isalive(), false)
	eq(list(stream:readall()), "")
	sock:close()
	asked:push(stream.path)
end})
for _, path in ipairs {"/before", "/after"} do
	local sock = assert(websocket.connect("ws://localhost:83" .. path .. "?a=1", {["X-Own"] = "7"}))
	eq(asked:pop(), path)
	sock:close()
end
late:close()

-- A handler that fails closes its socket with 1011; one that ends well leaves it to other tasks.
local failing = assert(http.listen {addr = ":82", handler = function(stream)
	local sock = websocket.upgrade(stream)
	if stream.path == "/fails" then error("handler failed") end
	task.fork(function() time.sleep(5) sock:write("from another task", "text") sock:close(1000) end)
end})
sock = assert(websocket.connect("ws://localhost:82/fails"))
eq(list(sock:read()), "\3\243 close")
sock:close()
sock = assert(websocket.connect("ws://localhost:82/ends"))
eq(list(sock:read()), "from another task text")
eq(list(sock:read()), "\3\232 close")
sock:close()
failing:close()

-- Refusals.
assert(list(websocket.connect("http://127.0.0.1:8080")):find("^nil .*url"))
eq(list(websocket.connect("ws://127.0.0.1:9")), "nil connect 127.0.0.1:9: connection refused")
eq(list(websocket.connect("ws://elsewhere.example/")), "nil connect elsewhere.example:80: lookup elsewhere.example: no such host")
local plain = assert(http.listen {addr = ":81", handler = function(stream)
	if stream.path == "/403" then
		stream:respond(403, {}) stream:closewrite("not for you")
	else
		local s, err = websocket.upgrade(stream)
		eq(s, nil)
		assert(type(err) == "string")
	end
end})
assert(list(websocket.connect("ws://localhost:81/403")):find("403 Forbidden: not for you", 1, true))
eq(http.get("http://localhost:81/").status, 400)
plain:close()
fails("bad argument #1 to 'connect' %(string expected, got table%)", function() websocket.connect({}) end)
fails("bad argument #1 to 'upgrade' %(http stream expected, got table%)", function() websocket.upgrade({}) end)
fails("unknown option 'timout', did you mean 'timeout'", function() websocket.connect(url, nil, {timout = 1}) end)
fails("message type 'text', 'binary'.* expected, got 'txt'", function() sock:write("x", "txt") end)
fails("bad argument #1 to 'write' %(string expected, got table%)", function() sock:write({}) end)
fails("calling 'read' on bad self %(websocket socket expected, got table%)", function() ({read = sock.read}):read() end)
fails("bad argument #1 to 'read' %(websocket socket expected, got no value%)", function() sock.read() end)
server:close()
