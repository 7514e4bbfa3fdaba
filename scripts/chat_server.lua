-- A chat server with its own page.
--
--   silly scripts/chat_server.lua [address] [compression]
--
-- The address is 127.0.0.1:8080 by default; port 0 picks a free one. With the word compression, messages are
-- compressed for browsers that offer it, which all do (permessage-deflate).
--
-- Open the printed address in two browser windows and talk. GET / is the page (chat_page.lua); its script
-- opens a WebSocket to /chat?name=... on the same port. A text message is a line, a binary message a picture.
-- The server sends lines:
--
--   * ann joined          * ann left          ann: hello          * ann sends a picture (12345 bytes)
--
-- and after the last one the picture itself, as it came.
local silly = require "silly"
local task = require "silly.task"
local time = require "silly.time"
local channel = require "silly.sync.channel"
local http = require "silly.net.http"
local websocket = require "silly.net.websocket"
local page = require "chat_page"

local address, option = ...
if option and option ~= "compression" then
	io.stderr:write("Usage: silly scripts/chat_server.lua [address] [compression]\n")
	silly.exit(2)
end
address = address or "127.0.0.1:8080"

local MAX_NAME = 32 -- bytes
local MAX_TEXT = 2000 -- bytes
local MAX_PICTURE = 256 * 1024 -- bytes
local MAX_MESSAGE = 2 * MAX_PICTURE -- whoever sends more is not our page, and is disconnected
-- Bytes that may wait for one peer before it is dropped. A picture more is still below the 1 MiB from which
-- sock:write waits.
local MAX_UNSENT = 512 * 1024
local MAX_WAITING = 20 -- things said that may wait to be sent before nobody is listened to

local clients = {} -- socket -> true
local broadcast = channel.new() -- {line = text, picture = bytes or nil} for everybody
local waiting = 0 -- how many of them are in the channel

-- Everything that is said goes through one task, so that all users see it in the same order.
task.fork(function()
	while true do
		local item = broadcast:pop()
		waiting = waiting - 1
		local present = {} -- users may come and go while a write waits
		for sock in pairs(clients) do
			present[#present + 1] = sock
		end
		for _, sock in ipairs(present) do
			if sock.conn:unsentbytes() > MAX_UNSENT then
				sock:close(1013, "too slow") -- one slow peer must not hold up the others
			else
				sock:write(item.line, "text") -- a failure ends the read loop of that socket
				if item.picture then
					sock:write(item.picture, "binary")
				end
			end
		end
	end
end)

local function say(line, picture)
	waiting = waiting + 1
	broadcast:push {line = line, picture = picture}
end

-- tidy makes one line of at most limit bytes out of what a user typed, or nil when nothing is left.
local function tidy(text, limit)
	text = text:gsub("%c+", " "):gsub("^%s+", ""):gsub("%s+$", "")
	if text == "" or #text > limit then
		return nil
	end
	return text
end

-- is_picture looks at the first bytes, as browsers do. SVG is not among the formats: it can have scripts.
local function is_picture(data)
	return data:sub(1, 8) == "\137PNG\r\n\26\n"
		or data:sub(1, 3) == "\255\216\255" -- JPEG
		or data:sub(1, 6) == "GIF87a" or data:sub(1, 6) == "GIF89a"
		or data:sub(1, 4) == "RIFF" and data:sub(9, 12) == "WEBP"
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
	say("* " .. sock.name .. " joined")
	while true do
		while waiting > MAX_WAITING do
			time.sleep(10) -- a flood waits in the network and not in our memory
		end
		local data, typ = sock:read()
		if not data or typ == "close" then
			break
		end
		if typ == "text" then
			local text = tidy(data, MAX_TEXT)
			if text then
				say(sock.name .. ": " .. text)
			elseif #data > MAX_TEXT then
				sock:write("* that was too long: " .. MAX_TEXT .. " bytes at most", "text")
			end
		elseif typ == "binary" then
			if #data > MAX_PICTURE then
				sock:write(
					"* that picture is too large: " .. MAX_PICTURE .. " bytes at most",
					"text"
				)
			elseif not is_picture(data) then
				sock:write("* that is not a PNG, JPEG, GIF or WebP picture", "text")
			else
				say("* " .. sock.name .. " sends a picture (" .. #data .. " bytes)", data)
			end
		end
		-- Pings and pongs are ignored; the next read answers pings.
	end
	clients[sock] = nil
	say("* " .. sock.name .. " left")
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
			local sock = websocket.upgrade(stream, {
				max_message = MAX_MESSAGE,
				compression = option == "compression",
			})
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
