-- A chat server with its own page.
--
--   silly scripts/chat_server.lua [address]          (default 127.0.0.1:8080; port 0 picks a free one)
--
-- Open the printed address in two browser windows and talk. GET / is the page (chat_page.lua); its script
-- opens a WebSocket to /chat?name=... on the same port. The server sends lines of text:
--
--   * ann joined          * ann left          ann: hello
local silly = require "silly"
local task = require "silly.task"
local channel = require "silly.sync.channel"
local http = require "silly.net.http"
local websocket = require "silly.net.websocket"
local page = require "chat_page"

local address = ... or "127.0.0.1:8080"

local MAX_NAME = 32 -- bytes
local MAX_TEXT = 2000 -- bytes
local MAX_UNSENT = 256 * 1024 -- bytes that may wait for one peer before it is dropped

local clients = {} -- socket -> true
local broadcast = channel.new() -- lines for everybody

-- Everything that is said goes through one task, so that all users see the lines in the same order.
task.fork(function()
	while true do
		local line = broadcast:pop()
		local present = {} -- users may come and go while a write waits
		for sock in pairs(clients) do
			present[#present + 1] = sock
		end
		for _, sock in ipairs(present) do
			if sock.conn:unsentbytes() > MAX_UNSENT then
				sock:close(1013, "too slow") -- one slow peer must not hold up the others
			else
				sock:write(line, "text") -- a failure ends the read loop of that socket
			end
		end
	end
end)

-- tidy makes one line of at most limit bytes out of what a user typed, or nil when nothing is left.
local function tidy(text, limit)
	text = text:gsub("%c+", " "):gsub("^%s+", ""):gsub("%s+$", "")
	if text == "" or #text > limit then
		return nil
	end
	return text
end

-- unique adds a number to a name that is taken.
local function unique(name)
	local taken = {}
	for sock in pairs(clients) do
		taken[sock.name] = true
	end
	local candidate, n = name, 1
	while taken[candidate] do
		n = n + 1
		candidate = name .. " " .. n
	end
	return candidate
end

-- chat serves one user.
local function chat(sock, name)
	sock.name = unique(name) -- a socket is a table: what belongs to it can hang on it
	clients[sock] = true
	broadcast:push("* " .. sock.name .. " joined")
	while true do
		local data, typ = sock:read()
		if not data or typ == "close" then
			break
		end
		if typ == "text" then
			local text = tidy(data, MAX_TEXT)
			if text then
				broadcast:push(sock.name .. ": " .. text)
			elseif #data > MAX_TEXT then
				sock:write("* that was too long: " .. MAX_TEXT .. " bytes at most", "text")
			end
		end
		-- Pings, pongs and binary messages are ignored; the next read answers pings.
	end
	clients[sock] = nil
	broadcast:push("* " .. sock.name .. " left")
	sock:close()
end

local function answer(stream, status, text)
	stream:respond(status, {["content-type"] = "text/plain; charset=utf-8"})
	stream:closewrite(text .. "\n")
end

local server, err = http.listen {
	addr = address,
	handler = function(stream)
		if stream.path == "/" and (stream.method == "GET" or stream.method == "HEAD") then
			stream:respond(200, page.header)
			stream:closewrite(stream.method == "GET" and page.html or nil)
		elseif stream.path ~= "/chat" then
			answer(stream, 404, "not found")
		elseif stream.header["upgrade"] ~= "websocket" then
			answer(stream, 400, "/chat is a WebSocket")
		else
			local name = stream.query.name
			name = type(name) == "string" and tidy(name, MAX_NAME)
			if not name then
				answer(stream, 400, "a name of 1 to " .. MAX_NAME .. " bytes is needed")
				return
			end
			local sock = websocket.upgrade(stream)
			if sock then -- otherwise the client has got its answer
				chat(sock, name)
			end
		end
	end,
}
if not server then
	io.stderr:write("chat_server: ", err, "\n")
	silly.exit(1)
end
print("Chat on http://" .. server.addr)
