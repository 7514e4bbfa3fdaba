-- A chat: GET / is a page whose script opens a WebSocket to /chat?room=...&name=... A text message is something that is
-- said; everybody in the room gets it as JSON, {"name": "ann", "text": "hello"}. Without a text somebody has come
-- or, with "left", gone.
--
-- Rooms are topics: with --workers, --cluster or --nats they reach over processes and machines.
local fs = require "silly.fs"
local http = require "silly.net.http"
local websocket = require "silly.net.websocket"
local topic = require "silly.topic"
local json = require "silly.encoding.json"

local MAX_NAME = 32 -- bytes
local MAX_TEXT = 2000 -- bytes

-- tidy makes one line of what somebody has typed; nil if nothing is left, or too much.
local function tidy(text, limit)
	text = (text or ""):gsub("%c+", " "):match "^%s*(.-)%s*$"
	if text ~= "" and #text <= limit and utf8.len(text) then
		return text
	end
end

-- one_value is what a query has for a name that should occur once.
local function one_value(value) return type(value) == "string" and value or nil end

local function answer(stream, status, kind, body)
	stream:respond(status, {["content-type"] = kind .. "; charset=utf-8"})
	stream:closewrite(body)
end

-- talk serves one user, until the socket ends.
local function talk(stream)
	local name = tidy(one_value(stream.query.name), MAX_NAME)
	local room = "room." .. (one_value(stream.query.room) or "lobby")
	if not name or not topic.check(room) then
		return answer(stream, 400, "text/plain", "a name and a room are needed\n")
	end
	local sock = websocket.upgrade(stream, {max_message = 4 * MAX_TEXT})
	if not sock then
		return -- it was no request for a WebSocket, and has its answer
	end
	local function say(message)
		message.name = name
		topic.publish(room, json.encode(message, {sort = true}))
	end
	topic.join(room, sock, {id = name})
	say {}
	while true do
		local data, kind = sock:read()
		if not data or kind == "close" then
			break
		end
		local text = kind == "text" and tidy(data, MAX_TEXT)
		if text then
			say {text = text}
		end
	end
	sock:close()
	say {left = true}
end

local chat = {}

-- listen begins to serve, and returns the server.
function chat.listen(addr)
	return assert(http.listen {
		addr = addr,
		handler = function(stream)
			if stream.path == "/chat" then
				talk(stream)
			elseif stream.path == "/" and stream.method == "GET" then
				local page, err = fs.read "public/index.html"
				if page then
					answer(stream, 200, "text/html", page)
				else
					answer(stream, 500, "text/plain", err .. "\n")
				end
			else
				answer(stream, 404, "text/plain", "there is nothing here\n")
			end
		end,
	})
end

return chat
