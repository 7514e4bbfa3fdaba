-- The smallest page.
local http = require "silly.net.http"

local server = assert(http.listen {
	addr = "127.0.0.1:0",
	handler = function(stream)
		stream:respond(200, {["content-type"] = "text/plain"})
		stream:closewrite("Hello, world!\n")
	end,
})

local worker = require "silly.worker"
if worker.id == worker.count then
	if worker.count > 1 then
		require "silly.time".sleep(300) -- until the others listen, too
	end
	print(server.addr)
end
