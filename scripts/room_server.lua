-- Rooms for many users: on all processors, and on as many machines as there are.
--
--   silly --workers=auto scripts/room_server.lua [address]
--   silly --nats nats://127.0.0.1:4222 scripts/room_server.lua [address]     on each of several machines
--   silly --cluster HOST:PORT --join HOST:PORT scripts/room_server.lua [address]      the same without a NATS server
--
-- The address is 127.0.0.1:8080 by default; port 0 picks a free one. Open the printed address in two browser windows,
-- choose the same room, and talk. Which worker has which window makes no difference: what is said is published to the
-- topic room.NAME, and the sockets that have joined it get it without any Lua. The last hundred messages of a room are
-- kept: a page that has lost its connection says which it had last, and gets what it has missed.
--
--   GET /                                  the page (room_page.lua)
--   GET /room/NAME?name=ann[&since=ID]     a WebSocket: text messages in, {"topic", "data", "id", "header"} out
local silly = require "silly"
local json = require "silly.encoding.json"
local logger = require "silly.logger"
local http = require "silly.net.http"
local topic = require "silly.topic"
local websocket = require "silly.net.websocket"
local page = require "room_page"

local address = (...) or "127.0.0.1:8080"
local MAX_NAME = 32 -- bytes
local MAX_TEXT = 2000 -- bytes
local KEPT = {count = 100, age = 60 * 60 * 1000}

local kept, why = topic.keep("room.*", KEPT)
if not kept then
	logger.warn("a page that comes back will not yet see what it has missed:", why) -- silly tries again
end

-- tidy makes one line of at most limit bytes out of what a user typed, or nil when nothing is left.
local function tidy(text, limit)
	text = type(text) == "string" and text:gsub("%c+", " "):gsub("^%s+", ""):gsub("%s+$", "") or ""
	if text == "" or #text > limit then
		return nil
	end
	return text
end

local function answer(stream, status, text)
	stream:respond(status, {["content-type"] = "text/plain; charset=utf-8"})
	stream:closewrite(text .. "\n")
end

-- catch_up sends what the room has said since a message. What comes meanwhile may come twice: messages have numbers.
local function catch_up(sock, room, since)
	for _, msg in ipairs(topic.since(room, since) or {}) do
		sock:write(
			json.encode {topic = room, data = msg.data, id = msg.id, header = msg.header},
			"text"
		)
	end
end

-- talk serves one user of a room.
local function talk(sock, room, name, since)
	local function say(text, kind)
		return topic.publish(room, text, {header = {from = name, kind = kind}})
	end
	assert(topic.join(room, sock, {type = "json", id = name}))
	catch_up(sock, room, since)
	say("joined", "event")
	while true do
		local data, typ = sock:read()
		if not data or typ == "close" then
			break
		end
		local text = typ == "text" and tidy(data, MAX_TEXT)
		if text then
			local ok, err = say(text)
			if not ok then
				sock:write(
					json.encode {
						data = "not everybody got that: " .. err,
						header = {kind = "event", from = "server"},
					},
					"text"
				)
			end
		end
	end
	sock:close()
	say("left", "event")
end

local server, err = http.listen {
	addr = address,
	handler = function(stream)
		local room = stream.path:match "^/room/([%w_-]+)$"
		if stream.path == "/" then
			stream:respond(200, page.header)
			stream:closewrite(stream.method == "GET" and page.html or nil)
		elseif not room or #room > MAX_NAME then
			answer(stream, 404, "not found")
		else
			local name, since = tidy(stream.query.name, MAX_NAME), math.tointeger(
				tonumber(stream.query.since or 0)
			)
			if not name or not since or since < 0 then
				answer(
					stream,
					400,
					"a name of 1 to " .. MAX_NAME .. " bytes is needed, and the number of a message"
				)
				return
			end
			local sock = websocket.upgrade(stream, {max_message = 4 * MAX_TEXT})
			if sock then -- otherwise the client has got its answer
				talk(sock, "room." .. room, name, since)
			end
		end
	end,
}
if not server then
	io.stderr:write("room_server: ", err, "\n")
	silly.exit(1)
end
if silly.worker.id == 1 then
	print("Rooms on http://" .. server.addr)
end
