-- The server of the pages. Run it in this folder: silly --watch --livereload server.lua [--addr=127.0.0.1:8080]
local env = require "silly.env"
local site = require "site"

local server = site.listen(env.get "addr" or "127.0.0.1:8080")
print("listening on http://" .. server.addr)
