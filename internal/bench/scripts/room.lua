-- The work of broadcast.lua with silly.topic: whatever a client says is published, and the sockets of the room get it.
local topic = require "silly.topic"
local http = require "silly.net.http"
local websocket = require "silly.net.websocket"

local server = assert(http.listen {
	addr = "127.0.0.1:0",
	handler = function(stream)
		local sock = websocket.upgrade(stream)
		if not sock then
			return
		end
		topic.join("room", sock)
		sock:write("welcome", "text")
		while true do
			local data, typ = sock:read()
			if not data or typ == "close" then
				break
			end
			if typ == "text" then
				topic.publish("room", data)
			end
		end
		sock:close()
	end,
})

local worker, time = require "silly.worker", require "silly.time"
if ... == "second" then -- of two processes
	while #topic.status().servers == 0 do
		time.sleep(10)
	end
end
if worker.id == worker.count then
	if worker.count > 1 then
		time.sleep(300) -- until the others listen, too
	end
	print(server.addr)
end
