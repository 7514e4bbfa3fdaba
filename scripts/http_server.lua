-- An HTTP server with a few routes:
--
--   GET  /        text                          GET  /json    a JSON object about the request
--   GET  /query   the query, decoded            POST /echo    the request body
--   GET  /stream  a response that comes in pieces             everything else: 404
--
--   silly scripts/http_server.lua [address]          (default 127.0.0.1:8080; port 0 picks a free one)
--
-- It prints its address and runs until Ctrl-C. Try it with scripts/http_client.lua, or with
--
--   curl -N http://127.0.0.1:8080/stream
local silly = require "silly"
local time = require "silly.time"
local http = require "silly.net.http"

local address = ... or "127.0.0.1:8080"

local function text(stream, status, body)
	stream:respond(status, {["content-type"] = "text/plain; charset=utf-8"})
	stream:closewrite(body)
end

-- quote makes a JSON string.
local function quote(s)
	return '"' .. s:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
end

local routes = {}

routes["GET /"] = function(stream)
	text(stream, 200, "Hello from silly\n")
end

routes["GET /json"] = function(stream)
	stream:respond(200, {["content-type"] = "application/json"})
	stream:closewrite(('{"method": %s, "path": %s, "version": %s}\n'):format(
		quote(stream.method), quote(stream.path), quote(stream.version)
	))
end

routes["GET /query"] = function(stream)
	local lines = {}
	for key, value in pairs(stream.query) do
		if type(value) == "table" then -- the key was repeated
			value = table.concat(value, ", ")
		end
		lines[#lines + 1] = key .. " = " .. value .. "\n"
	end
	table.sort(lines)
	text(stream, 200, table.concat(lines))
end

routes["POST /echo"] = function(stream)
	local body, err = stream:readall(10000)
	if not body then
		text(stream, 400, "cannot read the body: " .. err .. "\n")
		return
	end
	stream:respond(200, {
		["content-type"] = stream.header["content-type"] or "application/octet-stream",
	})
	stream:closewrite(body)
end

routes["GET /stream"] = function(stream)
	-- Without a content-length the body goes out in chunks, each as soon as it is written.
	stream:respond(200, {["content-type"] = "text/plain; charset=utf-8"})
	for i = 1, 3 do
		local ok = stream:write("piece " .. i .. "\n")
		if not ok then
			return -- the client has gone
		end
		time.sleep(100)
	end
	stream:closewrite("end\n")
end

local server, err = http.listen {
	addr = address,
	handler = function(stream)
		local route = routes[stream.method .. " " .. stream.path]
		if route then
			route(stream)
		else
			text(stream, 404, "not found: " .. stream.method .. " " .. stream.path .. "\n")
		end
	end,
}
if not server then
	io.stderr:write("http_server: ", err, "\n")
	silly.exit(1)
end
print("HTTP server on http://" .. server.addr)
