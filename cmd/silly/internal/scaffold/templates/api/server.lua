-- The server. Run it in this folder: silly --watch server.lua [--addr=127.0.0.1:8080]
local env = require "silly.env"
local notes = require "notes"

local server = notes.listen(env.get "addr" or "127.0.0.1:8080")
print("listening on http://" .. server.addr)
