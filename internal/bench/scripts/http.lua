-- The smallest page.
local http = require "silly.net.http"

local server = assert(http.listen {
	addr = "127.0.0.1:0",
	handler = function(stream)
		stream:respond(200, {["content-type"] = "text/plain"})
		stream:closewrite("Hello, world!\n")
	end,
})
print(server.addr)
