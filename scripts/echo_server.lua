-- A WebSocket server that sends every text message back with "Echo: " in front. Plain HTTP requests
-- get a line of text.
--
--   silly scripts/echo_server.lua [address]          (default 127.0.0.1:8080; port 0 picks a free one)
--
-- It prints its address and runs until Ctrl-C. Try it with scripts/echo_client.lua.
local silly = require "silly"
local http = require "silly.net.http"
local websocket = require "silly.net.websocket"

local address = ... or "127.0.0.1:8080"

-- echo serves one connection until the peer closes it or it breaks.
local function echo(sock)
	while true do
		local data, typ = sock:read()
		if not data or typ == "close" then
			break
		end
		if typ == "text" then
			local ok, err = sock:write("Echo: " .. data, "text")
			if not ok then
				print("write to " .. sock.remoteaddr .. " failed: " .. err)
				break
			end
		end
		-- Pings need no code: the next read answers them.
	end
	sock:close()
end

local server, err = http.listen {
	addr = address,
	handler = function(stream)
		if stream.header["upgrade"] ~= "websocket" then
			stream:respond(200, {["content-type"] = "text/plain; charset=utf-8"})
			stream:closewrite("This is a WebSocket echo server.\n")
			return
		end
		local sock, err = websocket.upgrade(stream)
		if not sock then
			print("upgrade failed: " .. err) -- the client has got its answer
			return
		end
		echo(sock)
	end,
}
if not server then
	io.stderr:write("echo_server: ", err, "\n")
	silly.exit(1)
end
print("Echo server on ws://" .. server.addr)
