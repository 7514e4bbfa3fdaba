-- A WebSocket server over TLS that echoes text messages. Its certificate is that of test_certificate.lua.
--
--   silly scripts/wss_server.lua [address]           (default 127.0.0.1:8443; port 0 picks a free one)
--
-- It prints its address and runs until Ctrl-C. Try it with scripts/wss_client.lua.
local silly = require "silly"
local http = require "silly.net.http"
local websocket = require "silly.net.websocket"
local certificate = require "test_certificate"

local address = ... or "127.0.0.1:8443"

local server, err = http.listen {
	addr = address,
	certs = {{cert = certificate.cert, key = certificate.key}},
	handler = function(stream)
		if stream.header["upgrade"] ~= "websocket" then
			stream:respond(200, {["content-type"] = "text/plain; charset=utf-8"})
			stream:closewrite("This is a WebSocket server, over " .. stream.scheme .. ".\n")
			return
		end
		local sock, err = websocket.upgrade(stream)
		if not sock then
			print("upgrade failed: " .. err)
			return
		end
		sock:write("Secure connection established", "text")
		while true do
			local data, typ = sock:read()
			if not data or typ == "close" then
				break
			end
			if typ == "text" then
				sock:write("Echo: " .. data, "text")
			end
		end
		sock:close()
	end,
}
if not server then
	io.stderr:write("wss_server: ", err, "\n")
	silly.exit(1)
end
print("Secure echo server on wss://" .. server.addr)
