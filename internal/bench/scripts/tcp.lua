-- Lines come back over TCP: the first example of docs/silly.net.tcp.md, without what it puts in front.
local tcp = require "silly.net.tcp"

local listener = assert(tcp.listen {
	addr = "127.0.0.1:0",
	accept = function(conn)
		while true do
			local line = conn:read "\n"
			if not line then
				break
			end
			conn:write(line)
		end
		conn:close()
	end,
})
print(listener.addr)
