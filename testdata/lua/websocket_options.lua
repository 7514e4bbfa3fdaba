-- The options of websocket.upgrade and websocket.connect.
local http = require "silly.net.http"
local websocket = require "silly.net.websocket"
local task = require "silly.task"
local time = require "silly.time"
local channel = require "silly.sync.channel"

local options, serve -- of the next socket
local served = channel.new()
local server = assert(http.listen {addr = "127.0.0.1:8080", handler = function(stream)
	local sock, err = websocket.upgrade(stream, options)
	if not sock then served:push {true, err} return end
	served:push({pcall(serve, sock)})
end})
local url = "ws://127.0.0.1:8080/"
local function finish()
	local r = served:pop()
	if not r[1] then error(r[2], 2) end
	return r[2]
end
local function echo(sock)
	while true do
		local data, typ = sock:read()
		if not data or typ == "close" then sock:close() return typ end
		if typ == "text" or typ == "binary" then sock:write(data, typ) end
	end
end
-- both connects with opts to a server that upgrades with sopts and runs f.
local function both(opts, sopts, f, header)
	options, serve = sopts, f or echo
	return websocket.connect(url, header, opts)
end

-- What cannot be meant raises, and names the option.
for opts, pattern in pairs {
	[{max_mesage = 1}] = "unknown option 'max_mesage', did you mean 'max_message'?",
	[{origins = {"*"}}] = "unknown option 'origins'",
	[{compression = {window = 1}}] = "unknown option 'window'",
	[{compression = {level = 10}}] = "field 'level': integer from 1 to 9 expected, got 10",
	[{compression = {level = 0}}] = "field 'level': integer from 1 to 9 expected, got 0",
	[{compression = "yes"}] = "field 'compression': boolean or table expected, got string",
	[{subprotocols = {"a b"}}] = "field 'subprotocols': item 1: \"a b\" is not a token",
	[{subprotocols = "chat"}] = "field 'subprotocols': list of strings expected, got string",
	[{ping_interval = -1}] = "field 'ping_interval': milliseconds of at least 0 expected, got %-1",
	[{max_message = 1.5}] = "field 'max_message': integer of at least 0 expected, got 1.5",
	[{idle_timeout = "1"}] = "field 'idle_timeout'",
	[{write_timeout = {}}] = "field 'write_timeout'",
	[{proxy = 1}] = "field 'proxy': string expected, got number",
} do
	fails(pattern, websocket.connect, url, nil, opts)
end
for opts, pattern in pairs {
	[{timeout = 1}] = "unknown option 'timeout'",
	[{proxy = "http://x"}] = "unknown option 'proxy'",
	[{origins = {"example.com"}}] = "field 'origins': item 1: origin such as .* expected, got \"example.com\"",
	[{origins = {"https://*.example.com"}}] = "field 'origins': item 1",
	[{header = "x"}] = "field 'header': table expected, got string",
	[{header = {["x"] = true}}] = "header 'x': string, number or list expected, got boolean",
} do
	local message
	assert(both(nil, nil, function(sock)
		fails(pattern, websocket.upgrade, sock.stream, opts)
	end)):close()
	finish()
end

-- max_message, on either side; 0 is no limit.
local sock = assert(both(nil, {max_message = 10}))
sock:write(("x"):rep(10), "text")
eq(list(sock:read()), ("x"):rep(10) .. " text")
sock:write(("x"):rep(11), "text")
eq(list(sock:read()), "\3\241 close")
eq(finish(), "message exceeds 10 bytes")
sock = assert(both({max_message = 10}, nil, function(sock)
	sock:write(("x"):rep(11))
	eq(list(sock:read()), "\3\241 close")
end))
for _ = 1, 3 do eq(list(sock:read()), "nil message exceeds 10 bytes ") end
finish()
sock = assert(both({max_message = 0}, {max_message = 0}))
local huge = ("0123456789abcdef"):rep(17 * 65536)
sock:write(huge)
eq(sock:read() == huge, true)
sock:close()
finish()
sock = assert(both())
sock:write(huge)
eq(list(sock:read()), "\3\241 close")
eq(finish(), "message exceeds 16777216 bytes")

-- compression: used when both want it, whatever the settings of each.
local text = ("many words, often the same words "):rep(3000)
for _, c in ipairs {
	{true, true, true}, {{level = 9}, {level = 1, threshold = 0}, true}, {{takeover = true}, {takeover = true}, true},
	{{takeover = true}, true, true}, {true, {takeover = true}, true}, {true, false, false}, {false, true, false},
	{true, nil, false}, {{threshold = 1e9}, {threshold = 1e9}, true},
} do
	sock = assert(both({compression = c[1]}, {compression = c[2], max_message = #text}))
	local answer = sock.stream.header["sec-websocket-extensions"]
	eq(answer ~= nil and answer:find("permessage-deflate", 1, true) == 1, c[3])
	for _, size in ipairs {0, 1, 63, 64, 1000, 5000, 65535, 65536, #text} do
		local data = text:sub(1, size)
		for typ in pairs {text = 1, binary = 1} do
			eq(sock:write(data, typ), true)
			local got, gottype = sock:read()
			eq(gottype, typ)
			eq(got == data, true, "message of " .. size)
		end
	end
	-- The limit counts what comes out of the decompression.
	sock:write(text .. "x", "text")
	eq(list(sock:read()), "\3\241 close")
	eq(finish(), "message exceeds " .. #text .. " bytes")
end

-- subprotocols: the server's preference decides; none is no failure.
local function agree(wanted, offered, header)
	local other
	local sock = assert(both({subprotocols = offered}, {subprotocols = wanted}, function(sock) other = sock.subprotocol end, header))
	eq(finish(), nil)
	eq(sock.subprotocol, other)
	sock:close()
	return other
end
eq(agree({"b", "a"}, {"a", "b"}), "b")
eq(agree({"c"}, {"a", "b"}), nil)
eq(agree(nil, {"a"}), nil)
eq(agree({"a"}, nil), nil)
eq(agree({"a"}, nil, {["sec-websocket-protocol"] = "x, a"}), "a")
eq(agree({"A"}, {"a"}), nil)

-- origins: without the option all may connect; with it those named, and what is no browser.
local function from(origin, origins)
	local sock, err = both(nil, {origins = origins}, function() end, {origin = origin})
	local reason = finish()
	if sock then sock:close() end
	if err then eq(reason, "websocket origin is not allowed") end
	return err
end
local refused = "websocket handshake refused: 403 Forbidden: websocket origin is not allowed"
eq(from("http://anywhere.example"), nil)
eq(from("http://a.example", {"http://a.example", "https://b.example"}), nil)
eq(from("HTTP://A.example:80", {"http://a.example"}), nil)
eq(from("https://a.example", {"http://a.example"}), refused)
eq(from("http://a.example:81", {"http://a.example"}), refused)
eq(from("http://a.example", {}), refused)
eq(from("null", {"http://a.example"}), refused)
eq(from("null", {"null"}), nil)
eq(from("http://c.example", {"*"}), nil)
eq(from(nil, {"http://a.example"}), nil)

-- header: goes out with the answer.
sock = assert(both(nil, {header = {["x-room"] = 7, ["Set-Cookie"] = {"a=1", "b=2"}}}, function() end))
eq(sock.stream.header["x-room"], "7")
eq(list(table.unpack(sock.stream.header["set-cookie"])), "a=1 b=2")
finish()
sock:close()
for header, reason in pairs {
	[{["x"] = "a\r\nb: c"}] = 'header "X" has an invalid name or value',
	[{["x y"] = "a"}] = 'header "x y" has an invalid name or value',
	[{["sec-websocket-accept"] = "a"}] = "header Sec-Websocket-Accept is set by the websocket handshake",
	[{["content-length"] = "1"}] = "header Content-Length is set by the websocket handshake",
} do
	local sock, err, response = both(nil, {header = header})
	eq(list(sock, err, response.status, response.body), "nil websocket handshake refused: 500 Internal Server Error: Internal Server Error 500 Internal Server Error\n")
	eq(finish(), reason)
end

-- Keep-alive: a silent peer gets pings; its pongs are not shown, a pong of its own is.
local pings = 0
sock = assert(both({ping_interval = 0}, {ping_interval = 5}, function(sock)
	eq(list(sock:read()), "mine pong")
	eq(list(sock:read()), "enough text")
	sock:close()
end))
while pings < 3 do
	local data, typ = sock:read()
	eq(typ, "ping")
	pings = pings + 1
end
sock:write("mine", "pong")
eq(select(2, sock:read()), "ping")
sock:write("enough", "text")
repeat local data, typ = sock:read() until typ ~= "ping"
finish()

-- A peer that says nothing at all is given up: for the reader by an error, for the peer by a close frame.
sock = assert(both({ping_interval = 0, idle_timeout = 0}, {ping_interval = 10, idle_timeout = 500}, function(sock)
	for _ = 1, 3 do eq(list(sock:read()), "nil idle timeout: the peer is silent ") end
	eq(list(sock:write("x")), "false socket closed")
	eq(sock.conn:isalive(), false)
end))
finish() -- nobody has read, so nobody has answered a ping
eq(select(2, sock:read()), "ping")
repeat data, typ = sock:read() until typ ~= "ping"
eq(list(data, typ), "\3\233idle timeout close")

-- Without pings as well, and reads with timeouts wait for the same silence.
sock = assert(both({ping_interval = 0, idle_timeout = 0}, {ping_interval = 0, idle_timeout = 300}, function(sock)
	local timeouts = 0
	while true do
		local data, err = sock:read(2)
		if err ~= "timeout" then
			eq(err, "idle timeout: the peer is silent")
			assert(timeouts > 0, timeouts)
			return
		end
		timeouts = timeouts + 1
	end
end))
finish()
sock:close()

-- 0 turns both off, and a peer that answers is never given up.
local over = false
sock = assert(both({ping_interval = 0, idle_timeout = 0}, {ping_interval = 50, idle_timeout = 1000}, function(sock)
	eq(list(sock:read()), "done text")
	sock:close()
end))
local begin = time.monotonic()
while time.monotonic() - begin < 1500 do eq(select(2, sock:read()), "ping") end
sock:write("done", "text")
repeat local data, typ = sock:read() until typ ~= "ping"
finish()

-- A read that polls gets what is there.
sock = assert(both(nil, nil, function(sock) sock:write("here") sock:read() end))
eventually(function() return sock:read(0) == "here" end)
sock:close()
finish()

server:close()
