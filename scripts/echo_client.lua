-- Sends messages to a WebSocket server and prints the answer to each.
--
--   silly scripts/echo_client.lua [url] [message ...]     (default ws://127.0.0.1:8080 "Hello, Server!")
--
-- With scripts/echo_server.lua on the other side it prints "Echo: Hello, Server!" and ends.
local silly = require "silly"
local websocket = require "silly.net.websocket"

local url = arg[1] or "ws://127.0.0.1:8080"
local messages = {unpack(arg, 2)}
if #messages == 0 then
	messages[1] = "Hello, Server!"
end

local function fail(...)
	io.stderr:write("echo_client: ", table.concat({...}), "\n")
	silly.exit(1)
end

-- answer reads the next text message; other kinds are of no interest here.
local function answer(sock)
	while true do
		local data, typ = sock:read(10000)
		if not data then
			return nil, typ -- the error
		elseif typ == "text" then
			return data
		elseif typ == "close" then
			return nil, "the server closed the connection"
		end
	end
end

local sock, err = websocket.connect(url)
if not sock then
	fail(err)
end
for _, message in ipairs(messages) do
	local ok, err = sock:write(message, "text")
	if not ok then
		fail("write: ", err)
	end
	local text, err = answer(sock)
	if not text then
		fail("read: ", err)
	end
	print(text)
end
sock:close()
