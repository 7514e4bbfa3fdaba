-- The echo server of docs/silly.net.websocket.md, without the words that it puts in front. Arguments: none, or the
-- files of a certificate and of its key, for TLS.
local http = require "silly.net.http"
local websocket = require "silly.net.websocket"

local cert_file, key_file = ...

local function content(name)
	local file = assert(io.open(name))
	local text = file:read("*a")
	file:close()
	return text
end

local server = assert(http.listen {
	addr = "127.0.0.1:0",
	certs = cert_file and {{cert = content(cert_file), key = content(key_file)}},
	handler = function(stream)
		if stream.header["upgrade"] ~= "websocket" then
			stream:respond(404, {}, true)
			return
		end
		local sock, err = websocket.upgrade(stream)
		if not sock then
			print("upgrade failed: " .. err)
			return
		end
		while true do
			local data, typ = sock:read()
			if not data or typ == "close" then
				break
			end
			if typ == "text" then
				sock:write(data, "text")
			end
		end
		sock:close()
	end,
})

local worker = require "silly.worker"
if worker.id == worker.count then
	if worker.count > 1 then
		require "silly.time".sleep(300) -- until the others listen, too
	end
	print(server.addr)
end
