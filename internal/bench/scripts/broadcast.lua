-- Whatever a client says goes through a channel to one task, which sends it to all clients: the pattern of
-- scripts/chat_server.lua. A client is greeted when it is among those who get everything.
local task = require "silly.task"
local channel = require "silly.sync.channel"
local http = require "silly.net.http"
local websocket = require "silly.net.websocket"

local clients = {} -- socket -> true
local broadcast = channel.new()

task.fork(function()
	while true do
		local line = broadcast:pop()
		for sock in pairs(clients) do
			sock:write(line, "text")
		end
	end
end)

local server = assert(http.listen {
	addr = "127.0.0.1:0",
	handler = function(stream)
		local sock = websocket.upgrade(stream)
		if not sock then
			return
		end
		clients[sock] = true
		sock:write("welcome", "text")
		while true do
			local data, typ = sock:read()
			if not data or typ == "close" then
				break
			end
			if typ == "text" then
				broadcast:push(data)
			end
		end
		clients[sock] = nil
		sock:close()
	end,
})
print(server.addr)
