-- An echo server for peers that others wrote.
--
--   silly echo_server.lua [certificate key]          (files in PEM form: TLS as well)
--
-- It prints its URLs, and how each connection ended. The query of a request says what its connection does:
--
--   compression=1 [level=n] [threshold=n] [takeover=1], max_message=n, origin=...    options of upgrade
--   ping=payload          a ping goes out first
--   close=code&reason=... the first message is answered with a close frame
--
-- /refuse is answered with 401. Pings and pongs are told in a binary message, as they may not be UTF-8.
local http = require "silly.net.http"
local websocket = require "silly.net.websocket"

local function options(query)
	return {
		subprotocols = {"echo.v2", "echo.v1"},
		max_message = tonumber(query.max_message),
		origins = query.origin and {query.origin},
		compression = query.compression and {
			level = tonumber(query.level),
			threshold = tonumber(query.threshold),
			takeover = query.takeover ~= nil,
		},
	}
end

local function handler(stream)
	local query = stream.query
	if stream.path == "/refuse" then
		stream:respond(401, {["www-authenticate"] = "Basic"})
		stream:closewrite("members only: Grüße\n")
		return
	elseif stream.header["upgrade"] ~= "websocket" then
		stream:respond(200, {["content-type"] = "text/plain"})
		stream:closewrite("echo\n")
		return
	end
	local sock, err = websocket.upgrade(stream, options(query))
	if not sock then
		print("refused: " .. err)
		return
	end
	if query.ping then
		sock:write(query.ping, "ping")
	end
	while true do
		local data, typ = sock:read()
		if not data then
			print("read: " .. typ)
			break
		elseif typ == "close" then
			local code = #data > 0 and data:byte(1) * 256 + data:byte(2) or "empty"
			print("close: " .. code .. " " .. data:sub(3))
			break
		elseif query.close then
			sock:close(tonumber(query.close), query.reason)
		elseif typ == "text" or typ == "binary" then
			sock:write(data, typ)
		else
			sock:write(typ .. " " .. data, "binary")
		end
	end
	sock:close()
end

local cert, key = ...
print("ws://" .. assert(http.listen {addr = "127.0.0.1:0", handler = handler}).addr)
if cert then
	print("wss://" .. assert(http.listen {
		addr = "127.0.0.1:0",
		handler = handler,
		certs = {{cert = assert(io.open(cert)):read("*a"), key = assert(io.open(key)):read("*a")}},
	}).addr)
end
print("ready")
