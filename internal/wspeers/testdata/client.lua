-- Talks to node/server.js and prints what it sees.
--
--   silly client.lua url [ca=file] [compression=1] [level=n] [threshold=n] [takeover=1]
local websocket = require "silly.net.websocket"

local base = ...
local args = {}
for _, arg in ipairs {select(2, ...)} do
	local name, value = arg:match("^(%w+)=(.*)$")
	args[name] = value
end

-- connect takes options over those of the command line.
local function connect(path, header, opts)
	opts = opts or {}
	opts.tls = args.ca and {ca = assert(io.open(args.ca)):read("*a")}
	opts.compression = args.compression and {
		level = tonumber(args.level),
		threshold = tonumber(args.threshold),
		takeover = args.takeover ~= nil,
	}
	return websocket.connect(base .. path, header, opts)
end

-- what read returned, in a form to be printed.
local function told(data, typ, partial)
	if not data then
		return "read: " .. typ .. " " .. #partial
	elseif typ == "close" then
		local code = #data > 0 and data:byte(1) * 256 + data:byte(2) or "empty"
		return "close: " .. code .. " " .. data:sub(3)
	end
	return typ .. ": " .. data
end

-- bytes is n bytes that compress badly, and are the same in every run.
local function bytes(n)
	local parts, state = {}, 1
	for i = 1, n do
		state = (state * 16807) % 2147483647
		parts[i] = string.char(state % 256)
	end
	return table.concat(parts)
end

-- text is n bytes of UTF-8.
local function text(n)
	local unit = "Grüße, 世界 😀\n"
	local whole = unit:rep(math.floor(n / #unit))
	return whole .. ("x"):rep(n - #whole)
end

local noise = bytes(65536):rep(16)
local sock = assert(connect("/", nil, {subprotocols = {"unknown", "echo.v1", "echo.v2"}}))
print("subprotocol: " .. tostring(sock.subprotocol))
for _, n in ipairs {0, 1, 125, 126, 65535, 65536, 1000000} do
	for _, message in ipairs {{text(n), "text"}, {noise:sub(1, n), "binary"}, {("\0"):rep(n), "binary"}} do
		for _ = 1, n < 1000000 and 2 or 1 do -- again: the second may refer to the first
			assert(sock:write(message[1], message[2]))
			local data, typ, partial = sock:read(20000)
			if data ~= message[1] or typ ~= message[2] then
				error(n .. " bytes of " .. message[2] .. " came back as " .. told(data, typ, partial):sub(1, 100))
			end
		end
	end
end
print("echo: all sizes")

for _, payload in ipairs {"", "ping \0\255", ("p"):rep(125)} do
	assert(sock:write(payload, "ping"))
	assert(told(sock:read(20000)) == "pong: " .. payload)
end
print("ping: answered")
-- quit sends a close frame and waits for the answer, so that server.js tells things in our order.
local function quit(payload)
	assert(sock:write(payload, "close"))
	print(told(sock:read(20000)))
	sock:close()
end
quit("\15\161bye: Grüße") -- 4001

sock = assert(connect("/?ping=question"))
print("subprotocol: " .. tostring(sock.subprotocol))
print(told(sock:read(20000)))
print(told(sock:read(20000))) -- server.js tells that it got the pong
quit("")

sock = assert(connect("/?close=4002&reason=enough:+Gr%C3%BC%C3%9Fe"))
sock:write("x", "text")
print(told(sock:read(20000)))
print(told(sock:read(20000)))

sock = assert(connect("/?fragments=1")) -- a message in three fragments, with a ping between
for _ = 1, 3 do
	print(told(sock:read(20000)))
end
quit("\3\232") -- 1000

sock = assert(connect("/?max=1000"))
sock:write(("x"):rep(1000), "text")
print(#sock:read(20000))
sock:write(("x"):rep(1001), "text")
print(told(sock:read(20000)))

sock = assert(connect("/", nil, {max_message = 1000}))
sock:write(("x"):rep(1000), "text")
print(#sock:read(20000))
sock:write(("x"):rep(1001), "text")
print((told(sock:read(20000))))

local refused, why, response = connect("/refuse", {["x-token"] = "guess"})
print(refused, why, response.status, (response.body:gsub("\n$", "")))
