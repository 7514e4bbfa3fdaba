-- The server. Run it in this folder: silly --watch server.lua [--addr=127.0.0.1:8080]
-- Then open its address in two windows of a browser.
local env = require "silly.env"
local chat = require "chat"

local server = chat.listen(env.get "addr" or "127.0.0.1:8080")
print("listening on http://" .. server.addr)
